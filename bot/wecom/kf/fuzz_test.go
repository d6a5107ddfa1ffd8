package kf

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/wecom"
)

// sink keeps cursors and checks what it is given.
type sink struct {
	t       *testing.T
	cursors map[string]string
	got     []bot.Message
}

func (s *sink) Receive(_ context.Context, d bot.Delivery) ([]bot.Received, error) {
	for _, m := range d.Messages {
		th, err := parseThread(m.From.Thread)
		if err != nil || th.address() != m.From || m.ID == "" || m.Role == "" || strings.ContainsRune(m.ID, 0) || !utf8.ValidString(m.ID) || !utf8.ValidString(m.Author) {
			s.t.Errorf("handed over is %+v (%v)", m, err)
		}
	}
	s.got = append(s.got, d.Messages...)
	if d.CursorName != "" {
		s.cursors[d.CursorName] = d.CursorValue
	}
	return make([]bot.Received, len(d.Messages)), nil
}

func (s *sink) Cursor(_ context.Context, _, name string) (string, error) { return s.cursors[name], nil }

// FuzzPage: whatever a page says, nothing panics, and what is handed over has
// an address that can be answered. What WeCom would be asked meanwhile fails.
func FuzzPage(f *testing.F) {
	for _, s := range []string{
		`{"msgid":"m1","external_userid":"wm1","send_time":1,"origin":3,"msgtype":"text","text":{"content":"61","menu_id":"e:a=b"}}`,
		`{"msgid":"m1","external_userid":"wm1","origin":5,"servicer_userid":"mei","msgtype":"text","text":{"content":"61"}}`,
		`{"msgid":"m1","external_userid":"wm1","origin":3,"msgtype":"image","image":{"media_id":"x"}}`,
		`{"msgid":"e1","origin":4,"msgtype":"event","event":{"event_type":"enter_session","external_userid":"wm1","scene":"pos61","scene_param":"T-1","welcome_code":"c"}}`,
		`{"msgid":"e1","origin":4,"msgtype":"event","event":{"event_type":"session_status_change","external_userid":"wm1","change_type":3,"msg_code":"c"}}`,
		`{"msgid":"e1","origin":4,"msgtype":"event","event":{"event_type":"user_recall_msg","external_userid":"wm1","recall_msgid":"m1"}}`,
		`{"msgid":"e1","origin":4,"msgtype":"event","event":{"event_type":"msg_send_fail","external_userid":"wm1","fail_msgid":"m1","fail_type":13}}`,
		`{"msgid":"m\u0000","external_userid":"a/b","origin":3,"msgtype":"text","text":[]}`,
		`[]`, `null`, `{`, `{"msgid":1}`,
	} {
		f.Add([]byte(s))
	}
	client, err := wecom.NewClient(wecom.Config{BaseURL: "http://127.0.0.1:1", CorpID: "ww1", Secret: "s"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		it, ok := parseItem(raw)
		if !ok {
			return
		}
		s := &sink{t: t, cursors: map[string]string{}}
		c := &Channel{log: slog.New(slog.DiscardHandler), now: time.Now, client: client}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nothing is asked
		c.inbox = s
		p := &puller{Channel: c, in: s, account: "wk1"}
		b := p.batch(false)
		if b.addAll(ctx, []item{it, it}) == nil {
			_ = b.keep(ctx, position{Cursor: "c", Newest: 1})
		}
		if len(s.got) > 1 {
			t.Errorf("one item is handed over %d times", len(s.got))
		}
		var at position
		if v := s.cursors[syncCursor+"wk1"]; v != "" && json.Unmarshal([]byte(v), &at) != nil {
			t.Errorf("the position reads %q", v)
		}
	})
}

// FuzzMenuID: whatever a menu_id is, it says no evidence without a value.
func FuzzMenuID(f *testing.F) {
	for _, s := range []string{"e:a=b", "n:1", "solved:zh:m1", "ask:limit", "hours:", "e:%zz=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if p, ok := parsePress(id); ok && (p.evidence == "") != (p.value == "") {
			t.Errorf("%q reads %+v", id, p)
		}
	})
}
