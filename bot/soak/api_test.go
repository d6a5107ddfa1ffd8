//go:build soak

package soak

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"decline61/bot"
)

// api is clients of the JSON API. Each talks in short conversations, for a
// conversation may only say one thing a second after its first five, repeats
// what it sent, and reads the events beside it on connections that break.
type api struct {
	clients int
	fleet   fleet
	ledger  *ledger
	client  *http.Client

	mu       sync.Mutex
	messages int
	repeats  int
	again    int // connections to events
	took     histogram
	done     []*talk
}

// run talks until stop is closed.
func (a *api) run(ctx context.Context, stop <-chan struct{}) {
	var all sync.WaitGroup
	for i := range a.clients {
		all.Go(func() {
			for k := 0; ctx.Err() == nil && !closed(stop); k++ {
				a.talk(ctx, fmt.Sprintf("api%d-%d", i, k))
			}
		})
	}
	all.Wait()
}

// talk is one conversation from beginning to end.
func (a *api) talk(ctx context.Context, id string) {
	t := newTalk(id)
	reading, enough := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer enough()
	all.Go(func() { a.read(reading, t) })
	burst := rand.IntN(5) == 0
	var sends sync.WaitGroup
	for n := range 2 + rand.IntN(3) {
		m := fmt.Sprintf("%s.%d", id, n)
		code := codes[rand.IntN(len(codes))]
		t.mu.Lock()
		t.codes[m] = code
		t.mu.Unlock()
		text := words(code)
		sends.Go(func() { a.say(ctx, t, m, text, burst) })
		if rand.IntN(4) == 0 { // the same at the same time
			sends.Go(func() { a.say(ctx, t, m, text, burst) })
		}
		if !burst {
			sends.Wait()
			if rand.IntN(3) == 0 {
				a.say(ctx, t, m, text, burst)
			}
		}
	}
	sends.Wait()
	for !t.complete() {
		select {
		case <-t.growing():
		case <-ctx.Done():
			a.ledger.problem("lost", "the events of %s are not complete: %s", id, t)
			return
		}
	}
	enough()
	all.Wait()
	t.judge(a.ledger)
	a.compare(ctx, t)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done = append(a.done, t)
}

// say sends a message until it is answered, and compares what is answered with
// what was answered to the same one before.
func (a *api) say(ctx context.Context, t *talk, id, text string, burst bool) {
	body, _ := json.Marshal(map[string]string{"id": id, "conversation": t.id, "text": text})
	began := time.Now()
	for ctx.Err() == nil {
		reply, status, after := a.post(ctx, body)
		switch {
		case status == http.StatusOK:
			a.check(t, id, reply, burst, time.Since(began))
			return
		case status == 0 || status >= 500 || status == http.StatusTooManyRequests:
			wait(ctx, nil, max(after, time.Duration(5+rand.IntN(25))*time.Millisecond))
		default:
			a.ledger.problem("refused", "%s is refused with %d: %s", id, status, reply)
			return
		}
	}
	a.ledger.problem("lost", "%s has no reply", id)
}

func (a *api) post(ctx context.Context, body []byte) (reply []byte, status int, after time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.fleet.pick(ctx).url("/api/v1/messages"), bytes.NewReader(body))
	if err != nil {
		return nil, 0, 0
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(r)
	if err != nil {
		return nil, 0, 0
	}
	defer resp.Body.Close()
	reply, err = io.ReadAll(resp.Body)
	if err != nil {
		return nil, 0, 0
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	return reply, resp.StatusCode, time.Duration(seconds) * time.Second
}

// check looks at one reply.
func (a *api) check(t *talk, id string, reply []byte, burst bool, took time.Duration) {
	var r bot.Reply
	if err := json.Unmarshal(reply, &r); err != nil || r.ID != id || r.Conversation != t.id {
		a.ledger.problem("wrong reply", "to %s in %s: %s", id, t.id, reply)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if before, ok := t.replies[id]; ok {
		a.repeats++
		if !bytes.Equal(before, reply) {
			a.ledger.problem("another reply", "%s was answered\n%sand is answered\n%s", id, before, reply)
		}
		return
	}
	t.replies[id] = reply
	a.messages++
	a.took.add(took)
	if r.Reason != "fallback" && !burst && r.Code != t.codes[id] {
		a.ledger.problem("wrong text", "%s about %s got a reply about %q", id, t.codes[id], r.Code)
	}
}

// read follows the events of t on one connection after the other.
func (a *api) read(ctx context.Context, t *talk) {
	for ctx.Err() == nil {
		// Some connections are given up soon, and those to a bot that is paused must be.
		once, cancel := context.WithTimeout(ctx, 50*time.Millisecond+time.Duration(rand.IntN(3000))*time.Millisecond)
		t.mu.Lock()
		after := int64(0)
		if n := len(t.events); n > 0 {
			after = t.events[n-1].id
		}
		t.mu.Unlock()
		a.mu.Lock()
		a.again++
		a.mu.Unlock()
		err := a.stream(once, t.id, "", after, func(e event) { t.add(a.ledger, e) })
		cancel()
		if err != nil && ctx.Err() == nil {
			wait(ctx, nil, time.Duration(5+rand.IntN(25))*time.Millisecond)
		}
	}
}

// stream reads events after one until the connection ends.
func (a *api) stream(ctx context.Context, id, query string, after int64, got func(event)) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.fleet.pick(ctx).url("/api/v1/conversations/"+id+"/events"+query), nil)
	if err != nil {
		return err
	}
	if after > 0 {
		r.Header.Set("Last-Event-ID", strconv.FormatInt(after, 10))
	}
	resp, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("events: %d", resp.StatusCode)
	}
	var e event
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "id:"):
			e.id, _ = strconv.ParseInt(strings.TrimSpace(line[3:]), 10, 64)
		case strings.HasPrefix(line, "data:"):
			e.data = strings.TrimPrefix(line[5:], " ")
		case line == "" && e.data != "":
			var b bot.Event
			if err := json.Unmarshal([]byte(e.data), &b); err != nil {
				a.ledger.problem("wrong event", "%s: %v", e.data, err)
			}
			e.role, e.message = b.Role, b.Message
			got(e)
			e = event{}
		}
	}
	return lines.Err()
}

// compare reads all events at once: they must be, byte for byte, those that
// came one by one.
func (a *api) compare(ctx context.Context, t *talk) {
	for ctx.Err() == nil {
		var whole []event
		once, cancel := context.WithTimeout(ctx, 4*time.Second)
		err := a.stream(once, t.id, "?follow=0", 0, func(e event) { whole = append(whole, e) })
		cancel()
		if err != nil || len(whole) < len(t.events) && !a.steady(ctx, t.id, len(whole)) {
			wait(ctx, nil, 20*time.Millisecond)
			continue
		}
		if !slices.Equal(whole, t.events) {
			a.ledger.problem("another stream", "%s had %d events and has %d", t.id, len(t.events), len(whole))
		}
		return
	}
}

// steady reports whether a stream that seems too short is so the second time,
// too: a bot that is killed ends it early.
func (a *api) steady(ctx context.Context, id string, n int) bool {
	again := 0
	err := a.stream(ctx, id, "?follow=0", 0, func(event) { again++ })
	return err == nil && again == n
}

// compareAll looks at conversations that are over once more, at most so many:
// nothing may have come to them.
func (a *api) compareAll(ctx context.Context, most int) {
	rand.Shuffle(len(a.done), func(i, k int) { a.done[i], a.done[k] = a.done[k], a.done[i] })
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := w; i < min(most, len(a.done)); i += 8 {
				a.compare(ctx, a.done[i])
			}
		})
	}
	all.Wait()
}

func (a *api) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprintf("API: %d messages, %d repeated, %d connections to events; send to reply %v", a.messages, a.repeats, a.again, &a.took)
}
