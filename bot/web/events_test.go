package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

func eventsURL(srv *httptest.Server, conversation, query string) string {
	return srv.URL + "/api/v1/conversations/" + conversation + "/events" + query
}

// talk puts n events into a conversation.
func (f *fake) talk(conversation string, n int) {
	f.set(func() {
		d := f.dialog(conversation)
		at := time.Date(2026, 11, 22, 20, 30, 0, 123e6, time.FixedZone("CST", 8*3600))
		for i := range n {
			d.say([]bot.Role{bot.Merchant, bot.Robot}[i%2], fmt.Sprint("m", i/2), mask.Of(fmt.Sprintf("第 %d 句\n<两行>", i)), at.Add(time.Duration(i)*time.Second))
		}
	})
}

func TestEventsResume(t *testing.T) {
	f := newFake()
	f.talk("web:c1", 1000)
	_, srv := start(t, f)
	res, all := do(t, "GET", eventsURL(srv, "c1", "?follow=0"), "")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	first := "id: 1\n" + `data: {"role":"merchant","message":"m0","text":"第 0 句\n<两行>","time":"2026-11-22T12:30:00.123Z"}` + "\n\n"
	if !strings.HasPrefix(all, first) {
		t.Errorf("begins with %.200s", all)
	}
	blocks := strings.SplitAfter(all, "\n\n")
	blocks = blocks[:len(blocks)-1] // after the last one
	if len(blocks) != 1000 {
		t.Fatalf("%d events", len(blocks))
	}
	last := int64(0)
	for i, b := range blocks {
		var id int64
		var data string
		lines := strings.Split(strings.TrimSuffix(b, "\n\n"), "\n")
		if len(lines) != 2 {
			t.Fatalf("event of %d lines: %q", len(lines), b)
		}
		fmt.Sscanf(lines[0], "id: %d", &id)
		data = strings.TrimPrefix(lines[1], "data: ")
		var e bot.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil || id <= last || e.Text.String() != fmt.Sprintf("第 %d 句\n<两行>", i) {
			t.Fatalf("event %d: %v %q", i, err, b)
		}
		last = id
		if i%97 == 0 || i > 997 {
			rest := strings.Join(blocks[i+1:], "")
			_, byHeader := do(t, "GET", eventsURL(srv, "c1", "?follow=0&last_event_id=1"), "", "Last-Event-ID", fmt.Sprint(id))
			_, byQuery := do(t, "GET", eventsURL(srv, "c1", fmt.Sprintf("?follow=0&last_event_id=%d", id)), "")
			if byHeader != rest || byQuery != rest {
				t.Fatalf("after %d: %d and %d bytes instead of %d", id, len(byHeader), len(byQuery), len(rest))
			}
		}
	}
	for _, wrong := range []string{"x", "-1", "99999999999999999999"} {
		if res, body := do(t, "GET", eventsURL(srv, "c1", "?follow=0"), "", "Last-Event-ID", wrong); res.StatusCode != 400 || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: %d %s", wrong, res.StatusCode, body)
		}
	}
}

// reader is a client of a stream.
type reader struct {
	res    *http.Response
	lines  *bufio.Scanner
	cancel context.CancelFunc
}

func open(t *testing.T, url string) *reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{res, bufio.NewScanner(res.Body), cancel}
	t.Cleanup(r.close)
	return r
}

func (r *reader) close() {
	r.cancel()
	r.res.Body.Close()
}

// next gives the next line that begins with prefix, "" at the end.
func (r *reader) next(prefix string) string {
	for r.lines.Scan() {
		if l := r.lines.Text(); strings.HasPrefix(l, prefix) {
			return strings.TrimPrefix(l, prefix)
		}
	}
	return ""
}

// TestEventsWhileTalking: several readers, which break off and resume, see every
// event once and in order while messages come in.
func TestEventsWhileTalking(t *testing.T) {
	f := newFake()
	_, srv := start(t, f, func(s *Server) {
		s.perConversation = newPace(1e6, 1e6)
		s.poll = 20 * time.Millisecond
	})
	const messages = 150
	var all sync.WaitGroup
	seen := make([][]string, 4)
	for i := range seen {
		all.Go(func() {
			after := "0"
			for len(seen[i]) < 2*messages {
				r := open(t, eventsURL(srv, "c1", "?last_event_id="+after))
				for n := 0; n < 37+i && len(seen[i]) < 2*messages; n++ {
					id := r.next("id: ")
					if id == "" {
						t.Errorf("the stream ended after %d events", len(seen[i]))
						return
					}
					seen[i] = append(seen[i], id)
					after = id
				}
				r.close()
			}
		})
	}
	for i := range 3 {
		all.Go(func() {
			for j := range messages / 3 {
				if res, body := post(t, srv, fmt.Sprintf(`{"id":"%d-%d","conversation":"c1","text":"61"}`, i, j)); res.StatusCode != 200 {
					t.Errorf("%d %s", res.StatusCode, body)
				}
			}
		})
	}
	all.Wait()
	var want []string
	for _, e := range f.said["web:c1"].events {
		want = append(want, fmt.Sprint(e.ID))
	}
	for i := range seen {
		if got := strings.Join(seen[i], " "); got != strings.Join(want, " ") {
			t.Errorf("reader %d saw %s", i, got)
		}
	}
}

func TestEventsOfNobody(t *testing.T) {
	f := newFake()
	s, srv := start(t, f, func(s *Server) { s.keepAlive = 20 * time.Millisecond })
	r := open(t, eventsURL(srv, "c1", ""))
	if r.next(":") == "" {
		t.Error("no comment on a silent stream")
	}
	f.add("web:c1", "您好")
	if data := r.next("data: "); !strings.Contains(data, `"role":"agent"`) || !strings.Contains(data, "您好") {
		t.Errorf("got %q", data)
	}
	r.close()
	eventually(t, "ended", func() bool { return s.streams.Load() == 0 && f.watching() == 0 })
}

func TestEventsNoSignal(t *testing.T) {
	f := newFake()
	f.silent = true
	_, srv := start(t, f, func(s *Server) { s.poll = 20 * time.Millisecond })
	r := open(t, eventsURL(srv, "c1", ""))
	time.Sleep(100 * time.Millisecond) // until it looks less often
	f.add("web:c1", "您好")
	if data := r.next("data: "); !strings.Contains(data, "您好") {
		t.Errorf("got %q", data)
	}
}

func TestEventsStoreDown(t *testing.T) {
	f := newFake()
	f.talk("web:c1", 2)
	_, srv := start(t, f, func(s *Server) { s.poll = 20 * time.Millisecond })
	r := open(t, eventsURL(srv, "c1", "?last_event_id=1"))
	r.next("data: ")
	f.set(func() { f.down = errDisk })
	if res, _ := do(t, "GET", eventsURL(srv, "c1", ""), ""); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a new stream: %d", res.StatusCode)
	}
	time.Sleep(60 * time.Millisecond)
	f.set(func() { f.down = nil })
	f.add("web:c1", "回来了")
	if data := r.next("data: "); !strings.Contains(data, "回来了") {
		t.Errorf("an open stream does not survive: %q", data)
	}
}

func TestEventsBound(t *testing.T) {
	f := newFake()
	s, srv := start(t, f, func(s *Server) { s.mostStreams = 2 })
	a := open(t, eventsURL(srv, "c1", ""))
	open(t, eventsURL(srv, "c2", ""))
	res, body := do(t, "GET", eventsURL(srv, "c3", ""), "")
	if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(body, `"error"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	a.close()
	eventually(t, "room", func() bool { return s.streams.Load() == 1 })
	if res, _ := do(t, "GET", eventsURL(srv, "c3", "?follow=0"), ""); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
}

// TestEventsSlowClient: who does not read is given up, and holds nothing.
func TestEventsSlowClient(t *testing.T) {
	f := newFake()
	f.set(func() {
		for i := range 3000 { // more than the kernel buffers
			f.dialog("web:c1").say(bot.Merchant, fmt.Sprint(i), mask.Of(strings.Repeat("长长", 2000)), time.Now())
		}
	})
	s, srv := start(t, f, func(s *Server) { s.writeWithin = 200 * time.Millisecond })
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /api/v1/conversations/c1/events HTTP/1.1\r\nHost: x\r\n\r\n")
	eventually(t, "begun", func() bool { return s.streams.Load() == 1 })
	eventually(t, "given up", func() bool { return s.streams.Load() == 0 })
}

func TestEventsNames(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	for _, name := range []string{"a/b", "till 7", "店铺-1", "a?b#c%", "h-x"} {
		if res, body := post(t, srv, fmt.Sprintf(`{"id":"q1","conversation":%q,"text":"61"}`, name)); res.StatusCode != 200 {
			t.Fatalf("%s: %d %s", name, res.StatusCode, body)
		}
		_, body := do(t, "GET", eventsURL(srv, url.PathEscape(name), "?follow=0"), "")
		if strings.Count(body, "data: ") != 2 {
			t.Errorf("%s: %q", name, body)
		}
	}
	if res, body := do(t, "GET", eventsURL(srv, strings.Repeat("x", maxID+1), "?follow=0"), ""); res.StatusCode != 400 || !strings.Contains(body, `"error"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// TestUnknownPlace: a client that stands behind the end, as after a restored
// backup, gets everything and not silence.
func TestUnknownPlace(t *testing.T) {
	f := newFake()
	addr, _, _ := run(t, New(Config{Loop: f, Journal: f}), usual)
	do(t, "POST", "http://"+addr+"/api/v1/messages", `{"id":"q1","conversation":"c1","text":"61"}`)
	_, all := do(t, "GET", "http://"+addr+"/api/v1/conversations/c1/events?follow=0", "")
	_, got := do(t, "GET", "http://"+addr+"/api/v1/conversations/c1/events?follow=0&last_event_id=99999", "")
	if got != all || !strings.Contains(all, "id: ") {
		t.Errorf("got %q, want %q", got, all)
	}
}
