package slack

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Speak is how the bot takes part in a channel.
type Speak int

// The ways to take part. In all of them a mention is answered.
const (
	Mention   Speak = iota // answers when it is mentioned, and then in that thread
	All                    // answers every question that it can answer
	Draft                  // as All, but its answers go to the agents, who send them or do not
	Ephemeral              // answers when it is mentioned, for the asker's eyes only
)

var speakWords = [...]string{"mention", "all", "draft", "ephemeral"}

func (s Speak) String() string {
	if s >= 0 && int(s) < len(speakWords) {
		return speakWords[s]
	}
	return fmt.Sprintf("speak %d", int(s))
}

// Mode is how one channel is treated.
type Mode struct {
	Speak    Speak
	Internal bool // the provider's own people are here and nobody else: they get the fuller answer
}

// Modes are the channels' modes. The zero Modes has every channel at Mention.
type Modes struct {
	channels map[string]Mode
	others   Mode // of the channels that are not named
}

// Of is the mode of a channel. A direct message is always for the bot, and
// whoever writes it may be a merchant, whatever the channels are set to.
func (m Modes) Of(channel string) Mode {
	if strings.HasPrefix(channel, "D") {
		return Mode{Speak: All}
	}
	if mode, ok := m.channels[channel]; ok {
		return mode
	}
	return m.others
}

// Channels are the channels that are named, in order.
func (m Modes) Channels() []string { return slices.Sorted(maps.Keys(m.channels)) }

// Drafts reports whether some channel is at Draft, which takes agents.
func (m Modes) Drafts() bool { return m.has(Draft) }

// Listens reports whether some channel is to be answered without a mention,
// which takes the permission to read it.
func (m Modes) Listens() bool { return m.has(All) || m.has(Draft) }

func (m Modes) has(s Speak) bool {
	if m.others.Speak == s {
		return true
	}
	for _, mode := range m.channels {
		if mode.Speak == s {
			return true
		}
	}
	return false
}

// ChannelID is the form of a channel's id. A name, such as #support, is none:
// Slack's events have ids only, and a channel can be renamed.
var ChannelID = regexp.MustCompile(`^[CG][A-Z0-9]+$`)

var memberID = regexp.MustCompile(`^[UW][A-Z0-9]+$`)

const modesExample = "write for example C0123456789=all, C0456789012=draft, C0789012345=internal+mention, *=mention"

// ParseModes reads SLACK_CHANNELS: pairs like C0123456789=all, with commas
// between them. A mode is mention, all, draft or ephemeral, or internal, or two
// of them with a plus. The channel * stands for those that are not named. Its
// error has one line for each thing that is wrong.
func ParseModes(s string) (Modes, error) {
	m := Modes{channels: map[string]Mode{}}
	others := false
	var faults []error
	for pair := range commaList(s) {
		channel, words, ok := strings.Cut(pair, "=")
		channel, words = strings.TrimSpace(channel), strings.TrimSpace(words)
		if !ok || words == "" {
			faults = append(faults, fmt.Errorf("%q has no mode: %s", pair, modesExample))
			continue
		}
		mode, err := parseMode(words)
		_, named := m.channels[channel]
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%q %w", pair, err))
		case named || channel == "*" && others:
			faults = append(faults, fmt.Errorf("%q names %s a second time: keep one", pair, channel))
		case channel == "*" && mode.Internal:
			faults = append(faults, fmt.Errorf("%q would show what is meant for your own people in every channel that the bot is invited to: name the channels that are internal", pair))
		case channel == "*":
			m.others, others = mode, true
		case !ChannelID.MatchString(channel):
			faults = append(faults, fmt.Errorf("%q: %q is no channel id: copy it from the end of the channel's details, it begins with C; %s", pair, channel, modesExample))
		default:
			m.channels[channel] = mode
		}
	}
	return m, errors.Join(faults...)
}

// parseMode reads one mode, such as internal+all.
func parseMode(words string) (Mode, error) {
	var m Mode
	spoken := ""
	for word := range strings.SplitSeq(words, "+") {
		word = strings.ToLower(strings.TrimSpace(word))
		if word == "internal" {
			m.Internal = true
			continue
		}
		i := slices.Index(speakWords[:], word)
		switch {
		case i < 0:
			return Mode{}, fmt.Errorf("has the unknown mode %q: use mention, all, draft or ephemeral, and internal or not; %s", word, modesExample)
		case spoken != "":
			return Mode{}, fmt.Errorf("says both %s and %s: keep one", spoken, word)
		}
		m.Speak, spoken = Speak(i), word
	}
	return m, nil
}

// ParseAgents reads SLACK_AGENTS: the member ids of those who get drafts, with
// commas between them. Its error has one line for each thing that is wrong.
func ParseAgents(s string) ([]string, error) {
	var agents []string
	var faults []error
	for id := range commaList(s) {
		switch {
		case !memberID.MatchString(id):
			faults = append(faults, fmt.Errorf("%q is no member id: copy it from the menu of the person's profile, it begins with U or W; write for example U0123456789, U0456789012", id))
		case slices.Contains(agents, id):
			faults = append(faults, fmt.Errorf("%q stands there twice: keep one", id))
		default:
			agents = append(agents, id)
		}
	}
	return agents, errors.Join(faults...)
}

// commaList yields what stands between commas, Chinese ones too.
func commaList(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == '，' }) {
			if part = strings.TrimSpace(part); part != "" && !yield(part) {
				return
			}
		}
	}
}
