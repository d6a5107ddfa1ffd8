package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"decline61/bot"
	"decline61/bot/fault"
	"decline61/bot/mask"
)

// outboxColumns are those of an Outgoing, for scanOutgoing.
const outboxColumns = `conversation, seq, key, channel, thread, role, body, answers, created, state, tries`

func scanOutgoing(scan func(...any) error) (o bot.Outgoing, err error) {
	var answers string
	var created int64
	var state bot.OutState
	err = scan(&o.Conversation, &o.Seq, &o.Key, &o.To.Channel, &o.To.Thread, &o.Role, &o.Text, &answers, &created, &state, &o.Tries)
	if err != nil {
		return o, err
	}
	o.Time = time.UnixMilli(created)
	o.Unknown = state == bot.Unknown
	return o, decode(answers, &o.Answers)
}

// scanDue is scanOutgoing with the reply behind it.
func scanDue(scan func(...any) error) (o bot.Outgoing, err error) {
	var reply string
	o, err = scanOutgoing(func(into ...any) error { return scan(append(into, &reply)...) })
	if err == nil && reply != "" {
		err = decode(reply, &o.Reply)
	}
	return o, err
}

// Due gives messages to send. See [bot.Store]. An earlier message of the same
// conversation on the same channel that is not finished holds back the later
// ones; one that has failed does not.
func (db *DB) Due(ctx context.Context, now time.Time, channel string, lease time.Duration, n int) (due []bot.Outgoing, err error) {
	ms := now.UnixMilli()
	inOrder := ` AND NOT EXISTS (SELECT 1 FROM outbox e
		WHERE e.conversation = o.conversation AND e.seq < o.seq AND e.next_at IS NOT NULL AND e.channel = o.channel)`
	if fault.Planted("no-send-order") {
		inOrder = ""
	}
	state, next := bot.Sending, any(ms+lease.Milliseconds())
	if fault.Planted("sent-before-send") {
		state, next = bot.Shown, nil
	}
	// One statement takes the rows and tells of them. What was not certainly new
	// becomes unknown, and stays so while somebody is at it.
	take := `WITH due (c, s) AS MATERIALIZED (SELECT o.conversation, o.seq FROM outbox o
			WHERE o.channel = $1 AND o.next_at IS NOT NULL AND (o.next_at <= $2 OR o.next_at > $6)` + inOrder + `
			ORDER BY o.next_at LIMIT $3` + db.engine.skipLocked() + `)
		UPDATE outbox SET state = CASE WHEN state = 'new' THEN $4 ELSE 'unknown' END, next_at = $5, tries = tries + 1
		FROM due WHERE conversation = c AND seq = s
		RETURNING ` + outboxColumns + `,
			coalesce((SELECT d.reply FROM decision d WHERE outbox.decision > 0 AND d.conversation = outbox.conversation AND d.seq = outbox.decision), '')`
	far := now.Add(farSending).UnixMilli() // what a clock that was set back has left behind
	err = db.engine.once(ctx, func(ctx context.Context, q querier) (err error) {
		if fault.Planted("forget-unknown") {
			if _, err := q.ExecContext(ctx, `UPDATE outbox SET state = 'sent', next_at = NULL WHERE state = 'sending' AND next_at <= $1`, ms); err != nil {
				return err
			}
		}
		due, err = list(ctx, q, scanDue, take, channel, ms, n, state, next, far)
		for i := range due {
			due[i].Tries-- // this one has not been yet
		}
		return err
	})
	if err != nil {
		return nil, doing("taking messages to send", err)
	}
	fault.Here("due.committed")
	return due, nil
}

// Sent reports what became of a message. See [bot.Store]. Who reports after
// his lease has run out, when another is at it, is believed that it is shown,
// and nothing else.
func (db *DB) Sent(ctx context.Context, now time.Time, o bot.Outgoing, f bot.Fate) error {
	fault.Here("sent.before")
	tries, next := int64(o.Tries)+1, any(nil)
	switch f.State {
	case bot.Shown:
		tries = math.MaxInt64
	case bot.Failed:
	case bot.Unsent, bot.Unknown:
		if f.Again.IsZero() {
			f.Again = now
		}
		next = f.Again.UnixMilli()
	default:
		return fmt.Errorf("noting what became of a message: %q is no fate", f.State)
	}
	return doing("noting what became of a message", db.engine.once(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `UPDATE outbox SET state = $3, next_at = $4, remote_id = $5, why = $6
			WHERE conversation = $1 AND seq = $2 AND next_at IS NOT NULL AND tries <= $7`,
			o.Conversation, o.Seq, f.State, next, mask.Of(f.Remote).String(), mask.Of(f.Why).String(), tries)
		return err
	}))
}

// Unshown makes a dead letter of the message with that key, which its platform
// had accepted and then could not show. Of one that is not there nothing is
// noted.
func (db *DB) Unshown(ctx context.Context, key, why string) error {
	return doing("noting that a message is not shown", db.engine.once(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `UPDATE outbox SET state = 'failed', next_at = NULL, why = $2 WHERE key = $1 AND state <> 'failed'`, key, mask.Of(why).String())
		return err
	}))
}

// DeadLetter is an outgoing message that was given up.
type DeadLetter struct {
	bot.Outgoing
	Why string
}

// Failed gives up to n dead letters, the newest first.
func (db *DB) Failed(ctx context.Context, n int) ([]DeadLetter, error) {
	dead, err := list(ctx, db.engine.view(), func(scan func(...any) error) (d DeadLetter, err error) {
		d.Outgoing, err = scanOutgoing(func(into ...any) error { return scan(append(into, &d.Why)...) })
		return d, err
	}, `SELECT `+outboxColumns+`, o.why FROM outbox o WHERE o.state = 'failed' ORDER BY o.created DESC, o.seq DESC LIMIT $1`, n)
	return dead, doing("reading dead letters", err)
}
