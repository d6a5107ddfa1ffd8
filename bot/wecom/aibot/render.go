package aibot

import (
	"fmt"
	"strings"

	"decline61/bot"
	"decline61/kb"
	"decline61/kb/text"
)

// Limits of what is shown, in bytes.
const (
	mostContent = 20_480 // of a stream or a markdown message, WeCom's
	mostBefore  = 512    // of what may be said before an answer that is pushed
	maxText     = 6_000  // of one outgoing text: each of its bytes may become three
)

// shown is an outgoing message as colleagues see it.
type shown struct {
	content string // markdown
	card    *card  // below it, nil is none
	lang    kb.Lang
}

// picture draws an outgoing message. What people wrote and what the knowledge
// base says is plain text in it, whatever signs it has.
func (c *Channel) picture(o bot.Outgoing) shown {
	words := plain(o.Text.String())
	switch {
	case o.Role == bot.Agent:
		return shown{content: words + "\n\n" + foot(word(langOf(o.Text.String()), "agent")), lang: langOf(o.Text.String())}
	case o.Reply == nil:
		by := "robot" // one part of a long answer
		if len(o.Answers) > 0 && strings.HasPrefix(o.Answers[0], "draft:") {
			by = "approved" // words that a person lets the bot say
		}
		lang := langOf(o.Text.String())
		return shown{content: words + "\n\n" + foot(word(lang, by)), lang: lang}
	}
	s := c.reply(*o.Reply, words)
	s.card = cardOf(*o.Reply, o)
	return s
}

// reply draws a reply with what colleagues want to know beside it. Should that
// be more than fits, the brief is left out rather than anything cut.
func (c *Channel) reply(r bot.Reply, words string) shown {
	brief, err := c.bot.Brief(r)
	if err != nil {
		c.log.Warn("aibot: a reply is shown without its brief", "error", err)
	}
	answer := words
	if len(r.Lines) > 0 {
		answer = lines(r)
	}
	if r.Question != nil {
		answer += "\n\n" + questionText(*r.Question)
	}
	end := "\n\n" + foot(source(r, brief))
	content := answer + briefText(brief, r.Lang) + end
	if len(content) > mostContent-mostBefore {
		content = answer + end
	}
	return shown{content: content, lang: r.Lang}
}

// lines are what a reply says, with the steps where they belong.
func lines(r bot.Reply) string {
	var b strings.Builder
	told := len(r.Steps) == 0
	steps := func() {
		if told {
			return
		}
		told = true
		roles := kb.Roles()
		fmt.Fprintf(&b, "**%s**\n", word(r.Lang, "steps"))
		for i, s := range r.Steps {
			fmt.Fprintf(&b, "%d. **【%s】** %s %s\n", i+1, roles[s.Who].In(r.Lang), plain(s.Text), inCode(s.ID))
		}
		b.WriteByte('\n')
	}
	for _, l := range r.Lines {
		if l.Kind == bot.NeverDo || l.Kind == bot.Prepare {
			steps()
		}
		if label := strings.TrimSpace(l.Label); label != "" {
			fmt.Fprintf(&b, "**%s** ", plain(label))
		}
		b.WriteString(plain(l.Text) + "\n\n")
	}
	steps()
	return strings.TrimSpace(b.String())
}

// questionText is the question with its answers, by number as the bot takes
// them, because not every place has buttons.
func questionText(q bot.ReplyQuestion) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**", plain(q.Text))
	for i, o := range q.Options {
		fmt.Fprintf(&b, "\n%d. %s", i+1, plain(o.Label))
	}
	return b.String()
}

// briefText is for people who know the field: why the bot thinks so, what to
// ask next, and which codes are taken for this one.
func briefText(b bot.Brief, lang kb.Lang) string {
	if len(b.Causes) == 0 && len(b.Neighbours) == 0 {
		return ""
	}
	var s strings.Builder
	s.WriteString("\n\n---")
	if len(b.Causes) > 0 {
		fmt.Fprintf(&s, "\n**%s**", word(lang, "brief"))
	}
	for _, c := range b.Causes {
		fmt.Fprintf(&s, "\n- %s %s %.0f%%", plain(c.Title), inCode(c.ID), 100*c.Probability)
		if len(c.For) > 0 {
			s.WriteString(" · " + word(lang, "for") + plain(strings.Join(c.For, "、")))
		}
		if len(c.Against) > 0 {
			s.WriteString(" · " + word(lang, "against") + plain(strings.Join(c.Against, "、")))
		}
	}
	if len(b.Ask) > 0 {
		fmt.Fprintf(&s, "\n\n**%s**", word(lang, "ask next"))
	}
	for _, a := range b.Ask {
		s.WriteString("\n- " + plain(a))
	}
	if len(b.Neighbours) > 0 {
		fmt.Fprintf(&s, "\n\n**%s**", word(lang, "neighbours"))
	}
	for _, n := range b.Neighbours {
		s.WriteString("\n- " + plain(n.Meaning)) // begins with the code
	}
	return s.String()
}

// source says where an answer comes from, and that a machine gave it.
func source(r bot.Reply, b bot.Brief) string {
	robot := word(r.Lang, "robot")
	if b.Entry.ID == "" {
		return robot
	}
	return fmt.Sprintf("%s %s %s · %s", word(r.Lang, "source"), plain(b.Entry.Title), inCode(b.Entry.ID), robot)
}

func foot(s string) string { return "> " + s }

// ours reports whether words are quoted from an answer of the bot: it would
// otherwise take its own words for what a merchant says.
func ours(quoted string) bool {
	for _, key := range []string{"robot", "approved", "welcome"} {
		for _, lang := range []kb.Lang{kb.ZH, kb.EN} {
			if strings.Contains(quoted, word(lang, key)) {
				return true
			}
		}
	}
	return false
}

// plain keeps WeCom from reading emphasis, headings, links, mentions and HTML
// out of a text. WeCom documents no way to escape such a sign, so each becomes
// its wide form, which looks the same and means nothing.
func plain(s string) string { return wide.Replace(s) }

var wide = strings.NewReplacer(
	"*", "＊", "_", "＿", "`", "｀", "#", "＃", "[", "［", "]", "］", "<", "＜", ">", "＞",
	"|", "｜", "~", "～", "\\", "＼", "@", "＠", "\r", "",
)

func inCode(id string) string { return "`" + strings.ReplaceAll(id, "`", "") + "`" }

// langOf guesses the language of words that a person wrote.
func langOf(words string) kb.Lang { return kb.Lang(text.Lang(words)) }
