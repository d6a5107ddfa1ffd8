package storetest

import (
	"bytes"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

// speak has the bot say several things in one conversation.
func (b *bench) speak(thread string, said ...string) {
	b.Helper()
	b.receive(b.said(thread, said[0], "x"))
	t := b.claim()
	r := b.answer(t)
	r.Out = nil
	for _, s := range said {
		r.Out = append(r.Out, bot.Outgoing{Key: thread + "/" + s, Role: bot.Robot, Text: mask.Of(s), Answers: ids(t.Messages), Time: b.now})
	}
	b.commit(t, r)
}

func sendingInOrder(b *bench) {
	b.speak("a", "a1", "a2")
	b.pass(time.Millisecond)
	b.speak("a", "a3")
	b.speak("b", "b1")
	out := b.due(time.Minute)
	b.want(texts(out), []string{"a1", "b1"})
	b.want(out[0].To, bot.Address{Channel: Pushed, Thread: "a"})
	b.want(out[0].Key, "a/a1")
	b.want(out[0].Answers, []string{"a1"})
	b.want(out[0].Conversation, Pushed+":a")
	b.want(out[0].Tries, 0)
	b.want(out[0].Unknown, false)
	b.want(out[0].Time.Equal(b.now.Add(-time.Millisecond)), true)
	b.want(len(b.due(time.Minute)), 0) // it is being sent
	b.sent(out[0], bot.Fate{State: bot.Shown, Remote: "r1"})
	b.sent(out[1], bot.Fate{State: bot.Shown})
	second := b.due(time.Minute)
	b.want(texts(second), []string{"a2"})
	// One that waits to be tried again holds the next one back, one that was
	// given up does not.
	b.sent(second[0], bot.Fate{State: bot.Unsent, Again: b.now.Add(time.Minute)})
	b.pass(time.Minute - time.Millisecond)
	b.want(len(b.due(time.Minute)), 0)
	b.pass(time.Millisecond)
	second = b.due(time.Minute)
	b.want(texts(second), []string{"a2"})
	b.sent(second[0], bot.Fate{State: bot.Failed, Why: "the channel is archived"})
	b.want(texts(b.due(time.Minute)), []string{"a3"})
	// At most n, and of no other channel.
	b.speak("c", "c1")
	b.speak("d", "d1")
	one, err := b.s.Due(b.Context(), b.now, Pushed, time.Minute, 1)
	b.ok(err)
	b.want(len(one), 1)
	none, err := b.s.Due(b.Context(), b.now, "other", time.Minute, 1)
	b.ok(err)
	b.want(len(none), 0)
}

func sendingFails(b *bench) {
	b.speak("a", "a1")
	for i := range 3 {
		out := b.due(time.Minute)
		b.want(texts(out), []string{"a1"})
		b.want(out[0].Tries, i)
		b.want(out[0].Unknown, i == 2)
		state := bot.Unsent
		if i == 1 {
			state = bot.Unknown
		}
		b.sent(out[0], bot.Fate{State: state, Again: b.now.Add(time.Second), Why: "timeout"})
		b.want(len(b.due(time.Minute)), 0)
		b.pass(time.Second)
	}
	out := b.due(time.Minute)
	b.want(out[0].Unknown, false) // it was looked for, and is certainly not there
	b.sent(out[0], bot.Fate{State: bot.Failed, Why: "no such channel"})
	b.want(b.stats().Failed, 1)
	b.want(b.stats().Unsent, 0)
	// What is finished stays so.
	b.sent(out[0], bot.Fate{State: bot.Unsent, Again: b.now})
	b.sent(out[0], bot.Fate{State: bot.Shown})
	b.want(len(b.due(time.Minute)), 0)
	b.want(b.stats().Failed, 1)
	if err := b.s.Sent(b.Context(), b.now, out[0], bot.Fate{}); err == nil {
		b.Error("no fate was taken for one")
	}
}

func senderDies(b *bench) {
	b.speak("a", "a1", "a2")
	b.want(len(b.due(10*time.Second)), 1)
	b.crash()
	b.want(len(b.due(10*time.Second)), 0) // it may still be on its way
	b.pass(10 * time.Second)
	out := b.due(10 * time.Second)
	b.want(texts(out), []string{"a1"})
	b.want(out[0].Unknown, true)
	b.want(out[0].Tries, 1)
	b.sent(out[0], bot.Fate{State: bot.Shown})
	b.crash()
	out = b.due(10 * time.Second)
	b.want(texts(out), []string{"a2"})
	b.want(out[0].Unknown, false)
}

// lateReport: who had the message before is believed that it is shown only.
func lateReport(b *bench) {
	b.speak("a", "a1")
	slow := b.due(10 * time.Second)[0]
	b.pass(10 * time.Second)
	quick := b.due(10 * time.Second)[0]
	b.sent(slow, bot.Fate{State: bot.Unsent, Again: b.now})
	b.want(len(b.due(10*time.Second)), 0)
	b.sent(slow, bot.Fate{State: bot.Failed})
	b.want(b.stats().Failed, 0)
	b.sent(slow, bot.Fate{State: bot.Shown})
	b.sent(quick, bot.Fate{State: bot.Unsent, Again: b.now})
	b.pass(time.Minute)
	b.want(len(b.due(10*time.Second)), 0)
	b.want(b.stats().Unsent, 0)
}

func pulled(b *bench) {
	m := b.said("a", "1", "x")
	m.From.Channel = Pulled
	b.receive(m)
	t := b.claim()
	b.commit(t, b.answer(t))
	out, err := b.s.Due(b.Context(), b.now, Pulled, time.Minute, 10)
	b.ok(err)
	b.want(len(out), 0)
	b.want(b.stats().Unsent, 0)
	events, err := b.s.Events(b.Context(), Pulled+":a", 0, 10)
	b.ok(err)
	b.want(len(events), 2)
}

// channelsApart: a channel that is down does not hold up what the same
// conversation says on another.
func channelsApart(b *bench) {
	b.receive(b.said("a", "1", "x"))
	t := b.claim()
	r := b.answer(t)
	r.Out = []bot.Outgoing{
		{Key: "1", Role: bot.Robot, Text: mask.Of("elsewhere"), To: bot.Address{Channel: "down", Thread: "x"}},
		{Key: "2", Role: bot.Robot, Text: mask.Of("here")},
	}
	b.commit(t, r)
	b.want(texts(b.due(time.Minute)), []string{"here"})
	out, err := b.s.Due(b.Context(), b.now, "down", time.Minute, 10)
	b.ok(err)
	b.want(texts(out), []string{"elsewhere"})
	b.want(out[0].To.Thread, "x")
	b.want(out[0].Time.Equal(b.now), true)
}

func reply(b *bench) {
	id := Pushed + ":a"
	get := func(message string) (bot.Reply, bool, bool) {
		b.Helper()
		r, answered, known, err := b.s.Reply(b.Context(), id, message)
		b.ok(err)
		return r, answered, known
	}
	_, answered, known := get("1")
	b.want([]bool{answered, known}, []bool{false, false})
	b.receive(b.said("a", "1", "刷卡显示61,密码123456"), b.said("a", "2", "x"))
	_, answered, known = get("1")
	b.want([]bool{answered, known}, []bool{false, true})
	t := b.claim()
	result := b.answer(t)
	result.Decision.Reply.Evidence = map[string]string{"code_shown": "61"}
	b.commit(t, result)
	// Both got one answer, each under its own name.
	want := result.Decision.Reply
	want.ID, want.Masked = "1", true
	r, answered, _ := get("1")
	b.want(answered, true)
	b.want(r, want)
	want.ID, want.Masked = "2", false
	r, _, _ = get("2")
	b.want(r, want)
	first, err := bot.EncodeLine(r)
	b.ok(err)
	b.answered("a", "3")
	b.crash()
	r, _, _ = get("2")
	second, err := bot.EncodeLine(r)
	b.ok(err)
	if !bytes.Equal(first, second) {
		b.Errorf("the bytes have changed:\n%s%s", first, second)
	}
	// Dealt with, and nothing decided.
	b.receive(b.said("a", "4", "x"))
	t = b.claim()
	b.commit(t, bot.Result{State: bot.WithAgent, Upto: t.Messages[0].Seq})
	r, answered, known = get("4")
	b.want([]bool{answered, known}, []bool{true, true})
	b.want(r.ID, "4")
}

func replyWithWhatIsSent(b *bench) {
	b.receive(b.said("a", "1", "刷卡显示61"))
	t := b.claim()
	r := b.answer(t)
	r.Out = append(r.Out, bot.Outgoing{Key: "agent's", Role: bot.Agent, Text: mask.Of("我来处理"), Answers: []string{"1"}})
	r.Decision = &bot.Decided{Time: b.now, Reply: bot.Reply{ID: "1", Code: "61", Steps: []bot.ReplyStep{{ID: "issuer-limit#s1", Text: "换卡"}}}}
	r.Out[0].Reply = &r.Decision.Reply
	b.commit(t, r)
	first := b.due(time.Minute)[0]
	b.want(first.Reply, &r.Decision.Reply)
	b.sent(first, bot.Fate{State: bot.Unsent, Again: b.now})
	b.crash()
	again := b.due(time.Minute)[0]
	b.want(again.Reply, &r.Decision.Reply)
	b.sent(again, bot.Fate{State: bot.Shown})
	b.want(b.due(time.Minute)[0].Reply, (*bot.Reply)(nil))
}

func unshown(b *bench) {
	b.answered("a", "1")
	o := b.due(time.Minute)[0]
	b.sent(o, bot.Fate{State: bot.Shown, Remote: "r"})
	b.want(b.stats().Failed, 0)
	for range 2 { // platforms repeat such news
		b.ok(b.s.Unshown(b.Context(), o.Key, "refused by the customer"))
		b.want(b.stats().Failed, 1)
	}
	b.ok(b.s.Unshown(b.Context(), "nobody's", "x"))
	b.want(b.stats().Failed, 1)
	b.answeredAndSent("a", "2") // holds nothing back
}

func owners(b *bench) {
	for _, m := range []bot.Message{
		{ID: "1", Author: "U1"},
		{ID: "2", Author: "U2", Role: bot.Agent, Shown: true},
		{ID: "3", Author: "U2", Role: bot.Agent, Ends: true},
	} {
		sent := b.said("a", m.ID, "转人工")
		sent.Author, sent.Shown, sent.Ends = m.Author, m.Shown, m.Ends
		if m.Role != "" {
			sent.Role = m.Role
		}
		b.receive(sent)
	}
	t := b.claim()
	b.want(t.Conversation.Owner, "U1")
	var kept []bot.Message
	for _, m := range t.Messages {
		kept = append(kept, bot.Message{ID: m.ID, Author: m.Author, Shown: m.Shown, Ends: m.Ends})
	}
	b.want(kept, []bot.Message{{ID: "1", Author: "U1"}, {ID: "2", Author: "U2", Shown: true}, {ID: "3", Author: "U2", Ends: true}})
	b.wantOpen("U1")
	r := b.answer(t)
	r.State, r.Case.Entry = bot.Waiting, "meaning-of-61"
	b.commit(t, r)
	b.wantOpen("U1", "a")
	b.wantOpen("U2")
	c, known, err := b.s.Conversation(b.Context(), Pushed+":a")
	b.ok(err)
	b.want(known, true)
	b.want(c, bot.Conversation{
		ID: Pushed + ":a", Address: bot.Address{Channel: Pushed, Thread: "a"}, Owner: "U1", State: bot.Waiting,
		Case: bot.Case{Entry: "meaning-of-61"}, Version: c.Version,
	})
	_, known, err = b.s.Conversation(b.Context(), Pushed+":b")
	b.ok(err)
	b.want(known, false)
}

func (b *bench) wantOpen(owner string, threads ...string) {
	b.Helper()
	open, err := b.s.Open(b.Context(), Pushed, owner)
	b.ok(err)
	var got []string
	for _, c := range open {
		got = append(got, c.Address.Thread)
	}
	b.want(got, threads)
}

func events(b *bench) {
	id := Pushed + ":a"
	get := func(after int64, n int) []bot.Event {
		b.Helper()
		es, err := b.s.Events(b.Context(), id, after, n)
		b.ok(err)
		return es
	}
	b.want(len(get(0, 10)), 0)
	b.receive(b.said("a", "1", "密码123456"), b.said("a", "2", "x"))
	t := b.claim()
	b.receive(b.said("a", "3", "x"), b.byAgent("a", "agent says"))
	b.conflict(t, b.answer(t))
	t = b.claim()
	r := b.answer(t)
	r.Out = append(r.Out, bot.Outgoing{Key: "k", Role: bot.Agent, Text: mask.Of("我来处理"), Answers: []string{"agent says"}})
	b.commit(t, r)
	b.pass(time.Second)
	b.receive(b.said("a", "4", "y"))
	all := get(0, 100)
	type line struct {
		Role          bot.Role
		Message, Text string
	}
	var got []line
	for i, e := range all {
		got = append(got, line{e.Role, e.Message, e.Text.String()})
		if i > 0 && e.ID <= all[i-1].ID {
			b.Errorf("event %d follows %d", e.ID, all[i-1].ID)
		}
	}
	b.want(got, []line{
		{bot.Merchant, "1", mask.Of("密码123456").String()}, {bot.Merchant, "2", "x"}, {bot.Merchant, "3", "x"},
		{bot.Robot, "agent says", "re agent says"}, {bot.Agent, "agent says", "我来处理"}, {bot.Merchant, "4", "y"},
	})
	b.want(get(all[2].ID, 2), all[3:5])
	b.want(get(all[5].ID, 2), []bot.Event(nil))
	b.want(all[5].Time.Equal(b.now), true)
	before, err := bot.EncodeLine(all)
	b.ok(err)
	b.crash()
	after, err := bot.EncodeLine(get(0, 100))
	b.ok(err)
	if !bytes.Equal(before, after) {
		b.Errorf("the bytes have changed:\n%s%s", before, after)
	}
}

func stats(b *bench) {
	b.want(b.stats(), bot.Stats{})
	b.receive(b.said("a", "1", "x"))
	b.pass(10 * time.Second)
	b.receive(b.said("b", "1", "x"))
	b.pass(5 * time.Second)
	b.want(b.stats(), bot.Stats{Unanswered: 2, OldestUnanswered: 15 * time.Second, Conversations: 2})
	t := b.claim()
	r := b.answer(t)
	r.State = bot.Waiting
	b.commit(t, r)
	b.pass(time.Second)
	b.want(b.stats(), bot.Stats{Unanswered: 1, OldestUnanswered: 6 * time.Second, Unsent: 1, OldestUnsent: time.Second, Waiting: 1, Conversations: 2})
}

func prune(b *bench) {
	const day = 24 * time.Hour
	b.answered("old", "1")
	for _, o := range b.due(time.Minute) {
		b.sent(o, bot.Fate{State: bot.Shown})
	}
	b.ok(b.s.AddFeedback(b.Context(), bot.Feedback{Conversation: Pushed + ":old", Message: "1", Time: b.now}))
	cursors := map[string]string{bot.ThreadCursor + "old": "", bot.ThreadCursor + "waits": "x", "other": "x"} // and what is left of them
	for name := range cursors {
		_, err := b.s.Receive(b.Context(), b.now, bot.Delivery{Channel: Pushed, CursorName: name, CursorValue: "x"})
		b.ok(err)
	}
	b.receive(b.said("waits", "1", "x"))
	t := b.claim()
	b.answered("unsent", "1")
	b.commit(t, bot.Result{Again: b.now.Add(time.Hour)})
	b.pass(6 * day)
	b.answeredAndSent("young", "1")
	n, err := b.s.Prune(b.Context(), b.now, time.Hour) // no sooner than a week
	b.ok(err)
	b.want(n, 0)
	b.pass(2 * day)
	n, err = b.s.Prune(b.Context(), b.now, 30*day)
	b.ok(err)
	b.want(n, 0)
	n, err = b.s.Prune(b.Context(), b.now, 7*day)
	b.ok(err)
	b.want(n, 1)
	b.want(b.stats().Conversations, 3)
	_, _, known, err := b.s.Reply(b.Context(), Pushed+":old", "1")
	b.ok(err)
	b.want(known, false)
	for name, left := range cursors {
		value, err := b.s.Cursor(b.Context(), Pushed, name)
		b.ok(err)
		b.want(value, left)
	}
	b.answered("old", "1") // and may begin again
}

func (b *bench) answeredAndSent(thread, id string) {
	b.Helper()
	b.receive(b.said(thread, id, "x"))
	for {
		t := b.claim()
		if t.Conversation.Address.Thread == thread {
			b.commit(t, b.answer(t))
			break
		}
		b.commit(t, bot.Result{Again: b.now.Add(time.Millisecond)})
	}
	for _, o := range b.due(time.Minute) {
		if o.To.Thread == thread {
			b.sent(o, bot.Fate{State: bot.Shown})
		}
	}
}

func feedback(b *bench) {
	b.answered("a", "1")
	for _, helped := range []bool{true, false} {
		b.ok(b.s.AddFeedback(b.Context(), bot.Feedback{Conversation: Pushed + ":a", Message: "1", Helped: helped, Time: b.now}))
	}
}

func reopened(b *bench) {
	b.receive(b.said("a", "1", "刷卡显示61"))
	t := b.claim()
	r := b.answer(t)
	r.Case = bot.Case{Lang: "zh", Facts: map[string]bot.Fact{"code_shown": {Value: "61"}}, Asked: []string{"other_card"}, Failed: 1}
	b.commit(t, r)
	b.receive(b.said("a", "2", "x"))
	b.ok(b.s.Close())
	if _, err := b.s.Receive(b.Context(), b.now, bot.Delivery{Channel: Pushed, Messages: []bot.Message{b.said("a", "3", "x")}}); err == nil {
		b.Error("a closed store takes messages")
	}
	b.ok(b.s.Close())
	b.open(0)
	t = b.claim()
	b.want(ids(t.Messages), []string{"2"})
	b.want(t.Conversation.Case, r.Case)
}

func ready(b *bench) {
	for range 3 {
		b.ok(b.s.Ready(b.Context()))
	}
}
