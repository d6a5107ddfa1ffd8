package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/slack/slacktest"
)

// both runs a test by Socket Mode and by HTTP.
func both(t *testing.T, test func(w *world)) {
	for name, socket := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, socket, slacktest.Config{Rate: -1}, nil))
		})
	}
}

// TestDialog is a merchant's way in a channel from 61 over a question's button
// to 已解决.
func TestDialog(t *testing.T) {
	both(t, func(w *world) {
		thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
		first := w.answered(shop, thread, 1)
		if first.ThreadTS != thread || !strings.Contains(first.Plain(), "交易金额超限") {
			w.Errorf("the answer is %+v", first)
		}
		w.acknowledged(w.fake.Click(lily, shop, first.TS, "option:1", ""))
		second := w.answered(shop, thread, 2)
		if strings.Contains(second.Plain(), "金额和账单一致") {
			w.Errorf("asks for what was pressed: %s", second.Plain())
		}
		w.say(lily, shop, "换了张建行的卡能刷", thread) // without a mention
		w.answered(shop, thread, 3)
		third := w.ofBot(shop, thread)[2]
		w.acknowledged(w.fake.Click(lily, shop, third.TS, "solved", ""))
		last := w.answered(shop, thread, 4)
		if !strings.Contains(last.Plain(), "解决了就好") {
			w.Errorf("solved is answered by %q", last.Plain())
		}
		w.until("the pressed buttons are gone", func() bool {
			m := w.ofBot(shop, thread)[0]
			return m.Edited > 0 && !strings.Contains(string(m.Blocks), `"option:1"`) && strings.Contains(string(m.Blocks), "已选:一致")
		})
		if c := w.fake.Complaints(); len(c) > 0 {
			w.Errorf("Slack complains: %q", c)
		}
	})
}

// TestDirectMessage: everything there is for the bot, and it answers beside.
func TestDirectMessage(t *testing.T) {
	both(t, func(w *world) {
		dm := w.fake.DM(lily)
		w.say(lily, dm, "刷卡显示61", "")
		m := w.answered(dm, "", 1)
		if m.ThreadTS != "" {
			w.Errorf("the answer is in a thread")
		}
		w.until("the status is back", func() bool { return w.fake.Session(dm, "").Status == "active" })
		thread := w.say(lily, dm, "51是什么", "")
		w.answered(dm, "", 2)
		w.say(lily, dm, "显示55呢", thread) // a thread is a conversation of its own
		w.until("an answer in the thread", func() bool {
			for _, m := range w.ofBot(dm, "") {
				if m.ThreadTS == thread {
					return strings.Contains(m.Plain(), "55")
				}
			}
			return false
		})
	})
}

// TestBurst: three messages in a row are one thought and get one answer.
func TestBurst(t *testing.T) {
	both(t, func(w *world) {
		thread := w.say(lily, shop, w.mention("61"), "")
		w.say(lily, shop, "刷了8000", thread)
		w.say(lily, shop, "换卡也不行", thread)
		m := w.answered(shop, thread, 1)
		w.quiet()
		w.answered(shop, thread, 1)
		if !strings.Contains(m.Plain(), "收单机构") {
			w.Errorf("the answer does not heed the last message: %s", m.Plain())
		}
	})
}

// TestOneTextOneAnswer: however often and by whatever events Slack tells of a
// message.
func TestOneTextOneAnswer(t *testing.T) {
	both(t, func(w *world) {
		d := w.fake.Say(lily, shop, w.mention("刷卡显示61"), "") // comes as message and app_mention
		w.acknowledged(d)
		w.acknowledged(w.fake.Repeat(d, false))
		w.acknowledged(w.fake.Repeat(d, true))
		w.answered(shop, d.TS, 1)
		w.acknowledged(w.fake.Repeat(d, true)) // after the answer, too
		w.acknowledged(w.fake.Edit(lily, shop, d.TS, w.mention("刷卡显示61,怎么办")))
		w.quiet()
		w.answered(shop, d.TS, 1)
		w.acknowledged(w.fake.Delete(lily, shop, d.TS))
		w.quiet()
	})
}

// TestPeopleTalking: the bot leaves people alone who talk to each other, in a
// thread of its own too, until it is mentioned again.
func TestPeopleTalking(t *testing.T) {
	both(t, func(w *world) {
		w.say(lily, shop, "今天61号桌谁收钱", "")
		w.say(ming, shop, "刷卡显示61怎么办", "") // not asked in this channel
		thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
		w.answered(shop, thread, 1)
		w.say(ming, shop, "你换张卡试试 61", thread)
		w.say(lily, shop, "换了,还是61", thread)
		w.quiet()
		time.Sleep(300 * time.Millisecond)
		w.answered(shop, thread, 1)
		w.stop() // and it still knows afterwards
		w.start(w.server == nil)
		w.say(lily, shop, "那怎么办", thread)
		w.quiet()
		w.answered(shop, thread, 1)
		w.say(lily, shop, w.mention("换了卡还是61"), thread)
		w.answered(shop, thread, 2)
		w.say(lily, shop, "没提示", thread)
		w.answered(shop, thread, 3)
		w.say(lily, shop, "<@"+ming+"> 你来看看61", thread)
		w.quiet()
		w.answered(shop, thread, 3)
	})
}

// TestBots: what another bot says, or what is nobody's, is no question.
func TestBots(t *testing.T) {
	both(t, func(w *world) {
		w.fake.AddUser(slacktest.User{ID: "U0ROBOT", Bot: true})
		w.fake.AddChannel(slacktest.Channel{ID: "C0ROBOTS", Members: []string{"U0ROBOT", w.fake.Bot()}})
		w.say("U0ROBOT", "C0ROBOTS", w.mention("刷卡显示61"), "")
		w.acknowledged(w.fake.RawEvent(map[string]any{"type": "message", "subtype": "channel_topic", "channel": shop, "user": lily, "ts": "1700000000.000001", "text": w.mention("61")}))
		w.acknowledged(w.fake.RawEvent(map[string]any{"type": "message", "channel": shop, "ts": "1700000000.000002", "text": w.mention("61")}))
		w.quiet()
		if n := len(w.ofBot("C0ROBOTS", "")) + len(w.ofBot(shop, "")); n > 0 {
			w.Errorf("%d answers to bots", n)
		}
	})
}

// TestCommand: its answer is for the sender alone, and a button shares it.
func TestCommand(t *testing.T) {
	both(t, func(w *world) {
		ack := w.acknowledged(w.fake.Command(lily, shop, "刷卡显示61"))
		if len(ack.Payload) > 0 && string(ack.Payload) != "null" {
			w.Errorf("the acknowledgement says %s", ack.Payload)
		}
		w.until("the answer", func() bool { return len(w.fake.Ephemerals(lily)) == 1 })
		if n := len(w.ofBot(shop, "")); n > 0 {
			w.Fatalf("%d messages are there for everybody", n)
		}
		e := w.fake.Ephemerals(lily)[0]
		w.acknowledged(w.fake.Click(lily, shop, e.TS, "share", ""))
		m := w.answered(shop, "", 1)
		if m.ThreadTS != "" || !strings.Contains(m.Plain(), "交易金额超限") || !strings.Contains(string(m.Blocks), "公开了机器人的这条回答") || !strings.Contains(string(m.Blocks), "可能有误") || strings.Contains(string(m.Blocks), "工作人员核对") || strings.Contains(m.Plain(), "回复数字") {
			w.Errorf("shared is %q, %s", m.Plain(), m.Blocks)
		}
		w.until("what was shared is no more for one alone", func() bool { return len(w.fake.Ephemerals(lily)) == 0 })
		help := w.acknowledged(w.fake.Command(lily, shop, "help"))
		if !strings.Contains(string(help.Payload), "/decline61") {
			w.Errorf("help says %s", help.Payload)
		}
	})
}

// TestHandoff: a person is asked for in one turn, by words, by the button and
// by the shortcut, and the merchant sees what is shown to that person.
func TestHandoff(t *testing.T) {
	both(t, func(w *world) {
		thread := w.say(lily, shop, w.mention("刷卡显示61,转人工"), "")
		m := w.answered(shop, thread, 1)
		if !strings.Contains(string(m.Blocks), "代码 61") || !strings.Contains(string(m.Blocks), "本会话的文字") {
			w.Errorf("what is shared is not shown: %s", m.Blocks)
		}
		second := w.say(lily, shop, w.mention("刷卡显示61"), "")
		asked := w.answered(shop, second, 1)
		w.acknowledged(w.fake.Click(lily, shop, asked.TS, "human", ""))
		w.answered(shop, second, 2)
		third := w.say(ming, shop, "机器显示61,怎么都刷不了", "")
		w.acknowledged(w.fake.Shortcut(lily, shop, third, "handoff"))
		w.answered(shop, third, 1)
		for _, ts := range []string{thread, second, third} {
			c, known, err := w.db.Conversation(w.Context(), place{channel: shop, thread: ts}.address().Conversation())
			if err != nil || !known || c.State != bot.Waiting {
				w.Errorf("%s is %+v, %v", ts, c, err)
			}
		}
		if c, _, _ := w.db.Conversation(w.Context(), place{channel: shop, thread: third}.address().Conversation()); c.Owner != ming {
			w.Errorf("the case of ming's message is %s's", c.Owner)
		}
		w.acknowledged(w.fake.OpenHome(lily, "home"))
		w.until("the open cases are on the Home tab", func() bool {
			return strings.Count(w.home(lily), "等待人工") == 2
		})
	})
}

// TestHome: questions to begin with, and their answers in the direct messages.
func TestHome(t *testing.T) {
	both(t, func(w *world) {
		w.acknowledged(w.fake.OpenHome(lily, "messages"))
		w.acknowledged(w.fake.OpenHome(lily, "home"))
		w.until("the Home tab and the suggested questions", func() bool {
			return strings.Contains(w.home(lily), "显示 61") && len(w.fake.Prompts(w.fake.DM(lily), "")) > 0
		})
		w.acknowledged(w.fake.ClickView(lily, "home", "ask:0", ""))
		m := w.answered(w.fake.DM(lily), "", 1)
		if !strings.Contains(m.Plain(), "交易金额超限") {
			w.Errorf("the answer is %s", m.Plain())
		}
	})
}

// TestFeedback is kept with the answer that it is about.
func TestFeedback(t *testing.T) {
	both(t, func(w *world) {
		thread := w.say(lily, shop, w.mention("刷卡显示61"), "")
		m := w.answered(shop, thread, 1)
		w.acknowledged(w.fake.Click(lily, shop, m.TS, "feedback", feedbackValue(w, m, "positive_button")))
		w.acknowledged(w.fake.Click(lily, shop, m.TS, "feedback", feedbackValue(w, m, "negative_button")))
		w.quiet()
		w.answered(shop, thread, 1) // no answer to that
		n, err := w.db.Count(w.Context())
		if err != nil || n.Rows["feedback"] != 1 {
			w.Errorf("%+v, %v", n, err)
		}
	})
}

func feedbackValue(w *world, m slacktest.Message, which string) string {
	w.Helper()
	var blocks []struct {
		Elements []map[string]json.RawMessage
	}
	_ = json.Unmarshal(m.Blocks, &blocks) // rich text has other elements, which do not matter
	for _, b := range blocks {
		for _, e := range b.Elements {
			var button struct{ Value string }
			if json.Unmarshal(e[which], &button) == nil && button.Value != "" {
				return button.Value
			}
		}
	}
	w.Fatalf("no %s in %s", which, m.Blocks)
	return ""
}

// TestModes: each channel has its own way of taking part.
func TestModes(t *testing.T) {
	both(t, func(w *world) {
		thread := w.say(lily, open, "刷卡显示61怎么办", "")
		w.answered(open, thread, 1)
		w.say(lily, open, "中午吃什么", "")
		w.say(ming, open, "你们费率多少", "")
		w.quiet()
		if n := len(w.ofBot(open, "")); n != 1 {
			w.Errorf("%d answers in a channel with one question for the bot", n)
		}
		n, err := w.db.Count(w.Context())
		if err != nil || n.Rows["inbox"] != 1 {
			w.Errorf("what is none of its business is kept: %+v, %v", n, err)
		}

		thread = w.say(lily, hush, w.mention("刷卡显示61"), "")
		w.until("an answer for the asker alone", func() bool { return len(w.fake.Ephemerals(lily)) == 1 })
		e := w.fake.Ephemerals(lily)[0]
		if e.ThreadTS != "" {
			w.Error("what only one person sees is in a thread without replies, where Slack does not show it")
		}
		w.acknowledged(w.fake.Click(lily, hush, e.TS, "share", ""))
		w.answered(hush, thread, 1)
		w.acknowledged(w.fake.Shortcut(lily, hush, thread, HandoffShortcut))
		w.until("a private confirmation", func() bool { return len(w.fake.Ephemerals(lily)) == 1 })
		w.answered(hush, thread, 1)

		thread = w.say(lily, inner, w.mention("刷卡显示61,换了张卡也是61"), "")
		m := w.answered(inner, thread, 1)
		for _, want := range []string{"给工作人员", "acquirer-limit", "支持:", "可以问商户", "容易混淆的代码", "51"} {
			if !strings.Contains(string(m.Blocks), want) {
				w.Errorf("the provider's own people are not told %q", want)
			}
		}
	})
}

// TestDrafts: agents see an answer before the merchant does, where it stays
// until they have seen it. They send it, in their own words or as it is, once.
func TestDrafts(t *testing.T) {
	both(t, func(w *world) {
		thread := w.say(lily, drafts, "刷卡显示61怎么办", "")
		one, other := w.fake.DM(staff), w.fake.DM(ming)
		w.until("a draft for each agent", func() bool { return len(w.ofBot(one, "")) == 1 && len(w.ofBot(other, "")) == 1 })
		w.quiet()
		if n := len(w.ofBot(drafts, "")); n > 0 {
			w.Fatalf("%d messages before an agent's consent", n)
		}
		draft := w.ofBot(one, "")[0]
		for _, want := range []string{"回复草稿", drafts, "看提问", "给工作人员"} {
			if !strings.Contains(string(draft.Blocks), want) {
				w.Errorf("the draft lacks %q", want)
			}
		}
		w.acknowledged(w.fake.Click(staff, one, draft.TS, "draft_send", ""))
		w.answered(drafts, thread, 1)
		w.acknowledged(w.fake.Click(ming, other, w.ofBot(other, "")[0].TS, "draft_send", ""))
		w.until("the other agent is told", func() bool { return len(w.fake.Ephemerals(ming)) == 1 })
		w.quiet()
		w.answered(drafts, thread, 1)
		w.until("the draft is done with", func() bool { return !strings.Contains(string(w.ofBot(one, "")[0].Blocks), "draft_send") })

		thread = w.say(lily, drafts, "挥卡显示61,插卡就行", "")
		w.until("another draft", func() bool { return len(w.ofBot(one, "")) == 2 && len(w.ofBot(other, "")) == 2 })
		for who, dm := range map[string]string{staff: one, ming: other} { // both at it at once
			w.acknowledged(w.fake.Click(who, dm, w.ofBot(dm, "")[1].TS, "draft_edit", ""))
			w.until("the form", func() bool { return len(w.fake.Views(who)) == 1 })
		}
		w.acknowledged(w.fake.SubmitView(staff, w.fake.Views(staff)[0].ID, map[string]string{"text": "请插卡,输密码。"}))
		late := w.acknowledged(w.fake.SubmitView(ming, w.fake.Views(ming)[0].ID, map[string]string{"text": "请插卡。"}))
		if !strings.Contains(string(late.Payload), "errors") || w.fake.Views(ming)[0].Closed {
			w.Errorf("the slower agent's words are gone: %s", late.Payload)
		}
		if m := w.answered(drafts, thread, 1); m.Plain() != "请插卡,输密码。" || !strings.Contains(string(m.Blocks), "工作人员核对") {
			w.Errorf("sent is %q, %s", m.Plain(), m.Blocks)
		}
		thread = w.say(lily, drafts, "转人工", "")
		w.answered(drafts, thread, 1) // that a person comes needs no consent
	})
}
