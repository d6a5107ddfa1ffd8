package bot

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"decline61/bot/mask"
	"decline61/kb"
)

// MaxReply is the length of a reply in bytes. WeCom cuts what is longer, and
// whoever stands at a till does not read more.
const MaxReply = 2048

// roles are what the steps' roles are called.
var roles = kb.Roles()

// Line is one thing that a reply says, beside its steps and its question.
// Channels that can show more than plain text arrange these instead.
type Line struct {
	Kind  LineKind `json:"kind"`
	Label string   `json:"label,omitempty"` // what stands before Text, "Do now: "
	Text  string   `json:"text"`
}

// LineKind is what a Line is for.
type LineKind string

// The kinds. Those up to ForCustomer stand before the steps, the others behind
// them.
const (
	Notice      LineKind = "notice" // to delete what was masked
	Plain       LineKind = "plain"
	Meaning     LineKind = "meaning"
	DoNow       LineKind = "do_now"
	ForCustomer LineKind = "customer" // what to tell the cardholder
	NeverDo     LineKind = "never"
	Prepare     LineKind = "prepare" // for the person who takes over
)

// render writes the reply in plain text: what it means, what to do now, what
// to tell the customer; then the steps with who does them; then one question;
// then the way to a person, always in the same place.
func (t *turn) render(a Answer, e *kb.Entry) Answer {
	var top, rest []Line
	plain := func(text string) { top = append(top, Line{Kind: Plain, Text: text}) }
	switch {
	case e != nil && t.before.Entry == e.ID: // told already: only what is new
		plain(fmt.Sprintf(say(t.lang, "still this"), e.Title.In(t.lang)))
		if len(a.Steps) == 0 {
			plain(say(t.lang, "no new steps"))
		}
	case e != nil:
		top = t.tell(e, t.correction(e))
	case a.Decision == Clarify && a.Ask != nil && a.Ask.ID == codeShown:
		plain(say(t.lang, "clarify"))
	case a.Decision == Clarify && a.Ask != nil && a.Ask.ID != ChooseEntry:
		plain(say(t.lang, "clarify more"))
	case a.Decision == OutOfScope:
		plain(say(t.lang, "out_of_scope"))
	}
	if e != nil && t.before.Entry != e.ID {
		for _, n := range e.Never {
			rest = append(rest, Line{NeverDo, say(t.lang, "never"), n.In(t.lang)})
		}
	}
	return t.close(a, top, rest)
}

// tell gives what an entry says before its steps.
func (t *turn) tell(e *kb.Entry, correction string) []Line {
	lines := []Line{
		{Kind: Meaning, Text: e.Meaning.In(t.lang) + correction},
		{DoNow, say(t.lang, "do now"), e.DoNow.In(t.lang)},
	}
	if c := e.Customer.In(t.lang); c != "" {
		lines = append(lines, Line{ForCustomer, say(t.lang, "tell customer"), quote(c, t.lang)})
	}
	return lines
}

// renderRoute writes the reply to a route, with the entry of an incident or
// a policy where there is one.
func (t *turn) renderRoute(a Answer, route string, e *kb.Entry) Answer {
	var top, rest []Line
	if e != nil {
		top = t.tell(e, "")
	} else {
		top = []Line{{Kind: Plain, Text: say(t.lang, route)}}
	}
	if a.Decision == Handoff && route != "waiting" {
		if e != nil {
			rest = append(rest, Line{Kind: Prepare, Text: say(t.lang, "human")})
		}
		rest = append(rest, Line{Kind: Prepare, Text: say(t.lang, "prepare")})
	}
	return t.close(a, top, rest)
}

// close puts the parts together within MaxReply, giving up the least needed
// first: bans beyond the first, then the last steps. The first lines, the
// question and the way to a person always stay.
func (t *turn) close(a Answer, top, rest []Line) Answer {
	a.Lang, a.Evidence = t.lang, t.known()
	if t.lang != "" {
		t.cas.Lang = t.lang
	}
	if t.found.Notify() && !t.cas.Warned {
		t.cas.Warned = true
		top = append([]Line{{Kind: Notice, Text: mask.Notice(string(t.lang))}}, top...)
	}
	a.Case = t.cas
	steps := a.Steps
	for {
		a.Text = t.compose(a, top, steps, rest)
		switch {
		case len(a.Text) <= MaxReply:
			a.Steps, a.Lines = steps, append(top, rest...)
			return a
		case len(rest) > 1:
			rest = rest[:len(rest)-1]
		case len(steps) > 1:
			steps = steps[:len(steps)-1]
		default:
			a.Text = cut(a.Text, MaxReply) // and without Lines: all that is shown stands in Text
			return a
		}
	}
}

func (t *turn) compose(a Answer, top []Line, steps []StepShown, rest []Line) string {
	var b strings.Builder
	for _, l := range top {
		b.WriteString(l.Label + l.Text + "\n")
	}
	if len(steps) > 0 {
		b.WriteString("\n" + say(t.lang, "steps") + "\n")
		for i, s := range steps {
			fmt.Fprintf(&b, "%d. [%s] %s\n", i+1, roles[s.Who].In(t.lang), s.Text)
		}
	}
	for _, l := range rest {
		b.WriteString(l.Label + l.Text + "\n")
	}
	if a.Ask != nil {
		b.WriteString("\n" + a.Ask.Text + say(t.lang, "reply number") + "\n")
		for i, o := range a.Ask.Options {
			fmt.Fprintf(&b, "%d) %s\n", i+1, o.Label)
		}
	}
	if a.Decision != Handoff {
		b.WriteString("\n" + say(t.lang, "human line"))
	}
	return strings.TrimSpace(b.String())
}

// correction says so when the words of a message belong to another code than
// the one that it names ("余额不足报61", "55 是没钱吗").
func (t *turn) correction(shown *kb.Entry) string {
	code := t.heard.code
	if code == "" {
		return ""
	}
	for _, h := range t.match.Hits {
		e := t.kb.Entry(h.ID)
		if e == nil || e.Kind != kb.Cause || h.P < 0.3 || e.ID == shown.ID || len(e.Codes) == 0 || e.Codes[0] == kb.Local {
			continue
		}
		contains := false
		for _, c := range e.Codes {
			contains = contains || c == code
		}
		if !contains {
			return fmt.Sprintf(say(t.lang, "not that code"), e.Codes[0], code, e.Codes[0])
		}
	}
	return ""
}

func quote(s string, lang kb.Lang) string {
	if lang == kb.EN {
		return `"` + s + `"`
	}
	return "“" + s + "”"
}

// cut shortens s to at most n bytes, at the end of a line or sentence if there
// is one in the last third, never inside a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = prefix(s, n)
	if i := strings.LastIndexAny(s, "\n。.!?"); i > n*2/3 {
		s = s[:i+1]
	}
	return strings.TrimSpace(s)
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
