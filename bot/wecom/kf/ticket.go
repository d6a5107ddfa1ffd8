package kf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"decline61/bot"
	"decline61/bot/mask"
)

// sureScore is from where on an entry tells what a case is. Those of a bare
// wish for a person are guesses.
const sureScore = 0.98

// caseOf names what a reply is about: the code, which stays with a conversation,
// and what was asked for sure. Nothing is a bare wish for a person.
func caseOf(r bot.Reply) (about []string) {
	if r.Code != "" {
		about = append(about, r.Code)
	}
	if len(r.Entries) == 0 || r.Entries[0].Score < sureScore {
		return about
	}
	if top := r.Entries[0].ID; r.Code == "" || !strings.HasSuffix(top, "-"+r.Code) { // which explains the code
		about = append(about, top)
	}
	return about
}

// covers reports whether a ticket for some case is for that one, too.
func covers(ticket string, about []string) bool {
	known := strings.Fields(ticket)
	return !slices.ContainsFunc(about, func(s string) bool { return !slices.Contains(known, s) })
}

// openTicket says when somebody will come. why is "" where there is nobody, and
// else the word for what was tried. As long as the case is the same so is the
// number, and the staff is told once.
func (c *Channel) openTicket(ctx context.Context, t thread, o bot.Outgoing, facts facts, why string) (bot.Receipt, error) {
	now, lang := c.now(), o.Reply.Lang
	about := caseOf(*o.Reply)
	ticket, of, since, fresh := strings.ToUpper(prefix(o.Key, 6)), strings.Join(about, " "), now.Unix(), true
	if s, err := c.standing(ctx, t); err == nil && s.waits(now) {
		switch {
		case s.Ticket == ticket: // the same message, told again
		case covers(s.Case, about):
			ticket, of, since, fresh = s.Ticket, s.Case, s.Since, false
		case s.Case == "": // now it is known what for
			ticket, since = s.Ticket, s.Since
		}
	}
	if why == "" {
		why = "nobody"
		if !c.config.Hours.Open(now) {
			why = "closed"
		}
	}
	words := ""
	if why == "closed" {
		words, why = word(lang, "closed")+c.hoursLine(now, lang), "noted"
	}
	words += fmt.Sprintf(word(lang, why), ticket)
	r, err := c.post(ctx, t, textMessage(derive(kindTicket, o.Key), c.handoverWords(*o.Reply, facts, words)), o.Tries > 0)
	if err != nil {
		return r, err
	}
	if err := c.note(ctx, t, func(s *standing) { s.Ticket, s.Case, s.Since, s.Lang = ticket, of, since, lang }); err != nil {
		c.log.Warn("kf: a ticket's number was not noted", "conversation", t.nickname(), "error", err)
	}
	c.wait(t)
	if fresh {
		c.tell(t, Handed{Conversation: o.Conversation, Ticket: ticket, Reply: *o.Reply}, facts)
	}
	return r, nil
}

// wait remembers who is to be handed over when a servicer comes.
func (c *Channel) wait(t thread) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil || len(c.waiting) > mostQuotas {
		c.waiting = map[thread]bool{}
	}
	c.waiting[t] = true
}

// redeemAll hands over who waits at the account, as far as is remembered; all
// others are with their next message.
func (p *puller) redeemAll(ctx context.Context) {
	p.mu.Lock()
	var all []thread
	for t := range p.waiting {
		if t.account == p.account {
			all = append(all, t)
		}
	}
	p.mu.Unlock()
	for _, t := range all {
		p.redeem(ctx, t)
	}
}

// redeem hands a customer with a ticket over, if somebody is there now. If that
// fails the ticket stands.
func (c *Channel) redeem(ctx context.Context, t thread) {
	c.redeeming.Lock() // or two would hand the same one over
	defer c.redeeming.Unlock()
	s, err := c.standing(ctx, t)
	if err != nil || !s.waits(c.now()) {
		c.mu.Lock()
		delete(c.waiting, t)
		c.mu.Unlock()
		return
	}
	free, err := c.free(ctx, t)
	if err != nil || len(free) == 0 {
		return
	}
	now, err := c.state(ctx, t)
	if err != nil || now.State != unhandled && now.State != assistant {
		return
	}
	to, err := c.transfer(ctx, t, free)
	if err != nil {
		c.log.Warn("kf: a customer with a ticket could not be handed over", "conversation", t.nickname(), "error", err)
		return
	}
	if err := c.tookOver(ctx, t, "ticket:"+s.Ticket, to.servicer); err != nil {
		c.log.Warn("kf: that a person took over was not kept", "conversation", t.nickname(), "error", err)
	}
	c.confirm(ctx, t, to, s.Ticket+t.String(), s.Lang)
	reply := bot.Reply{Decision: bot.Handoff, Lang: s.Lang}
	c.tell(t, Handed{Conversation: t.address().Conversation(), Servicer: to.servicer, Reply: reply},
		append(facts{"编号 " + s.Ticket}, c.facts(reply, s)...))
}

// tell tells the staff. What it says of the customer is never empty: a wish for
// a person may be all that they have written.
func (c *Channel) tell(t thread, h Handed, f facts) {
	if c.config.Handed == nil {
		return
	}
	c.aside(func(ctx context.Context) {
		c.mu.Lock()
		account := c.names[t.account]
		c.mu.Unlock()
		if account == "" {
			account = t.account
		}
		all := facts{"客服账号:" + account}
		if name, err := c.customerName(ctx, t); err != nil {
			c.log.Debug("kf: a customer's name is not known", "conversation", t.nickname(), "error", err)
		} else {
			all = append(all, "客户:"+name)
		}
		all = append(all, f...)
		if words := c.heard.of(t); len(words) > 0 {
			all = append(all, "最近说:"+cut(strings.Join(words, " / "), 300))
		}
		h.Summary = all.text()
		c.config.Handed(ctx, h)
	})
}

// customerName asks for what a customer is called in WeChat.
func (c *Channel) customerName(ctx context.Context, t thread) (string, error) {
	var got struct {
		List []struct {
			Name string `json:"nickname"`
		} `json:"customer_list"`
	}
	err := c.client.Call(ctx, "kf/customer/batchget", nil, map[string]any{"external_userid_list": []string{t.customer}}, &got)
	if err != nil {
		return "", fmt.Errorf("kf: asking for a customer's name: %w", err)
	}
	if len(got.List) == 0 || got.List[0].Name == "" {
		return "", errors.New("kf: WeCom does not know this customer's name")
	}
	return mask.Of(got.List[0].Name).String(), nil
}
