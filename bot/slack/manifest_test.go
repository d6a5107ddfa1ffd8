package slack

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	goslack "github.com/slack-go/slack"

	"decline61/kb"
)

// goldenFile holds text to a file of testdata, which DECLINE61_TEST_GOLDEN=write
// writes anew.
func goldenFile(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if os.Getenv("DECLINE61_TEST_GOLDEN") == "write" {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s is out of date (DECLINE61_TEST_GOLDEN=write writes it anew):\n%s", name, d)
	}
}

func manifestOf(t *testing.T, o ManifestOptions) (goslack.Manifest, []byte) {
	t.Helper()
	b, err := Manifest(o)
	if err != nil {
		t.Fatal(err)
	}
	var m goslack.Manifest
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields() // a key that Slack does not know is refused by it
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m, b
}

var everyManifest = map[string]ManifestOptions{
	"manifest_socket.json": {},
	"manifest_http.json":   {BaseURL: "https://pos-help.example.com/bot/", Lang: kb.EN, Name: "POS help"},
	"manifest_small.json":  {MentionOnly: true, Guests: true},
}

func TestManifestGolden(t *testing.T) {
	for name, o := range everyManifest {
		_, b := manifestOf(t, o)
		goldenFile(t, name, b)
	}
}

// TestManifestWays: over a socket there is no address, over HTTP there is one
// for each of the three.
func TestManifestWays(t *testing.T) {
	m, b := manifestOf(t, ManifestOptions{})
	if !m.Settings.SocketModeEnabled || strings.Contains(string(b), "url") {
		t.Errorf("a socket has addresses:\n%s", b)
	}
	m, _ = manifestOf(t, ManifestOptions{BaseURL: "https://example.com"})
	got := []string{m.Settings.EventSubscriptions.RequestUrl, m.Features.SlashCommands[0].Url, m.Settings.Interactivity.RequestUrl}
	want := []string{"https://example.com/slack/events", "https://example.com/slack/commands", "https://example.com/slack/interactions"}
	if d := cmp.Diff(want, got); d != "" || m.Settings.SocketModeEnabled {
		t.Errorf("over HTTP: socket mode %t\n%s", m.Settings.SocketModeEnabled, d)
	}
}

// TestManifestAsksForLittle: what is left out leaves nothing behind, and every
// event has the scope without which Slack refuses the manifest.
func TestManifestAsksForLittle(t *testing.T) {
	needs := map[string]string{
		"app_mention": "app_mentions:read", "message.im": "im:history", "message.channels": "channels:history",
		"message.groups": "groups:history", "member_joined_channel": "channels:read", "app_home_opened": "",
	}
	for name, o := range everyManifest {
		m, b := manifestOf(t, o)
		bot := m.OAuthConfig.Scopes.Bot
		if !slices.IsSorted(bot) || len(slices.Compact(slices.Clone(bot))) != len(bot) {
			t.Errorf("%s: scopes %v", name, bot)
		}
		for _, e := range m.Settings.EventSubscriptions.BotEvents {
			if scope, ok := needs[e]; !ok || scope != "" && !slices.Contains(bot, scope) {
				t.Errorf("%s: event %s lacks its scope %q", name, e, scope)
			}
		}
		if o.MentionOnly && (strings.Contains(string(b), "channels:history") || strings.Contains(string(b), "message.channels") || strings.Contains(string(b), "groups:history") || strings.Contains(string(b), "message.groups")) {
			t.Errorf("%s reads channels", name)
		}
		if agent := m.Features.AgentView != nil; agent == o.Guests || slices.Contains(bot, "assistant:write") != agent {
			t.Errorf("%s: agent view %t", name, agent)
		}
		// Left out, Slack would take the tab for read-only.
		if !strings.Contains(string(b), `"messages_tab_read_only_enabled": false`) || !m.Features.AppHome.MessagesTabEnabled {
			t.Errorf("%s: nobody can write to the bot", name)
		}
	}
	if len(Scopes(false)) != len(Scopes(true))+2 {
		t.Errorf("%v and %v", Scopes(false), Scopes(true))
	}
}

// TestManifestLimits: the lengths that Slack allows, in characters, in both
// languages; and the overview has at most 25 words and says that answers may be
// wrong.
func TestManifestLimits(t *testing.T) {
	for lang, wrong := range map[kb.Lang]string{kb.ZH: "可能有误", kb.EN: "may be wrong"} {
		m, _ := manifestOf(t, ManifestOptions{Lang: lang})
		for _, l := range []struct {
			what, text string
			min, max   int
		}{
			{"name", m.Display.Name, 1, 35},
			{"description", m.Display.Description, 1, 140},
			{"long description", m.Display.LongDescription, 174, 4000},
			{"agent description", m.Features.AgentView.AgentDescription, 1, 300},
			{"bot's name", m.Features.BotUser.DisplayName, 1, 80},
			{"shortcut", m.Features.Shortcuts[0].Name, 1, 24},
			{"shortcut's description", m.Features.Shortcuts[0].Description, 1, 150},
			{"command", m.Features.SlashCommands[0].Command, 2, 32},
			{"command's description", m.Features.SlashCommands[0].Description, 1, 100},
			{"usage hint", m.Features.SlashCommands[0].UsageHint, 1, 100},
		} {
			if n := utf8.RuneCountInString(l.text); n < l.min || n > l.max {
				t.Errorf("%s: the %s has %d characters, of %d to %d", lang, l.what, n, l.min, l.max)
			}
		}
		for _, text := range []string{m.Display.Description, m.Display.LongDescription, m.Features.AgentView.AgentDescription} {
			if !strings.Contains(text, wrong) {
				t.Errorf("no warning that answers may be wrong: %s", text)
			}
		}
		if n := len(strings.Fields(m.Display.Description)); lang == kb.EN && n > 25 {
			t.Errorf("the overview has %d words", n)
		}
		if n := len(m.Features.AgentView.SuggestedPrompts); n == 0 || n > 4 {
			t.Errorf("%d prompts", n)
		}
		for _, p := range m.Features.AgentView.SuggestedPrompts {
			if p.Title == "" || p.Message == "" || utf8.RuneCountInString(p.Title) > 30 {
				t.Errorf("prompt %+v", p)
			}
		}
	}
	for key, text := range manifestWords {
		if text.ZH == "" || text.EN == "" {
			t.Errorf("%s lacks a language", key)
		}
	}
}

func TestManifestFaults(t *testing.T) {
	for _, tt := range []struct {
		o    ManifestOptions
		want string
	}{
		{ManifestOptions{BaseURL: "http://127.0.0.1:8061"}, "begins with https://"},
		{ManifestOptions{BaseURL: "https://"}, "begins with https://"},
		{ManifestOptions{BaseURL: "https://a:b@example.com"}, "begins with https://"},
		{ManifestOptions{BaseURL: "https://example.com/?x=1"}, "ends before any ?"},
		{ManifestOptions{BaseURL: "://"}, "begins with https://"},
		{ManifestOptions{Name: strings.Repeat("名", 36)}, "has 36 characters"},
		{ManifestOptions{Name: "<!channel>"}, "does not show"},
		{ManifestOptions{Name: "a\nb"}, "does not show"},
	} {
		if _, err := Manifest(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "a:b@") {
			t.Errorf("%+v: %v, want %q", tt.o, err, tt.want)
		}
	}
	if m, _ := manifestOf(t, ManifestOptions{Name: "  " + strings.Repeat("名", 35) + " "}); utf8.RuneCountInString(m.Display.Name) != 35 {
		t.Errorf("the name is %q", m.Display.Name)
	}
}
