package kf

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/wecom"
	"decline61/kb"
)

// Handed is a conversation that needs a person: one has been found, or a ticket
// waits for one. It is for a notice to the staff, to whom 微信客服 can show
// nothing that the customer does not see.
type Handed struct {
	Conversation string
	Ticket       string    // "" if a person has been found
	Servicer     string    // who was chosen; "" for the queue
	Summary      mask.Text // of the customer and the case, a fact a line
	Reply        bot.Reply
}

// mostTransferTries is how often a handover is tried until it is a ticket. A look
// after an unknown outcome counts as one, too.
const mostTransferTries = 8

// handOver brings a customer to a person: what the person has to know is said
// first, because in the next state the bot may say nothing; then the session is
// handed over and the customer told so. With nobody there it stays with the bot
// and becomes a ticket.
func (c *Channel) handOver(ctx context.Context, t thread, o bot.Outgoing, s standing) (bot.Receipt, error) {
	facts := c.facts(*o.Reply, s)
	free, err := c.free(ctx, t)
	if err != nil {
		return bot.Receipt{}, err
	}
	switch {
	case len(free) == 0:
		return c.openTicket(ctx, t, o, facts, "")
	case o.Tries >= mostTransferTries:
		return c.openTicket(ctx, t, o, facts, "no luck")
	}
	r, err := c.post(ctx, t, textMessage(o.Key, c.handoverWords(*o.Reply, facts, word(o.Reply.Lang, "transferring"))), o.Tries > 0)
	var e *bot.SendError
	if errors.As(err, &e) && e.Class == bot.OtherRoute { // with the quota used up the person comes without the words
		c.log.Info("kf: a customer is handed over without a word", "conversation", t.nickname(), "error", err)
		r, err = bot.Receipt{ID: o.Key}, nil
	}
	if err != nil {
		return r, err
	}
	moved, err := c.transfer(ctx, t, free)
	switch {
	case errors.As(err, &e) && (e.Class == bot.MayHaveArrived || e.Class == bot.Backoff):
		// The words have arrived; with the next try they are a repetition and the rest is made good.
		return bot.Receipt{}, &bot.SendError{Class: bot.MayHaveArrived, After: e.After, Err: err}
	case err != nil:
		c.log.Error("kf: a customer could not be handed over; it becomes a ticket", "conversation", t.nickname(), "error", err)
		return c.openTicket(ctx, t, o, facts, "no luck")
	}
	told := c.tookOver(ctx, t, takenBy(o), moved.servicer)
	c.confirm(ctx, t, moved, o.Key, o.Reply.Lang)
	if told != nil { // with the next try
		return bot.Receipt{}, &bot.SendError{Class: bot.MayHaveArrived, Err: told}
	}
	c.tell(t, Handed{Conversation: o.Conversation, Servicer: moved.servicer, Reply: *o.Reply}, facts)
	return r, nil
}

// confirm tells the customer where the session went.
func (c *Channel) confirm(ctx context.Context, t thread, to moved, cause string, lang kb.Lang) {
	if to.code == "" {
		return
	}
	m := textMessage(derive(kindConfirm, cause), word(lang, to.words()))
	m.Code = to.code
	c.onEvent(ctx, t, m)
}

// takenBy is the id of the event that the handover o is.
func takenBy(o bot.Outgoing) string { return "transfer:" + o.Key }

// tookOver tells the conversation that it is a person's. WeCom tells nobody of
// what its API does.
func (c *Channel) tookOver(ctx context.Context, t thread, id, servicer string) error {
	in := c.running()
	if in == nil {
		return errNotRunning
	}
	if err := c.note(ctx, t, (*standing).taken); err != nil {
		return err
	}
	_, err := in.Receive(ctx, bot.Delivery{Channel: Name, Window: -1, Messages: []bot.Message{
		{ID: id, From: t.address(), Role: bot.Agent, Author: servicer, Shown: true},
	}})
	if err != nil {
		return fmt.Errorf("kf: noting that a person took over: %w", err)
	}
	return nil
}

// free are the servicers of an account who take customers now, nobody outside
// the hours. Each customer begins with another one.
func (c *Channel) free(ctx context.Context, t thread) ([]string, error) {
	if !c.config.Hours.Open(c.now()) {
		return nil, nil
	}
	all, err := c.Servicers(ctx, t.account)
	if err != nil {
		var e *bot.SendError
		if err = unsent(err); errors.As(err, &e) && e.Class == bot.Backoff {
			return nil, err
		}
		c.log.Error("kf: WeCom does not say which servicers there are; the customer gets a ticket", "error", err)
		return nil, nil
	}
	var free []string
	for _, s := range all {
		if s.Online {
			free = append(free, s.ID)
		}
	}
	if len(free) > 1 {
		h := fnv.New32a()
		_, _ = h.Write([]byte(t.customer))
		n := int(h.Sum32() % uint32(len(free)))
		free = append(free[n:len(free):len(free)], free[:n]...)
	}
	return free, nil
}

// moved is where a session went.
type moved struct {
	servicer string // "" for the queue
	code     string // to say so by; "" if it was there already
}

func (m moved) words() string {
	if m.servicer == "" {
		return "queued"
	}
	return "served"
}

// transfer hands a session to the first servicer who can take it, else to the
// queue.
func (c *Channel) transfer(ctx context.Context, t thread, free []string) (moved, error) {
	if c.config.Queue {
		free = nil
	}
	for _, servicer := range append(free, "") {
		to := served
		if servicer == "" {
			to = queued
		}
		code, err := c.trans(ctx, t, to, servicer)
		if err == nil {
			return moved{servicer, code}, nil
		}
		switch wecom.Code(err) {
		case wecom.CodeNoServicer, wecom.CodeServicerOff:
		case wecom.CodeTransition, wecom.CodeState, wecom.CodeEnded:
			now, err := c.state(ctx, t)
			if err == nil && (now.State == queued || now.State == served) { // somebody was faster
				return moved{servicer: now.Servicer}, nil
			}
			if err == nil && now.State == ended {
				return moved{}, never("the session ended meanwhile")
			}
		default:
			return moved{}, err
		}
		c.log.Info("kf: a servicer could not take a customer; trying the next", "conversation", t.nickname(), "code", wecom.Code(err))
	}
	return moved{}, never("no servicer and no queue takes the session")
}

// trans changes a session's state.
func (c *Channel) trans(ctx context.Context, t thread, state int, servicer string) (code string, err error) {
	body := map[string]any{"open_kfid": t.account, "external_userid": t.customer, "service_state": state}
	if servicer != "" {
		body["servicer_userid"] = servicer
	}
	var got struct {
		Code string `json:"msg_code"`
	}
	if err := c.client.Call(ctx, "kf/service_state/trans", nil, body, &got); err != nil {
		return "", fmt.Errorf("kf: handing a session over: %w", err)
	}
	return got.Code, nil
}

// facts are what a person has to know.
type facts []string

// facts tells what is known of a case, and by which QR code the customer came.
func (c *Channel) facts(r bot.Reply, s standing) (f facts) {
	if c.config.Brief != nil {
		if b, err := c.config.Brief(r); err == nil {
			f = append(f, b.Facts...)
		}
	}
	if len(f) == 0 && r.Code != "" {
		f = append(f, word(r.Lang, "code")+r.Code)
	}
	if s.Terminal != "" {
		f = append(f, fmt.Sprintf(word(r.Lang, "terminal"), s.Terminal))
	}
	return f
}

func (f facts) text() mask.Text { return mask.Of(strings.Join(f, "\n")) }

// handoverWords puts together what is said of a handover: what the case needs
// at once, then says, then what is passed on and what to have ready. The bot's
// own words on whom to call are left out: here it connects.
func (c *Channel) handoverWords(r bot.Reply, f facts, says string) string {
	var top, rest []string
	ready := ""
	for _, l := range r.Lines {
		switch l.Kind {
		case bot.Notice, bot.Meaning, bot.DoNow, bot.ForCustomer:
			top = append(top, l.Label+l.Text)
		case bot.Prepare:
			ready = l.Label + l.Text // the last one is what to have ready
		}
	}
	rest = append(rest, says)
	if len(f) > 0 {
		rest = append(rest, word(r.Lang, "passed on"))
		for _, fact := range f {
			rest = append(rest, "· "+fact)
		}
	}
	if ready != "" {
		rest = append(rest, ready)
	}
	tail := strings.Join(rest, "\n")
	for n := len(r.Steps); ; n-- { // steps are given up before the handover is
		shown := r
		shown.Steps = r.Steps[:max(n, 0)]
		all := strings.Join(append(append([]string{}, top...), steps(shown)...), "\n")
		whole := strings.TrimSpace(all + "\n" + tail)
		if len(whole) <= maxText {
			return whole
		}
		if n <= 0 {
			return cut(tail, maxText)
		}
	}
}

// cut shortens s to n bytes, at the end of a sentence if there is one in the
// last third.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = prefix(s, n)
	if i := strings.LastIndexAny(s, "\n。！？.!?"); i > n*2/3 {
		_, size := utf8.DecodeRuneInString(s[i:])
		s = strings.TrimRight(s[:i+size], "\n")
	}
	return strings.ToValidUTF8(s, "")
}

// hoursLine says when servicers are there.
func (c *Channel) hoursLine(now time.Time, lang kb.Lang) string {
	line := ""
	if c.config.HoursText != "" {
		line = fmt.Sprintf(word(lang, "hours are"), weekdays(c.config.HoursText, lang))
	}
	next := c.config.Hours.NextOpen(now)
	if next.IsZero() || next.Equal(now) {
		return line
	}
	if lang == kb.EN {
		return line + fmt.Sprintf("Back on %s. ", next.Format("Mon 2 Jan, 15:04"))
	}
	return line + fmt.Sprintf("下次上班:%d月%d日 周%s %s。", next.Month(), next.Day(), zhDays[next.Weekday()], next.Format("15:04"))
}

// hoursWords answers the tap on 服务时间.
func (c *Channel) hoursWords(now time.Time, lang kb.Lang) string {
	words := word(lang, "bot hours")
	if c.config.Hours.Open(now) {
		words += word(lang, "open now")
	}
	return words + c.hoursLine(now, lang)
}

var zhDays = [...]string{"日", "一", "二", "三", "四", "五", "六"}

// weekdays writes configured hours as customers read them.
func weekdays(hours string, lang kb.Lang) string {
	if lang == kb.EN {
		return hours
	}
	return strings.NewReplacer("24x7", "全天", "Mon", "周一", "Tue", "周二", "Wed", "周三", "Thu", "周四", "Fri", "周五",
		"Sat", "周六", "Sun", "周日", ", ", ",").Replace(hours)
}
