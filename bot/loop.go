package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"decline61/bot/mask"
)

// Answerer decides on messages; *Bot is one.
type Answerer interface {
	Answer(context.Context, Question) (Answer, error)
	Check(Request) error
}

// Meter is told what happens, for metrics. Nothing that it is given can hold a
// text.
type Meter interface {
	Received(channel string, n, duplicates int, found mask.Found, took time.Duration) // took: until durable
	Answered(channel string, d Decision, waited, thought time.Duration)               // waited: since it was received
	GaveUp(channel string)                                                            // the fallback answer was given
	Sent(channel string, state OutState, class string, waited time.Duration)
	Trouble(what string) // one of a small fixed set
}

// Settings are what a Loop is made of. Answerer, Store and Channels are needed.
type Settings struct {
	Answerer Answerer
	Store    Store
	Channels []Channel
	Log      *slog.Logger
	Meter    Meter
	Now      func() time.Time
	Workers  int           // conversations answered at a time; 0 is twice the number of cores
	Overdue  time.Duration // messages that have waited this long get the fallback answer; 0 is 30 s
	Program  string        // version, kept with each decision
}

// Loop is the life of a message: received and kept, answered, shown. All that
// it knows is in the Store, so that it can die at any point and go on.
type Loop struct {
	answerer Answerer
	store    Store
	channels map[string]Channel
	log      *slog.Logger
	meter    Meter
	now      func() time.Time
	workers  int
	overdue  time.Duration
	program  string

	wake     chan struct{}            // something may be due
	sendWake map[string]chan struct{} // by channel: something may be to send
	watchers watchers

	mu        sync.Mutex
	conflicts map[string]int   // conversations whose answers came too late, how often since this process last answered them
	down      map[string]error // channels that do not run, and why

	complained map[string]time.Time // when the log was last told of something that goes on
}

// Limits of the loop.
const (
	maxTries      = 4                // then the fallback answer is given
	maxConflicts  = 3                // then an answer stands although the merchant wrote more meanwhile
	mostConflicts = 10_000           // conversations whose conflicts are counted
	thinking      = 3 * time.Second  // for one answer; a database server may take a conversation away after four
	grace         = 10 * time.Second // to end what is begun, after the program is told to stop
	poll          = time.Second      // how often to look without being woken, the safety net
)

// NewLoop checks and fills in s.
func NewLoop(s Settings) (*Loop, error) {
	l := &Loop{
		answerer: s.Answerer, store: s.Store, log: s.Log, meter: s.Meter, now: s.Now,
		workers: s.Workers, overdue: s.Overdue, program: s.Program,
		channels:  map[string]Channel{},
		sendWake:  map[string]chan struct{}{},
		conflicts: map[string]int{},
		down:      map[string]error{},

		complained: map[string]time.Time{},
	}
	if l.answerer == nil || l.store == nil {
		return nil, errors.New("a loop needs an Answerer and a Store")
	}
	for _, c := range s.Channels {
		name := c.Manner().Name
		if name == "" || l.channels[name] != nil {
			return nil, fmt.Errorf("channel name %q is empty or taken", name)
		}
		l.channels[name] = c
		l.sendWake[name] = make(chan struct{}, 1)
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.meter == nil {
		l.meter = noMeter{}
	}
	if l.now == nil {
		l.now = time.Now
	}
	if l.workers == 0 {
		l.workers = 2 * runtime.GOMAXPROCS(0)
	}
	if l.overdue == 0 {
		l.overdue = 30 * time.Second
	}
	l.wake = make(chan struct{}, l.workers)
	return l, nil
}

// Run works until ctx is done, then ends what it has begun. What is not begun
// waits in the Store for the next start.
func (l *Loop) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(l.channels)) {
		c := l.channels[name]
		all.Go(func() { l.takeIn(ctx, c) })
		if !c.Manner().Pull {
			all.Go(func() { l.sendAll(ctx, c) })
		}
	}
	for range l.workers {
		all.Go(func() { l.work(ctx) })
	}
	all.Go(func() { l.tick(ctx) })
	all.Go(func() { l.watchdog(ctx) })
	if s, ok := l.store.(interface {
		Listen(context.Context, func(conversation string)) error
	}); ok { // other processes work on the same conversations
		all.Go(func() { s.Listen(ctx, l.changedElsewhere) })
	}
	all.Wait()
	return nil
}

// Receive keeps what a channel took in; when it returns nil, the platform may
// be told so. Texts over MaxText are cut: nobody types that much, and matching
// it would cost everybody else time.
func (l *Loop) Receive(ctx context.Context, d Delivery) ([]Received, error) {
	began := l.now()
	if c, ok := l.channels[d.Channel]; ok && d.Window == 0 {
		d.Window = c.Manner().Window
	}
	d.Window = max(d.Window, 0)
	for i := range d.Messages {
		m := &d.Messages[i]
		if m.Time.IsZero() {
			m.Time = began
		}
		if m.Role == "" {
			m.Role = Merchant
		}
		if m.Text.Len() > MaxText {
			m.Text = mask.Of(prefix(m.Text.String(), MaxText))
		}
	}
	got, err := l.store.Receive(ctx, began, d)
	if err != nil {
		what := "receive"
		if errors.Is(err, ErrBusy) {
			what = "busy"
		}
		l.meter.Trouble(what)
		return nil, fmt.Errorf("keeping messages of %s: %w", d.Channel, err)
	}
	var found mask.Found
	duplicates := 0
	for i, r := range got {
		if r.Duplicate {
			duplicates++
			continue
		}
		found = found.Plus(r.Found)
		l.changed(d.Messages[i].From.Conversation())
	}
	if d.Window > 0 {
		l.nudgeAt(l.wake, began.Add(d.Window))
	}
	l.meter.Received(d.Channel, len(got), duplicates, found, l.now().Sub(began))
	return got, nil
}

// Cursor gives where reading a platform stands.
func (l *Loop) Cursor(ctx context.Context, channel, name string) (string, error) {
	return l.store.Cursor(ctx, channel, name)
}

// Check tells the sender of a request what is wrong with it before it is kept.
func (l *Loop) Check(r Request) error { return l.answerer.Check(r) }

// Watch signals each change of a conversation, until stop is called. Signals
// are merged, and one may be missed when another process dies: whoever waits
// looks now and then all the same.
func (l *Loop) Watch(conversation string) (changed <-chan struct{}, stop func()) {
	return l.watchers.add(conversation)
}

// Down gives the channels that do not run at the moment, and why.
func (l *Loop) Down() map[string]error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.down)
}

// changed wakes whoever may have something to do about a conversation.
func (l *Loop) changed(conversation string) {
	l.watchers.signal(conversation)
	nudge(l.wake)
}

// changedElsewhere is for what another process has done: whoever waits for a
// reply looks again. The work is left to that process, which is awake already;
// if it dies, or has too much of it, this one takes part from the next tick on.
// "" is any conversation, after a time without news.
func (l *Loop) changedElsewhere(conversation string) {
	l.watchers.signal(conversation)
	if conversation == "" {
		l.wakeAll()
	}
}

func (l *Loop) wakeAll() {
	nudge(l.wake)
	for _, w := range l.sendWake {
		nudge(w)
	}
}

// nudgeAt wakes one of those who wait on c at a time that this process knows
// of. Others, and this one after a restart, see it at the next tick.
func (l *Loop) nudgeAt(c chan struct{}, at time.Time) {
	time.AfterFunc(at.Sub(l.now()), func() { nudge(c) })
}

// nudge wakes one of those who wait on c, or the next who comes.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// tick is the safety net below all wake-ups, and the clock of timers.
func (l *Loop) tick(ctx context.Context) {
	for sleep(ctx, poll) {
		l.wakeAll()
	}
}

// takeIn runs a channel, and starts it again when it fails.
func (l *Loop) takeIn(ctx context.Context, c Channel) {
	name := c.Manner().Name
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		began := l.now()
		l.setDown(name, nil)
		err := guarded(func() error { return c.Run(ctx, l) })
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("it ended by itself")
		}
		l.setDown(name, err)
		l.meter.Trouble("channel")
		if l.now().Sub(began) > time.Minute {
			wait = time.Second
		}
		l.log.Error("channel stopped; starting it again", "channel", name, "in", wait, "error", err)
		if !sleep(ctx, wait) {
			return
		}
	}
}

func (l *Loop) setDown(name string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		delete(l.down, name)
		return
	}
	l.down[name] = err
}

// guarded makes a panic an error: one channel, or one of its messages, must
// not take the bot down for all.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %s", describe(p))
		}
	}()
	return f()
}

// sleep waits and reports whether there is still something to wake up for.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// finish gives what has been begun some time to end after the program was told
// to stop.
func finish(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), grace)
}

// watchers are those who wait for changes of a conversation.
type watchers struct {
	mu sync.Mutex
	of map[string]map[chan struct{}]bool
}

func (w *watchers) add(conversation string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = map[string]map[chan struct{}]bool{}
	}
	if w.of[conversation] == nil {
		w.of[conversation] = map[chan struct{}]bool{}
	}
	w.of[conversation][c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.of[conversation], c)
		if len(w.of[conversation]) == 0 {
			delete(w.of, conversation)
		}
	}
}

func (w *watchers) signal(conversation string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if conversation != "" {
		for c := range w.of[conversation] {
			nudge(c)
		}
		return
	}
	for _, cs := range w.of {
		for c := range cs {
			nudge(c)
		}
	}
}

type noMeter struct{}

func (noMeter) Received(string, int, int, mask.Found, time.Duration)    {}
func (noMeter) Answered(string, Decision, time.Duration, time.Duration) {}
func (noMeter) GaveUp(string)                                           {}
func (noMeter) Sent(string, OutState, string, time.Duration)            {}
func (noMeter) Trouble(string)                                          {}
