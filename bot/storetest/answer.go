package storetest

import (
	"context"
	"testing"
	"time"

	"decline61/bot"
)

func conflict(b *bench) {
	b.receive(b.said("a", "1", "x"))
	t := b.claim()
	b.receive(b.said("a", "2", "x"))
	r := b.answer(t)
	r.Case.Entry = "never kept"
	b.conflict(t, r)
	// Nothing was changed, and it is still due.
	b.want(len(b.due(time.Minute)), 0)
	t = b.claim()
	b.want(ids(t.Messages), []string{"1", "2"})
	b.want(t.Conversation.Case.Entry, "")
	b.want(t.Tries, 0)
	r = b.answer(t)
	r.Case.Entry, r.State = "issuer-limit", bot.Waiting
	b.commit(t, r)
	b.idle()
	b.want(texts(b.due(time.Minute)), []string{"re 2"})
	b.receive(b.said("a", "3", "x"))
	t = b.claim()
	b.want(t.Conversation.Case.Entry, "issuer-limit")
	b.want(t.Conversation.State, bot.Waiting)
	// A task ends once.
	b.commit(t, b.answer(t))
	if b.s.Commit(b.Context(), b.now, t, b.answer(t)) == nil {
		b.Error("a task was committed twice")
	}
}

// takeover: an agent speaks between Claim and Commit.
func takeover(b *bench) {
	b.receive(b.said("a", "1", "x"))
	for _, anyway := range []bool{false, true} {
		t := b.claim()
		b.receive(b.byAgent("a", map[bool]string{false: "agent 1", true: "agent 2"}[anyway]))
		r := b.answer(t)
		r.Anyway = anyway
		b.conflict(t, r)
	}
	b.want(len(b.due(time.Minute)), 0)
	t := b.claim()
	b.want(ids(t.Messages), []string{"1", "agent 1", "agent 2"})
	b.want(t.Messages[1].Role, bot.Agent)
	// A state that has changed is no matter for Anyway either.
	b.receive(b.said("b", "1", "x"))
	other := b.claim()
	watch := b.watch(other)
	r := b.answer(watch)
	r.State = bot.WithAgent
	b.commit(watch, r)
	r = b.answer(other)
	r.Anyway = true
	b.conflict(other, r)
}

// watch claims, as the watchdog, what t holds.
func (b *bench) watch(t *bot.Task) *bot.Task {
	b.Helper()
	b.pass(time.Minute)
	for {
		w := b.mayClaim(30 * time.Second)
		if w == nil {
			b.Fatal("the watchdog gets nothing")
		}
		if w.Conversation.ID == t.Conversation.ID {
			return w
		}
	}
}

func anyway(b *bench) {
	b.receive(b.said("a", "1", "x"))
	t := b.claim()
	b.receive(b.said("a", "2", "x"))
	r := b.answer(t)
	r.Anyway = true
	b.commit(t, r)
	b.want(texts(b.due(time.Minute)), []string{"re 1"})
	// What came meanwhile is due at once.
	t = b.claim()
	b.want(ids(t.Messages), []string{"2"})
	// What somebody else has answered meanwhile is not answered again.
	w := b.watch(t)
	b.commit(w, b.answer(w))
	r = b.answer(t)
	r.Anyway = true
	b.conflict(t, r)
	b.idle()
}

// allOrNothing has the last thing that a commit does fail.
func allOrNothing(b *bench) {
	b.answered("a", "1")
	b.receive(b.said("a", "2", "x"))
	t := b.claim()
	r := b.answer(t)
	r.State, r.Timers = bot.Waiting, []bot.Timer{{Kind: "remind", Due: b.now}}
	r.Out = append(r.Out, bot.Outgoing{Key: b.due(time.Minute)[0].Key, Role: bot.Robot}) // keys are unique for ever
	if err := b.s.Commit(b.Context(), b.now, t, r); err == nil {
		b.Fatal("one key was used twice")
	}
	t = b.claim()
	b.want(ids(t.Messages), []string{"2"})
	b.want(len(t.Timers), 0)
	b.want(t.Conversation.State, bot.WithBot)
	b.want(b.stats().Unsent, 1)
	b.commit(t, b.answer(t))
}

func oneAtATime(b *bench) {
	b.receive(b.said("a", "1", "x"))
	b.pass(time.Second)
	b.receive(b.said("b", "1", "x"))
	first, second := b.claim(), b.claim()
	b.want(first.Conversation.Address.Thread, "a") // the one that waits longer
	b.want(second.Conversation.Address.Thread, "b")
	b.idle()
	b.receive(b.said("a", "2", "x"))
	b.idle()
	if b.db.Shared() {
		other := b.db.Open(b.T, 0)
		t, err := other.Claim(b.Context(), b.now, 0)
		b.ok(err)
		if t != nil {
			b.Fatal("two processes hold one conversation")
		}
		b.commit(second, b.answer(second))
		_, err = other.Receive(b.Context(), b.now, bot.Delivery{Channel: Pushed, Messages: []bot.Message{b.said("b", "2", "x")}})
		b.ok(err)
		t, err = other.Claim(b.Context(), b.now, 0)
		b.ok(err)
		if t == nil {
			b.Fatal("what one has finished the other does not get")
		}
		b.ok(other.Commit(b.Context(), b.now, t, b.answer(t)))
		b.ok(other.Close())
	} else {
		b.commit(second, b.answer(second))
	}
	b.conflict(first, b.answer(first))
	b.want(ids(b.claim().Messages), []string{"1", "2"})
}

func again(b *bench) {
	b.receive(b.said("a", "1", "x"))
	for i := range 3 {
		t := b.claim()
		b.want(t.Tries, i)
		b.receive(b.said("a", numbered("more", i), "x")) // no matter for Again
		r := b.answer(t)
		r.Again, r.Why = b.now.Add(5*time.Second), "the index is not there, card "+card
		b.commit(t, r)
		b.idle()
		b.pass(4999 * time.Millisecond)
		b.idle()
		b.pass(time.Millisecond)
	}
	b.want(len(b.due(time.Minute)), 0)
	t := b.claim()
	b.want(ids(t.Messages), []string{"1", "more000", "more001", "more002"})
	b.want(t.Tries, 3)
	b.commit(t, b.answer(t))
	b.receive(b.said("a", "2", "x"))
	b.want(b.claim().Tries, 0)
	if b.db.Holds(b.T, card) {
		b.Error("a card number was kept in why")
	}
}

// survived: a message that kills the process is tried a little more carefully
// each time.
func survived(b *bench) {
	b.receive(b.said("a", "1", "x"))
	for i := range 4 {
		t := b.claim()
		b.want(t.Tries, i)
		b.conflictOnce(t)
		t = b.claim() // within one process that counts once
		b.want(t.Tries, i)
		time.Sleep(5 * time.Millisecond) // timers know when they were set to the millisecond
		b.crash()
	}
}

// conflictOnce has a commit fail.
func (b *bench) conflictOnce(t *bot.Task) {
	b.Helper()
	b.receive(b.said("a", "at "+t.Conversation.ID+time.Duration(t.Conversation.Version).String(), "x"))
	b.conflict(t, b.answer(t))
}

func crashWithClaim(b *bench) {
	b.receive(b.said("a", "1", "x"), b.said("b", "1", "x"))
	done := b.claim()
	b.commit(done, b.answer(done))
	b.claim()
	b.crash()
	t := b.claim()
	if t.Conversation.ID == done.Conversation.ID {
		b.Fatal("what was committed is due again")
	}
	b.want(ids(t.Messages), []string{"1"})
	b.commit(t, b.answer(t))
	b.idle()
	b.want(len(b.due(time.Minute)), 2)
}

// commitWithoutCaller: whoever asked has gone, and must not take the
// conversation with him.
func commitWithoutCaller(b *bench) {
	b.receive(b.said("a", "1", "x"))
	ctx, cancel := context.WithCancel(b.Context())
	t, err := b.s.Claim(ctx, b.now, 0)
	b.ok(err)
	cancel()
	if err := b.s.Commit(ctx, b.now, t, b.answer(t)); err == nil {
		b.Fatal("committed after the end")
	}
	t = b.claim()
	// The claim's own context may end before Commit.
	ctx, cancel = context.WithCancel(b.Context())
	b.commit(t, bot.Result{Again: b.now})
	t, err = b.s.Claim(ctx, b.now, 0)
	b.ok(err)
	cancel()
	b.commit(t, b.answer(t))
	b.idle()
}

func manyMessages(b *bench) {
	var ms []bot.Message
	for i := range 120 {
		ms = append(ms, b.said("a", numbered("m", i), "x"))
	}
	b.receive(ms...)
	var got []string
	for range 3 {
		t := b.claim()
		got = append(got, ids(t.Messages)...)
		b.commit(t, b.answer(t))
	}
	b.idle()
	b.want(got, ids(ms))
}

func dead(b *bench) {
	b.receive(b.said("a", "1", "x"))
	t := b.claim()
	r := b.answer(t)
	r.Dead = "panic while answering"
	b.commit(t, r)
	b.idle()
	b.want(b.stats().Dead, 1)
	b.want(len(b.due(time.Minute)), 1)
	b.answered("a", "2") // the conversation goes on
	b.want(b.stats().Dead, 1)
}

func timers(b *bench) {
	b.receive(b.said("a", "1", "x"))
	t := b.claim()
	r := b.answer(t)
	r.Timers = []bot.Timer{{Kind: "remind", Due: b.now.Add(time.Minute)}, {Kind: "close", Due: b.now.Add(time.Hour)}, {Kind: "never", Due: b.now.Add(time.Hour)}}
	b.commit(t, r)
	b.idle()
	b.answeredWith("2", bot.Timer{Kind: "remind", Due: b.now.Add(2 * time.Minute)}, bot.Timer{Kind: "never"})
	b.pass(time.Minute)
	b.idle() // it was set anew
	b.pass(time.Minute)
	t = b.claim()
	b.want(len(t.Messages), 0)
	b.want(t.Timers, []bot.Timer{{Kind: "remind", Due: time.UnixMilli(b.now.UnixMilli())}})
	b.commit(t, bot.Result{Again: b.now.Add(time.Second)})
	b.idle()
	b.pass(time.Second)
	t = b.claim()
	b.want(t.Tries, 1)
	b.commit(t, bot.Result{State: bot.WithBot})
	b.idle() // what was seen to is over
	b.pass(time.Hour)
	b.receive(b.said("a", "3", "x"))
	t = b.claim()
	b.want(ids(t.Messages), []string{"3"})
	b.want(len(t.Timers), 1)
	b.want(t.Timers[0].Kind, "close")
	r = b.answer(t)
	r.Timers = []bot.Timer{{Kind: "close", Due: b.now.Add(time.Hour)}} // once more
	b.commit(t, r)
	b.pass(time.Hour)
	b.want(b.claim().Timers[0].Kind, "close")
	b.answeredTimerIsOurs()
}

func (b *bench) answeredWith(id string, ts ...bot.Timer) {
	b.Helper()
	b.receive(b.said("a", id, "x"))
	t := b.claim()
	r := b.answer(t)
	r.Timers = ts
	b.commit(t, r)
}

func (b *bench) answeredTimerIsOurs() {
	b.Helper()
	b.receive(b.said("z", "1", "x"))
	t := b.claim()
	r := b.answer(t)
	r.Timers = []bot.Timer{{Kind: bot.AnswerTimer, Due: b.now}}
	if b.s.Commit(b.Context(), b.now, t, r) == nil {
		b.Error("the timer for answers was set from outside")
	}
	t = b.claim()
	b.commit(t, b.answer(t))
}

func watchdog(b *bench) {
	if b.mayClaim(30*time.Second) != nil {
		b.Fatal("nothing waits")
	}
	b.receive(b.said("a", "1", "x"))
	b.pass(29 * time.Second)
	b.receive(b.said("a", "2", "x"), b.said("b", "1", "x"))
	if b.mayClaim(30*time.Second) != nil {
		b.Fatal("nothing has waited that long")
	}
	b.pass(time.Second)
	t := b.mayClaim(30 * time.Second)
	if t == nil {
		b.Fatal("the watchdog gets nothing")
	}
	b.want(ids(t.Messages), []string{"1", "2"})
	b.want(b.now.Sub(t.Since), 30*time.Second)
	if b.mayClaim(30*time.Second) != nil {
		b.Fatal("the watchdog gets it twice at a time")
	}
	b.commit(t, b.answer(t))
	if b.mayClaim(30*time.Second) != nil {
		b.Fatal("it was answered")
	}
}

// watchdogTakesOver answers for one that hangs, who may not answer after that.
func watchdogTakesOver(b *bench) {
	b.receive(b.said("a", "1", "x"))
	hangs := b.claim()
	w := b.watch(hangs)
	start := time.Now()
	b.commit(w, b.answer(w))
	if d := time.Since(start); d > 2*time.Second {
		b.Errorf("it waited %v for the one that hangs", d)
	}
	b.conflict(hangs, b.answer(hangs))
	b.idle()
	b.want(len(b.due(time.Minute)), 1)
}

func clock(b *bench) {
	// Forward: all is due, nothing is lost.
	_, err := b.s.Receive(b.Context(), b.now, bot.Delivery{Channel: Pushed, Window: time.Second, Messages: []bot.Message{b.said("a", "1", "x")}})
	b.ok(err)
	b.pass(time.Hour)
	t := b.claim()
	b.commit(t, b.answer(t))
	// Back: nobody waits an hour for an answer, nor for its sending.
	b.receive(b.said("a", "2", "x"))
	b.want(len(b.due(10*time.Second)), 1)
	b.pass(-time.Hour)
	t = b.claim()
	b.want(ids(t.Messages), []string{"2"})
	b.commit(t, b.answer(t))
	out := b.due(10 * time.Second)
	b.want(texts(out), []string{"re 1"})
	b.want(out[0].Unknown, true)
	b.sent(out[0], bot.Fate{State: bot.Shown})
	b.want(texts(b.due(10*time.Second)), []string{"re 2"})
	// A message that came back with the clock does not make later ones wait.
	b.receive(b.said("b", "1", "x"))
	b.pass(-2 * time.Hour)
	b.receive(b.said("b", "2", "x"))
	b.want(ids(b.claim().Messages), []string{"1", "2"})
}

var _ testing.TB = (*bench)(nil)
