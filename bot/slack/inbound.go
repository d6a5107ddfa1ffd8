package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
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
	Type     string `json:"type"`
	SubType  string `json:"subtype"`
	Channel  string `json:"channel"`
	User     string `json:"user"`
	BotID    string `json:"bot_id"`
	Text     string `json:"text"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Tab      string `json:"tab"`
	Inviter  string `json:"inviter"`

	shared bool // the channel is shared with another company
}

// eventOf reads an event out of what carries it. What is no event that we
// know has no Type; Slack adds new ones all the time.
func eventOf(payload []byte) event {
	var outer struct {
		Event  json.RawMessage `json:"event"`
		Shared bool            `json:"is_ext_shared_channel"`
	}
	var e event
	if json.Unmarshal(payload, &outer) != nil || json.Unmarshal(outer.Event, &e) != nil {
		return event{}
	}
	e.shared = outer.Shared
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
	if e.shared {
		s.looked.Store(e.Channel, lookedAt{false, s.now()})
	}
	words := plain(e.Text, self.user)
	if !hasWords(words) && e.SubType != "file_share" { // "@decline61", "??"
		words = word(kb.ZH, "help me")
	}
	text, found := mask.Mask(words)
	said := saying{place: p, in: in, message: bot.Message{ID: e.TS, From: p.address(), Role: bot.Merchant, Author: e.User, Text: text, Found: found}}
	mode := s.config.Modes.Of(e.Channel)
	mentioned := strings.Contains(e.Text, "<@"+self.user+">") || strings.Contains(e.Text, "<@"+self.user+"|")
	switch {
	case direct(e.Channel):
		return s.keepOne(ctx, said)
	case (mentioned || e.Type == "app_mention") && mode.Speak == Ephemeral:
		// Slack shows such a message in a thread only where others have replied.
		said.place = place{channel: e.Channel, thread: e.ThreadTS, only: e.User}
		said.message.From = said.place.address()
		return s.keepOne(ctx, said)
	case mentioned || e.Type == "app_mention":
		return s.summoned(ctx, said)
	case e.ThreadTS != "" && mode.Speak != Ephemeral: // what is for one alone has no follow-ups for all
		return s.overheard(ctx, said, mentions.MatchString(e.Text))
	case e.ThreadTS == "" && (mode.Speak == All || mode.Speak == Draft) && !mentions.MatchString(e.Text):
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

// keepOne hands a message over; when it returns nil, Slack may be told so.
func (s *Channel) keepOne(ctx context.Context, m saying) error {
	_, err := s.keep(ctx, m)
	return err
}

// keep is keepOne that tells whether the message was there already.
func (s *Channel) keep(ctx context.Context, m saying) (duplicate bool, err error) {
	if !m.place.sound() || m.message.ID == "" {
		return true, nil // nobody could be answered there
	}
	d := bot.Delivery{Channel: Name, Messages: []bot.Message{m.message}, Window: m.window}
	if m.cursor != "" {
		d.CursorName, d.CursorValue = bot.ThreadCursor+m.place.String(), m.cursor
	}
	got, err := m.in.Receive(ctx, d)
	if err != nil {
		return false, err
	}
	if !got[0].Duplicate && m.message.Role == bot.Merchant {
		s.status(m.place, goslack.AgentSessionStatusProcessing)
	}
	return got[0].Duplicate, nil
}

// stance is how a thread stands, and since which message: deliveries are
// repeated and overtake each other, and an old one must not undo a later one.
// Where nothing is said, the bot answers whoever began the thread with it.
type stance struct {
	quiet bool // people talk to each other
	since string
}

func (s stance) String() string {
	if s.quiet {
		return "quiet since " + s.since
	}
	return "listening since " + s.since
}

func stanceOf(cursor string) stance {
	since, quiet := strings.CutPrefix(cursor, "quiet since ")
	if !quiet {
		since = strings.TrimPrefix(cursor, "listening since ")
	}
	return stance{quiet, since}
}

// later reports whether ts is of a later message than other. Slack's
// timestamps have six digits behind the point.
func later(ts, other string) bool {
	if len(ts) != len(other) {
		return len(ts) > len(other)
	}
	return ts > other
}

// stands reads how the thread of m stands.
func (m saying) stands(ctx context.Context) (stance, error) {
	cursor, err := m.in.Cursor(ctx, Name, bot.ThreadCursor+m.place.String())
	if err != nil {
		return stance{}, fmt.Errorf("reading how a thread stands: %w", err)
	}
	return stanceOf(cursor), nil
}

// summoned takes in a message that mentions the bot, and has it listen again.
func (s *Channel) summoned(ctx context.Context, m saying) error {
	stands, err := m.stands(ctx)
	if err != nil {
		return err
	}
	if stands.quiet && later(m.message.ID, stands.since) {
		m.cursor = stance{false, m.message.ID}.String()
	}
	duplicate, err := s.keep(ctx, m)
	if err == nil && !duplicate && s.late(m.message.ID) {
		s.aside(func(ctx context.Context) { s.catchUp(ctx, m) })
	}
	return err
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
	if asker && c.State == bot.WithAgent {
		return s.keepOne(ctx, m)
	}
	stands, err := m.stands(ctx)
	news := later(m.message.ID, stands.since)
	switch {
	case err != nil:
		return err
	case stands.quiet && news && !(asker && s.forUs(ctx, c, m.message.Text)):
		return nil
	case asker && !callsOthers:
		return s.keepOne(ctx, m)
	case !news:
		return nil
	}
	_, err = m.in.Receive(ctx, bot.Delivery{
		Channel: Name, CursorName: bot.ThreadCursor + m.place.String(), CursorValue: stance{true, m.message.ID}.String(),
	})
	return err
}

// forUs reports whether somebody who talks to others in his thread says
// something to the bot all the same: he asks for a person, or answers the
// question that the bot has put to him.
func (s *Channel) forUs(ctx context.Context, c bot.Conversation, text mask.Text) bool {
	a, err := s.bot.Answer(ctx, bot.Question{Text: text, Case: c.Case})
	if err != nil {
		return false
	}
	answered := c.Case.Open != "" && slices.ContainsFunc(a.Evidence, func(k bot.Known) bool { return k.ID == c.Case.Open })
	return answered || a.Reason == "pattern human"
}

// tooLate is how old a message is that Slack has delivered again, because it
// was not kept the first time.
const tooLate = 20 * time.Second

func (s *Channel) late(ts string) bool {
	seconds, err := strconv.ParseFloat(ts, 64)
	return err == nil && s.now().Sub(time.Unix(int64(seconds), 0)) > tooLate
}

// catchUp reads what was said in a thread before its first message could be
// kept: it was not known then that the thread is the bot's.
func (s *Channel) catchUp(ctx context.Context, m saying) {
	messages, _, err := s.read(ctx, m.place, m.message.ID, "")
	if err != nil {
		s.log.Warn("slack: a thread was not read after its beginning came late; what was said in it meanwhile is not answered", "error", err)
		return
	}
	_, self := s.running()
	for _, missed := range messages {
		if later(missed.Timestamp, m.message.ID) {
			_ = s.onMessage(ctx, m.in, self, event{ // the next one is tried all the same
				Type: "message", SubType: missed.SubType, Channel: m.place.channel, User: missed.User, BotID: missed.BotID,
				Text: missed.Text, TS: missed.Timestamp, ThreadTS: missed.ThreadTimestamp,
			})
		}
	}
}

// sureEnough is the confidence from which the bot speaks unasked.
const sureEnough = 0.85

// volunteer takes in a message that was put to nobody in particular, if the
// bot surely has an answer to it, or must say something: money taken, a person
// asked for, a split sale. What it has no answer to is not kept at all.
func (s *Channel) volunteer(ctx context.Context, m saying) error {
	a, err := s.bot.Answer(ctx, bot.Question{Text: m.message.Text})
	switch {
	case errors.Is(err, bot.ErrEmpty) || errors.Is(err, bot.ErrTooLong):
		return nil
	case err != nil:
		return err
	case a.Decision == bot.Answered && a.Confidence >= sureEnough, strings.HasPrefix(a.Reason, "pattern "):
		return s.keepOne(ctx, m)
	}
	return nil
}

var (
	// mentions are those of people and groups.
	mentions = regexp.MustCompile(`<(@[UW]|!subteam)`)
	// marked is what Slack marks up: <@U1>, <#C1|general>, <https://...|label>, <!here>, <tel:...|...>.
	marked = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)
)

// hasWords reports whether there is a letter or a digit in s.
func hasWords(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

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
		p := place{channel: e.Channel, thread: e.ThreadTS}
		if p.thread == "" && !direct(e.Channel) {
			p.thread = e.TS
		}
		return p.String()
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
	if err != nil && !errors.Is(err, errNotRunning) && !errors.Is(err, context.Canceled) {
		s.log.Warn("slack: not kept, so not acknowledged: Slack delivers it again", "kind", kind, "error", err)
	}
	return answer, err
}
