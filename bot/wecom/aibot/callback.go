package aibot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"decline61/bot"
	"decline61/kb"
)

// answer is what is said to a message or a poll, by either way.
type answer struct {
	Type   string   `json:"msgtype"`
	Stream *stream  `json:"stream,omitempty"`
	Card   *card    `json:"template_card,omitempty"`
	Text   *content `json:"text,omitempty"`
	Mark   *content `json:"markdown,omitempty"`
	Update string   `json:"response_type,omitempty"`
	Chat   string   `json:"chatid,omitempty"`
	Kind   int      `json:"chat_type,omitempty"`
}

type stream struct {
	ID       string    `json:"id"`
	Finish   bool      `json:"finish"`
	Content  string    `json:"content"`
	Feedback *feedback `json:"feedback,omitempty"`
}

type feedback struct {
	ID string `json:"id"`
}

// streaming is one state of q's answer. A card is shown once, with the last
// words.
func streaming(q *question, finish bool, content string, below *card) answer {
	a := answer{Type: "stream", Stream: &stream{ID: q.stream, Finish: finish, Content: content}}
	if id := feedbackID(q); id != "" {
		a.Stream.Feedback = &feedback{id}
	}
	if finish && below != nil {
		a.Type, a.Card = "stream_with_template_card", below
	}
	return a
}

// refusal answers a message that nobody keeps.
func refusal(message, key string) answer {
	return answer{Type: "stream", Stream: &stream{ID: refusalPrefix + streamOf(message), Finish: true, Content: word(kb.ZH, key)}}
}

func welcome() answer {
	return answer{Type: "text", Text: &content{word(kb.ZH, "welcome")}}
}

func update(c *card) answer { return answer{Update: "update_template_card", Card: c} }

// take takes one callback in, and gives what is answered to it. WeCom waits for
// five seconds, and repeats what is refused with the same bytes.
func (c *Channel) take(ctx context.Context, plain []byte) (reply []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	if _, err := c.running(); err != nil {
		return nil, err
	}
	p, err := decode(plain)
	if err != nil {
		c.log.Warn("aibot: a callback is not understood", "bytes", len(plain), "error", err)
		return nil, nil // it would not get better by being repeated
	}
	var a *answer
	switch p.Type {
	case "stream":
		a, err = c.polled(ctx, p)
	case "event":
		a, err = c.happened(ctx, p)
	default:
		a, err = c.told(ctx, p)
	}
	if err != nil {
		c.log.Warn("aibot: a callback is not kept; WeCom will repeat it", "type", p.Type, "error", err)
		return nil, err
	}
	if a == nil {
		return nil, nil
	}
	return json.Marshal(a)
}

// told takes a message in, and begins its stream once it is kept.
func (c *Channel) told(ctx context.Context, p payload) (*answer, error) {
	if !p.answerable() {
		return nil, nil
	}
	words, unread := p.words(c.config.BotName)
	if unread != "" {
		a := refusal(p.ID, unread)
		return &a, nil
	}
	q := c.open.add(&question{place: p.place(), message: p.ID, stream: streamOf(p.ID), asked: c.now(), lang: langOf(words)})
	if err := c.keepTrying(ctx, func(ctx context.Context) error { return c.keep(ctx, q, message(p, words), p.ResponseURL) }); err != nil {
		c.open.drop(q)
		c.log.Error("aibot: a message was not kept, and its sender is told to send it again", "error", err)
		a := refusal(p.ID, "not kept")
		return &a, nil
	}
	a := c.streamNow(q)
	return &a, nil
}

// streamNow is q's stream as it stands. Last words that are given away count as
// taken: should they get lost, the same poll comes again and gets them again.
func (c *Channel) streamNow(q *question) answer {
	switch state, content, below := c.open.stands(q); state {
	case waiting:
		return streaming(q, false, word(q.lang, "looking"), nil)
	case expired:
		return streaming(q, true, content, nil)
	default:
		c.open.shown(q)
		return streaming(q, true, content, below)
	}
}

// polled answers WeCom's question how a stream goes on.
func (c *Channel) polled(ctx context.Context, p payload) (*answer, error) {
	q := c.open.byStream(p.Stream.ID)
	if q == nil {
		message, ok := messageOf(p.Stream.ID)
		var err error
		if ok && p.place().sound() {
			q, err = c.restore(ctx, p.place(), message)
		}
		if err != nil {
			return nil, err
		}
	}
	if q == nil || q.place != p.place() {
		return &answer{Type: "stream", Stream: &stream{ID: p.Stream.ID, Finish: true, Content: word(kb.ZH, "gone")}}, nil
	}
	a := c.streamNow(q)
	return &a, nil
}

// happened takes an event in.
func (c *Channel) happened(ctx context.Context, p payload) (*answer, error) {
	switch p.Event.Type {
	case eventEnter:
		a := welcome()
		return &a, nil
	case eventPress:
		var below *card
		err := c.keepTrying(ctx, func(ctx context.Context) (err error) { // a press is told once
			below, err = c.press(ctx, p)
			return err
		})
		if err != nil || below == nil {
			return nil, err
		}
		a := update(below)
		return &a, nil
	case eventFeedback:
		c.feedback(ctx, p)
	}
	return nil, nil
}

// restore finds a stream of before the last start: its message is kept, and
// perhaps answered. nil is that nothing is known of it.
func (c *Channel) restore(ctx context.Context, p place, message string) (*question, error) {
	conversation := p.address().Conversation()
	r, answered, known, err := c.journal.Reply(ctx, conversation, message)
	if err != nil {
		return nil, fmt.Errorf("reading the answer to a poll: %w", err)
	}
	l, err := c.letterOf(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("reading what a poll is about: %w", err)
	}
	if !known || l.Message == "" {
		return nil, nil
	}
	q := &question{place: p, message: message, stream: streamOf(message), kept: true, lang: r.Lang}
	q.asked = c.now().Add(c.timing.revived - c.timing.life)
	if l.Message == message {
		q.asked = time.Unix(l.Asked, 0)
	}
	if answered {
		q.state, q.restored = finishing, true
		q.content, q.card, err = c.restored(ctx, conversation, r, l.Message)
		if err != nil {
			return nil, err
		}
	}
	return c.open.add(q), nil
}

// restored are the last words to a message that was answered by r. Of a burst
// that was answered as one, only the latest shows the answer.
func (c *Channel) restored(ctx context.Context, conversation string, r bot.Reply, latest string) (string, *card, error) {
	if r.Text == "" {
		return word(r.Lang, "owned"), nil, nil
	}
	if r.ID != latest {
		other, answered, _, err := c.journal.Reply(ctx, conversation, latest)
		if err != nil {
			return "", nil, fmt.Errorf("reading the answer to a poll: %w", err)
		}
		if answered && other.Text == r.Text {
			return word(r.Lang, "merged"), nil, nil
		}
	}
	return c.reply(r, plain(r.Text)).content, nil, nil
}

// sweepOn looks after the streams that are open until ctx is done: none may
// spin for ever.
func (c *Channel) sweepOn(ctx context.Context) {
	tick := time.NewTicker(c.timing.sweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, q := range c.open.unclosed(c.now(), c.timing.over) {
			c.beside(func() { c.close(context.WithoutCancel(ctx), q) })
		}
		late, looks := c.open.sweep(c.now(), c.timing)
		for _, q := range late {
			c.end(q, "later")
		}
		for _, q := range looks {
			r, answered, _, err := c.journal.Reply(ctx, q.place.address().Conversation(), q.message)
			if err == nil && answered && r.Text == "" { // nothing will be sent
				c.end(q, "owned")
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				c.log.Warn("aibot: looking for an answer failed", "error", err)
			}
		}
	}
}

// end finishes q with words that are no answer: the next poll takes them, or
// over the long connection the next sweep sends them.
func (c *Channel) end(q *question, key string) { c.open.expire(q, word(q.lang, key)) }

// close sends the words that end q, which is tried again until WeCom takes or
// refuses them. While there is time they let answers go first.
func (c *Channel) close(ctx context.Context, q *question) {
	ctx, cancel := context.WithTimeout(ctx, c.timing.send)
	defer cancel()
	pay := c.pace.Wait
	if c.now().Sub(q.asked) < c.timing.life {
		pay = c.atOnce
	}
	_, words, _ := c.open.stands(q)
	err := c.respond(ctx, q, streaming(q, true, words, nil), pay)
	var e *bot.SendError
	again := errors.As(err, &e) && (e.Class == bot.Backoff || e.Class == bot.MayHaveArrived)
	c.open.with(func() {
		q.closing, q.closed = false, !again
		if again {
			q.again = c.now().Add(e.After)
		}
	})
	if err != nil && !again {
		c.log.Warn("aibot: a stream could not be ended", "error", err)
	}
}

// atOnce takes a turn of chat if there is one now.
func (c *Channel) atOnce(ctx context.Context, chat string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	return c.pace.Wait(ctx, chat)
}
