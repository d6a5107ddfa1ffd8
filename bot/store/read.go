package store

import (
	"context"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

// Reply gives the reply that message id of a conversation got, under the
// message's own name: messages answered together share all the rest. known is
// false if there is no such message, answered if it still waits.
func (db *DB) Reply(ctx context.Context, conversation, id string) (r bot.Reply, answered, known bool, err error) {
	var thread, masked, reply string
	var decision int64
	known, err = found(db.engine.view().QueryRowContext(ctx, `SELECT c.thread, i.found, i.answered, coalesce(d.reply, '')
		FROM inbox i JOIN conversation c ON c.id = i.conversation
		LEFT JOIN decision d ON d.conversation = i.conversation AND d.seq = i.answered
		WHERE i.conversation = $1 AND i.id = $2`, conversation, id), &thread, &masked, &decision, &reply)
	var in mask.Found
	if err == nil {
		err = decode(masked, &in)
	}
	if err == nil {
		err = decode(reply, &r)
	}
	r.ID, r.Conversation, r.Masked = id, thread, in.Any()
	return r, decision != 0, known, doing("reading a reply", err)
}

// Conversation gives the conversation with this id, and whether there is one.
func (db *DB) Conversation(ctx context.Context, id string) (c bot.Conversation, known bool, err error) {
	all, err := list(ctx, db.engine.view(), scanConversation, `SELECT `+conversationColumns+` FROM conversation WHERE id = $1`, id)
	if err != nil || len(all) == 0 {
		return c, false, doing("reading a conversation", err)
	}
	return all[0], true, nil
}

// Open gives the conversations of one person on a channel that wait for an
// agent or are an agent's, the last touched first, at most 20.
func (db *DB) Open(ctx context.Context, channel, owner string) ([]bot.Conversation, error) {
	all, err := list(ctx, db.engine.view(), scanConversation, `SELECT `+conversationColumns+` FROM conversation
		WHERE channel = $1 AND owner = $2 AND state IN ('waiting', 'agent') ORDER BY touched DESC, id LIMIT 20`, channel, owner)
	return all, doing("reading open conversations", err)
}

const conversationColumns = `id, channel, thread, owner, state, "case", version`

func scanConversation(scan func(...any) error) (c bot.Conversation, err error) {
	var facts string
	if err := scan(&c.ID, &c.Address.Channel, &c.Address.Thread, &c.Owner, &c.State, &facts, &c.Version); err != nil {
		return c, err
	}
	return c, decode(facts, &c.Case)
}

// Events gives up to n things that were said in a conversation behind the Seq
// after, in order. What an agent sent to the bot is none; what was shown to the
// merchant for him is.
func (db *DB) Events(ctx context.Context, conversation string, after int64, n int) ([]bot.Event, error) {
	events, err := list(ctx, db.engine.view(), func(scan func(...any) error) (e bot.Event, err error) {
		var answers string
		var ms int64
		if err := scan(&e.ID, &e.Role, &e.Message, &answers, &e.Text, &ms); err != nil {
			return e, err
		}
		e.Time = time.UnixMilli(ms).UTC()
		var ids []string
		if err := decode(answers, &ids); err != nil {
			return e, err
		}
		if len(ids) > 0 {
			e.Message = ids[len(ids)-1]
		}
		if len(ids) > 1 {
			e.Answers = ids
		}
		return e, nil
	}, `SELECT seq, role, id, '' AS answers, body, received FROM inbox WHERE conversation = $1 AND seq > $2 AND role = 'merchant'
		UNION ALL
		SELECT seq, role, '', answers, body, created FROM outbox WHERE conversation = $1 AND seq > $2
		ORDER BY seq LIMIT $3`, conversation, after, n)
	return events, doing("reading events", err)
}

// Stats counts. Each number comes from an index of what is counted.
func (db *DB) Stats(ctx context.Context, now time.Time) (s bot.Stats, err error) {
	var oldest, unsent int64
	err = db.engine.view().QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM inbox WHERE answered = 0),
		(SELECT coalesce(min(received), 0) FROM inbox WHERE answered = 0),
		(SELECT count(*) FROM outbox WHERE next_at IS NOT NULL),
		(SELECT coalesce(min(created), 0) FROM outbox WHERE next_at IS NOT NULL),
		(SELECT count(*) FROM outbox WHERE state = 'failed'),
		(SELECT count(*) FROM inbox WHERE dead <> ''),
		(SELECT count(*) FROM conversation WHERE state = 'waiting'),
		(SELECT count(*) FROM conversation)`).
		Scan(&s.Unanswered, &oldest, &s.Unsent, &unsent, &s.Failed, &s.Dead, &s.Waiting, &s.Conversations)
	if oldest != 0 {
		s.OldestUnanswered = max(0, now.Sub(time.UnixMilli(oldest)))
	}
	if unsent != 0 {
		s.OldestUnsent = max(0, now.Sub(time.UnixMilli(unsent)))
	}
	return s, doing("counting", err)
}
