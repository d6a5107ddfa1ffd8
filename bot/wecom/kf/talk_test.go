package kf

import (
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/wecom/wecomtest"
)

// TestTalk is a merchant's whole conversation: QR code, welcome, question,
// evidence by menu, answer, 没解决, a person, the person ends, the bot again.
func TestTalk(t *testing.T) {
	w := newWorld(t, nil)
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
	ways, err := ContactWays(t.Context(), w.now().client, account, "pos61", "T-4711")
	if err != nil || len(ways) != 1 {
		t.Fatalf("%v, %v", ways, err)
	}
	w.acknowledged(w.OpenLink(lily, ways[0].Link))
	hello := w.answered(lily, 1)
	if hello.Type != "msgmenu" || hello.Via != "kf/send_msg_on_event" || !strings.Contains(hello.Text, "机器人") {
		t.Errorf("the welcome is %+v", hello)
	}
	w.tap(lily, "屏幕显示61怎么办")
	asked := w.answered(lily, 2)
	for _, part := range []string{"交易金额超限", "1. [收银员]", "刷的金额和账单一致吗", "不一致,输错了", "已解决", "没解决", "转人工", "别做:"} {
		if !strings.Contains(asked.Text, part) {
			t.Errorf("the answer lacks %q: %s", part, asked.Text)
		}
	}
	for _, mark := range []string{"**", "##", "```", "回复数字"} {
		if strings.Contains(asked.Text, mark) {
			t.Errorf("the answer has %q: %s", mark, asked.Text)
		}
	}
	if s := w.Session(account, lily); s.State != wecomtest.Assistant || s.Quota != 4 {
		t.Errorf("after an answer the session is %+v: want state 1 and one message used", s)
	}
	w.tap(lily, "一致")
	w.answered(lily, 3)
	if f := w.conversation(lily).Case.Facts["amount_matches_bill"]; f.Value != "yes" {
		t.Errorf("the tapped answer is not known: %+v", f)
	}
	w.tap(lily, "没解决")
	w.until("the feedback is kept", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.helped) == 1 && !w.helped[0].Helped })
	if id := w.helped[0].Message; !strings.HasPrefix(id, pressed) {
		t.Errorf("the feedback is for message %q", id)
	}
	w.answered(lily, 5)
	sent := w.Sent(of(lily))
	summary, confirmation := sent[3], sent[4]
	for _, part := range []string{"正在为您转接", "61", "T-4711", "未核实"} {
		if !strings.Contains(summary.Text, part) {
			t.Errorf("the summary lacks %q: %s", part, summary.Text)
		}
	}
	if strings.Contains(summary.Text, "请联系您的收单机构客服") {
		t.Errorf("a customer who is handed over is told to call: %s", summary.Text)
	}
	if confirmation.Via != "kf/send_msg_on_event" || !strings.Contains(confirmation.Text, "已转接") {
		t.Errorf("the confirmation is %+v", confirmation)
	}
	if s := w.Session(account, lily); s.State != wecomtest.Served || s.Servicer != "mei" {
		t.Errorf("the session is %+v", s)
	}
	w.untilState(lily, bot.WithAgent)
	w.until("the staff is told", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.handed) == 1 })
	if h := w.handed[0]; h.Servicer != "mei" || h.Ticket != "" || !strings.Contains(h.Summary.String(), "61") {
		t.Errorf("the staff is told %+v", h)
	}

	w.acknowledged(w.Speak(account, lily, "mei", "您好,我来看一下这台终端"))
	w.say(lily, "终端号是 T-4711,显示61")
	w.quiet()
	w.answered(lily, 5)

	w.acknowledged(w.End(account, lily))
	if end := w.answered(lily, 6); end.Via != "kf/send_msg_on_event" || !strings.Contains(end.Text, "已结束") {
		t.Errorf("the closing words are %+v", end)
	}
	w.untilState(lily, bot.Closed)
	w.say(lily, "刷卡显示51")
	if again := w.answered(lily, 7); !strings.Contains(again.Text, "51") {
		t.Errorf("the bot's answer after the person is %q", again.Text)
	}
	w.untilState(lily, bot.WithBot)
	w.quiet()
	if got := w.Unanswered(); len(got) > 0 {
		t.Errorf("unanswered: %+v", got)
	}
	w.noDeadLetters()
}

// TestOffHours: outside the hours a wish for a person becomes a ticket, and the
// bot goes on.
func TestOffHours(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		hours, err := bot.ParseHours("Mon-Fri 09:00-18:00", "", "2020-01-01")
		if err != nil {
			t.Fatal(err)
		}
		c.Hours, c.HoursText = hours, "Mon-Fri 09:00-18:00"
		sunday := time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", 8*3600))
		offset := sunday.Sub(c.Now())
		real := c.Now
		c.Now = func() time.Time { return real().Add(offset) }
	})
	w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"}) // has forgotten to stop
	w.say(lily, "转人工")
	first := w.answered(lily, 1)
	for _, part := range []string{"不是人工服务时间", "周一-周五 09:00-18:00", "11月23日 周一 09:00", "编号"} {
		if !strings.Contains(first.Text, part) {
			t.Errorf("the ticket lacks %q: %s", part, first.Text)
		}
	}
	if s := w.Session(account, lily); s.State != wecomtest.Assistant {
		t.Errorf("the session is %+v, want that of the bot", s)
	}
	w.until("the staff is told", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.handed) == 1 })
	if ticket := w.handed[0].Ticket; ticket == "" || !strings.Contains(first.Text, ticket) {
		t.Errorf("the ticket is %q", ticket)
	}
	w.say(lily, "有没有人管啊,转人工")
	if second := w.answered(lily, 2); !strings.Contains(second.Text, w.handed[0].Ticket) {
		t.Errorf("the second answer has another ticket than %s: %s", w.handed[0].Ticket, second.Text)
	}
	w.say(lily, "那刷卡显示55呢")
	if third := w.answered(lily, 3); !strings.Contains(third.Text, "55") {
		t.Errorf("with a ticket open the bot says %q", third.Text)
	}
	w.quiet()
	if len(w.handed) != 1 {
		t.Errorf("the staff is told %d times of one ticket", len(w.handed))
	}
}

// TestNextServicer: 95019 and 95014 are no end; the next one is asked, then the
// queue, then it is a ticket.
func TestNextServicer(t *testing.T) {
	t.Run("next", func(t *testing.T) {
		w := newWorld(t, nil)
		for _, id := range []string{"mei", "lan"} {
			w.SetServicer(account, wecomtest.ServicerStatus{ID: id})
		}
		w.Fail(wecomtest.Fault{On: "kf/servicer/list", Times: 0, Code: -1}) // once, passing
		w.say(lily, "刷卡显示61")
		w.answered(lily, 1)
		w.Fail(wecomtest.Fault{On: "kf/service_state/trans", Code: 95019})
		w.say(lily, "转人工")
		w.until("a person", func() bool { return w.Session(account, lily).State == wecomtest.Served })
		w.answered(lily, 3)
	})
	t.Run("queue", func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Queue = true })
		w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
		w.say(lily, "转人工")
		if got := w.answered(lily, 2); !strings.Contains(got.Text, "排队") {
			t.Errorf("the confirmation is %q", got.Text)
		}
		if s := w.Session(account, lily); s.State != wecomtest.Queued {
			t.Errorf("the session is %+v", s)
		}
		w.say(lily, "有人吗") // in the queue the bot is silent
		w.quiet()
		w.answered(lily, 2)
	})
	t.Run("nobody online", func(t *testing.T) {
		w := newWorld(t, nil)
		w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei", Stopped: true})
		w.say(lily, "转人工")
		if got := w.answered(lily, 1); !strings.Contains(got.Text, "都不在线") || !strings.Contains(got.Text, "编号") {
			t.Errorf("without servicers the bot says %q", got.Text)
		}
	})
	t.Run("nobody can", func(t *testing.T) {
		w := newWorld(t, nil)
		w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
		w.say(lily, "刷卡显示61")
		w.answered(lily, 1)
		w.Fail(wecomtest.Fault{On: "kf/service_state/trans", Code: 95014, Times: 2})
		w.say(lily, "转人工")
		if got := w.answered(lily, 3); !strings.Contains(got.Text, "没能转接成功") {
			t.Errorf("after a failed transfer the bot says %q", got.Text)
		}
	})
}

// TestLostTransfer: the answer to the transfer gets lost; with the next try
// nothing is said twice.
func TestLostTransfer(t *testing.T) {
	for name, f := range map[string]wecomtest.Fault{
		"of the words":    {On: "kf/send_msg", Stored: true, Cut: true},
		"of the transfer": {On: "kf/service_state/trans", Stored: true, Cut: true},
		"of both":         {On: "kf/send_msg|kf/service_state/trans", Stored: true, Cut: true, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.Timeout = 300 * time.Millisecond })
			w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"})
			w.say(lily, "刷卡显示61")
			w.answered(lily, 1)
			w.Fail(f)
			w.say(lily, "转人工")
			w.until("a person", func() bool { return w.Session(account, lily).State == wecomtest.Served })
			w.quiet()
			n := 0
			for _, s := range w.Sent(of(lily)) {
				if strings.Contains(s.Text, "正在为您转接") {
					n++
				}
			}
			if n != 1 {
				t.Errorf("the handover is announced %d times", n)
			}
		})
	}
}
