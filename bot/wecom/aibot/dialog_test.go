package aibot

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/wecom/wecomtest"
)

// both runs a test by both ways in.
func both(t *testing.T, c wecomtest.Config, tweak func(*Channel), run func(*world)) {
	t.Helper()
	t.Parallel()
	for name, long := range ways {
		t.Run(name, func(t *testing.T) { t.Parallel(); run(newWorld(t, long, c, tweak)) })
	}
}

func (w *world) delivered(d *wecomtest.Delivery) wecomtest.Ack {
	w.Helper()
	if d.Err != nil {
		w.Fatal(d.Err)
	}
	ack := d.Wait(w.Context())
	if !ack.Acknowledged {
		w.Fatalf("not acknowledged: %+v", ack)
	}
	return ack
}

func (w *world) has(s wecomtest.Said, want ...string) {
	w.Helper()
	for _, part := range want {
		if !strings.Contains(s.Text, part) {
			w.Errorf("%q is missing in:\n%s", part, s.Text)
		}
	}
}

// TestConversation: a colleague is welcomed, asks, presses, is helped, and says
// so; all of it in the fuller words that colleagues get.
func TestConversation(t *testing.T) {
	both(t, wecomtest.Config{}, nil, func(w *world) {
		w.delivered(w.fake.EnterChat("zhang"))
		w.has(w.said("zhang", 1), "61助手", "机器人")

		w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换了张卡也不行"))
		answer := w.words("zhang", "判断依据")
		w.has(answer, "**现在做:**", "**步骤**", "1. **【", "`", "支持：", "容易混淆的代码", "知识库", "机器人回答，可能有误")
		if answer.Type != "stream" {
			w.Errorf("the answer is a %s", answer.Type)
		}
		card := w.words("zhang", "还是不行")
		if card.Type != "template_card" {
			w.Errorf("the buttons are a %s:\n%s", card.Type, card.Text)
		}
		w.delivered(w.fake.Feedback("zhang", "zhang", 1, ""))
		w.quiet()

		w.pressButton("zhang", "zhang", "还是不行")
		w.until("the card says what was pressed", func() bool {
			return strings.Contains(w.cardOf("zhang", card.ID).Text, "已选：还是不行")
		})
		w.until("an answer to the press", func() bool { return len(w.pushes("zhang")) == 1 })
		w.has(w.pushes("zhang")[0], "机器人回答，可能有误")
		w.quiet()
		w.fine()
	})
}

// cardOf is a card as it is shown now.
func (w *world) cardOf(chat, task string) (s wecomtest.Said) {
	for _, s = range w.fake.Sent("bot/" + chat) {
		if s.ID == task {
			return s
		}
	}
	return wecomtest.Said{}
}

// pushes are the messages of the bot that are no streams.
func (w *world) pushes(chat string) (all []wecomtest.Said) {
	for _, s := range w.fake.Sent("bot/" + chat) {
		if s.Type == "markdown" {
			all = append(all, s)
		}
	}
	return all
}

// pressButton presses the button with a text on the latest card.
func (w *world) pressButton(chat, member, text string) *wecomtest.Delivery {
	w.Helper()
	cards := w.fake.Sent("bot/" + chat)
	for i := len(cards) - 1; i >= 0; i-- {
		if cards[i].Type != "template_card" {
			continue
		}
		for _, b := range cardIn(w.T, cards[i].Body).Buttons {
			if b.Text == text {
				d := w.fake.Click(chat, member, b.Key)
				w.delivered(d)
				return d
			}
		}
	}
	w.Fatalf("%s sees no button %s", member, text)
	return nil
}

// TestQuestionCard: the question's options are buttons, and a press is evidence.
func TestQuestionCard(t *testing.T) {
	both(t, wecomtest.Config{}, nil, func(w *world) {
		w.delivered(w.fake.Ask("li", "li", "商户刷卡显示61"))
		card := w.said("li", 1)
		w.until("a card", func() bool {
			for _, s := range w.fake.Sent("bot/li") {
				if s.Type == "template_card" {
					card = s
					return true
				}
			}
			return false
		})
		c := cardIn(w.T, card.Body)
		if len(c.Buttons) < 2 || c.Buttons[len(c.Buttons)-1].Text != "转人工" {
			w.Fatalf("the card has %+v", c.Buttons)
		}
		w.quiet()
		w.pressButton("li", "li", c.Buttons[0].Text)
		w.until("an answer to the press", func() bool { return len(w.pushes("li")) == 1 })
		s := stampOf(c.Buttons[0].Key)
		r, answered, known, err := w.db.Reply(w.Context(), "aibot:li", pressID(c.Task, c.Buttons[0].Key))
		if err != nil || !answered || !known {
			w.Fatalf("the press is not answered: %v %v %v", answered, known, err)
		}
		if s.ID == "" || r.Evidence[s.ID] != s.Value {
			w.Errorf("the press %+v is evidence %v", s, r.Evidence)
		}
		w.quiet()
		w.fine()
	})
}

// TestGroup: in a group everybody has a conversation of his own, and the bot's
// name is not taken for words.
func TestGroup(t *testing.T) {
	both(t, wecomtest.Config{}, nil, func(w *world) {
		w.delivered(w.fake.Ask("wrg1", "zhang", "商户刷卡显示61"))
		w.delivered(w.fake.Ask("wrg1", "li", "商户刷卡显示51"))
		w.until("two answers", func() bool { return len(w.streams("wrg1")) == 2 })
		for _, member := range []string{"zhang", "li"} {
			c, known, err := w.db.Conversation(w.Context(), "aibot:wrg1/"+member)
			if err != nil || !known || c.Owner != member {
				w.Errorf("%s has no conversation: %+v %v", member, c, err)
			}
		}
		w.quiet()
		w.fine()
	})
}

// streams are the finished streams in a chat.
func (w *world) streams(chat string) (all []wecomtest.Said) {
	for _, s := range w.fake.Sent("bot/" + chat) {
		if s.Type == "stream" && s.Finished {
			all = append(all, s)
		}
	}
	return all
}

// TestKinds: whatever is sent is answered in words.
func TestKinds(t *testing.T) {
	both(t, wecomtest.Config{}, nil, func(w *world) {
		w.delivered(w.fake.AskWith("zhang", "zhang", "image", map[string]any{"url": "https://x"}))
		w.words("zhang", "我看不了图片")
		w.delivered(w.fake.AskWith("zhang", "zhang", "file", map[string]any{"url": "https://x"}))
		w.words("zhang", "我看不了文件")
		w.delivered(w.fake.AskWith("zhang", "zhang", "shake", map[string]any{}))
		w.words("zhang", "这种消息我看不懂")
		w.delivered(w.fake.AskWith("li", "li", "voice", map[string]any{"content": "商户刷卡显示六十一"}))
		w.words("li", "判断依据")
		w.delivered(w.fake.AskWith("wang", "wang", "mixed", map[string]any{"msg_item": []map[string]any{
			{"msgtype": "text", "text": map[string]any{"content": "商户刷卡显示51"}}, {"msgtype": "image", "image": map[string]any{"url": "https://x"}},
		}}))
		w.words("wang", "判断依据")
		w.delivered(w.fake.AskAbout("wang", "wang", "这是什么意思", "终端提示 65"))
		w.until("the quoted words are read", func() bool {
			for _, s := range w.streams("wang") {
				if strings.Contains(s.Text, "65") {
					return true
				}
			}
			return false
		})
		w.quiet()
		w.fine()
	})
}

// TestBurst: three messages within the window are one question; none of their
// streams goes on spinning.
func TestBurst(t *testing.T) {
	both(t, wecomtest.Config{}, func(c *Channel) { c.config.Window = 1500 * time.Millisecond }, func(w *world) {
		for _, text := range []string{"61", "刷了8000", "换卡也不行"} {
			w.delivered(w.fake.Ask("zhang", "zhang", text))
		}
		want := 3
		if w.long {
			want = 2 // one is not begun at all
		}
		w.until("all streams end", func() bool { return len(w.streams("zhang")) == want })
		merged := 0
		for _, s := range w.streams("zhang") {
			if strings.Contains(s.Text, "已和后面的消息一起回答") {
				merged++
			}
		}
		if merged != want-1 {
			w.Errorf("%d streams point to the answer", merged)
		}
		w.quiet()
	})
}

// TestOwned: where a person has the conversation the bot is silent, and says
// that it is, rather than spin.
func TestOwned(t *testing.T) {
	both(t, wecomtest.Config{}, nil, func(w *world) {
		w.delivered(w.fake.Ask("zhang", "zhang", "转人工"))
		w.said("zhang", 1)
		w.quiet()
		text, _ := mask.Mask("我来看")
		_, err := w.db.Receive(w.Context(), time.Now(), bot.Delivery{Channel: Name, Messages: []bot.Message{{
			ID: "agent1", From: bot.Address{Channel: Name, Thread: "zhang"}, Role: bot.Agent, Text: text, Time: time.Now(),
		}}})
		if err != nil {
			w.Fatal(err)
		}
		w.words("zhang", "我来看")
		w.delivered(w.fake.Ask("zhang", "zhang", "好的"))
		w.words("zhang", "机器人不插话")
		w.quiet()
		w.fine()
	})
}

// TestFiftyAtOnce: every stream is finished with text.
func TestFiftyAtOnce(t *testing.T) {
	for name, long := range ways {
		t.Run(name, func(t *testing.T) { fiftyAtOnce(newWorld(t, long, wecomtest.Config{Poll: 50 * time.Millisecond}, nil)) })
	}
}

func fiftyAtOnce(w *world) {
	const n = 50
	var all sync.WaitGroup
	for i := range n {
		w.fake.AddMember(fmt.Sprint("m", i))
	}
	for i := range n {
		member := fmt.Sprint("m", i)
		all.Go(func() {
			if ack := w.fake.Ask(member, member, "商户刷卡显示61，换卡也不行").Wait(w.Context()); !ack.Acknowledged {
				w.Errorf("%s is not heard: %+v", member, ack)
			}
		})
	}
	all.Wait()
	for i := range n {
		w.words(fmt.Sprint("m", i), "判断依据")
	}
	if c := w.fake.Counters(); c.Streams != n || c.Unreached != 0 {
		w.Errorf("%d streams, %d ran out of time", c.Streams, c.Unreached)
	}
	if left := w.fake.Unanswered(); len(left) > 0 {
		w.Errorf("%d wait", len(left))
	}
	w.quiet()
	w.fine()
}

// TestCrowdedGroup: fifty questions in one group are more than WeCom lets us
// answer in a minute. The limit is kept, and the first ones are answered.
func TestCrowdedGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true, wecomtest.Config{}, func(c *Channel) { c.timing.send = 500 * time.Millisecond })
	var members []string
	for i := range 50 {
		members = append(members, fmt.Sprint("m", i))
		w.fake.AddMember(members[i])
	}
	w.fake.AddGroup("crowd", members...)
	for _, m := range members {
		w.delivered(w.fake.Ask("crowd", m, "商户刷卡显示61"))
	}
	w.until("some answers", func() bool { return len(w.streams("crowd")) >= 2 })
	time.Sleep(300 * time.Millisecond) // all others would be sent by now
	if n := w.fake.Counters().Refused[45009]; n > 0 {
		t.Errorf("WeCom refused %d frames as too many", n)
	}
}
