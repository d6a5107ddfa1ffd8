package kf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"decline61/bot"
	"decline61/kb"
)

// standing is what has to be known of a customer beside the conversation. It is
// kept as the cursor of the thread, and goes with it.
type standing struct {
	Person   bool     `json:"person,omitempty"`   // a servicer serves them, as far as is known
	Ticket   string   `json:"ticket,omitempty"`   // waits for one
	Case     string   `json:"case,omitempty"`     // that the ticket is for; "" is not known
	Since    int64    `json:"since,omitempty"`    // when the ticket was opened, in seconds
	Lang     kb.Lang  `json:"lang,omitempty"`     // of the last answer
	Scene    string   `json:"scene,omitempty"`    // of the QR code that they came by
	Terminal string   `json:"terminal,omitempty"` // likewise; whoever knows the link can write anything there
	Recalled []string `json:"recalled,omitempty"` // messages that they took back lately
}

const mostRecalled = 8

// ticketLife is how long a ticket stands for what a customer says: what comes
// later is another case.
const ticketLife = 24 * time.Hour

// taken notes that a person serves, for whom no ticket waits any more.
func (s *standing) taken() {
	s.solved()
	s.Person = true
}

func (s *standing) solved() { s.Ticket, s.Case, s.Since = "", "", 0 }

// waits reports whether a person is still waited for.
func (s standing) waits(now time.Time) bool {
	return s.Ticket != "" && now.Sub(time.Unix(s.Since, 0)) < ticketLife
}

// standing reads how a customer stands; nothing is known of a new one.
func (c *Channel) standing(ctx context.Context, t thread) (s standing, err error) {
	in := c.running()
	if in == nil {
		return s, errNotRunning
	}
	value, err := in.Cursor(ctx, Name, bot.ThreadCursor+t.String())
	if err != nil {
		return s, fmt.Errorf("kf: reading how a customer stands: %w", err)
	}
	if value != "" && json.Unmarshal([]byte(value), &s) != nil {
		return standing{}, nil // of another version
	}
	return s, nil
}

// note changes how a customer stands.
func (c *Channel) note(ctx context.Context, t thread, change func(*standing)) error {
	in := c.running()
	if in == nil {
		return errNotRunning
	}
	c.notes.Lock()
	defer c.notes.Unlock()
	s, err := c.standing(ctx, t)
	if err != nil {
		return err
	}
	before, _ := json.Marshal(s) // strings, numbers and a bool, here and below
	change(&s)
	s.Recalled = s.Recalled[max(0, len(s.Recalled)-mostRecalled):]
	after, _ := json.Marshal(s)
	if string(before) == string(after) {
		return nil
	}
	if _, err := in.Receive(ctx, bot.Delivery{Channel: Name, CursorName: bot.ThreadCursor + t.String(), CursorValue: string(after)}); err != nil {
		return fmt.Errorf("kf: noting how a customer stands: %w", err)
	}
	return nil
}

// recalled reports whether all that o answers was taken back.
func (s standing) recalled(o bot.Outgoing) bool {
	for _, id := range o.Answers {
		if !slices.Contains(s.Recalled, id) {
			return false
		}
	}
	return len(o.Answers) > 0
}

// quota counts what we have sent since each customer's last message: WeCom
// takes five. A message is counted once however often it is tried, as WeCom
// does. After a restart it begins at none, and WeCom's own count holds.
type quota struct {
	mu   sync.Mutex
	sent map[thread]map[string]bool // by msgid
}

const (
	mostSent   = 5
	mostQuotas = 10_000 // customers that are counted
)

var errQuota = &bot.SendError{Class: bot.OtherRoute, Err: errors.New("kf: all five messages since the customer's last one are used: it is sent when they write again")}

// take counts a message, unless there is no room left for it.
func (q *quota) take(t thread, msgid string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sent == nil || len(q.sent) > mostQuotas {
		q.sent = map[thread]map[string]bool{}
	}
	if q.sent[t] == nil {
		q.sent[t] = map[string]bool{}
	}
	if !q.sent[t][msgid] && len(q.sent[t]) >= mostSent {
		return false
	}
	q.sent[t][msgid] = true
	return true
}

// giveBack uncounts a message that was certainly not sent.
func (q *quota) giveBack(t thread, msgid string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.sent[t], msgid)
}

// refill begins anew: the customer has written.
func (q *quota) refill(t thread) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.sent, t)
}

func (q *quota) left(t thread) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return mostSent - len(q.sent[t])
}

// bursts remember to whom it was said lately that pictures cannot be read.
type bursts struct {
	mu   sync.Mutex
	said map[thread]time.Time
}

// burst is how long several pictures in a row count as one.
const burst = 30 * time.Second

func within(said, at time.Time) bool { return at.Sub(said).Abs() <= burst }

// lately reports whether it was said within the last while.
func (b *bursts) lately(t thread, at time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	said, ok := b.said[t]
	return ok && within(said, at)
}

// mark remembers that it is being said: that it is kept, and will be.
func (b *bursts) mark(t thread, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.said == nil {
		b.said = map[thread]time.Time{}
	}
	for t, said := range b.said {
		if !within(said, at) {
			delete(b.said, t)
		}
	}
	b.said[t] = at
}

// heard are the last masked words of customers, for whoever is to serve them.
// They are in memory only: the conversation has them for good.
type heard struct {
	mu    sync.Mutex
	words map[thread][]string
}

const mostHeard = 3

// keep takes in what was just received. Where it shows that earlier words were
// half of a card number, those are forgotten.
func (h *heard) keep(messages []bot.Message, got []bot.Received) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.words == nil || len(h.words) > mostQuotas {
		h.words = map[thread][]string{}
	}
	for i, m := range messages {
		t, err := parseThread(m.From.Thread)
		if m.Role != bot.Merchant || err != nil || i >= len(got) || got[i].Duplicate {
			continue
		}
		if got[i].Found != m.Found {
			delete(h.words, t)
			continue
		}
		all := append(h.words[t], m.Text.String())
		h.words[t] = all[max(0, len(all)-mostHeard):]
	}
}

func (h *heard) of(t thread) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.words[t])
}
