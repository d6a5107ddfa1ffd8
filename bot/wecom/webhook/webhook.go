// Package webhook posts notices to a group of colleagues in WeCom through the
// group's webhook (消息推送).
//
// Two ways lead out. [Notifier.Send] posts one notice at once and says what
// became of it: for those who keep notices themselves, like the bot's outbox.
// [Notifier.Notify] puts a notice into a queue in memory that [Notifier.Run]
// empties, merging into one message what comes in a burst: nothing is dropped
// for WeCom's limit of 20 messages a minute. That queue is all there is of a
// notice: when the process dies, what is in it is lost. Until then a notice waits
// through every outage, also through one that the operator has to end.
package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/wecom"
)

// Form is how a notice looks.
type Form int

// The forms.
const (
	Text     Form = iota // plain; the only one that WeChat shows as well
	Markdown             // bold title, grey values
	Card                 // a card that leads to Notice.URL
)

// Notice is what a group is told. Its words are shown as they are, whatever
// markup somebody put into them.
type Notice struct {
	Form     Form
	Title    mask.Text
	Text     mask.Text
	Facts    []Fact   // six at most are shown
	URL      string   // where more is to be seen; a Card needs it, and is Markdown without
	Mentions []string // ids of members to alert, or Everybody; a Card alerts nobody
}

// Fact is one line of a notice.
type Fact struct {
	Label string
	Value mask.Text
}

// Everybody in Notice.Mentions alerts the whole group, which only Text can do.
const Everybody = "@all"

// ErrFull says that too many notices wait to be posted.
var ErrFull = errors.New("wecom webhook: too many notices wait already")

// Config is what a Notifier needs.
type Config struct {
	URL  string           // complete, with its key
	HTTP *http.Client     // nil is one of its own
	Log  *slog.Logger     // nil is none
	Now  func() time.Time // nil is time.Now
}

// Notifier posts notices to one group. There should be one for a webhook: it
// keeps the limit.
type Notifier struct {
	url  string
	http *http.Client
	log  *slog.Logger
	pace *wecom.Pace

	mu    sync.Mutex
	queue []Notice
	wake  chan struct{}
}

const (
	method    = "webhook/send"         // as errors call it
	mostQueue = 1000                   // notices that wait
	gather    = 500 * time.Millisecond // for the rest of a burst
	longest   = 5 * time.Minute        // between two tries; what may have arrived is tried again, too: shown twice is better than not at all
	lastPost  = 5 * time.Second        // for what is queued when Run ends
)

// New checks the configuration.
func New(c Config) (*Notifier, error) {
	if err := wecom.CheckURL("the address of the group webhook", c.URL, "https"); err != nil {
		return nil, err
	}
	if u, err := url.Parse(c.URL); err != nil || u.Query().Get("key") == "" {
		return nil, errors.New("wecom: the address of the group webhook has no key: copy all of it from the group's 消息推送")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Notifier{
		url: c.URL, http: c.HTTP, log: c.Log,
		pace: wecom.NewPace(c.Now, wecom.GroupLimits...),
		wake: make(chan struct{}, 1),
	}, nil
}

// Send posts one notice now. Its errors are [wecom.Error]s, which are
// bot.SendErrors: bot.Backoff says when the group's limit allows the next one.
// After bot.MayHaveArrived a second Send may show it twice, because a group
// cannot be read.
func (n *Notifier) Send(ctx context.Context, notice Notice) error {
	if err := n.turn(ctx); err != nil {
		return err
	}
	m, _ := compose([]Notice{notice})
	return n.post(ctx, m)
}

// Notify queues a notice for Run. Its only error is [ErrFull].
func (n *Notifier) Notify(_ context.Context, notice Notice) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.queue) >= mostQueue {
		return ErrFull
	}
	n.queue = append(n.queue, notice)
	select {
	case n.wake <- struct{}{}:
	default:
	}
	return nil
}

// Run posts what is queued until ctx is done, then what still fits into one
// message. How many notices are lost after that is logged.
func (n *Notifier) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-n.wake:
			if sleep(ctx, gather) {
				n.drain(ctx)
			}
		case <-ctx.Done():
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPost)
	defer cancel()
	if len(n.waiting()) > 0 && n.turn(last) == nil {
		m, k := compose(n.waiting())
		if n.post(last, m) == nil {
			n.done(k)
		}
	}
	if lost := len(n.waiting()); lost > 0 {
		n.log.Warn("wecom webhook: stopped before all notices were posted", "lost", lost)
	}
	return ctx.Err()
}

// drain posts until nothing waits. What comes while it waits for its turn goes
// into the same message. Only what WeCom will never take is given up: all else
// waits for as long as the process runs, and the operator hears of it once.
func (n *Notifier) drain(ctx context.Context) {
	tries, complained := 0, false
	for len(n.waiting()) > 0 && ctx.Err() == nil {
		k := 0
		err := n.turn(ctx)
		if err == nil {
			var m message
			m, k = compose(n.waiting())
			// Begun is finished: a post that is broken off may be shown, and would be posted again.
			err = n.post(context.WithoutCancel(ctx), m)
		}
		if err == nil {
			if complained {
				n.log.Info("wecom webhook: notices are posted again")
			}
			n.done(k)
			tries, complained = 0, false
			continue
		}
		if ctx.Err() != nil {
			return
		}
		var e *bot.SendError
		if errors.As(err, &e) && e.Class == bot.Never {
			n.log.Error("wecom webhook: notices are given up", "notices", k, "error", err)
			n.done(k)
			tries = 0
			continue
		}
		tries++
		var after time.Duration
		if e != nil {
			after = e.After
		}
		busy := e != nil && e.Class == bot.Backoff && after > 0 // and says until when
		if !complained && !busy && (tries > 1 || e != nil && e.Class == bot.NeedsCredentials) {
			n.log.Error("wecom webhook: notices cannot be posted; they are kept and tried again", "waiting", len(n.waiting()), "error", err)
			complained = true
		}
		sleep(ctx, max(after, backoff(tries)))
	}
}

// turn waits for room within the group's limit.
func (n *Notifier) turn(ctx context.Context) error {
	err := n.pace.Wait(ctx, "")
	var e *wecom.Error
	if errors.As(err, &e) {
		e.Method = method
	}
	return err
}

func (n *Notifier) post(ctx context.Context, m message) error {
	err := wecom.Post(ctx, n.http, method, n.url, m, nil)
	var e *wecom.Error
	if errors.As(err, &e) && e.Class == bot.Backoff && e.After > 0 {
		n.pace.Hold("", e.After)
	}
	return err
}

// waiting are the notices that are not posted yet.
func (n *Notifier) waiting() []Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.queue[:len(n.queue):len(n.queue)]
}

// done takes the first k notices out of the queue.
func (n *Notifier) done(k int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append([]Notice(nil), n.queue[k:]...)
}

func backoff(tries int) time.Duration {
	return min(time.Second<<min(tries-1, 10), longest)
}

// sleep reports false if ctx was done first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
