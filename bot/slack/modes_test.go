package slack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseModes(t *testing.T) {
	m, err := ParseModes(" C0123=all, C0456=draft，G0789 = internal+mention,C1=Ephemeral, C2=internal,C3=draft+internal , ")
	if err != nil {
		t.Fatal(err)
	}
	for channel, want := range map[string]Mode{
		"C0123": {Speak: All},
		"C0456": {Speak: Draft},
		"G0789": {Internal: true},
		"C1":    {Speak: Ephemeral},
		"C2":    {Internal: true},
		"C3":    {Speak: Draft, Internal: true},
		"C9":    {}, // not named: only when it is mentioned
		"D0123": {Speak: All},
	} {
		if got := m.Of(channel); got != want {
			t.Errorf("%s is at %+v, want %+v", channel, got, want)
		}
	}
	if d := cmp.Diff([]string{"C0123", "C0456", "C1", "C2", "C3", "G0789"}, m.Channels()); d != "" {
		t.Error(d)
	}
}

// TestParseModesOthers: * is every channel that is not named, and never a
// direct message, where a merchant would get what is for the provider's people.
func TestParseModesOthers(t *testing.T) {
	m, err := ParseModes("*=draft, C1=mention")
	if err != nil {
		t.Fatal(err)
	}
	for channel, want := range map[string]Mode{
		"C1": {}, "C2": {Speak: Draft}, "D1": {Speak: All},
	} {
		if got := m.Of(channel); got != want {
			t.Errorf("%s is at %+v, want %+v", channel, got, want)
		}
	}
	if !m.Drafts() || !m.Listens() || len(m.Channels()) != 1 {
		t.Errorf("drafts %t, listens %t, channels %v", m.Drafts(), m.Listens(), m.Channels())
	}
}

// TestInternalByName: what is meant for the provider's people is not shown
// wherever somebody invites the bot to.
func TestInternalByName(t *testing.T) {
	if _, err := ParseModes("*=internal"); err == nil || !strings.Contains(err.Error(), "name the channels") {
		t.Errorf("*=internal gives %v", err)
	}
}

func TestModesNeeds(t *testing.T) {
	for _, tt := range []struct {
		text            string
		drafts, listens bool
	}{
		{"", false, false},
		{"C1=mention, C2=ephemeral", false, false},
		{"C1=all", false, true},
		{"C1=draft", true, true},
		{"*=all", false, true},
	} {
		m, err := ParseModes(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if m.Drafts() != tt.drafts || m.Listens() != tt.listens {
			t.Errorf("%q: drafts %t, listens %t", tt.text, m.Drafts(), m.Listens())
		}
	}
	var zero Modes
	if zero.Of("C1") != (Mode{}) || zero.Listens() || len(zero.Channels()) != 0 {
		t.Error("the zero Modes is not all at mention")
	}
}

// TestParseModesFaults: each fault says what is wrong and what to write, and all
// of them are told at once.
func TestParseModesFaults(t *testing.T) {
	for text, want := range map[string]string{
		"C1":                  `"C1" has no mode: write for example C0123456789=all`,
		"C1=":                 `"C1=" has no mode`,
		"C1=loud":             `"C1=loud" has the unknown mode "loud": use mention, all, draft or ephemeral`,
		"C1=all+":             `the unknown mode ""`,
		"C1=all+draft":        `"C1=all+draft" says both all and draft: keep one`,
		"C1=all, C1=draft":    `"C1=draft" names C1 a second time`,
		"*=all, *=mention":    `"*=mention" names * a second time`,
		"#support=all":        `"#support" is no channel id: copy it`,
		"c0123=all":           `"c0123" is no channel id`,
		"D0123=all":           `"D0123" is no channel id`,
		"=all":                `"" is no channel id`,
		"C1=all C2=all":       `unknown mode`,
		"C1=loud, C2, C3=all": "\n",
	} {
		_, err := ParseModes(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestParseAgents(t *testing.T) {
	agents, err := ParseAgents(" U01, W02，U03,")
	if d := cmp.Diff([]string{"U01", "W02", "U03"}, agents); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	if agents, err := ParseAgents(""); err != nil || len(agents) != 0 {
		t.Errorf("nobody: %v, %v", agents, err)
	}
	for text, want := range map[string]string{
		"@ann":     `"@ann" is no member id: copy it from the menu`,
		"C01":      `"C01" is no member id`,
		"U01, U01": `"U01" stands there twice`,
		"U01 U02":  `"U01 U02" is no member id`,
	} {
		if _, err := ParseAgents(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestSpeakString(t *testing.T) {
	for s, want := range map[Speak]string{Mention: "mention", Draft: "draft", Ephemeral: "ephemeral", 9: "speak 9"} {
		if s.String() != want {
			t.Errorf("%d is %q", int(s), s)
		}
	}
}
