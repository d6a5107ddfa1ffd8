package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"decline61/bot"
)

// noWakeUpLost has messages arrive while others of the same conversation are
// being answered. At the end each must have been answered or have a timer;
// Check sees to that before any Claim could heal it.
func noWakeUpLost(b *bench) {
	ctx, cancel := context.WithTimeout(b.Context(), time.Second)
	defer cancel()
	b.mayClaim(0) // the one that may heal within this second of the test's clock
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				b.s.Receive(ctx, b.now, bot.Delivery{Channel: Pushed, Messages: []bot.Message{b.said("a", fmt.Sprint(g, "/", i), "x")}})
			}
		})
		wg.Go(func() {
			for ctx.Err() == nil {
				t, err := b.s.Claim(ctx, b.now, 0)
				if t == nil || err != nil {
					continue
				}
				r := b.answer(t)
				r.Anyway = g%2 == 0
				b.s.Commit(ctx, b.now, t, r)
			}
		})
	}
	wg.Wait()
	b.ok(b.s.Check(b.Context()))
	for b.stats().Unanswered > 0 {
		t := b.claim()
		b.commit(t, b.answer(t))
	}
	b.idle()
}

// hammer has everything happen at once, with failures and redeliveries, and
// looks at the end whether each message was answered once and in order.
func hammer(b *bench) {
	const conversations = 5
	stores := []Store{b.s}
	if b.db.Shared() {
		other := b.db.Open(b.T, 0)
		b.Cleanup(func() { other.Close() })
		stores = append(stores, other)
	}
	pick := func() Store { return stores[rand.IntN(len(stores))] }
	ctx, cancel := context.WithTimeout(b.Context(), time.Second)
	defer cancel()
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	fail := func(err error) {
		if err != nil && ctx.Err() == nil && !errors.Is(err, bot.ErrConflict) {
			failed.CompareAndSwap(nil, &err)
		}
	}
	kept := make([][]string, conversations) // ids in the order of their arrival
	for c := range conversations {          // one sender each, so that there is an order
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				m := b.said(fmt.Sprint(c), numbered("m", i), "x")
				for range 1 + rand.IntN(2) {
					_, err := pick().Receive(b.Context(), b.now, bot.Delivery{Channel: Pushed, Messages: []bot.Message{m}})
					fail(err)
				}
				kept[c] = append(kept[c], m.ID)
			}
		})
	}
	work := func(s Store) bool {
		t, err := s.Claim(b.Context(), b.now, 0)
		fail(err)
		if t == nil {
			return false
		}
		r := b.answer(t)
		r.Anyway = rand.IntN(2) == 0
		if rand.IntN(10) == 0 {
			r = bot.Result{Again: b.now, Why: "try again"}
		}
		fail(s.Commit(b.Context(), b.now, t, r))
		return true
	}
	var mu sync.Mutex
	shown := map[string][]string{} // by conversation, what was answered, in the order of sending
	send := func(s Store) bool {
		out, err := s.Due(b.Context(), b.now, Pushed, time.Minute, 3)
		fail(err)
		for _, o := range out {
			if rand.IntN(5) == 0 {
				fail(s.Sent(b.Context(), b.now, o, bot.Fate{State: bot.Unsent, Again: b.now}))
				continue
			}
			mu.Lock()
			shown[o.To.Thread] = append(shown[o.To.Thread], o.Answers...)
			mu.Unlock()
			fail(s.Sent(b.Context(), b.now, o, bot.Fate{State: bot.Shown}))
		}
		return len(out) > 0
	}
	for range 6 {
		wg.Go(func() {
			for ctx.Err() == nil {
				work(pick())
			}
		})
	}
	for range 5 {
		wg.Go(func() {
			for ctx.Err() == nil {
				send(pick())
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	for work(b.s) {
	}
	for send(b.s) {
	}
	b.want(b.stats().Unanswered, 0)
	b.want(b.stats().Unsent, 0)
	total := 0
	for c, want := range kept {
		total += len(want)
		if got := shown[fmt.Sprint(c)]; !slices.Equal(got, want) {
			b.Errorf("conversation %d: %d messages, %d answered, or in another order", c, len(want), len(got))
		}
	}
	if total < conversations {
		b.Errorf("only %d messages", total)
	}
	b.Logf("%d messages", total)
}
