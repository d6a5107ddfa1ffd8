// Package channeltest holds every [bot.Channel] to its contract: what comes in
// is acknowledged only once it is kept, comes out under the same id however
// often it is delivered, and every error of the way out says truly what can be
// done about it.
//
// A channel's test brings a fake of its platform that implements [Platform],
// and calls [Run]. [Chat] and [NewChannel] are such a platform and such a
// channel in their simplest form: a model for real ones, and what the soak
// program runs the bot against.
package channeltest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

// Setup tells the suite how to get at a channel and its platform.
type Setup struct {
	// Open gives a new channel with an empty platform of its own, wired to each
	// other. What has to be ended is ended by t.Cleanup.
	Open func(t testing.TB) (bot.Channel, Platform)
	// Threads are two places on the platform where merchants write.
	Threads [2]string
	// Unsigned says that nobody but the platform can reach the channel, so that
	// there is nothing to forge: a connection that the channel opens itself.
	Unsigned bool
	// Keyed says that the platform itself refuses a second message with the
	// same key, so that Find need not look.
	Keyed bool
	// NoAgents says that only merchants write on this platform.
	NoAgents bool
}

// Platform is the far side of a channel: a fake server that misbehaves when
// told to.
type Platform interface {
	// Deliver hands m over once, as the platform would, and reports whether it
	// was acknowledged. If not, the platform would deliver it again.
	Deliver(ctx context.Context, m Message) (acknowledged bool)
	// Forge does the same without knowing the secret that proves who it is.
	Forge(ctx context.Context, m Message) (acknowledged bool)
	// Posts are the messages of the bot that the platform shows, oldest first.
	Posts() []Post
	// Fail makes the next request that sends something, or looks for it, come to
	// what f says; not one for a token. It reports whether this platform can do so.
	Fail(f Fault) bool
	// Secrets are strings that may be in no error.
	Secrets() []string
}

// Message is what somebody writes on the platform.
type Message struct {
	ID     string   `json:"id"` // the platform's own
	Thread string   `json:"thread"`
	Role   bot.Role `json:"role"`
	Text   string   `json:"text"`
}

// Post is a message of the bot as the platform shows it.
type Post struct {
	ID      string   `json:"id"`
	Key     string   `json:"key"` // of the Outgoing, "" where the platform has no place for it
	Thread  string   `json:"thread"`
	Role    bot.Role `json:"role"`
	Text    string   `json:"text"`
	Answers []string `json:"answers"` // likewise
}

// Fault is how a request goes wrong.
type Fault int

// The faults. After some the post is shown all the same.
const (
	Fine    Fault = iota
	Down          // 5xx, nothing shown
	Late          // shown, then 5xx
	Cut           // the connection breaks, nothing shown
	Lost          // shown, then the connection breaks
	Slow          // shown, but the answer takes longer than anybody waits
	TooFast       // refused: come back in RetryAfter
	Refused       // refused for good
	Expired       // refused: the token is no longer valid
	Moved         // refused: the conversation is in another state
	Closed        // refused: this way is closed
)

// RetryAfter is what a platform says with [TooFast].
const RetryAfter = 7 * time.Second

func (f Fault) String() string {
	return [...]string{"fine", "down", "late", "cut", "lost", "slow", "too fast", "refused", "expired", "moved", "closed"}[f]
}

// faults gives for each fault the class that Send must report.
var faults = map[Fault]bot.Class{
	Down: bot.MayHaveArrived, Late: bot.MayHaveArrived, Cut: bot.MayHaveArrived, Lost: bot.MayHaveArrived, Slow: bot.MayHaveArrived,
	TooFast: bot.Backoff, Refused: bot.Never, Expired: bot.NeedsCredentials, Moved: bot.StateMoved, Closed: bot.OtherRoute,
}

// check is one rule of the contract.
type check struct {
	name string
	run  func(testing.TB, Setup)
}

var checks = slices.Concat(incoming, outgoing)

// Run holds the channel of s to the contract.
func Run(t *testing.T, s Setup) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.run(t, s) })
	}
}

// patience bounds everything that should happen soon.
const patience = 5 * time.Second

// running is a channel at work.
type running struct {
	testing.TB
	Setup
	channel  bot.Channel
	platform Platform
	inbox    *inbox
	stop     func() error
}

// start opens a channel and runs it.
func start(t testing.TB, s Setup) running {
	t.Helper()
	c, p := s.Open(t)
	r := running{TB: t, Setup: s, channel: c, platform: p, inbox: newInbox()}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, r.inbox) }()
	var err error
	stopped := false
	r.stop = func() error {
		cancel()
		if stopped {
			return err
		}
		stopped = true
		select {
		case err = <-ended:
		case <-time.After(patience):
			err = errors.New("Run does not end when its context is done")
		}
		return err
	}
	t.Cleanup(func() { _ = r.stop() })
	r.settle()
	return r
}

// settle waits until the channel takes messages in: Run was only just called.
func (r running) settle() {
	r.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(5 * time.Millisecond) {
		if r.deliver(Message{ID: "first", Thread: r.Threads[1], Text: "你好"}) {
			r.inbox.forget()
			return
		}
	}
	r.Fatal("no message is acknowledged although Receive succeeds")
}

// deliver hands one message over; what says no role is from the merchant.
func (r running) deliver(m Message) bool {
	if m.Role == "" {
		m.Role = bot.Merchant
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	return r.platform.Deliver(ctx, m)
}

// mustDeliver is deliver where nothing speaks against acknowledging.
func (r running) mustDeliver(m Message) {
	r.Helper()
	if !r.deliver(m) {
		r.Fatalf("message %s is not acknowledged although Receive succeeds", m.ID)
	}
}

// one delivers m and gives it as the inbox got it.
func (r running) one(m Message) bot.Message {
	r.Helper()
	before := len(r.inbox.all())
	r.mustDeliver(m)
	got := r.inbox.all()
	if len(got) != before+1 {
		r.Fatalf("delivering %s handed over %d messages, want 1", m.ID, len(got)-before)
	}
	return got[before]
}

// message makes something to send.
func (r running) message(key, text string) bot.Outgoing {
	return bot.Outgoing{
		Key: key, Role: bot.Robot, Text: mask.Of(text), Answers: []string{"m1"}, Time: time.Now(),
		Conversation: r.channel.Manner().Name + ":" + r.Threads[0], Seq: 2,
		To: bot.Address{Channel: r.channel.Manner().Name, Thread: r.Threads[0]},
	}
}

// send sends o with the time that the channel asks for, and looks at its error.
func (r running) send(o bot.Outgoing) (bot.Receipt, error) {
	r.Helper()
	ctx, cancel := r.timeout()
	defer cancel()
	got, err := r.channel.Send(ctx, o)
	r.discreet("Send", err, o)
	return got, err
}

// find looks for o, and looks at the error.
func (r running) find(o bot.Outgoing) (bot.Receipt, bool, error) {
	r.Helper()
	ctx, cancel := r.timeout()
	defer cancel()
	got, found, err := r.channel.Find(ctx, o)
	r.discreet("Find", err, o)
	return got, found, err
}

// timeout is that of the loop for one Send, but short, so that slow platforms
// don't make slow tests.
func (r running) timeout() (context.Context, context.CancelFunc) {
	d := time.Second
	if t := r.channel.Manner().Timeout; t > 0 {
		d = min(d, t)
	}
	return context.WithTimeout(r.Context(), d)
}

// discreet checks that err tells neither secrets nor what was said.
func (r running) discreet(what string, err error, o bot.Outgoing) {
	r.Helper()
	if err == nil {
		return
	}
	for _, s := range r.platform.Secrets() {
		if strings.Contains(err.Error(), s) {
			r.Errorf("the error of %s holds a secret", what)
		}
	}
	if o.Text.Len() > 0 && strings.Contains(err.Error(), o.Text.String()) {
		r.Errorf("the error of %s holds the text of the message: %v", what, err)
	}
}

// class reads what an error of Send says.
func class(err error) (bot.Class, time.Duration) {
	var e *bot.SendError
	if errors.As(err, &e) {
		return e.Class, e.After
	}
	return bot.MayHaveArrived, 0
}
