package wecomtest

import (
	"context"
	"net/http"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
)

// Deliver hands m over as soon as the protocol allows.
func (p *Platform) Deliver(ctx context.Context, m channeltest.Message) bool {
	place, person := p.Split(m.Thread)
	switch p.kind {
	case "kf":
		return p.toKf(ctx, place, person, m)
	case "app":
		return p.toApp(ctx, person, m, false)
	}
	kept := p.toBot(ctx, place, person, m)
	first := false
	if kept {
		p.w.set(func() { first, p.met = !p.met, true })
	}
	if first {
		for _, t := range p.Greet {
			place, person := p.Split(t)
			p.toBot(ctx, place, person, channeltest.Message{ID: "greeting-" + t, Thread: t, Text: "在吗"})
		}
	}
	return kept
}

// Forge does the same with a signature that anybody could make up. For kf that
// is a callback for nothing: what can be pulled, only WeCom knows.
func (p *Platform) Forge(ctx context.Context, m channeltest.Message) bool {
	w := p.w
	place, person := p.Split(m.Thread)
	var c callback
	switch p.kind {
	case "app":
		return p.toApp(ctx, person, m, true)
	case "kf":
		w.set(func() { c = w.kfCallback(place) })
	default:
		w.set(func() {
			rq, body := w.question(w.chatOf(place, person), person, m.ID, "text", object{"content": m.Text})
			rq.done()
			c = w.botCallback(rq, body)
		})
	}
	c.forged = true
	status, _ := w.try(ctx, c)
	return status == http.StatusOK
}

// toKf puts a message into the log, once unless it was kept before, and rings
// until the bot has got behind it or refuses it.
func (p *Platform) toKf(ctx context.Context, account, customer string, m channeltest.Message) bool {
	w := p.w
	w.mu.Lock()
	a := w.kf.accounts[account]
	follow := a.pulled[m.ID]
	if follow == nil || follow.kept {
		follow = &pull{position: len(a.log)}
		a.pulled[m.ID] = follow
		if m.Role == bot.Agent {
			w.enter(a, customer, w.session(a, customer), Served, "agent")
			w.speaks(a, customer, "agent", m.ID, m.Text)
		} else {
			w.says(a, customer, m.ID, "text", object{"content": m.Text})
		}
	}
	again, given := follow.again, follow.given
	w.mu.Unlock()
	for ctx.Err() == nil {
		var c callback
		w.set(func() { c = w.kfCallback(account) })
		if status, _ := w.try(ctx, c); status != http.StatusOK {
			return false
		}
		// Once it was handed out, the next ring makes the bot ask from behind it.
		kept, refused, handed := false, false, false
		wait, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		w.Await(wait, func() bool {
			w.set(func() {
				kept, refused, handed = follow.kept, follow.again > again, follow.given > given
				given = follow.given
			})
			return kept || refused || handed
		})
		cancel()
		if kept || refused {
			return kept
		}
	}
	return false
}

func (p *Platform) toApp(ctx context.Context, member string, m channeltest.Message, forged bool) bool {
	w := p.w
	var c callback
	w.set(func() {
		w.app.members[member] = true
		fields := w.written(member, m.ID, "text", m.Text, "Content", m.Text)
		c = callback{url: w.config.AppURL, seal: w.sealOf(w.config.AppURL), plain: xmlOf(fields...), forged: forged}
	})
	status, _ := w.try(ctx, c)
	return status == http.StatusOK
}

// toBot tells the AI bot, and waits for the first of its answer.
func (p *Platform) toBot(ctx context.Context, place, person string, m channeltest.Message) bool {
	w := p.w
	w.mu.Lock()
	before := p.kept[m.ID]
	rq, body := w.question(w.chatOf(place, person), person, m.ID, "text", object{"content": m.Text})
	rq.done()
	overHTTP := w.config.BotURL != ""
	c := w.botCallback(rq, body)
	d := newDelivery(m.ID)
	if !overHTTP {
		w.tellBySocket(d, rq, body)
	}
	w.mu.Unlock()
	if overHTTP {
		status, reply := w.try(ctx, c)
		if status != http.StatusOK {
			return false
		}
		w.passive(rq, reply)
		w.background(func() { w.poll(rq) })
	} else if !d.Wait(ctx).Acknowledged {
		return false
	}
	if before { // the bot may keep silent to what it had before
		w.sleep(ctx, 50*time.Millisecond)
		return true
	}
	begun, whole := false, false
	answered := func() bool {
		w.set(func() {
			begun = rq.stream != nil && !rq.stream.finished
			whole = rq.answered
		})
		return begun || whole
	}
	kept := overHTTP && !answered() || w.Await(ctx, answered) && !whole
	w.set(func() { p.kept[m.ID] = kept })
	return kept
}
