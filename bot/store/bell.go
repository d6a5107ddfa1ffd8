package store

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// bell tells the other bots on a Postgres which conversations have changed.
// The server sends notifications one transaction after the other, so they are
// not part of the transactions that they tell of but follow together, a few
// milliseconds later. One that is lost costs nothing but the time until the
// next look into the table.
type bell struct {
	server  *server
	self    string // begins each notice, so that this process passes over its own
	channel string
	ring    chan struct{} // has room for one
	done    context.CancelFunc
	wait    sync.WaitGroup

	mu      sync.Mutex
	changed map[string]bool
}

const (
	between    = 25 * time.Millisecond // each notice costs all bots something, and only streams wait for it
	mostNotice = 7000                  // bytes; the server takes 8,000
	anything   = "*"
)

func newBell(s *server, channel string) *bell {
	ctx, cancel := context.WithCancel(context.Background())
	b := &bell{server: s, self: rand.Text(), channel: channel, ring: make(chan struct{}, 1), done: cancel, changed: map[string]bool{}}
	b.wait.Go(func() { b.run(ctx) })
	return b
}

func (s *server) changed(conversations []string) {
	if len(conversations) == 0 {
		return
	}
	s.bell.mu.Lock()
	for _, id := range conversations {
		s.bell.changed[id] = true
	}
	s.bell.mu.Unlock()
	select {
	case s.bell.ring <- struct{}{}:
	default:
	}
}

func (b *bell) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.ring:
		}
		b.mu.Lock()
		none, notice := len(b.changed) == 0, notice(b.changed)
		clear(b.changed)
		b.mu.Unlock()
		if none { // the notice before took it along
			continue
		}
		limit, cancel := context.WithTimeout(ctx, time.Second)
		_, err := b.server.db.ExecContext(limit, `SELECT pg_notify($1, $2)`, b.channel, b.self+" "+notice)
		cancel()
		if err != nil && ctx.Err() == nil {
			b.server.log.Debug("other bots were not notified", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(between):
		}
	}
}

func (b *bell) stop() {
	b.done()
	b.wait.Wait()
}

// notice joins ids with commas, which the ids themselves lose.
func notice(ids map[string]bool) string {
	var all []string
	size := 0
	for id := range ids {
		id = url.QueryEscape(id)
		if size += len(id) + 1; size > mostNotice {
			return anything
		}
		all = append(all, id)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// heard calls changed for each id of a notice.
func heard(notice string, changed func(string)) {
	if notice == anything {
		changed("")
		return
	}
	for id := range strings.SplitSeq(notice, ",") {
		if id, err := url.QueryUnescape(id); err == nil && id != "" {
			changed(id)
		}
	}
}

// listen hears what all bots notify, and connects again when it must. After
// each connecting anything may have changed.
func (s *server) listen(ctx context.Context, changed func(string)) error {
	pause := 100 * time.Millisecond
	for {
		err := s.listenOnce(ctx, func(id string) {
			pause = 100 * time.Millisecond
			changed(id)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.log.Warn("listening to the other bots was interrupted; the table is still looked at", slog.Any("error", err), "again", pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, 5*time.Second)
	}
}

func (s *server) listenOnce(ctx context.Context, changed func(string)) error {
	conn, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{s.bell.channel}.Sanitize()); err != nil {
		return err
	}
	changed("")
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if from, notice, _ := strings.Cut(n.Payload, " "); from != s.bell.self {
			heard(notice, changed)
		}
	}
}
