package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// interaction is a button that was pressed, a shortcut that was chosen, or a
// form that was sent, with the fields that we read.
type interaction struct {
	Type        string `json:"type"`
	CallbackID  string `json:"callback_id"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	User        struct {
		ID string `json:"id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Message   pressed `json:"message"`
	Container struct {
		MessageTS   string `json:"message_ts"`
		ThreadTS    string `json:"thread_ts"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Actions []action `json:"actions"`
	View    struct {
		CallbackID      string `json:"callback_id"`
		PrivateMetadata string `json:"private_metadata"`
		State           struct {
			Values map[string]map[string]struct {
				Value string `json:"value"`
			} `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

// pressed is the message that a button belongs to.
type pressed struct {
	TS       string            `json:"ts"`
	ThreadTS string            `json:"thread_ts"`
	User     string            `json:"user"`
	BotID    string            `json:"bot_id"`
	Text     string            `json:"text"`
	Blocks   []json.RawMessage `json:"blocks"`
}

// action is what was pressed.
type action struct {
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	Value    string `json:"value"`
	Text     struct {
		Text string `json:"text"`
	} `json:"text"`
}

// place is where it was pressed.
func (i interaction) place() place {
	p := place{channel: i.Channel.ID, thread: i.Message.ThreadTS}
	if p.thread == "" {
		p.thread = i.Container.ThreadTS
	}
	if p.thread == "" && !direct(p.channel) {
		p.thread = i.Message.TS
	}
	return p
}

// The ids of what can be pressed or chosen. They are in messages that may be
// months old: never give one another meaning.
const (
	pressOption   = "option:" // and its number
	pressSolved   = "solved"
	pressFailing  = "failing"
	pressHuman    = "human"
	pressFeedback = "feedback"
	pressShare    = "share"
	pressSend     = "draft_send"
	pressEdit     = "draft_edit"
	pressIgnore   = "draft_ignore"
	pressAsk      = "ask:" // on the Home tab, and its number
	pressLink     = "link" // opens something by itself
	formDraft     = "draft"
	fieldDraft    = "text"
)

// stamp is what a button carries: to which conversation and message it
// belongs, and what it says. Slack gives it back as it was.
type stamp struct {
	Thread  string  `json:"t,omitempty"` // of the conversation
	Message string  `json:"m,omitempty"` // that is answered
	Lang    kb.Lang `json:"l,omitempty"`
	ID      string  `json:"i,omitempty"` // of an evidence
	Value   string  `json:"v,omitempty"` // of it, or "yes" and "no"
}

func (s stamp) String() string {
	b, _ := json.Marshal(s) // strings only
	return string(b)
}

func stampOf(s string) stamp {
	var t stamp
	_ = json.Unmarshal([]byte(s), &t) // of an older version: then nothing is known
	return t
}

// onInteraction takes in something that was pressed, chosen or sent.
func (s *Channel) onInteraction(ctx context.Context, i interaction) (answer any, err error) {
	in, _ := s.running()
	if in == nil {
		return nil, errNotRunning
	}
	switch i.Type {
	case "block_actions":
		for _, a := range i.Actions {
			if err := s.onPress(ctx, in, i, a); err != nil {
				return nil, err
			}
		}
	case "message_action":
		if i.CallbackID == HandoffShortcut {
			return nil, s.onShortcut(ctx, in, i)
		}
	case "view_submission":
		if i.View.CallbackID == formDraft {
			return s.onDraftEdited(ctx, in, i)
		}
	}
	return nil, nil
}

// onPress takes in one button. What it says to the bot is a message like a
// typed one, but answered at once: who presses has nothing to add. The same
// button of the same message counts once, however often it is pressed or
// delivered.
func (s *Channel) onPress(ctx context.Context, in bot.Inbox, i interaction, a action) error {
	t := stampOf(a.Value)
	m := saying{place: i.place(), in: in, window: -1, message: bot.Message{
		ID: "press:" + i.pressedIn() + ":" + a.ActionID, Role: bot.Merchant, Author: i.User.ID, Lang: t.Lang,
	}}
	if p, err := parsePlace(t.Thread); err == nil {
		m.place = p
	}
	said := ""
	switch {
	case strings.HasPrefix(a.ActionID, pressOption):
		said = a.Text.Text
		if t.ID != "" && t.ID != bot.ChooseEntry {
			m.message.Evidence = map[string]string{t.ID: t.Value}
		}
	case a.ActionID == pressSolved:
		said = word(t.Lang, "solved")
	case a.ActionID == pressFailing:
		said = word(t.Lang, "failing")
	case a.ActionID == pressHuman:
		said = word(t.Lang, "human")
	case strings.HasPrefix(a.ActionID, pressAsk):
		return s.onHomeQuestion(ctx, m, a)
	case a.ActionID == pressFeedback:
		return s.onFeedback(ctx, i, t)
	case a.ActionID == pressShare:
		return s.onShare(ctx, m, i, t)
	case a.ActionID == pressSend:
		return s.onDraftSent(ctx, m, i, t)
	case a.ActionID == pressEdit:
		s.promptly(func(ctx context.Context) { s.openDraft(ctx, i, t) })
		return nil
	case a.ActionID == pressIgnore:
		s.cards.mark(i, chosen(t.Lang, word(t.Lang, "draft ignore"), i.User.ID))
		return nil
	default:
		return nil
	}
	m.message.Text = mask.Of(said)
	m.message.From = m.place.address()
	duplicate, err := s.keep(ctx, m)
	if err == nil && !duplicate {
		s.cards.mark(i, chosen(t.Lang, said, i.User.ID))
	}
	return err
}

// pressedIn names what a button belongs to: the message, also where Slack gives
// no more of it than its ts; on the Home tab, which has always the same
// buttons, the one time that it was pressed.
func (i interaction) pressedIn() string {
	return cmp.Or(i.Message.TS, i.Container.MessageTS, i.TriggerID)
}

// onFeedback keeps what somebody thinks of an answer.
func (s *Channel) onFeedback(ctx context.Context, i interaction, t stamp) error {
	p, err := parsePlace(t.Thread)
	if err != nil {
		return nil // a button of another version
	}
	f := bot.Feedback{Conversation: p.address().Conversation(), Message: t.Message, Helped: t.Value == "yes", Time: s.now()}
	if err := s.journal.AddFeedback(ctx, f); err != nil {
		return fmt.Errorf("keeping feedback: %w", err)
	}
	thanks := "thanks for feedback"
	if !f.Helped {
		thanks = "sorry for feedback"
	}
	s.tell(i, word(t.Lang, thanks))
	return nil
}

// onShare shows everybody in the channel what only the asker has seen: as it
// was, with its sources, by the address that the press itself came with, which
// works also where the bot is not. What cannot be shared stays where it is.
func (s *Channel) onShare(ctx context.Context, m saying, i interaction, t stamp) error {
	r, answered, known, err := s.journal.Reply(ctx, m.place.address().Conversation(), t.Message)
	if err != nil {
		return fmt.Errorf("reading the reply to share: %w", err)
	}
	if !known || !answered {
		s.tell(i, word(t.Lang, "gone"))
		return nil
	}
	below := m.place.thread
	if below == "" && timestamp.MatchString(t.Message) { // a question that everybody sees
		below = t.Message
	}
	s.promptly(func(ctx context.Context) {
		shown := s.shared(r, i.User.ID)
		err := s.post(ctx, "", "response_url", "", shown, func(ctx context.Context, content ...goslack.MsgOption) error {
			content = append(content, goslack.MsgOptionResponseURL(i.ResponseURL, goslack.ResponseTypeInChannel))
			if below != "" {
				content = append(content, goslack.MsgOptionTS(below))
			}
			_, _, _, err := s.api.SendMessageContext(ctx, "", content...)
			return err
		})
		if err != nil {
			s.log.Warn("slack: an answer was not shared", "error", err)
			s.tell(i, word(t.Lang, "try again"))
			return
		}
		s.dismiss(i.ResponseURL)
	})
	return nil
}

// onDraftSent sends a draft as it is.
func (s *Channel) onDraftSent(ctx context.Context, m saying, i interaction, t stamp) error {
	r, answered, known, err := s.journal.Reply(ctx, m.place.address().Conversation(), t.Message)
	if err != nil {
		return fmt.Errorf("reading the draft to send: %w", err)
	}
	if !known || !answered {
		s.tell(i, word(t.Lang, "gone"))
		return nil
	}
	duplicate, err := s.sendFor(ctx, m, i.User.ID, t, mask.Of(r.Text))
	switch {
	case err != nil:
		return err
	case duplicate:
		s.tell(i, word(t.Lang, "sent already"))
	}
	s.cards.mark(i, chosen(t.Lang, word(t.Lang, "draft send"), i.User.ID))
	return nil
}

// sendFor hands words over that an agent lets the bot say. Two agents who send
// the same draft send it once.
func (s *Channel) sendFor(ctx context.Context, m saying, agent string, t stamp, text mask.Text) (duplicate bool, err error) {
	if !m.place.sound() {
		return true, nil
	}
	got, err := m.in.Receive(ctx, bot.Delivery{Channel: Name, Window: -1, Messages: []bot.Message{{
		ID: "draft:" + t.Message, From: m.place.address(), Role: bot.Robot, Author: agent, Lang: t.Lang, Text: text,
	}}})
	return err == nil && got[0].Duplicate, err
}

// timestamp is the id of a message that somebody wrote.
var timestamp = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)

// openDraft lets an agent change a draft before it is sent.
func (s *Channel) openDraft(ctx context.Context, i interaction, t stamp) {
	p, err := parsePlace(t.Thread)
	if err != nil {
		return
	}
	r, _, known, err := s.journal.Reply(ctx, p.address().Conversation(), t.Message)
	if err != nil || !known {
		s.tell(i, word(t.Lang, "gone"))
		return
	}
	err = s.call(ctx, "views.open", "", func(ctx context.Context) error {
		_, err := s.api.OpenViewContext(ctx, i.TriggerID, draftForm(t, r.Text))
		return err
	})
	if err != nil {
		s.log.Warn("slack: a draft could not be opened", "error", err)
		s.tell(i, word(t.Lang, "try again"))
	}
}

// onDraftEdited sends a draft in the agent's words. If a colleague was faster
// the form stays, and says so: the words are not lost.
func (s *Channel) onDraftEdited(ctx context.Context, in bot.Inbox, i interaction) (answer any, err error) {
	t := stampOf(i.View.PrivateMetadata)
	p, err := parsePlace(t.Thread)
	if err != nil {
		return nil, nil // a form of another version
	}
	words := i.View.State.Values[fieldDraft][fieldDraft].Value
	text, _ := mask.Mask(words)
	refuse := func(key string) any {
		return map[string]any{"response_action": "errors", "errors": map[string]string{fieldDraft: word(t.Lang, key)}}
	}
	if strings.TrimSpace(words) == "" {
		return refuse("empty"), nil
	}
	duplicate, err := s.sendFor(ctx, saying{place: p, in: in}, i.User.ID, t, text)
	if err == nil && duplicate {
		return refuse("sent already"), nil
	}
	return nil, err
}

// onShortcut hands the thread of a message over to a person, with what its
// author says there: it is his matter, whoever has chosen the shortcut. What a
// bot says is nobody's.
func (s *Channel) onShortcut(ctx context.Context, in bot.Inbox, i interaction) error {
	_, self := s.running()
	said := plain(i.Message.Text, self.user)
	lang := langOf(said)
	m := bot.Message{ID: "human:" + i.Message.TS, Role: bot.Merchant, Author: i.Message.User, Lang: lang}
	if i.Message.BotID != "" || i.Message.User == self.user || i.Message.User == "" {
		said, m.Author = "", i.User.ID
	}
	m.Text, m.Found = mask.Mask(strings.TrimSpace(word(lang, "human") + "\n" + said))
	p := i.place()
	if s.config.Modes.Of(p.channel).Speak == Ephemeral {
		p = place{channel: p.channel, thread: i.Message.ThreadTS, only: i.User.ID}
	}
	m.From = p.address()
	return s.keepOne(ctx, saying{place: p, in: in, window: -1, message: m})
}

// command is a slash command.
type command struct {
	Text        string `json:"text"`
	UserID      string `json:"user_id"`
	ChannelID   string `json:"channel_id"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// onCommand takes in "/decline61 TEXT". Only its sender sees the answer; a
// button shares it.
func (s *Channel) onCommand(ctx context.Context, c command) (answer any, err error) {
	in, self := s.running()
	if in == nil {
		return nil, errNotRunning
	}
	words := plain(c.Text, self.user)
	if !hasWords(words) || strings.EqualFold(words, "help") || words == "帮助" {
		return map[string]any{"response_type": "ephemeral", "text": escape(word(kb.ZH, "help")) + "\n\n" + escape(word(kb.EN, "help"))}, nil
	}
	p := place{channel: c.ChannelID, only: c.UserID}
	text, found := mask.Mask(words)
	s.replies.keep(p.address().Conversation(), c.ResponseURL)
	return nil, s.keepOne(ctx, saying{place: p, in: in, window: -1, message: bot.Message{
		ID: "command:" + c.TriggerID, From: p.address(), Role: bot.Merchant, Author: c.UserID, Text: text, Found: found,
	}})
}

// responseURLs are where Slack takes the answer to a command, for half an
// hour. They are never written down: who knows one can post there.
type responseURLs struct {
	now func() time.Time

	mu sync.Mutex
	of map[string]responseURL // by conversation
}

type responseURL struct {
	url   string
	until time.Time
	left  int // how often it may be used
}

func (r *responseURLs) keep(conversation, url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c, u := range r.of {
		if r.now().After(u.until) {
			delete(r.of, c)
		}
	}
	if r.of == nil {
		r.of = map[string]responseURL{}
	}
	if url != "" {
		r.of[conversation] = responseURL{url: url, until: r.now().Add(29 * time.Minute), left: 4}
	}
}

func (r *responseURLs) take(conversation string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, ok := r.of[conversation]
	if !ok || u.left == 0 || r.now().After(u.until) {
		return ""
	}
	u.left--
	r.of[conversation] = u
	return u.url
}

// tell says something to whoever pressed a button, for his eyes only. It is
// lost if that fails.
func (s *Channel) tell(i interaction, words string) {
	if i.ResponseURL == "" {
		return
	}
	options := []goslack.MsgOption{goslack.MsgOptionText(escape(words), false), goslack.MsgOptionResponseURL(i.ResponseURL, goslack.ResponseTypeEphemeral)}
	if ts := cmp.Or(i.Message.ThreadTS, i.Container.ThreadTS); ts != "" {
		options = append(options, goslack.MsgOptionTS(ts)) // or it stands where he does not look
	}
	s.respond(options...)
}

// dismiss takes away what only one person sees.
func (s *Channel) dismiss(url string) {
	if url != "" {
		s.respond(goslack.MsgOptionDeleteOriginal(url))
	}
}

func (s *Channel) respond(options ...goslack.MsgOption) {
	s.promptly(func(ctx context.Context) {
		err := s.call(ctx, "response_url", "", func(ctx context.Context) error {
			_, _, _, err := s.api.SendMessageContext(ctx, "", options...)
			return err
		})
		if err != nil {
			s.log.Warn("slack: a note to one person was not shown", "error", err)
		}
	})
}
