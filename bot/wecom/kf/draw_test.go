package kf

import (
	"strings"
	"testing"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// TestEveryEntry draws what the bot says to a phrasing of each entry, in both
// languages: nothing is longer than WeCom takes, nothing is missing, and nearly
// everything is one message.
func TestEveryEntry(t *testing.T) {
	k, err := kb.Load(kb.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	b := realBot(t)
	two, all := 0, 0
	for _, e := range k.Entries {
		for _, lang := range []kb.Lang{kb.ZH, kb.EN} {
			a, err := b.Answer(t.Context(), bot.Question{Text: mask.Of(e.Title.In(kb.ZH)), Lang: lang})
			if err != nil {
				t.Fatal(err)
			}
			r := a.Reply(bot.Request{ID: "msg0123456789012345678901234567"})
			o := bot.Outgoing{Key: "k", Role: bot.Robot, Text: mask.Of(r.Text), Answers: []string{r.ID}, Reply: &r}
			if isHandover(o) {
				c := &Channel{config: Config{Brief: b.Brief}}
				words := c.handoverWords(r, c.facts(r, standing{Terminal: strings.Repeat("T", 64)}), word(lang, "transferring"))
				if len(words) > maxText || !strings.Contains(words, word(lang, "transferring")) {
					t.Errorf("%s: the handover has %d bytes: %s", e.ID, len(words), words)
				}
				continue
			}
			all++
			messages := draw(o)
			if len(messages) > 1 {
				two++
			}
			shown := ""
			for _, m := range messages {
				if m.Menu == nil {
					shown += m.Text.Content
					continue
				}
				shown += m.Menu.Head + m.Menu.Tail
				if len(m.Menu.Head) > maxHead || len(m.Menu.Tail) > maxHead || len(m.Menu.List) > mostItems {
					t.Errorf("%s: a menu of %d and %d bytes with %d items", e.ID, len(m.Menu.Head), len(m.Menu.Tail), len(m.Menu.List))
				}
				for _, i := range m.Menu.List {
					p, ok := parsePress(i.Click.ID)
					if !ok || len(i.Click.ID) > mostClickID || len(i.Click.Content) > mostClick || !utf8.ValidString(i.Click.Content) {
						t.Errorf("%s: item %+v reads %+v", e.ID, i, p)
					}
				}
			}
			for _, l := range r.Lines {
				if !strings.Contains(shown, l.Text) {
					t.Errorf("%s: %q is missing", e.ID, l.Text)
				}
			}
			for _, s := range r.Steps {
				if !strings.Contains(shown, s.Text) {
					t.Errorf("%s: step %q is missing", e.ID, s.Text)
				}
			}
		}
	}
	t.Logf("of %d answers %d are two messages", all, two)
	if two*10 > all {
		t.Errorf("of %d answers %d are two messages", all, two)
	}
}

func TestCut(t *testing.T) {
	s := strings.Repeat("先核对金额。", 20)
	for n := 1; n < len(s); n++ {
		if got := cut(s, n); len(got) > n || !utf8.ValidString(got) || n > 60 && !strings.HasSuffix(got, "。") {
			t.Errorf("cut to %d: %q", n, got)
		}
	}
}

// TestPress: what a menu says is read back as what it was, and nothing of
// somebody else's menu is taken for ours.
func TestPress(t *testing.T) {
	for id, want := range map[string]press{
		optionItem("other_card", bot.ReplyOption{Value: "also_61", Label: "别的卡也是61"}, 2).Click.ID: {evidence: "other_card", value: "also_61"},
		optionItem(bot.ChooseEntry, bot.ReplyOption{Value: "x", Label: "y"}, 2).Click.ID:          {},
		optionItem("q", bot.ReplyOption{Value: "v", Label: strings.Repeat("长", 60)}, 3).Click.ID:  {words: "3"},
		press{kind: pressSolved, lang: kb.EN, message: "m1"}.id():                                 {lang: kb.EN, words: "Solved", message: "m1", helped: "yes"},
		press{kind: pressFailing, message: strings.Repeat("m", 64)}.id():                          {words: "没解决", helped: "no"},
		press{kind: pressHuman, lang: kb.ZH}.id():                                                 {words: "转人工"},
		"ask:still61": {words: "换卡还是61"},
		"hours:":      {words: pressHours},
	} {
		if got, ok := parsePress(id); !ok || got != want {
			t.Errorf("%q reads %+v %v, want %+v", id, got, ok, want)
		}
	}
	for _, id := range []string{"", "1", "e:", "e:a", "e:=b", "n:", "n:12", "n:x", "ask:", "ask:nothing", "buy", "%"} {
		if p, ok := parsePress(id); ok {
			t.Errorf("%q reads %+v", id, p)
		}
	}
}

func TestDerive(t *testing.T) {
	for _, kind := range []string{kindMenu, kindTicket, kindConfirm, kindWelcome, kindClosing} {
		id := derive(kind, "a", "b")
		if len(id) != 32 || id != derive(kind, "a", "b") || id == derive(kind, "a", "c") || kindOf(id) == "answer" {
			t.Errorf("derived %q, which is %q", id, kindOf(id))
		}
	}
	if kindOf("w7ymf4n2k3qahu5gkzq3cu3vbbz2a6xd") != "answer" {
		t.Error("a key of the outbox is taken for something else")
	}
}

// TestContactWays: links for terminals, and what is refused.
func TestContactWays(t *testing.T) {
	w := prepare(t, nil)
	c := openChannel(t, w.WeCom, nil)
	got, err := ContactWays(t.Context(), c.client, account, "pos61", "T-1", "T_2.b")
	if err != nil || len(got) != 2 || !strings.HasSuffix(got[1].Link, "&scene_param=T_2.b") {
		t.Errorf("%+v, %v", got, err)
	}
	if n := len(w.Calls("kf/add_contact_way")); n != 1 {
		t.Errorf("%d links are made for one scene", n)
	}
	for _, bad := range []string{"", "T 1", "6222021234567890128", strings.Repeat("T", 65), "T/1"} {
		if _, err := ContactWays(t.Context(), c.client, account, "pos61", bad); err == nil {
			t.Errorf("terminal %q is accepted", bad)
		}
	}
	if _, err := ContactWays(t.Context(), c.client, account, "店 1"); err == nil {
		t.Error("a scene that WeCom refuses is accepted")
	}
}
