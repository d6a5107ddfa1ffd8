package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// timing is how patient Socket Mode is.
type timing struct {
	apart     time.Duration // between two calls of apps.connections.open, by whichever seat
	first     time.Duration // to wait after a failure; doubled by each further one
	longest   time.Duration // to wait after failures
	young     time.Duration // a connection that ends before this age counts as a failure
	crowded   time.Duration // to wait where Slack says that there are too many connections, and one is left
	handshake time.Duration // from apps.connections.open to hello
	quiet     time.Duration // a connection over which nothing came for so long is dead
	ping      time.Duration // between our own pings, which have a living peer say something
	write     time.Duration // for one frame
	linger    time.Duration // that a connection is read after its replacement is there
	taking    time.Duration // for taking one envelope in
	grace     time.Duration // to end what is begun, once told to stop
}

// usual is the timing against Slack itself, which pings at least every 30 s.
var usual = timing{
	apart: time.Second, first: time.Second, longest: 30 * time.Second, young: 30 * time.Second,
	crowded: 5 * time.Minute, handshake: 20 * time.Second, quiet: 40 * time.Second, ping: 10 * time.Second,
	write: 5 * time.Second, linger: time.Minute, taking: 10 * time.Second, grace: 3 * time.Second,
}

const (
	seats         = 2                // connections that are kept open: while one is replaced, the other is there
	takers        = 16               // envelopes that are taken in at the same time
	mostWaiting   = 1000             // envelopes that are held
	mostBytes     = 32 << 20         // of their payloads, all together
	longestHold   = 10 * time.Minute // that a Retry-After is believed: a mistaken one must not end it for good
	complainEvery = 10 * time.Second
)

// sockets is Socket Mode: connections to Slack that are kept open whatever
// happens to one of them, and what comes over them taken in and acknowledged.
// The envelopes of one key are taken in in the order in which they came.
type sockets struct {
	open func(context.Context) (url string, err error) // apps.connections.open
	take taker
	key  func(envelope) string // whose order matters; "" is nobody's
	log  *slog.Logger
	now  func() time.Time

	timing  timing // zero is usual
	seats   int    // 0 is seats
	workers int    // 0 is takers
	most    int    // envelopes that wait or are being taken in; 0 is mostWaiting

	counts socketCounts
	filled sync.Once

	mu      sync.Mutex
	next    time.Time // when apps.connections.open may be called again
	alive   map[*connection]bool
	trouble error // what happened last to a connection
}

// socketCounts are what there is to count about Socket Mode, since the start.
type socketCounts struct {
	opens       atomic.Int64 // calls of apps.connections.open
	connections atomic.Int64 // that Slack greeted; all but the first of each seat replaced another one
	held        atomic.Int64 // envelopes that are held now: waiting, or being taken in
	refused     atomic.Int64 // envelopes left to Slack because too many waited
	failed      atomic.Int64 // envelopes left to Slack because they could not be kept
	panics      atomic.Int64
	unreadable  atomic.Int64 // frames that are no envelope
	unknown     atomic.Int64 // envelopes of a type that we do not know, acknowledged
	unsent      atomic.Int64 // acknowledgements for which there was no connection
	oversize    atomic.Int64 // answers too large for an acknowledgement
}

// fill sets what was left open.
func (s *sockets) fill() {
	if s.timing == (timing{}) {
		s.timing = usual
	}
	if s.seats == 0 {
		s.seats = seats
	}
	if s.workers == 0 {
		s.workers = takers
	}
	if s.most == 0 {
		s.most = mostWaiting
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.alive = map[*connection]bool{}
}

// run keeps the connections open until ctx is done or Slack says what only
// the operator can mend, which is then its error. It ends what has been begun
// and acknowledges it before it closes the connections.
func (s *sockets) run(ctx context.Context) error {
	s.filled.Do(s.fill)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	d := newDispatcher(ctx, s)
	var all, connections sync.WaitGroup
	for range s.seats {
		all.Go(func() {
			if err := s.keep(ctx, &connections, d); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	d.stop()
	for _, c := range s.ways(nil) {
		all.Go(c.close)
	}
	all.Wait()
	connections.Wait()
	return context.Cause(ctx)
}

// keep keeps one seat taken. When Slack announces the end of a connection, the
// next one is opened at once, and the old one is read until it ends.
func (s *sockets) keep(ctx context.Context, running *sync.WaitGroup, d *dispatcher) error {
	var current *connection
	var wait time.Duration
	for failures := 0; s.turn(ctx, wait); {
		next, err := s.connect(ctx, running, d)
		if err == nil {
			if current != nil {
				close(current.replaced)
			}
			current = next
			err = current.live(ctx)
		}
		if err == nil {
			failures, wait = 0, 0
			continue
		}
		if final, ok := errors.AsType[*hopelessError](err); ok {
			return final
		}
		if ctx.Err() != nil {
			return nil
		}
		failures++
		wait = s.pause(failures, err)
		s.note(err)
		s.log.Warn("slack: no lasting connection; trying again", "in", wait.Round(time.Millisecond),
			"failures", failures, "others", len(s.ways(nil)), "error", err)
	}
	return nil
}

// turn waits for d, and then until apps.connections.open may be called again.
// It reports whether there is still something to open.
func (s *sockets) turn(ctx context.Context, d time.Duration) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(d):
		}
		s.mu.Lock()
		now := time.Now()
		d = s.next.Sub(now)
		if d <= 0 {
			s.next = now.Add(s.timing.apart)
		}
		s.mu.Unlock()
		if d <= 0 {
			return ctx.Err() == nil
		}
	}
}

// pause is how long to wait after so many failures, the last of which was err.
// Half of it is chance, so that not everybody who lost Slack comes back at the
// same moment.
func (s *sockets) pause(failures int, err error) time.Duration {
	t := s.timing
	wait := min(t.first<<min(failures-1, 20), t.longest)
	if errors.Is(err, errCrowded) {
		wait = t.longest
		if len(s.ways(nil)) > 0 {
			wait = t.crowded
		}
	}
	if hold := retryAfter(err, t.longest); hold > 0 {
		s.mu.Lock()
		if until := time.Now().Add(min(hold, longestHold)); until.After(s.next) {
			s.next = until // it counts for all seats
		}
		s.mu.Unlock()
	}
	return wait/2 + rand.N(wait/2+1)
}

// well says what is wrong when nothing can come in, and nil otherwise.
func (s *sockets) well() error {
	s.filled.Do(s.fill)
	s.mu.Lock()
	defer s.mu.Unlock()
	silent := false
	for c := range s.alive {
		if s.now().Sub(c.heard()) < s.timing.quiet {
			return nil
		}
		silent = true
	}
	switch {
	case silent:
		return errors.New("slack: the connections are silent")
	case s.trouble != nil:
		return fmt.Errorf("slack: no connection is open: %w", s.trouble)
	}
	return errors.New("slack: no connection is open yet")
}

func (s *sockets) note(trouble error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = trouble
}

func (s *sockets) add(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive[c] = true
}

func (s *sockets) remove(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.alive, c)
}

// ways are the connections by which something can be said, c first if it is
// one of them.
func (s *sockets) ways(c *connection) []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ways []*connection
	if s.alive[c] {
		ways = append(ways, c)
	}
	for other := range s.alive {
		if other != c {
			ways = append(ways, other)
		}
	}
	return ways
}

// takeKnown hands on what the taker knows. Slack invents envelopes without
// notice; one that nobody acknowledges it would deliver again and again, and
// hold against the app.
func (s *sockets) takeKnown(ctx context.Context, e envelope) (answer any, ok bool) {
	switch e.Type {
	case kindEvent, kindCommand, kindInteraction:
		return s.take(ctx, e)
	}
	s.counts.unknown.Add(1)
	return nil, true
}

// mostAck is how large an acknowledgement may be. Slack ignores larger ones
// without a word.
const mostAck = 20_000

// acknowledge tells Slack that e, which came over c, is kept. Where c has ended
// meanwhile, another connection will do.
func (s *sockets) acknowledge(c *connection, e envelope, answer any) {
	frame := acknowledgement{ID: e.ID}
	if e.Accepts {
		frame.Payload = answer
	}
	data, err := json.Marshal(frame)
	if err != nil || len(data) >= mostAck {
		s.counts.oversize.Add(1)
		s.log.Error("slack: an answer is too large for an acknowledgement, or no JSON, and is left out",
			"type", e.Type, "bytes", len(data), "most", mostAck)
		data, _ = json.Marshal(acknowledgement{ID: e.ID}) // a string
	}
	for _, way := range s.ways(c) {
		if way.write(data) == nil {
			return
		}
	}
	s.counts.unsent.Add(1)
	s.log.Info("slack: an acknowledgement found no connection: Slack delivers again", "type", e.Type)
}

type acknowledgement struct {
	ID      string `json:"envelope_id"`
	Payload any    `json:"payload,omitempty"`
}
