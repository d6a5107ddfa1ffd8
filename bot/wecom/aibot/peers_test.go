package aibot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/wecom/wecomtest"
)

// The tests in this file are named after what other projects get wrong, as
// reference/wecom.md §4 has it.

// TestPeersDuplicateAsksTwice: the official SDK hands a repeated message to the
// program twice, and casibase answers it twice.
func TestPeersDuplicateAsksTwice(t *testing.T) {
	both(t, wecomtest.Config{}, nil, func(w *world) {
		w.fake.DoubleCallbacks(1)
		w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
		w.words("zhang", "判断依据")
		w.quiet()
		if n := len(w.streams("zhang")) + len(w.pushes("zhang")); n != 1 {
			w.Errorf("%d answers to one message", n)
		}
		w.fine()
	})
}

// TestPeersParallelRetries: two deliveries of one message at the same time.
func TestPeersParallelRetries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false, wecomtest.Config{}, nil)
	w.fake.ParallelRetries(true)
	var all sync.WaitGroup
	for _, m := range []string{"zhang", "li", "wang"} {
		all.Go(func() { w.delivered(w.fake.Ask(m, m, "商户刷卡显示61，换卡也不行")) })
	}
	all.Wait()
	for _, m := range []string{"zhang", "li", "wang"} {
		w.words(m, "判断依据")
	}
	w.quiet()
	w.fine()
}

// TestPeersStreamIdsRestartAtOne: WeKnora counts its streams from 1 in each
// process, so that a poll finds another message's answer (sunnoy#171 as well).
func TestPeersStreamIdsRestartAtOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false, wecomtest.Config{}, nil)
	seen := map[string]bool{}
	for i := range 3 {
		w.delivered(w.fake.Ask("zhang", "zhang", fmt.Sprint("商户刷卡显示", 51+10*(i%2))))
		w.until("an answer", func() bool { return len(w.streams("zhang")) == i+1 })
		id := w.streams("zhang")[i].ID
		if seen[id] {
			t.Errorf("stream %s is used twice", id)
		}
		seen[id] = true
		w.quiet()
		w.stop()
		w.start()
	}
	w.fine()
}

// TestPeersAcknowledgementsUnread: WeKnora never reads them, so that what WeCom
// refuses is lost without a word (846608, 45009).
func TestPeersAcknowledgementsUnread(t *testing.T) {
	for code, way := range map[int]string{846608: "markdown", 846605: "markdown"} {
		w := newWorld(t, true, wecomtest.Config{}, func(c *Channel) { c.config.Window = 200 * time.Millisecond })
		w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
		w.until("the stream begins", func() bool { return len(w.fake.Sent("bot/zhang")) > 0 })
		w.fake.Fail(wecomtest.Fault{On: cmdRespond, Code: code})
		w.until("the answer is there", func() bool { return len(w.pushes("zhang")) == 1 })
		if got := w.pushes("zhang")[0].Type; got != way {
			t.Errorf("%d: the answer comes as %s", code, got)
		}
		w.quiet()
		w.stop()
	}
}

// TestPeersEndlessThinking: PandaWiki#1079, WecomTeam#136: what fails leaves a
// spinner for ever. Here the answer never comes at all.
func TestPeersEndlessThinking(t *testing.T) {
	both(t, wecomtest.Config{}, func(c *Channel) { c.config.Window, c.timing.life = time.Hour, 80*time.Millisecond }, func(w *world) {
		w.delivered(w.fake.Ask("wrg1", "zhang", "商户刷卡显示61"))
		w.words("wrg1", "查到后另发一条消息")
		w.fine()
	})
}

// TestPeersPollAfterFinishAsksAgain: casibase takes a poll for a question "".
func TestPeersPollAfterFinishAsksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false, wecomtest.Config{}, nil)
	d := w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行")
	w.delivered(d)
	w.words("zhang", "判断依据")
	for range 3 {
		if reply := string(w.fake.PollUnknown(t.Context(), "zhang", streamOf(d.ID))); !strings.Contains(reply, "判断依据") {
			t.Errorf("a late poll gets %s", reply)
		}
	}
	w.quiet()
	if n := len(w.fake.Sent("bot/zhang")); n > 2 { // the answer and its card
		t.Errorf("%d messages", n)
	}
}

// TestPeersTextRefused: a text to a message is 40008 over the long connection;
// only the welcome may be one.
func TestPeersTextRefused(t *testing.T) {
	both(t, wecomtest.Config{}, nil, func(w *world) {
		w.delivered(w.fake.EnterChat("zhang"))
		w.said("zhang", 1)
		w.delivered(w.fake.Ask("zhang", "zhang", "你好"))
		w.until("an answer", func() bool { return len(w.streams("zhang")) == 1 })
		if n := w.fake.Counters().Refused[40008]; n > 0 {
			w.Errorf("%d texts were refused", n)
		}
		w.quiet()
	})
}

// TestPeersDedupeStoreDown: in WeKnora a failure of Redis drops messages. Here
// the store fails for a moment, and nobody has to repeat anything; when it fails
// for long, the colleague is told.
func TestPeersDedupeStoreDown(t *testing.T) {
	t.Parallel()
	fake := wecomtest.New(t, wecomtest.Config{})
	f := fake.Config()
	a, err := New(Config{BotID: f.BotID, Secret: f.BotSecret, URL: fake.SocketURL(), Journal: silentJournal{}, Bot: realBot()})
	if err != nil {
		t.Fatal(err)
	}
	a.timing = hasty
	a.timing.keep = 300 * time.Millisecond
	in := &failingInbox{left: 2}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, in) }()
	defer func() { cancel(); <-ended }()
	wait, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if !fake.Await(wait, func() bool { return fake.Live() != nil }) {
		t.Fatal("no connection")
	}
	fake.Ask("zhang", "zhang", "61").Wait(wait)
	begun := func(member, text string, finished bool) bool {
		return fake.Await(wait, func() bool {
			for _, s := range fake.Sent("bot/" + member) {
				if s.Finished == finished && strings.Contains(s.Text, text) {
					return true
				}
			}
			return false
		})
	}
	if !begun("zhang", "正在查", false) {
		t.Error("after two failures the message is not kept")
	}
	in.fail(1 << 20)
	fake.Ask("li", "li", "61").Wait(wait)
	if !begun("li", "再发一次", true) {
		t.Error("nobody says that the message was not kept")
	}
}

type failingInbox struct {
	mu   sync.Mutex
	left int
}

func (in *failingInbox) fail(n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.left = n
}

func (in *failingInbox) Receive(_ context.Context, d bot.Delivery) ([]bot.Received, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.left--; in.left >= 0 {
		return nil, errors.New("disk full")
	}
	return make([]bot.Received, len(d.Messages)), nil
}

func (in *failingInbox) Cursor(context.Context, string, string) (string, error) { return "", nil }
