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
	if p.only == "" && mode.Speak == Draft && isDraft(o) {
		return s.sendDraft(ctx, p, o)
	}
	shown := s.picture(o, p, mode)
	if p.only != "" {
		return s.sendOnly(ctx, p, shown)
	}
	var ts string
	err = s.post(ctx, "chat.postMessage", p.channel, shown, func(ctx context.Context, content ...goslack.MsgOption) (err error) {
		_, ts, err = s.api.PostMessageContext(ctx, p.channel, append(content, s.frame(o, p)...)...)
		return err
	})
	s.status(p, goslack.AgentSessionStatusActive)
	if err != nil {
		return bot.Receipt{}, err
	}
	if ts == "" {
		return bot.Receipt{}, errors.New("posting in Slack: it names no ts")
	}
	return bot.Receipt{ID: ts}, nil
}

// isDraft reports whether o waits for an agent's consent in a channel of
// drafts: what the bot itself has to say, other than that a person comes.
func isDraft(o bot.Outgoing) bool {
	return o.Role == bot.Robot && o.Reply != nil && o.Reply.Decision != bot.Handoff
}

// frame is all of a message but what it shows.
func (s *Channel) frame(o bot.Outgoing, p place) []goslack.MsgOption {
	options := []goslack.MsgOption{
		goslack.MsgOptionDisableLinkUnfurl(), goslack.MsgOptionDisableMediaUnfurl(),
		goslack.MsgOptionMetadata(goslack.SlackMetadata{EventType: answerType, EventPayload: map[string]any{"key": o.Key}}),
	}
	if p.ts() != "" {
		options = append(options, goslack.MsgOptionTS(p.ts()))
	}
	return options
}

// post makes one call that shows something. Should Slack refuse the blocks,
// the plain text is shown without them: an answer in plain words is worth more
// than none.
func (s *Channel) post(ctx context.Context, method, channel string, shown picture, do func(context.Context, ...goslack.MsgOption) error) error {
	try := func(content ...goslack.MsgOption) (refused string, err error) {
		err = s.call(ctx, method, channel, func(ctx context.Context) error {
			err := do(ctx, content...)
			refused = code(err)
			return err
		})
		return refused, err
	}
	text := goslack.MsgOptionText(escape(shown.text), false)
	refused, err := try(text, goslack.MsgOptionBlocks(shown.blocks...))
	if strings.HasPrefix(refused, "invalid_blocks") || refused == "invalid_arguments" {
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
func (s *Channel) sendOnly(ctx context.Context, p place, shown picture) (bot.Receipt, error) {
	if url := s.replies.take(p.address().Conversation()); url != "" {
		err := s.post(ctx, "response_url", p.channel, shown, func(ctx context.Context, content ...goslack.MsgOption) error {
			_, _, _, err := s.api.SendMessageContext(ctx, p.channel, append(content, goslack.MsgOptionResponseURL(url, goslack.ResponseTypeEphemeral))...)
			return err
		})
		if err == nil {
			return bot.Receipt{}, nil
		}
		if class(err) == bot.MayHaveArrived {
			return bot.Receipt{}, err
		}
	}
	if direct(p.channel) { // of two other people: nobody else can post there
		return bot.Receipt{}, &bot.SendError{Class: bot.OtherRoute, Err: errors.New("this is a direct message of others")}
	}
	return s.ephemeral(ctx, p, p.only, shown)
}

func (s *Channel) ephemeral(ctx context.Context, p place, to string, shown picture) (r bot.Receipt, err error) {
	err = s.post(ctx, "chat.postEphemeral", p.channel, shown, func(ctx context.Context, content ...goslack.MsgOption) (err error) {
		if p.ts() != "" {
			content = append(content, goslack.MsgOptionTS(p.ts()))
		}
		r.ID, err = s.api.PostEphemeralContext(ctx, p.channel, to, content...)
		return err
	})
	return r, err
}

// sendDraft shows an answer to the agents, who send it or do not. It counts as
// shown when one of them has got it.
func (s *Channel) sendDraft(ctx context.Context, p place, o bot.Outgoing) (bot.Receipt, error) {
	shown := s.draft(o, p)
	var got bot.Receipt
	var first error
	for _, agent := range s.config.Agents {
		r, err := s.ephemeral(ctx, p, agent, shown)
		if err == nil && got.ID == "" {
			got = r
		}
		if err != nil && first == nil {
			first = err
		}
	}
	s.status(p, goslack.AgentSessionStatusActive)
	if got.ID != "" {
		return got, nil
	}
	if first == nil {
		first = &bot.SendError{Class: bot.Never, Err: errors.New("a draft has nobody to go to: set SLACK_AGENTS")}
	}
	return got, first
}

// mostPages is how many pages of a thread are read to find a message.
const mostPages = 10

// Find looks for the message with o's key: in its thread, or in the direct
// message or channel from a little before o was made. What only one person
// sees cannot be found, and neither can anything where the app may not read:
// it may be seen twice, which is better than never.
func (s *Channel) Find(ctx context.Context, o bot.Outgoing) (bot.Receipt, bool, error) {
	p, err := parsePlace(o.To.Thread)
	if err != nil || p.only != "" || s.config.Modes.Of(p.channel).Speak == Draft && isDraft(o) {
		return bot.Receipt{}, false, err
	}
	oldest := strconv.FormatInt(o.Time.Add(-time.Minute).Unix(), 10) + ".000000"
	for page, cursor := 0, ""; page < mostPages; page++ {
		messages, next, err := s.read(ctx, p, oldest, cursor)
		if errors.Is(err, errMayNotRead) {
			return bot.Receipt{}, false, nil
		}
		if err != nil {
			return bot.Receipt{}, false, fmt.Errorf("looking for a message: %w", err)
		}
		for _, m := range messages {
			if m.Metadata.EventType == answerType && m.Metadata.EventPayload["key"] == o.Key {
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
	missing := false
	if p.ts() != "" {
		err = s.call(ctx, "conversations.replies", p.channel, func(ctx context.Context) (err error) {
			messages, _, next, err = s.api.GetConversationRepliesContext(ctx, &goslack.GetConversationRepliesParameters{
				ChannelID: p.channel, Timestamp: p.ts(), Oldest: oldest, Cursor: cursor, Limit: limit, IncludeAllMetadata: true,
			})
			missing = code(err) == "missing_scope"
			return err
		})
		if missing {
			err = errMayNotRead
		}
		return messages, next, err
	}
	err = s.call(ctx, "conversations.history", p.channel, func(ctx context.Context) error {
		page, err := s.api.GetConversationHistoryContext(ctx, &goslack.GetConversationHistoryParameters{
			ChannelID: p.channel, Oldest: oldest, Cursor: cursor, Limit: limit, IncludeAllMetadata: true,
		})
		if err == nil {
			messages, next = page.Messages, page.ResponseMetaData.NextCursor
		}
		return err
	})
	return messages, next, err
}

// Recover tries what is left. A token cannot be made new here, but it may be
// valid again; whoever cannot be reached in a channel has direct messages.
func (s *Channel) Recover(ctx context.Context, class bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	switch class {
	case bot.NeedsCredentials:
		_, err := s.whoAmI(ctx)
		return o, err
	case bot.OtherRoute:
		p, err := parsePlace(o.To.Thread)
		if err != nil {
			return o, err
		}
		if s.config.Modes.Of(p.channel).Speak == Draft && isDraft(o) {
			return o, errors.New("no agent can be reached with a draft: invite them to the channel")
		}
		asker := p.only
		if asker == "" {
			c, _, err := s.journal.Conversation(ctx, o.Conversation)
			if err != nil {
				return o, err
			}
			asker = c.Owner
		}
		if asker == "" || direct(p.channel) && p.only == "" {
			return o, errors.New("there is nobody else to tell")
		}
		dm, err := s.directMessage(ctx, asker)
		if err != nil {
			return o, err
		}
		o.To = place{channel: dm}.address()
		return o, nil
	default:
		return o, fmt.Errorf("nothing is known against %q", class)
	}
}

// directMessage gives the channel of direct messages with a member.
func (s *Channel) directMessage(ctx context.Context, member string) (id string, err error) {
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
	return id, nil
}

func class(err error) bot.Class {
	var e *bot.SendError
	if errors.As(err, &e) {
		return e.Class
	}
	return bot.MayHaveArrived
}
