package kf

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/wecom/wecomtest"
)

// This file has a test for each way in which other bots are known to lose or to
// double what a customer of 微信客服 says.

// TestFirstQuestion: the first callback of all carries a question; it is not
// there to find out where to begin.
func TestFirstQuestion(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "刷卡显示61")
	if got := w.answered(lily, 1); !strings.Contains(got.Text, "限额") {
		t.Errorf("the first question is answered by %q", got.Text)
	}
}

// TestNoHistory: what was said before the bot was there is not answered, but
// for the last minutes; what a person has seen to is not, either.
func TestNoHistory(t *testing.T) {
	w := prepare(t, nil)
	w.CallBack("", "", "")
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	const old, served, recent = "wmOLD", "wmSERVED", "wmRECENT"
	w.Say(account, old, "两天前显示61")
	w.clock.Advance(24 * time.Hour)
	w.Say(account, served, "显示61")
	w.Speak(account, served, "mei", "我来处理")
	w.Say(account, recent, "61")
	w.Say(account, recent, "换卡也不行")
	w.clock.Advance(time.Minute)
	w.start()
	w.answered(recent, 1)
	w.quiet()
	w.CallBack(w.server.URL+"/wecom/kf", "", "")
	w.ForgetCursors(true) // and all of it is handed out again
	w.clock.Advance(time.Hour)
	w.say(recent, "显示51")
	w.answered(recent, 2)
	w.quiet()
	for _, who := range []string{old, served} {
		if got := w.Sent(of(who)); len(got) > 0 {
			t.Errorf("to %s the bot says %q", who, got[0].Text)
		}
	}
	if !strings.Contains(w.log.String(), "history=1") {
		t.Error("what was passed over is not counted")
	}
}

// TestRestartRepeatsNothing: how far was read survives the process.
func TestRestartRepeatsNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "刷卡显示61")
	w.answered(lily, 1)
	w.quiet()
	for range 2 {
		w.stop()
		w.start()
		w.say(ming, "显示51")
		w.quiet()
	}
	w.answered(lily, 1)
	w.answered(ming, 2)
	if n := strings.Count(w.log.String(), "reading from the beginning"); n != 1 {
		t.Errorf("all that WeCom has was read %d times, want once, before the first question", n)
	}
}

// TestSaidWhileDown: what is said while the bot is away is answered once it is
// back, without a callback: those were all lost.
func TestSaidWhileDown(t *testing.T) {
	w := newWorld(t, nil)
	w.say(ming, "你好")
	w.quiet()
	w.stop()
	w.mu.Lock()
	w.channel = nil
	w.mu.Unlock()
	w.Say(account, lily, "刷卡显示61").Wait(t.Context())
	w.clock.Advance(20 * time.Hour)
	w.Fail(wecomtest.Fault{On: "kf/account/list", Code: 48002, Times: -1}) // what is known suffices
	w.start()
	w.answered(lily, 1)
}

// TestSeenTo: what a person has seen to while the bot was away is not answered
// again.
func TestSeenTo(t *testing.T) {
	w := newWorld(t, nil)
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.say(ming, "你好")
	w.quiet()
	release := w.HoldCallbacks()
	w.Say(account, lily, "刷卡显示61")
	w.Speak(account, lily, "mei", "换张卡就好")
	w.End(account, lily)
	release()
	if got := w.answered(lily, 1); !strings.Contains(got.Text, "已结束") {
		t.Errorf("after a person has ended the bot says %q", got.Text)
	}
	w.quiet()
	w.answered(lily, 1)
	w.noDeadLetters() // nothing was even tried
	w.say(lily, "刷卡显示51")
	w.answered(lily, 2)
}

// TestEveryPage: a backlog of more than a page, of many customers among each
// other, with empty pages that say that there is more: everybody is answered,
// once.
func TestEveryPage(t *testing.T) {
	w := newWorld(t, nil)
	w.say(ming, "你好")
	w.quiet()
	w.stop()
	w.CallBack("", "", "")
	const customers = 40
	for i := range 1100 {
		w.Say(account, fmt.Sprint("wm", i%customers), fmt.Sprint("第", i, "次显示61"))
	}
	w.SetPages(0, 3, 0)
	w.CallBack(w.server.URL+"/wecom/kf", "", "")
	w.start()
	w.until("all are answered", func() bool { return len(w.Unanswered()) == 0 })
	w.quiet()
	for i := range customers {
		who := fmt.Sprint("wm", i)
		if got := w.Sent(of(who)); len(got) == 0 {
			t.Errorf("%s is not answered", who)
		}
		events, err := w.db.Events(t.Context(), Name+":"+account+"/"+who, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		heard := 0
		for _, e := range events {
			if e.Role == bot.Merchant {
				heard++
			}
		}
		if heard != (1100-i+customers-1)/customers {
			t.Errorf("of %s %d messages are kept", who, heard)
		}
	}
}

// TestSmallPages: pages of two that begin with the last item of the one before.
func TestSmallPages(t *testing.T) {
	w := newWorld(t, nil)
	w.say(ming, "你好")
	w.quiet()
	w.SetPages(2, 1, 1)
	release := w.HoldCallbacks()
	for i := range 7 {
		w.Say(account, fmt.Sprint("wm", i), "显示61")
	}
	release()
	for i := range 7 {
		w.answered(fmt.Sprint("wm", i), 1)
	}
	w.quiet()
	for i := range 7 {
		w.answered(fmt.Sprint("wm", i), 1)
	}
}

// TestSameAgain: WeCom hands a message out again under its id: no second answer.
// A customer who says the same again gets one.
func TestSameAgain(t *testing.T) {
	w := newWorld(t, nil)
	id := w.say(lily, "61")
	w.answered(lily, 1)
	for range 3 {
		w.acknowledged(w.RepeatItem(account, id))
	}
	w.quiet()
	w.answered(lily, 1)
	w.say(lily, "61")
	w.answered(lily, 2)
}

// TestCallbacks: doubled, parallel, reordered, lost, a burst of 50.
func TestCallbacks(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Poll = 200 * time.Millisecond })
	w.ParallelRetries(true)
	w.DoubleCallbacks(2)
	w.say(lily, "显示61")
	w.answered(lily, 1)
	w.ParallelRetries(false)
	release := w.HoldCallbacks()
	w.Say(account, lily, "换卡也不行")
	w.Say(account, ming, "显示51")
	w.Announce(account, 50)
	release()
	w.answered(lily, 2)
	w.answered(ming, 1)
	w.LoseCallbacks(1)
	w.Say(account, ming, "那55呢")
	w.answered(ming, 2)
	w.quiet()
	w.answered(lily, 2)
}

// TestAcknowledgedBeforePulling: WeCom waits for the acknowledgement, not for
// the pull.
func TestAcknowledgedBeforePulling(t *testing.T) {
	w := newWorld(t, nil)
	w.say(ming, "你好")
	w.quiet()
	w.Fail(wecomtest.Fault{On: "kf/sync_msg", Stored: true, Delay: 2 * time.Second})
	ack := w.Say(account, lily, "显示61").Wait(t.Context())
	if !ack.Acknowledged || ack.Slowest > time.Second {
		t.Errorf("while pulling takes long: %+v", ack)
	}
	w.answered(lily, 1)
}

// TestServicersWords: what a person says is nobody's question, and silences the
// bot until the person ends.
func TestServicersWords(t *testing.T) {
	w := newWorld(t, nil)
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.say(lily, "显示61")
	w.answered(lily, 1)
	w.acknowledged(w.Speak(account, lily, "mei", "您好,刷卡显示51也是我来看"))
	w.untilState(lily, bot.WithAgent)
	w.say(lily, "那刷卡显示65呢")
	w.quiet()
	w.answered(lily, 1)
	if n := len(w.Calls("kf/send_msg")); n != 1 {
		t.Errorf("%d messages were tried while a person serves", n-1)
	}
	events, err := w.db.Events(t.Context(), Name+":"+account+"/"+lily, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Role == bot.Merchant && strings.Contains(e.Text.String(), "我来看") {
			t.Error("a servicer's words are kept as the customer's")
		}
	}
	w.noDeadLetters()
}

// TestPictures: one clear sentence a burst for what cannot be read, nothing for
// a sticker; and no name, place or media id is kept.
func TestPictures(t *testing.T) {
	w := newWorld(t, nil)
	w.say(ming, "你好")
	w.quiet()
	release := w.HoldCallbacks()
	w.Image(account, lily)
	w.Image(account, lily)
	w.Voice(account, lily)
	release()
	if got := w.answered(lily, 1); !strings.Contains(got.Text, "看不了图片") {
		t.Errorf("a picture is answered by %q", got.Text)
	}
	w.acknowledged(w.File(account, lily))
	w.acknowledged(w.Send(account, lily, "sticker", map[string]any{"media_id": "x"}))
	w.quiet()
	w.answered(lily, 1)
	w.clock.Advance(time.Minute)
	w.acknowledged(w.Location(account, lily))
	if got := w.answered(lily, 2); !strings.Contains(got.Text, "位置") {
		t.Errorf("a place is answered by %q", got.Text)
	}
	events, err := w.db.Events(t.Context(), Name+":"+account+"/"+lily, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if strings.Contains(e.Text.String(), "长安街") || strings.Contains(e.Text.String(), "media") {
			t.Errorf("kept is %q", e.Text.String())
		}
	}
}

// TestBurst: three lines are one thought, and one message answers it.
func TestBurst(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Window = 600 * time.Millisecond })
	for _, line := range []string{"61", "刷不了", "换了张建行的卡也不行"} {
		w.say(lily, line)
		time.Sleep(50 * time.Millisecond)
	}
	if got := w.answered(lily, 1); !strings.Contains(got.Text, "几家银行的卡都这样") {
		t.Errorf("a thought in three lines is answered by %q", got.Text)
	}
	w.quiet()
	w.answered(lily, 1)
	if s := w.Session(account, lily); s.Quota != 4 {
		t.Errorf("one answer takes %d of the five messages", 5-s.Quota)
	}
}

// TestTokens: an access token that is refused before its time is thrown away; a
// secret that is refused for a while stops nothing for good.
func TestTokens(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "显示61")
	w.answered(lily, 1)
	for i, code := range []int{40001, 40014, 42001} {
		w.Fail(wecomtest.Fault{On: "kf/sync_msg", Code: code})
		w.Fail(wecomtest.Fault{On: "kf/send_msg", Code: code})
		w.say(lily, fmt.Sprint("第", i, "次显示51"))
		w.answered(lily, i+2)
	}
}

// TestModeOfPeople (95018): the account gives its sessions to people. The bot
// sees that before it speaks, and keeps silent from then on.
func TestModeOfPeople(t *testing.T) {
	w := newWorld(t, nil)
	w.say(ming, "你好")
	w.answered(ming, 1)
	w.quiet()
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.AddAccount(wecomtest.Account{ID: account, Name: "61 客服", People: true})
	w.say(lily, "显示61")
	w.untilState(lily, bot.WithAgent)
	w.say(lily, "有人吗")
	w.quiet()
	if n := len(w.Calls("kf/send_msg")) - 1 + len(w.Sent(of(lily))); n != 0 {
		t.Errorf("%d messages were tried while people serve", n)
	}
	w.acknowledged(w.End(account, lily))
	w.answered(lily, 1) // the closing words
}
