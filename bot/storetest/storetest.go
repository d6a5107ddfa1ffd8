// Package storetest holds every implementation of [bot.Store] to its promises:
// nothing that it has taken is lost, answered twice or out of order, whatever
// fails between. Each implementation runs it from its own tests.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"decline61/bot"
	"decline61/bot/mask"
)

// Store is a bot.Store with what reads from it.
type Store interface {
	bot.Store
	Reply(ctx context.Context, conversation, id string) (r bot.Reply, answered, known bool, err error)
	Events(ctx context.Context, conversation string, after int64, n int) ([]bot.Event, error)
	Stats(ctx context.Context, now time.Time) (bot.Stats, error)
	Conversation(ctx context.Context, id string) (c bot.Conversation, known bool, err error)
	Open(ctx context.Context, channel, owner string) ([]bot.Conversation, error)
	AddFeedback(ctx context.Context, f bot.Feedback) error
	Unshown(ctx context.Context, key, why string) error
	Prune(ctx context.Context, now time.Time, keep time.Duration) (conversations int, err error)
	Check(ctx context.Context) error
	Ready(ctx context.Context) error
	Close() error
}

// Database is where stores under test keep their rows. Each test has its own.
type Database interface {
	// Open opens a store on it. Nothing is sent on the channel [Pulled]; no more
	// than waiting messages may wait, 0 leaves that to the store.
	Open(t *testing.T, waiting int) Store
	// Crash ends a store as the death of its process would.
	Crash(t *testing.T, s Store)
	// Holds reports whether s is to be found anywhere in what is kept.
	Holds(t *testing.T, s string) bool
	// Shared tells that several stores may be open at once.
	Shared() bool
}

// The channels of the tests.
const (
	Pulled = "page"  // its readers look into the store
	Pushed = "slack" // messages are sent on it
)

// Run runs all tests, each on a database of its own.
func Run(t *testing.T, fresh func(t *testing.T) Database) {
	for _, c := range []struct {
		name string
		test func(*bench)
	}{
		{"redelivery", redelivery},
		{"redelivery at once", redeliveryAtOnce},
		{"unsound messages", unsound},
		{"cursor and messages", cursorAndMessages},
		{"window", window},
		{"numbers and order", numbersAndOrder},
		{"busy", busy},
		{"card number in two messages", splitCard},
		{"evidence is masked", evidenceMasked},

		{"conflict", conflict},
		{"takeover", takeover},
		{"anyway", anyway},
		{"all or nothing", allOrNothing},
		{"one at a time", oneAtATime},
		{"again", again},
		{"survived", survived},
		{"crash with a claim", crashWithClaim},
		{"commit without a caller", commitWithoutCaller},
		{"more than a task holds", manyMessages},
		{"dead", dead},
		{"timers", timers},
		{"watchdog", watchdog},
		{"watchdog takes over", watchdogTakesOver},
		{"clock", clock},

		{"sending in order", sendingInOrder},
		{"sending fails", sendingFails},
		{"sender dies", senderDies},
		{"late report", lateReport},
		{"pulled", pulled},
		{"channels apart", channelsApart},

		{"reply", reply},
		{"reply with what is sent", replyWithWhatIsSent},
		{"owners", owners},
		{"accepted and not shown", unshown},
		{"events", events},
		{"stats", stats},
		{"prune", prune},
		{"feedback", feedback},
		{"reopened", reopened},
		{"ready", ready},

		{"no wake-up is lost", noWakeUpLost},
		{"hammer", hammer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &bench{T: t, db: fresh(t), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
			b.open(0)
			c.test(b)
			if err := b.s.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// bench is one test with its store and its clock.
type bench struct {
	*testing.T
	db  Database
	s   Store
	now time.Time
}

func (b *bench) open(waiting int) {
	b.Helper()
	b.s = b.db.Open(b.T, waiting)
	s := b.s
	b.Cleanup(func() { s.Close() })
}

// crash ends the store without its knowing and opens it again.
func (b *bench) crash() {
	b.Helper()
	b.db.Crash(b.T, b.s)
	b.open(0)
}

func (b *bench) pass(d time.Duration) { b.now = b.now.Add(d) }

func (b *bench) want(got, want any) {
	b.Helper()
	if d := cmp.Diff(want, got); d != "" {
		b.Fatalf("-want +got:\n%s", d)
	}
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// said is a message of a merchant on a channel that is sent on.
func (b *bench) said(thread, id, text string) bot.Message {
	t, found := mask.Mask(text)
	return bot.Message{ID: id, From: bot.Address{Channel: Pushed, Thread: thread}, Role: bot.Merchant, Text: t, Found: found, Time: b.now}
}

func (b *bench) byAgent(thread, id string) bot.Message {
	m := b.said(thread, id, "我来处理")
	m.Role = bot.Agent
	return m
}

func (b *bench) receive(ms ...bot.Message) []bot.Received {
	b.Helper()
	got, err := b.s.Receive(b.Context(), b.now, bot.Delivery{Channel: Pushed, Messages: ms})
	b.ok(err)
	return got
}

// claim wants a task.
func (b *bench) claim() *bot.Task {
	b.Helper()
	t := b.mayClaim(0)
	if t == nil {
		b.Fatal("nothing is due")
	}
	return t
}

func (b *bench) mayClaim(overdue time.Duration) *bot.Task {
	b.Helper()
	t, err := b.s.Claim(b.Context(), b.now, overdue)
	b.ok(err)
	return t
}

func (b *bench) idle() {
	b.Helper()
	if t := b.mayClaim(0); t != nil {
		b.Fatalf("something is due: %v %v", ids(t.Messages), t.Timers)
	}
}

// answer is what the bot would say to all messages of t.
func (b *bench) answer(t *bot.Task) bot.Result {
	r := bot.Result{State: t.Conversation.State, Case: t.Conversation.Case}
	if len(t.Messages) == 0 {
		return r
	}
	last := t.Messages[len(t.Messages)-1]
	r.Upto = last.Seq
	r.Decision = &bot.Decided{
		Reply: bot.Reply{ID: last.ID, Conversation: last.From.Thread, Decision: bot.Answered, Reason: "test", Text: "re " + last.ID,
			Entries: []bot.ReplyEntry{}, Causes: []bot.ReplyCause{}, Evidence: map[string]string{}, Steps: []bot.ReplyStep{}, Citations: []string{}},
		KB: "kb1", Program: "p1", Time: b.now,
	}
	r.Out = []bot.Outgoing{{Key: t.Conversation.ID + "/" + last.ID, Role: bot.Robot, Text: mask.Of("re " + last.ID), Answers: ids(t.Messages), Time: b.now}}
	return r
}

func (b *bench) commit(t *bot.Task, r bot.Result) {
	b.Helper()
	b.ok(b.s.Commit(b.Context(), b.now, t, r))
}

func (b *bench) conflict(t *bot.Task, r bot.Result) {
	b.Helper()
	if err := b.s.Commit(b.Context(), b.now, t, r); !errors.Is(err, bot.ErrConflict) {
		b.Fatalf("no conflict but %v", err)
	}
}

// answered receives one message and answers it.
func (b *bench) answered(thread, id string) {
	b.Helper()
	b.receive(b.said(thread, id, "刷卡显示61"))
	t := b.claim()
	b.commit(t, b.answer(t))
}

func (b *bench) due(lease time.Duration) []bot.Outgoing {
	b.Helper()
	out, err := b.s.Due(b.Context(), b.now, Pushed, lease, 10)
	b.ok(err)
	return out
}

func (b *bench) sent(o bot.Outgoing, f bot.Fate) {
	b.Helper()
	b.ok(b.s.Sent(b.Context(), b.now, o, f))
}

func (b *bench) stats() bot.Stats {
	b.Helper()
	s, err := b.s.Stats(b.Context(), b.now)
	b.ok(err)
	return s
}

func ids(ms []bot.Message) []string {
	out := []string{}
	for _, m := range ms {
		out = append(out, m.ID)
	}
	return out
}

func texts(out []bot.Outgoing) []string {
	said := []string{}
	for _, o := range out {
		said = append(said, o.Text.String())
	}
	return said
}

func numbered(prefix string, i int) string { return fmt.Sprintf("%s%03d", prefix, i) }
