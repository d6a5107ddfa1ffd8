package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
	"decline61/kb"
	"decline61/kb/text"
)

// message is what message/send takes. What is sent twice within the interval is
// shown once, so that a try with an unknown outcome may be repeated.
type message struct {
	To        string   `json:"touser"`
	Agent     int      `json:"agentid"`
	Type      string   `json:"msgtype"`
	Text      *content `json:"text,omitempty"`
	Card      *card    `json:"template_card,omitempty"`
	Duplicate int      `json:"enable_duplicate_check"`
	Interval  int      `json:"duplicate_check_interval"`
}

type content struct {
	Content string `json:"content"`
}

// sent is what WeCom answers to it.
type sent struct {
	ID       string `json:"msgid"`
	Invalid  string `json:"invaliduser"`    // outside the app's visible range
	Barred   string `json:"unlicenseduser"` // without a licence for the API
	Response string `json:"response_code"`
}

// unseen is why a member is not shown what was sent, "" if he is. WeCom gives
// user ids back in lower case.
func (s sent) unseen(member string) string {
	in := func(list string) bool {
		return slices.ContainsFunc(strings.Split(list, "|"), func(m string) bool { return strings.EqualFold(m, member) })
	}
	switch {
	case in(s.Invalid):
		return "the member is outside the app's visible range: 应用管理 → 应用 → 可见范围"
	case in(s.Barred):
		return "the member has no licence for the API: 应用管理 → 接口许可"
	}
	return ""
}

// duplicatesFor is for how many seconds WeCom looks out for a repeated message;
// it takes four hours at most.
const duplicatesFor = 4 * 60 * 60

// Send shows o to a member as text, with buttons below.
func (c *Channel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	if o.Text.Len() > maxText {
		return bot.Receipt{}, &bot.SendError{Class: bot.Never, Err: errors.New("wecom app: it is longer than the channel's MaxText")}
	}
	member := o.To.Thread
	id, err := c.sendText(ctx, member, c.words(o), lastLine(o))
	if err != nil {
		return bot.Receipt{}, err
	}
	if below := cardOf(o); below != nil {
		c.aside(func(ctx context.Context) {
			if _, err := c.send(ctx, member, message{Type: "template_card", Card: below}); err != nil {
				c.log.Warn("wecom app: the buttons of an answer are not shown", "error", err)
			}
		})
	}
	return bot.Receipt{ID: id}, nil
}

// sendText sends a text with a last line of its own. WeCom knows a repeated
// message by its words alone, and takes an honest second "不客气" for a repetition
// of the first, without a word; so no two texts of ours are the same.
func (c *Channel) sendText(ctx context.Context, member, words, last string) (id string, err error) {
	got, err := c.send(ctx, member, message{Type: "text", Text: &content{words + "\n" + last}})
	return got.ID, err
}

// lastLine says who speaks and when, with the message's number in the
// conversation: the same each time that o is sent, and of no other message.
func lastLine(o bot.Outgoing) string {
	by := "robot"
	switch {
	case o.Role == bot.Agent:
		by = "agent"
	case o.Reply == nil && len(o.Answers) > 0 && strings.HasPrefix(o.Answers[0], "draft:"):
		by = "approved" // words that a person lets the bot say
	}
	lang := kb.Lang(text.Lang(o.Text.String()))
	if o.Reply != nil {
		lang = o.Reply.Lang
	}
	line := word(lang, by) + " · " + o.Time.Format(time.TimeOnly)
	if o.Seq > 0 {
		line += " #" + strconv.FormatInt(o.Seq, 10)
	}
	return line
}

const (
	mostLine = 96              // bytes of a last line with its newline
	maxText  = 2048 - mostLine // bytes of one text; WeCom allows 2,048
)

// send sends one message to one member in its turn: WeCom drops what is beyond
// the member's limit without a word.
func (c *Channel) send(ctx context.Context, member string, m message) (sent, error) {
	if err := c.pace.Wait(ctx, member); err != nil {
		return sent{}, err
	}
	m.To = member
	got, err := c.post(ctx, m)
	var e *wecom.Error
	if errors.As(err, &e) && e.Class == bot.Backoff && e.After > 0 {
		c.pace.Hold(member, e.After)
	}
	if why := got.unseen(member); err == nil && why != "" {
		return sent{}, &bot.SendError{Class: bot.Never, Err: errors.New("wecom app: " + why)}
	}
	return got, err
}

// post makes one call of message/send.
func (c *Channel) post(ctx context.Context, m message) (got sent, err error) {
	m.Agent, m.Duplicate, m.Interval = c.config.AgentID, 1, duplicatesFor
	err = c.config.Client.Call(ctx, "message/send", nil, m, &got)
	return got, err
}

// Find need not look: WeCom refuses to show a repeated message.
func (c *Channel) Find(context.Context, bot.Outgoing) (bot.Receipt, bool, error) {
	return bot.Receipt{}, false, nil
}

// Recover gets a new access token.
func (c *Channel) Recover(ctx context.Context, class bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	if class != bot.NeedsCredentials {
		return o, fmt.Errorf("wecom app: nothing is known against %q", class)
	}
	return o, c.config.Client.Renew(ctx)
}
