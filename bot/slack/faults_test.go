package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
	"decline61/bot/mask"
	"decline61/bot/slack/slacktest"
	"decline61/bot/store"
)

// TestSignature: nothing is believed that Slack has not signed within the last
// minutes, by the raw body.
func TestSignature(t *testing.T) {
	w := newWorld(t, false, slacktest.Config{Rate: -1}, nil)
	body := `{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"` + shop + `","user":"` + lily + `","ts":"1700000000.000100","text":"<@` + w.fake.Bot() + `> 61"}}`
	for name, c := range map[string]struct {
		r    slacktest.Request
		want int
	}{
		"good":                {slacktest.Request{Body: body}, 200},
		"good, a replay":      {slacktest.Request{Body: body}, 200},
		"four minutes old":    {slacktest.Request{Body: body, At: time.Now().Add(-4 * time.Minute)}, 200},
		"six minutes old":     {slacktest.Request{Body: body, At: time.Now().Add(-6 * time.Minute)}, 401},
		"of the future":       {slacktest.Request{Body: body, At: time.Now().Add(6 * time.Minute)}, 401},
		"another secret":      {slacktest.Request{Body: body, Secret: "guess"}, 401},
		"unsigned":            {slacktest.Request{Body: body, Bare: true}, 401},
		"no JSON":             {slacktest.Request{Body: "x"}, 400},
		"too large":           {slacktest.Request{Body: strings.Repeat("x", mostBody+1)}, 413},
		"a command, no form":  {slacktest.Request{Path: CommandsPath, Body: "%zz"}, 400},
		"payload in the URL":  {slacktest.Request{Path: InteractionsPath, InQuery: true, Body: "payload=" + url.QueryEscape(`{"type":"block_actions"}`)}, 400},
		"unknown address":     {slacktest.Request{Path: "/slack/else", Body: body}, 404},
		"a form without JSON": {slacktest.Request{Path: InteractionsPath, Body: "payload=x"}, 400},
	} {
		if c.r.Path == "" {
			c.r.Path = EventsPath
		}
		status, _, answer, err := w.fake.Request(t.Context(), c.r)
		if err != nil || status != c.want {
			t.Errorf("%s: %d, want %d (%s, %v)", name, status, c.want, answer, err)
		}
		if bytes.Contains(answer, []byte(w.fake.SigningSecret())) {
			t.Errorf("%s: the answer tells the secret", name)
		}
	}
	w.quiet()
	n, err := w.db.Count(t.Context())
	if err != nil || n.Rows["inbox"] != 1 {
		t.Errorf("one message, and %d are kept (%v)", n.Rows["inbox"], err)
	}
	ack := w.acknowledged(w.fake.VerifyURL("3eZbrw1aB"))
	if !strings.Contains(string(ack.Payload), `"3eZbrw1aB"`) {
		t.Errorf("the challenge is answered by %q", ack.Payload)
	}
	r, err := http.Get(w.server.URL + EventsPath)
	if err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a browser sees %v, %v", r, err)
	}
}

// TestUnknown: Slack adds events all the time. What we do not know is
// acknowledged: otherwise Slack repeats it and in the end switches us off.
func TestUnknown(t *testing.T) {
	both(t, func(w *world) {
		w.acknowledged(w.fake.RawEvent(map[string]any{"type": "never_heard_of", "user": map[string]any{"id": lily}}))
		w.acknowledged(w.fake.RawEvent(map[string]any{"type": "message", "channel": map[string]any{"odd": true}}))
		w.acknowledged(w.fake.RawEnvelope("events_api", map[string]any{"type": "event_callback", "event": "a string"}))
		w.acknowledged(w.fake.AppRateLimited())
		w.acknowledged(w.fake.Shortcut(lily, "", "", "of another app"))
		w.say(lily, w.fake.DM(lily), "刷卡显示61", "")
		w.answered(w.fake.DM(lily), "", 1)
	})
}

// TestLostAcknowledgement: what Slack repeats because it did not hear us, it
// gets acknowledged again, and the merchant no second answer.
func TestLostAcknowledgement(t *testing.T) {
	for _, same := range []bool{true, false} {
		w := newWorld(t, true, slacktest.Config{Rate: -1, Patience: 200 * time.Millisecond, SameEnvelope: same, Retries: []time.Duration{0, 10 * time.Millisecond}}, nil)
		w.fake.LoseAcks(2)
		thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
		w.answered(shop, thread, 1)
		w.quiet()
		w.answered(shop, thread, 1)
	}
}

// TestOutOfOrder: the pieces of a thought that arrive in the wrong order are
// one thought all the same.
func TestOutOfOrder(t *testing.T) {
	both(t, func(w *world) {
		dm := w.fake.DM(lily)
		release := w.fake.Hold()
		for _, text := range []string{"显示61", "刷了8000", "换卡也不行"} {
			if d := w.fake.Say(lily, dm, text, ""); d.Err != nil {
				w.Fatal(d.Err)
			}
		}
		release()
		w.answered(dm, "", 1)
		w.quiet()
		w.answered(dm, "", 1)
	})
}

// TestNotKept: what cannot be kept is not acknowledged, Slack repeats it, and
// it is answered once it can be kept.
func TestNotKept(t *testing.T) {
	for name, socket := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, socket, slacktest.Config{Rate: -1, Patience: 300 * time.Millisecond, Retries: []time.Duration{0, 10 * time.Millisecond, 10 * time.Millisecond}}, nil)
			in, self := w.channel.running()
			broken := &brokenInbox{Inbox: in, left: 2}
			w.channel.begin(broken, self)
			thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
			w.answered(shop, thread, 1)
			if broken.left > 0 {
				t.Error("the fault did not happen")
			}
		})
	}
}

// brokenInbox keeps nothing the first times.
type brokenInbox struct {
	bot.Inbox
	mu   sync.Mutex
	left int
}

func (b *brokenInbox) Receive(ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
	b.mu.Lock()
	broken := b.left > 0
	if broken {
		b.left--
	}
	b.mu.Unlock()
	if broken {
		return nil, bot.ErrBusy
	}
	return b.Inbox.Receive(ctx, d)
}

// TestWebAPIFaults: however the post of an answer goes wrong, the merchant sees
// the answer once.
func TestWebAPIFaults(t *testing.T) {
	for name, f := range map[string]slacktest.Fault{
		"too fast":              {After: time.Second},
		"too fast for a while":  {After: time.Second, Times: 2},
		"too fast without when": {Code: "internal_error"},
		"5xx, nothing done":     {Status: 503},
		"5xx, done":             {Done: true, Status: 502},
		"cut before":            {Cut: true},
		"cut after":             {Done: true, Cut: true},
		"a login page":          {Body: "<html>login</html>"},
		"done, a login page":    {Done: true, Body: "<html>login</html>"},
		"token expired":         {Code: "token_expired"},
		"blocks refused":        {Code: "invalid_blocks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false, slacktest.Config{Rate: -1}, func(c *Config) { c.Timeout = 300 * time.Millisecond })
			w.fake.Fail("chat.postMessage", f)
			thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
			w.quiet()
			m := w.answered(shop, thread, 1)
			if !strings.Contains(m.Plain(), "交易金额超限") {
				t.Errorf("shown is %q", m.Plain())
			}
			if plain := len(m.Blocks) == 0 || string(m.Blocks) == "null" || string(m.Blocks) == "[]"; plain != (name == "blocks refused") {
				t.Errorf("its blocks are %s", m.Blocks)
			}
		})
	}
}

// TestOtherWay: who cannot be answered where he asked is told directly.
func TestOtherWay(t *testing.T) {
	for _, code := range []string{"not_in_channel", "is_archived", "restricted_action"} {
		w := newWorld(t, false, slacktest.Config{Rate: -1}, nil)
		w.fake.Fail("chat.postMessage", slacktest.Fault{Code: code})
		w.say(lily, shop, w.mention("刷卡显示61"), "")
		w.answered(w.fake.DM(lily), "", 1)
	}
	w := newWorld(t, false, slacktest.Config{Rate: -1}, nil)
	w.fake.AddChannel(slacktest.Channel{ID: "C0ELSE", Members: []string{lily}}) // where the bot is not
	w.acknowledged(w.fake.Command(lily, "C0ELSE", "刷卡显示61"))                    // answered by response_url all the same
	w.until("an answer", func() bool { return len(w.fake.Ephemerals(lily)) == 1 })
	root := w.fake.Say(lily, "C0ELSE", "机器显示61", "")
	w.acknowledged(w.fake.Shortcut(lily, "C0ELSE", root.TS, HandoffShortcut))
	w.answered(w.fake.DM(lily), "", 1)
	w.stop() // what a command's answer needs is not written down
	w.start(false)
	w.acknowledged(w.fake.Command(lily, shop, "51"))
	w.until("another answer", func() bool { return len(w.fake.Ephemerals(lily)) == 2 })
}

// TestWithoutAgentView: a workspace on a free plan has none, and everything
// else works.
func TestWithoutAgentView(t *testing.T) {
	w := newWorld(t, true, slacktest.Config{Rate: -1}, nil)
	w.fake.Fail("agents.*|assistant.*", slacktest.Fault{Code: "feature_disabled", Times: -1})
	dm := w.fake.DM(lily)
	for i := range 3 {
		w.say(lily, dm, fmt.Sprint("显示6", i+1), "")
		w.answered(dm, "", i+1)
	}
	w.quiet()
	if n := len(w.fake.Calls("agents.sessions.setStatus")); n > 2 {
		t.Errorf("it is tried %d times although Slack has said no", n)
	}
}

// TestDiscreet: whatever goes wrong, no log line from Info on holds a token or
// what somebody has said.
func TestDiscreet(t *testing.T) {
	var log syncBuffer
	w := newWorld(t, true, slacktest.Config{Rate: -1}, func(c *Config) {
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	})
	for _, f := range []slacktest.Fault{{Status: 503}, {Code: "bad_secret_words: " + w.fake.BotToken()}, {Body: "<html>"}, {Cut: true}, {After: time.Second}} {
		w.fake.Fail("*", f)
		w.fake.Fail("chat.*|views.*", f)
		w.say(lily, w.fake.DM(lily), "刷卡显示61,机密的话", "")
		w.acknowledged(w.fake.OpenHome(lily, "home"))
	}
	for _, s := range w.fake.Sockets() {
		s.Frame(1, []byte(`{"type": "events_api", "payload": "机密的话`))
		s.Reset()
	}
	time.Sleep(300 * time.Millisecond)
	w.stop()
	said := log.String()
	for _, secret := range []string{w.fake.BotToken(), w.fake.AppToken(), "机密的话", "ticket"} {
		if strings.Contains(said, secret) {
			t.Errorf("the log holds %q:\n%s", secret, said)
		}
	}
	if !strings.Contains(said, `"level":"WARN"`) {
		t.Error("nothing was logged, so that nothing is shown by this test")
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// TestCardNumber: also where Slack has made a link of it, no card number gets
// past the channel.
func TestCardNumber(t *testing.T) {
	const card = "6222021234567890128"
	both(t, func(w *world) {
		dm := w.fake.DM(lily)
		w.say(lily, dm, "卡号 <tel:"+card+"|"+card+"> 刷卡显示61", "")
		m := w.answered(dm, "", 1)
		if strings.Contains(m.Text+string(m.Blocks), card) {
			w.Error("the answer repeats a card number")
		}
		e, err := w.db.Events(w.Context(), place{channel: dm}.address().Conversation(), 0, 10)
		if err != nil || len(e) == 0 || strings.Contains(e[0].Text.String(), card) {
			w.Errorf("kept is %+v, %v", e, err)
		}
	})
}

// TestThreads: many threads at once, with bursts of three: one answer to each
// burst, in each thread's own order, whatever Slack repeats meanwhile.
func TestThreads(t *testing.T) {
	const threads = 50
	for name, socket := range ways {
		t.Run(name, func(t *testing.T) {
			manyThreads(newWorld(t, socket, slacktest.Config{Rate: -1}, func(c *Config) { c.Window = window }), threads)
		})
	}
}

func manyThreads(w *world, threads int) {
	var channels []string // one channel takes a message a second
	for i := range threads / 2 {
		channels = append(channels, fmt.Sprintf("C0THREADS%02d", i))
		w.fake.AddChannel(slacktest.Channel{ID: channels[i], Members: []string{lily, w.fake.Bot()}})
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	for i := range threads {
		all.Go(func() {
			channel := channels[i%len(channels)]
			thread := ""
			for n, text := range []string{w.mention("61"), "刷了8000", "换卡也不行"} {
				began := time.Now()
				d := w.fake.Say(lily, channel, text, thread)
				ack := d.Wait(w.Context())
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
				if !ack.Acknowledged {
					w.Errorf("thread %d, message %d is not acknowledged: %+v", i, n, ack)
				}
				if thread == "" {
					thread = d.TS
				}
				w.fake.Repeat(d, true)
			}
		})
	}
	all.Wait()
	w.quiet()
	roots := map[string]int{}
	for _, channel := range channels {
		for _, m := range w.ofBot(channel, "") {
			roots[channel+m.ThreadTS]++
			if !strings.Contains(m.Plain(), "收单机构") {
				w.Errorf("an answer does not heed the whole burst: %s", m.Plain())
			}
		}
	}
	if len(roots) != threads {
		w.Errorf("%d threads are answered, want %d", len(roots), threads)
	}
	for root, n := range roots {
		if n != 1 {
			w.Errorf("%s has %d answers", root, n)
		}
	}
	slices.Sort(took)
	w.Logf("acknowledged after: p50 %v, p99 %v, most %v", took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
}

// TestPace: what Slack says about coming back later is heeded, channel by
// channel; who has to wait is told when his own turn comes, and then it has.
func TestPace(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	p := newPace(func() time.Time { return now })
	far := func(channel, message string) time.Duration {
		t.Helper()
		err := p.wait(t.Context(), "chat.postMessage", channel, message)
		var e *bot.SendError
		switch {
		case err == nil:
			return 0
		case !errors.As(err, &e) || e.Class != bot.Queued:
			t.Fatalf("waiting ends with %v", err)
		}
		return e.After
	}
	for i := range 4 {
		if d := far("C1", fmt.Sprint("at once ", i)); d != 0 {
			t.Errorf("message %d at once waits %v", i, d)
		}
	}
	if d := far("C1", "next"); d != 0 { // waits for a second
		t.Errorf("the next message comes back in %v", d)
	}
	for i := range 30 {
		if d := far("C1", fmt.Sprint("later ", i)); d != time.Duration(i+2)*time.Second {
			t.Errorf("message %d of a crowd comes back in %v", i, d)
		}
	}
	now = now.Add(32 * time.Second)
	for i := 29; i >= 0; i-- { // in whatever order they come back
		if d := far("C1", fmt.Sprint("later ", i)); d != 0 {
			t.Errorf("message %d comes back at its turn and waits %v", i, d)
		}
	}
	now = now.Add(time.Hour)
	p.heed("chat.postMessage", "C1", &bot.SendError{Class: bot.Backoff, After: channeltest.RetryAfter})
	if d := far("C1", "after Retry-After"); d != channeltest.RetryAfter {
		t.Errorf("after Retry-After it comes back in %v", d)
	}
	if d := far("C2", "elsewhere"); d != 0 {
		t.Errorf("another channel waits %v", d)
	}
	now = now.Add(channeltest.RetryAfter)
	if d := far("C1", "after Retry-After"); d != 0 {
		t.Errorf("afterwards it waits %v", d)
	}
}

// TestRecoverKeepsDrafts: a draft that no agent can be shown never goes to the
// merchant by another way.
func TestRecoverKeepsDrafts(t *testing.T) {
	m, _ := ParseModes(modes)
	s, err := New(Config{BotToken: "xoxb-x", SigningSecret: "x", Modes: m, Journal: &journal{of: map[string]bot.Conversation{
		"slack:C0DRAFTS/1": {Owner: lily},
	}}, Bot: realBot(t)})
	if err != nil {
		t.Fatal(err)
	}
	o := bot.Outgoing{Role: bot.Robot, Text: mask.Of("换卡"), Reply: &bot.Reply{Decision: bot.Answered}, Conversation: "slack:C0DRAFTS/1", To: bot.Address{Channel: Name, Thread: "C0DRAFTS/1"}}
	if _, err := s.Recover(t.Context(), bot.OtherRoute, o); err == nil {
		t.Error("a draft finds another way to the merchant")
	}
	if _, err := s.Send(t.Context(), o); class(err) != bot.Never {
		t.Errorf("without agents a draft ends with %v", err)
	}
}

// BenchmarkAck measures from Slack's request to our 200, with the message on
// the disk.
func BenchmarkAck(b *testing.B) {
	db, err := store.Open(b.Context(), store.Options{URL: filepath.Join(b.TempDir(), "bot.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := New(Config{BotToken: "xoxb-x", SigningSecret: "secret", Journal: db, Bot: realBot(b)})
	if err != nil {
		b.Fatal(err)
	}
	loop, err := bot.NewLoop(bot.Settings{Answerer: realBot(b), Store: db, Channels: []bot.Channel{s}})
	if err != nil {
		b.Fatal(err)
	}
	s.begin(loop, self{user: "UB"})
	for i := 0; b.Loop(); i++ {
		body := fmt.Sprintf(`{"type":"event_callback","event":{"type":"message","channel":"D%d","channel_type":"im","user":"U1","ts":"1700000000.%06d","text":"刷卡显示61"}}`, i%100, i)
		at := fmt.Sprint(time.Now().Unix())
		r := httptest.NewRequest(http.MethodPost, EventsPath, strings.NewReader(body))
		r.Header.Set("X-Slack-Request-Timestamp", at)
		r.Header.Set("X-Slack-Signature", slacktest.Sign("secret", at, body))
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}
