package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
	"decline61/bot/mask"
)

// The kinds of what Slack hands over, as Socket Mode names them.
const (
	kindEvent       = "events_api"
	kindCommand     = "slash_commands"
	kindInteraction = "interactive"
)

// errNotRunning: nothing can be kept. Slack delivers it again.
var errNotRunning = errors.New("not running: deliver this again")

// event is an event of the Events API, with the fields that we read.
type event struct {
	Type        string `json:"type"`
	SubType     string `json:"subtype"`
	Channel     string `json:"channel"`
	ChannelType string `json:"channel_type"`
	User        string `json:"user"`
	BotID       string `json:"bot_id"`
	Text        string `json:"text"`
	TS          string `json:"ts"`
	ThreadTS    string `json:"thread_ts"`
	Tab         string `json:"tab"`
	Inviter     string `json:"inviter"`
}

// eventOf reads an event out of what carries it. What is no event that we
// know has no Type; Slack adds new ones all the time.
func eventOf(payload []byte) event {
	var outer struct {
		Event json.RawMessage `json:"event"`
	}
	var e event
	if json.Unmarshal(payload, &outer) != nil || json.Unmarshal(outer.Event, &e) != nil {
		return event{}
	}
	return e
}

// onEvent takes in one event. An error means that it was not kept.
func (s *Channel) onEvent(ctx context.Context, payload []byte) error {
	in, self := s.running()
	if in == nil {
		return errNotRunning
	}
	switch e := eventOf(payload); e.Type {
	case "message", "app_mention":
		return s.onMessage(ctx, in, self, e)
	case "app_home_opened":
		s.onHome(e)
	case "member_joined_channel":
		if e.User == self.user && e.Inviter != "" {
			s.introduce(e.Channel, e.Inviter)
		}
	}
	return nil
}

// onMessage takes in a message that is for the bot, and leaves people alone
// who talk to each other. A message that comes as app_mention and as message,
// or under several event ids, is one: its ts is its id.
func (s *Channel) onMessage(ctx context.Context, in bot.Inbox, self self, e event) error {
	ordinary := e.SubType == "" || e.SubType == "file_share" || e.SubType == "thread_broadcast"
	ours := e.BotID != "" || e.User == self.user || e.User == "" || e.User == "USLACKBOT"
	if !ordinary || ours || e.Channel == "" || e.TS == "" {
		return nil // an edit is no second question, a bot no merchant
	}
	p := place{channel: e.Channel, thread: e.ThreadTS}
	if p.thread == "" && !direct(e.Channel) {
		p.thread = e.TS
	}
	text, found := mask.Mask(plain(e.Text, self.user))
	said := saying{place: p, in: in, message: bot.Message{ID: e.TS, From: p.address(), Role: bot.Merchant, Author: e.User, Text: text, Found: found}}
	mode := s.config.Modes.Of(e.Channel)
	mentioned := strings.Contains(e.Text, "<@"+self.user+">") || strings.Contains(e.Text, "<@"+self.user+"|")
	switch {
	case direct(e.Channel):
		return s.keep(ctx, said)
	case (mentioned || e.Type == "app_mention") && mode.Speak == Ephemeral:
		said.place.only = e.User
		said.message.From = said.place.address()
		return s.keep(ctx, said)
	case mentioned || e.Type == "app_mention":
		return s.summoned(ctx, said)
	case e.ThreadTS != "" && mode.Speak != Ephemeral: // what is for one alone has no follow-ups for all
		return s.overheard(ctx, said, mentions.MatchString(e.Text))
	case e.ThreadTS == "" && (mode.Speak == All || mode.Speak == Draft):
		return s.volunteer(ctx, said)
	}
	return nil
}

// saying is a message on its way in.
type saying struct {
	place   place
	in      bot.Inbox
	message bot.Message
	window  time.Duration // see [bot.Delivery]
	cursor  string        // how the thread stands from now on; "" leaves it
}

// keep hands a message over; when it returns nil, Slack may be told so.
func (s *Channel) keep(ctx context.Context, m saying) error {
	if !m.place.sound() || m.message.ID == "" {
		return nil // nobody could be answered there
	}
	d := bot.Delivery{Channel: Name, Messages: []bot.Message{m.message}, Window: m.window}
	if m.cursor != "" {
		d.CursorName, d.CursorValue = bot.ThreadCursor+m.place.String(), m.cursor
	}
	got, err := m.in.Receive(ctx, d)
	if err != nil {
		return err
	}
	if !got[0].Duplicate && m.message.Role == bot.Merchant {
		s.status(m.place, goslack.AgentSessionStatusProcessing)
	}
	return nil
}

// How a thread stands, as its cursor says. Where nothing is said, the bot
// answers whoever began the thread with it.
const (
	attentive = "attentive"
	quiet     = "quiet" // people talk to each other
)

// summoned takes in a message that mentions the bot, and has it listen again.
func (s *Channel) summoned(ctx context.Context, m saying) error {
	stands, err := m.in.Cursor(ctx, Name, bot.ThreadCursor+m.place.String())
	if err != nil {
		return fmt.Errorf("reading how a thread stands: %w", err)
	}
	if stands == quiet {
		m.cursor = attentive
	}
	return s.keep(ctx, m)
}

// overheard decides about a message in a thread that mentions nobody, or
// somebody else. In a thread that the bot owns, whoever began it is answered;
// when others join in, or are called, the bot leaves them alone until it is
// mentioned again. While a person has the case, everything of the asker's is
// kept: the agent reads it.
func (s *Channel) overheard(ctx context.Context, m saying, callsOthers bool) error {
	c, known, err := s.journal.Conversation(ctx, m.place.address().Conversation())
	if err != nil || !known {
		return err
	}
	asker := m.message.Author == c.Owner
	if asker && (c.State == bot.Waiting || c.State == bot.WithAgent) {
		return s.keep(ctx, m)
	}
	name := bot.ThreadCursor + m.place.String()
	stands, err := m.in.Cursor(ctx, Name, name)
	if err != nil || stands == quiet {
		return err
	}
	if asker && !callsOthers {
		return s.keep(ctx, m)
	}
	_, err = m.in.Receive(ctx, bot.Delivery{Channel: Name, CursorName: name, CursorValue: quiet})
	return err
}

// volunteer takes in a message that was put to nobody in particular, if the
// bot has an answer to it. What it has no answer to is not kept at all.
func (s *Channel) volunteer(ctx context.Context, m saying) error {
	a, err := s.bot.Answer(ctx, bot.Question{Text: m.message.Text})
	switch {
	case errors.Is(err, bot.ErrEmpty) || errors.Is(err, bot.ErrTooLong):
		return nil
	case err != nil:
		return err
	case a.Decision == bot.Answered || a.Decision == bot.Handoff || a.Decision == bot.Refuse:
		return s.keep(ctx, m)
	}
	return nil
}

var (
	// mentions are those of people and groups.
	mentions = regexp.MustCompile(`<(@[UW]|!subteam)`)
	// marked is what Slack marks up: <@U1>, <#C1|general>, <https://...|label>, <!here>, <tel:...|...>.
	marked = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)
)

// plain gives a text of Slack's as it was typed, without the mention of the
// bot. Numbers that Slack has made links of are numbers again, so that masking
// sees them.
func plain(text, self string) string {
	text = marked.ReplaceAllStringFunc(text, func(m string) string {
		part := marked.FindStringSubmatch(m)
		target, label := part[1], part[2]
		switch {
		case target == "@"+self:
			return " "
		case label != "":
			return label
		case strings.HasPrefix(target, "@"):
			return "@…"
		case strings.HasPrefix(target, "!"), strings.HasPrefix(target, "#"):
			return target[1:]
		default:
			_, number, tel := strings.Cut(target, "tel:")
			if tel {
				return number
			}
			return target
		}
	})
	return strings.TrimSpace(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text))
}

// threadOf tells which deliveries must keep their order: those of one thread.
func threadOf(kind string, payload []byte) string {
	switch kind {
	case kindEvent:
		e := eventOf(payload)
		thread := e.ThreadTS
		if thread == "" && !direct(e.Channel) {
			thread = e.TS
		}
		return e.Channel + "/" + thread
	case kindInteraction:
		var i interaction
		if json.Unmarshal(payload, &i) == nil {
			return i.place().String()
		}
	}
	return ""
}

// newSockets wires Socket Mode to the channel.
func (s *Channel) newSockets() *sockets {
	return &sockets{
		open: func(ctx context.Context) (string, error) {
			_, url, err := s.api.StartSocketModeContext(ctx)
			return url, err
		},
		take: func(ctx context.Context, e envelope) (any, bool) {
			answer, err := s.take(ctx, e.Type, e.Payload)
			return answer, err == nil
		},
		key: func(e envelope) string { return threadOf(e.Type, e.Payload) },
		log: s.log,
		now: s.now,
	}
}

// take takes in one delivery, whichever way it came. What it returns without
// an error is the body of the acknowledgement.
func (s *Channel) take(ctx context.Context, kind string, payload []byte) (answer any, err error) {
	switch kind {
	case kindEvent:
		err = s.onEvent(ctx, payload)
	case kindCommand:
		var c command
		if json.Unmarshal(payload, &c) == nil {
			answer, err = s.onCommand(ctx, c)
		}
	case kindInteraction:
		var i interaction
		if json.Unmarshal(payload, &i) == nil {
			answer, err = s.onInteraction(ctx, i)
		}
	}
	if err != nil && !slices.Contains([]error{errNotRunning, context.Canceled}, err) {
		s.log.Warn("slack: not kept, so not acknowledged: Slack delivers it again", "kind", kind, "error", err)
	}
	return answer, err
}
