package slack

import (
	"fmt"
	"strings"

	"decline61/bot"
)

// Name is the name of this channel in addresses and metrics.
const Name = "slack"

// place is where something is said. Its text form is the Thread of a
// [bot.Address]:
//
//	C1/1700000000.000100      a thread in a channel
//	D1                        a direct message, D1/1700000000.000100 a thread in it
//	C1//U1                    what only U1 sees in C1, C1/1700000000.000100/U1 in a thread of it
type place struct {
	channel string
	thread  string // ts of the message that the thread is under, "" is none
	only    string // who alone sees it, "" is everybody there
}

func parsePlace(thread string) (place, error) {
	parts := strings.Split(thread, "/")
	if len(parts) > 3 || parts[0] == "" {
		return place{}, fmt.Errorf("%q is no place in Slack", thread)
	}
	parts = append(parts, "", "")
	return place{channel: parts[0], thread: parts[1], only: parts[2]}, nil
}

func (p place) String() string {
	s := p.channel
	if p.thread != "" || p.only != "" {
		s += "/" + p.thread
	}
	if p.only != "" {
		s += "/" + p.only
	}
	return s
}

// sound reports whether p can be told by its text form. Slack's ids have no
// slash in them; what has is not from Slack.
func (p place) sound() bool {
	same, err := parsePlace(p.String())
	return err == nil && same == p
}

func (p place) address() bot.Address { return bot.Address{Channel: Name, Thread: p.String()} }

// direct reports whether a channel is a direct message to the bot.
func direct(channel string) bool { return strings.HasPrefix(channel, "D") }
