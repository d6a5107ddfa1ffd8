package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"decline61/bot/mask"
)

// FuzzMessage sends what it likes as ids, bodies and forms: none may break the
// server, none that looks like a card number may be kept, and what is accepted
// can be asked for again and is in its events.
func FuzzMessage(f *testing.F) {
	f.Add("q1", "c1", "刷卡显示61", "")
	f.Add("4111111111111111", "6222021234567890128", "卡号 4111 1111 1111 1111", `{"id":1}`)
	f.Add("a/b", "..", "\x00", `{"id":"q","text":"61","evidence":{"other_card":"4111111111111111"}}`)
	f.Add(strings.Repeat("x", 128), "?&=%", "\r\n\r\n", "[]")
	f.Add("\xff", "a\u202eb", strings.Repeat("长", 9000), "null")
	f.Fuzz(func(t *testing.T, id, conversation, text, raw string) {
		back := newFake()
		h := New(Config{Loop: back, Journal: back, Rate: 1e6, Burst: 1e6}).Handler()
		send := func(method, path, kind, body string) (int, string) {
			req, err := http.NewRequest(method, "http://bot"+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", kind)
			rec := newRecorder()
			began := time.Now()
			h.ServeHTTP(rec, req)
			if rec.Code >= 500 {
				t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Fatalf("took %v", took)
			}
			return rec.Code, rec.Body.String()
		}
		send("POST", "/api/v1/messages", "application/json", raw)
		body, err := json.Marshal(map[string]string{"id": id, "conversation": conversation, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		status, first := send("POST", "/api/v1/messages", "application/json", string(body))
		if status == 200 {
			if _, again := send("POST", "/api/v1/messages", "application/json", string(body)); again != first && conversation != "" {
				t.Errorf("another reply: %s", again)
			}
			if conversation != "" {
				_, events := send("GET", "/api/v1/conversations/"+url.PathEscape(conversation)+"/events?follow=0", "", "")
				if strings.Count(events, "\ndata: ") < 2 {
					t.Errorf("events: %q", events)
				}
				send("GET", "/c/"+url.PathEscape(conversation), "", "")
			}
		}
		form := url.Values{"id": {id}, "conversation": {conversation}, "text": {text}, "helped": {text}}.Encode()
		send("POST", "/", "application/x-www-form-urlencoded", form)
		send("POST", "/feedback", "application/x-www-form-urlencoded", form)
		send("POST", "/", "multipart/form-data; boundary=x", raw)
		send("POST", "/?"+url.QueryEscape(raw), "application/x-www-form-urlencoded", raw)
		for _, d := range back.deliveries {
			m := d.Messages[0]
			for _, s := range []string{m.ID, m.From.Thread, m.Text.String()} {
				if mask.Of(s).String() != s {
					t.Errorf("kept with a card number in it: %q", s)
				}
			}
			if !utf8.ValidString(m.ID) || !validConversation(m.From.Thread) {
				t.Errorf("kept under a wrong name: %q %q", m.ID, m.From.Thread)
			}
		}
	})
}
