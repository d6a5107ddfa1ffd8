package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// clock is a time that a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func TestConversationLimit(t *testing.T) {
	f := newFake()
	c := &clock{time.Now()}
	h := New(Config{Loop: f, Journal: f, Now: c.now, Burst: 1}).Handler() // 1 is too few: the first five are promised
	say := func(conversation, id string) *httptest.ResponseRecorder {
		rec := newRecorder()
		req, _ := http.NewRequest("POST", "/api/v1/messages", strings.NewReader(fmt.Sprintf(`{"id":%q,"conversation":%q,"text":"61"}`, id, conversation)))
		h.ServeHTTP(rec, req)
		return rec
	}
	for i := range firstMessages {
		if rec := say("c1", fmt.Sprint(i)); rec.Code != 200 {
			t.Fatalf("message %d: %d %s", i, rec.Code, rec.Body)
		}
	}
	refused := say("c1", "5")
	if refused.Code != 429 || refused.Header().Get("Retry-After") != "1" || !strings.HasPrefix(refused.Body.String(), `{"id":"5","error":"`) {
		t.Errorf("%d %v %s", refused.Code, refused.Header(), refused.Body)
	}
	if f.kept() != firstMessages {
		t.Errorf("kept %d", f.kept())
	}
	if rec := say("c1", "0"); rec.Code != 200 {
		t.Errorf("a known message is refused: %d %s", rec.Code, rec.Body)
	}
	if rec := say("c2", "0"); rec.Code != 200 {
		t.Errorf("another conversation is refused: %d %s", rec.Code, rec.Body)
	}
	c.t = c.t.Add(time.Second)
	if rec := say("c1", "5"); rec.Code != 200 {
		t.Errorf("a second later: %d %s", rec.Code, rec.Body)
	}
	if rec := say("c1", "6"); rec.Code != 429 {
		t.Errorf("two in a second: %d", rec.Code)
	}
}

func TestAddressLimit(t *testing.T) {
	f := newFake()
	c := &clock{time.Now()}
	h := New(Config{Loop: f, Journal: f, Now: c.now, AddressRate: 0.1, AddressBurst: 2}).Handler()
	n := 0
	say := func(from string) *httptest.ResponseRecorder {
		n++
		rec := newRecorder()
		req, _ := http.NewRequest("POST", "/api/v1/messages", strings.NewReader(fmt.Sprintf(`{"id":"q","conversation":"c%d","text":"61"}`, n)))
		req.RemoteAddr = from
		req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.0.0.%d", n)) // anybody can write that
		h.ServeHTTP(rec, req)
		return rec
	}
	for _, from := range []string{"192.0.2.1:1000", "[2001:db8::1]:1000"} {
		for range 2 {
			if rec := say(from); rec.Code != 200 {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
		}
	}
	if rec := say("192.0.2.1:2000"); rec.Code != 429 || rec.Header().Get("Retry-After") != "10" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	if rec := say("[2001:db8::2]:1000"); rec.Code != 429 {
		t.Errorf("another address of the same network: %d", rec.Code)
	}
	if rec := say("[2001:db8:0:1::1]:1000"); rec.Code != 200 {
		t.Errorf("another network: %d", rec.Code)
	}
	// What the address limit refused did not cost the conversation anything.
	c.t = c.t.Add(10 * time.Second)
	if rec := say("192.0.2.1:1000"); rec.Code != 200 {
		t.Errorf("later: %d", rec.Code)
	}
}

func TestNoAddressLimitByDefault(t *testing.T) {
	f := newFake()
	h := New(Config{Loop: f, Journal: f}).Handler()
	for i := range 200 {
		rec := newRecorder()
		req, _ := http.NewRequest("POST", "/api/v1/messages", strings.NewReader(fmt.Sprintf(`{"id":"q","conversation":"c%d","text":"61"}`, i)))
		req.RemoteAddr = "192.0.2.1:1000"
		if h.ServeHTTP(rec, req); rec.Code != 200 {
			t.Fatalf("message %d is refused", i)
		}
	}
}

func TestPaceIsBounded(t *testing.T) {
	p := newPace(1, 5)
	now := time.Now()
	for range 5 {
		p.take(now, "old")
	}
	for i := range 3 * mostPaced {
		p.take(now, fmt.Sprint(i))
		if i == mostPaced/4 && p.take(now, "old") == 0 {
			t.Error("forgotten while there was room")
		}
	}
	if n := len(p.young) + len(p.old); n > mostPaced {
		t.Errorf("%d keys are remembered", n)
	}
}

func TestPaceWhenTheClockIsSetBack(t *testing.T) {
	p := newPace(1, 5)
	now := time.Now()
	p.take(now.Add(time.Hour), "c")
	if wait := p.take(now, "c"); wait > time.Second {
		t.Errorf("wait %v", wait)
	}
}

func TestPaceGivesBack(t *testing.T) {
	p := newPace(1, 5)
	now := time.Now()
	for range 100 {
		if wait := p.take(now, "c"); wait > 0 {
			t.Fatalf("wait %v", wait)
		}
		p.giveBack("c")
	}
}
