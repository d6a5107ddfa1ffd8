package channeltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
)

// incoming are the rules of the way in.
var incoming = []check{
	{"manner", manner},
	{"received", received},
	{"agent", agent},
	{"masked", masked},
	{"redelivered", redelivered},
	{"reordered", reordered},
	{"concurrent", concurrent},
	{"acknowledged after receive", acknowledgedAfter},
	{"refused is repeated", refusedIsRepeated},
	{"nothing before and after run", onlyWhileRunning},
	{"forged", forged},
	{"over-long in", overLongIn},
	{"run ends", runEnds},
}

func manner(t testing.TB, s Setup) {
	c, _ := s.Open(t)
	first := c.Manner()
	if first.Name == "" {
		t.Error("the channel has no name")
	}
	if again := c.Manner(); again != first {
		t.Errorf("the manner changes from %+v to %+v", first, again)
	}
}

func received(t testing.TB, s Setup) {
	r := start(t, s)
	m := r.one(Message{ID: "m1", Thread: s.Threads[0], Text: "刷卡显示61"})
	if m.ID == "" || m.From.Thread == "" {
		t.Errorf("the message has id %q and thread %q", m.ID, m.From.Thread)
	}
	if name := r.channel.Manner().Name; m.From.Channel != name {
		t.Errorf("it is from channel %q, want %q", m.From.Channel, name)
	}
	if m.Role != bot.Merchant && m.Role != "" {
		t.Errorf("a merchant's message has role %q", m.Role)
	}
	if m.Text.String() != "刷卡显示61" {
		t.Errorf("text %q", m.Text.String())
	}
	if m.Found.Any() {
		t.Error("masking found something in a harmless text")
	}
	if d := time.Since(m.Time); !m.Time.IsZero() && (d < -time.Minute || d > time.Hour) {
		t.Errorf("it was received at %v", m.Time)
	}
}

// agent: who takes what a person of the provider says for the merchant's words
// answers over him.
func agent(t testing.TB, s Setup) {
	if s.NoAgents {
		return
	}
	r := start(t, s)
	if m := r.one(Message{ID: "m1", Thread: s.Threads[0], Role: bot.Agent, Text: "您好,我来处理"}); m.Role != bot.Agent {
		t.Errorf("an agent's message has role %q", m.Role)
	}
}

// masked: the sender is told to delete what was masked, so it must be known
// that something was.
func masked(t testing.TB, s Setup) {
	r := start(t, s)
	m := r.one(Message{ID: "m1", Thread: s.Threads[0], Text: "卡号 4111111111111111 显示61"})
	if strings.Contains(m.Text.String(), "411111111111") || !m.Found.Any() {
		t.Errorf("a card number is handed over as %q, found %v", m.Text.String(), m.Found)
	}
}

func redelivered(t testing.TB, s Setup) {
	r := start(t, s)
	m := Message{ID: "m1", Thread: s.Threads[0], Text: "显示61"}
	first := r.one(m)
	for range 3 {
		before := len(r.inbox.all())
		r.mustDeliver(m)
		// Whether a channel sees by itself that it had this one is its own affair.
		for _, again := range r.inbox.all()[before:] {
			if again.ID != first.ID || again.From != first.From {
				t.Errorf("a redelivered message is %q of %v, at first it was %q of %v", again.ID, again.From, first.ID, first.From)
			}
		}
	}
}

func reordered(t testing.TB, s Setup) {
	r := start(t, s)
	second := r.one(Message{ID: "m2", Thread: s.Threads[0], Text: "换卡也不行"})
	first := r.one(Message{ID: "m1", Thread: s.Threads[0], Text: "显示61"})
	other := r.one(Message{ID: "m3", Thread: s.Threads[1], Text: "显示51"})
	if first.ID == second.ID || first.Text.String() != "显示61" {
		t.Errorf("of two messages in the wrong order, %q and %q were made", second.ID, first.ID)
	}
	if first.From != second.From {
		t.Errorf("one thread is %v and %v", first.From, second.From)
	}
	if other.From == first.From {
		t.Errorf("two threads are both %v", other.From)
	}
}

func concurrent(t testing.TB, s Setup) {
	r := start(t, s)
	const n = 40
	var all sync.WaitGroup
	for i := range 2 * n { // each twice
		all.Go(func() {
			m := Message{ID: fmt.Sprint("c", i%n), Thread: s.Threads[i%2], Text: fmt.Sprint("第", i%n, "条")}
			for try := 0; !r.deliver(m); try++ {
				if try == 3 {
					t.Errorf("message %s is not acknowledged", m.ID)
					return
				}
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, m := range r.inbox.all() {
		seen[m.From.Conversation()+" "+m.ID] = true
	}
	if len(seen) != n {
		t.Errorf("%d messages were acknowledged, %d handed over", n, len(seen))
	}
}

func acknowledgedAfter(t testing.TB, s Setup) {
	r := start(t, s)
	release := r.inbox.holding()
	defer release()
	acknowledged := make(chan bool, 1)
	go func() { acknowledged <- r.deliver(Message{ID: "m1", Thread: s.Threads[0], Text: "显示61"}) }()
	select {
	case <-r.inbox.held:
	case ok := <-acknowledged:
		if ok {
			t.Fatal("a message is acknowledged before it is handed over")
		}
		t.Fatal("a message is refused without having been handed over")
	case <-time.After(patience):
		t.Fatal("a message is not handed over")
	}
	select {
	case ok := <-acknowledged:
		if ok {
			t.Fatal("a message is acknowledged while Receive is still at it")
		}
	case <-time.After(100 * time.Millisecond):
	}
	release()
	select {
	case <-acknowledged: // a platform may have run out of patience meanwhile
	case <-time.After(2 * patience):
		t.Fatal("the platform hangs")
	}
}

func refusedIsRepeated(t testing.TB, s Setup) {
	for _, why := range []error{bot.ErrBusy, errors.New("disk full"), context.DeadlineExceeded} {
		r := start(t, s)
		m := Message{ID: "m1", Thread: s.Threads[0], Text: "显示61"}
		r.inbox.refusing(why)
		if r.deliver(m) {
			t.Errorf("a message is acknowledged although Receive says %q", why)
		}
		r.inbox.refusing(nil)
		for began := time.Now(); !r.deliver(m); time.Sleep(20 * time.Millisecond) {
			if time.Since(began) > patience {
				t.Fatalf("after Receive has said %q once, nothing is acknowledged any more", why)
			}
		}
		if len(r.inbox.all()) == 0 {
			t.Errorf("after Receive has said %q, a repeated message is acknowledged and not handed over", why)
		}
		_ = r.stop()
	}
}

func onlyWhileRunning(t testing.TB, s Setup) {
	_, p := s.Open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	m := Message{ID: "m1", Thread: s.Threads[0], Role: bot.Merchant, Text: "显示61"}
	if p.Deliver(ctx, m) {
		t.Error("a message is acknowledged before Run was called")
	}
	r := start(t, s)
	if err := r.stop(); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Run ends with %v", err)
	}
	before := len(r.inbox.all())
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if r.platform.Deliver(ctx, m) && len(r.inbox.all()) == before {
		t.Error("a message is acknowledged after Run has ended")
	}
}

func forged(t testing.TB, s Setup) {
	if s.Unsigned {
		return
	}
	r := start(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if r.platform.Forge(ctx, Message{ID: "m1", Thread: s.Threads[0], Role: bot.Merchant, Text: "显示61"}) {
		t.Error("a forged message is acknowledged")
	}
	if n := len(r.inbox.all()); n > 0 {
		t.Errorf("%d forged messages are handed over", n)
	}
}

// overLongIn: whoever refuses a long message is sent it again for ever.
func overLongIn(t testing.TB, s Setup) {
	r := start(t, s)
	m := r.one(Message{ID: "m1", Thread: s.Threads[0], Text: "显示61 " + strings.Repeat("啊", bot.MaxText)})
	if !strings.HasPrefix(m.Text.String(), "显示61") {
		t.Error("the beginning of an over-long message is lost")
	}
}

func runEnds(t testing.TB, s Setup) {
	r := start(t, s)
	began := time.Now()
	if err := r.stop(); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Run ends with %v", err)
	}
	if d := time.Since(began); d > time.Second {
		t.Errorf("Run took %v to end", d)
	}
}
