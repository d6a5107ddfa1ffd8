// Package store keeps conversations in SQLite or in Postgres. It is the memory
// of [bot.Loop]: what Receive, Commit and the others report as done survives
// whatever happens next.
//
// Everything runs on one set of SQL. What differs is how a transaction gets to
// the disk and how a conversation is held while it is seen to:
//
// SQLite belongs to one process, which a lock file ensures. One goroutine
// writes; it takes all operations that have come meanwhile into one
// transaction, because waiting for the disk is what costs time. A conversation
// is held by a set in memory.
//
// Postgres may have several bots. A conversation is held by an advisory lock of
// an open transaction, so that whoever dies or hangs loses it. No row is locked
// meanwhile, so messages are received whatever the holder does.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"decline61/bot"
)

// Options say where conversations are kept.
type Options struct {
	URL        string   // postgres://..., or the path of a SQLite file
	Pull       []string // channels whose readers look here: nothing is sent on them
	MaxWaiting int      // how many messages may wait for an answer before bot.ErrBusy; 0 is 20,000
	AsItIs     bool     // only to be read, beside whoever uses it: no lock, no migration, nothing is written
	Log        *slog.Logger
}

// Errors that an operator must do something about.
var (
	ErrLocked   = errors.New("in use by another process")
	ErrDamaged  = errors.New("the database is damaged")
	ErrVersion  = errors.New("the database was written by a newer version of this program")
	ErrReadOnly = errors.New("the database cannot be written to")
)

var errClosed = errors.New("the store is closed")

// DB is a [bot.Store] in a database.
type DB struct {
	engine  engine
	log     *slog.Logger
	pull    map[string]bool
	waiting gauge
	opened  int64        // by the clock of this machine, as timer.set_at
	healed  atomic.Int64 // by the caller's clock

	mu   sync.Mutex
	held map[hold]bool // conversations that this process sees to

	picking chan struct{} // holds one while somebody picks another

	ready struct {
		sync.Mutex
		at  time.Time
		err error
	}
}

// hold is a conversation being seen to. The watchdog may do so beside another.
type hold struct {
	conversation string
	watchdog     bool
}

var _ bot.Store = (*DB)(nil)

// Open opens the conversations at o.URL, creates them if there are none, and
// brings them to the newest schema; AsItIs does nothing of this. A SQLite file
// is locked until Close.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxWaiting == 0 {
		o.MaxWaiting = 20_000
	}
	open := openSQLite
	switch {
	case IsPostgres(o.URL) && o.AsItIs:
		open = glanceAtPostgres
	case IsPostgres(o.URL):
		open = openPostgres
	case o.AsItIs:
		open = glanceAt
	}
	e, fresh, err := open(ctx, o.URL, o.Log)
	switch {
	case err != nil && IsPostgres(o.URL): // which has a password in it
		return nil, doing("opening the conversations in Postgres", err)
	case err != nil:
		return nil, doing("opening the conversations in "+o.URL, err)
	}
	db := &DB{
		engine: e, log: o.Log, pull: map[string]bool{},
		waiting: gauge{most: o.MaxWaiting, fresh: fresh},
		opened:  time.Now().UnixMilli(),
		held:    map[hold]bool{},
		picking: make(chan struct{}, 1),
	}
	for _, channel := range o.Pull {
		db.pull[channel] = true
	}
	return db, nil
}

// IsPostgres tells the URL of a Postgres database from the path of a file.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Close ends the store after the operations that have begun.
func (db *DB) Close() error { return doing("closing the conversations", db.engine.close(true)) }

// Cursor gives the value that the last Delivery with that name brought.
func (db *DB) Cursor(ctx context.Context, channel, name string) (string, error) {
	var value string
	_, err := found(db.engine.view().QueryRowContext(ctx, `SELECT value FROM cursor WHERE channel = $1 AND name = $2`, channel, name), &value)
	return value, doing("reading a cursor", err)
}

// Listen calls changed with conversations that another process has changed,
// and with "" where any may have changed, until ctx is done.
func (db *DB) Listen(ctx context.Context, changed func(conversation string)) error {
	return db.engine.listen(ctx, changed)
}

// AddFeedback keeps what somebody thinks of an answer; who thinks again is
// believed.
func (db *DB) AddFeedback(ctx context.Context, f bot.Feedback) error {
	helped := 0
	if f.Helped {
		helped = 1
	}
	return doing("keeping feedback", db.engine.once(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `INSERT INTO feedback (conversation, message, helped, time) VALUES ($1, $2, $3, $4)
			ON CONFLICT (conversation, message) DO UPDATE SET helped = excluded.helped, time = excluded.time`,
			f.Conversation, f.Message, helped, f.Time.UnixMilli())
		return err
	}))
}

// readyFor is how long the result of Ready holds.
const readyFor = time.Second

// trial is as much as a message takes with its answer: of less there may be
// room where no message has any.
const trial = 24 << 10

// Ready tries whether a message could be stored now, by storing a trial row and
// deleting it. Whoever asks again within a second gets the same answer.
func (db *DB) Ready(ctx context.Context) error {
	db.ready.Lock()
	defer db.ready.Unlock()
	if time.Since(db.ready.at) >= readyFor {
		err := db.engine.damage()
		if err == nil {
			err = db.engine.update(ctx, probe)
		}
		db.ready.at, db.ready.err = time.Now(), doing("storing a trial row", err)
	}
	return db.ready.err
}

func probe(ctx context.Context, q querier) error {
	id := rand.Int64() // of other processes and crashes there may be others
	if _, err := q.ExecContext(ctx, `INSERT INTO probe (id, filler) VALUES ($1, $2)`, id, strings.Repeat("-", trial)); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `DELETE FROM probe WHERE id = $1`, id)
	return err
}

// gauge counts the messages that wait for an answer, to bound them. Counting
// the table each time would cost more than everything else.
type gauge struct {
	most  int
	fresh time.Duration // how long a count holds; 0 is for ever, as nobody else writes

	mu sync.Mutex
	n  int
	at time.Time // of the count; zero if it must be counted again
}

// add notes n more messages inside a transaction. ErrBusy if they are too many.
func (g *gauge) add(ctx context.Context, q querier, n int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at.IsZero() || g.fresh > 0 && time.Since(g.at) > g.fresh {
		// What the transaction has done so far is among them.
		if err := q.QueryRowContext(ctx, `SELECT count(*) FROM inbox WHERE answered = 0`).Scan(&g.n); err != nil {
			g.at = time.Time{}
			return err
		}
		g.at = time.Now()
	} else {
		g.n += n
	}
	if n > 0 && g.n > g.most {
		g.n -= n
		return fmt.Errorf("%w (%d wait)", bot.ErrBusy, g.n)
	}
	return nil
}

// forget has them counted again, because a transaction came to nothing.
func (g *gauge) forget() {
	g.mu.Lock()
	g.at = time.Time{}
	g.mu.Unlock()
}
