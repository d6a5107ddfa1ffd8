package slack

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/index"
	"decline61/kb"
)

var update = flag.Bool("update", false, "write the golden files again")

var (
	readOnce sync.Once
	read     *bot.Bot
	readErr  error
)

// realBot is the bot over the embedded knowledge base.
func realBot(t testing.TB) *bot.Bot {
	t.Helper()
	readOnce.Do(func() {
		var k *kb.KB
		if k, readErr = kb.Load(kb.Embedded()); readErr != nil {
			return
		}
		var x *index.Index
		if x, readErr = index.New(k); readErr == nil {
			read = bot.New(index.NewLive(x))
		}
	})
	if readErr != nil {
		t.Fatal(readErr)
	}
	return read
}

// replies says a dialog to the bot and gives what it would have sent last.
func replies(t testing.TB, b *bot.Bot, thread string, said ...string) bot.Outgoing {
	t.Helper()
	var c bot.Case
	var o bot.Outgoing
	for i, text := range said {
		words, found := mask.Mask(text)
		a, err := b.Answer(t.Context(), bot.Question{Text: words, Found: found, Case: c})
		if err != nil {
			t.Fatal(err)
		}
		c = a.Case
		r := a.Reply(bot.Request{ID: fmt.Sprint("17000000", i, ".000100"), Conversation: thread, Found: found})
		o = bot.Outgoing{Key: "k", Role: bot.Robot, Text: mask.Of(r.Text), Answers: []string{r.ID}, Reply: &r, To: bot.Address{Channel: Name, Thread: thread}}
	}
	return o
}

// pictures are all kinds of messages and views that we send, from the real
// knowledge base.
func pictures(t testing.TB) map[string]any {
	t.Helper()
	b := realBot(t)
	modes, err := ParseModes("CIN=internal, CDRAFT=draft")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{BotToken: "xoxb-x", SigningSecret: "x", Modes: modes, Agents: []string{"U1"}, Journal: &journal{}, Bot: b})
	if err != nil {
		t.Fatal(err)
	}
	draw := func(thread string, said ...string) any {
		o := replies(t, b, thread, said...)
		p, err := parsePlace(thread)
		if err != nil {
			t.Fatal(err)
		}
		return s.picture(o, p, modes.Of(p.channel)).blocks
	}
	const thread = "C1/1700000000.000100"
	drafted := replies(t, b, "CDRAFT/1700000000.000100", "刷卡显示61")
	draftPlace, _ := parsePlace(drafted.To.Thread)
	words := func(role bot.Role, text string) any {
		return s.picture(bot.Outgoing{Role: role, Text: mask.Of(text)}, place{channel: "C1"}, Mode{}).blocks
	}
	all := map[string]any{
		"blocks-answer":           draw(thread, "刷卡显示61"),
		"blocks-answer-en":        draw(thread, "POS declined with code 61"),
		"blocks-second-question":  draw(thread, "刷卡显示61", "一致"),
		"blocks-internal":         draw("CIN/1700000000.000100", "刷卡显示61", "一致", "换了张建行的卡也是61"),
		"blocks-only-you":         draw("C1//U2", "刷卡显示61"),
		"blocks-handoff":          draw(thread, "刷卡显示61", "别的卡能刷", "转人工"),
		"blocks-charged":          draw(thread, "顾客收到扣款短信了,机器显示失败"),
		"blocks-refused":          draw(thread, "能不能分两笔刷"),
		"blocks-out-of-scope":     draw(thread, "你们费率多少"),
		"blocks-clarify":          draw(thread, "刷卡失败了"),
		"blocks-choose":           draw(thread, "61块钱的单子收不了"),
		"blocks-masked":           draw(thread, "卡号6222021234567890128,刷卡显示61"),
		"blocks-solved":           draw(thread, "刷卡显示61", "已解决"),
		"blocks-draft":            s.draft(t.Context(), draftPlace, drafted).blocks,
		"blocks-agent":            words(bot.Agent, "我来处理,请把小票上的参考号发我 <!channel>"),
		"blocks-approved":         words(bot.Robot, "请换一张卡"),
		"blocks-introduction":     introduction().blocks,
		"modal-draft":             draftForm(stamp{Thread: thread, Message: "1700000000.000100", Lang: kb.ZH}, drafted.Text.String()),
		"home-without-open-cases": s.home(t.Context(), "D1", nil),
		"home-with-open-cases": s.home(t.Context(), "D1", []bot.Conversation{
			{Address: bot.Address{Channel: Name, Thread: "D1"}, State: bot.Waiting, Case: bot.Case{Lang: kb.ZH, Facts: map[string]bot.Fact{"code_shown": {Value: "61"}}}},
			{Address: bot.Address{Channel: Name, Thread: "D1"}, State: bot.WithAgent, Case: bot.Case{Lang: kb.EN}},
		}),
	}
	return all
}

// TestPictures shows every change of what people see as a difference.
func TestPictures(t *testing.T) {
	var got bytes.Buffer
	all := pictures(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&got, "== %s\n", name)
		blocks, ok := all[name].([]goslack.Block)
		if !ok {
			encode(t, &got, all[name])
		}
		for _, b := range blocks { // one a line
			encode(t, &got, b)
		}
	}
	const golden = "testdata/pictures.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("messages look different: run go test ./bot/slack -run TestPictures -update, and look at the difference")
	}
}

func encode(t *testing.T, into *bytes.Buffer, v any) {
	t.Helper()
	e := json.NewEncoder(into)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
}

// TestAnswerShape: what a merchant needs stands in one message: meaning, what
// to do now, what to say, steps with who does them, the question with a button
// for each answer, where it comes from, and the way to a person.
func TestAnswerShape(t *testing.T) {
	b, err := json.Marshal(pictures(t)["blocks-answer"])
	if err != nil {
		t.Fatal(err)
	}
	blocks := string(b)
	for _, want := range []string{
		`"现在做:","style":{"bold":true}`, `"对顾客说:","style":{"bold":true}`, `"style":"ordered"`, `"[收银员] ","style":{"bold":true}`,
		`"action_id":"option:1"`, "61 是什么意思", "知识库原文", "机器人回答",
		`"action_id":"solved"`, `"action_id":"failing"`, `"action_id":"human"`, `"feedback_buttons"`, `"accessibility_label":"转人工:交给工作人员"`,
	} {
		if !strings.Contains(blocks, want) {
			t.Errorf("the answer lacks %s", want)
		}
	}
	if strings.Contains(blocks, `"mrkdwn"`) {
		t.Error("something is marked up, so that words in it could become mentions")
	}
}

// TestNoMention: whatever a person or the knowledge base says, nobody is
// called by it.
func TestNoMention(t *testing.T) {
	for _, hostile := range []string{"<!channel> 61", "<@U1>", "a & b < c > d", "<https://evil.example|click>", "*粗* _i_ ~s~ `c`", "&lt;!here&gt;"} {
		if got := escape(hostile); strings.ContainsAny(got, "<>") || strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(got) != hostile {
			t.Errorf("%q is escaped as %q", hostile, got)
		}
		b, err := json.Marshal(rich("x", section(plainText(hostile))))
		if err != nil {
			t.Fatal(err)
		}
		var block struct {
			Elements []struct{ Elements []struct{ Type, Text string } }
		}
		if err := json.Unmarshal(b, &block); err != nil || len(block.Elements[0].Elements) != 1 || block.Elements[0].Elements[0].Type != "text" || block.Elements[0].Elements[0].Text != hostile {
			t.Errorf("%q is drawn as %s", hostile, b)
		}
	}
}

// TestPlain: what Slack has marked up is read as it was typed.
func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"<@UBOT> 刷卡显示61":                    "刷卡显示61",
		"<@UBOT|bot>61":                     "61",
		"61 &lt;不行&gt; &amp;":               "61 <不行> &",
		"&amp;lt;":                          "&lt;",
		"看 <https://a.example/x|这里>":        "看 这里",
		"<https://a.example/x>":             "https://a.example/x",
		"打 <tel:13800138000|138 0013 8000>": "打 138 0013 8000",
		"打 <tel:13800138000>":               "打 13800138000",
		"<@U2> 你看 <!here> <#C1|大厅>":         "@… 你看 here 大厅",
		"a < b":                             "a < b",
		"":                                  "",
	} {
		if got := plain(in, "UBOT"); got != want {
			t.Errorf("%q is read as %q, want %q", in, got, want)
		}
	}
}

// TestButtonsBelong: a button carries the conversation and the message that it
// belongs to, within Slack's limit, and comes back as it was.
func TestButtonsBelong(t *testing.T) {
	long := stamp{Thread: "C0123456789/1700000000.000100/U0123456789", Message: "press:1700000000.000100:option:12", Lang: kb.EN, ID: "same_card_elsewhere", Value: "declined_other"}
	b := button("x", strings.Repeat("很长的字", 40), "label", long)
	if n := len(b.Value); n > 2000 {
		t.Errorf("a button's value has %d bytes", n)
	}
	if got := stampOf(b.Value); got != long {
		t.Errorf("it comes back as %+v", got)
	}
	if n := len([]rune(b.Text.Text)); n > mostButton {
		t.Errorf("a button's text has %d characters", n)
	}
	if stampOf("garbage") != (stamp{}) {
		t.Error("a button of another version says something")
	}
}

// journal is what the channel reads, filled by the test.
type journal struct {
	of       map[string]bot.Conversation
	replies  map[string]bot.Reply
	feedback []bot.Feedback
}
