package aibot

import (
	"context"
	"errors"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
)

// beginStream shows that a question has arrived. It is left out where the chat
// has to wait for its turn: the answer needs that more.
func (c *Channel) beginStream(ctx context.Context, q *question) {
	ctx, cancel := context.WithTimeout(ctx, c.timing.send)
	defer cancel()
	select {
	case <-q.turn:
	case <-ctx.Done():
		return
	}
	defer func() { q.turn <- struct{}{} }()
	if state, _, _ := c.open.stands(q); state != waiting {
		return
	}
	chat, _ := q.place.chat()
	now, cancelNow := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancelNow()
	if c.openings.Wait(now, chat) != nil || c.pace.Wait(now, chat) != nil || !c.open.begin(q) {
		return
	}
	conn, req := c.wayOf(q)
	err := conn.call(ctx, cmdRespond, req, streaming(q, false, word(q.lang, "looking"), nil))
	c.heed(chat, err)
	if err != nil {
		c.log.Info("aibot: a stream was not begun; its answer is tried all the same", "error", err)
	}
}

// respond sends one state of q's stream over the connection by which its message
// came, and waits for the acknowledgement: WeCom takes one frame at a time. pay
// gets the chat's turn for it.
func (c *Channel) respond(ctx context.Context, q *question, a answer, pay func(ctx context.Context, chat string) error) error {
	select {
	case <-q.turn:
	case <-ctx.Done():
		return &bot.SendError{Class: bot.Backoff, Err: ctx.Err()}
	}
	defer func() { q.turn <- struct{}{} }()
	chat, _ := q.place.chat()
	if err := pay(ctx, chat); err != nil {
		return err
	}
	conn, req := c.wayOf(q)
	err := conn.call(ctx, cmdRespond, req, a)
	c.heed(chat, err)
	return err
}

func (c *Channel) wayOf(q *question) (k *connection, req string) {
	c.open.with(func() { k, req = q.conn, q.req })
	return k, req
}

// inTurn sends one frame into a chat in its turn.
func (c *Channel) inTurn(ctx context.Context, k *connection, cmd, req, chat string, a answer) error {
	if err := c.pace.Wait(ctx, chat); err != nil {
		return err
	}
	err := k.call(ctx, cmd, req, a)
	c.heed(chat, err)
	return err
}

// heed notes what WeCom says about coming back later.
func (c *Channel) heed(chat string, err error) {
	var e *wecom.Error
	if errors.As(err, &e) && e.Class == bot.Backoff && e.After > 0 {
		c.pace.Hold(chat, e.After)
	}
}
