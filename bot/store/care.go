package store

import (
	"context"
	"fmt"
	"time"

	"decline61/bot"
)

// leastKept is for how long at least conversations are kept: platforms deliver
// a message again for days, and what was deleted would be answered again.
const leastKept = 7 * 24 * time.Hour

// page is how many conversations Prune looks at in one transaction, so that
// messages never wait long behind it.
const page = 200

// Prune deletes the conversations that nothing has happened to for keep, at
// least seven days, with all that belongs to them. What waits for an answer or
// is still to be sent stays.
func (db *DB) Prune(ctx context.Context, now time.Time, keep time.Duration) (conversations int, err error) {
	before := now.Add(-max(keep, leastKept)).UnixMilli()
	after := ""
	for {
		ids, err := list(ctx, db.engine.view(), one[string], `SELECT id FROM conversation WHERE id > $1 ORDER BY id LIMIT $2`, after, page)
		if err != nil || len(ids) == 0 {
			return conversations, doing("deleting old conversations", err)
		}
		last := ids[len(ids)-1]
		var n int64
		err = db.engine.update(ctx, func(ctx context.Context, q querier) (err error) {
			n, err = changes(ctx, q, `DELETE FROM conversation WHERE id > $1 AND id <= $2 AND touched < $3
				AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.conversation = conversation.id AND i.answered = 0)
				AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.conversation = conversation.id AND o.next_at IS NOT NULL)`, after, last, before)
			if err != nil || n == 0 {
				return err
			}
			if _, err = q.ExecContext(ctx, `DELETE FROM feedback WHERE conversation > $1 AND conversation <= $2
				AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = feedback.conversation)`, after, last); err != nil {
				return err
			}
			_, err = q.ExecContext(ctx, `DELETE FROM cursor WHERE name LIKE $1 || '%'
				AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.channel = cursor.channel AND c.thread = substr(cursor.name, $2))`,
				bot.ThreadCursor, len(bot.ThreadCursor)+1)
			return err
		})
		if err != nil {
			return conversations, doing("deleting old conversations", err)
		}
		conversations += int(n)
		after = last
	}
}

// invariants are queries that count what must not be.
var invariants = []struct{ what, count string }{
	{"messages that wait without a timer", `SELECT count(*) FROM inbox i WHERE answered = 0
		AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.conversation = i.conversation AND t.kind = 'answer')`},
	{"conversations that would give out a number twice", `SELECT count(*) FROM conversation c
		WHERE EXISTS (SELECT 1 FROM inbox i WHERE i.conversation = c.id AND (i.seq >= c.next_seq OR i.answered >= c.next_seq))
		OR EXISTS (SELECT 1 FROM outbox o WHERE o.conversation = c.id AND o.seq >= c.next_seq)`},
	{"messages in both directions with one number", `SELECT count(*) FROM inbox i JOIN outbox o ON o.conversation = i.conversation AND o.seq = i.seq`},
	{"outgoing messages that are neither finished nor due", `SELECT count(*) FROM outbox WHERE (state IN ('sent', 'failed')) <> (next_at IS NULL)`},
	{"messages without a conversation", `SELECT count(*) FROM inbox i WHERE NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = i.conversation)`},
}

// Check reads the whole database and reports what is wrong with it.
func (db *DB) Check(ctx context.Context) error {
	if err := db.engine.check(ctx); err != nil {
		return doing("checking the database", err)
	}
	return doing("checking the database", db.engine.snapshot(ctx, func(ctx context.Context, q querier) error {
		for _, i := range invariants {
			var n int
			if err := q.QueryRowContext(ctx, i.count).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return fmt.Errorf("%w: %d %s", ErrDamaged, n, i.what)
			}
		}
		return nil
	}))
}
