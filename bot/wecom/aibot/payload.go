package aibot

import (
	"encoding/json"
	"errors"
	"strings"
)

// payload is a message, an event or a poll as WeCom tells it, by either way:
// the fields that we read.
type payload struct {
	ID       string `json:"msgid"`
	Chat     string `json:"chatid"`
	ChatType string `json:"chattype"`
	From     struct {
		User string `json:"userid"`
	} `json:"from"`
	ResponseURL string `json:"response_url"`
	Created     int64  `json:"create_time"`
	Type        string `json:"msgtype"`
	said
	Quote  *said `json:"quote"`
	Stream struct {
		ID string `json:"id"`
	} `json:"stream"`
	Event event `json:"event"`
}

// said is what somebody says: in the message itself, and in one that is quoted.
type said struct {
	Text  content `json:"text"`
	Voice content `json:"voice"` // in WeCom's words
	Mixed struct {
		Items []struct {
			Type string  `json:"msgtype"`
			Text content `json:"text"`
		} `json:"msg_item"`
	} `json:"mixed"`
}

type content struct {
	Content string `json:"content"`
}

// event is something that happened.
type event struct {
	Type  string `json:"eventtype"`
	Press struct {
		Key  string `json:"event_key"`
		Task string `json:"task_id"`
	} `json:"template_card_event"`
	Feedback struct {
		ID   string `json:"id"`
		Type int    `json:"type"` // 1 good, 2 bad, 3 taken back
	} `json:"feedback_event"`
}

// The events.
const (
	eventEnter        = "enter_chat"
	eventPress        = "template_card_event"
	eventFeedback     = "feedback_event"
	eventDisconnected = "disconnected_event"
)

// decode reads a payload. A field of an unexpected type does not cost the words
// that stand beside it.
func decode(plain []byte) (payload, error) {
	var p payload
	err := json.Unmarshal(plain, &p)
	var odd *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &odd) {
		return payload{}, errors.New("it is no JSON")
	}
	if p.Type == "" {
		return payload{}, errors.New("it has no msgtype")
	}
	return p, nil
}

// place is where it was said.
func (p payload) place() place {
	at := place{user: p.From.User}
	if p.ChatType == "group" {
		at.group = p.Chat
	}
	return at
}

// words are what is said in p, and refusal, unless it is "", which sentence to
// answer with because nothing can be read. name is how the bot is called in
// groups.
func (p payload) words(name string) (words, refusal string) {
	words = p.said.words()
	if p.ChatType == "group" {
		words = unaddressed(words, name)
	}
	if words == "" && p.Quote == nil {
		switch p.Type {
		case "text": // somebody who only calls the bot
		case "image", "mixed":
			return "", "image"
		case "file", "video":
			return "", "file"
		case "voice":
			return "", "voice"
		default:
			return "", "other"
		}
	}
	if p.Quote != nil {
		if quoted := p.Quote.words(); quoted != "" && !ours(quoted) {
			words = strings.TrimSpace(quoted + "\n" + words)
		}
	}
	return words, ""
}

func (s said) words() string {
	all := []string{s.Text.Content, s.Voice.Content}
	for _, item := range s.Mixed.Items {
		all = append(all, item.Text.Content)
	}
	var lines []string
	for _, t := range all {
		if t = strings.TrimSpace(t); t != "" {
			lines = append(lines, t)
		}
	}
	return strings.Join(lines, "\n")
}

// unaddressed takes "@name " off the front. Where the name is not known it ends
// with the first blank.
func unaddressed(words, name string) string {
	rest, called := strings.CutPrefix(words, "@")
	if !called {
		return words
	}
	if after, ok := strings.CutPrefix(rest, name); ok && name != "" {
		return strings.TrimSpace(after)
	}
	if i := strings.IndexAny(rest, " \t\n\u2005\u3000"); i >= 0 {
		return strings.TrimSpace(rest[i:])
	}
	return ""
}
