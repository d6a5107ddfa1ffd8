package aibot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/wecom/wecomtest"
	"decline61/kb"
)

// notebook is an inbox and a journal that note what they get.
type notebook struct {
	silentJournal
	mu       sync.Mutex
	messages []bot.Message
	windows  []time.Duration
	feedback []bot.Feedback
	cursors  map[string]string
}

func (n *notebook) Receive(_ context.Context, d bot.Delivery) ([]bot.Received, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.messages = append(n.messages, d.Messages...)
	n.windows = append(n.windows, d.Window)
	if d.CursorName != "" {
		n.cursors[d.CursorName] = d.CursorValue
	}
	return make([]bot.Received, len(d.Messages)), nil
}

func (n *notebook) Cursor(_ context.Context, _, name string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cursors[name], nil
}

func (n *notebook) AddFeedback(_ context.Context, f bot.Feedback) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.feedback = append(n.feedback, f)
	return nil
}

// byCallback is a channel that is told something by take.
func byCallback(t testing.TB) (*Channel, *notebook, func(format string, args ...any) answer) {
	t.Helper()
	n := &notebook{cursors: map[string]string{}}
	a, err := New(Config{Token: "t", EncodingAESKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", Journal: n, Bot: realBot()})
	if err != nil {
		t.Fatal(err)
	}
	a.timing = hasty
	a.begin(n)
	return a, n, func(format string, args ...any) (got answer) {
		t.Helper()
		reply, err := a.take(t.Context(), fmt.Appendf(nil, format, args...))
		if err != nil {
			t.Fatal(err)
		}
		if len(reply) > 0 {
			if err := json.Unmarshal(reply, &got); err != nil {
				t.Fatal(err)
			}
		}
		return got
	}
}

const pressEvent = `{"chattype":"group","chatid":%q,"from":{"userid":"zhang"},"msgtype":"event","event":{"eventtype":"template_card_event","template_card_event":{"event_key":%q,"task_id":"c-1"}}}`

// TestPress: a press is a message of the conversation that the card belongs to,
// once, with its evidence, and answered at once.
func TestPress(t *testing.T) {
	_, n, told := byCallback(t)
	key := `{"t":"g/zhang","l":"zh","s":"换卡也不行","i":"other_card","v":"declined"}`
	n.cursors[bot.ThreadCursor+"g/zhang"] = fmt.Sprintf(`{"m":"m","a":%d,"u":"https://x"}`, time.Now().Unix())

	if got := told(pressEvent, "another", key); got.Card != nil || len(n.messages) != 0 {
		t.Errorf("a card that was forwarded is answered: %+v", got)
	}
	if got := told(strings.Replace(pressEvent, `"zhang"`, `"li"`, 1), "g", key); got.Card != nil || len(n.messages) != 0 {
		t.Errorf("a press of somebody else is answered: %+v", got)
	}
	for range 2 {
		got := told(pressEvent, "g", key)
		if got.Update != "update_template_card" || got.Card.Task != "c-1" || !strings.Contains(got.Card.Title.Title, "已选：换卡也不行") {
			t.Errorf("the card becomes %+v", got)
		}
	}
	if len(n.messages) != 2 || n.messages[0].ID != n.messages[1].ID || n.windows[0] >= 0 {
		t.Fatalf("handed over: %+v, windows %v", n.messages, n.windows)
	}
	m := n.messages[0]
	if m.From.Thread != "g/zhang" || m.Author != "zhang" || m.Evidence["other_card"] != "declined" || m.Text.String() != "换卡也不行" || m.Lang != kb.ZH {
		t.Errorf("the press is %+v", m)
	}
}

// TestPressWithoutWay: by the callback nothing could be answered, and the card
// says what to do instead.
func TestPressWithoutWay(t *testing.T) {
	_, n, told := byCallback(t)
	for _, l := range []string{"", `{"m":"m","a":4000000000}`, `{"m":"m","a":1,"u":"https://x"}`} {
		n.cursors[bot.ThreadCursor+"g/zhang"] = l
		got := told(pressEvent, "g", `{"t":"g/zhang","l":"zh","s":"转人工"}`)
		if got.Card == nil || !strings.Contains(got.Card.Title.Title, "请直接打字") || len(n.messages) > 0 {
			t.Errorf("with letter %q: %+v, handed over %d", l, got.Card, len(n.messages))
		}
	}
}

// TestPressBringsWay: a press with a response_url of its own is answered there.
func TestPressBringsWay(t *testing.T) {
	a, n, told := byCallback(t)
	n.cursors[bot.ThreadCursor+"g/zhang"] = `{"m":"m","a":1}`
	got := told(`{"response_url":"https://press",`+pressEvent[1:], "g", `{"t":"g/zhang","l":"zh","s":"转人工"}`)
	if got.Card == nil || len(n.messages) != 1 {
		t.Fatalf("the press is not taken: %+v", got)
	}
	at := place{group: "g", user: "zhang"}
	if l, err := a.letterOf(t.Context(), at); err != nil || l.URL != "https://press" || l.Message != "m" || !a.hasRoute(t.Context(), at) {
		t.Errorf("remembered is %+v: %v", l, err)
	}
}

// TestNotKept: by the callback too, who said what cannot be kept is told so.
func TestNotKept(t *testing.T) {
	a, _, told := byCallback(t)
	a.timing.keep = 200 * time.Millisecond
	in := &failingInbox{left: 1}
	a.begin(in)
	const said = `{"msgid":"m1","from":{"userid":"li"},"msgtype":"text","text":{"content":"61"}}`
	if got := told(said); got.Stream == nil || got.Stream.Finish {
		t.Errorf("after one failure: %+v", got)
	}
	in.fail(1 << 20)
	if got := told(strings.Replace(said, "m1", "m2", 1)); got.Stream == nil || !got.Stream.Finish || !strings.Contains(got.Stream.Content, "再发一次") {
		t.Errorf("when nothing is kept: %+v", got)
	}
}

// TestCardsOnlyWithWay: buttons are shown where who presses can be answered.
func TestCardsOnlyWithWay(t *testing.T) {
	for url, want := range map[string]string{"": "stream", "https://x": "stream_with_template_card"} {
		a, _, told := byCallback(t)
		told(`{"msgid":"m1","from":{"userid":"li"},"msgtype":"text","text":{"content":"61"},"response_url":%q}`, url)
		r := bot.Reply{ID: "m1", Decision: bot.Answered, Lang: kb.ZH, Text: "61 是金额超限"}
		sent := make(chan error, 1)
		go func() {
			_, err := a.Send(t.Context(), bot.Outgoing{
				Key: "k", Role: bot.Robot, Text: mask.Of(r.Text), Answers: []string{"m1"}, Reply: &r, To: bot.Address{Channel: Name, Thread: "li"},
			})
			sent <- err
		}()
		var got answer
		for began := time.Now(); time.Since(began) < patience && (got.Stream == nil || !got.Stream.Finish); time.Sleep(time.Millisecond) {
			got = told(`{"msgid":"p","from":{"userid":"li"},"msgtype":"stream","stream":{"id":%q}}`, streamOf("m1"))
		}
		if err := <-sent; err != nil || got.Type != want {
			t.Errorf("with response_url %q the answer is %s, want %s: %v", url, got.Type, want, err)
		}
	}
}

// TestFeedback: thumbs are kept under the answer that they are about.
func TestFeedback(t *testing.T) {
	_, n, told := byCallback(t)
	q := &question{place: place{group: "g", user: "li"}, message: "m|1=="}
	for kind := range 5 {
		got := told(`{"msgid":"e","from":{"userid":"li"},"msgtype":"event","event":{"eventtype":"feedback_event","feedback_event":{"id":%q,"type":%d}}}`, feedbackID(q), kind)
		if got != (answer{}) {
			t.Errorf("feedback is answered by %+v", got)
		}
	}
	if len(n.feedback) != 2 {
		t.Fatalf("kept is %+v", n.feedback)
	}
	for i, f := range n.feedback {
		if f.Conversation != "aibot:g/li" || f.Message != q.message || f.Helped != (i == 0) {
			t.Errorf("kept is %+v", f)
		}
	}
	if id := feedbackID(&question{place: place{user: "li"}, message: strings.Repeat("m", 300)}); id != "" {
		t.Error("an id is longer than WeCom takes")
	}
}

// TestResponseURLOnce: it takes one message; after that nothing is posted there.
func TestResponseURLOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false, wecomtest.Config{}, nil)
	w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
	w.words("zhang", "还是不行")
	w.quiet()
	at := place{user: "zhang"}
	if l, err := w.channel.letterOf(t.Context(), at); err != nil || l.URL == "" {
		t.Fatalf("before the press: %+v %v", l, err)
	}
	w.pressButton("zhang", "zhang", "还是不行")
	w.until("an answer to the press", func() bool { return len(w.pushes("zhang")) == 1 })
	w.quiet()
	if l, err := w.channel.letterOf(t.Context(), at); err != nil || l.URL != "" || l.Message == "" {
		t.Errorf("after the press: %+v %v", l, err)
	}
	o := bot.Outgoing{Key: "k2", Role: bot.Robot, Text: mask.Of("还有"), To: bot.Address{Channel: Name, Thread: "zhang"}}
	if _, err := w.channel.Send(t.Context(), o); err == nil || !strings.Contains(err.Error(), "never") && !strings.Contains(err.Error(), "nothing more can be said") {
		t.Errorf("a second push: %v", err)
	}
	if n := w.fake.Counters().Requests["response_url"]; n != 1 {
		t.Errorf("%d posts", n)
	}
	w.fine()
}

// TestAtOnce: answers that come faster than their stream begins do not have it
// begun after its end.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true, wecomtest.Config{}, func(c *Channel) { c.config.Window = -1 })
	for i := range 20 {
		m := fmt.Sprint("m", i)
		w.fake.AddMember(m)
		w.delivered(w.fake.Ask(m, m, "商户刷卡显示61，换卡也不行"))
	}
	for i := range 20 {
		w.words(fmt.Sprint("m", i), "判断依据")
	}
	w.quiet()
	if c := w.fake.Counters().Refused; len(c) > 0 {
		t.Errorf("frames were refused: %v", c)
	}
	w.fine()
}

// TestBeginAfterEnd: the first frame waits for its turn, and then sees whether
// there is still something to begin.
func TestBeginAfterEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true, wecomtest.Config{}, nil)
	w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
	s := w.words("zhang", "判断依据")
	w.quiet()
	before := w.fake.Counters()
	w.channel.beginStream(t.Context(), w.channel.open.byStream(s.ID))
	if after := w.fake.Counters(); after.Requests[cmdRespond] != before.Requests[cmdRespond] {
		t.Error("a finished stream is begun")
	}
}
