package storetest

import (
	"errors"
	"strings"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

func redelivery(b *bench) {
	first := b.receive(b.said("a", "1", "刷卡显示61"), b.said("a", "1", "刷卡显示61"))
	b.want(first, []bot.Received{{Seq: 1}, {Seq: 1, Duplicate: true}})
	t := b.claim()
	b.want(ids(t.Messages), []string{"1"})
	// It changes nothing: no version, no timer.
	b.want(b.receive(b.said("a", "1", "刷卡显示61")), []bot.Received{{Seq: 1, Duplicate: true}})
	b.commit(t, b.answer(t))
	b.pass(time.Hour)
	b.want(b.receive(b.said("a", "1", "another text"))[0], bot.Received{Seq: 1, Duplicate: true})
	b.idle()
	// An id counts within its conversation.
	b.want(b.receive(b.said("b", "1", "刷卡显示61"))[0].Duplicate, false)
	if b.db.Holds(b.T, "another text") {
		b.Error("a redelivery was stored")
	}
}

func redeliveryAtOnce(b *bench) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	kept := map[int64]int{}
	for range 12 {
		wg.Go(func() {
			got, err := b.s.Receive(b.Context(), b.now, bot.Delivery{Channel: Pushed,
				Messages: []bot.Message{b.said("a", "1", "刷卡显示61"), b.said("b", "2", "刷卡显示61")}})
			if err != nil {
				b.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, g := range got {
				if !g.Duplicate {
					kept[g.Seq]++
				}
			}
		})
	}
	wg.Wait()
	b.want(kept, map[int64]int{1: 2})
	b.want(b.stats().Unanswered, 2)
}

func unsound(b *bench) {
	for _, m := range []bot.Message{
		b.said("a", "", "x"), b.said("a", "nul\x00", "x"), b.said("a\xff", "1", "x"), b.said("", "1", "x"),
	} {
		_, err := b.s.Receive(b.Context(), b.now, bot.Delivery{Channel: Pushed, Messages: []bot.Message{b.said("a", "good", "x"), m}})
		if err == nil {
			b.Errorf("id %q in thread %q was taken", m.ID, m.From.Thread)
		}
	}
	b.want(b.stats().Unanswered, 0)
}

func cursorAndMessages(b *bench) {
	cursor := func(want string) {
		b.Helper()
		got, err := b.s.Cursor(b.Context(), Pushed, "sync")
		b.ok(err)
		b.want(got, want)
	}
	cursor("")
	d := bot.Delivery{Channel: Pushed, CursorName: "sync", CursorValue: "c1", Messages: []bot.Message{b.said("a", "1", "x")}}
	_, err := b.s.Receive(b.Context(), b.now, d)
	b.ok(err)
	cursor("c1")
	// Both or neither.
	d.CursorValue, d.Messages = "c2", []bot.Message{b.said("a", "2", "x"), b.said("a", "\x00", "x")}
	if _, err := b.s.Receive(b.Context(), b.now, d); err == nil {
		b.Fatal("no error")
	}
	cursor("c1")
	d.CursorValue, d.Messages = "c3", nil
	_, err = b.s.Receive(b.Context(), b.now, d)
	b.ok(err)
	b.crash()
	cursor("c3")
	b.want(b.stats().Unanswered, 1)
}

func window(b *bench) {
	d := bot.Delivery{Channel: Pushed, Window: 2 * time.Second}
	say := func(id string) {
		b.Helper()
		d.Messages = []bot.Message{b.said("a", id, "x")}
		_, err := b.s.Receive(b.Context(), b.now, d)
		b.ok(err)
	}
	say("1")
	b.pass(1900 * time.Millisecond)
	b.idle()
	say("2") // pushes it to 3.9 s
	b.pass(1900 * time.Millisecond)
	b.idle()
	say("3") // to 5.8 s
	b.pass(1900 * time.Millisecond)
	b.idle()
	say("4") // but never beyond 6 s
	b.pass(299 * time.Millisecond)
	b.idle()
	b.pass(time.Millisecond)
	t := b.claim()
	b.want(ids(t.Messages), []string{"1", "2", "3", "4"})
	b.want(t.Since.Equal(b.now.Add(-6*time.Second)), true)
	b.commit(t, b.answer(t))
	// The next burst has windows of its own.
	b.pass(time.Minute)
	say("5")
	b.pass(1999 * time.Millisecond)
	b.idle()
	b.pass(time.Millisecond)
	b.want(ids(b.claim().Messages), []string{"5"})
}

func numbersAndOrder(b *bench) {
	got := b.receive(b.said("b", "1", "x"), b.said("a", "1", "x"), b.said("b", "2", "x"), b.said("a", "2", "x"))
	b.want(got, []bot.Received{{Seq: 1}, {Seq: 1}, {Seq: 2}, {Seq: 2}})
	m := b.said("c", "1", "刷卡显示61,密码123456")
	m.Lang, m.Evidence = "en", map[string]string{"other_card": "approved"}
	b.receive(m)
	for range 3 {
		t := b.claim()
		if t.Conversation.Address.Thread != "c" {
			b.want(ids(t.Messages), []string{"1", "2"})
			continue
		}
		m.Seq = 1
		b.want(len(t.Messages), 1)
		b.want(t.Messages[0].Time.Equal(m.Time), true)
		t.Messages[0].Time = m.Time
		b.want(t.Messages[0], m)
		b.want(t.Conversation.ID, m.From.Conversation())
		b.want(t.Conversation.State, bot.WithBot)
	}
}

func busy(b *bench) {
	b.ok(b.s.Close())
	b.open(3)
	b.receive(b.said("a", "1", "x"), b.said("b", "1", "x"))
	time.Sleep(1100 * time.Millisecond) // a count may be a second old
	over := bot.Delivery{Channel: Pushed, CursorName: "n", CursorValue: "v", Messages: []bot.Message{b.said("a", "2", "x"), b.said("c", "1", "x")}}
	if _, err := b.s.Receive(b.Context(), b.now, over); !errors.Is(err, bot.ErrBusy) {
		b.Fatalf("not busy but %v", err)
	}
	b.want(b.stats().Unanswered, 2)
	b.receive(b.said("a", "2", "x"))
	b.receive(b.said("a", "2", "x")) // what is there already is no burden
	t := b.claim()
	b.commit(t, b.answer(t))
	time.Sleep(1100 * time.Millisecond)
	b.receive(b.said("c", "1", "x"))
}

// card is a number of the range that card schemes keep for tests.
const card = "4111111111111111"

func splitCard(b *bench) {
	b.receive(b.said("a", "1", "卡号是 "+card[:8]))
	b.pass(20 * time.Second)
	m := b.said("a", "2", card[8:]+" 刷不了")
	got := b.receive(m)
	if !got[0].Found.Any() {
		b.Error("nothing was found")
	}
	t := b.claim()
	b.want(ids(t.Messages), []string{"1", "2"})
	for _, m := range t.Messages {
		if s := m.Text.String(); strings.Contains(s, card[:8]) || strings.Contains(s, card[8:]) {
			b.Errorf("message %s still reads %q", m.ID, s)
		}
	}
	b.want(t.Messages[1].Found, got[0].Found)
	b.commit(t, b.answer(t))
	r, _, _, err := b.s.Reply(b.Context(), Pushed+":a", "2")
	b.ok(err)
	b.want(r.Masked, true)
	// An event that is masked later keeps its id.
	events, err := b.s.Events(b.Context(), Pushed+":a", 0, 10)
	b.ok(err)
	b.want(events[0].ID, int64(1))
	b.want(events[0].Text, t.Messages[0].Text)
	for _, part := range []string{card[:8], card[8:], card[:12]} {
		if b.db.Holds(b.T, part) {
			b.Errorf("%s is still there", part)
		}
	}
	// After a minute, and of different people, it is two numbers.
	b.receive(b.said("c", "1", "单号 "+card[:8]))
	b.pass(2 * mask.Window)
	b.want(b.receive(b.said("c", "2", card[8:]))[0].Found.Any(), false)
}

func evidenceMasked(b *bench) {
	m := b.said("a", "1", "x")
	m.Evidence = map[string]string{"code_shown": "61", "card": "卡号" + card}
	b.want(b.receive(m)[0].Found.Any(), true)
	t := b.claim()
	b.want(t.Messages[0].Evidence["code_shown"], "61")
	if b.db.Holds(b.T, card) {
		b.Error("the card number is stored")
	}
}
