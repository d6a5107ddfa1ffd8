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
)

// standing is what has to be known of a customer beside the conversation. It is
// kept as the cursor of the thread, and goes with it.
type standing struct {
	Person   bool     `json:"person,omitempty"`   // a servicer serves them, as far as is known
	Ticket   string   `json:"ticket,omitempty"`   // waits for one
	Scene    string   `json:"scene,omitempty"`    // of the QR code that they came by
	Terminal string   `json:"terminal,omitempty"` // likewise; whoever knows the link can write anything there
	Recalled []string `json:"recalled,omitempty"` // messages that they took back lately
}

const mostRecalled = 8

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
	before, _ := json.Marshal(s) // strings and a bool, here and below
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
// takes five. After a restart it begins at none, and WeCom's own count holds.
type quota struct {
	mu   sync.Mutex
	sent map[string]int
}

const (
	mostSent   = 5
	mostQuotas = 10_000 // customers that are counted
)

var errQuota = &bot.SendError{Class: bot.OtherRoute, Err: errors.New("kf: all five messages since the customer's last one are used: it is sent when they write again")}

// take counts one more, unless there is none left.
func (q *quota) take(t thread) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sent == nil || len(q.sent) > mostQuotas {
		q.sent = map[string]int{}
	}
	if q.sent[t.String()] >= mostSent {
		return false
	}
	q.sent[t.String()]++
	return true
}

// giveBack uncounts one that was certainly not sent.
func (q *quota) giveBack(t thread) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sent[t.String()] > 0 {
		q.sent[t.String()]--
	}
}

// refill begins anew: the customer has written.
func (q *quota) refill(t thread) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.sent, t.String())
}

func (q *quota) left(t thread) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return mostSent - q.sent[t.String()]
}

// bursts remember to whom it was said lately that pictures cannot be read.
type bursts struct {
	mu   sync.Mutex
	said map[string]time.Time
}

// burst is how long several pictures in a row count as one.
const burst = 30 * time.Second

// first reports whether nothing was said within the last while.
func (b *bursts) first(t thread, at time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, said := range b.said {
		if at.Sub(said).Abs() > burst {
			delete(b.said, key)
		}
	}
	if _, ok := b.said[t.String()]; ok {
		return false
	}
	if b.said == nil {
		b.said = map[string]time.Time{}
	}
	b.said[t.String()] = at
	return true
}
