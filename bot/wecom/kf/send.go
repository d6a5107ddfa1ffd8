package kf

import (
	"context"
	"errors"
	"fmt"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/wecom"
)

// The states of a session.
const (
	unhandled = 0 // 未处理
	assistant = 1 // 智能助手
	queued    = 2 // 排队
	served    = 3 // 人工
	ended     = 4 // 已结束, or not begun

	unknown = -1 // WeCom does not say
)

// session is where a session stands.
type session struct {
	State    int    `json:"service_state"`
	Servicer string `json:"servicer_userid"` // "" in the queue, and where nobody serves
}

// state asks where a session stands.
func (c *Channel) state(ctx context.Context, t thread) (got session, err error) {
	err = c.client.Call(ctx, "kf/service_state/get", nil, map[string]any{"open_kfid": t.account, "external_userid": t.customer}, &got)
	if err != nil {
		return session{}, fmt.Errorf("kf: asking for a session's state: %w", unsent(err))
	}
	return got, nil
}

// unsent is err of a call that shows nothing: whatever became of it, nothing
// has arrived.
func unsent(err error) error {
	var e *bot.SendError
	if errors.As(err, &e) && e.Class == bot.MayHaveArrived {
		return &bot.SendError{Class: bot.Backoff, After: e.After, Err: err}
	}
	return err
}

func never(format string, args ...any) error {
	return &bot.SendError{Class: bot.Never, Err: fmt.Errorf("kf: "+format, args...)}
}

// Send shows o to its customer, unless a person serves them: then the bot has
// nothing to say. A message that a person is needed is sent as a handover.
func (c *Channel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	t, err := parseThread(o.To.Thread)
	if err != nil {
		return bot.Receipt{}, never("%w", err)
	}
	if len(o.Text.String()) > maxText {
		return bot.Receipt{}, never("a text of %d bytes is longer than the %d that WeCom takes", o.Text.Len(), maxText)
	}
	s, err := c.standing(ctx, t)
	if err != nil && !errors.Is(err, errNotRunning) {
		return bot.Receipt{}, &bot.SendError{Class: bot.Backoff, Err: err}
	}
	if s.recalled(o) {
		return bot.Receipt{}, never("the customer has taken back what this answers")
	}
	now, err := c.state(ctx, t)
	if err != nil {
		return bot.Receipt{}, err
	}
	switch now.State {
	case queued, served:
		err := c.tookOver(ctx, t, takenBy(o), now.Servicer)
		if err != nil { // the state is read again before the next word
			c.log.Warn("kf: that a person took over was not kept", "conversation", t.nickname(), "error", err)
		}
		if o.Tries > 0 && isHandover(o) { // an earlier try came as far as that
			if err != nil {
				return bot.Receipt{}, &bot.SendError{Class: bot.MayHaveArrived, Err: err}
			}
			// The code to confirm it by was in the answer that got lost.
			c.tell(t, Handed{Conversation: o.Conversation, Servicer: now.Servicer, Reply: *o.Reply}, c.facts(*o.Reply, s))
			return bot.Receipt{ID: o.Key}, nil
		}
		return bot.Receipt{}, never("a person serves this customer, or will: the bot keeps silent")
	case ended:
		return bot.Receipt{}, never("the session has ended: the customer's next message begins a new one")
	case unhandled:
		// Nobody is waited for: the session is the bot's. It may speak either way.
		if _, err := c.trans(ctx, t, assistant, ""); err != nil {
			c.log.Debug("kf: a session was not made the bot's", "conversation", t.nickname(), "error", err)
		}
	}
	if isHandover(o) {
		return c.handOver(ctx, t, o, s)
	}
	if o.Reply != nil && o.Reply.Lang != "" && o.Reply.Lang != s.Lang {
		if err := c.note(ctx, t, func(s *standing) { s.Lang = o.Reply.Lang }); err != nil {
			c.log.Debug("kf: a customer's language was not noted", "conversation", t.nickname(), "error", err)
		}
	}
	messages := draw(o)
	r, err := c.post(ctx, t, messages[0], o.Tries > 0)
	if err != nil {
		return r, err
	}
	if s.waits(c.now()) {
		c.aside(func(ctx context.Context) { c.redeem(ctx, t) })
	}
	if len(messages) == 1 || c.quota.left(t) < 2 {
		return r, nil
	}
	if _, err := c.post(ctx, t, messages[1], o.Tries > 0); err != nil {
		c.log.Warn("kf: an answer is shown without its menu", "conversation", t.nickname(), "error", err)
	}
	return r, nil
}

func isHandover(o bot.Outgoing) bool {
	return o.Role == bot.Robot && o.Reply != nil && o.Reply.Decision == bot.Handoff
}

// post sends one message to a customer. WeCom takes a msgid only once, so again,
// when an earlier try may have arrived, its refusal of that is good news.
func (c *Channel) post(ctx context.Context, t thread, m message, again bool) (bot.Receipt, error) {
	if !c.quota.take(t, m.ID) {
		return bot.Receipt{}, errQuota
	}
	m.To, m.Account = t.customer, t.account
	var got struct {
		ID string `json:"msgid"`
	}
	err := c.client.Call(ctx, "kf/send_msg", nil, m, &got)
	switch {
	case err == nil && got.ID != "":
		return bot.Receipt{ID: got.ID}, nil
	case err == nil:
		return bot.Receipt{ID: m.ID}, nil
	case again && repeated(err):
		c.shownBefore(t, m, err)
		return bot.Receipt{ID: m.ID}, nil
	}
	var e *bot.SendError
	if errors.As(err, &e) && e.Class != bot.MayHaveArrived {
		c.quota.giveBack(t, m.ID)
	}
	if wecom.Code(err) == wecom.CodeState {
		c.log.Warn("kf: WeCom let nothing be sent although the session was the bot's; if that goes on, the account is set to 人工接待: 微信客服 → 客服账号 → 接待方式", "conversation", t.nickname())
	}
	return bot.Receipt{}, err
}

// repeated reports whether WeCom refuses a msgid because it has it already. Its
// code for that is not documented: it is a refusal for good with none of the
// reasons that are known.
func repeated(err error) bool {
	var e *wecom.Error
	if !errors.As(err, &e) || e.Class != bot.Never || e.Code == 0 {
		return false
	}
	switch e.Code {
	case 40003, 40008, 40096, 44004, 95000, 95004, 95008, 95009, wecom.CodeTooLong, wecom.CodeUnverified, wecom.CodeNoServicer:
		return false
	}
	return true
}

// shownBefore tells of a refusal that was taken for that of a msgid: nobody has
// documented its code, so somebody should see it.
func (c *Channel) shownBefore(t thread, m message, err error) {
	c.log.Warn("kf: WeCom refuses a message that was tried before; it is taken to be shown already", "code", wecom.Code(err),
		"what", kindOf(m.ID), "message", mask.Of(m.ID).String(), "conversation", t.nickname())
}

// onEvent says something by the code of an event, for which there is no quota.
// It is lost if that fails.
func (c *Channel) onEvent(ctx context.Context, t thread, m message) {
	err := c.client.Call(ctx, "kf/send_msg_on_event", nil, m, nil)
	switch {
	case err == nil:
	case repeated(err):
		c.shownBefore(t, m, err)
	default:
		c.log.Warn("kf: something was not said", "what", kindOf(m.ID), "conversation", t.nickname(), "error", err)
	}
}

// Find has nothing to look at: WeCom shows nobody what was sent, and itself
// refuses a second message with the same msgid.
func (c *Channel) Find(context.Context, bot.Outgoing) (bot.Receipt, bool, error) {
	return bot.Receipt{}, false, nil
}

// Recover gets a new access token. Send reads a session's state each time, so
// that after StateMoved there is only to try again; another way to a customer
// there is none.
func (c *Channel) Recover(ctx context.Context, class bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	switch class {
	case bot.NeedsCredentials:
		return o, c.client.Renew(ctx)
	case bot.StateMoved:
		return o, nil
	case bot.OtherRoute:
		return o, errors.New("kf: there is no other way: it is tried again in case the customer writes")
	}
	return o, fmt.Errorf("kf: nothing is known against %q", class)
}
