package slacktest

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goslack "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

// TestSignedDeliveries has slack-go verify and parse what comes by HTTP.
func TestSignedDeliveries(t *testing.T) {
	s, _ := world(t, short())
	var events, commands, clicks, refused atomic.Int32
	webhook(t, s, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		verifier, err := goslack.NewSecretsVerifier(r.Header, s.SigningSecret())
		if err == nil {
			_, _ = verifier.Write(body)
			err = verifier.Ensure()
		}
		if err != nil {
			refused.Add(1)
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		switch r.URL.Path {
		case "/slack/events":
			e, err := slackevents.ParseEvent(body, slackevents.OptionNoVerifyToken())
			if err != nil {
				t.Errorf("parsing %s: %v", body, err)
			}
			if e.Type == slackevents.URLVerification {
				io.WriteString(w, "challenge-1")
			}
			events.Add(1)
		case "/slack/commands":
			c, err := goslack.SlashCommandParse(r)
			if err != nil || c.Text != "61 & 62" || c.TriggerID == "" || c.ResponseURL == "" {
				t.Errorf("%+v, %v", c, err)
			}
			commands.Add(1)
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"text":"only you","response_type":"ephemeral"}`)
		case "/slack/interactions":
			c, err := goslack.InteractionCallbackParse(r)
			if err != nil || c.Type != goslack.InteractionTypeMessageAction || c.CallbackID != "person" || c.Message.Text == "" {
				t.Errorf("%+v, %v", c, err)
			}
			clicks.Add(1)
		}
	})
	root := s.Say("U1", "C1", "<@"+s.Bot()+"> 61", "")
	if ack := wait(t, root); !ack.Acknowledged || ack.Status != http.StatusOK || events.Load() != 2 {
		t.Errorf("%+v after %d events", ack, events.Load())
	}
	if ack := wait(t, s.VerifyURL("challenge-1")); !ack.Acknowledged || string(ack.Payload) != `{"text":"challenge-1"}` {
		t.Errorf("%+v", ack)
	}
	if wait(t, s.VerifyURL("challenge-2")).Acknowledged {
		t.Error("any answer proves that the URL is the bot's")
	}
	wait(t, s.Command("U1", "C2", "61 & 62"))
	if shown := s.Ephemerals("U1"); len(shown) != 1 || shown[0].Text != "only you" || commands.Load() != 1 {
		t.Errorf("%+v", shown)
	}
	if wait(t, s.Shortcut("U1", "C1", root.TS, "person")); clicks.Load() != 1 {
		t.Error("the shortcut does not arrive")
	}
	body := `{"type":"event_callback","event":{"type":"app_mention"}}`
	for what, r := range map[string]Request{
		"as it should be":   {},
		"another secret":    {Secret: "guess"},
		"too old":           {At: time.Now().Add(-400 * time.Second)},
		"from the future":   {At: time.Now().Add(400 * time.Second)},
		"no signature":      {Bare: true},
		"body in the query": {InQuery: true, Secret: "guess"},
	} {
		r.Path, r.Body, r.JSON = "/slack/events", body, true
		status, _, _, err := s.Request(t.Context(), r)
		if want := map[bool]int{true: 200, false: 401}[what == "as it should be"]; err != nil || status != want {
			t.Errorf("%s: %d, %v, want %d", what, status, err, want)
		}
	}
	if refused.Load() != 5 {
		t.Errorf("%d are refused, want 5", refused.Load())
	}
}

func TestRedeliveryByHTTP(t *testing.T) {
	s, _ := world(t, hasty())
	var tries, declined atomic.Int32
	webhook(t, s, func(w http.ResponseWriter, r *http.Request) {
		switch n := tries.Add(1); {
		case declined.Load() == 1:
			w.Header().Set("X-Slack-No-Retry", "1")
			http.Error(w, "never", http.StatusInternalServerError)
		case n == 1:
			http.Error(w, "later", http.StatusServiceUnavailable)
		case n == 2:
			if r.Header.Get("X-Slack-Retry-Num") != "1" || r.Header.Get("X-Slack-Retry-Reason") != "http_error" {
				t.Errorf("retry headers %v", r.Header)
			}
			time.Sleep(400 * time.Millisecond) // longer than patience
		case n == 3:
			if r.Header.Get("X-Slack-Retry-Reason") != "http_timeout" {
				t.Errorf("retry headers %v", r.Header)
			}
		}
	})
	if ack := wait(t, s.Say("U1", "C1", "61", "")); !ack.Acknowledged || ack.Tries != 3 {
		t.Errorf("%+v", ack)
	}
	declined.Store(1)
	if ack := wait(t, s.Say("U1", "C1", "61", "")); ack.Acknowledged || ack.Tries != 1 {
		t.Errorf("who declines retries gets %+v", ack)
	}
	s.SetRequestURL("http://127.0.0.1:1")
	if ack := wait(t, s.Command("U1", "C1", "61")); ack.Acknowledged || ack.Tries != 1 {
		t.Errorf("a command to nobody: %+v", ack)
	}
}
