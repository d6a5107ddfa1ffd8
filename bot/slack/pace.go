package slack

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"decline61/bot"
)

// pace keeps us below Slack's limits: one message a second in a channel, with
// a few at once, and what each method may be called. What Slack says about
// coming back later holds for the method, and for posts for the channel.
type pace struct {
	now func() time.Time

	mu     sync.Mutex
	limits map[string]*turn
}

// turn is one limit.
type turn struct {
	*rate.Limiter
	until time.Time // Slack wants to hear nothing before
}

const (
	mostWait  = 6 * time.Second // for a turn; who would wait longer comes back instead, and leaves his place to others
	mostTurns = 4096            // channels that are remembered
)

func newPace(now func() time.Time) *pace { return &pace{now: now, limits: map[string]*turn{}} }

// limitOf is how often a method may be called: per channel for messages, per
// method for the rest, from Slack's tiers, with room for what we do not know.
func limitOf(method string) (rate.Limit, int) {
	const perMinute = rate.Limit(1.0 / 60)
	switch method {
	case "chat.postMessage":
		return 1, 4
	case "chat.postEphemeral", "views.publish", "views.open":
		return 100 * perMinute, 20
	case "agents.sessions.setStatus", "assistant.threads.setSuggestedPrompts", "chat.getPermalink":
		return 100 * perMinute, 20
	default: // chat.update, conversations.*
		return 50 * perMinute, 10
	}
}

func (p *pace) turn(method, channel string) *turn {
	key := method
	if method == "chat.postMessage" {
		key += " " + channel
	}
	if t := p.limits[key]; t != nil {
		return t
	}
	if len(p.limits) >= mostTurns {
		clear(p.limits)
	}
	limit, burst := limitOf(method)
	t := &turn{Limiter: rate.NewLimiter(limit, burst)}
	p.limits[key] = t
	return t
}

// wait waits for the turn of a call. If that is too far away, its error says
// when to come back; nothing has been sent then.
func (p *pace) wait(ctx context.Context, method, channel string) error {
	now := p.now()
	p.mu.Lock()
	t := p.turn(method, channel)
	r := t.ReserveN(now, 1)
	d := max(r.DelayFrom(now), t.until.Sub(now))
	p.mu.Unlock()
	if d <= 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); d > mostWait || ok && deadline.Sub(now) < d {
		r.CancelAt(now)
		return &bot.SendError{Class: bot.Backoff, After: d, Err: errors.New("this channel or method has to wait for its turn")}
	}
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return &bot.SendError{Class: bot.Backoff, Err: errors.New("waiting for a turn: " + ctx.Err().Error())}
	case <-wait.C:
		return nil
	}
}

// heed notes what Slack says about coming back later.
func (p *pace) heed(method, channel string, err error) {
	var e *bot.SendError
	if errors.As(err, &e) && e.Class == bot.Backoff && e.After > 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.turn(method, channel).until = p.now().Add(e.After)
	}
}

// call makes one call of Slack's API in its turn. Its error is a
// [bot.SendError], and holds neither token nor text.
func (s *Channel) call(ctx context.Context, method, channel string, do func(context.Context) error) error {
	if err := s.pace.wait(ctx, method, channel); err != nil {
		return err
	}
	err := classify(do(ctx))
	s.pace.heed(method, channel, err)
	return err
}
