package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
)

func TestReply(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	res, body := post(t, srv, `{"id":"q1","conversation":"c1","text":"刷卡 <61>","evidence":{"other_card":"approved"},"lang":"zh"}`)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Type"), body)
	}
	want := `{"id":"q1","conversation":"c1","decision":"answer","reason":"test","code":"","lang":"zh","entries":[],"causes":[],"confidence":0,"evidence":{},"question":null,"steps":[],"citations":[],"lines":[],"text":"回答:刷卡 <61>","masked":false}` + "\n"
	if body != want {
		t.Errorf("got  %swant %s", body, want)
	}
	m := f.deliveries[0].Messages[0]
	if m.From != (bot.Address{Channel: "web", Thread: "c1"}) || m.ID != "q1" || m.Role != bot.Merchant || m.Lang != "zh" ||
		m.Evidence["other_card"] != "approved" || m.Time.IsZero() || m.Time != m.Time.Truncate(time.Millisecond) || f.deliveries[0].Window != 0 {
		t.Errorf("kept %+v", m)
	}
}

func TestSameIDSameReply(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	_, first := post(t, srv, `{"id":"q1","conversation":"c1","text":"61"}`)
	for range 20 { // far over the limit: what is known costs nothing
		if res, again := post(t, srv, `{"id":"q1","conversation":"c1","text":"61"}`); res.StatusCode != 200 || again != first {
			t.Fatalf("%d %s", res.StatusCode, again)
		}
	}
	if _, other := post(t, srv, `{"id":"q1","conversation":"c1","text":"another text"}`); other != first {
		t.Errorf("another text under a known id: %s", other)
	}
	// What Check thinks of it now does not matter: the reply was promised.
	if _, other := post(t, srv, `{"id":"q1","conversation":"c1","text":""}`); other != first {
		t.Errorf("a known message is checked again: %s", other)
	}
	_, restarted := start(t, f)
	if _, again := post(t, restarted, `{"id":"q1","conversation":"c1","text":"61"}`); again != first {
		t.Errorf("after a restart: %s", again)
	}
	if f.kept() != 1 {
		t.Errorf("kept %d times", f.kept())
	}
	if _, elsewhere := post(t, srv, `{"id":"q1","conversation":"c2","text":"61"}`); elsewhere == first || f.kept() != 2 {
		t.Errorf("an id counts within its conversation only: %s", elsewhere)
	}
}

func TestSameIDConcurrently(t *testing.T) {
	f := newFake()
	f.hold = true
	_, srv := start(t, f)
	const n = 30
	bodies := make([]string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			res, body := post(t, srv, `{"id":"q1","conversation":"c1","text":"61"}`)
			bodies[i] = fmt.Sprint(res.StatusCode, body)
		})
	}
	eventually(t, "all waiting", func() bool { return f.watching() == n })
	f.release()
	all.Wait()
	for _, b := range bodies {
		if b != bodies[0] || !strings.HasPrefix(b, "200") {
			t.Fatalf("%s differs from %s", b, bodies[0])
		}
	}
	if f.kept() != 1 {
		t.Errorf("kept %d times", f.kept())
	}
}

func TestOneReplyToABurst(t *testing.T) {
	f := newFake()
	f.hold = true
	_, srv := start(t, f)
	var all sync.WaitGroup
	for _, id := range []string{"q1", "q2"} {
		all.Go(func() {
			_, body := post(t, srv, fmt.Sprintf(`{"id":%q,"conversation":"c1","text":"61"}`, id))
			var r bot.Reply
			if err := json.Unmarshal([]byte(body), &r); err != nil || r.ID != id || r.Text != "both" {
				t.Errorf("%s: %s", id, body)
			}
		})
	}
	eventually(t, "both kept", func() bool { return f.kept() == 2 })
	f.set(func() {
		one := bot.Reply{ID: "q2", Text: "both"} // of the last of them
		d := f.dialog("web:c1")
		d.replies["q1"], d.replies["q2"] = one, one
		f.signal("web:c1")
	})
	all.Wait()
}

func TestAgentOwns(t *testing.T) {
	f := newFake()
	f.dialog("web:c1").agent = true
	_, srv := start(t, f)
	res, body := post(t, srv, `{"id":"q1","conversation":"c1","text":"在吗"}`)
	if res.StatusCode != 200 || !strings.Contains(body, `"decision":"handoff","reason":"agent_owns"`) || !strings.Contains(body, `"text":""`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestConversationIsMade(t *testing.T) {
	_, srv := start(t, newFake())
	seen := map[string]bool{}
	for range 10 {
		_, body := post(t, srv, `{"id":"q1","text":"61"}`)
		var r bot.Reply
		if err := json.Unmarshal([]byte(body), &r); err != nil || len(r.Conversation) < 26 || seen[r.Conversation] { // 26 letters of base32 are 130 bits
			t.Fatalf("%v %s", err, body)
		}
		seen[r.Conversation] = true
	}
}

func TestRefused(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	long := strings.Repeat("x", maxID+1)
	for _, c := range []struct {
		name, method, path, kind, body string
		status                         int
		id, says                       string
	}{
		{name: "a form", kind: "application/x-www-form-urlencoded", body: `{"id":"q","text":"61"}`, status: 415, says: "application/json"},
		{name: "text", kind: "text/plain", body: `{"id":"q","text":"61"}`, status: 415, says: "application/json"},
		{name: "no kind at all", kind: ";;", body: `{"id":"q","text":"61"}`, status: 415, says: "application/json"},
		{name: "too large", body: `{"id":"q","text":"` + strings.Repeat("x", maxBody) + `"}`, status: 413, says: "65536"},
		{name: "no JSON", body: `{"id":`, status: 400, says: "JSON"},
		{name: "no object", body: `[1]`, status: 400, says: "JSON object"},
		{name: "empty body", body: ``, status: 400, says: "JSON"},
		{name: "no id", body: `{"text":"61"}`, status: 400, says: `"id" is missing`},
		{name: "number as id", body: `{"id":1,"text":"61"}`, status: 400, says: `"id" must be a string`},
		{name: "long id", body: `{"id":"` + long + `","text":"61"}`, status: 400, id: long, says: `"id" must be 1 to 128 bytes`},
		{name: "control in id", body: `{"id":"a\nb","text":"61"}`, status: 400, id: "a\nb", says: `printable`},
		{name: "bad bytes in id", body: "{\"id\":\"a\xff\",\"text\":\"61\"}", status: 400, id: "a\ufffd", says: `printable`},
		{name: "long conversation", body: `{"id":"q","conversation":"` + long + `","text":"61"}`, status: 400, id: "q", says: `"conversation" must be at most 128 bytes`},
		{name: "dots", body: `{"id":"q","conversation":"..","text":"61"}`, status: 400, id: "q", says: `neither . nor ..`},
		{name: "no text", body: `{"id":"q","text":" "}`, status: 400, id: "q", says: bot.ErrEmpty.Error()},
		{name: "long text", body: `{"id":"q","text":"` + strings.Repeat("长", bot.MaxText/3+1) + `"}`, status: 400, id: "q", says: bot.ErrTooLong.Error()},
		{name: "evidence", body: `{"id":"q","text":"61","evidence":{"colour":"red"}}`, status: 400, id: "q", says: `"colour" is unknown`},
		{name: "language", body: `{"id":"q","text":"61","lang":"fr"}`, status: 400, id: "q", says: `"lang"`},
		{name: "method", method: "GET", status: 405, says: "POST"},
		{name: "path", path: "/api/v2/messages", status: 404, says: "/api/v1/messages"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.method == "" {
				c.method = "POST"
			}
			if c.path == "" {
				c.path = "/api/v1/messages"
			}
			if c.kind == "" {
				c.kind = "application/json; charset=utf-8"
			}
			res, body := do(t, c.method, srv.URL+c.path, c.body, "Content-Type", c.kind)
			var e struct {
				ID    *string
				Error string
			}
			if err := json.Unmarshal([]byte(body), &e); err != nil || e.ID == nil {
				t.Fatalf("no error in JSON: %v, %q", err, body)
			}
			if res.StatusCode != c.status || *e.ID != c.id || !strings.Contains(e.Error, c.says) {
				t.Errorf("%d %s", res.StatusCode, body)
			}
		})
	}
	if f.kept() != 0 {
		t.Errorf("%d refused messages were kept", f.kept())
	}
	if res, body := do(t, "POST", srv.URL+"/api/v1/messages", `{"id":"`+long[:maxID]+`","text":"61"}`); res.StatusCode != 200 {
		t.Errorf("the longest id, without Content-Type: %d %s", res.StatusCode, body)
	}
}

// TestCardLikeIDs: what looks like a card number is never kept, also as a name.
func TestCardLikeIDs(t *testing.T) {
	const id, conversation = "4111111111111111", "6222021234567890128"
	if storable(conversation) == conversation {
		t.Fatalf("the test's conversation %s does not look like a card", conversation)
	}
	f := newFake()
	_, srv := start(t, f)
	body := fmt.Sprintf(`{"id":%q,"conversation":%q,"text":"61"}`, id, conversation)
	_, first := post(t, srv, body)
	if !strings.HasPrefix(first, fmt.Sprintf(`{"id":%q,"conversation":%q,`, id, conversation)) {
		t.Errorf("the reply does not carry the ids as they were sent: %s", first)
	}
	if _, again := post(t, srv, body); again != first || f.kept() != 1 {
		t.Errorf("not the same message: %s", again)
	}
	_, events := do(t, "GET", srv.URL+"/api/v1/conversations/"+conversation+"/events?follow=0", "")
	if n := strings.Count(events, "\ndata: "); n != 2 || !strings.Contains(events, `"message":"h-`) {
		t.Errorf("events: %s", events)
	}
	if kept := f.stored(); strings.Contains(kept, id) || strings.Contains(kept, conversation) || strings.Contains(events, id) {
		t.Errorf("kept: %s\nevents: %s", kept, events)
	}
	// The name that an event shows is a name of the same thing.
	_, again := do(t, "GET", srv.URL+"/api/v1/conversations/"+storable(conversation)+"/events?follow=0", "")
	if again != events {
		t.Error("the conversation is not found under the name that is stored")
	}
	for _, plain := range []string{"q1", "till 7", "订单-20261122", "a/b?c#d", newID()} {
		if storable(plain) != plain {
			t.Errorf("%s is stored as %s", plain, storable(plain))
		}
	}
}

func TestLate(t *testing.T) {
	f := newFake()
	f.hold = true
	now := time.Now()
	_, srv := start(t, f, func(s *Server) {
		s.patience = 50 * time.Millisecond
		s.now = func() time.Time { return now }
	})
	res, body := post(t, srv, `{"id":"q1","conversation":"c1","text":"61"}`)
	if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(body, `"id":"q1"`) || !strings.Contains(body, "kept") {
		t.Errorf("%d %s %s", res.StatusCode, res.Header, body)
	}
	// Asking for it again is no new message, also where no new one is allowed.
	for i := 2; i <= firstMessages; i++ {
		post(t, srv, fmt.Sprintf(`{"id":"q%d","conversation":"c1","text":"61"}`, i))
	}
	for range firstMessages {
		if res, body := post(t, srv, `{"id":"q1","conversation":"c1","text":""}`); res.StatusCode != 503 {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	}
	f.release()
	if res, body := post(t, srv, `{"id":"q1","conversation":"c1","text":"61"}`); res.StatusCode != 200 || f.kept() != firstMessages {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// TestNoSignal: another process gave the answer, so nothing here was told.
func TestNoSignal(t *testing.T) {
	f := newFake()
	f.hold, f.silent = true, true
	_, srv := start(t, f, func(s *Server) { s.poll = 20 * time.Millisecond })
	go func() {
		time.Sleep(50 * time.Millisecond)
		f.release()
	}()
	if res, body := post(t, srv, `{"id":"q1","text":"61"}`); res.StatusCode != 200 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestBusyAndDown(t *testing.T) {
	f := newFake()
	now := time.Now()
	_, srv := start(t, f, func(s *Server) { s.now = func() time.Time { return now } })
	for _, c := range []struct {
		set  func()
		says string
	}{
		{func() { f.busy = bot.ErrBusy }, "too many messages are waiting"},
		{func() { f.busy = errDisk }, "cannot be kept"},
		{func() { f.busy, f.down = nil, errDisk }, "cannot be kept"},
	} {
		f.set(c.set)
		for range firstMessages + 1 { // none counts against the limit
			res, body := post(t, srv, `{"id":"q1","conversation":"c1","text":"61"}`)
			if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(body, c.says) {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
			if strings.Contains(body, "disk") {
				t.Errorf("our own trouble is told to strangers: %s", body)
			}
		}
	}
	f.set(func() { f.down = nil })
	if res, body := post(t, srv, `{"id":"q1","conversation":"c1","text":"61"}`); res.StatusCode != 200 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestClientGone(t *testing.T) {
	f := newFake()
	f.hold = true
	_, srv := start(t, f)
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body := `{"id":"q1","conversation":"c1","text":"61"}`
	fmt.Fprintf(c, "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	eventually(t, "kept", func() bool { return f.kept() == 1 })
	c.Close()
	eventually(t, "given up by the server", func() bool { return f.watching() == 0 })
	f.release()
	if res, got := post(t, srv, body); res.StatusCode != 200 || f.kept() != 1 {
		t.Errorf("%d %s", res.StatusCode, got)
	}
}

// TestClientGoneEarly: who hangs up before the message is durable has sent it all
// the same.
func TestClientGoneEarly(t *testing.T) {
	f := newFake()
	h := New(Config{Loop: f, Journal: f}).Handler()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, "POST", "/api/v1/messages", strings.NewReader(`{"id":"q1","conversation":"c1","text":"61"}`))
	h.ServeHTTP(newRecorder(), req)
	if f.kept() != 1 {
		t.Error("the message is lost")
	}
}

// TestNothingElseIsKept: what nobody asked for is neither stored nor logged, and
// no words or names of a conversation are logged at all.
func TestNothingElseIsKept(t *testing.T) {
	f := newFake()
	var log bytes.Buffer
	s := New(Config{Loop: f, Journal: f, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	h := s.Handler()
	serve := func(method, path, body string) {
		req, err := http.NewRequest(method, path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Canary", "canary-header")
		req.Header.Set("User-Agent", "canary-agent")
		h.ServeHTTP(newRecorder(), req)
	}
	serve("POST", "/api/v1/messages?q=canary-query", `{"id":"canary-id","conversation":"canary-conversation","text":"canary-text","unknown":"canary-field"}`)
	serve("POST", "/api/v1/messages?q=canary-query", `{"id":"canary-id`)
	serve("GET", "/api/v1/conversations/canary-conversation/events?follow=0&q=canary-query", "")
	serve("GET", "/c/canary-conversation?q=canary-query", "")
	f.set(func() { f.down = errDisk })
	serve("GET", "/c/canary-conversation?q=canary-query", "")
	serve("POST", "/api/v1/messages", `{"id":"canary-id","conversation":"canary-conversation","text":"canary-text"}`)
	if f.kept() != 1 || log.Len() == 0 {
		t.Fatalf("the test tests nothing: kept %d, logged %q", f.kept(), log.String())
	}
	for _, c := range []string{"canary-query", "canary-header", "canary-agent", "canary-field"} {
		if strings.Contains(f.stored(), c) {
			t.Errorf("%s is stored", c)
		}
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("logged: %s", log.String())
	}
}

func TestPanic(t *testing.T) {
	for _, boom := range []any{"canary words", fmt.Errorf("canary words"), struct{ s string }{"canary words"}} {
		f := newFake()
		f.boom = boom
		var log bytes.Buffer
		s := New(Config{Loop: f, Journal: f, Log: slog.New(slog.NewTextHandler(&log, nil))})
		rec := newRecorder()
		req, _ := http.NewRequest("POST", "/api/v1/messages", strings.NewReader(`{"id":"q1","conversation":"c1","text":"canary words"}`))
		s.Handler().ServeHTTP(rec, req)
		if rec.Code != 500 || !strings.HasPrefix(rec.Body.String(), `{"id":"","error":"`) || rec.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
		if out := log.String(); !strings.Contains(out, "panic") || strings.Contains(out, "canary") {
			t.Errorf("logged: %s", out)
		}
		// The lock of the message was let go.
		f.set(func() { f.boom = nil })
		rec = newRecorder()
		req, _ = http.NewRequest("POST", "/api/v1/messages", strings.NewReader(`{"id":"q1","conversation":"c1","text":"61"}`))
		s.Handler().ServeHTTP(rec, req)
		if rec.Code != 200 {
			t.Errorf("after a panic: %d %s", rec.Code, rec.Body)
		}
	}
}

func TestOtherSites(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	for _, c := range []struct {
		header []string
		status int
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Origin", srv.URL}, 200}, // a browser on plain http: no Sec-Fetch-Site
		{nil, 200},
	} {
		res, body := do(t, "POST", srv.URL+"/api/v1/messages", `{"id":"q1","text":"61"}`, c.header...)
		if res.StatusCode != c.status {
			t.Errorf("%v: %d %s", c.header, res.StatusCode, body)
		}
		res, _ = do(t, "POST", srv.URL+"/", "text=61", append(c.header, "Content-Type", "application/x-www-form-urlencoded")...)
		if want := map[int]int{403: 403, 200: 303}[c.status]; res.StatusCode != want {
			t.Errorf("page, %v: %d", c.header, res.StatusCode)
		}
		for name := range res.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s is sent", name)
			}
		}
	}

	s := New(Config{Loop: f, Journal: f, Origin: "https://help.example.com"})
	rec := newRecorder()
	req, _ := http.NewRequest("POST", "http://10.0.0.5:8061/api/v1/messages", strings.NewReader(`{"id":"q1","text":"61"}`))
	req.Header.Set("Origin", "https://help.example.com")
	if s.Handler().ServeHTTP(rec, req); rec.Code != 200 {
		t.Errorf("behind a proxy: %d %s", rec.Code, rec.Body)
	}
}
