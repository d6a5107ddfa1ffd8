package wecomtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Who says something.
const (
	Customer  = "customer"
	Servicer  = "servicer"  // a person who serves customers
	Colleague = "colleague" // a member who writes to the app or to the AI bot
	Bot       = "bot"
	System    = "system" // what happened: a session begun, transferred, ended
)

// Said is one entry of the transcript: what somebody sees in a conversation.
type Said struct {
	// Conversation is kf/<account>/<customer>, app/<member>, bot/<member or
	// chat>, or webhook.
	Conversation string          `json:"conversation"`
	ID           string          `json:"id,omitempty"` // msgid, or id of the stream
	From         string          `json:"from"`
	Who          string          `json:"who,omitempty"` // member or customer; of a stream, whose question it answers
	Type         string          `json:"type"`          // msgtype
	Text         string          `json:"text"`          // as a person reads it
	Body         json.RawMessage `json:"body,omitempty"`
	Via          string          `json:"via,omitempty"`      // of the bot: the request that said it
	Answers      string          `json:"answers,omitempty"`  // of a stream: msgid of the question
	Finished     bool            `json:"finished,omitempty"` // of a stream
	Dropped      string          `json:"dropped,omitempty"`  // why nobody sees it although WeCom said ok
	Recalled     bool            `json:"recalled,omitempty"`
	At           time.Time       `json:"at"`
}

// say adds to the transcript. The caller holds mu.
func (w *WeCom) say(s Said) *Said {
	s.At = w.now()
	w.transcript = append(w.transcript, s)
	w.touch()
	return &w.transcript[len(w.transcript)-1]
}

// Transcript is all that was said and that happened in a conversation, or in
// all under "", oldest first.
func (w *WeCom) Transcript(conversation string) []Said {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Said
	for _, s := range w.transcript {
		if conversation == "" || s.Conversation == conversation {
			all = append(all, s)
		}
	}
	return all
}

// Sent is what of that the bot said and people see; of streams, as far as they
// have come.
func (w *WeCom) Sent(conversation string) []Said {
	return slices.DeleteFunc(w.Transcript(conversation), func(s Said) bool { return s.From != Bot || s.Dropped != "" })
}

// visible is what of a stream's content a person reads: thoughts are folded.
func visible(content string) string {
	for {
		before, rest, found := strings.Cut(content, "<think>")
		if !found {
			return strings.TrimSpace(content)
		}
		_, after, _ := strings.Cut(rest, "</think>")
		content = before + after
	}
}

// textOf gathers what a message of any type shows.
func textOf(body object) string {
	var parts []string
	add := func(v any, keys ...string) {
		m, _ := v.(object)
		for _, k := range keys {
			if s, ok := m[k].(string); ok && s != "" {
				parts = append(parts, s)
			}
		}
	}
	kind, _ := body["msgtype"].(string)
	content, _ := body[kind].(object)
	add(content, "content", "head_content", "title", "desc", "description", "name", "address")
	items, _ := content["list"].([]any)
	for _, item := range items {
		m, _ := item.(object)
		t, _ := m["type"].(string)
		add(m[t], "content")
	}
	add(content, "tail_content")
	add(content["main_title"], "title", "desc")
	add(content, "sub_title_text")
	rows, _ := content["horizontal_content_list"].([]any)
	for _, row := range rows {
		m, _ := row.(object)
		key, _ := m["keyname"].(string)
		value, _ := m["value"].(string)
		parts = append(parts, key+" "+value)
	}
	buttons, _ := content["button_list"].([]any)
	for _, b := range buttons {
		add(b, "text")
	}
	articles, _ := content["articles"].([]any)
	for _, a := range articles {
		add(a, "title", "description")
	}
	return strings.Join(parts, "\n")
}
