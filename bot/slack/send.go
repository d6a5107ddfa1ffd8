package slack

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
)

// answerType names the metadata of our messages. Its key tells whether a
// message whose sending had an unknown outcome is there.
const answerType = "decline61_answer"

// Send shows o: in its thread, to the asker alone, or to the agents as a
// draft, as the channel is set to.
func (s *Channel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	p, err := parsePlace(o.To.Thread)
	if err != nil {
		return bot.Receipt{}, &bot.SendError{Class: bot.Never, Err: err}
	}
	mode := s.config.Modes.Of(p.channel)
	if isDraft(o, p, mode) {
		return s.sendDraft(ctx, p, o)
	}
	mode.Internal = mode.Internal && s.ourPeopleOnly(ctx, p.channel)
	shown := s.picture(o, p, mode)
	if p.only != "" {
		return s.sendOnly(ctx, p, o.Key, shown)
	}
	r, err := s.postMessage(ctx, p, o.Key, shown)
	s.status(p, goslack.AgentSessionStatusActive)
	return r, err
}

// isDraft reports whether o waits for an agent's consent: what the bot itself
// has to say in a channel of drafts, other than that a person comes.
func isDraft(o bot.Outgoing, p place, mode Mode) bool {
	return mode.Speak == Draft && p.only == "" && o.Role == bot.Robot && o.Reply != nil && o.Reply.Decision != bot.Handoff
}

// postMessage shows something to everybody at p.
func (s *Channel) postMessage(ctx context.Context, p place, key string, shown picture) (r bot.Receipt, err error) {
	err = s.post(ctx, key, "chat.postMessage", p.channel, shown, func(ctx context.Context, content ...goslack.MsgOption) (err error) {
		_, r.ID, err = s.api.PostMessageContext(ctx, p.channel, append(content, around(key, p)...)...)
		return err
	})
	if err == nil && r.ID == "" {
		err = errors.New("posting in Slack: it names no ts")
	}
	return r, err
}

// around is all of a message but what it shows.
func around(key string, p place) []goslack.MsgOption {
	options := []goslack.MsgOption{
		goslack.MsgOptionDisableLinkUnfurl(), goslack.MsgOptionDisableMediaUnfurl(),
		goslack.MsgOptionMetadata(goslack.SlackMetadata{EventType: answerType, EventPayload: map[string]any{"key": key}}),
	}
	if p.thread != "" {
		options = append(options, goslack.MsgOptionTS(p.thread))
	}
	return options
}

// post makes one call that shows something. Should Slack refuse the blocks,
// the plain text is shown without them: an answer in plain words is worth more
// than none.
func (s *Channel) post(ctx context.Context, key, method, channel string, shown picture, do func(context.Context, ...goslack.MsgOption) error) error {
	try := func(content ...goslack.MsgOption) (refused string, err error) {
		err = s.callFor(ctx, key, method, channel, func(ctx context.Context) error {
			err := do(ctx, content...)
			refused = code(err)
			return err
		})
		return refused, err
	}
	text := goslack.MsgOptionText(escape(shown.text), false)
	refused, err := try(text, goslack.MsgOptionBlocks(shown.blocks...))
	if strings.Contains(refused, "blocks") || refused == "invalid_arguments" {
		s.log.Error("slack: the blocks of a message were refused; it is shown as plain text", "code", refused)
		_, err = try(text)
	}
	return err
}

// escape keeps Slack from reading commands, mentions and links out of a text:
// <!channel> in somebody's words must not call everybody.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// sendOnly shows something to one person. Slack has no record of such a
// message that could be looked up.
func (s *Channel) sendOnly(ctx context.Context, p place, key string, shown picture) (bot.Receipt, error) {
	if url := s.replies.take(p.address().Conversation()); url != "" {
		err := s.post(ctx, key, "response_url", p.channel, shown, func(ctx context.Context, content ...goslack.MsgOption) error {
			_, _, _, err := s.api.SendMessageContext(ctx, p.channel, append(content, goslack.MsgOptionResponseURL(url, goslack.ResponseTypeEphemeral))...)
			return err
		})
		if err == nil || class(err) == bot.MayHaveArrived || class(err) == bot.Queued {
			return bot.Receipt{}, err
		}
	}
	if direct(p.channel) { // of two other people: nobody else can post there
		return bot.Receipt{}, &bot.SendError{Class: bot.OtherRoute, Err: errors.New("this is a direct message of others")}
	}
	return s.ephemeral(ctx, p, key, shown)
}

func (s *Channel) ephemeral(ctx context.Context, p place, key string, shown picture) (r bot.Receipt, err error) {
	err = s.post(ctx, key, "chat.postEphemeral", p.channel, shown, func(ctx context.Context, content ...goslack.MsgOption) (err error) {
		if p.thread != "" {
			content = append(content, goslack.MsgOptionTS(p.thread))
		}
		r.ID, err = s.api.PostEphemeralContext(ctx, p.channel, p.only, content...)
		return err
	})
	return r, err
}

// sendDraft shows an answer to each agent in his direct messages, where it
// stays until he sees it. It counts as shown when one of them has it.
func (s *Channel) sendDraft(ctx context.Context, p place, o bot.Outgoing) (bot.Receipt, error) {
	shown := s.draft(ctx, p, o)
	var got bot.Receipt
	failed := error(&bot.SendError{Class: bot.Never, Err: errors.New("a draft has nobody to go to: set SLACK_AGENTS")})
	for _, agent := range s.config.Agents {
		dm, err := s.directMessage(ctx, agent)
		if err == nil {
			var r bot.Receipt
			if r, err = s.postMessage(ctx, place{channel: dm}, draftKey(o, agent), shown); err == nil {
				got = r
			}
		}
		// What may still come to something says more than what never will.
		if err != nil && (class(failed) == bot.Never || class(err) == bot.MayHaveArrived) {
			failed = err
		}
	}
	s.status(p, goslack.AgentSessionStatusActive)
	if got.ID != "" {
		return got, nil
	}
	return got, failed
}

// draftKey is the key of an agent's own copy of a draft.
func draftKey(o bot.Outgoing, agent string) string { return o.Key + "-" + agent }

// mostPages is how many pages of a thread are read to find a message.
const mostPages = 10

// Find looks for the message with o's key: where it was to be shown, with the
// agents where it is a draft, and in the direct messages of the conversation's
// owner, where it may have gone by another way. What only one person sees
// cannot be found, and neither can anything where the app may not read: it may
// be seen twice, which is better than never.
func (s *Channel) Find(ctx context.Context, o bot.Outgoing) (bot.Receipt, bool, error) {
	p, err := parsePlace(o.To.Thread)
	if err != nil {
		return bot.Receipt{}, false, err
	}
	if isDraft(o, p, s.config.Modes.Of(p.channel)) {
		for _, agent := range s.config.Agents {
			if r, found, err := s.findDirect(ctx, agent, draftKey(o, agent), o.Time); found || err != nil {
				return r, found, err
			}
		}
		return bot.Receipt{}, false, nil
	}
	if p.only == "" {
		r, found, err := s.findAt(ctx, p, o.Key, o.Time)
		if found || err != nil && class(err) != bot.OtherRoute {
			return r, found, err
		}
	}
	owner, err := s.ownerOf(ctx, o, p)
	if err != nil || owner == "" {
		return bot.Receipt{}, false, err
	}
	return s.findDirect(ctx, owner, o.Key, o.Time)
}

func (s *Channel) findDirect(ctx context.Context, member, key string, since time.Time) (bot.Receipt, bool, error) {
	dm, err := s.directMessage(ctx, member)
	if err != nil {
		return bot.Receipt{}, false, err
	}
	return s.findAt(ctx, place{channel: dm}, key, since)
}

// findAt looks for a key in what was said at p since a quarter of an hour
// before, which clocks may differ by.
func (s *Channel) findAt(ctx context.Context, p place, key string, since time.Time) (bot.Receipt, bool, error) {
	oldest := strconv.FormatInt(since.Add(-15*time.Minute).Unix(), 10) + ".000000"
	for page, cursor := 0, ""; page < mostPages; page++ {
		messages, next, err := s.read(ctx, p, oldest, cursor)
		if errors.Is(err, errMayNotRead) {
			return bot.Receipt{}, false, nil
		}
		if err != nil {
			return bot.Receipt{}, false, fmt.Errorf("looking for a message: %w", err)
		}
		for _, m := range messages {
			if m.Metadata.EventType == answerType && m.Metadata.EventPayload["key"] == key {
				return bot.Receipt{ID: m.Timestamp}, true, nil
			}
		}
		if next == "" {
			return bot.Receipt{}, false, nil
		}
		cursor = next
	}
	return bot.Receipt{}, false, fmt.Errorf("looking for a message: more than %d pages were written since", mostPages)
}

// errMayNotRead: the manifest was made with --mention-only.
var errMayNotRead = errors.New("the app may not read this channel")

// read gives one page of what was said at p.
func (s *Channel) read(ctx context.Context, p place, oldest, cursor string) (messages []goslack.Message, next string, err error) {
	const limit = 100
	method := "conversations.history"
	if p.thread != "" {
		method = "conversations.replies"
	}
	missing := false
	err = s.call(ctx, method, p.channel, func(ctx context.Context) (err error) {
		if p.thread != "" {
			messages, _, next, err = s.api.GetConversationRepliesContext(ctx, &goslack.GetConversationRepliesParameters{
				ChannelID: p.channel, Timestamp: p.thread, Oldest: oldest, Cursor: cursor, Limit: limit, IncludeAllMetadata: true,
			})
		} else if page, gerr := s.api.GetConversationHistoryContext(ctx, &goslack.GetConversationHistoryParameters{
			ChannelID: p.channel, Oldest: oldest, Cursor: cursor, Limit: limit, IncludeAllMetadata: true,
		}); gerr != nil {
			err = gerr
		} else {
			messages, next = page.Messages, page.ResponseMetaData.NextCursor
		}
		missing = code(err) == "missing_scope"
		return err
	})
	if missing {
		err = errMayNotRead
	}
	return messages, next, err
}

// Recover tries what is left. A token cannot be made new here, but it may be
// valid again; whoever cannot be reached in a channel has direct messages.
func (s *Channel) Recover(ctx context.Context, class bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	p, err := parsePlace(o.To.Thread)
	switch {
	case err != nil:
		return o, err
	case class == bot.NeedsCredentials:
		_, err := s.whoAmI(ctx)
		return o, err
	case class != bot.OtherRoute:
		return o, fmt.Errorf("nothing is known against %q", class)
	case isDraft(o, p, s.config.Modes.Of(p.channel)):
		return o, errors.New("no agent can be reached with a draft: see that SLACK_AGENTS names members of the workspace")
	}
	owner, err := s.ownerOf(ctx, o, p)
	if err != nil {
		return o, err
	}
	dm := ""
	if owner != "" {
		if dm, err = s.directMessage(ctx, owner); err != nil {
			return o, err
		}
	}
	if dm == "" || dm == p.channel {
		return o, errors.New("there is nobody else to tell")
	}
	o.To = place{channel: dm}.address()
	return o, nil
}

// ownerOf is who asked, "" if nobody is known.
func (s *Channel) ownerOf(ctx context.Context, o bot.Outgoing, p place) (string, error) {
	if p.only != "" {
		return p.only, nil
	}
	c, _, err := s.journal.Conversation(ctx, o.Conversation)
	return c.Owner, err
}

// directMessage gives the channel of direct messages with a member. It never
// changes, so Slack is asked once.
func (s *Channel) directMessage(ctx context.Context, member string) (id string, err error) {
	if id, ok := s.dms.Load(member); ok {
		return id.(string), nil
	}
	err = s.call(ctx, "conversations.open", "", func(ctx context.Context) error {
		c, _, _, err := s.api.OpenConversationContext(ctx, &goslack.OpenConversationParameters{Users: []string{member}})
		if err == nil {
			id = c.ID
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("opening a direct message: %w", err)
	}
	s.dms.Store(member, id)
	return id, nil
}

// lookedAt is what was found out about a channel, and when.
type lookedAt struct {
	ours bool
	when time.Time
}

// lookAgain is how long it counts that a channel has only our own people.
const lookAgain = 10 * time.Minute

// ourPeopleOnly reports whether nobody of another company is in a channel: what
// is meant for the provider's own people must not be shown to a merchant
// because somebody has shared the channel since. Who cannot tell says no.
func (s *Channel) ourPeopleOnly(ctx context.Context, channel string) bool {
	if l, ok := s.looked.Load(channel); ok && s.now().Sub(l.(lookedAt).when) < lookAgain {
		return l.(lookedAt).ours
	}
	ours := false
	err := s.call(ctx, "conversations.info", channel, func(ctx context.Context) error {
		c, err := s.api.GetConversationInfoContext(ctx, &goslack.GetConversationInfoInput{ChannelID: channel})
		if err == nil {
			ours = !c.IsExtShared && !c.IsPendingExtShared && !c.IsShared
		}
		return err
	})
	if err != nil {
		s.log.Warn("slack: it cannot be seen who is in an internal channel; the answer is the one for merchants", "error", err)
		return false
	}
	if !ours {
		s.log.Error("slack: a channel that is set to internal is shared with another company: take internal out of SLACK_CHANNELS", "channel", channel)
	}
	s.looked.Store(channel, lookedAt{ours, s.now()})
	return ours
}
