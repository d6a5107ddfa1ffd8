package aibot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
)

// Send shows o: as the last words of the stream of the message that it answers,
// or else as a message of its own.
func (c *Channel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	c.sending.Add(1)
	defer c.sending.Add(-1)
	p, err := parsePlace(o.To.Thread)
	if err != nil {
		return bot.Receipt{}, &bot.SendError{Class: bot.Never, Err: err}
	}
	if o.Text.Len() > maxText {
		return bot.Receipt{}, &bot.SendError{Class: bot.Never, Err: errors.New("it is longer than the channel's MaxText")}
	}
	q, err := c.questionOf(ctx, p, o)
	if err != nil {
		return bot.Receipt{}, &bot.SendError{Class: bot.Backoff, Err: err}
	}
	s := c.picture(o)
	if q == nil {
		if err := c.push(ctx, p, c.introduced(s, p, o)); err != nil {
			return bot.Receipt{}, err
		}
		c.merge(p, o, nil)
		return bot.Receipt{}, nil
	}
	if !c.hasRoute(ctx, p) {
		s.card = nil // nobody could answer who presses
	}
	err = c.finish(ctx, q, o.Key, s)
	if refused(err) { // here: it may be taken as a message of its own
		c.log.Error("aibot: an answer was refused in its stream, and is pushed", "error", err)
		c.open.expire(q, word(q.lang, "below"))
		err = c.push(ctx, p, c.introduced(s, p, o))
	}
	if err != nil {
		return bot.Receipt{}, err
	}
	c.merge(p, o, q)
	return bot.Receipt{ID: q.stream}, nil
}

// introduced is s with what a message of its own needs before it: in a group,
// whom it answers; and where the same words were sent in a stream and nobody
// knows whether they are shown, that they may be seen twice.
func (c *Channel) introduced(s shown, p place, o bot.Outgoing) shown {
	var before string
	if p.group != "" {
		before = fmt.Sprintf(word(s.lang, "reply to"), plain(p.user)) + "\n"
	}
	if q := c.open.byKey(o.Key); q != nil {
		c.open.with(func() {
			if q.unsure {
				before += word(s.lang, "perhaps twice") + "\n"
			}
		})
	}
	if len(before)+len(s.content) <= mostContent {
		s.content = before + s.content
	}
	return s
}

// questionOf is the question in whose stream o is to be shown, nil if there is
// none: it is the last one that o answers, or if that is none of WeCom's, the
// oldest that is open in the same place.
func (c *Channel) questionOf(ctx context.Context, p place, o bot.Outgoing) (*question, error) {
	if len(o.Answers) == 0 {
		return c.open.waitingIn(p), nil
	}
	message := o.Answers[len(o.Answers)-1]
	q := c.open.byKey(o.Key)
	if q == nil {
		q = c.open.byStream(streamOf(message))
	}
	if q == nil && c.callback != nil { // of before the last start
		l, err := c.letterOf(ctx, p)
		if err != nil {
			return nil, err
		}
		if l.Message == message {
			q = c.open.add(&question{
				place: p, message: message, stream: streamOf(message), kept: true,
				asked: time.Unix(l.Asked, 0), lang: langOf(o.Text.String()),
			})
		}
	}
	if q == nil || q.place != p {
		return c.open.waitingIn(p), nil
	}
	var mine bool
	c.open.with(func() {
		switch {
		case q.long && q.conn.ended() && q.state != finished:
			q.state = expired // with nobody to tell: WeCom takes no frame for it over another connection
		case q.state == waiting && c.now().Sub(q.asked) >= c.timing.life:
			q.state, q.content = expired, word(q.lang, "below")
		case q.restored && q.key == "":
			q.key = o.Key // a poll has shown it before it was our turn
		}
		mine = q.state == waiting || q.state != expired && q.key == o.Key
	})
	if !mine {
		return nil, nil
	}
	return q, nil
}

// finish shows s as the last words of q.
func (c *Channel) finish(ctx context.Context, q *question, key string, s shown) error {
	if !c.open.finish(q, key, s.content, s.card) {
		return closedRoute("the stream has been ended")
	}
	if !q.long {
		return c.awaitPoll(ctx, q)
	}
	err := c.respond(ctx, q, streaming(q, true, s.content, s.card), c.pace.Wait)
	if refused(err) && s.card != nil {
		c.log.Error("aibot: a card was refused; the answer is shown without it", "error", err)
		err = c.respond(ctx, q, streaming(q, true, s.content, nil), c.pace.Wait)
	}
	var e *bot.SendError
	switch {
	case err == nil:
		c.open.shown(q)
	case wecom.Code(err) == wecom.CodeRequestID || wecom.Code(err) == wecom.CodeStreamOver:
		c.open.with(func() { q.closed = true })
	case !errors.As(err, &e) || e.Class == bot.MayHaveArrived:
		c.open.with(func() { q.unsure = true })
	}
	return err
}

// refused reports whether WeCom does not want what was sent, in this form.
func refused(err error) bool {
	var e *bot.SendError
	return errors.As(err, &e) && e.Class == bot.Never
}

// awaitPoll waits until a poll has taken the last words of q. WeCom polls about
// every second; if it does not, it has given the stream up.
func (c *Channel) awaitPoll(ctx context.Context, q *question) error {
	late := time.NewTimer(c.timing.taken)
	defer late.Stop()
	select {
	case <-q.taken:
		return nil
	case <-late.C:
		return closedRoute("WeCom does not ask for the stream any more")
	case <-ctx.Done():
		// The words stay there: a poll may take them still, and then Find sees that.
		return &bot.SendError{Class: bot.MayHaveArrived, Err: ctx.Err()}
	}
}

func closedRoute(why string) error {
	return &bot.SendError{Class: bot.OtherRoute, Err: errors.New("aibot: " + why)}
}

// merge ends the streams of the other messages that o answers, which would
// spin otherwise; after the answer, which needs the chat's turn more. answered
// is where the answer is, nil if it was pushed.
func (c *Channel) merge(p place, o bot.Outgoing, answered *question) {
	for _, message := range o.Answers[:max(0, len(o.Answers)-1)] {
		q := c.open.byStream(streamOf(message))
		if q != nil && q != answered && q.place == p {
			c.end(q, "merged")
			c.open.with(func() { q.closed = q.closed || !q.begun }) // nothing spins there
		}
	}
}

// Find tells whether o was shown in a stream; of what was pushed, WeCom tells
// nothing. So what was pushed and not acknowledged may be seen twice, which is
// better than never; a stream's last words may be sent twice, and are seen once.
func (c *Channel) Find(_ context.Context, o bot.Outgoing) (bot.Receipt, bool, error) {
	q := c.open.byKey(o.Key)
	if q == nil {
		return bot.Receipt{}, false, nil
	}
	state, _, _ := c.open.stands(q)
	return bot.Receipt{ID: q.stream}, state == finished, nil
}

// Recover picks another way for what a stream does not take any more: it is
// pushed from then on.
func (c *Channel) Recover(ctx context.Context, class bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	if class != bot.OtherRoute {
		return o, errors.New("aibot: only the operator can mend this")
	}
	p, err := parsePlace(o.To.Thread)
	if err != nil {
		return o, err
	}
	q := c.open.byKey(o.Key)
	if q != nil && c.open.expire(q, word(q.lang, "below")) || c.hasRoute(ctx, p) {
		return o, nil
	}
	return o, errors.New("aibot: there is no other way to this chat")
}

// canPush reports whether something can be said in p that is no answer to a
// message: over the long connection always, by the callback once after each
// message, within an hour.
func (c *Channel) canPush(ctx context.Context, p place) (bool, error) {
	if c.pushes() {
		return true, nil
	}
	l, err := c.letterOf(ctx, p)
	return l.good(c.now()), err
}

// pushes reports whether the long connection is the way to push. WeCom serves a
// bot in one of the two ways, so where both are set up, it is the one that works.
func (c *Channel) pushes() bool {
	return c.socket != nil && (c.callback == nil || c.socket.well() == nil)
}

func (c *Channel) hasRoute(ctx context.Context, p place) bool {
	way, err := c.canPush(ctx, p)
	return err == nil && way
}

// responseLife is how long a response_url is good, with a little less than WeCom
// allows.
const responseLife = 55 * time.Minute

// push says s in p as a message of its own.
func (c *Channel) push(ctx context.Context, p place, s shown) error {
	if !c.pushes() {
		return c.respondURL(ctx, p, s)
	}
	chat, kind := p.chat()
	if err := c.socket.say(ctx, chat, answer{Type: "markdown", Mark: &content{s.content}, Chat: chat, Kind: kind}); err != nil {
		return err
	}
	if s.card != nil {
		c.beside(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timing.send)
			defer cancel()
			if err := c.socket.say(ctx, chat, answer{Type: "template_card", Card: s.card, Chat: chat, Kind: kind}); err != nil {
				c.log.Warn("aibot: the buttons of an answer are not shown", "error", err)
			}
		})
	}
	return nil
}

// respondURL posts s to where WeCom takes one message after a question.
func (c *Channel) respondURL(ctx context.Context, p place, s shown) error {
	l, err := c.letterOf(ctx, p)
	if err != nil {
		return &bot.SendError{Class: bot.Backoff, Err: err}
	}
	if !l.good(c.now()) {
		return &bot.SendError{Class: bot.Never, Err: errors.New("aibot: by the callback nothing more can be said in this chat until somebody writes there; the long connection can")}
	}
	err = wecom.Post(ctx, c.config.HTTP, "response_url", l.URL, answer{Type: "markdown", Mark: &content{s.content}}, nil)
	var e *wecom.Error
	if err != nil && errors.As(err, &e) && e.Class != bot.Never {
		return err
	}
	c.spend(ctx, p, l)
	return err
}

// spend forgets a response_url that was used, or refused for good.
func (c *Channel) spend(ctx context.Context, p place, used letter) {
	l, err := c.letterOf(ctx, p)
	if err == nil && l.URL == used.URL {
		l.URL = ""
		_, err = c.write(ctx, p, &l, -1)
	}
	if err != nil {
		c.log.Warn("aibot: a used response_url is still remembered", "error", err)
	}
}
