package kf

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/wecom"
	"decline61/bot/wecom/wecomtest"
)

// TestCursorLost: WeCom forgets how far we have read, loudly or quietly.
func TestCursorLost(t *testing.T) {
	for _, quietly := range []bool{false, true} {
		t.Run(fmt.Sprint("quietly ", quietly), func(t *testing.T) {
			w := newWorld(t, nil)
			w.say(lily, "显示61")
			w.answered(lily, 1)
			w.quiet()
			w.clock.Advance(time.Hour)
			w.say(lily, "换卡也不行")
			w.answered(lily, 2)
			w.quiet()
			w.ForgetCursors(quietly)
			w.say(ming, "显示51")
			w.answered(ming, 1)
			w.quiet()
			w.answered(lily, 2)
		})
	}
}

// TestOldCallback: a callback whose token has run out is as good as none; what
// it rang for is pulled all the same.
func TestOldCallback(t *testing.T) {
	w := newWorld(t, nil)
	w.say(ming, "你好")
	w.quiet()
	release := w.HoldCallbacks()
	w.Say(account, lily, "显示61")
	w.clock.Advance(11 * time.Minute)
	release()
	w.answered(lily, 1)
	w.Fail(wecomtest.Fault{On: "kf/sync_msg", Code: 95007})
	w.say(lily, "显示51")
	w.answered(lily, 2)
	if strings.Contains(w.log.String(), "pulling failed") {
		t.Error("a token that has run out is taken for a failure")
	}
}

// TestPullingFails: busy, broken, too fast: everything comes in the end, in
// order.
func TestPullingFails(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "显示61")
	w.answered(lily, 1)
	for i, f := range []wecomtest.Fault{{Code: -1, Times: 3}, {Cut: true}, {Status: 502}, {Stored: true, Cut: true}} {
		f.On = "kf/sync_msg"
		w.Fail(f)
		w.say(lily, fmt.Sprint("第", i, "次显示51"))
		w.answered(lily, i+2)
	}
}

// TestSendingFails: whatever becomes of the first try, one answer is seen. The
// code for a repeated msgid is not documented.
func TestSendingFails(t *testing.T) {
	for _, f := range []wecomtest.Fault{
		{Cut: true}, {Stored: true, Cut: true}, {Stored: true, Status: 502}, {Code: -1}, {Stored: true, Code: -1}, {Code: 95018},
	} {
		t.Run(fmt.Sprintf("%+v", f), func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.Timeout = 200 * time.Millisecond })
			f.On = "kf/send_msg"
			w.Fail(f)
			w.say(lily, "显示61")
			w.answered(lily, 1)
			w.quiet()
			w.answered(lily, 1)
			w.noDeadLetters()
		})
	}
}

// TestRepeated: a refusal that may be one of a msgid that WeCom has already is
// told from those that are not.
func TestRepeated(t *testing.T) {
	for code, want := range map[int]bool{
		40058: true, 95099: true, 41002: true, // not documented, or for this
		40008: false, 44004: false, 45002: false, 95000: false, 95003: false, 95009: false,
		95001: false, 95002: false, 95013: false, 95018: false, 45009: false, 42001: false, 48002: false, -1: false,
	} {
		if got := repeated(wecom.Refusal("kf/send_msg", code, "")); got != want {
			t.Errorf("code %d: %v", code, got)
		}
	}
	if repeated(errors.New("broken")) || repeated(&wecom.Error{Class: bot.Never}) {
		t.Error("an error without a code is taken for a repeated msgid")
	}
}

// TestPersonForgets: a session that a person has let end by itself, of which
// WeCom tells nobody, is the bot's again with the customer's next message.
func TestPersonForgets(t *testing.T) {
	w := newWorld(t, nil)
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.say(lily, "转人工")
	w.answered(lily, 2)
	w.untilState(lily, bot.WithAgent)
	w.quiet() // or what is being sent grows two days old
	w.clock.Advance(49 * time.Hour)
	w.say(lily, "刷卡显示61")
	if got := w.answered(lily, 3); !strings.Contains(got.Text, "限额") {
		t.Errorf("after two days the bot says %q", got.Text)
	}
}

// TestTakenOver: a servicer takes a customer over in the client while the
// answer waits to be sent.
func TestTakenOver(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Window = time.Second })
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.say(lily, "刷卡显示61")
	w.acknowledged(w.TakeOver(account, lily, "mei"))
	w.untilState(lily, bot.WithAgent)
	w.quiet()
	if got := w.Sent(of(lily)); len(got) > 0 {
		t.Errorf("over a person the bot says %q", got[0].Text)
	}
}

// TestRecall: a message that is taken back before its answer gets none.
func TestRecall(t *testing.T) {
	t.Run("before it is pulled", func(t *testing.T) {
		w := newWorld(t, nil)
		w.say(ming, "你好")
		w.quiet()
		release := w.HoldCallbacks()
		id := w.Say(account, lily, "卡上的名字是王小明").ID
		w.Recall(account, lily, id)
		release()
		w.quiet()
		if got := w.Sent(of(lily)); len(got) > 0 {
			t.Errorf("a message that was taken back is answered by %q", got[0].Text)
		}
		if c := w.conversation(lily); c.ID != "" {
			t.Error("a message that was taken back is kept")
		}
	})
	t.Run("within the window", func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Window = 600 * time.Millisecond })
		id := w.say(lily, "刷卡显示61")
		w.until("it is kept", func() bool { return w.conversation(lily).ID != "" })
		w.acknowledged(w.Recall(account, lily, id))
		time.Sleep(700 * time.Millisecond)
		w.quiet()
		if got := w.Sent(of(lily)); len(got) > 0 {
			t.Errorf("a message that was taken back is answered by %q", got[0].Text)
		}
		w.say(lily, "刷卡显示51")
		w.answered(lily, 1)
	})
}

// TestQuota: five messages of agents on our own console and no sixth; the
// customer's next one lets it through.
func TestQuota(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "刷卡显示61")
	w.answered(lily, 1)
	for i := range 5 {
		_, err := w.loop.Receive(t.Context(), bot.Delivery{Channel: Name, Window: -1, Messages: []bot.Message{{
			ID: fmt.Sprint("a", i), From: thread{account, lily}.address(), Role: bot.Agent, Text: mask.Of(fmt.Sprint("客服的第", i, "句")),
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.until("four are shown", func() bool { return len(w.Sent(of(lily))) == 5 })
	time.Sleep(100 * time.Millisecond)
	w.answered(lily, 5)
	w.say(lily, "好的")
	w.answered(lily, 6)
}

// TestSendFail: what WeCom finds out later is told to the operator: what it
// was, of whom, and why.
func TestSendFail(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "刷卡显示61")
	sent := w.answered(lily, 1)
	w.acknowledged(w.FailSend(account, lily, sent.ID, 13))
	w.until("the log", func() bool { return strings.Contains(w.log.String(), "could not show") })
	if s, err := w.db.Stats(t.Context(), w.clock.Now()); err != nil || s.Failed != 1 {
		t.Errorf("it counts as shown: %+v, %v", s, err)
	}
	line := w.log.String()[strings.Index(w.log.String(), "could not show"):]
	for _, part := range []string{thread{account, lily}.nickname(), "what=answer", sent.ID, "安全限制"} {
		if !strings.Contains(line, part) {
			t.Errorf("the log lacks %q: %s", part, line)
		}
	}
}

// TestMasked: card numbers and names of terminals.
func TestMasked(t *testing.T) {
	w := newWorld(t, nil)
	w.acknowledged(w.Open(account, lily, "pos61", "6222021234567890128"))
	w.answered(lily, 1)
	w.say(lily, "卡号 4111111111111111 显示61")
	w.answered(lily, 2)
	s, err := w.now().standing(t.Context(), thread{account, lily})
	if err != nil || s.Terminal != "" || s.Scene != "pos61" {
		t.Errorf("the hint of the link is %+v (%v)", s, err)
	}
	events, err := w.db.Events(t.Context(), Name+":"+account+"/"+lily, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if strings.Contains(e.Text.String(), "411111111111") {
			t.Errorf("kept is %q", e.Text.String())
		}
	}
}

// TestLateWelcome: after 20 s there is nothing to say it by.
func TestLateWelcome(t *testing.T) {
	w := newWorld(t, nil)
	w.say(ming, "你好")
	w.quiet()
	release := w.HoldCallbacks()
	w.Open(account, lily, "", "")
	w.clock.Advance(2 * time.Minute)
	release()
	w.quiet()
	if n := len(w.Calls("kf/send_msg_on_event")); n > 0 {
		t.Errorf("a late welcome was tried %d times", n)
	}
	w.say(lily, "菜单")
	if got := w.answered(lily, 1); got.Type != "msgmenu" || !strings.Contains(got.Text, "服务时间") {
		t.Errorf("the menu is %+v", got)
	}
	w.tap(lily, "服务时间")
	if got := w.answered(lily, 2); !strings.Contains(got.Text, "全天") {
		t.Errorf("the hours are %q", got.Text)
	}
}

// TestOtherAccounts: all accounts of the company that are managed by the API
// are pulled at the start, and new ones with their first callback.
func TestOtherAccounts(t *testing.T) {
	w := prepare(t, nil)
	w.AddAccount(wecomtest.Account{ID: "wkTWO", Name: "二"})
	w.AddAccount(wecomtest.Account{ID: "wkOFF", Name: "三", Unmanaged: true})
	w.CallBack("", "", "")
	w.Say("wkTWO", lily, "刷卡显示61")
	w.CallBack(w.server.URL+"/wecom/kf", "", "")
	w.start()
	w.until("the second account is answered", func() bool { return len(w.Sent("kf/wkTWO/"+lily)) == 1 })
	w.AddAccount(wecomtest.Account{ID: "wkNEW", Name: "四"})
	w.acknowledged(w.Say("wkNEW", lily, "刷卡显示61"))
	w.until("the new account is answered", func() bool { return len(w.Sent("kf/wkNEW/"+lily)) == 1 })
	if known, err := w.db.Cursor(t.Context(), Name, accountsCursor); err != nil || !strings.Contains(known, "wkNEW") || strings.Contains(known, "wkOFF") {
		t.Errorf("the accounts are %q (%v)", known, err)
	}
}

// dying is a store whose process dies at its nth write: before it is done, or
// right behind it. Nothing that comes later happens.
type dying struct {
	bot.Store
	mu     sync.Mutex
	n      int
	after  bool
	dead   bool
	writes int
}

var errDead = errors.New("the process is dead")

// write does f unless the process is dead by then.
func (d *dying) write(f func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return errDead
	}
	d.writes++
	if d.writes == d.n {
		d.dead = true
		if d.after {
			_ = f() // nobody hears of it
		}
		return errDead
	}
	return f()
}

func (d *dying) Receive(ctx context.Context, now time.Time, v bot.Delivery) (got []bot.Received, err error) {
	err = d.write(func() (err error) { got, err = d.Store.Receive(ctx, now, v); return err })
	return got, err
}

func (d *dying) Commit(ctx context.Context, now time.Time, t *bot.Task, r bot.Result) error {
	err := d.write(func() error { return d.Store.Commit(ctx, now, t, r) })
	if errors.Is(err, errDead) {
		_ = d.Store.Commit(ctx, now, t, bot.Result{Again: now, Why: "dead"}) // or the task would be held for ever
	}
	return err
}

func (d *dying) Sent(ctx context.Context, now time.Time, o bot.Outgoing, f bot.Fate) error {
	err := d.write(func() error { return d.Store.Sent(ctx, now, o, f) })
	if errors.Is(err, errDead) {
		return nil // nobody is there to try again
	}
	return err
}

func (d *dying) isDead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

// TestDeath: the process dies at each of its writes, before and behind it, in a
// conversation with a handover. After a restart everything is answered, and
// nothing twice.
func TestDeath(t *testing.T) {
	for n := 1; n <= 12; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint("write ", n, " done ", after), func(t *testing.T) {
				w := prepare(t, func(c *Config) {
					c.Timeout, c.Poll, c.Window = 100*time.Millisecond, 50*time.Millisecond, 10*time.Millisecond
				})
				w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
				d := &dying{n: n, after: after}
				w.wrap = func(s bot.Store) bot.Store { d.Store = s; return d }
				w.start()
				go w.Say(account, lily, "刷卡显示61").Wait(t.Context())
				w.until("death, or an answer", func() bool { return d.isDead() || len(w.Sent(of(lily))) > 0 })
				go w.Say(account, lily, "转人工").Wait(t.Context())
				w.until("death, or a person", func() bool {
					return d.isDead() || w.Session(account, lily).State == wecomtest.Served
				})
				w.stop()
				w.wrap = nil
				w.clock.Advance(time.Minute) // what was being sent is given again
				w.start()
				w.until("a person", func() bool { return w.Session(account, lily).State == wecomtest.Served })
				w.untilState(lily, bot.WithAgent)
				w.until("everything is sent", func() bool {
					s, err := w.db.Stats(t.Context(), time.Now())
					return err == nil && s.Unanswered == 0 && s.Unsent == 0
				})
				count := map[string]int{}
				for _, s := range w.Sent(of(lily)) {
					count[s.ID]++
				}
				for id, n := range count {
					if n > 1 {
						t.Errorf("message %s is shown %d times", id, n)
					}
				}
			})
		}
	}
}
