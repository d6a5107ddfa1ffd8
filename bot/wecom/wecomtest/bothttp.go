package wecomtest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// responseURL is where one more message may be posted after a question.
type responseURL struct {
	chat  *chat
	until time.Time
	used  bool
}

// tellByHTTP makes the callback, and while its answer is a stream that is not
// finished, asks on. The caller holds mu.
func (w *WeCom) tellByHTTP(d *Delivery, rq *request, body object) {
	c := w.botCallback(rq, body)
	told := newDelivery(rq.id)
	w.background(func() { w.deliver(told, c) })
	w.background(func() {
		ack := told.Wait(w.ctx)
		if ack.Acknowledged {
			w.passive(rq, ack.Reply)
		} else {
			w.set(rq.done)
		}
		d.finish(ack)
		w.poll(rq)
	})
}

// botCallback is the callback that tells the bot. The caller holds mu.
func (w *WeCom) botCallback(rq *request, body object) callback {
	if rq.kind == "message" && w.config.BotURL != "" {
		code := w.id("responseurl-")
		w.bot.responses[code] = &responseURL{chat: rq.chat, until: w.now().Add(time.Hour)}
		body["response_url"] = w.URL() + "/response/" + code
	}
	plain, _ := json.Marshal(body)
	return callback{url: w.config.BotURL, seal: w.sealOf(w.config.BotURL), json: true, plain: plain, once: rq.kind == "template_card_event"}
}

// passive shows what the answer to a callback or a poll says.
func (w *WeCom) passive(rq *request, reply []byte) {
	if len(reply) == 0 || string(reply) == "{}" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var r botReply
	if err := json.Unmarshal(reply, &r); err != nil {
		w.complain("the AI bot answers a callback by something else than JSON: %v", err)
		return
	}
	var err error
	switch rq.kind {
	case "message":
		err = w.answerMessage(rq, &r, reply, "callback")
	case "enter_chat":
		err = w.answerWelcome(rq, &r, reply, "callback")
	case "template_card_event":
		err = w.answerUpdate(rq, &r)
	default:
		err = refuse(40058, "nothing can be answered to "+rq.kind)
	}
	if err != nil {
		w.complain("the AI bot's answer to a callback is not shown: %v", err)
	}
}

// poll asks how the answer goes on, until it is finished or six minutes after
// the question.
func (w *WeCom) poll(rq *request) {
	for {
		w.mu.Lock()
		c, goOn := w.refresh(rq)
		w.mu.Unlock()
		if !goOn || !w.sleep(w.ctx, w.config.Poll) {
			return
		}
		if status, reply := w.try(w.ctx, c); status == http.StatusOK {
			w.passive(rq, reply)
		}
	}
}

// refresh makes the callback that asks on; false if there is nothing to ask
// for. The caller holds mu.
func (w *WeCom) refresh(rq *request) (callback, bool) {
	s := rq.stream
	if s == nil || s.finished {
		return callback{}, false
	}
	if w.now().Sub(rq.at) > w.config.StreamLife {
		s.expired = true
		rq.done()
		w.touch()
		return callback{}, false
	}
	body := w.envelope(rq)
	body["msgtype"], body["stream"] = "stream", object{"id": s.id}
	plain, _ := json.Marshal(body)
	return callback{url: w.config.BotURL, seal: w.sealOf(w.config.BotURL), json: true, plain: plain}, true
}

// PollUnknown asks the bot for a stream that it does not know, or not any more,
// and gives its answer.
func (w *WeCom) PollUnknown(ctx context.Context, member, stream string) []byte {
	w.mu.Lock()
	rq := &request{id: w.id("BOTMSG"), chat: &chat{id: member}, user: member}
	body := w.envelope(rq)
	body["msgtype"], body["stream"] = "stream", object{"id": stream}
	plain, _ := json.Marshal(body)
	c := callback{url: w.config.BotURL, seal: w.sealOf(w.config.BotURL), json: true, plain: plain}
	w.mu.Unlock()
	_, reply := w.try(ctx, c)
	return reply
}

// serveResponseURL takes one more message after a question: within an hour, and
// once.
func (w *WeCom) serveResponseURL(rw http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the client is gone
	}
	c := &call{name: "response_url", body: raw}
	f := w.fault(c.name)
	if f == nil || f.Stored {
		err = w.respond(r.PathValue("code"), raw)
	}
	if f != nil {
		switch {
		case f.Delay > 0 && !w.sleep(r.Context(), f.Delay):
			return
		case f.Cut:
			panic(http.ErrAbortHandler)
		case f.Status != 0:
			http.Error(rw, w.gossip(f.Status, "fault", c), f.Status)
			return
		case f.Code != 0:
			err = refuse(f.Code, "fault")
		}
	}
	answer := object{"errcode": 0, "errmsg": "ok"}
	code := 0
	if e, ok := err.(*apiError); ok {
		code = e.code
		answer = object{"errcode": code, "errmsg": w.gossip(code, e.why, c)}
	}
	w.note(c.name, code)
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(answer) // the client may be gone
}

func (w *WeCom) respond(code string, raw json.RawMessage) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	to := w.bot.responses[code]
	var r botReply
	switch {
	case to == nil || to.used || w.now().After(to.until):
		return refuse(40058, "the response_url is unknown, used or too old")
	case json.Unmarshal(raw, &r) != nil:
		return refuse(47001, "no JSON")
	}
	var err error
	switch {
	case r.Type == "markdown":
		err = w.showPush(to.chat, &r, raw, "response_url", "")
	case r.Type == "template_card" && !to.chat.group:
		err = w.showCard(to.chat, r.Card, raw, "response_url", "")
	default:
		err = refuse(40008, "invalid message type")
	}
	if err == nil {
		to.used = true
	}
	return err
}
