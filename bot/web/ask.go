package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"decline61/bot"
)

// problem is why a request is not answered with 200.
type problem struct {
	status int
	after  time.Duration // when to come again; 0 is not said
	say    string        // to the sender
	err    error         // what say was made of, if anything
}

func (p *problem) Error() string { return p.say }
func (p *problem) Unwrap() error { return p.err }

// Problems that a sender can do something about by waiting.
var (
	errLate = &problem{status: http.StatusServiceUnavailable, after: 2 * time.Second,
		say: "the answer takes longer than usual; the message is kept: ask again with the same conversation and id"}
	errStore = &problem{status: http.StatusServiceUnavailable, after: 2 * time.Second,
		say: "messages cannot be kept at the moment: send this one again, with the same conversation and id"}
)

// ask keeps a message, unless it is there already, and waits for its reply.
// Errors are problems, but for those of a ctx that is done.
func (s *Server) ask(ctx context.Context, from string, r bot.Request, patience time.Duration) (bot.Reply, error) {
	if r.ID == "" {
		return bot.Reply{}, &problem{status: http.StatusBadRequest, say: `field "id" is missing: give each message an id of its own, such as "q1", and the same one if you send it again`}
	}
	if !validID(r.ID) {
		return bot.Reply{}, &problem{status: http.StatusBadRequest, say: fmt.Sprintf("field %q must be 1 to %d bytes of printable characters", "id", maxID)}
	}
	if !validConversation(r.Conversation) {
		return bot.Reply{}, &problem{status: http.StatusBadRequest, say: fmt.Sprintf("field %q must be at most %d bytes of printable characters, and neither . nor ..", "conversation", maxID)}
	}
	k := keyOf(r)
	reply, answered, err := s.keep(ctx, from, k, r)
	if err == nil && !answered {
		reply, err = s.await(ctx, k, patience)
	}
	reply.ID, reply.Conversation = r.ID, r.Conversation
	var p *problem
	if errors.As(err, &p) {
		s.meter.Refused(p.status)
	}
	return reply, err
}

// keep stores a message that is new, and gives the reply if there is one. What is
// known is neither checked nor counted again: the knowledge base or the limits
// may have changed, but its sender was promised the reply.
func (s *Server) keep(ctx context.Context, from string, k key, r bot.Request) (bot.Reply, bool, error) {
	unlock, err := s.incoming.lock(ctx, k)
	if err != nil {
		return bot.Reply{}, false, err
	}
	defer unlock()

	if err = s.receive(ctx, from, k, r); err == nil {
		return bot.Reply{}, false, nil
	}
	reply, answered, known, wrong := s.journal.Reply(ctx, k.conversation, k.message)
	switch {
	case wrong != nil && ctx.Err() != nil:
		return bot.Reply{}, false, ctx.Err()
	case wrong != nil:
		s.log.Debug("looking for a reply", "error", wrong) // Ready makes itself heard
		return bot.Reply{}, false, errStore
	case known:
		s.meter.Repeated()
		return reply, answered, nil
	}
	return bot.Reply{}, false, err
}

// receive keeps a message; a repeated one changes nothing.
func (s *Server) receive(ctx context.Context, from string, k key, r bot.Request) error {
	if err := s.loop.Check(r); err != nil {
		return &problem{status: http.StatusBadRequest, say: err.Error(), err: err}
	}
	giveBack, err := s.count(from, k)
	if err != nil {
		return err
	}
	// Who hangs up now has sent the message all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	got, err := s.loop.Receive(ctx, bot.Delivery{Channel: Channel, Messages: []bot.Message{{
		ID:       k.message,
		From:     addressOf(r.Conversation),
		Role:     bot.Merchant,
		Text:     r.Text,
		Found:    r.Found,
		Lang:     r.Lang,
		Evidence: r.Evidence,
		Time:     s.now().UTC().Truncate(time.Millisecond),
	}}})
	switch {
	case errors.Is(err, bot.ErrBusy):
		giveBack()
		return &problem{status: http.StatusServiceUnavailable, after: 3 * time.Second, say: bot.ErrBusy.Error(), err: err}
	case err != nil:
		giveBack()
		s.log.Debug("a message could not be kept; its sender was told", "error", err) // Ready makes itself heard
		return errStore
	case got[0].Duplicate:
		giveBack()
	}
	return nil
}

// count takes the message from what its conversation and address may send.
func (s *Server) count(from string, k key) (giveBack func(), err error) {
	now := s.now()
	if wait := s.perConversation.take(now, k.conversation); wait > 0 {
		return nil, &problem{status: http.StatusTooManyRequests, after: wait, say: "too many messages in this conversation: wait a moment, then send this one again with the same id"}
	}
	if s.perAddress == nil {
		return func() { s.perConversation.giveBack(k.conversation) }, nil
	}
	if wait := s.perAddress.take(now, from); wait > 0 {
		s.perConversation.giveBack(k.conversation)
		return nil, &problem{status: http.StatusTooManyRequests, after: wait, say: "too many messages from this network address: wait a moment, then send this one again with the same id"}
	}
	return func() {
		s.perConversation.giveBack(k.conversation)
		s.perAddress.giveBack(from)
	}, nil
}

// await waits until the reply is there. It watches before it looks, so that no
// change is missed.
func (s *Server) await(ctx context.Context, k key, patience time.Duration) (bot.Reply, error) {
	changed, stop := s.loop.Watch(k.conversation)
	defer stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	poll := time.NewTicker(s.poll)
	defer poll.Stop()
	stopping := Stopping(ctx)
	for {
		reply, answered, _, err := s.journal.Reply(ctx, k.conversation, k.message)
		switch {
		case err == nil && answered:
			return reply, nil
		case ctx.Err() != nil:
			return bot.Reply{}, ctx.Err()
		case err != nil: // it may heal while we wait
			s.log.Debug("looking for a reply", "error", err)
		}
		select {
		case _, open := <-changed:
			if !open {
				changed = nil
			}
		case <-poll.C:
		case <-stopping: // most answers are milliseconds away
			stopping = nil
			late.Reset(min(patience, stopPatience))
		case <-late.C:
			return bot.Reply{}, errLate
		case <-ctx.Done():
			return bot.Reply{}, ctx.Err()
		}
	}
}

// sender gives the network address that a request came from. Nobody owns less
// than a /64 of IPv6, so that counts as one.
func sender(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
