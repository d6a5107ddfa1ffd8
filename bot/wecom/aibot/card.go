package aibot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"decline61/bot"
	"decline61/kb"
)

// card is a template card of the kind button_interaction.
type card struct {
	Type    string    `json:"card_type"`
	Title   cardTitle `json:"main_title"`
	Sub     string    `json:"sub_title_text,omitempty"`
	Buttons []button  `json:"button_list"`
	Task    string    `json:"task_id"`
}

type cardTitle struct {
	Title string `json:"title"`
}

type button struct {
	Text  string `json:"text"`
	Style int    `json:"style"` // 1 blue, 2 grey
	Key   string `json:"key"`
}

// WeCom's limits of a card, in characters but for the key.
const (
	mostTitle   = 36
	mostSub     = 112
	mostLabel   = 20
	mostButtons = 6
	mostKey     = 1024 // bytes
)

// stamp is what a button carries: to which conversation it belongs, and what it
// says. WeCom gives it back as it was, perhaps days later: never give a field
// another meaning.
type stamp struct {
	Thread string  `json:"t"`
	Lang   kb.Lang `json:"l,omitempty"`
	Says   string  `json:"s"`
	ID     string  `json:"i,omitempty"` // of an evidence
	Value  string  `json:"v,omitempty"` // of it
}

func stampOf(key string) stamp {
	var s stamp
	_ = json.Unmarshal([]byte(key), &s) // a button of another version says nothing
	return s
}

// cardOf is the card below a reply: the answers to its question, or whether it
// has helped; and from the first message on the way to a person. It is nil
// where there is nothing to press.
func cardOf(r bot.Reply, o bot.Outgoing) *card {
	c := &card{Type: "button_interaction", Task: "c-" + o.Key, Title: cardTitle{word(r.Lang, "card answer")}}
	add := func(says string, style int, s stamp) {
		s.Thread, s.Lang, s.Says = o.To.Thread, r.Lang, says
		key, _ := json.Marshal(s) // strings only
		if len(key) <= mostKey {
			c.Buttons = append(c.Buttons, button{clip(says, mostLabel), style, string(key)})
		}
	}
	if r.Question != nil {
		c.Title.Title, c.Sub = word(r.Lang, "card title"), clip(r.Question.Text, mostSub)
		for _, option := range r.Question.Options {
			if len(c.Buttons) == mostButtons-1 {
				break
			}
			s := stamp{ID: r.Question.ID, Value: option.Value}
			if r.Question.ID == bot.ChooseEntry {
				s = stamp{}
			}
			add(option.Label, 1, s)
		}
	} else if r.Decision == bot.Answered {
		add(word(r.Lang, "solved"), 1, stamp{})
		add(word(r.Lang, "failing"), 2, stamp{})
	}
	if r.Decision != bot.Handoff {
		add(word(r.Lang, "human"), 2, stamp{})
	}
	if len(c.Buttons) == 0 || r.Question == nil && r.Decision != bot.Answered {
		return nil
	}
	return c
}

// pressed is what a card becomes once one of its buttons is pressed: it says
// which, and nothing else can be pressed.
func pressed(task string, lang kb.Lang, title, sub string) *card {
	return &card{
		Type: "button_interaction", Task: task, Title: cardTitle{clip(title, mostTitle)}, Sub: clip(sub, mostSub),
		Buttons: []button{{clip(title, mostLabel), 2, "{}"}},
	}
}

// pressID is the id of the message that a press is. The same button of the same
// card counts once, however often it is pressed or told.
func pressID(task, key string) string {
	sum := sha256.Sum256([]byte(task + "\x00" + key))
	return "press:" + hex.EncodeToString(sum[:12])
}

// clip shortens s to n characters.
func clip(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}

func chose(lang kb.Lang, what string) string { return fmt.Sprintf(word(lang, "chose"), what) }
