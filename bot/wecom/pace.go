package wecom

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"decline61/bot"
)

// Limit is how many of something WeCom allows in any stretch of time.
type Limit struct {
	N   int
	Per time.Duration
}

// Limits that WeCom names.
var (
	// APILimits hold for each method of the API. A [Client] keeps them by itself.
	APILimits = []Limit{{10_000, time.Minute}, {150_000, time.Hour}}
	// MemberLimits hold for what an app sends to one member. WeCom drops what is
	// more without a word, so they must be kept here.
	MemberLimits = []Limit{{30, time.Minute}, {1000, time.Hour}}
	// ChatLimits hold for what an AI bot says in one chat.
	ChatLimits = []Limit{{30, time.Minute}, {1000, time.Hour}}
	// GroupLimits hold for one group webhook.
	GroupLimits = []Limit{{20, time.Minute}}
)

// Pace keeps what is sent below limits, per key: a member, a chat, a method.
// It is safe for concurrent use.
type Pace struct {
	now    func() time.Time
	limits []Limit

	mu    sync.Mutex
	turns map[string]*turns
}

// turns are the limits of one key.
type turns struct {
	limits []*rate.Limiter
	held   time.Time // WeCom wants to hear nothing before
}

const (
	mostWait = 6 * time.Second // for a turn: who would wait longer comes back instead
	mostKeys = 4096            // that are remembered; who is idle is forgotten first
)

// errTurn is why something was not sent.
var errTurn = errors.New("it has to wait for its turn, to stay below WeCom's limits")

// NewPace makes a Pace that keeps all the limits. A nil now is time.Now.
func NewPace(now func() time.Time, limits ...Limit) *Pace {
	if now == nil {
		now = time.Now
	}
	return &Pace{now: now, limits: limits, turns: map[string]*turns{}}
}

// Wait waits for the turn of key. If that is further away than a few seconds or
// than ctx allows, its error is an [Error] with bot.Backoff and the time to come
// back: nothing has been sent, and the place is left to others.
func (p *Pace) Wait(ctx context.Context, key string) error {
	now := p.now()
	p.mu.Lock()
	t := p.of(key, now)
	d := t.held.Sub(now)
	var taken []*rate.Reservation
	for _, l := range t.limits {
		r := l.ReserveN(now, 1)
		taken, d = append(taken, r), max(d, r.DelayFrom(now))
	}
	deadline, ok := ctx.Deadline()
	// A deadline is of the real clock, as is the timer below.
	tooFar := d > mostWait || d > 0 && ok && time.Until(deadline) < d
	if tooFar {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}
	p.mu.Unlock()
	if tooFar {
		return &Error{Class: bot.Backoff, After: d, Err: errTurn}
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &Error{Class: bot.Backoff, Err: ctx.Err()}
	}
}

// Hold lets nothing of key through for d: WeCom has said so.
func (p *Pace) Hold(key string, d time.Duration) {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.of(key, now)
	if until := now.Add(d); until.After(t.held) {
		t.held = until
	}
}

// of gives the turns of key. A third of a limit may go at once and the rest is
// spread, so that no stretch of time sees more than the limit, wherever it begins.
func (p *Pace) of(key string, now time.Time) *turns {
	if t := p.turns[key]; t != nil {
		return t
	}
	if len(p.turns) >= mostKeys {
		p.forget(now)
	}
	t := &turns{}
	for _, l := range p.limits {
		burst := max(1, l.N/3)
		t.limits = append(t.limits, rate.NewLimiter(rate.Limit(float64(max(1, l.N-burst))/l.Per.Seconds()), burst))
	}
	p.turns[key] = t
	return t
}

// forget drops the keys that are idle: a new one starts where they stand.
func (p *Pace) forget(now time.Time) {
	for key, t := range p.turns {
		idle := !t.held.After(now)
		for _, l := range t.limits {
			idle = idle && l.TokensAt(now) >= float64(l.Burst())
		}
		if idle {
			delete(p.turns, key)
		}
	}
}
