package slack

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/slack/slacktest"
	"decline61/bot/store"
)

// TestSocketModeOff: with both ways in, HTTP goes on when somebody switches
// Socket Mode off.
func TestSocketModeOff(t *testing.T) {
	w := newWorld(t, false, slacktest.Config{Rate: -1, AppToken: "xapp-1-x"}, func(c *Config) { c.AppToken = "xapp-1-x" })
	w.fake.DisableSocketMode()
	w.until("it is told", func() bool {
		err := w.channel.Well(t.Context())
		return err != nil && strings.Contains(err.Error(), "link_disabled")
	})
	thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
	w.answered(shop, thread, 1)
}

// TestWrongSecretShows: an operator sees that all requests are refused.
func TestWrongSecretShows(t *testing.T) {
	w := newWorld(t, false, slacktest.Config{Rate: -1}, nil)
	for _, secret := range []string{"guess", ""} {
		status, _, _, err := w.fake.Request(t.Context(), slacktest.Request{Path: EventsPath, JSON: true, Body: `{"event":{}}`, Secret: secret})
		if err != nil || status != map[string]int{"guess": 401, "": 200}[secret] {
			t.Fatal(status, err)
		}
		if err := w.channel.Well(t.Context()); (err == nil) != (secret == "") {
			t.Errorf("with secret %q it is %v", secret, err)
		}
	}
	if n := w.channel.Counts()["http_refused"]; n != 1 {
		t.Errorf("%d refused requests are counted", n)
	}
}

// TestUnknownOutcomeElsewhere: an answer that went to the direct messages
// because the channel was closed, and whose outcome is unknown, is found there.
func TestUnknownOutcomeElsewhere(t *testing.T) {
	w := newWorld(t, false, slacktest.Config{Rate: -1}, func(c *Config) { c.Timeout = 300 * time.Millisecond })
	w.fake.Fail("chat.postMessage", slacktest.Fault{Code: "is_archived"})
	w.fake.Fail("chat.postMessage", slacktest.Fault{Done: true, Cut: true})
	w.say(lily, shop, w.mention("刷卡显示61"), "")
	dm := w.fake.DM(lily)
	w.until("the answer", func() bool { return len(w.ofBot(dm, "")) > 0 })
	w.quiet()
	m := w.answered(dm, "", 1)
	w.acknowledged(w.fake.Click(lily, dm, m.TS, "option:1", "")) // the buttons are those of the thread's conversation
	w.until("the dialog goes on", func() bool { return len(w.ofBot(shop, "")) == 1 })
}

// TestClocks: our clock may be wrong by minutes, and our own message is found
// all the same.
func TestClocks(t *testing.T) {
	w := newWorld(t, false, slacktest.Config{Rate: -1}, nil)
	root := w.fake.Say(lily, shop, "x", "")
	o := bot.Outgoing{Key: "k", Role: bot.Agent, Text: mask.Of("好"), Time: time.Now().Add(10 * time.Minute), Conversation: "slack:" + shop + "/" + root.TS, To: place{channel: shop, thread: root.TS}.address()}
	if _, err := w.channel.Send(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, found, err := w.channel.Find(t.Context(), o); !found || err != nil {
		t.Errorf("found is %t, %v", found, err)
	}
}

// TestMentionOnly: where the app may not read, what may have arrived is sent
// again rather than looked for in vain.
func TestMentionOnly(t *testing.T) {
	w := newWorld(t, false, slacktest.Config{Rate: -1, Scopes: Scopes(true)}, func(c *Config) { c.Timeout = 300 * time.Millisecond })
	w.fake.Fail("chat.postMessage", slacktest.Fault{Status: 503})
	thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
	w.quiet()
	w.answered(shop, thread, 1)
}

// TestOvertaken: the mention that begins a thread could not be kept, and comes
// again after its follow-up: both are answered.
func TestOvertaken(t *testing.T) {
	w := newWorld(t, false, slacktest.Config{Rate: -1}, func(c *Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Minute) } // that much later
	})
	release := w.fake.Hold()
	d := w.fake.Say(lily, shop, w.mention("61"), "")
	w.fake.Say(lily, shop, "换卡也不行", d.TS)
	release() // the latest first
	w.answered(shop, d.TS, 1)
	w.quiet()
	time.Sleep(400 * time.Millisecond)
	all := ""
	for _, m := range w.ofBot(shop, d.TS) {
		all += m.Plain()
	}
	if n, err := w.db.Count(t.Context()); err != nil || n.Rows["inbox"] != 2 || !strings.Contains(all, "收单机构") {
		t.Errorf("%d messages are kept (%v): %s", n.Rows["inbox"], err, all)
	}
}

// TestOldDeliveries: what Slack delivers once more, later, does not change who
// is talking to whom.
func TestOldDeliveries(t *testing.T) {
	w := newWorld(t, false, slacktest.Config{Rate: -1}, nil)
	first := w.fake.Say(lily, shop, w.mention("刷卡显示61"), "")
	w.acknowledged(first)
	w.answered(shop, first.TS, 1)
	others := w.fake.Say(ming, shop, "我来看看", first.TS)
	w.acknowledged(others)
	w.acknowledged(w.fake.Repeat(first, true)) // does not call the bot back
	w.say(lily, shop, "好的", first.TS)
	w.quiet()
	w.answered(shop, first.TS, 1)
	w.say(lily, shop, w.mention("换了卡还是61"), first.TS)
	w.answered(shop, first.TS, 2)
	w.acknowledged(w.fake.Repeat(others, true)) // does not send it away
	w.say(lily, shop, "没有提示", first.TS)
	w.answered(shop, first.TS, 3)
}

// TestAmongPeople: after a handover the bot does not talk over the staff, and
// whoever talks to others gets a person all the same, and may answer what the
// bot has asked.
func TestAmongPeople(t *testing.T) {
	w := newWorld(t, true, slacktest.Config{Rate: -1}, nil)
	thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
	w.answered(shop, thread, 1)
	w.say(ming, shop, "我也遇到过", thread)
	w.say(lily, shop, "金额对的,一致", thread) // what the bot has asked
	w.answered(shop, thread, 2)
	w.say(lily, shop, "是吗,那你后来怎么弄的", thread)
	w.quiet()
	w.answered(shop, thread, 2)
	w.say(lily, shop, "转人工", thread)
	w.answered(shop, thread, 3)
	w.say(staff, shop, "我是客服,请把商户号发我", thread)
	w.say(lily, shop, "商户号是 898", thread)
	w.say(lily, shop, "那能调高到8000吗", thread)
	w.quiet()
	w.answered(shop, thread, 3)
}

// TestUnasked: in a channel where it answers everything the bot stays out of
// what is said to somebody, and of what is not surely its business.
func TestUnasked(t *testing.T) {
	w := newWorld(t, true, slacktest.Config{Rate: -1}, nil)
	for _, text := range []string{
		"昨天那个61的单子处理好了吗 <@" + ming + ">", "<@" + ming + "> POS刷卡显示61怎么弄?", "明天开会讨论限额的事", "人工什么时候上班", "好的收到",
	} {
		w.say(lily, open, text, "")
	}
	w.quiet()
	for _, m := range w.ofBot(open, "") {
		t.Errorf("unasked: %s", m.Plain())
	}
	thread := w.say(lily, open, "顾客的钱被扣了,机器显示失败", "") // but this must be said
	w.answered(open, thread, 1)
}

// TestBare: who only calls the bot is told how to ask.
func TestBare(t *testing.T) {
	w := newWorld(t, true, slacktest.Config{Rate: -1}, nil)
	for _, text := range []string{"", "??", " "} {
		thread := w.say(lily, shop, w.mention(text), "")
		if m := w.answered(shop, thread, 1); strings.Contains(m.Plain(), "没有可靠的答案") || !strings.Contains(m.Plain(), "61") {
			t.Errorf("%q is answered by %s", text, m.Plain())
		}
	}
}

// TestSharedWithOthers: the fuller answer is for a channel of the provider's own
// people, and for no other, whatever it is set to.
func TestSharedWithOthers(t *testing.T) {
	w := newWorld(t, true, slacktest.Config{Rate: -1}, nil)
	w.fake.AddChannel(slacktest.Channel{ID: inner, Shared: true, Members: []string{lily, w.fake.Bot()}})
	thread := w.say(lily, inner, w.mention("刷卡显示61"), "")
	if m := w.answered(inner, thread, 1); strings.Contains(string(m.Blocks), "可以问商户") {
		t.Errorf("another company is shown %s", m.Blocks)
	}
}

// TestFormBeforeNiceties: an agent's form opens at once, whatever else there is
// to do.
func TestFormBeforeNiceties(t *testing.T) {
	w := newWorld(t, true, slacktest.Config{Rate: -1}, nil)
	w.say(lily, drafts, "刷卡显示61怎么办", "")
	one := w.fake.DM(staff)
	w.until("a draft", func() bool { return len(w.ofBot(one, "")) == 1 })
	for range 2 * asideLimit {
		w.channel.aside(func(ctx context.Context) { <-ctx.Done() })
	}
	w.acknowledged(w.fake.Click(staff, one, w.ofBot(one, "")[0].TS, "draft_edit", ""))
	w.until("the form", func() bool { return len(w.fake.Views(staff)) == 1 })
}

// TestClassOfCodes: what passes is never given up, what cannot is.
func TestClassOfCodes(t *testing.T) {
	for err, want := range map[error]bot.Class{
		error(slackError("org_login_required")):                   bot.NeedsCredentials,
		error(slackError("new_in_2027")):                          bot.Backoff,
		error(slackError("msg_too_long")):                         bot.Never,
		error(slackError("not_in_channel")):                       bot.OtherRoute,
		error(slackError("fatal_error")):                          bot.MayHaveArrived,
		goslack.StatusCodeError{Code: http.StatusForbidden}:       bot.Backoff,
		goslack.StatusCodeError{Code: http.StatusTooManyRequests}: bot.Backoff,
		goslack.StatusCodeError{Code: http.StatusBadGateway}:      bot.MayHaveArrived,
	} {
		if got := class(classify(err)); got != want {
			t.Errorf("%v is %v, want %v", err, got, want)
		}
	}
	nobody, err := New(Config{BotToken: "xoxb-x", SigningSecret: "x", APIURL: "http://127.0.0.1:1/api/", Journal: &journal{}, Bot: realBot(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nobody.Send(t.Context(), bot.Outgoing{Role: bot.Agent, Text: mask.Of("x"), To: place{channel: "C1"}.address()}); class(err) != bot.Backoff {
		t.Errorf("who was never reached may have shown it: %v", err)
	}
}

// TestBusyChannel: many answers in one channel come one a second, in time that
// grows with their number and no faster, and are not counted as failures.
func TestBusyChannel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bot.db")
	synctest.Test(t, func(t *testing.T) {
		const n = 100
		db, err := store.Open(context.Background(), store.Options{URL: file})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		p := &paced{pace: newPace(time.Now), shown: make(chan time.Time, n)}
		loop, err := bot.NewLoop(bot.Settings{Answerer: brief{}, Store: db, Channels: []bot.Channel{p}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { loop.Run(ctx); close(ended) }()
		began := time.Now()
		for i := range n {
			if _, err := loop.Receive(ctx, bot.Delivery{Channel: Name, Messages: []bot.Message{{ID: "1", From: place{channel: "C1", thread: fmt.Sprint(i)}.address(), Text: mask.Of("刷卡显示61")}}}); err != nil {
				t.Fatal(err)
			}
		}
		var last time.Time
		for range n {
			last = <-p.shown
		}
		cancel()
		<-ended
		if took := last.Sub(began); took > 2*n*time.Second {
			t.Errorf("%d answers took %v", n, took)
		}
	})
}

// brief answers everything in one word.
type brief struct{}

func (brief) Check(bot.Request) error { return nil }

func (brief) Answer(context.Context, bot.Question) (bot.Answer, error) {
	return bot.Answer{Decision: bot.Answered, Text: "换卡"}, nil
}

// paced is a channel that only waits for its turn.
type paced struct {
	pace  *pace
	shown chan time.Time
}

func (p *paced) Manner() bot.Manner {
	return bot.Manner{Name: Name, Timeout: sendTimeout, Workers: sendWorkers}
}

func (p *paced) Run(ctx context.Context, _ bot.Inbox) error { <-ctx.Done(); return ctx.Err() }

func (p *paced) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	if err := p.pace.wait(ctx, "chat.postMessage", "C1", o.Key); err != nil {
		return bot.Receipt{}, err
	}
	p.shown <- time.Now()
	return bot.Receipt{ID: o.Key}, nil
}

func (p *paced) Find(context.Context, bot.Outgoing) (bot.Receipt, bool, error) {
	return bot.Receipt{}, false, nil
}

// slackError is an error of slack-go that can be a key.
type slackError string

func (e slackError) Error() string { return string(e) }

func (e slackError) As(target any) bool {
	if r, ok := target.(*goslack.SlackErrorResponse); ok {
		r.Err = string(e)
		return true
	}
	return false
}
