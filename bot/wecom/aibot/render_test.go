package aibot

import (
	"strings"
	"testing"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

func testChannel(t testing.TB) *Channel {
	t.Helper()
	a, err := New(Config{BotID: "b", Secret: "s", Journal: silentJournal{}, Bot: realBot()})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestPlain: what people write cannot call, link or format anything.
func TestPlain(t *testing.T) {
	a := testChannel(t)
	evil := "<@all> @zhang [点我](https://x.example) **粗** `码` # 标题 <font color=\"red\">红</font> _斜_ | 表 | ~~删~~ \\*"
	for _, role := range []bot.Role{bot.Robot, bot.Agent} {
		got := a.picture(bot.Outgoing{Role: role, Text: mask.Of(evil)}).content
		if strings.ContainsAny(strings.TrimPrefix(got[:strings.Index(got, "\n\n> ")], ""), "<>@[]*`#_|~\\") {
			t.Errorf("of %s is left: %s", role, got)
		}
		if !strings.Contains(got, "＠zhang") {
			t.Errorf("the words are lost: %s", got)
		}
	}
	r := bot.Reply{
		Decision: bot.Answered, Lang: kb.ZH, Text: evil, Lines: []bot.Line{{Kind: bot.Plain, Label: "@all: ", Text: evil}},
		Steps:    []bot.ReplyStep{{ID: "issuer-limit#s1", Who: "merchant", Text: evil}},
		Question: &bot.ReplyQuestion{ID: "x", Text: evil, Options: []bot.ReplyOption{{Value: "v", Label: "<@all>"}}},
	}
	got := a.picture(bot.Outgoing{Key: "k", Role: bot.Robot, Text: mask.Of(evil), Reply: &r, To: bot.Address{Thread: "zhang"}}).content
	for _, bad := range []string{"<@", "@all", "@zhang", "](", "<font", "~~"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is left: %s", bad, got)
		}
	}
	if !strings.Contains(got, "`issuer-limit#s1`") {
		t.Errorf("the step is not cited: %s", got)
	}
}

// TestSize: the longest reply fits, brief or not, and buttons keep their limits.
func TestSize(t *testing.T) {
	a := testChannel(t)
	long := strings.Repeat("*", maxText)
	if n := len(a.picture(bot.Outgoing{Role: bot.Robot, Text: mask.Of(long)}).content); n > mostContent {
		t.Errorf("%d bytes", n)
	}
	q := &bot.ReplyQuestion{ID: "other_card", Text: strings.Repeat("问", 300)}
	for range 12 {
		q.Options = append(q.Options, bot.ReplyOption{Value: "v", Label: strings.Repeat("答", 60)})
	}
	c := cardOf(bot.Reply{Decision: bot.Clarify, Lang: kb.ZH, Question: q}, bot.Outgoing{Key: "k", To: bot.Address{Thread: "g/u"}})
	if c == nil || len(c.Buttons) != mostButtons || len([]rune(c.Sub)) > mostSub {
		t.Fatalf("the card is %+v", c)
	}
	for _, b := range c.Buttons {
		if len(b.Key) > mostKey || len([]rune(b.Text)) > mostLabel {
			t.Errorf("the button is %+v", b)
		}
	}
	if cardOf(bot.Reply{Decision: bot.Handoff, Lang: kb.ZH}, bot.Outgoing{Key: "k"}) != nil {
		t.Error("a handed over conversation has buttons")
	}
}

func TestUnaddressed(t *testing.T) {
	for _, c := range []struct{ words, name, want string }{
		{"@61助手 显示61", "61助手", "显示61"},
		{"@61助手\u2005显示61", "", "显示61"},
		{"@61助手显示61", "61助手", "显示61"},
		{"@别人 显示61", "61助手", "显示61"},
		{"@61助手", "", ""},
		{"显示61 @61助手", "61助手", "显示61 @61助手"},
		{"@", "61助手", ""},
	} {
		if got := unaddressed(c.words, c.name); got != c.want {
			t.Errorf("%q for %q: %q, want %q", c.words, c.name, got, c.want)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, thread := range []string{"zhang", "wrg1/zhang", "wr-_@./zhang.san@x"} {
		p, err := parsePlace(thread)
		if err != nil || p.String() != thread || !p.sound() {
			t.Errorf("%q is %+v: %v", thread, p, err)
		}
	}
	for _, thread := range []string{"", "/", "/zhang", "a/b/c", "wrg1/"} {
		if p, err := parsePlace(thread); err == nil {
			t.Errorf("%q is %+v", thread, p)
		}
	}
	for _, m := range []string{"CAIQz7/MjQYY/NGagIOAgAMgl8jK/gI=", "中", "1"} {
		if got, ok := messageOf(streamOf(m)); !ok || got != m {
			t.Errorf("the stream of %q is of %q", m, got)
		}
	}
}

// TestOwnWordsQuoted: who quotes an answer of ours does not say what it says.
func TestOwnWordsQuoted(t *testing.T) {
	p, err := decode([]byte(`{"msgtype":"text","text":{"content":"还是不行"},"quote":{"msgtype":"text","text":{"content":"61 超限… 机器人回答，可能有误"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if words, _ := p.words(""); words != "还是不行" {
		t.Errorf("the words are %q", words)
	}
}

// TestWhoSpeaks: only what a person has approved says so.
func TestWhoSpeaks(t *testing.T) {
	a := testChannel(t)
	for answers, want := range map[string]string{"m1": "机器人回答", "draft:m1": "同事核对后发出"} {
		if got := a.picture(bot.Outgoing{Role: bot.Robot, Text: mask.Of("请联系发卡行"), Answers: []string{answers}}).content; !strings.Contains(got, want) {
			t.Errorf("an answer to %s is %s", answers, got)
		}
	}
}
