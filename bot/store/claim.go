package store

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"decline61/bot"
)

const (
	mostMessages = 50 // of a Task
	// spare is how many conversations are looked at, beside those that this
	// process sees to itself, to find one that no other process sees to.
	spare = 32

	// A clock that is set back leaves times far in the future, which would
	// keep people waiting. Nothing of the store's own is ever set that far.
	farAnswer  = 30 * time.Second
	farSending = 20 * time.Minute

	// farOff, in milliseconds, is no mere difference between two machines.
	farOff = 60_000
)

// lease is what a Task holds.
type lease struct {
	claim   claim
	hold    hold
	nextSeq int64 // of the conversation, when it was claimed
	timers  []timer
	given   atomic.Bool // back
}

type timer struct {
	kind              string
	due, setAt, tries int64
}

// Claim gives a conversation to see to. See [bot.Store].
func (db *DB) Claim(ctx context.Context, now time.Time, overdue time.Duration) (*bot.Task, error) {
	for {
		t, again, err := db.claim(ctx, now, overdue)
		if err != nil {
			return nil, doing("claiming a conversation", err)
		}
		if t != nil {
			return t, nil
		}
		if !again && overdue == 0 {
			again, err = db.heal(ctx, now)
			if err != nil {
				return nil, doing("looking for forgotten messages", err)
			}
		}
		if !again {
			return nil, nil
		}
	}
}

// claim takes the first conversation that is due and free. again says that
// somebody else was a moment faster, and there may be more.
func (db *DB) claim(ctx context.Context, now time.Time, overdue time.Duration) (t *bot.Task, again bool, err error) {
	c, err := db.engine.claim(ctx)
	if err != nil {
		return nil, false, err
	}
	l := &lease{claim: c, hold: hold{watchdog: overdue > 0}}
	defer func() {
		if t == nil {
			db.release(l)
		}
	}()
	if err := db.pick(ctx, now, overdue, l); err != nil || l.hold.conversation == "" {
		return nil, false, err
	}
	t, err = db.task(ctx, now, overdue, l)
	return t, overdue == 0, err // the watchdog comes again anyhow
}

// pick locks the first conversation that is due and that nobody sees to. One
// picks at a time, so that nobody finds everything taken while he looks.
func (db *DB) pick(ctx context.Context, now time.Time, overdue time.Duration, l *lease) error {
	select {
	case db.picking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-db.picking }()
	query, until := `SELECT conversation FROM timer WHERE due <= $1 ORDER BY due LIMIT $2`, now
	if l.hold.watchdog {
		query, until = `SELECT conversation FROM inbox WHERE answered = 0 AND received <= $1
			GROUP BY conversation ORDER BY min(received) LIMIT $2`, now.Add(-overdue)
	}
	held := db.holding(l.hold.watchdog)
	ids, err := list(ctx, l.claim.view(), one[string], query, until.UnixMilli(), len(held)+spare)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(held, id) })
	if len(ids) == 0 {
		return nil
	}
	l.hold.conversation, err = l.claim.lock(ctx, ids, l.hold.watchdog)
	if err == nil && l.hold.conversation != "" {
		db.mu.Lock()
		db.held[l.hold] = true
		db.mu.Unlock()
	}
	return err
}

// holding lists what this process sees to.
func (db *DB) holding(watchdog bool) []string {
	db.mu.Lock()
	defer db.mu.Unlock()
	var ids []string
	for h := range db.held {
		if h.watchdog == watchdog {
			ids = append(ids, h.conversation)
		}
	}
	return ids
}

// release ends a lease. What it had is to be had again.
func (db *DB) release(l *lease) {
	l.claim.end()
	db.mu.Lock()
	delete(db.held, l.hold)
	db.mu.Unlock()
}

// task reads the conversation that l holds, nil if it has nothing to do after
// all. It reads the version first: what comes later makes Commit a conflict.
func (db *DB) task(ctx context.Context, now time.Time, overdue time.Duration, l *lease) (*bot.Task, error) {
	q, id := l.claim.view(), l.hold.conversation
	t := &bot.Task{Conversation: bot.Conversation{ID: id}, Lease: l}
	c := &t.Conversation
	var facts string
	timers, err := list(ctx, q, func(scan func(...any) error) (m timer, err error) {
		return m, scan(&c.Address.Channel, &c.Address.Thread, &c.Owner, &c.State, &facts, &c.Version, &l.nextSeq, &m.kind, &m.due, &m.setAt, &m.tries)
	}, `SELECT c.channel, c.thread, c.owner, c.state, c."case", c.version, c.next_seq, coalesce(t.kind, ''), coalesce(t.due, $2), coalesce(t.set_at, 0), coalesce(t.tries, 0)
		FROM conversation c LEFT JOIN timer t ON t.conversation = c.id
		WHERE c.id = $1 ORDER BY t.due, t.kind`, id, int64(math.MaxInt64))
	if err != nil || len(timers) == 0 {
		return nil, err
	}
	if err := decode(facts, &c.Case); err != nil {
		return nil, err
	}
	due := false
	for _, m := range timers {
		if m.due > now.UnixMilli() {
			continue
		}
		due = true
		l.timers = append(l.timers, m)
		if m.kind != bot.AnswerTimer {
			t.Timers = append(t.Timers, bot.Timer{Kind: m.kind, Due: time.UnixMilli(m.due)})
		}
	}
	if !due && overdue == 0 {
		return nil, nil
	}
	if t.Messages, err = waiting(ctx, q, *c); err != nil {
		return nil, err
	}
	for _, m := range t.Messages {
		if t.Since.IsZero() || m.Time.Before(t.Since) {
			t.Since = m.Time
		}
	}
	switch {
	case overdue > 0 && (t.Since.IsZero() || now.Sub(t.Since) < overdue):
		return nil, nil
	case len(t.Messages)+len(t.Timers) == 0: // a timer for nothing
		return nil, db.engine.update(ctx, func(ctx context.Context, q querier) error {
			if _, err := q.ExecContext(ctx, `UPDATE conversation SET version = version + 1 WHERE id = $1`, id); err != nil {
				return err
			}
			return restart(ctx, q, id, now)
		})
	}
	if err := db.countTries(ctx, t, l); err != nil {
		return nil, err // or nobody would ever give l back
	}
	return t, nil
}

// waiting reads the messages that wait, oldest first.
func waiting(ctx context.Context, q querier, c bot.Conversation) ([]bot.Message, error) {
	return list(ctx, q, func(scan func(...any) error) (bot.Message, error) {
		m := bot.Message{From: c.Address}
		var found, evidence string
		var received, shown, ends int64
		if err := scan(&m.Seq, &m.ID, &m.Role, &m.Author, &shown, &ends, &m.Text, &found, &m.Lang, &evidence, &received); err != nil {
			return m, err
		}
		m.Time, m.Shown, m.Ends = time.UnixMilli(received), shown != 0, ends != 0
		if err := decode(found, &m.Found); err != nil {
			return m, err
		}
		return m, decode(evidence, &m.Evidence)
	}, `SELECT seq, id, role, author, shown, ends, body, found, lang, evidence, received FROM inbox
		WHERE conversation = $1 AND answered = 0 ORDER BY seq LIMIT $2`, c.ID, mostMessages)
}

// countTries tells how often the task was tried before. What was set before
// this process began may be what has killed the one before, and it would go on
// to kill: that counts as a try, and is written down before anything is tried
// again.
func (db *DB) countTries(ctx context.Context, t *bot.Task, l *lease) error {
	clock := time.Now().UnixMilli()
	for _, m := range l.timers {
		if m.setAt < db.opened || m.setAt > clock+farOff {
			m.tries++
			err := db.engine.update(ctx, func(ctx context.Context, q querier) error {
				_, err := q.ExecContext(ctx, `UPDATE timer SET tries = $4, set_at = $5 WHERE conversation = $1 AND kind = $2 AND set_at = $3`,
					t.Conversation.ID, m.kind, m.setAt, m.tries, max(clock, db.opened))
				return err
			})
			if err != nil {
				return err
			}
		}
		t.Tries = max(t.Tries, int(m.tries))
	}
	return nil
}

// heal makes due what would wait for too long or for ever: after the clock was
// set back, or after damage from outside. It looks at most once a second.
func (db *DB) heal(ctx context.Context, now time.Time) (healed bool, err error) {
	ms, last := now.UnixMilli(), db.healed.Load()
	if d := ms - last; d > -1000 && d < 1000 || !db.healed.CompareAndSwap(last, ms) {
		return false, nil
	}
	far := now.Add(farAnswer).UnixMilli()
	var bad bool
	err = db.engine.view().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM timer WHERE kind = $1 AND due > $2)
		OR EXISTS (SELECT 1 FROM inbox i WHERE answered = 0
			AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.conversation = i.conversation AND t.kind = $1))`,
		bot.AnswerTimer, far).Scan(&bad)
	if err != nil || !bad {
		return false, err
	}
	return true, db.engine.update(ctx, func(ctx context.Context, q querier) error {
		if _, err := q.ExecContext(ctx, `UPDATE timer SET due = $1, first_at = $1 WHERE kind = $2 AND due > $3`, ms, bot.AnswerTimer, far); err != nil {
			return err
		}
		_, err := q.ExecContext(ctx, `INSERT INTO timer (conversation, kind, due, set_at, first_at, tries, why)
			SELECT DISTINCT i.conversation, $2, CAST($1 AS bigint), CAST($3 AS bigint), CAST($1 AS bigint), 0, '' FROM inbox i WHERE answered = 0
			AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.conversation = i.conversation AND t.kind = $2)
			ON CONFLICT (conversation, kind) DO NOTHING`, ms, bot.AnswerTimer, time.Now().UnixMilli())
		return err
	})
}
