package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"decline61/bot"
	"decline61/bot/fault"
	"decline61/bot/mask"
)

// Commit ends a Task. See [bot.Store]. Whatever comes of it, the conversation
// is free for the next Claim afterwards.
func (db *DB) Commit(ctx context.Context, now time.Time, t *bot.Task, r bot.Result) error {
	l, ok := t.Lease.(*lease)
	if !ok || l.given.Swap(true) {
		return errors.New("committing: the task is not from this store, or was committed before")
	}
	defer db.release(l)
	fault.Here("commit.before")
	if !r.Again.IsZero() {
		return doing("giving a conversation back", l.claim.update(ctx, func(ctx context.Context, q querier) error {
			return giveBack(ctx, q, t, l, r)
		}))
	}
	if fault.Planted("no-version-check") {
		r.Anyway, r.Upto = true, math.MaxInt64
	}
	var seq int64 // of the decision
	err := l.claim.update(ctx, func(ctx context.Context, q querier) (err error) {
		seq, err = db.commit(ctx, q, now, t, l, r)
		if err != nil || fault.Planted("split-commit") {
			return err
		}
		return db.say(ctx, q, t, seq, r.Out, now)
	})
	if err == nil && fault.Planted("split-commit") {
		fault.Here("commit.committed")
		err = db.engine.update(ctx, func(ctx context.Context, q querier) error { return db.say(ctx, q, t, seq, r.Out, now) })
	}
	if err != nil {
		db.waiting.forget()
		return doing("committing", err)
	}
	fault.Here("commit.committed")
	db.engine.changed([]string{t.Conversation.ID})
	return nil
}

// commit writes all but what is to be said, and gives the seq of the decision;
// those behind it are free for what is said.
func (db *DB) commit(ctx context.Context, q querier, now time.Time, t *bot.Task, l *lease, r bot.Result) (seq int64, err error) {
	id, ms := t.Conversation.ID, now.UnixMilli()
	// This comes first, as in Receive: it locks the conversation.
	there, err := found(q.QueryRowContext(ctx, `UPDATE conversation
		SET version = version + 1, next_seq = next_seq + $2, state = $3, "case" = $4, touched = $5
		WHERE id = $1 AND (version = $6 OR $7 = 1 AND state = $8) RETURNING next_seq - $2`,
		id, 1+len(r.Out), r.State, encode(r.Case), ms, t.Conversation.Version, number(r.Anyway), t.Conversation.State), &seq)
	if err != nil {
		return 0, err
	}
	if !there {
		return 0, bot.ErrConflict
	}
	if r.Anyway { // but never over an agent
		var spoke bool
		err := q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM inbox WHERE conversation = $1 AND seq >= $2 AND role = $3)`,
			id, l.nextSeq, bot.Agent).Scan(&spoke)
		if err != nil {
			return 0, err
		}
		if spoke {
			return 0, bot.ErrConflict
		}
	}
	answered, err := changes(ctx, q, `UPDATE inbox SET answered = $2, dead = $3 WHERE conversation = $1 AND answered = 0 AND seq <= $4`,
		id, seq, mask.Of(r.Dead).String(), r.Upto)
	if err != nil {
		return 0, err
	}
	want := int64(0)
	for _, m := range t.Messages {
		if m.Seq <= r.Upto {
			want++
		}
	}
	if answered < want { // somebody else has answered them, whom Anyway does not see
		return 0, bot.ErrConflict
	}
	if err := db.waiting.add(ctx, q, -int(answered)); err != nil {
		return 0, err
	}
	if err := setTimers(ctx, q, t, l, r, ms); err != nil {
		return 0, err
	}
	if err := restart(ctx, q, id, now); err != nil {
		return 0, err
	}
	if d := r.Decision; d != nil {
		_, err = q.ExecContext(ctx, `INSERT INTO decision (conversation, seq, time, decision, reason, kb, program, reply) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id, seq, d.Time.UnixMilli(), d.Reply.Decision, mask.Of(d.Reply.Reason).String(), d.KB, d.Program, encode(d.Reply))
	}
	return seq, err
}

// say puts what is to be shown into the outbox, behind the decision.
func (db *DB) say(ctx context.Context, q querier, t *bot.Task, decision int64, out []bot.Outgoing, now time.Time) error {
	seq := decision
	for _, o := range out {
		seq++
		if o.To == (bot.Address{}) {
			o.To = t.Conversation.Address
		}
		if o.Time.IsZero() {
			o.Time = now
		}
		state, next := bot.Unsent, any(now.UnixMilli())
		if db.pull[o.To.Channel] {
			state, next = bot.Shown, nil
		}
		if o.Answers == nil {
			o.Answers = []string{}
		}
		of := int64(0)
		if o.Reply != nil {
			of = decision
		}
		if _, err := q.ExecContext(ctx, `INSERT INTO outbox (conversation, seq, decision, key, channel, thread, role, body, answers, created, state, next_at, tries, remote_id, why)
			VALUES ($1, $2, $12, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', '')`,
			t.Conversation.ID, seq, o.Key, o.To.Channel, o.To.Thread, o.Role, o.Text, encode(o.Answers), o.Time.UnixMilli(), state, next, of); err != nil {
			return err
		}
	}
	return nil
}

// setTimers takes away those that the task has seen to, and sets new ones.
func setTimers(ctx context.Context, q querier, t *bot.Task, l *lease, r bot.Result, now int64) error {
	for _, m := range l.timers {
		if m.kind == bot.AnswerTimer {
			continue
		}
		n, err := changes(ctx, q, `DELETE FROM timer WHERE conversation = $1 AND kind = $2 AND due = $3`, t.Conversation.ID, m.kind, m.due)
		if err != nil {
			return err
		}
		if n == 0 { // somebody else has seen to it
			return bot.ErrConflict
		}
	}
	for _, m := range r.Timers {
		if m.Kind == bot.AnswerTimer || m.Kind == "" {
			return fmt.Errorf("a timer of kind %q cannot be set: it is the store's own", m.Kind)
		}
		var err error
		if m.Due.IsZero() {
			_, err = q.ExecContext(ctx, `DELETE FROM timer WHERE conversation = $1 AND kind = $2`, t.Conversation.ID, m.Kind)
		} else {
			_, err = q.ExecContext(ctx, `INSERT INTO timer (conversation, kind, due, set_at, first_at, tries, why) VALUES ($1, $2, $3, $4, $5, 0, '')
				ON CONFLICT (conversation, kind) DO UPDATE SET due = excluded.due, set_at = excluded.set_at, first_at = excluded.first_at, tries = 0, why = ''`,
				t.Conversation.ID, m.Kind, m.Due.UnixMilli(), time.Now().UnixMilli(), now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// restart sets the timer for messages that still wait, and takes it away if
// none does. The conversation's row is locked, so none comes meanwhile.
func restart(ctx context.Context, q querier, conversation string, now time.Time) error {
	n, err := changes(ctx, q, `DELETE FROM timer WHERE conversation = $1 AND kind = $2
		AND NOT EXISTS (SELECT 1 FROM inbox WHERE conversation = $1 AND answered = 0)`, conversation, bot.AnswerTimer)
	if err != nil || n > 0 {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE timer SET due = $3, set_at = $4, first_at = $3, tries = 0, why = '' WHERE conversation = $1 AND kind = $2`,
		conversation, bot.AnswerTimer, now.UnixMilli(), time.Now().UnixMilli())
	return err
}

// giveBack has the task tried again later.
func giveBack(ctx context.Context, q querier, t *bot.Task, l *lease, r bot.Result) error {
	kinds := []string{}
	if len(t.Messages) > 0 {
		kinds = append(kinds, bot.AnswerTimer)
	}
	for _, m := range t.Timers {
		kinds = append(kinds, m.Kind)
	}
	for _, kind := range kinds {
		if _, err := q.ExecContext(ctx, `UPDATE timer SET tries = tries + 1, due = $3, why = $4, set_at = $5 WHERE conversation = $1 AND kind = $2`,
			t.Conversation.ID, kind, r.Again.UnixMilli(), mask.Of(r.Why).String(), time.Now().UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
