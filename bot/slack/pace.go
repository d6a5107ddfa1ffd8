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
	limits map[string]*limit
	turns  map[string]time.Time // by message: when it is to come back
}

// limit is that of one method, for posts in one channel.
type limit struct {
	*rate.Limiter
	until time.Time // Slack wants to hear nothing before
}

const (
	mostWait  = time.Second // for a turn; who would wait longer comes back when it is due, and leaves his place to others
	mostTurns = 10_000      // messages and channels that are remembered
)

func newPace(now func() time.Time) *pace {
	return &pace{now: now, limits: map[string]*limit{}, turns: map[string]time.Time{}}
}

// rateOf is how often a method may be called: per channel for messages, per
// method for the rest, from Slack's tiers, with room for what we do not know.
func rateOf(method string) (rate.Limit, int) {
	const perMinute = rate.Limit(1.0 / 60)
	switch method {
	case "chat.postMessage":
		return 1, 4
	case "chat.postEphemeral", "views.publish", "views.open", "agents.sessions.setStatus", "assistant.threads.setSuggestedPrompts", "chat.getPermalink", "response_url":
		return 100 * perMinute, 20
	default: // chat.update, conversations.*
		return 50 * perMinute, 10
	}
}

func (p *pace) limit(method, channel string) *limit {
	key := method
	if method == "chat.postMessage" {
		key += " " + channel
	}
	if l := p.limits[key]; l != nil {
		return l
	}
	if len(p.limits) >= mostTurns {
		clear(p.limits)
	}
	every, burst := rateOf(method)
	l := &limit{Limiter: rate.NewLimiter(every, burst)}
	p.limits[key] = l
	return l
}

// wait waits for the turn of a call. If that is too far away, its error says
// when it comes; nothing has been sent then. A message keeps its turn: each is
// given a later one than the one before, so that those who come back do not
// come in a crowd. message is "" for calls that nobody makes again.
func (p *pace) wait(ctx context.Context, method, channel, message string) error {
	now := p.now()
	p.mu.Lock()
	l := p.limit(method, channel)
	due, given := p.turns[message]
	if message == "" || !given {
		r := l.ReserveN(now, 1)
		due = now.Add(r.DelayFrom(now))
		if message == "" && due.Sub(now) > mostWait {
			r.CancelAt(now)
		}
	}
	if l.until.After(due) {
		due = l.until
	}
	d := due.Sub(now)
	switch {
	case d <= mostWait:
		delete(p.turns, message)
	case message != "":
		if len(p.turns) >= mostTurns {
			clear(p.turns)
		}
		p.turns[message] = due
	}
	p.mu.Unlock()
	if d > mostWait {
		return &bot.SendError{Class: bot.Queued, After: d, Err: errors.New("this channel or method has to wait for its turn")}
	}
	if d <= 0 {
		return nil
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
		p.limit(method, channel).until = p.now().Add(e.After)
	}
}

// call makes one call of Slack's API in its turn. Its error is a
// [bot.SendError], and holds neither token nor text.
func (s *Channel) call(ctx context.Context, method, channel string, do func(context.Context) error) error {
	return s.callFor(ctx, "", method, channel, do)
}

// callFor is call for a message, which keeps its turn.
func (s *Channel) callFor(ctx context.Context, message, method, channel string, do func(context.Context) error) error {
	if err := s.pace.wait(ctx, method, channel, message); err != nil {
		return err
	}
	err := classify(do(ctx))
	s.pace.heed(method, channel, err)
	return err
}
