package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/wecom"
	"decline61/kb"
)

// letter is what WeCom tells: a message, or an event, with the fields that we
// read.
type letter struct {
	From    string `xml:"FromUserName"`
	Type    string `xml:"MsgType"`
	Content string `xml:"Content"`
	Words   string `xml:"Recognition"` // of a voice message, where WeCom has turned it into words
	ID      string `xml:"MsgId"`
	Agent   string `xml:"AgentID"`

	Event    string `xml:"Event"`
	Key      string `xml:"EventKey"`
	Task     string `xml:"TaskId"`
	Response string `xml:"ResponseCode"`
}

// take takes one callback in. Nothing is answered to it: answers are sent when
// they are ready, which may be later than WeCom waits.
func (c *Channel) take(ctx context.Context, plain []byte) (reply []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	in, err := c.running()
	if err != nil {
		return nil, err
	}
	var l letter
	if err := wecom.DecodeXML(plain, &l); err != nil {
		c.log.Warn("wecom app: a callback is not understood", "bytes", len(plain), "error", err)
		return nil, nil // it would not get better by being repeated
	}
	if !sound(l.From) || !sound(l.ID+"x") || l.Agent != "" && l.Agent != strconv.Itoa(c.config.AgentID) {
		return nil, nil
	}
	if l.Type == "event" {
		err = c.happened(ctx, in, l, plain)
	} else {
		err = c.told(ctx, in, l, plain)
	}
	if err != nil {
		c.log.Warn("wecom app: a callback is not kept; WeCom will repeat it", "type", l.Type, "event", len(l.Event) > 0, "error", err)
	}
	return nil, err
}

// sound refuses ids that no store takes.
func sound(id string) bool {
	return id != "" && utf8.ValidString(id) && !strings.ContainsRune(id, 0)
}

// told takes a message in.
func (c *Channel) told(ctx context.Context, in bot.Inbox, l letter, plain []byte) error {
	words := strings.TrimSpace(l.Content + l.Words)
	if words == "" && l.Type != "text" {
		c.tellUnread(l)
		return nil
	}
	id := l.ID
	if id == "" {
		id = idOf(plain)
	}
	return c.keep(ctx, in, l, bot.Message{ID: id}, words, 0)
}

// idOf is the id of what has none: WeCom repeats an event with the same bytes,
// and another one differs, be it of the same member in the same second.
func idOf(plain []byte) string {
	sum := sha256.Sum256(plain)
	return "event:" + hex.EncodeToString(sum[:12])
}

// keep hands a message over.
func (c *Channel) keep(ctx context.Context, in bot.Inbox, l letter, m bot.Message, words string, window time.Duration) error {
	m.From, m.Role, m.Author = bot.Address{Channel: Name, Thread: l.From}, bot.Merchant, l.From
	m.Text, m.Found = mask.Mask(words)
	_, err := in.Receive(ctx, bot.Delivery{Channel: Name, Messages: []bot.Message{m}, Window: window})
	return err
}

// onceIn is how long a member is not told again what cannot be read: pictures
// come in bursts, and WeCom repeats callbacks.
const onceIn = 30 * time.Second

// tellUnread says what to send instead of what cannot be read.
func (c *Channel) tellUnread(l letter) {
	key := map[string]string{"image": "image", "voice": "voice", "video": "file", "file": "file"}[l.Type]
	if key == "" {
		key = "other"
	}
	now := c.now()
	c.mu.Lock()
	last, known := c.warned[l.From]
	again := known && now.Sub(last) < onceIn
	if !again {
		if len(c.warned) > 4096 {
			clear(c.warned)
		}
		c.warned[l.From] = now
	}
	c.mu.Unlock()
	if again {
		return
	}
	c.aside(func(ctx context.Context) {
		c.tell(ctx, l.From, word(kb.ZH, key), word(kb.ZH, "robot")+" · "+now.Format(time.TimeOnly))
	})
}

// tell sends words that are no answer of the bot's.
func (c *Channel) tell(ctx context.Context, member, words, last string) {
	if _, err := c.sendText(ctx, member, words, last); err != nil {
		c.log.Warn("wecom app: a member was not told something", "error", err)
	}
}

// happened takes an event in.
func (c *Channel) happened(ctx context.Context, in bot.Inbox, l letter, plain []byte) error {
	switch l.Event {
	case "enter_agent", "subscribe":
		return c.greet(ctx, in, l)
	case "click": // of the app's menu: its key is what the member says with it
		if words := strings.TrimSpace(l.Key); words != "" {
			return c.keep(ctx, in, l, bot.Message{ID: idOf(plain)}, words, -1)
		}
	case "template_card_event":
		return c.pressed(ctx, in, l)
	}
	return nil
}

// greet says what the bot is for, to a member who opens the app: once a day, as
// the thread's cursor remembers. WeCom tells of it each time.
func (c *Channel) greet(ctx context.Context, in bot.Inbox, l letter) error {
	today := c.now().Format(time.DateOnly)
	name := bot.ThreadCursor + l.From
	last, err := in.Cursor(ctx, Name, name)
	if err != nil || last == today {
		return err
	}
	if _, err := in.Receive(ctx, bot.Delivery{Channel: Name, CursorName: name, CursorValue: today, Window: -1}); err != nil {
		return err
	}
	key := idOf([]byte(name + today))
	c.aside(func(ctx context.Context) {
		c.tell(ctx, l.From, word(kb.ZH, "welcome"), word(kb.ZH, "robot")+" · "+c.now().Format(time.TimeOnly))
		if _, err := c.send(ctx, l.From, message{Type: "template_card", Card: starters(kb.ZH, key)}); err != nil {
			c.log.Warn("wecom app: a member was not shown what to ask", "error", err)
		}
	})
	return nil
}

// pressed takes in a button: of a notice, for whoever sent that; of an answer,
// as a message like a typed one, but answered at once.
func (c *Channel) pressed(ctx context.Context, in bot.Inbox, l letter) error {
	if ref, action, ok := noticeKey(l.Key); ok {
		p := Press{Member: l.From, Ref: ref, Action: action, Response: l.Response}
		if c.config.Press != nil {
			c.aside(func(ctx context.Context) { c.config.Press(ctx, p) })
		}
		return nil
	}
	s := stampOf(l.Key)
	if s.Says == "" || !sound(l.Task) {
		return nil
	}
	m := bot.Message{ID: pressID(l.Task, l.Key), Lang: s.Lang}
	if s.ID != "" {
		m.Evidence = map[string]string{s.ID: s.Value}
	}
	if err := c.keep(ctx, in, l, m, s.Says, -1); err != nil {
		return err
	}
	c.aside(func(ctx context.Context) {
		if err := c.Update(ctx, Update{Members: []string{l.From}, Response: l.Response, Label: chose(s)}); err != nil {
			c.log.Warn("wecom app: a card does not show what was pressed", "error", err)
		}
	})
	return nil
}
