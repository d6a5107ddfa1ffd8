package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/fault"
	"decline61/bot/mask"
)

// Receive keeps what a channel hands over. See [bot.Store].
//
// The first thing done to each conversation is to lock its row, by writing it.
// Commit does the same. So either Commit sees the new messages, by the version,
// or Receive sees that the timer has gone and sets it again.
func (db *DB) Receive(ctx context.Context, now time.Time, d bot.Delivery) ([]bot.Received, error) {
	for _, m := range d.Messages {
		if err := sound(m); err != nil {
			return nil, fmt.Errorf("receiving a message: %w", err)
		}
	}
	fault.Here("receive.before")
	got := make([]bot.Received, len(d.Messages))
	keep := func(ctx context.Context, q querier) error { return db.receive(ctx, q, now, d, got) }
	if fault.Planted("ack-before-commit") {
		go db.engine.update(context.WithoutCancel(ctx), keep)
		return make([]bot.Received, len(d.Messages)), nil
	}
	if err := db.engine.update(ctx, keep); err != nil {
		if !errors.Is(err, bot.ErrBusy) { // or counting again would keep busy who should get on
			db.waiting.forget()
		}
		return nil, doing("receiving messages", err)
	}
	fault.Here("receive.committed")
	db.engine.changed(news(d.Messages, got))
	return got, nil
}

// sound refuses what one of the databases would not take, or not find again.
func sound(m bot.Message) error {
	for _, s := range []string{m.ID, m.From.Channel, m.From.Thread, string(m.Role), "author" + m.Author} {
		if s == "" || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return errors.New("its id, channel, thread, role and author must be UTF-8 without NUL, and only the author may be empty")
		}
	}
	return nil
}

// news are the conversations with new messages.
func news(ms []bot.Message, got []bot.Received) []string {
	var ids []string
	for i, m := range ms {
		if id := m.From.Conversation(); !got[i].Duplicate && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (db *DB) receive(ctx context.Context, q querier, now time.Time, d bot.Delivery, got []bot.Received) error {
	clear(got) // of an attempt that was rolled back
	// Conversations in the same order everywhere, or two deliveries could wait
	// for each other.
	order := make([]int, len(d.Messages))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, k int) int {
		return cmp.Compare(d.Messages[i].From.Conversation(), d.Messages[k].From.Conversation())
	})
	kept := 0
	for len(order) > 0 {
		first := d.Messages[order[0]].From
		n := slices.IndexFunc(order, func(i int) bool { return d.Messages[i].From.Conversation() != first.Conversation() })
		if n < 0 {
			n = len(order)
		}
		more, err := db.receiveOne(ctx, q, now, d, order[:n], got)
		if err != nil {
			return err
		}
		kept += more
		order = order[n:]
	}
	if d.CursorName != "" {
		if _, err := q.ExecContext(ctx, `INSERT INTO cursor (channel, name, value) VALUES ($1, $2, $3)
			ON CONFLICT (channel, name) DO UPDATE SET value = excluded.value`, d.Channel, d.CursorName, d.CursorValue); err != nil {
			return err
		}
	}
	if kept == 0 {
		return nil
	}
	return db.waiting.add(ctx, q, kept)
}

// receiveOne keeps the messages of one conversation, and says how many are new.
func (db *DB) receiveOne(ctx context.Context, q querier, now time.Time, d bot.Delivery, order []int, got []bot.Received) (int, error) {
	at := d.Messages[order[0]].From
	id, ms := at.Conversation(), now.UnixMilli()
	var seq int64
	err := q.QueryRowContext(ctx, `INSERT INTO conversation (id, channel, thread, owner, state, "case", version, next_seq, created, touched)
		VALUES ($1, $2, $3, $6, $4, '{}', 0, 1, $5, $5)
		ON CONFLICT (id) DO UPDATE SET version = conversation.version
		RETURNING next_seq`, id, at.Channel, at.Thread, bot.WithBot, ms, d.Messages[order[0]].Author).Scan(&seq)
	if err != nil {
		return 0, err
	}
	first := seq
	for _, i := range order {
		m := d.Messages[i]
		if m.Time.IsZero() {
			m.Time = now
		}
		if seq > 1 {
			earlier, err := lately(ctx, q, id, seq, m)
			if err != nil {
				return 0, err
			}
			there := len(earlier) > 0 && earlier[0].ID == m.ID
			if there && fault.Planted("no-dedupe") {
				m.ID, there = fmt.Sprintf("%s again %d", m.ID, seq), false
			}
			if there {
				got[i] = bot.Received{Seq: earlier[0].seq, Duplicate: true}
				continue
			}
			if err := db.join(ctx, q, id, &m, earlier); err != nil {
				return 0, err
			}
		}
		evidence := maskEvidence(&m)
		if _, err := q.ExecContext(ctx, `INSERT INTO inbox (conversation, seq, id, role, author, shown, ends, body, found, lang, evidence, received, answered, dead)
			VALUES ($1, $2, $3, $4, $10, $11, $12, $5, $6, $7, $8, $9, 0, '')`,
			id, seq, m.ID, m.Role, m.Text, encode(m.Found), m.Lang, evidence, m.Time.UnixMilli(), m.Author, number(m.Shown), number(m.Ends)); err != nil {
			return 0, err
		}
		got[i].Seq, got[i].Found = seq, m.Found
		seq++
	}
	if seq == first {
		return 0, nil
	}
	if _, err := q.ExecContext(ctx, `UPDATE conversation SET version = version + 1, next_seq = $2, touched = $3 WHERE id = $1`, id, seq, ms); err != nil {
		return 0, err
	}
	return int(seq - first), db.setAnswerTimer(ctx, q, id, ms, d.Window.Milliseconds())
}

// setAnswerTimer has the messages answered after the window. Further messages
// push that back, but never beyond three windows after the first of them.
func (db *DB) setAnswerTimer(ctx context.Context, q querier, conversation string, now, window int64) error {
	_, err := q.ExecContext(ctx, `INSERT INTO timer (conversation, kind, due, set_at, first_at, tries, why) VALUES ($1, $2, $3, $4, $5, 0, '')
		ON CONFLICT (conversation, kind) DO UPDATE SET due =
			CASE WHEN timer.first_at + $6 <= timer.due OR timer.first_at + $6 <= excluded.due THEN timer.first_at + $6
				WHEN timer.due > excluded.due THEN timer.due
				ELSE excluded.due END`,
		conversation, bot.AnswerTimer, now+window, time.Now().UnixMilli(), now, 3*window)
	return err
}

// earlier is a message that is there already.
type earlier struct {
	mask.Earlier
	seq int64
}

// far is how many places back a part of a card number is looked for, so that a
// long conversation is not read from its beginning each time.
const far = 100

// lately reads what m's sender said in the last minute, oldest first. If m
// itself is there, this is all that is given.
func lately(ctx context.Context, q querier, conversation string, seq int64, m bot.Message) ([]earlier, error) {
	all, err := list(ctx, q, func(scan func(...any) error) (e earlier, err error) {
		return e, scan(&e.seq, &e.ID, &e.Text)
	}, `SELECT seq, id, body FROM inbox WHERE conversation = $1 AND id = $2
		UNION ALL
		SELECT seq, id, body FROM (SELECT seq, id, body FROM inbox
			WHERE conversation = $1 AND role = $3 AND author = $6 AND received >= $4 AND seq >= $5 ORDER BY seq DESC LIMIT 8) AS late`,
		conversation, m.ID, m.Role, m.Time.Add(-mask.Window).UnixMilli(), seq-far, m.Author)
	if i := slices.IndexFunc(all, func(e earlier) bool { return e.ID == m.ID }); i >= 0 {
		return all[i : i+1], err
	}
	slices.SortFunc(all, func(a, b earlier) int { return cmp.Compare(a.seq, b.seq) })
	return all, err
}

// join masks a card number whose first part is in an earlier message of the
// same person, there and here. The second part has never been stored then.
func (db *DB) join(ctx context.Context, q querier, conversation string, m *bot.Message, before []earlier) error {
	if len(before) == 0 {
		return nil
	}
	var said []mask.Earlier
	for _, e := range before {
		said = append(said, e.Earlier)
	}
	t, more, changed := mask.Join(said, m.Text.String())
	m.Text, m.Found = t, m.Found.Plus(more)
	for _, e := range changed {
		if _, err := q.ExecContext(ctx, `UPDATE inbox SET body = $3 WHERE conversation = $1 AND id = $2`, conversation, e.ID, e.Text); err != nil {
			return err
		}
	}
	if len(changed) > 0 {
		db.engine.scrub()
	}
	return nil
}

// maskEvidence gives m's evidence as it is kept. It consists of ids and values
// of the knowledge base, if the sender plays by the rules.
func maskEvidence(m *bot.Message) string {
	if len(m.Evidence) == 0 {
		return ""
	}
	clean := make(map[string]string, len(m.Evidence))
	for k, v := range m.Evidence {
		t, found := mask.Mask(v)
		clean[mask.Of(k).String()] = t.String()
		m.Found = m.Found.Plus(found)
	}
	return encode(clean)
}

// encode gives v as JSON, and "" for the zero Found.
func encode(v any) string {
	if f, ok := v.(mask.Found); ok && !f.Any() {
		return ""
	}
	b, err := bot.EncodeLine(v)
	if err != nil {
		panic(err) // plain data of our own types
	}
	return strings.TrimSuffix(string(b), "\n")
}

// decode reads what encode wrote.
func decode(s string, into any) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), into)
}
