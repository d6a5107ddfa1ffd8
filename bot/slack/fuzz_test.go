package slack

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/mask"
)

// sink keeps nothing and checks what it is given.
type sink struct{ t *testing.T }

func (s sink) Receive(_ context.Context, d bot.Delivery) ([]bot.Received, error) {
	for _, m := range d.Messages {
		p, err := parsePlace(m.From.Thread)
		if err != nil || p.address() != m.From || m.ID == "" || m.Role == "" {
			s.t.Errorf("handed over is %+v (%v)", m, err)
		}
	}
	return make([]bot.Received, len(d.Messages)), nil
}

func (s sink) Cursor(context.Context, string, string) (string, error) { return "", nil }

// FuzzDeliver: whatever Slack sends, nothing panics, and what is handed over
// has an address that can be answered.
func FuzzDeliver(f *testing.F) {
	f.Add(kindEvent, `{"event":{"type":"message","channel":"D1","user":"U1","ts":"1.2","text":"61"}}`)
	f.Add(kindEvent, `{"event":{"type":"app_mention","channel":"C1","user":"U1","ts":"1.2","thread_ts":"1.1","text":"<@UB> 61"}}`)
	f.Add(kindEvent, `{"event":{"type":"app_home_opened","user":"U1","tab":"home"}}`)
	f.Add(kindEvent, `{"event":{"type":"message","channel":"C/1/2/3","user":"U1","ts":"1.2","text":"<@UB> 61"}}`)
	f.Add(kindCommand, `{"text":"61","user_id":"U1","channel_id":"C1","trigger_id":"t"}`)
	f.Add(kindInteraction, `{"type":"block_actions","user":{"id":"U1"},"channel":{"id":"C1"},"message":{"ts":"1.2"},"actions":[{"action_id":"option:1","text":{"text":"一致"},"value":"{\"t\":\"C1/1.1\",\"i\":\"x\"}"}]}`)
	f.Add(kindInteraction, `{"type":"message_action","callback_id":"handoff","user":{"id":"U1"},"channel":{"id":"C1"},"message":{"ts":"1.2","text":"x"}}`)
	f.Add(kindInteraction, `{"type":"view_submission","user":{"id":"U1"},"view":{"callback_id":"draft","private_metadata":"{\"t\":\"C1/1.1\",\"m\":\"1.2\"}","state":{"values":{"text":{"text":{"value":"x"}}}}}}`)
	f.Add("else", `[]`)
	b := realBot(f)
	f.Fuzz(func(t *testing.T, kind, payload string) {
		s, err := New(Config{BotToken: "xoxb-x", SigningSecret: "x", APIURL: "http://127.0.0.1:1/api/", Journal: &journal{}, Bot: b})
		if err != nil {
			t.Fatal(err)
		}
		s.begin(sink{t}, self{user: "UB", team: "T1"})
		s.asides = make(chan func(context.Context)) // nobody is there to do them
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // so that nothing is asked of Slack
		_, _ = s.take(ctx, kind, []byte(payload))
		_ = threadOf(kind, []byte(payload))
	})
}

// FuzzPlain: what Slack marks up is read without harm, and no card number hides
// behind the marks.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"<@UB> 61", "<tel:6222021234567890128|6222 0212 3456 7890 128>", "<<>>", "<|>", "&amp;lt;", "<!subteam^S1|@x>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := plain(s, "UB")
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q is read as %q", s, got)
		}
		if len(got) > len(s)+strings.Count(s, "<")*len("@…") {
			t.Errorf("%q grows to %q", s, got)
		}
		_ = mask.Of(got)
	})
}

// FuzzStamp: what a button carries comes from Slack again, and may be anything.
func FuzzStamp(f *testing.F) {
	f.Add(`{"t":"C1/1.1","m":"1.2"}`)
	f.Fuzz(func(t *testing.T, s string) {
		b, err := json.Marshal(stampOf(s))
		if err != nil {
			t.Fatal(err)
		}
		if stampOf(string(b)) != stampOf(s) {
			t.Errorf("%q changes", s)
		}
	})
}
