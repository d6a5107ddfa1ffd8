package slack

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/slack/slacktest"
)

// TestJudgeSignature: Slack's own receiver takes requests that our fake signs,
// and understands them; and it and our handler are of one mind about which
// requests are Slack's.
func TestJudgeSignature(t *testing.T) {
	s := slacktest.New(t, slacktest.Config{Retries: []time.Duration{}})
	bolt := startJudge(t, "bolt.mjs", map[string]any{"secret": s.SigningSecret()})
	theirs := heard[struct{ URL string }](bolt).URL
	ours := receiver(t, s.SigningSecret())

	t.Run("deliveries", func(t *testing.T) {
		s.SetRequestURL(theirs)
		s.AddUser(slacktest.User{ID: "U1"})
		s.AddChannel(slacktest.Channel{ID: "C1", Members: []string{"U1", s.Bot()}})
		shown := postButton(t, s)
		type taken struct {
			Body        map[string]any
			RetryNum    int
			RetryReason string
		}
		_ = heard[taken](bolt) // it hears itself
		ack := s.Say("U1", "C1", "刷卡显示61 & <b>", "").Wait(t.Context())
		if !ack.Acknowledged {
			t.Errorf("an event is not acknowledged: %+v", ack)
		} else if got := heard[taken](bolt); got.Body["type"] != "event_callback" || got.Body["event_id"] == "" {
			t.Errorf("an event arrives as %+v", got)
		}

		ack = s.Command("U1", "C1", "刷卡显示61 + 1%").Wait(t.Context())
		if !ack.Acknowledged || !strings.Contains(string(ack.Payload), "judged") {
			t.Errorf("a command is acknowledged as %+v", ack)
		} else if got := heard[taken](bolt); got.Body["command"] != "/decline61" || got.Body["text"] != "刷卡显示61 + 1%" {
			t.Errorf("a command arrives as %+v", got)
		}

		ack = s.Click("U1", "C1", shown, "press", "").Wait(t.Context())
		if !ack.Acknowledged {
			t.Errorf("a click is not acknowledged: %+v", ack)
		} else if got := heard[taken](bolt); got.Body["type"] != "block_actions" || got.Body["trigger_id"] == "" {
			t.Errorf("a click arrives as %+v", got)
		}

		ack = s.VerifyURL("a challenge").Wait(t.Context())
		var answer struct{ Challenge string }
		if err := json.Unmarshal(ack.Payload, &answer); err != nil || answer.Challenge != "a challenge" {
			t.Errorf("the challenge is answered by %s", ack.Payload)
		}

		again := slacktest.Request{Path: "/slack/events", JSON: true, Body: `{"type":"event_callback"}`, Retry: 2, Reason: "http_timeout"}
		if status, _, _, err := s.Request(t.Context(), again); err != nil || status != http.StatusOK {
			t.Errorf("a retry is answered by %d, %v", status, err)
		} else if got := heard[taken](bolt); got.RetryNum != 2 || got.RetryReason != "http_timeout" {
			t.Errorf("a retry arrives as %+v", got)
		}
	})

	event := slacktest.Request{Path: "/slack/events", JSON: true, Body: `{"type":"event_callback","event":{"type":"nothing_that_exists"}}`}
	for name, c := range map[string]struct {
		change       func(*slacktest.Request)
		theirs, ours bool
	}{
		"as it should be":      {func(r *slacktest.Request) {}, true, true},
		"four minutes old":     {func(r *slacktest.Request) { r.At = time.Now().Add(-4 * time.Minute) }, true, true},
		"six minutes old":      {func(r *slacktest.Request) { r.At = time.Now().Add(-6 * time.Minute) }, false, false},
		"with another secret":  {func(r *slacktest.Request) { r.Secret = "another" }, false, false},
		"without a signature":  {func(r *slacktest.Request) { r.Bare = true }, false, false},
		"with Chinese in it":   {func(r *slacktest.Request) { r.Body = strings.ReplaceAll(r.Body, "nothing", "没有") }, true, true},
		"with escapes":         {func(r *slacktest.Request) { r.Body = strings.ReplaceAll(r.Body, "nothing", `\u0026\u003c`) }, true, true},
		"ten minutes from now": {func(r *slacktest.Request) { r.At = time.Now().Add(10 * time.Minute) }, true, false}, // we are stricter
	} {
		r := event
		c.change(&r)
		for who, side := range map[string]struct {
			url  string
			want bool
		}{"Slack's receiver": {theirs, c.theirs}, "our handler": {ours, c.ours}} {
			s.SetRequestURL(side.url)
			status, _, body, err := s.Request(t.Context(), r)
			if err != nil {
				t.Fatalf("%s, %s: %v", who, name, err)
			}
			if accepted(t, status) != side.want {
				t.Errorf("%s, a request %s: %d %s", who, name, status, body)
			}
		}
	}

	// What is signed right and then changed, or signed in another way.
	at := strconv.FormatInt(time.Now().Unix(), 10)
	good := slacktest.Sign(s.SigningSecret(), at, event.Body)
	for name, c := range map[string]struct {
		signature, body string
		want            bool
	}{
		"untouched":              {good, event.Body, true},
		"with a changed body":    {good, event.Body + " ", false},
		"of another version":     {"v1" + strings.TrimPrefix(good, "v0"), event.Body, false},
		"with half a signature":  {good[:20], event.Body, false},
		"with nothing behind v0": {"v0=", event.Body, false},
	} {
		for who, base := range map[string]string{"Slack's receiver": theirs, "our handler": ours} {
			if got := accepted(t, post(t, base+event.Path, at, c.signature, c.body)); got != c.want {
				t.Errorf("%s, a request %s: accepted is %t", who, name, got)
			}
		}
	}
}

// accepted tells taking a request from taking it for forged.
func accepted(t *testing.T, status int) bool {
	t.Helper()
	if status != http.StatusOK && status != http.StatusUnauthorized {
		t.Errorf("status %d is neither", status)
	}
	return status == http.StatusOK
}

func post(t *testing.T, url, at, signature, body string) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Slack-Request-Timestamp", at)
	req.Header.Set("X-Slack-Signature", signature)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// receiver serves our handler, with nothing behind it: what no event is known
// for needs nothing.
func receiver(t *testing.T, secret string) (base string) {
	t.Helper()
	c, err := New(Config{
		BotToken: "xoxb-1", SigningSecret: secret,
		Journal: struct{ Journal }{}, Bot: struct{ Bot }{},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.begin(struct{ bot.Inbox }{}, self{user: "U0BOT", team: "T0HOME"})
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return server.URL
}
