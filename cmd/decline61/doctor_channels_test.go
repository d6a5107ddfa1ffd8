package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"decline61/bot/slack"
)

// fakeSlack answers what doctor asks; the bot is in C1 only.
func fakeSlack(t *testing.T) (url string, asked *int) {
	t.Helper()
	asked = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		w.Header().Set("X-OAuth-Scopes", strings.Join(slack.Scopes(false), ","))
		answer := map[string]any{"ok": false, "error": "unknown_method"}
		switch r.URL.Path {
		case "/api/auth.test":
			answer = map[string]any{"ok": true, "team": "Acme", "user": "helper", "user_id": "U1", "bot_id": "B1"}
		case "/api/apps.connections.open":
			answer = map[string]any{"ok": false, "error": "invalid_auth"}
		case "/api/conversations.info":
			id := r.FormValue("channel")
			answer = map[string]any{"ok": true, "channel": map[string]any{"id": id, "name": "n" + id, "is_member": id == "C1"}}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/api/", asked
}

// TestDoctorSlack: Slack's lines stand beside the others, with their fixes and
// without a token.
func TestDoctorSlack(t *testing.T) {
	url, asked := fakeSlack(t)
	args := []string{
		"--slack-api-url", url, "--slack-bot-token", canary, "--slack-app-token", "xapp-" + canary,
		"--slack-channels", "C1=all", "--slack-triage-channel", "C2",
	}
	x, by, code := doctored(t, t.TempDir(), args...)
	for check, want := range map[string]finding{
		"slack token":   {Status: good, Says: "workspace Acme, bot @helper"},
		"slack scopes":  {Status: good, Says: "all 10"},
		"slack channel": {Status: problem, Says: "#nC2 (C2) is without the bot", Fix: "/invite @helper"},
		"slack socket":  {Status: problem, Says: "invalid_auth", Fix: "connections:write"},
		"slack clock":   {Status: good},
	} {
		if f := by[check]; f.Status != want.Status || !strings.Contains(f.Says, want.Says) || !strings.Contains(f.Fix, want.Fix) {
			t.Errorf("%s: %+v, want %+v", check, f, want)
		}
	}
	if code != exitFindings || x.Status != problem || *asked == 0 {
		t.Errorf("exit code %d, %s, asked %d times", code, x.Status, *asked)
	}
	if f, ok := by["channels"]; ok {
		t.Errorf("Slack is called a channel that is not there: %+v", f)
	}
	out, errs, _ := command(t, append([]string{"doctor", "--offline", "--data", t.TempDir(), "--listen", "127.0.0.1:1"}, args...)...)
	if !strings.Contains(out, "problem  slack channel   #nC2 (C2) is without the bot\n") || strings.Contains(out+errs, canary) {
		t.Errorf("the page shows too little or too much:\n%s%s", out, errs)
	}
}

// TestDoctorSlackOffline: offline, Slack elsewhere is asked nothing; without
// its token there is no line of it; and half a configuration is one fault.
func TestDoctorSlackOffline(t *testing.T) {
	_, by, code := doctored(t, t.TempDir(), "--slack-bot-token", "xoxb-1", "--slack-signing-secret", strings.Repeat("a", 32), "--slack-api-url", "https://slack.invalid/api/")
	if code != 0 || by["slack"].Says != "Slack was not asked" || by["slack signing"].Status != good {
		t.Errorf("offline: exit code %d, %+v", code, by)
	}
	x, _, _ := doctored(t, t.TempDir())
	for _, f := range x.Findings {
		if strings.HasPrefix(f.Check, "slack") {
			t.Errorf("without Slack: %+v", f)
		}
	}
	_, by, code = doctored(t, t.TempDir(), "--slack-bot-token", "xoxb-1", "--slack-channels", "C1=loud")
	if code != exitInvalid || by["configuration"].Status != problem {
		t.Errorf("wrong settings: exit code %d, %+v", code, by["configuration"])
	}
}
