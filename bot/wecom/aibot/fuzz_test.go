package aibot

import (
	"context"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"decline61/bot"
)

// FuzzTake: whatever WeCom, or somebody who has its key, posts is answered by
// JSON or by nothing, and what is handed over can be kept.
func FuzzTake(f *testing.F) {
	for _, s := range []string{
		`{"msgid":"m","chattype":"group","chatid":"g","from":{"userid":"u"},"msgtype":"text","text":{"content":"@61 显示61"},"response_url":"https://x"}`,
		`{"msgid":"m","from":{"userid":"u"},"msgtype":"mixed","mixed":{"msg_item":[{"msgtype":"text","text":{"content":"61"}},{"msgtype":"image"}]},"quote":{"msgtype":"text","text":{"content":"51"}}}`,
		`{"msgid":"m","from":{"userid":"u"},"msgtype":"stream","stream":{"id":"61.bQ"}}`,
		`{"msgid":"m","from":{"userid":"u"},"msgtype":"event","event":{"eventtype":"template_card_event","template_card_event":{"event_key":"{\"t\":\"u\",\"s\":\"61\"}","task_id":"c-1"}}}`,
		`{"msgid":"m","from":{"userid":"u"},"msgtype":"event","event":{"eventtype":"feedback_event","feedback_event":{"id":"u|m","type":1}}}`,
		`{"msgtype":"event","event":{"eventtype":"enter_chat"}}`,
		`{"msgid":5,"msgtype":"text","from":[]}`, `null`, `[]`, `{`, "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		a, err := New(Config{Token: "t", EncodingAESKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", Journal: silentJournal{}, Bot: realBot()})
		if err != nil {
			t.Fatal(err)
		}
		in := &soundInbox{T: t}
		a.begin(in)
		reply, err := a.take(t.Context(), plain)
		if err != nil {
			t.Fatalf("refused, so that WeCom repeats it: %v", err)
		}
		if len(reply) > 0 && !json.Valid(reply) {
			t.Errorf("answered by %q", reply)
		}
	})
}

// FuzzFrame: no frame takes the connection down.
func FuzzFrame(f *testing.F) {
	f.Add([]byte(`{"cmd":"aibot_msg_callback","headers":{"req_id":"r"},"body":{"msgid":"m","from":{"userid":"u"},"msgtype":"text","text":{"content":"61"}}}`))
	f.Add([]byte(`{"headers":{"req_id":"r"},"errcode":846605,"errmsg":"x"}`))
	f.Add([]byte(`{"cmd":"aibot_event_callback","body":{"msgtype":"event","event":"x"}}`))
	f.Add([]byte(`{"cmd":5,"headers":[]}`))
	a := testChannel(f)
	a.socket.stopped = closed()
	k := &connection{socket: a.socket, pending: map[string]chan frame{}, gone: make(chan struct{}), err: errStopped}
	f.Fuzz(func(t *testing.T, data []byte) {
		var fr frame
		_ = json.Unmarshal(data, &fr)
		k.take(fr)
	})
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// soundInbox refuses what a store would refuse for ever.
type soundInbox struct{ *testing.T }

func (in *soundInbox) Receive(_ context.Context, d bot.Delivery) ([]bot.Received, error) {
	for _, m := range d.Messages {
		for _, s := range []string{m.ID, m.From.Thread, m.Author} {
			if s == "" || !utf8.ValidString(s) || containsNUL(s) {
				in.Errorf("no store keeps %+v", m)
			}
		}
	}
	return make([]bot.Received, len(d.Messages)), nil
}

func (in *soundInbox) Cursor(context.Context, string, string) (string, error) {
	return `{"m":"x","a":4000000000,"u":"https://x"}`, nil
}

func containsNUL(s string) bool {
	for _, r := range s {
		if r == 0 {
			return true
		}
	}
	return false
}
