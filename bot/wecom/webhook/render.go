package webhook

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of one message, in bytes unless they say otherwise.
const (
	maxText     = 2048
	maxMarkdown = 4096
	maxTitle    = 200
	maxValue    = 200
	maxFacts    = 6 // of a card
)

// message is what WeCom takes.
type message struct {
	Type     string    `json:"msgtype"`
	Text     *text     `json:"text,omitempty"`
	Markdown *markdown `json:"markdown,omitempty"`
	Card     *card     `json:"template_card,omitempty"`
}

type text struct {
	Content  string   `json:"content"`
	Mentions []string `json:"mentioned_list,omitempty"`
}

type markdown struct {
	Content string `json:"content"`
}

type card struct {
	Type   string     `json:"card_type"`
	Title  heading    `json:"main_title"`
	Text   string     `json:"sub_title_text,omitempty"`
	Facts  []cardFact `json:"horizontal_content_list,omitempty"`
	Action action     `json:"card_action"`
}

type heading struct {
	Title string `json:"title"`
}

type cardFact struct {
	Label string `json:"keyname"`
	Value string `json:"value"`
}

type action struct {
	Type int    `json:"type"` // 1: open URL
	URL  string `json:"url"`
}

// compose makes one message of as many notices as fit, at least of the first,
// and says of how many. Only text can alert everybody, so in between others who
// asks for that waits for a message of its own.
func compose(notices []Notice) (m message, n int) {
	first := notices[0]
	if len(notices) == 1 && first.Form == Card && first.URL != "" {
		return message{Type: "template_card", Card: first.card()}, 1
	}
	if first.alertsAll() || !slices.ContainsFunc(notices, func(n Notice) bool { return n.Form != Text }) {
		content, n := together(notices, maxText, Notice.plain)
		return message{Type: "text", Text: &text{content, mentions(notices[:n])}}, n
	}
	if i := slices.IndexFunc(notices, Notice.alertsAll); i > 0 {
		notices = notices[:i]
	}
	content, n := together(notices, maxMarkdown, Notice.markdown)
	return message{Type: "markdown", Markdown: &markdown{content}}, n
}

func (n Notice) alertsAll() bool { return slices.Contains(n.Mentions, Everybody) }

// together puts notices below each other as long as they fit into limit.
func together(notices []Notice, limit int, render func(Notice, int) string) (content string, n int) {
	for i, notice := range notices {
		next := render(notice, limit)
		if i > 0 {
			next = content + "\n\n" + next
		}
		if i > 0 && len(next) > limit {
			break
		}
		content, n = next, i+1
	}
	return content, n
}

func mentions(notices []Notice) (all []string) {
	for _, notice := range notices {
		all = append(all, notice.Mentions...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// plain is the notice as text. Whom it mentions is told beside it.
func (n Notice) plain(limit int) string {
	harmless := strings.NewReplacer("<@", "＜@").Replace
	var after []string
	for _, f := range n.facts() {
		after = append(after, f.Label+"："+harmless(f.Value))
	}
	if n.URL != "" {
		after = append(after, n.URL)
	}
	return lines(limit, harmless(n.title()), harmless(n.Text.String()), after)
}

// markdown is the notice in WeCom's small markdown.
func (n Notice) markdown(limit int) string {
	title := harmless(n.title())
	if title != "" {
		title = "**" + title + "**"
	}
	var after []string
	for _, f := range n.facts() {
		after = append(after, harmless(f.Label)+`：<font color="comment">`+harmless(f.Value)+"</font>")
	}
	if n.URL != "" {
		after = append(after, "[详情]("+strings.ReplaceAll(n.URL, ")", "%29")+")")
	}
	var alerts strings.Builder
	for _, id := range n.Mentions {
		if id != Everybody {
			alerts.WriteString("<@" + id + ">")
		}
	}
	if alerts.Len() > 0 {
		after = append(after, alerts.String())
	}
	return lines(limit, title, harmless(n.Text.String()), after)
}

func (n Notice) card() *card {
	c := &card{
		Type: "text_notice", Title: heading{n.title()},
		Text: cut(n.Text.String(), maxText), Action: action{1, n.URL},
	}
	for _, f := range n.facts() {
		c.Facts = append(c.Facts, cardFact(f))
	}
	return c
}

func (n Notice) title() string { return cut(oneLine(n.Title.String()), maxTitle) }

type shortFact struct{ Label, Value string }

// facts are those that are shown.
func (n Notice) facts() (fs []shortFact) {
	for _, f := range n.Facts[:min(len(n.Facts), maxFacts)] {
		fs = append(fs, shortFact{f.Label, cut(oneLine(f.Value.String()), maxValue)})
	}
	return fs
}

// lines puts the parts of a notice below each other. The text gives way where
// they are too long.
func lines(limit int, title, text string, after []string) string {
	room := limit - len(title) - 1
	for _, l := range after {
		room -= len(l) + 1
	}
	all := append([]string{title, cut(text, room)}, after...)
	return cut(strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "\n"), limit)
}

// harmless takes their meaning from the characters that WeCom's markdown knows,
// which has no way to escape them: words of a merchant that call everybody, or
// lead somewhere, must not do so.
func harmless(s string) string {
	s = markup.Replace(s)
	ls := strings.Split(s, "\n")
	for i, l := range ls {
		if t := strings.TrimLeft(l, " \t"); strings.HasPrefix(t, "#") {
			ls[i] = "＃" + t[1:]
		}
	}
	return strings.Join(ls, "\n")
}

var markup = strings.NewReplacer("<", "＜", ">", "＞", "[", "［", "]", "］", "*", "＊", "`", "｀")

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut shortens s to n bytes, between characters.
func cut(s string, n int) string {
	const more = "…"
	if len(s) <= n {
		return s
	}
	n -= len(more)
	if n < 0 {
		return ""
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + more
}
