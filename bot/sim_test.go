package bot_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"decline61/bot"
)

// TestSimulation runs the whole loop over a real store through hours of faults
// that a seed picks: errors before and after the store has done its work,
// crashes in the middle of it, a platform that refuses, forgets, answers late
// or lets messages arrive after the sender gave up, redeliveries, bursts,
// agents who take over, messages that cannot be answered. What the merchants
// saw must be as if nothing had happened.
//
// DECLINE61_TEST_SEEDS is how many seeds to run, DECLINE61_TEST_SEED the first
// one; a failure names its seed. The same seed picks the same faults; the order
// in which goroutines come to them is the scheduler's.
func TestSimulation(t *testing.T) {
	first, n := number("DECLINE61_TEST_SEED", 1), number("DECLINE61_TEST_SEEDS", 60)
	var mu sync.Mutex
	var total simStats
	t.Run("seeds", func(t *testing.T) {
		const lanes = 4
		for lane := range lanes {
			t.Run(fmt.Sprint("lane", lane), func(t *testing.T) {
				t.Parallel()
				for seed := first + lane; seed < first+n && !t.Failed(); seed += lanes {
					var s *sim
					synctest.Test(t, func(t *testing.T) {
						s = newSim(t, uint64(seed))
						s.run()
					})
					if t.Failed() {
						t.Errorf("run again with DECLINE61_TEST_SEED=%d DECLINE61_TEST_SEEDS=1", seed)
					}
					mu.Lock()
					total.add(s)
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d seeds: %+v", n, total)
	if n >= 20 && (total.Crashes == 0 || total.StoreErrors == 0 || total.Redelivered == 0 || total.SendFaults == 0 || total.Fallbacks == 0 || total.Takeovers == 0) {
		t.Errorf("some fault never happened: %+v", total)
	}
}

func number(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

type simStats struct{ Messages, Crashes, StoreErrors, Redelivered, SendFaults, Fallbacks, Takeovers int }

func (t *simStats) add(s *sim) {
	t.Messages += int(s.messages.Load())
	t.Crashes += int(s.crashes.Load())
	t.StoreErrors += int(s.storeErrors.Load())
	t.Redelivered += int(s.redelivered.Load())
	t.SendFaults += int(s.sendFaults.Load())
	for _, p := range s.w.posts {
		if strings.Contains(p.text, "抱歉") || strings.Contains(p.text, "Sorry") {
			t.Fallbacks++
		}
		if p.role == bot.Agent {
			t.Takeovers++
		}
	}
}

// sim is one run of the world with its faults.
type sim struct {
	t     *testing.T
	w     *world
	seed  uint64
	quiet atomic.Bool // no faults any more

	acked  sync.Mutex
	of     map[string]*history
	broken chan struct{} // a crash is wanted

	messages, crashes, storeErrors, redelivered, sendFaults atomic.Int64
}

// history is what one conversation's platform had acknowledged, in order.
type history struct {
	ids    []string
	agents map[string]int // id -> how many merchant's messages were acknowledged before it was sent
	before map[string]int // id -> how many before it was acknowledged
}

func newSim(t *testing.T, seed uint64) *sim {
	s := &sim{t: t, w: newWorld(t, &echo{}), seed: seed, of: map[string]*history{}, broken: make(chan struct{}, 1)}
	s.w.wrap = func(inner bot.Store) bot.Store { return &faulty{Store: inner, sim: s} }
	s.w.fault = s.sendFault
	if s.chance("window", 0.5) {
		s.w.manner.Window = 1500 * time.Millisecond
	}
	return s
}

// chance is the same for the same seed and what, whoever asks when.
func (s *sim) chance(what string, p float64) bool { return s.draw(what) < p }

func (s *sim) draw(what string) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s", s.seed, what)
	return rand.New(rand.NewPCG(h.Sum64(), s.seed)).Float64()
}

func (s *sim) sendFault(kind, key string, n int) string {
	if s.quiet.Load() {
		return ""
	}
	d := s.draw(fmt.Sprint(kind, key, n))
	if kind == "find" {
		if d < 0.2 {
			return "cannot look"
		}
		return ""
	}
	for _, f := range []struct {
		what string
		p    float64
	}{{"busy", .1}, {"lost", .1}, {"no answer", .1}, {"late", .05}, {"in flight", .05}, {"token", .05}} {
		if d -= f.p; d < 0 {
			s.sendFaults.Add(1)
			return f.what
		}
	}
	return ""
}

func (s *sim) run() {
	s.w.start()
	var all sync.WaitGroup
	for c := range 4 {
		all.Go(func() { s.merchant(fmt.Sprint("c", c)) })
	}
	stop := make(chan struct{})
	var crasher sync.WaitGroup
	crasher.Go(func() { s.crasher(stop) })
	all.Wait()
	s.quiet.Store(true)
	close(stop)
	crasher.Wait()
	if s.w.store.(*faulty).dead.Load() { // it died when nobody looked any more
		s.restart(0)
	}

	for range 200 { // until all is shown; waits between tries grow to minutes
		time.Sleep(10 * time.Second)
		stats, err := s.w.db.Stats(context.Background(), time.Now())
		must(s.t, err)
		if stats.Unanswered == 0 && stats.Unsent == 0 {
			break
		}
	}
	time.Sleep(time.Minute)
	s.check()
	s.w.stop()
}

// merchant writes some messages, each delivered until it is acknowledged, and
// some of them again later.
func (s *sim) merchant(conversation string) {
	h := &history{agents: map[string]int{}, before: map[string]int{}}
	s.acked.Lock()
	s.of[conversation] = h
	s.acked.Unlock()
	var again sync.WaitGroup
	defer again.Wait()
	for i := range 8 {
		id := fmt.Sprint("m", i)
		what := conversation + id
		time.Sleep(time.Duration(s.draw(what+"pause") * s.draw(what+"pause2") * float64(8*time.Second)))
		text := "61 " + id
		switch d := s.draw(what + "text"); {
		case d < 0.05:
			text = "fail " + id
		case d < 0.08:
			text = "panic " + id
		}
		if i == 5 && s.chance(conversation+"agent", 0.3) {
			sent := len(h.ids)
			s.until(func() error { return s.w.reply(conversation, "a0", "agent here") })
			h.agents["a0"], h.before["a0"] = sent, len(h.ids)
		}
		s.messages.Add(1)
		s.until(func() error { return s.w.say(conversation, id, text) })
		h.ids = append(h.ids, id)
		if s.chance(what+"twice", 0.3) {
			again.Go(func() {
				time.Sleep(time.Duration(s.draw(what+"when") * float64(20*time.Second)))
				s.redelivered.Add(1)
				s.w.say(conversation, id, text)
			})
		}
	}
}

// until repeats a delivery as a platform does.
func (s *sim) until(deliver func() error) {
	for {
		if deliver() == nil {
			return
		}
		time.Sleep(700 * time.Millisecond)
	}
}

// crasher lets the bot die now and then, and where the store's faults say so.
func (s *sim) crasher(stop chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-s.broken:
		case <-time.After(time.Duration(s.draw(fmt.Sprint("life", i)) * float64(20*time.Second))):
		}
		s.restart(time.Duration(s.draw(fmt.Sprint("down", i)) * float64(3*time.Second)))
	}
}

// restart has the bot die, and start again after a while.
func (s *sim) restart(down time.Duration) {
	s.crashes.Add(1)
	s.w.store.(*faulty).dead.Store(true)
	s.w.stop()
	time.Sleep(down)
	s.w.start()
}

// check looks at what the merchants saw, and at nothing else.
func (s *sim) check() {
	for c, h := range s.of {
		var answered []string
		agent := map[string]int{}
		keys := map[string]bool{}
		for _, p := range s.w.posts {
			if p.to != c {
				continue
			}
			if keys[p.key] {
				s.t.Errorf("seed %d: %s saw a message twice: %v", s.seed, c, p.answers)
			}
			keys[p.key] = true
			if p.role == bot.Agent {
				agent[p.answers[0]]++
				continue
			}
			answered = append(answered, p.answers...)
			for id, n := range h.before {
				if agent[id] > 0 && slices.ContainsFunc(p.answers, func(a string) bool { return slices.Index(h.ids, a) >= n }) {
					s.t.Errorf("seed %d: %s: the bot spoke over the agent, about %v", s.seed, c, p.answers)
				}
			}
		}
		for id := range h.agents {
			if agent[id] != 1 {
				s.t.Errorf("seed %d: %s saw the agent's %s %d times", s.seed, c, id, agent[id])
			}
		}
		want := h.ids
		if len(h.agents) > 0 { // what the agent took over has no answer of the bot
			want = slices.DeleteFunc(slices.Clone(want), func(id string) bool { return !slices.Contains(answered, id) })
			if n := h.before["a0"]; slices.ContainsFunc(answered, func(a string) bool { return slices.Index(h.ids, a) >= n }) {
				s.t.Errorf("seed %d: %s: answered %v although an agent owned it after %d", s.seed, c, answered, n)
			}
		}
		if !slices.Equal(answered, want) {
			s.t.Errorf("seed %d: %s: answered %v, acknowledged %v", s.seed, c, answered, want)
		}
		for _, id := range h.ids {
			if _, ok, _, err := s.w.db.Reply(context.Background(), "chat:"+c, id); err != nil || !ok {
				s.t.Errorf("seed %d: %s: %s has no reply, %v", s.seed, c, id, err)
			}
		}
	}
}

var errFault = errors.New("fault")

// faulty is a store whose calls fail, before or after they have done their
// work, and which can die.
type faulty struct {
	bot.Store
	sim   *sim
	dead  atomic.Bool
	calls [6]atomic.Int64
}

// strike says what goes wrong with a call.
func (f *faulty) strike(op int) (before, after bool) {
	if f.dead.Load() {
		return true, true
	}
	n := f.calls[op].Add(1)
	if f.sim.quiet.Load() {
		return false, false
	}
	d := f.sim.draw(fmt.Sprintf("store %d %d %d", op, n, f.sim.crashes.Load()))
	switch {
	case d < 0.02:
		before = true
	case d < 0.04:
		after = true
	case d < 0.045: // the process dies, with or without having done it
		f.dead.Store(true)
		select {
		case f.sim.broken <- struct{}{}:
		default:
		}
		before, after = d < 0.0425, true
	default:
		return false, false
	}
	f.sim.storeErrors.Add(1)
	return before, after
}

func (f *faulty) Receive(ctx context.Context, now time.Time, d bot.Delivery) ([]bot.Received, error) {
	before, after := f.strike(0)
	if before {
		return nil, errFault
	}
	r, err := f.Store.Receive(ctx, now, d)
	if after {
		return nil, errFault
	}
	return r, err
}

func (f *faulty) Claim(ctx context.Context, now time.Time, overdue time.Duration) (*bot.Task, error) {
	if before, _ := f.strike(1); before {
		return nil, errFault
	}
	return f.Store.Claim(ctx, now, overdue)
}

func (f *faulty) Commit(ctx context.Context, now time.Time, t *bot.Task, r bot.Result) error {
	before, after := f.strike(2)
	if before { // as a store does that fails: nothing done, the task given back
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		f.Store.Commit(ctx, now, t, r)
		return errFault
	}
	err := f.Store.Commit(ctx, now, t, r)
	if after {
		return errFault
	}
	return err
}

func (f *faulty) Due(ctx context.Context, now time.Time, channel string, lease time.Duration, n int) ([]bot.Outgoing, error) {
	before, after := f.strike(3)
	if before {
		return nil, errFault
	}
	out, err := f.Store.Due(ctx, now, channel, lease, n)
	if after {
		return nil, errFault
	}
	return out, err
}

func (f *faulty) Sent(ctx context.Context, now time.Time, o bot.Outgoing, fate bot.Fate) error {
	before, after := f.strike(4)
	if before {
		return errFault
	}
	err := f.Store.Sent(ctx, now, o, fate)
	if after {
		return errFault
	}
	return err
}
