package aibot

import (
	"encoding/base64"
	"fmt"
	"strings"

	"decline61/bot"
)

// Name is the name of this channel in addresses and metrics.
const Name = "aibot"

// place is where a colleague talks to the bot. Its text form is the Thread of a
// [bot.Address]: the member's id alone, or the group's and the member's with a
// slash between. A group has no threads, so what each member asks there is a
// conversation of its own.
type place struct {
	group string // "" where the member is alone with the bot
	user  string
}

func parsePlace(thread string) (place, error) {
	p := place{user: thread}
	if group, user, ok := strings.Cut(thread, "/"); ok {
		p = place{group: group, user: user}
		if group == "" {
			p.user = ""
		}
	}
	if p.user == "" || strings.Contains(p.user, "/") {
		return place{}, fmt.Errorf("%q is no place of the AI bot", thread)
	}
	return p, nil
}

func (p place) String() string {
	if p.group == "" {
		return p.user
	}
	return p.group + "/" + p.user
}

// sound reports whether p can be told by its text form.
func (p place) sound() bool {
	same, err := parsePlace(p.String())
	return err == nil && same == p
}

func (p place) address() bot.Address { return bot.Address{Channel: Name, Thread: p.String()} }

// chat is what WeCom calls the place, and of which kind it is.
func (p place) chat() (id string, kind int) {
	if p.group != "" {
		return p.group, chatGroup
	}
	return p.user, chatSingle
}

const (
	chatSingle = 1
	chatGroup  = 2
)

// streamOf is the id of the stream that answers a message. It can be read back,
// so that a poll for it can be answered by a bot that was started since.
func streamOf(message string) string {
	return streamPrefix + base64.RawURLEncoding.EncodeToString([]byte(message))
}

// messageOf is the message that a stream answers.
func messageOf(stream string) (message string, ok bool) {
	encoded, ok := strings.CutPrefix(stream, streamPrefix)
	b, err := base64.RawURLEncoding.DecodeString(encoded)
	return string(b), ok && err == nil && len(b) > 0
}

// What the ids of streams begin with: those that answer, and those that only
// say why there is no answer. A message that is sent again after such a one is
// answered by another stream.
const (
	streamPrefix  = "61."
	refusalPrefix = "61x."
)
