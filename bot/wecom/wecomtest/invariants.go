package wecomtest

import (
	"fmt"
	"strings"
	"time"
)

// violate notes what must never happen. The caller holds mu.
func (w *WeCom) violate(format string, args ...any) {
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

// Invariants are the rules that were broken so far, none if all is well: one
// answer to a message, no word of the bot while a person serves, no more
// messages than the quota has, every stream finished with something to read in
// its time, no msgid for two messages.
//
// What WeCom refuses counts as broken where the bot could have known better. A
// session's state that changed within ten seconds after the bot has asked for
// it, it could not know.
func (w *WeCom) Invariants() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := append([]string{}, w.violations...)
	all = append(all, w.doubles()...)
	for id, s := range w.bot.streams {
		if !s.finished {
			all = append(all, fmt.Sprintf("stream %s is not finished", id))
		}
	}
	return all
}

// doubles finds messages of the bot that say the same twice after one message
// of a customer or colleague. The caller holds mu.
func (w *WeCom) doubles() []string {
	said := map[string]bool{} // by conversation and text, since somebody last said or did something
	var all []string
	for _, s := range w.transcript {
		if s.Type == "state" { // it may be the bot that changed it
			continue
		}
		if s.From != Bot {
			for key := range said {
				if strings.HasPrefix(key, s.Conversation+"\n") {
					delete(said, key)
				}
			}
			continue
		}
		key := s.Conversation + "\n" + s.Text
		if s.Conversation == "webhook" || s.Dropped != "" || s.Text == "" {
			continue
		}
		if said[key] {
			all = append(all, fmt.Sprintf("%s: %s %s says what was just said", s.Conversation, s.Via, s.ID))
		}
		said[key] = true
	}
	return all
}

// Unanswered are the messages of customers and colleagues after which neither
// the bot nor a servicer has said anything, and that were not recalled.
func (w *WeCom) Unanswered() []Said {
	w.mu.Lock()
	defer w.mu.Unlock()
	waiting := map[string][]Said{}
	for _, s := range w.transcript {
		switch s.From {
		case Customer, Colleague:
			if !s.Recalled {
				waiting[s.Conversation] = append(waiting[s.Conversation], s)
			}
		case Bot, Servicer:
			if s.Dropped == "" && (s.Type != "stream" || s.Finished) {
				delete(waiting, s.Conversation)
			}
		}
	}
	var all []Said
	for _, s := range w.transcript {
		for _, o := range waiting[s.Conversation] {
			if o.ID == s.ID && o.From == s.From && o.At.Equal(s.At) {
				all = append(all, s)
			}
		}
	}
	return all
}

// Counters are sums over everything so far.
type Counters struct {
	Requests  map[string]int // by name
	Refused   map[int]int    // by errcode or HTTP status; -1 is a broken or missing answer
	Sent      int            // messages of the bot that people see
	Dropped   int            // that they do not see although WeCom said ok
	Streams   int
	Frames    int           // of streams
	Unreached int           // streams that ran out of time
	Slowest   time.Duration // answer of the bot to a callback, so far
}

// Counters counts.
func (w *WeCom) Counters() Counters {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := Counters{Requests: map[string]int{}, Refused: map[int]int{}, Streams: len(w.bot.streams), Slowest: w.sender.slowest}
	for _, call := range w.calls {
		c.Requests[call.Name]++
		if call.Code != 0 {
			c.Refused[call.Code]++
		}
	}
	for _, s := range w.transcript {
		switch {
		case s.From != Bot:
		case s.Dropped != "":
			c.Dropped++
		default:
			c.Sent++
		}
	}
	for _, s := range w.bot.streams {
		c.Frames += s.frames
		if s.expired {
			c.Unreached++
		}
	}
	return c
}
