package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
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
		ChannelID   string `json:"channel_id"`
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
			return nil, s.onDraftEdited(ctx, in, i)
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
	case a.ActionID == pressShare, a.ActionID == pressSend:
		return s.onPublish(ctx, m, i, t, a.ActionID)
	case a.ActionID == pressEdit:
		s.aside(func(ctx context.Context) { s.openDraft(ctx, i, t) })
		return nil
	case a.ActionID == pressIgnore:
		s.aside(func(ctx context.Context) { s.dismiss(ctx, i.ResponseURL) })
		return nil
	default:
		return nil
	}
	m.message.Text = mask.Of(said)
	m.message.From = m.place.address()
	if err := s.keep(ctx, m); err != nil {
		return err
	}
	s.cards.mark(i, chosen(t.Lang, said, i.User.ID))
	return nil
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
	s.tell(i, word(t.Lang, "thanks for feedback"))
	return nil
}

// onPublish shows to everybody in the thread what only one person has seen: an
// asker who shares his answer, an agent who sends a draft.
func (s *Channel) onPublish(ctx context.Context, m saying, i interaction, t stamp, why string) error {
	r, answered, known, err := s.journal.Reply(ctx, m.place.address().Conversation(), t.Message)
	if err != nil {
		return fmt.Errorf("reading the reply to publish: %w", err)
	}
	if !known || !answered {
		s.tell(i, word(t.Lang, "gone"))
		return nil
	}
	return s.publish(ctx, m, i, t, why, mask.Of(r.Text))
}

// publish hands words over that a person lets the bot say. Two agents who send
// the same draft send it once.
func (s *Channel) publish(ctx context.Context, m saying, i interaction, t stamp, why string, text mask.Text) error {
	if m.place.only != "" { // what was for one person: into its thread, or a new one
		m.place.only = ""
		if m.place.thread == "" && !direct(m.place.channel) {
			m.place.thread = fresh + t.Message
		}
	}
	if !m.place.sound() {
		return nil
	}
	m.message = bot.Message{
		ID: why + ":" + t.Message, From: m.place.address(), Role: bot.Robot, Author: i.User.ID, Lang: t.Lang, Text: text,
	}
	got, err := m.in.Receive(ctx, bot.Delivery{Channel: Name, Messages: []bot.Message{m.message}, Window: -1})
	if err != nil {
		return err
	}
	s.aside(func(ctx context.Context) { s.dismiss(ctx, i.ResponseURL) })
	if got[0].Duplicate {
		s.tell(i, word(t.Lang, "sent already"))
	}
	return nil
}

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

// onDraftEdited sends a draft in the agent's words.
func (s *Channel) onDraftEdited(ctx context.Context, in bot.Inbox, i interaction) error {
	t := stampOf(i.View.PrivateMetadata)
	p, err := parsePlace(t.Thread)
	if err != nil {
		return nil
	}
	words := i.View.State.Values[fieldDraft][fieldDraft].Value
	text, _ := mask.Mask(words)
	if text.IsZero() {
		return nil
	}
	return s.publish(ctx, saying{place: p, in: in}, i, t, pressSend, text)
}

// onShortcut hands the thread of a message over to a person, with what the
// message says.
func (s *Channel) onShortcut(ctx context.Context, in bot.Inbox, i interaction) error {
	_, self := s.running()
	text, found := mask.Mask(word("", "human") + "\n" + plain(i.Message.Text, self.user))
	p := i.place()
	return s.keep(ctx, saying{place: p, in: in, window: -1, message: bot.Message{
		ID: "human:" + i.Message.TS, From: p.address(), Role: bot.Merchant, Author: i.User.ID, Text: text, Found: found,
	}})
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
	if words == "" || strings.EqualFold(words, "help") || words == "帮助" {
		return map[string]any{"response_type": "ephemeral", "text": escape(word(kb.ZH, "help")) + "\n\n" + escape(word(kb.EN, "help"))}, nil
	}
	p := place{channel: c.ChannelID, only: c.UserID}
	text, found := mask.Mask(words)
	s.replies.keep(p.address().Conversation(), c.ResponseURL)
	return nil, s.keep(ctx, saying{place: p, in: in, window: -1, message: bot.Message{
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
	s.respond(i.ResponseURL, goslack.MsgOptionText(escape(words), false), goslack.MsgOptionResponseURL(i.ResponseURL, goslack.ResponseTypeEphemeral))
}

// dismiss takes away what only one person sees.
func (s *Channel) dismiss(ctx context.Context, url string) {
	if url != "" {
		s.respond(url, goslack.MsgOptionDeleteOriginal(url))
	}
}

func (s *Channel) respond(url string, options ...goslack.MsgOption) {
	s.aside(func(ctx context.Context) {
		err := s.call(ctx, "response_url", "", func(ctx context.Context) error {
			_, _, _, err := s.api.SendMessageContext(ctx, "", options...)
			return err
		})
		if err != nil {
			s.log.Warn("slack: a note to one person was not shown", "error", err)
		}
	})
}
