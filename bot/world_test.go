package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/store"
)

// world is a platform in memory with the bot behind it: merchants write to it,
// the loop runs over a real store, and what the merchants see is kept. Run
// inside a synctest bubble, so that its hours take no time.
type world struct {
	t      *testing.T
	file   string
	manner bot.Manner
	brain  bot.Answerer
	wrap   func(bot.Store) bot.Store // faults between loop and store; nil is none
	// fault says what goes wrong with the nth call of kind ("send", "find",
	// "deliver") about key; "" is nothing.
	fault func(kind, key string, n int) string

	mu    sync.Mutex
	calls map[string]int
	posts []post // what merchants see, in order
	inbox bot.Inbox

	loop  *bot.Loop
	db    *store.DB
	store bot.Store // what the loop sees: db, perhaps wrapped
	crash context.CancelFunc
	done  chan struct{}
}

// post is one message on the merchant's screen.
type post struct {
	to      string
	key     string
	role    bot.Role
	text    string
	answers []string
	at      time.Time
}

func newWorld(t *testing.T, brain bot.Answerer) *world {
	t.Helper()
	return &world{
		t: t, brain: brain, calls: map[string]int{},
		file:   filepath.Join(memoryDir(t), "bot.db"),
		manner: bot.Manner{Name: "chat", Timeout: 2 * time.Second},
		fault:  func(string, string, int) string { return "" },
	}
}

// memoryDir is a folder in memory where there is one: a simulation of thousands
// of crashes need not wait for a disk.
func memoryDir(t *testing.T) string {
	if dir, err := os.MkdirTemp("/dev/shm", "decline61-test-"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

// start starts a bot on what the one before has left.
func (w *world) start() {
	w.t.Helper()
	db, err := store.Open(context.Background(), store.Options{URL: w.file})
	if err != nil {
		w.t.Fatal(err)
	}
	w.db = db
	w.store = db
	if w.wrap != nil {
		w.store = w.wrap(db)
	}
	w.loop, err = bot.NewLoop(bot.Settings{
		Answerer: w.brain, Store: w.store, Channels: []bot.Channel{w}, Log: slog.New(slog.DiscardHandler), Workers: 3,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.crash, w.done = cancel, make(chan struct{})
	go func() {
		defer close(w.done)
		w.loop.Run(ctx)
	}()
	synctest.Wait()
}

// stop stops the bot in an orderly way.
func (w *world) stop() {
	w.crash()
	<-w.done
	if err := w.db.Close(); err != nil {
		w.t.Error(err)
	}
}

// say delivers a merchant's message once, and reports whether it was taken.
func (w *world) say(conversation, id, text string) error {
	return w.deliver(bot.Merchant, conversation, id, text)
}

// reply delivers an agent's message.
func (w *world) reply(conversation, id, text string) error {
	return w.deliver(bot.Agent, conversation, id, text)
}

func (w *world) deliver(role bot.Role, conversation, id, text string) error {
	w.mu.Lock()
	in := w.inbox
	w.mu.Unlock()
	if in == nil {
		return errors.New("nobody listens")
	}
	masked, found := mask.Mask(text)
	_, err := in.Receive(context.Background(), bot.Delivery{Channel: "chat", Messages: []bot.Message{{
		ID: id, From: bot.Address{Channel: "chat", Thread: conversation}, Role: role, Text: masked, Found: found,
	}}})
	return err
}

// seen lists what the merchant of a conversation sees, as "role answers: text".
func (w *world) seen(conversation string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, p := range w.posts {
		if p.to == conversation {
			out = append(out, fmt.Sprintf("%s %s: %s", p.role, strings.Join(p.answers, "+"), p.text))
		}
	}
	return out
}

func (w *world) count(kind, key string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[kind+key]++
	return w.calls[kind+key]
}

func (w *world) Manner() bot.Manner { return w.manner }

func (w *world) Run(ctx context.Context, in bot.Inbox) error {
	w.mu.Lock()
	w.inbox = in
	w.mu.Unlock()
	<-ctx.Done()
	w.mu.Lock()
	w.inbox = nil
	w.mu.Unlock()
	return ctx.Err()
}

func (w *world) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	n := w.count("send", o.Key)
	what := w.fault("send", o.Key, n)
	class := func(c bot.Class) error { return &bot.SendError{Class: c, Err: errors.New(what)} }
	switch what {
	case "busy":
		return bot.Receipt{}, class(bot.Backoff)
	case "panic":
		panic("a channel's fault")
	case "hour":
		return bot.Receipt{}, &bot.SendError{Class: bot.Backoff, After: time.Hour, Err: errors.New(what)}
	case "never":
		return bot.Receipt{}, class(bot.Never)
	case "token":
		return bot.Receipt{}, class(bot.NeedsCredentials)
	case "lost": // neither arrived nor refused
		return bot.Receipt{}, errors.New("connection reset")
	case "in flight": // arrives when the sender has given up already
		go func() {
			time.Sleep(w.manner.Timeout / 2)
			w.show(o)
		}()
		return bot.Receipt{}, errors.New("connection reset")
	}
	w.show(o)
	switch what {
	case "no answer": // arrived, but the word of it is lost
		return bot.Receipt{}, errors.New("connection reset")
	case "late": // arrived; the caller's patience ends first
		<-ctx.Done()
		return bot.Receipt{}, ctx.Err()
	}
	return bot.Receipt{ID: o.Key}, nil
}

func (w *world) show(o bot.Outgoing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posts = append(w.posts, post{o.To.Thread, o.Key, o.Role, o.Text.String(), o.Answers, time.Now()})
}

func (w *world) Find(_ context.Context, o bot.Outgoing) (bot.Receipt, bool, error) {
	if w.fault("find", o.Key, w.count("find", o.Key)) != "" {
		return bot.Receipt{}, false, errors.New("cannot look")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	there := slices.ContainsFunc(w.posts, func(p post) bool { return p.key == o.Key })
	return bot.Receipt{ID: o.Key}, there, nil
}

func (w *world) Recover(_ context.Context, c bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	w.count("recover", c.String())
	return o, nil
}

// echo is an Answerer that says what it heard. What it hears may make it fail.
type echo struct {
	mu    sync.Mutex
	heard []string
	slow  chan struct{} // closed when "slow" may be answered; nil is at once
}

func (e *echo) Check(bot.Request) error { return nil }

func (e *echo) Answer(ctx context.Context, q bot.Question) (bot.Answer, error) {
	heard := strings.ReplaceAll(q.Text.String(), "\n", "+")
	e.mu.Lock()
	e.heard = append(e.heard, heard)
	slow := e.slow
	e.mu.Unlock()
	switch {
	case strings.Contains(heard, "panic"):
		panic("a merchant's words: " + heard)
	case strings.Contains(heard, "fail"):
		return bot.Answer{}, errors.New("this one fails")
	case strings.Contains(heard, "slow") && slow != nil:
		<-slow
	}
	c := q.Case
	c.Failed++
	d := bot.Answered
	if strings.Contains(heard, "person") {
		d = bot.Handoff
	}
	return bot.Answer{Decision: d, Reason: "echo", Text: fmt.Sprintf("%d:%s", c.Failed, heard), Case: c, KB: "kb1"}, nil
}

// times is how often something that contains s was heard.
func (e *echo) times(s string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, h := range e.heard {
		if strings.Contains(h, s) {
			n++
		}
	}
	return n
}
