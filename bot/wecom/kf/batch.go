package kf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// batch is what comes of some items: messages that are kept together with the
// position behind them, and what is to be done then.
type batch struct {
	*puller
	look     bool // at the state of each customer's session: what is read is not new
	states   map[string]int
	seen     map[string]bool
	recalled map[string]bool
	ends     map[string]int // sessions that end further on, by customer: what comes before was said to a person
	messages []bot.Message
	stands   map[thread]standing
	changes  []change // of standings: what is not kept must not have changed anything
	pictured map[thread]time.Time
	after    []func(context.Context)
}

// change is what becomes of a customer's standing once the batch is kept.
type change struct {
	of   thread
	make func(*standing)
}

func (p *puller) batch(look bool) *batch {
	return &batch{puller: p, look: look, states: map[string]int{}, seen: map[string]bool{}, recalled: map[string]bool{}, ends: map[string]int{},
		stands: map[thread]standing{}, pictured: map[thread]time.Time{}}
}

// addAll takes in items in their order.
func (b *batch) addAll(ctx context.Context, items []item) error {
	for _, it := range items {
		if it.endsSession() {
			b.ends[it.Customer]++
		}
	}
	for _, it := range items {
		if err := b.add(ctx, it); err != nil {
			return err
		}
		if it.endsSession() {
			b.ends[it.Customer]--
		}
	}
	return nil
}

// keep hands all over at once.
func (b *batch) keep(ctx context.Context, at position) error {
	d := bot.Delivery{Channel: Name, CursorName: syncCursor + b.account, CursorValue: at.String(), Window: -1}
	for _, m := range b.messages {
		if b.recalled[m.ID] {
			continue
		}
		if m.Role != bot.Agent && !strings.HasPrefix(m.ID, pressed) {
			d.Window = 0 // who types, or sends a picture, may go on typing
		}
		d.Messages = append(d.Messages, m)
	}
	got, err := b.in.Receive(ctx, d)
	if err != nil {
		return err
	}
	b.stateTries = 0
	b.heard.keep(d.Messages, got)
	for t, at := range b.pictured {
		b.bursts.mark(t, at)
	}
	for _, c := range b.changes {
		if err := b.note(ctx, c.of, c.make); err != nil { // the state is read again before the next word
			b.log.Warn("kf: how a customer stands was not noted", "conversation", c.of.nickname(), "error", err)
		}
	}
	for _, f := range b.after {
		b.aside(f)
	}
	return nil
}

// known is how a customer stands, with what the batch changes.
func (b *batch) known(ctx context.Context, t thread) (standing, error) {
	if s, ok := b.stands[t]; ok {
		return s, nil
	}
	s, err := b.standing(ctx, t)
	if err == nil {
		b.stands[t] = s
	}
	return s, err
}

// change changes how a customer stands: for the rest of the batch at once, for
// good when it is kept.
func (b *batch) change(ctx context.Context, t thread, f func(*standing)) error {
	s, err := b.known(ctx, t)
	if err != nil {
		return err
	}
	f(&s)
	b.stands[t] = s
	b.changes = append(b.changes, change{t, f})
	return nil
}

// add takes in one item. An error is of something that may work later: then
// nothing of the batch is kept.
func (b *batch) add(ctx context.Context, it item) error {
	if b.seen[it.ID] {
		return nil
	}
	b.seen[it.ID] = true
	t := thread{b.account, it.Customer}
	switch {
	case it.Type == "event":
		return b.event(ctx, t, it)
	case it.Origin == ofCustomer:
		return b.customer(ctx, t, it)
	case it.Origin == ofServicer:
		return b.servicer(ctx, t, bot.Message{ID: it.ID, Author: it.Servicer, Text: mask.Of(it.Text.Content)})
	}
	return nil // of the system, and no event: a notice
}

// servicer takes in that a person speaks or has taken over: their words are
// nobody's question.
func (b *batch) servicer(ctx context.Context, t thread, m bot.Message) error {
	m.From, m.Role, m.Shown = t.address(), bot.Agent, true
	b.messages = append(b.messages, m)
	b.states[t.customer] = served
	return b.change(ctx, t, (*standing).taken)
}

// pressed begins the ids of messages that are a tap on a menu.
const pressed = "press:"

// customer takes in what a customer says.
func (b *batch) customer(ctx context.Context, t thread, it item) error {
	b.quota.refill(t)
	s, err := b.known(ctx, t)
	if err != nil {
		return err
	}
	if (b.look || s.Person) && b.ends[t.customer] == 0 {
		here, err := b.whoServes(ctx, t, it, s)
		if err != nil {
			return err
		}
		if here == ended && b.look {
			return nil
		}
		if here != unknown {
			s.Person = here != unhandled && here != assistant
		}
	}
	m := bot.Message{ID: it.ID, From: t.address(), Role: bot.Merchant, Author: t.customer}
	words := strings.TrimSpace(it.Text.Content)
	switch {
	case it.Type == "text" && it.Text.Menu != "" && b.press(&m, t, it, s.Lang):
	case it.Type == "text" && words == "":
		return nil
	case it.Type == "text" && menuWords[bare(words)] != "":
		lang := menuWords[bare(words)]
		if lang == kb.EN {
			m.Role, m.Text = bot.Robot, mask.Of(menuHead.EN)
		} else {
			m.Role, m.Text = bot.Robot, mask.Of(welcomeWords)
		}
		if err := b.change(ctx, t, func(s *standing) { s.Lang = lang }); err != nil {
			return err
		}
	case it.Type == "text":
		m.Text, m.Found = mask.Mask(words)
	case unreadable[it.Type] == "" || s.Person || b.bursts.lately(t, it.time()) || within(b.pictured[t], it.time()):
		return nil
	default: // what it was, or is called, is not kept
		b.pictured[t] = it.time()
		m.Role, m.Text = bot.Robot, mask.Of(word(s.Lang, unreadable[it.Type]))
	}
	if m.Role == bot.Robot && s.Person {
		return nil
	}
	b.messages = append(b.messages, m)
	return nil
}

// whoServes compares what was known of a customer's session with what WeCom
// says: a session ends after 48 hours without a word, and some begin with a
// person without one. Where WeCom does not say in several tries it is unknown,
// so that one customer cannot stop an account: Send asks again.
func (b *batch) whoServes(ctx context.Context, t thread, it item, s standing) (int, error) {
	state, known := b.states[t.customer]
	if known {
		return state, nil
	}
	now, err := b.state(ctx, t)
	if err != nil {
		var e *bot.SendError
		if errors.As(err, &e) && e.Class == bot.Never { // this customer is gone, or not ours any more
			b.log.Warn("kf: a session's state is not told", "conversation", t.nickname(), "error", err)
			return assistant, nil
		}
		if b.stateTries++; b.stateTries < mostStateTries {
			return 0, err
		}
		b.log.Warn("kf: a session's state is not told; the page is kept without it", "conversation", t.nickname(), "error", err)
		b.states[t.customer] = unknown
		return unknown, nil
	}
	state = now.State
	b.states[t.customer] = state
	switch {
	case (state == queued || state == served) && !s.Person:
		b.messages = append(b.messages, bot.Message{ID: "person:" + it.ID, From: t.address(), Role: bot.Agent, Shown: true})
		err = b.change(ctx, t, (*standing).taken)
	case (state == unhandled || state == assistant) && s.Person:
		b.messages = append(b.messages, bot.Message{ID: "ended:" + it.ID, From: t.address(), Role: bot.Agent, Shown: true, Ends: true})
		err = b.change(ctx, t, func(s *standing) { s.Person = false })
	}
	return state, err
}

// press takes in a tap on a menu, by its id: the words on it are for people.
// False is a menu of somebody else's, whose words are all there is.
func (b *batch) press(m *bot.Message, t thread, it item, lang kb.Lang) bool {
	id := it.Text.Menu
	p, ok := parsePress(id)
	if !ok {
		return false
	}
	m.Lang = cmp.Or(p.lang, lang)
	switch {
	case p.words == pressHours:
		m.Role, m.Text = bot.Robot, mask.Of(b.hoursWords(b.now(), m.Lang))
		return true
	case p.words != "":
		m.Text = mask.Of(p.words)
	default:
		m.Text, m.Found = mask.Mask(it.Text.Content)
	}
	if p.evidence != "" {
		m.Evidence = map[string]string{p.evidence: p.value}
	}
	if p.helped != "" && b.config.Feedback != nil && p.message != "" {
		f := bot.Feedback{Conversation: t.address().Conversation(), Message: p.message, Helped: p.helped == "yes", Time: b.now()}
		b.after = append(b.after, func(ctx context.Context) {
			if err := b.config.Feedback(ctx, f); err != nil {
				b.log.Warn("kf: feedback was not kept", "conversation", t.nickname(), "error", err)
			}
		})
	}
	if p.helped == "yes" {
		b.changes = append(b.changes, change{t, (*standing).solved})
	}
	m.ID = pressed + m.ID
	return true
}

// event takes in something that happened.
func (b *batch) event(ctx context.Context, t thread, it item) error {
	e := it.Event
	if t.customer == "" {
		if e.Type == "servicer_status_change" {
			b.log.Info("kf: a servicer's status has changed", "account", b.account, "status", e.Status)
			if e.Status == statusServing {
				b.after = append(b.after, b.redeemAll)
			}
		}
		return nil
	}
	switch e.Type {
	case "enter_session":
		return b.enter(ctx, t, it)
	case "session_status_change":
		return b.changed(ctx, t, it)
	case "msg_send_fail":
		if c := b.config.Unshown; c != nil && kindOf(e.Failed) == answerKind { // its msgid is its key
			if err := c(ctx, e.Failed, "WeCom could not show it after all: "+failure(e.FailType)); err != nil {
				return fmt.Errorf("noting that a message is not shown: %w", err)
			}
		}
		b.log.Error("kf: WeCom could not show a message that it had accepted", "conversation", t.nickname(),
			"what", kindOf(e.Failed), "message", mask.Of(e.Failed).String(), "fail_type", e.FailType, "why", failure(e.FailType))
	case "user_recall_msg":
		b.recalled[e.Recalled] = true
		if sound(e.Recalled) {
			return b.change(ctx, t, func(s *standing) { s.Recalled = append(slices.Clip(s.Recalled), e.Recalled) })
		}
	case "reject_customer_msg_switch_change":
		b.log.Info("kf: a customer has changed whether they take messages", "conversation", t.nickname(), "reject", e.Reject)
	}
	return nil
}

// codeLife is how long the code of a welcome, or of an end, is tried. It is good
// for 20 s, by WeCom's clock, which may not be ours.
const codeLife = time.Minute

// enter greets who opens the account, and notes by which QR code they came.
func (b *batch) enter(ctx context.Context, t thread, it item) error {
	e := it.Event
	s, err := b.known(ctx, t)
	if err != nil {
		return err
	}
	lang := s.Lang
	if e.WelcomeCode != "" && b.now().Sub(it.time()) < codeLife {
		b.after = append(b.after, func(ctx context.Context) {
			m := welcome(lang)
			m.Code, m.ID = e.WelcomeCode, derive(kindWelcome, it.ID)
			b.onEvent(ctx, t, m)
		})
	}
	scene, terminal := hint(e.Scene, 32), hint(e.SceneParam, 64)
	if scene == "" && terminal == "" {
		return nil
	}
	return b.change(ctx, t, func(s *standing) { s.Scene, s.Terminal = scene, terminal })
}

// changed takes in that a servicer has done something to a session.
func (b *batch) changed(ctx context.Context, t thread, it item) error {
	e := it.Event
	switch e.Change {
	case changeTaken, changeMoved, changeReopened:
		return b.servicer(ctx, t, bot.Message{ID: it.ID, Author: e.New})
	case changeEnded:
	default:
		return nil
	}
	// What the customer said before was said to the person who ends it.
	b.messages = slices.DeleteFunc(b.messages, func(m bot.Message) bool { return m.From == t.address() && m.Role != bot.Agent })
	b.messages = append(b.messages, bot.Message{ID: it.ID, From: t.address(), Role: bot.Agent, Shown: true, Ends: true})
	b.states[t.customer] = unhandled // what they say next begins anew
	s, err := b.known(ctx, t)
	if err != nil {
		return err
	}
	lang := s.Lang
	if e.Code != "" && b.now().Sub(it.time()) < codeLife {
		b.after = append(b.after, func(ctx context.Context) {
			m := closing(lang)
			m.Code, m.ID = e.Code, derive(kindClosing, it.ID)
			b.onEvent(ctx, t, m)
		})
	}
	return b.change(ctx, t, func(s *standing) { s.taken(); s.Person = false })
}

// hint gives what a link says of itself, if it is short and harmless.
func hint(s string, most int) string {
	if len(s) > most || !sound(s) || mask.Of(s).String() != s {
		return ""
	}
	return s
}
