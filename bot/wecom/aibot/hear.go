package aibot

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

// letter is what is remembered of the last message of a thread that came by the
// callback, across restarts: it is the thread's cursor. The response_url in it
// takes one message within an hour; that is all that it is good for.
type letter struct {
	Message string `json:"m"`
	Asked   int64  `json:"a"` // Unix seconds
	URL     string `json:"u,omitempty"`
	Given   int64  `json:"g,omitempty"` // when URL was, if that was by a press; Unix seconds
}

// good reports whether WeCom takes something at l's URL.
func (l letter) good(now time.Time) bool {
	return l.URL != "" && now.Sub(time.Unix(max(l.Asked, l.Given), 0)) < responseLife
}

// letterOf reads a thread's letter; an empty one if there is none.
func (c *Channel) letterOf(ctx context.Context, p place) (letter, error) {
	in, err := c.running()
	if err != nil {
		return letter{}, err
	}
	value, err := in.Cursor(ctx, Name, bot.ThreadCursor+p.String())
	if err != nil {
		return letter{}, err
	}
	var l letter
	_ = json.Unmarshal([]byte(value), &l) // of another version: then nothing is known
	return l, nil
}

// write remembers a letter together with messages, which may be none.
func (c *Channel) write(ctx context.Context, p place, l *letter, window time.Duration, ms ...bot.Message) ([]bot.Received, error) {
	in, err := c.running()
	if err != nil {
		return nil, err
	}
	d := bot.Delivery{Channel: Name, Messages: ms, Window: window}
	if l != nil {
		value, _ := json.Marshal(l) // strings and a number
		d.CursorName, d.CursorValue = bot.ThreadCursor+p.String(), string(value)
	}
	return in.Receive(ctx, d)
}

// message is what p says, masked.
func message(p payload, words string) bot.Message {
	text, found := mask.Mask(words)
	return bot.Message{ID: p.ID, From: p.place().address(), Role: bot.Merchant, Author: p.From.User, Text: text, Found: found}
}

// keep hands the message of q over. When it returns nil, q may be answered.
func (c *Channel) keep(ctx context.Context, q *question, m bot.Message, responseURL string) error {
	var l *letter
	if !q.long {
		l = &letter{Message: q.message, Asked: q.asked.Unix(), URL: responseURL}
	}
	if _, err := c.write(ctx, q.place, l, 0, m); err != nil {
		return err
	}
	c.open.keep(q)
	return nil
}

// press takes in a button. What it says is a message like a typed one, but
// answered at once: who presses has nothing to add. It gives the card as it is
// to be shown from now on, nil if the button says nothing to us.
func (c *Channel) press(ctx context.Context, p payload) (*card, error) {
	s := stampOf(p.Event.Press.Key)
	at, err := parsePlace(s.Thread)
	if err != nil || s.Says == "" || strings.ContainsRune(at.String()+p.From.User, 0) {
		return nil, nil
	}
	if p.place() != at {
		return nil, nil // a card that was forwarded, or of somebody else in the group
	}
	var l *letter
	if p.ResponseURL != "" {
		had, err := c.letterOf(ctx, at)
		if err != nil {
			return nil, err
		}
		had.URL, had.Given = p.ResponseURL, c.now().Unix()
		l = &had
	} else if way, err := c.canPush(ctx, at); err != nil {
		return nil, err
	} else if !way {
		return pressed(p.Event.Press.Task, s.Lang, strings.ReplaceAll(word(s.Lang, "please write"), "%s", s.Says), ""), nil
	}
	text, found := mask.Mask(s.Says)
	m := bot.Message{
		ID: pressID(p.Event.Press.Task, p.Event.Press.Key), From: at.address(), Role: bot.Merchant, Author: p.From.User,
		Lang: s.Lang, Text: text, Found: found,
	}
	if s.ID != "" {
		m.Evidence = map[string]string{s.ID: s.Value}
	}
	if _, err := c.write(ctx, at, l, -1, m); err != nil {
		return nil, err
	}
	return pressed(p.Event.Press.Task, s.Lang, chose(s.Lang, s.Says), word(s.Lang, "chose below")), nil
}

// answerable reports whether p names who is to be answered, in ways that every
// store takes.
func (p payload) answerable() bool {
	return p.ID != "" && p.place().sound() && !strings.ContainsRune(p.ID+p.place().String(), 0)
}

// feedback keeps what somebody thinks of an answer. That a thumb is taken back
// is not kept: there is nothing to take it from.
func (c *Channel) feedback(ctx context.Context, p payload) {
	thread, message, ok := strings.Cut(p.Event.Feedback.ID, feedbackCut)
	at, err := parsePlace(thread)
	if kind := p.Event.Feedback.Type; !ok || err != nil || kind != 1 && kind != 2 {
		return
	}
	f := bot.Feedback{Conversation: at.address().Conversation(), Message: message, Helped: p.Event.Feedback.Type == 1, Time: c.now()}
	if err := c.journal.AddFeedback(ctx, f); err != nil {
		c.log.Warn("aibot: feedback was not kept", "error", err)
	}
}

// feedbackCut stands between the thread and the message in the id of feedback.
const feedbackCut = "|"

// feedbackID is the id under which feedback on the answer to q comes, "" if
// WeCom would not take it.
func feedbackID(q *question) string {
	const most = 256
	if id := q.place.String() + feedbackCut + q.message; len(id) <= most {
		return id
	}
	return ""
}
