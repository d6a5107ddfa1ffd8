package kf

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/wecom/wecomtest"
	"decline61/kb"
)

// stumbling is a store that refuses some deliveries.
type stumbling struct {
	bot.Store
	mu     sync.Mutex
	refuse func(bot.Delivery) bool // nil is none
	n      int
}

func (s *stumbling) Receive(ctx context.Context, now time.Time, d bot.Delivery) ([]bot.Received, error) {
	s.mu.Lock()
	no := s.refuse != nil && s.refuse(d)
	if no {
		s.n++
	}
	s.mu.Unlock()
	if no {
		return nil, bot.ErrBusy
	}
	return s.Store.Receive(ctx, now, d)
}

// twice makes the store refuse the next page with messages two times.
func (s *stumbling) twice() {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := 2
	s.refuse = func(d bot.Delivery) bool {
		if left == 0 || len(d.Messages) == 0 || !strings.HasPrefix(d.CursorName, syncCursor) {
			return false
		}
		left--
		return true
	}
}

func newStumbling(t *testing.T, tweak func(*Config)) (*world, *stumbling) {
	t.Helper()
	w := prepare(t, tweak)
	s := &stumbling{}
	w.wrap = func(db bot.Store) bot.Store { s.Store = db; return s }
	w.start()
	return w, s
}

// TestEndNotKept: that a person's session has ended is found out with the
// customer's next message; the page with both is kept only at a later try.
func TestEndNotKept(t *testing.T) {
	w, s := newStumbling(t, nil)
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.say(lily, "转人工")
	w.answered(lily, 2)
	w.untilState(lily, bot.WithAgent)
	w.quiet()
	w.clock.Advance(49 * time.Hour)
	s.twice()
	w.say(lily, "刷卡显示61")
	if got := w.answered(lily, 3); !strings.Contains(got.Text, "限额") {
		t.Errorf("the bot says %q", got.Text)
	}
}

// TestPictureNotKept: a picture whose page is kept only at a later try is
// answered all the same.
func TestPictureNotKept(t *testing.T) {
	w, s := newStumbling(t, nil)
	w.say(ming, "你好")
	w.quiet()
	s.twice()
	w.acknowledged(w.Image(account, lily))
	if got := w.answered(lily, 1); !strings.Contains(got.Text, "看不了图片") {
		t.Errorf("the bot says %q", got.Text)
	}
}

// TestPictureWaits: a picture among lines does not end the wait for the rest.
func TestPictureWaits(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Window = 1200 * time.Millisecond })
	w.say(lily, "61")
	w.until("the line is kept", func() bool { return w.conversation(lily).ID != "" })
	w.acknowledged(w.Image(account, lily))
	time.Sleep(200 * time.Millisecond)
	w.say(lily, "换了张建行的卡也不行")
	w.until("an answer", func() bool { return len(w.Sent(of(lily))) > 1 })
	w.quiet()
	n := 0
	for _, s := range w.Sent(of(lily)) {
		if s.Type == "msgmenu" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("one thought with a picture in it is answered by %d menus", n)
	}
}

// TestOutageSpendsNothing: a message that is tried often is one of the five.
func TestOutageSpendsNothing(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Timeout = 50 * time.Millisecond })
	c, th := w.now(), thread{account, lily}
	w.say(lily, "刷卡显示61")
	w.answered(lily, 1)
	w.quiet()
	w.Fail(wecomtest.Fault{On: "kf/send_msg", Code: -1, Times: 7})
	for i := range 8 {
		_, err := c.post(t.Context(), th, textMessage("again", "一样"), i > 0)
		var e *bot.SendError
		if i < 7 && (!errors.As(err, &e) || e.Class != bot.MayHaveArrived) || i == 7 && err != nil {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if n := c.quota.left(th); n != 3 {
		t.Errorf("%d messages are left, want 3", n)
	}
}

// TestHandoverWithoutQuota: with all five messages used a person comes all the
// same, and the customer is told by the code of the transfer.
func TestHandoverWithoutQuota(t *testing.T) {
	w := newWorld(t, nil)
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.Fail(wecomtest.Fault{On: "kf/send_msg", Code: 95001})
	w.say(lily, "转人工")
	if got := w.answered(lily, 1); !strings.Contains(got.Text, "已转接") {
		t.Errorf("the customer is told %q", got.Text)
	}
	w.untilState(lily, bot.WithAgent)
	w.noDeadLetters()
}

func (w *world) untilHanded(n int) Handed {
	w.Helper()
	var h Handed
	w.until("the staff is told", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.handed) >= n {
			h = w.handed[n-1]
		}
		return len(w.handed) >= n
	})
	return h
}

// TestAnotherCase: a ticket is for its case: with another one the number is
// new and the staff is told; so after a day.
func TestAnotherCase(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "刷卡显示61,转人工")
	w.answered(lily, 1)
	first := w.untilHanded(1)
	w.say(lily, "钱扣了,小票没出,转人工")
	second := w.untilHanded(2)
	if got := w.answered(lily, 2); first.Ticket == second.Ticket || !strings.Contains(got.Text, second.Ticket) {
		t.Errorf("two cases are %q and %q: %s", first.Ticket, second.Ticket, got.Text)
	}
	w.say(lily, "人呢,转人工")
	if got := w.answered(lily, 3); !strings.Contains(got.Text, second.Ticket) {
		t.Errorf("who asks again is told %q", got.Text)
	}
	w.quiet()
	w.clock.Advance(25 * time.Hour)
	w.say(lily, "钱扣了,小票没出,转人工")
	if third := w.untilHanded(3); third.Ticket == second.Ticket {
		t.Errorf("after a day the ticket is still %q", third.Ticket)
	}
}

// TestSolvedTicket: what is solved waits for nobody.
func TestSolvedTicket(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "刷卡显示61")
	w.answered(lily, 1)
	w.say(lily, "转人工")
	w.answered(lily, 2)
	w.untilHanded(1)
	w.tap(lily, "已解决")
	w.until("the ticket is gone", func() bool {
		s, err := w.now().standing(t.Context(), thread{account, lily})
		return err == nil && s.Ticket == ""
	})
}

// TestSummary: of a bare wish for a person the staff hears who wishes it.
func TestSummary(t *testing.T) {
	w := newWorld(t, nil)
	w.acknowledged(w.Open(account, lily, "pos61", "T-4711"))
	w.answered(lily, 1)
	w.say(lily, "转人工")
	s := w.untilHanded(1).Summary.String()
	for _, part := range []string{"客服账号", "T-4711", "商户 " + lily, "最近说:转人工"} {
		if !strings.Contains(s, part) {
			t.Errorf("the summary lacks %q: %s", part, s)
		}
	}
}

// TestTicketRedeemed: who waits with a ticket is handed over when a servicer
// comes, or with their next message.
func TestTicketRedeemed(t *testing.T) {
	t.Parallel()
	for _, event := range []bool{true, false} {
		w := setUp(t, nil)
		w.start()
		w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei", Stopped: true})
		w.say(lily, "转人工")
		w.answered(lily, 1)
		w.untilHanded(1)
		w.quiet()
		if event {
			w.acknowledged(w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"}))
		} else {
			w.SetServicer(account, wecomtest.ServicerStatus{ID: "lan"}) // WeCom tells nothing of who is new
			w.say(lily, "刷卡显示55")
		}
		w.until("a person", func() bool { return w.Session(account, lily).State == wecomtest.Served })
		w.untilState(lily, bot.WithAgent)
		if h := w.untilHanded(2); h.Servicer == "" || h.Ticket != "" {
			t.Errorf("the staff is told %+v", h)
		}
		w.until("the customer is told", func() bool {
			all := w.Sent(of(lily))
			return strings.Contains(all[len(all)-1].Text, "已转接")
		})
	}
}

// TestLostTransferTold: the staff hears of a transfer whose answer got lost.
func TestLostTransferTold(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Timeout = 300 * time.Millisecond })
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.Fail(wecomtest.Fault{On: "kf/service_state/trans", Stored: true}) // to the bot's
	w.Fail(wecomtest.Fault{On: "kf/service_state/trans", Stored: true, Cut: true})
	w.say(lily, "转人工")
	if h := w.untilHanded(1); h.Servicer != "mei" {
		t.Errorf("the staff is told %+v", h)
	}
}

// TestEnglish: who writes English gets English for pictures, menu and hours.
func TestEnglish(t *testing.T) {
	w := newWorld(t, nil)
	w.say(lily, "how do I raise the limit")
	w.answered(lily, 1)
	w.quiet()
	w.acknowledged(w.Image(account, lily))
	if got := w.answered(lily, 2); !strings.Contains(got.Text, "cannot see pictures") {
		t.Errorf("a picture is answered by %q", got.Text)
	}
	w.say(lily, "Help")
	if got := w.answered(lily, 3); got.Type != "msgmenu" || !strings.Contains(got.Text, "The screen shows 61") {
		t.Errorf("the menu is %+v", got)
	}
	w.tap(lily, "Service hours")
	if got := w.answered(lily, 4); !strings.Contains(got.Text, "at all times") {
		t.Errorf("the hours are %q", got.Text)
	}
	w.tap(lily, "The screen shows 61")
	w.until("an answer", func() bool { return len(w.Sent(of(lily))) > 4 })
	if got := w.Sent(of(lily))[4]; strings.Contains(got.Text, "限额") {
		t.Errorf("the answer is %q", got.Text)
	}
	for _, lang := range []kb.Lang{"", kb.EN} {
		if m := welcome(lang); len(m.Menu.Head) > maxHead {
			t.Errorf("the welcome has %d bytes", len(m.Menu.Head))
		}
	}
	if !strings.Contains(welcomeWords, "English") {
		t.Error("the first welcome says nothing in English")
	}
}

// TestCutAtEnd: the end of a sentence may be the last byte.
func TestCutAtEnd(t *testing.T) {
	for _, s := range []string{"aaaaaaaa.b", "aaaaaaaa\nb", "aaaaaa。b", "aaaaaaaa.。"} {
		if got := cut(s, 9); len(got) > 9 || !strings.HasPrefix(s, got) {
			t.Errorf("%q is cut to %q", s, got)
		}
	}
}

// TestStateUnknown: a customer whose state WeCom does not tell does not stop
// those behind.
func TestStateUnknown(t *testing.T) {
	w := newWorld(t, nil)
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	w.say(lily, "转人工")
	w.answered(lily, 2)
	w.untilState(lily, bot.WithAgent)
	w.quiet()
	w.Fail(wecomtest.Fault{On: "kf/service_state/get", Code: -1, Times: -1})
	release := w.HoldCallbacks()
	w.Say(account, lily, "在吗")
	w.Say(account, ming, "刷卡显示61")
	release()
	w.until("the page is kept", func() bool { return w.conversation(ming).ID != "" })
	w.Heal()
	w.answered(ming, 1)
}

// TestWakeAfterFailure: a callback ends the wait after a failure.
func TestWakeAfterFailure(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Retry, c.Poll = time.Hour, time.Hour })
	w.say(ming, "你好")
	w.answered(ming, 1)
	w.quiet()
	w.Fail(wecomtest.Fault{On: "kf/sync_msg", Status: 502})
	w.say(lily, "刷卡显示61")
	w.until("the failure", func() bool { return strings.Contains(w.log.String(), "pulling failed") })
	w.say(lily, "换卡也不行")
	w.until("an answer", func() bool { return len(w.Sent(of(lily))) > 0 })
}

// TestTakenForShown: a code that is taken to mean "already shown" is told.
func TestTakenForShown(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Timeout = 200 * time.Millisecond })
	w.Fail(wecomtest.Fault{On: "kf/send_msg", Stored: true, Cut: true})
	w.say(lily, "刷卡显示61")
	w.answered(lily, 1)
	w.until("the log", func() bool { return strings.Contains(w.log.String(), "taken to be shown already") })
}
