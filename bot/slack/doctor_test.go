package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"decline61/bot"
)

const (
	goodBot    = "xoxb-Never-To-Be-Seen"
	goodApp    = "xapp-Never-To-Be-Seen"
	goodSecret = "0123456789abcdef0123456789abcdef"
	aTicket    = "ticket-Never-To-Be-Seen"
)

// askable is what Examine asks of Slack, with answers that a test changes.
type askable struct {
	scopes   string
	ahead    time.Duration // how far Slack's clock is
	answers  map[string]map[string]any
	channels map[string]map[string]any
	asked    []string
}

func newAskable() *askable {
	return &askable{
		scopes: strings.Join(Scopes(false), ","),
		answers: map[string]map[string]any{
			"auth.test":             {"ok": true, "team": "Acme", "user": "helper", "user_id": "U1", "bot_id": "B1"},
			"apps.connections.open": {"ok": true, "url": "wss://wss.example.com/link/?ticket=" + aTicket},
		},
		channels: map[string]map[string]any{
			"C1": {"id": "C1", "name": "merchants", "is_member": true},
			"C2": {"id": "C2", "name": "team", "is_member": true},
			"C3": {"id": "C3", "name": "empty", "is_member": false},
			"C4": {"id": "C4", "name": "old", "is_member": true, "is_archived": true},
			"C5": {"id": "C5", "name": "connect", "is_member": true, "is_ext_shared": true},
		},
	}
}

func (a *askable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	a.asked = append(a.asked, method)
	w.Header().Set("Date", time.Now().Add(a.ahead).UTC().Format(http.TimeFormat))
	if a.scopes != "" {
		w.Header().Set("X-OAuth-Scopes", a.scopes)
	}
	token, want := r.FormValue("token"), goodBot
	if method == "apps.connections.open" {
		token, want = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), goodApp
	}
	answer := a.answers[method]
	switch {
	case token != want:
		answer = map[string]any{"ok": false, "error": "invalid_auth"}
	case method == "conversations.info" && answer == nil:
		answer = map[string]any{"ok": false, "error": "channel_not_found"}
		if c := a.channels[r.FormValue("channel")]; c != nil {
			answer = map[string]any{"ok": true, "channel": c}
		}
	}
	if status, ok := answer["status"].(int); ok {
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "30")
		}
		w.WriteHeader(status)
		return
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// examined runs Examine against a; every problem must name its fix, and no line
// may show a secret.
func examined(t *testing.T, a http.Handler, o ExamineOptions) []bot.Finding {
	t.Helper()
	s := httptest.NewServer(a)
	defer s.Close()
	if o.BotToken == "" {
		o.BotToken = goodBot
	}
	if o.APIURL == "" {
		o.APIURL = s.URL + "/api/"
	}
	found := Examine(t.Context(), o)
	for _, f := range found {
		if f.Severity == bot.Problem && f.Fix == "" {
			t.Errorf("%s has a problem and names no fix: %s", f.Check, f.Says)
		}
		if len(f.Check) > 15 || f.Says == "" {
			t.Errorf("a line that does not fit: %+v", f)
		}
		for _, secret := range []string{goodBot, goodApp, goodSecret, aTicket, "Never-To-Be-Seen"} {
			if strings.Contains(f.Says+f.Fix, secret) {
				t.Errorf("a secret is shown: %+v", f)
			}
		}
	}
	return found
}

// findingLines are findings as text, one a line.
func findingLines(found []bot.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s %s: %s -> %s\n", [...]string{"ok", "warning", "problem"}[f.Severity], f.Check, f.Says, f.Fix)
	}
	return b.String()
}

func modesOf(t *testing.T, s string) Modes {
	t.Helper()
	m, err := ParseModes(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExamineHealthy(t *testing.T) {
	got := findingLines(examined(t, newAskable(), ExamineOptions{
		AppToken: goodApp, SigningSecret: goodSecret, Modes: modesOf(t, "C1=all, C2=internal"), Triage: "C2",
	}))
	for _, want := range []string{
		"ok slack signing: ", "ok slack token: workspace Acme, bot @helper", "ok slack scopes: all 10 that are needed",
		"ok slack channel: #merchants (C1) has the bot: all\n", "ok slack channel: #team (C2) has the bot: mention, internal, cases",
		"ok slack socket: ", "ok slack clock: ",
	} {
		if !strings.Contains(strings.ReplaceAll(got, " -> ", ""), want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "problem") || strings.Contains(got, "warning") || strings.Count(got, "\n") != 7 {
		t.Errorf("all is well, and it says:\n%s", got)
	}
}

func TestExamineFaults(t *testing.T) {
	refuse := func(method, code string) func(*askable) {
		return func(a *askable) { a.answers[method] = map[string]any{"ok": false, "error": code} }
	}
	for _, tt := range []struct {
		name string
		harm func(*askable)
		o    ExamineOptions
		want []string // lines that must be there; "!" before one that must not
	}{
		{"a wrong bot token", func(*askable) {}, ExamineOptions{BotToken: "xoxb-Never-To-Be-Seen-2"}, []string{
			"problem slack token: Slack refuses the bot token: invalid_auth -> copy it again", "Bot User OAuth Token", "!slack scopes", "!slack channel",
		}},
		{"a token that was taken back", refuse("auth.test", "token_revoked"), ExamineOptions{}, []string{"token_revoked -> install the app to the workspace again"}},
		{"rotation", refuse("auth.test", "token_expired"), ExamineOptions{}, []string{"-> turn token rotation off"}},
		{"removed", refuse("auth.test", "account_inactive"), ExamineOptions{}, []string{"the app was removed from the workspace"}},
		{"an unknown code", refuse("auth.test", "new_in_2027"), ExamineOptions{}, []string{"problem slack token: Slack refuses the bot token: new_in_2027 -> see what"}},
		{"an answer that repeats the token", refuse("auth.test", "invalid_token "+goodBot), ExamineOptions{}, []string{"Slack refuses the bot token: invalid_token (secret)"}},
		{"a person's token", func(a *askable) { delete(a.answers["auth.test"], "bot_id") }, ExamineOptions{}, []string{"problem slack token: SLACK_BOT_TOKEN is the token of a person in Acme"}},
		{"not Slack", func(a *askable) { a.answers["auth.test"] = map[string]any{} }, ExamineOptions{}, []string{"is not Slack -> see that SLACK_API_URL is right"}},
		{"Slack is down", func(a *askable) { a.answers["auth.test"] = map[string]any{"status": 503} }, ExamineOptions{}, []string{"answers 503 Service Unavailable -> see that SLACK_API_URL"}},
		{"asked too often", func(a *askable) { a.answers["apps.connections.open"] = map[string]any{"status": 429} }, ExamineOptions{AppToken: goodApp}, []string{
			"warning slack socket: Slack is asked too often", "ok slack token",
		}},
		{"a scope is missing", func(a *askable) { a.scopes = "chat:write,app_mentions:read,assistant:write,im:history,im:write" }, ExamineOptions{}, []string{
			"problem slack scopes: missing: channels:read (", "; commands (", "; groups:read (", "then reinstall the app", "warning slack scopes: goes without: channels:history (", "!missing: channels:history",
		}},
		{"reading is missing and is needed", func(a *askable) { a.scopes = strings.Join(Scopes(true), ",") }, ExamineOptions{Modes: modesOf(t, "C1=draft")}, []string{
			"problem slack scopes: missing: channels:history (", "; groups:history (", "!warning",
		}},
		{"reading is missing by design", func(a *askable) { a.scopes = strings.Join(Scopes(true), ",") }, ExamineOptions{Modes: modesOf(t, "C1=mention")}, []string{
			"warning slack scopes: goes without: channels:history (", "--mention-only", "!problem",
		}},
		{"no header", func(a *askable) { a.scopes = "" }, ExamineOptions{}, []string{"warning slack scopes: Slack's answer does not name"}},
		{"a wrong app token", func(*askable) {}, ExamineOptions{AppToken: "xapp-2"}, []string{"problem slack socket: Slack refuses the app-level token: invalid_auth -> make a new one", "connections:write", "ok slack token"}},
		{"Socket Mode is off", refuse("apps.connections.open", "link_disabled"), ExamineOptions{AppToken: goodApp}, []string{"link_disabled -> turn Socket Mode on"}},
		{"channels", func(*askable) {}, ExamineOptions{Modes: modesOf(t, "C1=all, C3=mention, C4=all, C5=internal, C9=draft"), Triage: "C3"}, []string{
			"ok slack channel: #merchants (C1)",
			"problem slack channel: #empty (C3) is without the bot -> in the channel: /invite @helper",
			"problem slack channel: #old (C4) is archived",
			"problem slack channel: #connect (C5) is shared with another company, and gets answers",
			"problem slack channel: C9 is not there, or private and without the bot -> in the channel: /invite @helper; or copy its id",
		}},
		{"cases for everybody", func(*askable) {}, ExamineOptions{Triage: "C5"}, []string{"would see every merchant's case -> set SLACK_TRIAGE_CHANNEL"}},
		{"channels cannot be looked at", func(a *askable) {
			a.answers["conversations.info"] = map[string]any{"ok": false, "error": "missing_scope", "needed": "channels:read", "provided": "chat:write"}
		}, ExamineOptions{Triage: "C1"}, []string{"problem slack channel: C1: the token lacks the scope channels:read -> add it"}},
		{"a short secret", func(*askable) {}, ExamineOptions{SigningSecret: "Never-To-Be-Seen"}, []string{"warning slack signing: ", "Signing Secret"}},
		{"a little late", func(a *askable) { a.ahead = 90 * time.Second }, ExamineOptions{}, []string{"warning slack clock: this machine is 1m30s behind Slack -> set the clock"}},
		{"too early", func(a *askable) { a.ahead = -10 * time.Minute }, ExamineOptions{}, []string{"problem slack clock: this machine is 10m0s ahead of Slack: "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAskable()
			tt.harm(a)
			// Slack's header has whole seconds: with the time of the answer, tests would flicker.
			start := time.Now().Truncate(time.Second)
			tt.o.Now = func() time.Time { return start }
			got := findingLines(examined(t, a, tt.o))
			for _, want := range tt.want {
				if forbidden, ok := strings.CutPrefix(want, "!"); ok && strings.Contains(got, forbidden) {
					t.Errorf("%q is in:\n%s", forbidden, got)
				} else if !ok && !strings.Contains(got, want) {
					t.Errorf("%q is missing in:\n%s", want, got)
				}
			}
		})
	}
}

// TestExamineOffline: Slack is asked nothing, what can be seen here is said.
func TestExamineOffline(t *testing.T) {
	a := newAskable()
	got := findingLines(examined(t, a, ExamineOptions{AppToken: goodApp, SigningSecret: "x", Triage: "C1", Offline: true}))
	if len(a.asked) > 0 || !strings.Contains(got, "warning slack signing") || !strings.Contains(got, "ok slack: Slack was not asked") {
		t.Errorf("asked %v:\n%s", a.asked, got)
	}
}

// TestExamineUnreachable: nobody there, a redirect that would take the token
// elsewhere, and an end by Ctrl-C.
func TestExamineUnreachable(t *testing.T) {
	got := findingLines(examined(t, newAskable(), ExamineOptions{APIURL: "http://127.0.0.1:1/api/", AppToken: goodApp}))
	if !strings.Contains(got, "problem slack token: no answer of Slack's: ") || !strings.Contains(got, "reaches 127.0.0.1:1 over https") || !strings.Contains(got, "problem slack socket") {
		t.Errorf("nobody there:\n%s", got)
	}
	elsewhere := newAskable()
	other := httptest.NewServer(elsewhere)
	defer other.Close()
	got = findingLines(examined(t, http.RedirectHandler(other.URL+"/api/auth.test", http.StatusTemporaryRedirect), ExamineOptions{AppToken: goodApp}))
	if len(elsewhere.asked) > 0 || !strings.Contains(got, "answers 307") {
		t.Errorf("the token went elsewhere, to %v:\n%s", elsewhere.asked, got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found := Examine(ctx, ExamineOptions{BotToken: goodBot, AppToken: goodApp, APIURL: other.URL + "/api/"}); len(found) != 0 {
		t.Errorf("after Ctrl-C:\n%s", findingLines(found))
	}
}
