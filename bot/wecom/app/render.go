package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"decline61/bot"
	"decline61/kb"
)

// words are what o says, in plain text, because WeChat shows an app's markdown
// as "暂不支持此消息类型"; with as much of the brief below as there is room for.
func (c *Channel) words(o bot.Outgoing) string {
	said := fitting(plain(o.Text.String())) // wide signs make it longer
	if o.Reply == nil {
		return said
	}
	brief, err := c.config.Bot.Brief(*o.Reply)
	if err != nil {
		c.log.Warn("wecom app: a reply is shown without its brief", "error", err)
		return said
	}
	lines := briefLines(brief, o.Reply.Lang)
	for i, l := range lines {
		if len(said)+len(l)+1 > maxText || i == 0 && len(lines) > 1 && len(said)+len(l)+len(lines[1])+2 > maxText {
			break
		}
		said += "\n" + l
	}
	return said
}

// briefLines are for people who know the field, most needed first.
func briefLines(b bot.Brief, lang kb.Lang) []string {
	if len(b.Causes) == 0 {
		return nil
	}
	lines := []string{"—— " + word(lang, "brief")}
	for _, c := range b.Causes {
		l := fmt.Sprintf("· %s (%s) %.0f%%", c.Title, c.ID, 100*c.Probability)
		if len(c.For) > 0 {
			l += " " + word(lang, "for") + strings.Join(c.For, "、")
		}
		if len(c.Against) > 0 {
			l += " " + word(lang, "against") + strings.Join(c.Against, "、")
		}
		lines = append(lines, plain(l))
	}
	for _, a := range b.Ask {
		lines = append(lines, plain(word(lang, "ask next")+a))
	}
	for _, n := range b.Neighbours {
		lines = append(lines, plain("≠ "+n.Meaning))
	}
	return lines
}

// plain keeps WeCom from reading a link out of a text: <a href> is all the
// markup that it knows in one.
func plain(s string) string { return strings.NewReplacer("<", "＜", ">", "＞", "\r", "").Replace(s) }

// fitting cuts what is too long for one text.
func fitting(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText - len("…")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// card is a template card of the kind button_interaction.
type card struct {
	Type    string    `json:"card_type"`
	Title   cardTitle `json:"main_title"`
	Sub     string    `json:"sub_title_text,omitempty"`
	Rows    []row     `json:"horizontal_content_list,omitempty"`
	Buttons []button  `json:"button_list"`
	Task    string    `json:"task_id"`
}

type cardTitle struct {
	Title string `json:"title"`
}

type row struct {
	Label string `json:"keyname"`
	Value string `json:"value"`
}

type button struct {
	Text  string `json:"text"`
	Style int    `json:"style"` // 1 blue, 2 grey
	Key   string `json:"key"`
}

const cardType = "button_interaction"

// WeCom's limits of a card, in characters but for the key.
const (
	mostTitle    = 36
	mostSub      = 160
	mostRows     = 6
	mostRowKey   = 5
	mostRowValue = 30
	mostLabel    = 10
	mostButtons  = 6
	mostKey      = 1024 // bytes
)

// stamp is what a button below an answer carries, and WeCom gives back, perhaps
// days later: never give a field another meaning.
type stamp struct {
	Lang  kb.Lang `json:"l,omitempty"`
	Says  string  `json:"s"`
	ID    string  `json:"i,omitempty"` // of an evidence
	Value string  `json:"v,omitempty"` // of it
}

func stampOf(key string) stamp {
	var s stamp
	_ = json.Unmarshal([]byte(key), &s) // a button of another version says nothing
	return s
}

// cardOf is the card below an answer: the answers to its question, or whether it
// has helped; and the way to a person. It is nil where there is nothing to press.
func cardOf(o bot.Outgoing) *card {
	r := o.Reply
	if r == nil || r.Question == nil && r.Decision != bot.Answered {
		return nil
	}
	c := &card{Type: cardType, Task: "c-" + o.Key, Title: cardTitle{word(r.Lang, "card answer")}}
	add := func(says string, style int, s stamp) {
		s.Lang, s.Says = r.Lang, says
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
	} else {
		add(word(r.Lang, "solved"), 1, stamp{})
		add(word(r.Lang, "failing"), 2, stamp{})
	}
	if r.Decision != bot.Handoff {
		add(word(r.Lang, "human"), 2, stamp{})
	}
	if len(c.Buttons) == 0 {
		return nil
	}
	return c
}

// starters is a card of questions to begin with.
func starters(lang kb.Lang, key string) *card {
	c := &card{Type: cardType, Task: "w-" + strings.TrimPrefix(key, "event:"), Title: cardTitle{word(lang, "card title")}}
	for i, says := range []string{"starter 61", "starter cards", "starter charged", "human"} {
		stamp, _ := json.Marshal(stamp{Lang: lang, Says: word(lang, says)}) // strings only
		c.Buttons = append(c.Buttons, button{clip(word(lang, says), mostLabel), 1 + i/3, string(stamp)})
	}
	return c
}

// pressID is the id of the message that a press is: the same button of the same
// card counts once.
func pressID(task, key string) string {
	sum := sha256.Sum256([]byte(task + "\x00" + key))
	return "press:" + hex.EncodeToString(sum[:12])
}

func chose(s stamp) string { return fmt.Sprintf(word(s.Lang, "chose"), s.Says) }

// clip shortens s to n characters.
func clip(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}
