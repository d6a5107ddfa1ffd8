package aibot

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
)

// socket keeps the one long connection of the bot.
type socket struct {
	channel *Channel
	lanes   [16]chan func(context.Context)
	stopped <-chan struct{} // nobody works on the lanes any more

	mu      sync.Mutex
	current *connection   // nil while there is none
	changed chan struct{} // closed and made new whenever current changes
	trouble error         // why there is none
}

func newSocket(c *Channel) *socket { return &socket{channel: c, changed: make(chan struct{})} }

func (s *socket) timing() timing { return s.channel.timing }
func (s *socket) config() Config { return s.channel.config }

// mostInLane is how many messages of a lane wait before WeCom has to.
const mostInLane = 256

// run keeps a connection open until ctx is done. Where only the operator can mend
// what WeCom says, it tries again in an hour: WeCom bars who guesses.
func (s *socket) run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	lanes, stop := context.WithCancel(ctx)
	defer stop()
	s.stopped = lanes.Done()
	for i := range s.lanes {
		lane := make(chan func(context.Context), mostInLane)
		s.lanes[i] = lane
		all.Go(func() { s.work(lanes, lane) })
	}
	var wait time.Duration
	var kicked time.Time
	for {
		k, err := s.dial(ctx)
		began := time.Now()
		if err == nil {
			s.channel.log.Info("aibot: the long connection is open")
			s.set(k, nil)
			err = k.live(ctx)
			s.set(nil, err)
			if ctx.Err() != nil {
				s.lastWords(k)
			}
			k.end(errStopped)
			<-k.gone
		} else {
			s.set(nil, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t := s.timing()
		switch {
		case wecom.Code(err) == wecom.CodeSubscription:
			wait = t.banished
		case errors.Is(err, errKicked):
			wait = t.kicked
			if !kicked.IsZero() && began.Sub(kicked) < t.banished {
				wait = t.banished // the other one came back for it: two that fight serve nobody
			}
			kicked = time.Now()
		case errors.Is(err, errIdle):
			wait = 0
		case time.Since(began) > t.young && k != nil:
			wait = t.first
		default:
			wait = min(max(2*wait, t.first), t.longest)
		}
		wait += time.Duration(rand.Int64N(int64(wait/2) + 1)) // not everybody at the same moment
		level := slog.LevelWarn
		if errors.Is(err, errKicked) || wecom.Code(err) == wecom.CodeSubscription {
			level = slog.LevelError // somebody has to do something
		}
		s.channel.log.Log(ctx, level, "aibot: no long connection; opening it again", "in", wait.Round(time.Millisecond), "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// work does what is in a lane, one after the other.
func (s *socket) work(ctx context.Context, lane chan func(context.Context)) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-lane:
			s.guarded(ctx, f)
		}
	}
}

func (s *socket) guarded(ctx context.Context, f func(context.Context)) {
	defer func() {
		if recover() != nil {
			s.channel.log.Error("aibot: panic while taking a message in")
		}
	}()
	f(ctx)
}

// lane has f done after all that came before from the same chat.
func (s *socket) lane(p payload, f func(context.Context)) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(p.place().String())) // never fails
	select {
	case s.lanes[h.Sum32()%uint32(len(s.lanes))] <- f:
	case <-s.stopped:
	}
}

func (s *socket) set(k *connection, trouble error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.trouble = k, trouble
	close(s.changed)
	s.changed = make(chan struct{})
}

// well says why there is no connection.
func (s *socket) well() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.current != nil:
		return nil
	case s.trouble != nil:
		return fmt.Errorf("aibot: no long connection: %w", s.trouble)
	}
	return errors.New("aibot: no long connection yet")
}

// await gives the connection, and waits for one while there is none.
func (s *socket) await(ctx context.Context) (*connection, error) {
	for {
		s.mu.Lock()
		k, changed, trouble := s.current, s.changed, s.trouble
		s.mu.Unlock()
		if k != nil && !k.ended() {
			return k, nil
		}
		if errors.Is(trouble, errKicked) {
			return nil, &bot.SendError{Class: bot.Backoff, After: s.timing().kicked, Err: errKicked}
		}
		soon := time.NewTimer(50 * time.Millisecond) // it has ended, and live has not seen it yet
		select {
		case <-changed:
			soon.Stop()
		case <-soon.C:
		case <-ctx.Done():
			soon.Stop()
			return nil, &bot.SendError{Class: bot.Backoff, Err: errors.New("aibot: there is no long connection")}
		}
	}
}

// say pushes a message into a chat.
func (s *socket) say(ctx context.Context, chat string, a answer) error {
	if err := s.channel.pace.Wait(ctx, chat); err != nil {
		return err
	}
	k, err := s.await(ctx)
	if err != nil {
		return err
	}
	err = k.call(ctx, cmdSend, newReq(), a)
	s.channel.heed(chat, err)
	return err
}

// lastWords ends the streams that nobody could end after a restart: WeCom takes
// their frames over this connection only. Their answers are pushed then. What is
// being sent may end before.
func (s *socket) lastWords(k *connection) {
	ctx, cancel := context.WithTimeout(context.Background(), s.timing().last)
	defer cancel()
	var all sync.WaitGroup
	end := func(states ...streamState) {
		for _, q := range s.channel.open.pending(states...) {
			if s.channel.open.expire(q, word(q.lang, "later")) {
				all.Go(func() { // it was a courtesy
					_ = s.channel.respond(ctx, q, streaming(q, true, word(q.lang, "later"), nil), unpaid)
				})
			}
		}
	}
	end(waiting)
	for began := time.Now(); s.channel.sending.Load() > 0 && time.Since(began) < s.timing().last/2; {
		time.Sleep(10 * time.Millisecond)
	}
	end(finishing) // an answer that did not get its turn
	all.Wait()
	for s.channel.sending.Load() > 0 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
}

// unpaid is for the last words of all, which nothing comes after.
func unpaid(context.Context, string) error { return nil }

// hear takes in what was told over the long connection. Nobody repeats it: what
// cannot be kept is tried again for a few seconds, and then its sender is told.
func (c *Channel) hear(ctx context.Context, k *connection, req string, p payload) {
	chat, _ := p.place().chat()
	reply := func(cmd string, a answer) {
		c.beside(func() {
			if err := c.inTurn(context.WithoutCancel(ctx), k, cmd, req, chat, a); err != nil {
				c.log.Warn("aibot: something was not answered", "cmd", cmd, "error", err)
			}
		})
	}
	if p.Type == "event" {
		c.hearEvent(ctx, p, reply)
		return
	}
	if !p.answerable() || req == "" {
		return
	}
	words, unread := p.words(c.config.BotName)
	if unread != "" {
		reply(cmdRespond, refusal(p.ID, unread))
		return
	}
	q := c.open.add(&question{place: p.place(), message: p.ID, stream: streamOf(p.ID), asked: c.now(), lang: langOf(words), long: true, conn: k, req: req})
	if err := c.keepTrying(ctx, func(ctx context.Context) error { return c.keep(ctx, q, message(p, words), "") }); err != nil {
		c.open.drop(q)
		c.log.Error("aibot: a message was not kept, and its sender is told to send it again", "error", err)
		reply(cmdRespond, refusal(p.ID, "not kept"))
		return
	}
	if !c.open.follows(q, c.config.Window) {
		c.beside(func() { c.beginStream(context.WithoutCancel(ctx), q) })
	}
}

// hearEvent takes in an event; it is answered within five seconds or not at all.
func (c *Channel) hearEvent(ctx context.Context, p payload, reply func(cmd string, a answer)) {
	switch p.Event.Type {
	case eventEnter:
		reply(cmdWelcome, welcome())
	case eventFeedback:
		c.feedback(ctx, p)
	case eventPress:
		var below *card
		err := c.keepTrying(ctx, func(ctx context.Context) (err error) {
			below, err = c.press(ctx, p)
			return err
		})
		if err != nil {
			c.log.Error("aibot: a press was not kept", "error", err)
			below = pressed(p.Event.Press.Task, stampOf(p.Event.Press.Key).Lang, word(stampOf(p.Event.Press.Key).Lang, "not kept"), "")
		}
		if below != nil {
			reply(cmdUpdate, update(below))
		}
	}
}

// keepTrying does f until it succeeds, or it has taken too long.
func (c *Channel) keepTrying(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timing.keep)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		err := f(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}
