//go:build soak

package soak

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"decline61/bot"
)

// event is one of a stream, with its data as it came.
type event struct {
	id      int64
	data    string
	role    bot.Role
	message string
}

// talk is one conversation, as its client saw it.
type talk struct {
	id string

	mu      sync.Mutex
	replies map[string][]byte // by message
	codes   map[string]string // by message
	events  []event
	grown   chan struct{}
}

func newTalk(id string) *talk {
	return &talk{id: id, replies: map[string][]byte{}, codes: map[string]string{}, grown: make(chan struct{})}
}

// add takes the next event of the stream.
func (t *talk) add(l *ledger, e event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.events); n > 0 && e.id <= t.events[n-1].id {
		l.problem("double", "event %d of %s comes after %d", e.id, t.id, t.events[n-1].id)
		return
	}
	t.events = append(t.events, e)
	close(t.grown)
	t.grown = make(chan struct{})
}

func (t *talk) growing() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.grown
}

// complete reports whether every message has come back as an event and been
// answered, by itself or with a later one.
func (t *talk) complete() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	said, waiting := 0, map[string]bool{}
	for _, e := range t.events {
		switch e.role {
		case bot.Merchant:
			said++
			waiting[e.message] = true
		case bot.Robot:
			// An answer settles what was said up to the message that it names. What
			// was said after that, but before the answer, still waits.
			for _, earlier := range t.events {
				if earlier.role == bot.Merchant {
					delete(waiting, earlier.message)
					if earlier.message == e.message {
						break
					}
				}
			}
		}
	}
	return said >= len(t.codes) && len(waiting) == 0
}

// String is the stream in short.
func (t *talk) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, e := range t.events {
		fmt.Fprintf(&b, "%d %s %s, ", e.id, e.role, e.message)
	}
	fmt.Fprintf(&b, "for %d messages", len(t.codes))
	return b.String()
}

// judge checks the whole stream: every message in it once, every answer once
// and in the order of what it answers.
func (t *talk) judge(l *ledger) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place := map[string]int{} // of merchants' messages
	last := 0
	for _, e := range t.events {
		switch e.role {
		case bot.Merchant:
			if place[e.message] > 0 {
				l.problem("double", "message %s is in the events of %s twice", e.message, t.id)
			}
			if t.codes[e.message] == "" {
				l.problem("invented", "message %s is in the events of %s", e.message, t.id)
			}
			place[e.message] = len(place) + 1
		case bot.Robot:
			switch at := place[e.message]; {
			case at == 0:
				l.problem("invented", "the events of %s answer %s, which they don't have before", t.id, e.message)
			case at == last:
				l.problem("double", "the events of %s answer %s twice", t.id, e.message)
			case at < last:
				l.problem("out of order", "the events of %s answer %s after a later one", t.id, e.message)
			default:
				last = at
			}
		}
	}
}

// TestTalk: each fault of a stream is found, by its name.
func TestTalk(t *testing.T) {
	for _, v := range []struct {
		events   string // ids with m for the merchant's and b for the bot's, and what they are about
		complete bool
		want     string
	}{
		{"1m1 2b1 3m2 4b2", true, ""},
		{"1m1 2m2 3b2", true, ""},
		{"1m1 2m2 3b1 4b2", true, ""},
		{"1m1 3b1 9m2 12b2", true, ""},
		{"1m1 2b1 3m2", false, ""},
		{"1m1 2m2 3b1", false, ""},
		{"1m1 2b1", false, ""},
		{"1m1 2b1 3m2 4b2 5b2", true, "double"},
		{"1m1 2m2 3m1 4b2", true, "double"},
		{"1m1 2b1 2b1 3m2 4b2", true, "double"},
		{"1m1 2m2 3b2 4b1", true, "out of order"},
		{"1m1 2b1 3m2 4b2 5m3 6b3", true, "invented"},
		{"1b1 2m1 3m2 4b2", true, "invented"},
	} {
		l, c := newLedger(), newTalk("c")
		c.codes["1"], c.codes["2"] = "61", "51"
		for e := range strings.FieldsSeq(v.events) {
			role := map[byte]bot.Role{'m': bot.Merchant, 'b': bot.Robot}
			at := strings.IndexAny(e, "mb")
			var id int64
			fmt.Sscan(e[:at], &id)
			c.add(l, event{id: id, role: role[e[at]], message: e[at+1:]})
		}
		if got := c.complete(); got != v.complete {
			t.Errorf("%s: complete is %v", v.events, got)
		}
		c.judge(l)
		if n := l.count(v.want); v.want == "" && l.verdict() != "" || v.want != "" && (n == 0 || len(l.problems) > 1) {
			t.Errorf("%s: want %q, found:\n%s", v.events, v.want, l.verdict())
		}
	}
}
