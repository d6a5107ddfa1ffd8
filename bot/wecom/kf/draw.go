package kf

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"decline61/bot"
	"decline61/kb"
)

// message is what kf/send_msg and kf/send_msg_on_event take.
type message struct {
	To      string   `json:"touser,omitempty"`
	Account string   `json:"open_kfid,omitempty"`
	Code    string   `json:"code,omitempty"`
	ID      string   `json:"msgid,omitempty"`
	Type    string   `json:"msgtype"`
	Text    *text    `json:"text,omitempty"`
	Menu    *msgMenu `json:"msgmenu,omitempty"`
}

type text struct {
	Content string `json:"content"`
}

type msgMenu struct {
	Head string     `json:"head_content,omitempty"`
	List []menuItem `json:"list"`
	Tail string     `json:"tail_content,omitempty"`
}

type menuItem struct {
	Type  string `json:"type"`
	Click click  `json:"click"`
}

type click struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// WeCom's limits of a menu, in items and bytes.
const (
	mostItems   = 10
	mostClickID = 64
	mostClick   = 128
)

func textMessage(id, content string) message {
	return message{ID: id, Type: "text", Text: &text{content}}
}

func item1(id, content string) menuItem { return menuItem{"click", click{id, content}} }

// draw makes what WeCom shows of o: one message wherever that is possible,
// because a customer's message pays for five. An answer is a menu, whose head
// is the answer and whose tail are its bans; only if the head is longer than
// WeCom allows it is a text, with a menu below if the quota has room for it. An
// agent's words are a text.
func draw(o bot.Outgoing) []message {
	switch {
	case o.Text.String() == welcomeWords || o.Text.String() == menuHead.EN: // whoever asked for the menu
		lang := kb.ZH
		if o.Text.String() == menuHead.EN {
			lang = kb.EN
		}
		m := welcome(lang)
		m.ID = o.Key
		return []message{m}
	case o.Role != bot.Robot || o.Reply == nil:
		return []message{textMessage(o.Key, o.Text.String())}
	}
	r := *o.Reply
	list := items(r, last(o.Answers))
	if len(list) == 0 {
		return []message{textMessage(o.Key, o.Text.String())}
	}
	head, tail := compose(r)
	if len(head) <= maxHead && len(tail) <= maxHead {
		return []message{{ID: o.Key, Type: "msgmenu", Menu: &msgMenu{Head: head, List: list, Tail: tail}}}
	}
	below := message{ID: derive(kindMenu, o.Key), Type: "msgmenu", Menu: &msgMenu{Head: word(r.Lang, "tap"), List: list}}
	return []message{textMessage(o.Key, o.Text.String()), below}
}

func last(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)-1]
}

// compose writes an answer for a menu: the question stands last above its
// answers, the bans below them. Where that is too long, other lines that need
// not stand first go below, too.
func compose(r bot.Reply) (head, tail string) {
	if len(r.Lines) == 0 { // the text had to be cut, or has no parts
		return r.Text, ""
	}
	below := []bot.LineKind{bot.NeverDo, bot.Prepare}
	head, tail = arrange(r, below)
	for _, kind := range []bot.LineKind{bot.ForCustomer, bot.Notice} {
		if len(head) > maxHead {
			below = append(below, kind)
			head, tail = arrange(r, below)
		}
	}
	return head, tail
}

// arrange puts lines of some kinds below the menu.
func arrange(r bot.Reply, below []bot.LineKind) (head, tail string) {
	var top, rest []string
	for _, l := range r.Lines {
		if slices.Contains(below, l.Kind) {
			rest = append(rest, l.Label+l.Text)
		} else {
			top = append(top, l.Label+l.Text)
		}
	}
	top = append(top, steps(r)...)
	if r.Question != nil {
		top = append(top, "", r.Question.Text)
	}
	return strings.Join(top, "\n"), strings.Join(rest, "\n")
}

func steps(r bot.Reply) (lines []string) {
	if len(r.Steps) == 0 {
		return nil
	}
	roles := kb.Roles()
	lines = append(lines, "", word(r.Lang, "steps"))
	for i, s := range r.Steps {
		lines = append(lines, fmt.Sprintf("%d. [%s] %s", i+1, roles[s.Who].In(r.Lang), s.Text))
	}
	return lines
}

// items are what can be tapped below a reply: the answers to its question,
// whether it helped, and a person. Small talk has none.
func items(r bot.Reply, answered string) (list []menuItem) {
	advice := len(r.Steps) > 0
	if !advice && r.Question == nil && r.Decision != bot.Refuse && r.Decision != bot.OutOfScope {
		return nil
	}
	if r.Question != nil {
		for i, o := range r.Question.Options {
			list = append(list, optionItem(r.Question.ID, o, i+1))
		}
	}
	if advice {
		list = append(list, item1(press{kind: pressSolved, lang: r.Lang, message: answered}.id(), word(r.Lang, "solved")),
			item1(press{kind: pressFailing, lang: r.Lang, message: answered}.id(), word(r.Lang, "failing")))
	}
	list = append(list, item1(press{kind: pressHuman, lang: r.Lang}.id(), word(r.Lang, "human")))
	if len(list) > mostItems { // a long list of answers: the person stays in reach
		list = append(list[:mostItems-1], list[len(list)-1])
	}
	return list
}

// optionItem is one answer to a question. One whose label has to be cut says
// its number instead of its label.
func optionItem(question string, o bot.ReplyOption, number int) menuItem {
	label := prefix(o.Label, mostClick)
	id := "e:" + url.QueryEscape(question) + "=" + url.QueryEscape(o.Value)
	if len(id) > mostClickID || label != o.Label {
		id = fmt.Sprint("n:", number)
	}
	return item1(id, label)
}

// press is what the id of a menu item says. Menus stay in chats for months:
// never give an id another meaning.
type press struct {
	kind    string
	lang    kb.Lang
	message string // that the menu's answer was for

	words    string // what tapping it says; "" is what stands on it
	evidence string
	value    string
	helped   string // "yes", "no", or ""
}

// The kinds of items, beside "e:" for an answer, "n:" for its number and "ask:"
// for a question of the welcome menu.
const (
	pressSolved  = "solved"
	pressFailing = "failing"
	pressHuman   = "human"
	pressHours   = "hours"
)

func (p press) id() string {
	id := p.kind + ":" + string(p.lang)
	if p.message != "" && len(id)+1+len(p.message) <= mostClickID {
		id += ":" + p.message
	}
	return id
}

// parsePress reads a menu_id; false is one that is not ours.
func parsePress(id string) (p press, ok bool) {
	kind, rest, _ := strings.Cut(id, ":")
	switch kind {
	case "e":
		question, value, found := strings.Cut(rest, "=")
		q, err := url.QueryUnescape(question)
		v, err2 := url.QueryUnescape(value)
		if !found || err != nil || err2 != nil || q == "" || v == "" {
			return p, false
		}
		if q != bot.ChooseEntry { // which is answered by its words
			p.evidence, p.value = q, v
		}
		return p, true
	case "n":
		if len(rest) != 1 && rest != "10" || rest < "1" || rest > "9" {
			return p, false
		}
		p.words = rest
		return p, true
	case "ask":
		id, lang, _ := strings.Cut(rest, ":")
		q, ok := questions[id]
		if kb.Lang(lang) == kb.EN {
			p.lang = kb.EN
		}
		p.words = q.In(p.lang)
		return p, ok
	case pressHours:
		p.words = pressHours
		if kb.Lang(rest) == kb.EN {
			p.lang = kb.EN
		}
		return p, true
	case pressSolved, pressFailing, pressHuman:
	default:
		return p, false
	}
	lang, message, _ := strings.Cut(rest, ":")
	if kb.Lang(lang) == kb.EN {
		p.lang = kb.EN
	}
	p.words, p.message = word(p.lang, kind), message
	p.helped = map[string]string{pressSolved: "yes", pressFailing: "no"}[kind]
	return p, true
}

// prefix gives the first bytes of s, at most n, without half a character.
func prefix(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
