package bot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/index"
	"decline61/kb"
)

func newBot(t testing.TB) *bot.Bot {
	t.Helper()
	k, err := kb.Load(kb.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	x, err := index.New(k)
	if err != nil {
		t.Fatal(err)
	}
	live := index.NewLive(x)
	t.Cleanup(func() { live.Close() })
	return bot.New(live)
}

// TestScripts plays the conversations in testdata/*.script. A line "> TEXT" is
// a message; the lines below it say what the reply must be:
//
//	decision D | code C | lang L        the field is exactly that
//	entry A|B                           one of these is shown
//	cause A|B                           one of these is the most probable
//	asks Q | asks nothing               the question
//	fact ID=VALUE                       is known
//	text S | no text S                  the reply contains S, or not
//	first who A|B                       who does the first step
//	no step S                           no step's text contains S
//	steps N                             so many are given
//
// "new" starts another conversation. In every conversation no question and no
// step may come twice, and no reply may be longer than MaxReply.
func TestScripts(t *testing.T) {
	b := newBot(t)
	scripts, err := filepath.Glob("testdata/*.script")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".script"), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c := &conversation{t: t, bot: b}
			for i, line := range strings.Split(string(src), "\n") {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
					c.at = fmt.Sprintf("%s:%d: %q", name, i+1, line)
					c.play(line)
				}
			}
		})
	}
}

// conversation is one script being played.
type conversation struct {
	t     *testing.T
	bot   *bot.Bot
	at    string
	cas   bot.Case
	last  bot.Answer
	asked []string
	shown []string
}

func (c *conversation) play(line string) {
	c.t.Helper()
	if text, ok := strings.CutPrefix(line, "> "); ok {
		c.say(text)
		return
	}
	if line == "new" {
		*c = conversation{t: c.t, bot: c.bot, at: c.at}
		return
	}
	key, want, _ := strings.Cut(line, " ")
	if key == "no" || key == "first" {
		sub, rest, _ := strings.Cut(want, " ")
		key, want = key+" "+sub, rest
	}
	if fault := c.check(key, want); fault != "" {
		c.t.Errorf("%s: %s\nreason: %s\n%s", c.at, fault, c.last.Reason, c.last.Text)
	}
}

func (c *conversation) say(text string) {
	c.t.Helper()
	a, err := c.bot.Answer(c.t.Context(), bot.Question{Text: mask.Of(text), Case: c.cas})
	if err != nil {
		c.t.Fatalf("%s: %v", c.at, err)
	}
	c.cas, c.last = a.Case, a
	if len(a.Text) == 0 || len(a.Text) > bot.MaxReply {
		c.t.Errorf("%s: a reply of %d bytes", c.at, len(a.Text))
	}
	if a.Ask != nil {
		if slices.Contains(c.asked, a.Ask.ID) {
			c.t.Errorf("%s: asks %s again", c.at, a.Ask.ID)
		}
		c.asked = append(c.asked, a.Ask.ID)
	}
	for _, s := range a.Steps {
		if slices.Contains(c.shown, s.ID) {
			c.t.Errorf("%s: shows step %s again", c.at, s.ID)
		}
		c.shown = append(c.shown, s.ID)
	}
}

// check returns what is wrong with the last reply, "" if nothing is.
func (c *conversation) check(key, want string) string {
	a := c.last
	oneOf := func(got string) string {
		if slices.Contains(strings.Split(want, "|"), got) {
			return ""
		}
		return fmt.Sprintf("got %q", got)
	}
	switch key {
	case "decision":
		return oneOf(string(a.Decision))
	case "code":
		return oneOf(a.Code)
	case "lang":
		return oneOf(string(a.Lang))
	case "entry":
		if len(a.Entries) == 0 {
			return "shows no entry"
		}
		return oneOf(a.Entries[0].ID)
	case "cause":
		if len(a.Causes) == 0 {
			return "weighs no cause"
		}
		return oneOf(a.Causes[0].ID)
	case "asks":
		if a.Ask == nil {
			return oneOf("nothing")
		}
		return oneOf(a.Ask.ID)
	case "fact":
		for _, k := range a.Evidence {
			if k.ID+"="+k.Value == want {
				return ""
			}
		}
		return fmt.Sprintf("facts are %v", a.Evidence)
	case "text":
		if !strings.Contains(a.Text, want) {
			return "the reply lacks it"
		}
	case "no text":
		if strings.Contains(a.Text, want) {
			return "the reply has it"
		}
	case "first who":
		if len(a.Steps) == 0 {
			return "gives no step"
		}
		return oneOf(a.Steps[0].Who)
	case "no step":
		for _, s := range a.Steps {
			if strings.Contains(s.Text, want) {
				return "step " + s.ID + " has it"
			}
		}
	case "steps":
		return oneOf(fmt.Sprint(len(a.Steps)))
	default:
		return "is no check"
	}
	return ""
}
