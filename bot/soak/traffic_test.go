package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
)

// traffic is what people write on the platform, and how the platform delivers
// it. Shares are of messages, 0 to 1.
type traffic struct {
	conversations int           // at a time
	length        int           // messages of one conversation
	together      float64       // share that is sent without waiting for the one before to be acknowledged
	duplicates    float64       // share that is delivered once more
	agents        float64       // share of conversations that an agent takes over
	unanswered    int           // messages of a conversation that wait for an answer at most: in each another number up to this
	pause         time.Duration // between two messages of a conversation, about

	chat   *channeltest.Chat
	ledger *ledger
	route  func(ctx context.Context) string // a webhook of a bot; waits a little if none is up
	name   string                           // makes ids unique where several traffics run
}

// usual is a mixture of everything.
func usual() traffic {
	return traffic{conversations: 150, length: 12, together: 0.1, duplicates: 0.1, agents: 0.1, unanswered: 6}
}

// ackWithin is how long the platform waits for the bot to acknowledge.
const ackWithin = 2 * time.Second

// run makes conversations until stop is closed, and returns when all that was
// sent has been acknowledged, or ctx is done.
func (t traffic) run(ctx context.Context, stop <-chan struct{}) {
	var all sync.WaitGroup
	for i := range t.conversations {
		all.Go(func() {
			for k := 0; ctx.Err() == nil && !closed(stop); k++ {
				t.conversation(ctx, stop, fmt.Sprintf("%st%d-%d", t.name, i, k))
			}
		})
	}
	all.Wait()
}

// conversation plays one conversation to its end.
func (t traffic) conversation(ctx context.Context, stop <-chan struct{}, thread string) {
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	takeover := -1
	if rand.Float64() < t.agents {
		takeover = 1 + rand.IntN(max(1, t.length-1))
	}
	t.unanswered = 1 + rand.IntN(t.unanswered)
	for n := 0; n < t.length && ctx.Err() == nil && !closed(stop); n++ {
		t.patience(ctx, stop, thread)
		code := codes[rand.IntN(len(codes))]
		m := channeltest.Message{ID: fmt.Sprintf("%s-%d", thread, n), Thread: thread, Role: bot.Merchant, Text: words(code)}
		together := rand.Float64() < t.together
		if n == takeover {
			// At the same time as what the merchant writes, so that it comes while the
			// bot thinks about an answer.
			together = true
			a := channeltest.Message{ID: m.ID + "-agent", Thread: thread, Role: bot.Agent, Text: "您好,这里是人工客服,由我来跟进。"}
			t.ledger.sending(a, "")
			deliveries.Go(func() {
				time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
				t.deliver(ctx, a)
			})
		}
		t.ledger.sending(m, code)
		deliveries.Go(func() { t.deliver(ctx, m) })
		if !together {
			deliveries.Wait()
		}
		if n == takeover { // what comes now must be left to the agent
			deliveries.Wait()
		}
		if t.pause > 0 {
			wait(ctx, stop, time.Duration(float64(t.pause)*(0.5+rand.Float64())))
		}
	}
}

// patience waits while too many messages of thread have no answer.
func (t traffic) patience(ctx context.Context, stop <-chan struct{}, thread string) {
	for {
		fewer := t.ledger.fewerOpen(thread, t.unanswered)
		if fewer == nil {
			return
		}
		select {
		case <-fewer:
		case <-stop:
			return
		case <-ctx.Done():
			return
		}
	}
}

// deliver delivers m until it is acknowledged, and sometimes once more.
func (t traffic) deliver(ctx context.Context, m channeltest.Message) {
	twice := rand.Float64() < t.duplicates
	if twice && rand.IntN(2) == 0 { // both at once
		go t.try(ctx, m)
		twice = false
	}
	for !t.try(ctx, m) {
		if ctx.Err() != nil {
			return
		}
		t.ledger.unacknowledged()
		time.Sleep(time.Duration(5+rand.IntN(25)) * time.Millisecond)
	}
	if twice {
		t.try(ctx, m)
	}
}

// try delivers m once.
func (t traffic) try(ctx context.Context, m channeltest.Message) bool {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	url := t.route(ctx)
	if url == "" || !t.chat.DeliverTo(ctx, url, m) {
		return false
	}
	t.ledger.acknowledged(m.ID)
	return true
}

// words puts a code in one of the ways in which merchants do.
func words(code string) string {
	ways := [...]string{"刷卡显示%s", "POS机报%s怎么办", "机器上出%s,什么意思", "又刷不了了,显示%s", "显示%s"}
	return strings.Replace(ways[rand.IntN(len(ways))], "%s", code, 1)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// wait waits d, or until there is no use in it.
func wait(ctx context.Context, stop <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-stop:
	case <-ctx.Done():
	}
}

// mischief decides how requests of the bot to the platform go wrong, while it
// is switched on. The shares are of requests, 0 to 1.
type mischief struct {
	lost, late, cut, down, slow, tooFast, expired float64

	mu    sync.Mutex
	off   bool
	count map[channeltest.Fault]int
}

func usualMischief() *mischief {
	return &mischief{lost: 0.03, late: 0.01, cut: 0.01, down: 0.01, slow: 0.01, tooFast: 0.002, expired: 0.001}
}

// fault is the Fault of a Chat.
func (m *mischief) fault(path string) channeltest.Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.off || path == "/token" {
		return channeltest.Fine
	}
	x := rand.Float64()
	for _, f := range []struct {
		share float64
		fault channeltest.Fault
	}{
		{m.lost, channeltest.Lost}, {m.late, channeltest.Late}, {m.cut, channeltest.Cut}, {m.down, channeltest.Down},
		{m.slow, channeltest.Slow}, {m.tooFast, channeltest.TooFast}, {m.expired, channeltest.Expired},
	} {
		if x -= f.share; x < 0 {
			if m.count == nil {
				m.count = map[channeltest.Fault]int{}
			}
			m.count[f.fault]++
			return f.fault
		}
	}
	return channeltest.Fine
}

// String is what has been done.
func (m *mischief) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := func(f channeltest.Fault) int { return m.count[f] }
	return fmt.Sprintf("responses lost after delivery %d, 5xx %d (%d of them after delivery), connections cut %d, slow %d, 429 %d, tokens expired %d",
		n(channeltest.Lost), n(channeltest.Down)+n(channeltest.Late), n(channeltest.Late), n(channeltest.Cut), n(channeltest.Slow), n(channeltest.TooFast), n(channeltest.Expired))
}
