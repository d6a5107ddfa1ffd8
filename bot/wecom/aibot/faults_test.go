package aibot

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"decline61/bot/wecom"
	"decline61/bot/wecom/wecomtest"
)

func cardIn(t *testing.T, body json.RawMessage) card {
	t.Helper()
	var whole struct {
		card
		Card *card `json:"template_card"`
	}
	if err := json.Unmarshal(body, &whole); err != nil {
		t.Fatal(err)
	}
	if whole.Card != nil {
		return *whole.Card
	}
	return whole.card
}

// TestLate: an answer that takes longer than a stream lives comes as a message
// of its own; the stream says so in time.
func TestLate(t *testing.T) {
	both(t, wecomtest.Config{}, func(c *Channel) {
		c.config.Window, c.timing.life = 400*time.Millisecond, 50*time.Millisecond
	}, func(w *world) {
		w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
		w.words("zhang", "查到后另发一条消息")
		w.until("the answer is pushed", func() bool { return len(w.pushes("zhang")) == 1 })
		w.has(w.pushes("zhang")[0], "判断依据")
		w.quiet()
		w.fine()
	})
}

// TestExpiredAtWeCom: WeCom has given the stream up before we do. Over the long
// connection it refuses the frame, by the callback it no longer polls.
func TestExpiredAtWeCom(t *testing.T) {
	both(t, wecomtest.Config{StreamLife: 30 * time.Millisecond}, func(c *Channel) {
		c.config.Window, c.timing.taken = 200*time.Millisecond, 300*time.Millisecond
	}, func(w *world) {
		w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
		w.until("the answer is pushed", func() bool { return len(w.pushes("zhang")) == 1 })
		w.has(w.pushes("zhang")[0], "判断依据")
		w.quiet()
	})
}

// TestRestart: the bot ends in the middle of a stream, and another one, with the
// same store, finishes it for the polls, or pushes over the long connection.
func TestRestart(t *testing.T) {
	both(t, wecomtest.Config{}, func(c *Channel) { c.config.Window = 300 * time.Millisecond }, func(w *world) {
		w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
		w.until("the stream begins", func() bool { return len(w.fake.Sent("bot/zhang")) > 0 })
		w.stop()
		w.start()
		got := w.words("zhang", "判断依据")
		if !w.long && got.Type != "stream" {
			w.Errorf("the answer is a %s", got.Type)
		}
		if w.long {
			w.words("zhang", "查到后另发一条消息") // said before the end: no stream may spin
		}
		w.quiet()
		w.fine()
	})
}

// TestRestartAfterAnswer: the answer was in the store and nobody had polled it.
func TestRestartAfterAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false, wecomtest.Config{Poll: time.Hour}, func(c *Channel) { c.timing.send = 200 * time.Millisecond })
	d := w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行")
	w.delivered(d)
	w.until("it is answered", func() bool {
		_, answered, _, err := w.db.Reply(w.Context(), "aibot:zhang", d.ID)
		return err == nil && answered
	})
	w.stop()
	w.start()
	reply := ""
	w.until("a poll gets the answer", func() bool {
		reply = string(w.fake.PollUnknown(t.Context(), "zhang", streamOf(d.ID)))
		return strings.Contains(reply, `"finish":true`)
	})
	if !strings.Contains(reply, "判断依据") {
		t.Errorf("a poll gets %s", reply)
	}
	w.quiet()
	if n := len(w.pushes("zhang")); n > 0 {
		t.Errorf("what a poll has shown is pushed as well, %d times", n)
	}
	for _, id := range []string{"", "x", streamOf("unheard of"), streamPrefix + "*", refusalPrefix + "1"} {
		if reply := string(w.fake.PollUnknown(t.Context(), "zhang", id)); !strings.Contains(reply, "再问一次") || !strings.Contains(reply, `"finish":true`) {
			t.Errorf("a poll for %q gets %s", id, reply)
		}
	}
	if reply := string(w.fake.PollUnknown(t.Context(), "li", streamOf(d.ID))); strings.Contains(reply, "判断依据") {
		t.Error("somebody else gets the answer")
	}
}

// intrude subscribes in the bot's place, as a second program does.
func (w *world) intrude() (leave func()) {
	w.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(w.Context(), w.fake.SocketURL(), nil)
	if err != nil {
		w.Fatal(err)
	}
	f := w.fake.Config()
	err = conn.WriteJSON(map[string]any{"cmd": cmdSubscribe, "headers": headers{"1"}, "body": map[string]string{"bot_id": f.BotID, "secret": f.BotSecret}})
	if err != nil {
		w.Fatal(err)
	}
	_, _, err = conn.ReadMessage()
	if err != nil {
		w.Fatal(err)
	}
	return func() { conn.Close() }
}

// TestKicked: another program with the same secret takes our place. The bot says
// so, stays away, comes back once, and after the second time stays away longer.
func TestKicked(t *testing.T) {
	t.Parallel()
	for _, softly := range []bool{false, true} {
		w := newWorld(t, true, wecomtest.Config{}, nil)
		w.fake.KickSoftly(softly)
		leave := w.intrude()
		w.until("the bot notices", func() bool {
			err := w.channel.Well(t.Context())
			return err != nil && strings.Contains(err.Error(), "stop one of the two")
		})
		if got := w.fake.Counters().Requests[cmdSubscribe]; got != 2 {
			t.Errorf("it fights: %d subscriptions", got)
		}
		w.until("it comes back", func() bool { return w.channel.Well(t.Context()) == nil })
		leave()
		leave = w.intrude()
		w.until("the bot notices again", func() bool { return w.channel.Well(t.Context()) != nil })
		time.Sleep(2 * hasty.kicked)
		if w.channel.Well(t.Context()) == nil {
			t.Error("it comes back as soon as the first time: two that do so fight for ever")
		}
		leave()
		w.until("it comes back in the end", func() bool { return w.channel.Well(t.Context()) == nil })
		w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
		w.words("zhang", "判断依据")
		w.stop()
	}
}

// TestHalfAlive: a connection that acknowledges pings and nothing else is
// noticed by the first answer, which is pushed over the next one.
func TestHalfAlive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true, wecomtest.Config{}, func(c *Channel) {
		c.config.Window, c.timing.send, c.timing.ack = 200*time.Millisecond, 600*time.Millisecond, 300*time.Millisecond
	})
	w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
	w.until("the stream begins", func() bool { return len(w.fake.Sent("bot/zhang")) > 0 })
	old := w.fake.Live()
	old.HalfAlive()
	w.until("another connection", func() bool { return w.fake.Live() != nil && w.fake.Live() != old })
	w.clock.Advance(time.Hour) // the loop waits after an unknown outcome
	w.until("the answer is pushed", func() bool { return len(w.pushes("zhang")) == 1 })
}

// TestHalfOpen: nothing is heard any more, not even the answer to a ping.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true, wecomtest.Config{}, func(c *Channel) { c.timing.ack = 200 * time.Millisecond })
	old := w.fake.Live()
	old.HalfOpen()
	w.until("another connection", func() bool { return w.fake.Live() != nil && w.fake.Live() != old })
	w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
	w.words("zhang", "判断依据")
}

// TestIdle: a connection that has brought nothing for long is replaced, because
// one that only looks alive cannot be told from it.
func TestIdle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true, wecomtest.Config{}, nil)
	old := w.fake.Live()
	w.clock.Advance(31 * time.Minute)
	w.until("another connection", func() bool { return w.fake.Live() != nil && w.fake.Live() != old })
	if n := w.fake.Counters().Requests[cmdSubscribe]; n != 2 {
		t.Errorf("%d subscriptions", n)
	}
}

// TestBrokenMidStream: the connection dies under a stream; its req_id is dead on
// the next one, so the answer is pushed.
func TestBrokenMidStream(t *testing.T) {
	t.Parallel()
	for _, code := range []int{websocket.CloseAbnormalClosure, websocket.CloseGoingAway} {
		w := newWorld(t, true, wecomtest.Config{}, func(c *Channel) { c.config.Window = 200 * time.Millisecond })
		w.delivered(w.fake.Ask("wrg1", "zhang", "商户刷卡显示61，换卡也不行"))
		w.until("the stream begins", func() bool { return len(w.fake.Sent("bot/wrg1")) > 0 })
		w.fake.Live().Close(code)
		w.until("the answer is pushed", func() bool { return len(w.pushes("wrg1")) == 1 })
		w.quiet()
		w.stop()
	}
}

// TestLostAcknowledgement: WeCom has shown the last frame, and its
// acknowledgement got lost. Repeating it changes nothing.
func TestLostAcknowledgement(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true, wecomtest.Config{}, func(c *Channel) {
		c.config.Window, c.timing.send, c.timing.ack = 200*time.Millisecond, 600*time.Millisecond, 300*time.Millisecond
	})
	w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
	w.until("the stream begins", func() bool { return len(w.fake.Sent("bot/zhang")) > 0 })
	w.fake.Fail(wecomtest.Fault{On: cmdRespond, Stored: true, Mute: true})
	w.words("zhang", "判断依据")
	w.quiet()
	if n := len(w.pushes("zhang")); n != 0 {
		t.Errorf("it is pushed as well")
	}
	w.fine()
}

// TestWrongSecret: nobody but the operator can mend it, so Well says what to do,
// and it is not tried again soon.
func TestWrongSecret(t *testing.T) {
	t.Parallel()
	fake := wecomtest.New(t, wecomtest.Config{})
	f := fake.Config()
	a, err := New(Config{BotID: f.BotID, Secret: "guess", URL: fake.SocketURL(), Journal: silentJournal{}, Bot: realBot()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	a.timing = hasty
	a.timing.banished = time.Hour
	go func() { ended <- a.Run(ctx, &failingInbox{}) }()
	defer func() { cancel(); <-ended }()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(5 * time.Millisecond) {
		if err = a.Well(ctx); err != nil && strings.Contains(err.Error(), "853000") {
			break
		}
	}
	time.Sleep(100 * time.Millisecond)
	if n := fake.Counters().Requests[cmdSubscribe]; n != 1 {
		t.Errorf("%d subscriptions", n)
	}
	if err == nil || !strings.Contains(err.Error(), "853000") || !strings.Contains(err.Error(), "智能机器人") {
		t.Errorf("Well says %v", err)
	}
	if strings.Contains(err.Error(), "guess") {
		t.Error("the secret is in the error")
	}
}

// begun is a world of the long connection with one stream that was begun.
func begun(t *testing.T, chat string, tweak func(*Channel)) *world {
	w := newWorld(t, true, wecomtest.Config{}, tweak)
	w.delivered(w.fake.Ask(chat, "zhang", "商户刷卡显示61，换卡也不行"))
	w.until("the stream begins", func() bool { return len(w.fake.Sent("bot/"+chat)) > 0 })
	return w
}

// TestClosingIsRetried: the frame that ends a stream has to wait, and is tried
// again until WeCom takes it.
func TestClosingIsRetried(t *testing.T) {
	t.Parallel()
	w := begun(t, "zhang", func(c *Channel) { c.config.Window, c.timing.life = time.Hour, 200*time.Millisecond })
	w.fake.Fail(wecomtest.Fault{On: cmdRespond, Code: 45033, Times: 2})
	w.words("zhang", "查到后另发一条消息")
}

// TestRefusedAnswer: what WeCom refuses with a card is shown without it; what it
// refuses without one, as a message of its own.
func TestRefusedAnswer(t *testing.T) {
	t.Parallel()
	for times, pushed := range map[int]int{1: 0, 2: 1} {
		w := begun(t, "wrg1", func(c *Channel) { c.config.Window = 200 * time.Millisecond })
		w.fake.Fail(wecomtest.Fault{On: cmdRespond, Code: 40008, Times: times})
		got := w.words("wrg1", "判断依据")
		w.quiet()
		if n := len(w.pushes("wrg1")); n != pushed {
			t.Errorf("refused %d times, it is pushed %d times", times, n)
		}
		if pushed > 0 {
			if !strings.HasPrefix(got.Text, "回复 zhang：") {
				t.Errorf("it does not say whom it answers: %s", got.Text)
			}
			w.words("wrg1", "回答在另一条消息里")
		}
		w.stop()
	}
}

// TestBrokenAfterLastFrame: WeCom has shown the answer, and the connection broke
// before it said so. What is pushed then says that it may be seen twice.
func TestBrokenAfterLastFrame(t *testing.T) {
	t.Parallel()
	w := begun(t, "zhang", func(c *Channel) { c.config.Window, c.timing.send = 200*time.Millisecond, 600*time.Millisecond })
	w.fake.Fail(wecomtest.Fault{On: cmdRespond, Stored: true, Cut: true})
	w.until("the answer is pushed", func() bool { return len(w.pushes("zhang")) == 1 })
	if got := w.pushes("zhang")[0].Text; !strings.HasPrefix(got, "（若上面已看到") {
		t.Errorf("pushed is %s", got)
	}
}

// TestStopBeforeTurn: the program ends while an answer waits for its turn.
func TestStopBeforeTurn(t *testing.T) {
	t.Parallel()
	w := begun(t, "zhang", func(c *Channel) {
		c.config.Window = 100 * time.Millisecond
		c.pace = wecom.NewPace(nil, wecom.Limit{N: 3, Per: time.Minute})
	})
	w.until("the answer waits", func() bool { return len(w.channel.open.pending(finishing)) == 1 })
	w.stop()
	w.words("zhang", "查到后另发一条消息")
}
