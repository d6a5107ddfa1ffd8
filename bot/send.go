package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"decline61/bot/fault"
)

// Limits of sending.
const (
	sendTimeout  = 10 * time.Second // for one Send, where the channel says nothing
	sendWorkers  = 8                // Sends at a time, likewise
	sendMargin   = 2 * time.Second  // of the lease, for all but the Send
	maxWait      = 5 * time.Minute  // between two tries
	maxAfter     = 15 * time.Minute // likewise where the platform asks for it; what lies further ahead counts as a clock set back
	giveUpAfter  = 24 * time.Hour   // then it is a dead letter
	maxRecovered = 2                // tries with a new token or another route before waiting
)

// sender sends what is due on one channel.
type sender struct {
	*Loop
	channel Channel
	manner  Manner
	limit   *rate.Limiter // nil is none
	slots   chan struct{}
	lease   time.Duration
}

func (l *Loop) sendAll(ctx context.Context, c Channel) {
	m := c.Manner()
	if m.Timeout == 0 {
		m.Timeout = sendTimeout
	}
	if m.Workers == 0 {
		m.Workers = sendWorkers
	}
	s := sender{Loop: l, channel: c, manner: m, slots: make(chan struct{}, m.Workers), lease: m.Timeout + sendMargin}
	if m.Rate > 0 {
		burst := max(1, m.Burst)
		s.limit = rate.NewLimiter(rate.Limit(m.Rate), burst)
		s.lease += time.Duration(float64(m.Workers) / m.Rate * float64(time.Second)) // they wait for their turn, marked as being sent
	}
	s.lease = min(s.lease, maxAfter)
	s.run(ctx)
}

func (s *sender) run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select { // a free slot first, so that nothing is marked before it can be sent
		case s.slots <- struct{}{}:
			<-s.slots
		case <-ctx.Done():
			return
		}
		free := cap(s.slots) - len(s.slots)
		asked := s.now()
		due, err := s.store.Due(ctx, s.now(), s.manner.Name, s.lease, free)
		if err != nil && ctx.Err() == nil {
			s.meter.Trouble("due")
			s.complain("looking for what is to be sent on "+s.manner.Name+" failed", err)
			sleep(ctx, time.Second)
		}
		for _, o := range due {
			s.slots <- struct{}{}
			all.Go(func() {
				defer func() { <-s.slots; nudge(s.sendWake[s.manner.Name]) }()
				s.send(ctx, o, asked.Add(s.lease-s.manner.Timeout))
			})
		}
		if len(due) > 0 {
			continue
		}
		select {
		case <-s.sendWake[s.manner.Name]:
		case <-ctx.Done():
			return
		}
	}
}

// send brings o one try further and reports what became of it. Without a
// report it is Unknown once the lease is over, which is safe, and slow. latest
// is when a Send may begin: a process that was stopped for a while wakes up
// when others may have taken its messages, and must not send them again.
func (s *sender) send(ctx context.Context, o Outgoing, latest time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.lease+grace)
	defer cancel()
	if s.limit != nil {
		if err := s.limit.Wait(ctx); err != nil {
			return
		}
	}
	fate, class := s.try(ctx, o, latest)
	if fate.State == "" {
		s.meter.Trouble(class)
		return
	}
	if fate.State == Failed {
		s.log.Error("given up: a message is not shown", "channel", s.manner.Name, "conversation", nickname(o.Conversation), "tries", o.Tries+1, "why", fate.Why)
	} else if fate.State != Shown && class != "not found" && class != Queued.String() {
		s.log.Warn("sending failed; trying again", "channel", s.manner.Name, "conversation", nickname(o.Conversation), "tries", o.Tries+1, "at", fate.Again, "why", fate.Why)
	}
	s.meter.Sent(s.manner.Name, fate.State, class, s.now().Sub(o.Time))
	for {
		err := s.store.Sent(ctx, s.now(), o, fate)
		if err == nil {
			s.watchers.signal(o.Conversation)
			if !fate.Again.IsZero() {
				s.nudgeAt(s.sendWake[s.manner.Name], fate.Again)
			}
			return
		}
		s.meter.Trouble("sent")
		if !sleep(ctx, 200*time.Millisecond) {
			s.log.Error("noting what was sent failed; it will be looked for", "channel", s.manner.Name, "conversation", nickname(o.Conversation), "error", err)
			return
		}
	}
}

// try looks whether o is at the platform already, if it may be, or else sends
// it.
func (s *sender) try(ctx context.Context, o Outgoing, latest time.Time) (Fate, string) {
	if o.Unknown && !fault.Planted("no-look-before-resend") {
		r, found, err := s.find(ctx, o)
		switch {
		case err != nil:
			return s.again(o, Unknown, 0, fmt.Errorf("looking whether it has arrived: %w", err)), "look"
		case found:
			return Fate{State: Shown, Remote: r.ID}, "found"
		}
		// Looking may have taken as long as sending: with a lease of its own.
		return Fate{State: Unsent, Again: s.now(), Why: "it has not arrived"}, "not found"
	}
	if fault.Planted("unstable-key") {
		o.Key = fmt.Sprint(o.Key, rand.Int())
	}
	for recovered := 0; ; recovered++ {
		if s.now().After(latest) {
			if recovered > 0 { // certainly not shown: the last try was refused
				return s.again(o, Unsent, 0, errors.New("recovering took too long")), "overslept"
			}
			return Fate{}, "overslept"
		}
		fault.Here("send.before")
		r, err := s.call(ctx, o)
		fault.Here("send.after")
		if err == nil {
			return Fate{State: Shown, Remote: r.ID}, "ok"
		}
		class, after := classOf(err)
		switch class {
		case Never:
			return Fate{State: Failed, Why: err.Error()}, class.String()
		case MayHaveArrived:
			// The platform may still be at it: looking sooner would prove nothing.
			return s.again(o, Unknown, max(after, s.manner.Timeout), err), class.String()
		case Backoff:
			return s.again(o, Unsent, after, err), class.String()
		case Queued: // nothing has failed, so nothing grows longer
			o.Tries = 0
			return s.again(o, Unsent, after, err), class.String()
		}
		rec, ok := s.channel.(Recoverer)
		if !ok || recovered == maxRecovered {
			return s.again(o, Unsent, after, err), class.String()
		}
		next, err := s.recover(ctx, rec, class, o)
		if err != nil {
			return s.again(o, Unsent, 0, fmt.Errorf("after %v: %w", class, err)), class.String()
		}
		o = next
	}
}

// recover asks the channel what to send now. Whatever way it goes, it is the
// same message.
func (s *sender) recover(ctx context.Context, rec Recoverer, class Class, o Outgoing) (Outgoing, error) {
	ctx, cancel := context.WithTimeout(ctx, s.manner.Timeout)
	defer cancel()
	next := o
	err := guarded(func() (err error) {
		next, err = rec.Recover(ctx, class, o)
		return err
	})
	o.To, o.Text = next.To, next.Text
	return o, err
}

func (s *sender) call(ctx context.Context, o Outgoing) (Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, s.manner.Timeout)
	defer cancel()
	var r Receipt
	err := guarded(func() (err error) {
		r, err = s.channel.Send(ctx, o)
		return err
	})
	return r, err
}

func (s *sender) find(ctx context.Context, o Outgoing) (Receipt, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.manner.Timeout)
	defer cancel()
	var r Receipt
	var found bool
	err := guarded(func() (err error) {
		r, found, err = s.channel.Find(ctx, o)
		return err
	})
	return r, found, err
}

// again sets the time of the next try, or gives up on what is too old to be of
// any use.
func (s *sender) again(o Outgoing, state OutState, after time.Duration, why error) Fate {
	wait := min(max(after, backoff(o.Tries, 500*time.Millisecond, maxWait)), maxAfter)
	now := s.now()
	if now.Sub(o.Time) > giveUpAfter {
		return Fate{State: Failed, Why: fmt.Sprintf("given up after %v: %v", giveUpAfter, why)}
	}
	return Fate{State: state, Again: now.Add(wait), Why: why.Error()}
}
