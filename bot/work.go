package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"decline61/bot/fault"
	"decline61/bot/mask"
	"decline61/kb"
	"decline61/kb/text"
)

// work sees to one conversation after the other.
func (l *Loop) work(ctx context.Context) {
	for ctx.Err() == nil {
		task, err := l.store.Claim(ctx, l.now(), 0)
		switch {
		case err != nil:
			if ctx.Err() == nil {
				l.meter.Trouble("claim")
				l.complain("looking for what is due failed", err)
				sleep(ctx, time.Second)
			}
		case task == nil:
			select {
			case <-l.wake:
			case <-ctx.Done():
			}
		default:
			nudge(l.wake) // there may be more
			l.seeTo(ctx, task)
		}
	}
}

// seeTo answers one conversation. Whatever goes wrong, it stays due.
func (l *Loop) seeTo(ctx context.Context, t *Task) {
	began := l.now()
	if t.Tries >= maxTries { // it may be what ended the program, each time
		l.commit(ctx, t, l.fallback(t, fmt.Sprintf("begun %d times and never ended", t.Tries)), 0)
		return
	}
	r, err := l.resultOf(ctx, t)
	switch {
	case err != nil && t.Tries+1 < maxTries:
		l.meter.Trouble("answer")
		l.log.Warn("answering failed; trying again", "conversation", nickname(t.Conversation.ID), "tries", t.Tries+1, "error", err)
		r = Result{Again: l.now().Add(backoff(t.Tries, 100*time.Millisecond, 5*time.Second)), Why: err.Error()}
	case err != nil:
		r = l.fallback(t, err.Error())
	}
	l.commit(ctx, t, r, l.now().Sub(began))
}

// watchdog gives the fallback answer to whoever has waited too long, whatever
// the workers are stuck in: it fails to a person, never to silence. What
// waited through a stop of the program, of the store or of the whole machine
// gets as long as everything else: the workers are quick once they can.
func (l *Loop) watchdog(ctx context.Context) {
	for wait := l.overdue; ; {
		slept := l.now()
		if !sleep(ctx, wait) {
			return
		}
		asleep := l.now().Sub(slept) - wait
		wait = l.overdue / 6
		if asleep > wait {
			wait = l.overdue
			continue
		}
		for {
			t, err := l.store.Claim(ctx, l.now(), l.overdue)
			if err != nil {
				wait = l.overdue
			}
			if err != nil || t == nil {
				break
			}
			l.commit(ctx, t, l.fallback(t, "no answer within "+l.overdue.String()), 0)
		}
	}
}

// commit keeps a Result, whatever the program was told meanwhile.
func (l *Loop) commit(ctx context.Context, t *Task, r Result, thought time.Duration) {
	ctx, cancel := finish(ctx)
	defer cancel()
	id := t.Conversation.ID
	r.Anyway = l.conflictsOf(id) >= maxConflicts
	switch err := l.store.Commit(ctx, l.now(), t, r); {
	case errors.Is(err, ErrConflict):
		l.meter.Trouble("conflict")
		l.addConflict(id)
		return
	case err != nil:
		l.meter.Trouble("commit")
		l.complain("keeping answers failed; they will be decided again", err)
		sleep(ctx, time.Second) // or a full disk makes a loop of it
		return
	}
	l.clearConflicts(id)
	if !r.Again.IsZero() {
		l.nudgeAt(l.wake, r.Again)
		return
	}
	l.watchers.signal(id)
	nudge(l.wake) // more may have come meanwhile
	if w := l.sendWake[t.Conversation.Address.Channel]; w != nil && len(r.Out) > 0 {
		nudge(w)
	}
	if r.Decision != nil {
		l.meter.Answered(t.Conversation.Address.Channel, r.Decision.Reply.Decision, l.now().Sub(t.Since), thought)
	}
	if r.Dead != "" {
		l.meter.GaveUp(t.Conversation.Address.Channel)
		l.log.Error("gave the fallback answer: a person is needed", "conversation", nickname(id), "messages", len(t.Messages), "why", r.Dead)
	}
}

// resultOf decides what becomes of a conversation. It changes nothing outside.
// A panic is an error like others: the messages of one merchant must not take
// the bot down for all.
func (l *Loop) resultOf(ctx context.Context, t *Task) (Result, error) {
	type outcome struct {
		r   Result
		err error
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), thinking)
	defer cancel()
	done := make(chan outcome, 1)
	go func() { // so that an answer that hangs is left behind, and not waited for
		defer func() {
			if p := recover(); p != nil {
				l.meter.Trouble("panic")
				l.log.Error("panic while answering", "conversation", nickname(t.Conversation.ID), "stack", string(debug.Stack()))
				done <- outcome{err: fmt.Errorf("panic: %s", describe(p))}
			}
		}()
		fault.Here("answer.before")
		r, err := l.decide(ctx, t)
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		return o.r, o.err
	case <-ctx.Done():
		return Result{}, fmt.Errorf("no answer after %v", thinking)
	}
}

// nickname names a conversation in the log, always by the same name, without
// giving it away: on the web, knowing its id is the right to read it.
func nickname(conversation string) string {
	channel, _, _ := strings.Cut(conversation, ":")
	sum := sha256.Sum256([]byte(conversation))
	return fmt.Sprintf("%s:%x", channel, sum[:5])
}

// describe says what a panic was about without what a merchant said.
func describe(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return mask.Of(err.Error()).String()
	}
	return fmt.Sprintf("of type %T", p)
}

// decide is the state machine: an event and a row give a new row and what to
// say.
func (l *Loop) decide(ctx context.Context, t *Task) (Result, error) {
	r, said := l.hear(t)
	if len(said) == 0 {
		return r, nil
	}
	if r.State == Closed {
		r.State, r.Case = WithBot, Case{Lang: r.Case.Lang}
	}
	a, err := l.answer(ctx, r.Case, said)
	if err != nil {
		return Result{}, err
	}
	r.Case = a.Case
	switch {
	case a.Decision == Handoff:
		r.State = Waiting
	case a.Solved: // nobody needs to see to it any more
		r.State = WithBot
	}
	l.say(t, &r, a, said)
	return r, nil
}

// fallback is what is said when nothing can be decided: a person is needed.
func (l *Loop) fallback(t *Task, why string) Result {
	r, said := l.hear(t)
	r.Dead = why
	if len(said) == 0 {
		return r
	}
	lang := r.Case.Lang
	if lang == "" {
		lang = kb.Lang(text.Lang(said[len(said)-1].Text.String()))
	}
	r.State = Waiting
	l.say(t, &r, Answer{
		Decision: Handoff, Reason: "fallback", Lang: lang, Code: r.Case.Code(),
		Text: say(lang, "fallback") + "\n" + say(lang, "prepare"),
	}, said)
	return r
}

// hear begins a Result: timers are done with, what agents say and what they let
// the bot say is passed on, and an agent who says something in his own name
// owns the conversation from then on. said is what is left for the bot to
// answer.
func (l *Loop) hear(t *Task) (r Result, said []Message) {
	r = Result{State: t.Conversation.State, Case: t.Conversation.Case}
	for _, timer := range t.Timers {
		r.Timers = append(r.Timers, Timer{Kind: timer.Kind})
	}
	for _, m := range fitting(t.Messages) {
		r.Upto = m.Seq
		switch m.Role {
		case Merchant:
			said = append(said, m)
		case Robot:
			if r.State == WithAgent && m.Author == "" {
				continue // nobody has let it, and somebody else has the word
			}
			r.Out = append(r.Out, l.outgoing(t, m.Role, m.Text, []string{m.ID})...)
		default:
			r.State = WithAgent
			if m.Ends {
				r.State = Closed
			}
			if !m.Shown {
				r.Out = append(r.Out, l.outgoing(t, m.Role, m.Text, []string{m.ID})...)
			}
		}
	}
	if len(said) > 1 && fault.Planted("newest-of-burst-only") {
		said = said[len(said)-1:]
	}
	if len(said) > 0 && r.State == WithAgent && !fault.Planted("talks-over-agent") {
		owned := Answer{Decision: Handoff, Reason: "agent_owns", Lang: r.Case.Lang, Code: r.Case.Code()}
		l.say(t, &r, owned, said)
		said = nil
	}
	return r, said
}

// say adds an answer to a Result: as the decision that is kept, and as what is
// shown, if it has words.
func (l *Loop) say(t *Task, r *Result, a Answer, said []Message) {
	last := said[len(said)-1]
	reply := a.Reply(Request{ID: last.ID, Conversation: last.From.Thread, Found: last.Found})
	r.Decision = &Decided{Reply: reply, KB: a.KB, Program: l.program, Time: l.now()}
	var answers []string
	for _, m := range said {
		answers = append(answers, m.ID)
	}
	out := l.outgoing(t, Robot, mask.Of(reply.Text), answers)
	if len(out) == 1 {
		out[0].Reply = &r.Decision.Reply
	}
	r.Out = append(r.Out, out...)
}

// answer takes what a merchant said since the last answer as one message: "61",
// "刷了8000", "换卡也不行" are one thought in three pieces.
func (l *Loop) answer(ctx context.Context, c Case, said []Message) (Answer, error) {
	q := Question{Case: c, Evidence: map[string]string{}}
	var texts []string
	for _, m := range said {
		texts = append(texts, m.Text.String())
		q.Found = q.Found.Plus(m.Found)
		maps.Copy(q.Evidence, m.Evidence)
		if m.Lang != "" {
			q.Lang = m.Lang
		}
	}
	q.Text = mask.Of(prefix(strings.Join(texts, "\n"), MaxText))
	if q.Text.Len() > MaxText { // it grew by what stands for a card number
		q.Text = mask.Of(prefix(q.Text.String(), MaxText-64))
	}
	a, err := l.answerer.Answer(ctx, q)
	if errors.Is(err, ErrEvidence) { // the knowledge base has been replaced since it was given
		q.Evidence = nil
		a, err = l.answerer.Answer(ctx, q)
	}
	if errors.Is(err, ErrEmpty) { // a sticker, a blank: say what to send
		lang := cmp.Or(q.Lang, c.Lang, kb.ZH)
		return Answer{Decision: Clarify, Reason: "empty", Lang: lang, Text: say(lang, "greeting"), Case: c}, nil
	}
	if err != nil {
		return Answer{}, fmt.Errorf("deciding: %w", err)
	}
	return a, nil
}

// fitting takes as many messages as can be read together.
func fitting(ms []Message) []Message {
	size := 0
	for i, m := range ms {
		if size += m.Text.Len() + 1; size > MaxText && i > 0 {
			return ms[:i]
		}
	}
	return ms
}

// outgoing makes the messages that say words, in as many parts as the channel
// needs. Their keys come from what caused them, so that the same cause never
// makes a second message, whoever decides it and however often.
func (l *Loop) outgoing(t *Task, role Role, words mask.Text, answers []string) []Outgoing {
	cause := answers[len(answers)-1]
	limit := 0
	if c, ok := l.channels[t.Conversation.Address.Channel]; ok {
		limit = c.Manner().MaxText
	}
	pieces := []mask.Text{words}
	if limit > 0 && words.Len() > limit {
		pieces = parts(words.String(), limit)
	}
	var out []Outgoing
	for i, piece := range pieces {
		if piece.IsZero() {
			continue
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", t.Conversation.ID, cause, role, i))
		out = append(out, Outgoing{
			Key:     strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20])), // 32 characters, which every platform takes
			Role:    role,
			Text:    piece,
			Answers: answers,
			Time:    l.now(),
			To:      t.Conversation.Address,
		})
	}
	return out
}

// parts cuts s into pieces of at most limit bytes, between lines where it can.
func parts(s string, limit int) []mask.Text {
	var out []mask.Text
	for len(s) > limit {
		head := prefix(s, limit)
		if i := strings.LastIndexByte(head, '\n'); i > limit/2 {
			head = head[:i]
		}
		out = append(out, mask.Of(head))
		s = strings.TrimPrefix(s[len(head):], "\n")
	}
	return append(out, mask.Of(s))
}

// backoff doubles from first to most.
func backoff(tries int, first, most time.Duration) time.Duration {
	return min(first<<min(tries, 20), most)
}

// complain logs what goes wrong again and again while the store is away: every
// ten seconds, or the log fills the disk that it complains about.
func (l *Loop) complain(what string, err error) {
	l.mu.Lock()
	now := l.now()
	quiet := now.Sub(l.complained[what]) < 10*time.Second && now.After(l.complained[what])
	if !quiet {
		l.complained[what] = now
	}
	l.mu.Unlock()
	if !quiet {
		l.log.Error(what, "error", err)
	}
}

func (l *Loop) conflictsOf(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conflicts[id]
}

func (l *Loop) addConflict(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conflicts) > mostConflicts { // of conversations that another process answered
		clear(l.conflicts)
	}
	l.conflicts[id]++
}

func (l *Loop) clearConflicts(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conflicts, id)
}
