package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/channeltest"
	"decline61/bot/mask"
	"decline61/bot/wecom/wecomtest"
	"decline61/kb"
)

// TestContract holds the channel to what every channel promises.
func TestContract(t *testing.T) {
	t.Parallel()
	threads := [2]string{"lily", "ming"}
	channeltest.Run(t, channeltest.Setup{
		Open: func(t testing.TB) (bot.Channel, channeltest.Platform) {
			fake := wecomtest.New(t, wecomtest.Config{Retries: []time.Duration{}})
			p := fake.AppPlatform(threads[:]...)
			a, _ := channelFor(t, fake, Config{})
			return a, p
		},
		Threads: threads, Keyed: true, NoAgents: true,
	})
}

// cardOn is the latest card that a member sees.
func (w *world) cardOn(member string) card {
	w.Helper()
	var got struct {
		Card card `json:"template_card"`
	}
	w.until("a card", func() bool { return len(w.of(member, "template_card")) > 0 })
	all := w.of(member, "template_card")
	if err := json.Unmarshal(all[len(all)-1].Body, &got); err != nil {
		w.Fatal(err)
	}
	return got.Card
}

// TestConversation: a member opens the app, asks, presses, is answered.
func TestConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delivered(w.fake.EnterApp("zhang"))
	if got := w.text("zhang", 1); !strings.Contains(got, "61助手") {
		t.Errorf("the welcome is %q", got)
	}
	if c := w.cardOn("zhang"); len(c.Buttons) != 4 || stampOf(c.Buttons[1].Key).Says != "换卡也是61" {
		t.Errorf("to begin with there is %+v", c.Buttons)
	}
	w.delivered(w.fake.EnterApp("zhang")) // opened again the same day: nothing
	w.delivered(w.fake.Write("zhang", "商户刷卡显示61，换了张卡也不行"))
	got := w.text("zhang", 2)
	for _, part := range []string{"61 是", "步骤:", "判断依据", "acquirer-limit", "机器人回答，可能有误 · "} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is missing in:\n%s", part, got)
		}
	}
	if len(got) > 2048 || strings.Contains(got, "**") {
		t.Errorf("%d bytes:\n%s", len(got), got)
	}
	w.until("the card below it", func() bool { return len(w.of("zhang", "template_card")) == 2 })
	c := w.cardOn("zhang")
	var failing string
	for _, b := range c.Buttons {
		if b.Text == "还是不行" {
			failing = b.Key
		}
	}
	w.delivered(w.fake.PressCard("zhang", failing))
	w.text("zhang", 3)
	w.until("the card says what was pressed", func() bool {
		for _, s := range w.of("zhang", "template_card") {
			if strings.Contains(s.Text, "已选：还是不行") {
				return true
			}
		}
		return false
	})
	w.fine()
}

// TestSameWordsTwice: two honest answers with the same words are both shown,
// although WeCom drops what looks repeated.
func TestSameWordsTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 3 {
		w.delivered(w.fake.Write("li", "谢谢"))
		w.text("li", i+1)
	}
	w.fine()
	if c := w.fake.Counters(); c.Dropped != 0 {
		t.Errorf("%d messages were dropped", c.Dropped)
	}
}

// TestUnknownOutcome: WeCom has shown the answer and its own answer got lost.
// The answer is sent again, and seen once.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	fake := wecomtest.New(t, wecomtest.Config{})
	a, _ := channelFor(t, fake, Config{})
	fake.Fail(wecomtest.Fault{On: "message/send", Stored: true, Cut: true})
	o := bot.Outgoing{Key: "abcdefgh", Role: bot.Robot, Text: mask.Of("61 是金额超限"), To: bot.Address{Channel: Name, Thread: "zhang"}}
	if _, err := a.Send(t.Context(), o); err == nil {
		t.Fatal("no error")
	}
	if _, err := a.Send(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if n := len(fake.Sent("app/zhang")); n != 1 {
		t.Errorf("it is seen %d times", n)
	}
}

// TestRetriedCallback: mostlittlebee#13, easy-wx#1: the same plain bytes come up
// to three times, and are one question.
func TestRetriedCallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fake.ParallelRetries(true)
	w.fake.DoubleCallbacks(2)
	w.delivered(w.fake.Write("zhang", "商户刷卡显示61，换卡也不行"))
	w.delivered(w.fake.EnterApp("li"))
	w.text("zhang", 1)
	w.text("li", 1)
	w.fine()
	time.Sleep(50 * time.Millisecond)
	if n := len(w.of("zhang", "text")); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// TestNotText: each kind gets one sentence, and a burst of them one altogether.
func TestNotText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		w.delivered(w.fake.WriteImage("zhang"))
	}
	if got := w.text("zhang", 1); !strings.Contains(got, "我看不了图片") {
		t.Errorf("a picture is answered by %q", got)
	}
	w.clock.Advance(time.Minute)
	w.delivered(w.fake.WriteVoice("zhang"))
	if got := w.text("zhang", 2); !strings.Contains(got, "我听不了语音") {
		t.Errorf("a voice message is answered by %q", got)
	}
	if n := len(w.of("zhang", "text")); n != 2 {
		t.Errorf("%d sentences", n)
	}
	w.fine()
}

// TestMemberLimit: WeCom drops what is beyond thirty a minute without a word, so
// it must not be sent.
func TestMemberLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, _ = w.channel.sendText(ctx, "zhang", fmt.Sprint(i), fmt.Sprint(i, "......"))
		})
	}
	all.Wait()
	if c := w.fake.Counters(); c.Dropped > 0 || c.Sent == 0 {
		t.Errorf("%d shown, %d dropped", c.Sent, c.Dropped)
	}
}

// TestNotice: a notice goes to several, one takes it, and all see who.
func TestNotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := Notice{
		Members: []string{"zhang", "li", "ghost"}, Ref: "case-1:kf", Key: "k1", Title: mask.Of("商户要人工"), Text: mask.Of("刷卡显示61，换卡也不行"),
		Facts: []Fact{{"代码", mask.Of("61")}, {"商户", mask.Of("小店")}}, Lang: kb.ZH,
	}
	got, err := w.channel.Notify(t.Context(), n)
	if err != nil || got.Response == "" || len(got.Unseen) != 1 || got.Unseen[0] != "ghost" {
		t.Fatalf("%+v: %v", got, err)
	}
	if _, err := w.channel.Notify(t.Context(), n); err != nil { // after an unknown outcome
		t.Fatal(err)
	}
	if n := len(w.of("zhang", "template_card")); n != 1 {
		t.Errorf("zhang sees %d cards", n)
	}
	c := w.cardOn("li")
	w.delivered(w.fake.PressCard("li", c.Buttons[0].Key))
	w.until("the press is told", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.presses) == 1 })
	p := w.presses[0]
	if p.Member != "li" || p.Ref != n.Ref || p.Action != Taken || p.Response == "" {
		t.Errorf("told is %+v", p)
	}
	u := Update{Members: n.Members[:2], Response: p.Response, Label: "li 已接单"}
	if err := w.channel.Update(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	for _, m := range u.Members {
		if got := w.of(m, "template_card")[0].Text; !strings.Contains(got, "li 已接单") {
			t.Errorf("%s sees %q", m, got)
		}
	}
	if err := w.channel.Update(t.Context(), u); err == nil {
		t.Error("a response code works twice")
	}
}

// TestExamine: a problem names its fix, and nothing tells a secret.
func TestExamine(t *testing.T) {
	t.Parallel()
	fake := wecomtest.New(t, wecomtest.Config{})
	f := fake.Config()
	good := ExamineOptions{CorpID: f.CorpID, Secret: f.AppSecret, AgentID: f.AgentID, Token: f.Token, EncodingAESKey: f.AESKey, APIURL: fake.URL()}
	for _, c := range []struct {
		name string
		set  func(*ExamineOptions)
		want bot.Severity
		says string
	}{
		{"offline", func(o *ExamineOptions) { o.Offline = true }, bot.Fine, "not asked"},
		{"online", func(*ExamineOptions) {}, bot.Warning, "corp id and secret are right"}, // the fake knows no agent/get
		{"wrong secret", func(o *ExamineOptions) { o.Secret = "guess-guess" }, bot.Problem, "40001"},
		{"wrong corp", func(o *ExamineOptions) { o.CorpID = "ww0" }, bot.Problem, "40013"},
		{"short key", func(o *ExamineOptions) { o.EncodingAESKey = "x"; o.Offline = true }, bot.Problem, "1 characters instead of 43"},
		{"nobody", func(o *ExamineOptions) { o.APIURL = "http://127.0.0.1:1" }, bot.Problem, "HTTPS_PROXY"},
	} {
		o := good
		c.set(&o)
		worst, all := bot.Fine, ""
		for _, x := range Examine(t.Context(), o) {
			worst = max(worst, x.Severity)
			all += x.Says + "\n" + x.Fix + "\n"
			if x.Severity == bot.Problem && x.Fix == "" {
				t.Errorf("%s: %q has no fix", c.name, x.Says)
			}
		}
		if worst != c.want || !strings.Contains(all, c.says) {
			t.Errorf("%s: severity %d, want %d with %q:\n%s", c.name, worst, c.want, c.says, all)
		}
		for _, secret := range []string{f.AppSecret, "guess-guess", f.Token, f.AESKey} {
			if strings.Contains(all, secret) {
				t.Errorf("%s: a secret is told", c.name)
			}
		}
	}
}

// TestTrustedIP: WeCom refuses our address; the log says what to enter where.
func TestTrustedIP(t *testing.T) {
	t.Parallel()
	fake := wecomtest.New(t, wecomtest.Config{})
	a, _ := channelFor(t, fake, Config{})
	fake.Fail(wecomtest.Fault{On: "message/send", Code: 60020})
	_, err := a.Send(t.Context(), bot.Outgoing{Key: "abcdefgh", Text: mask.Of("61"), To: bot.Address{Channel: Name, Thread: "zhang"}})
	if err == nil || !strings.Contains(err.Error(), "企业可信IP") {
		t.Errorf("the error is %v", err)
	}
}

// FuzzTake: whatever is posted by who has the key is never refused for good, and
// what is handed over can be kept.
func FuzzTake(f *testing.F) {
	for _, s := range []string{
		`<xml><FromUserName>u</FromUserName><MsgType>text</MsgType><Content>61</Content><MsgId>1</MsgId></xml>`,
		`<xml><FromUserName>u</FromUserName><MsgType>event</MsgType><Event>template_card_event</Event><EventKey>notice:take:c1</EventKey><TaskId>t</TaskId><ResponseCode>r</ResponseCode></xml>`,
		`<xml><FromUserName>u</FromUserName><MsgType>event</MsgType><Event>template_card_event</Event><EventKey>{"s":"61","i":"x","v":"y"}</EventKey><TaskId>t</TaskId></xml>`,
		`<xml><FromUserName>u</FromUserName><MsgType>event</MsgType><Event>click</Event><EventKey>帮助</EventKey></xml>`,
		`<!DOCTYPE x><xml/>`, `<xml>`, ``,
	} {
		f.Add([]byte(s))
	}
	fake := wecomtest.New(f, wecomtest.Config{})
	a, _ := channelFor(f, fake, Config{})
	f.Fuzz(func(t *testing.T, plain []byte) {
		a.begin(&soundInbox{t})
		if reply, err := a.take(t.Context(), plain); err != nil || reply != nil {
			t.Errorf("answered by %q: %v", reply, err)
		}
	})
}

// soundInbox refuses what a store would refuse for ever.
type soundInbox struct{ *testing.T }

func (in *soundInbox) Receive(_ context.Context, d bot.Delivery) ([]bot.Received, error) {
	for _, m := range d.Messages {
		for _, s := range []string{m.ID, m.From.Thread, m.Author} {
			if !sound(s) {
				in.Errorf("no store keeps %+v", m)
			}
		}
	}
	return make([]bot.Received, len(d.Messages)), nil
}

func (in *soundInbox) Cursor(context.Context, string, string) (string, error) { return "", nil }

// TestUnseen: WeCom gives the ids of those who see nothing in lower case.
func TestUnseen(t *testing.T) {
	s := sent{Invalid: "a|zhangsan", Barred: "lisi"}
	for member, seen := range map[string]bool{"ZhangSan": false, "LiSi": false, "wang": true, "": true} {
		if s := (s.unseen(member) == ""); s != seen {
			t.Errorf("%q sees it: %v", member, s)
		}
	}
}

// TestLongMarkup: no link is read out of a text, however long it is.
func TestLongMarkup(t *testing.T) {
	fake := wecomtest.New(t, wecomtest.Config{})
	a, _ := channelFor(t, fake, Config{})
	evil := strings.Repeat("<a href=\"https://x.example\">点</a>", 60)[:maxText-10]
	if got := a.words(bot.Outgoing{Text: mask.Of(evil)}); strings.Contains(got, "<") || len(got) > maxText || !utf8.ValidString(got) {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

// TestLastLine: it is the same for the same message only, and fits.
func TestLastLine(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 5, 33, 0, time.Local)
	o := bot.Outgoing{Text: mask.Of("好的"), Time: at, Seq: 12, Answers: []string{"m"}}
	for _, c := range []struct {
		set  func(*bot.Outgoing)
		want string
	}{
		{func(*bot.Outgoing) {}, "机器人回答，可能有误 · 10:05:33 #12"},
		{func(o *bot.Outgoing) { o.Role = bot.Agent }, "人工 · 10:05:33 #12"},
		{func(o *bot.Outgoing) { o.Answers = []string{"draft:m"}; o.Seq = 0 }, "同事核对后发出 · 10:05:33"},
		{func(o *bot.Outgoing) { o.Text = mask.Of("declined"); o.Seq = 1<<63 - 1 }, "Answered by a bot, which may be wrong · 10:05:33 #9223372036854775807"},
	} {
		o := o
		c.set(&o)
		if got := lastLine(o); got != c.want || len(got)+1 > mostLine {
			t.Errorf("%q, %d bytes, want %q", got, len(got), c.want)
		}
	}
}
