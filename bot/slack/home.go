package slack

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// onHome fills the Home tab, or offers questions in the Messages tab, when
// somebody opens it.
func (s *Channel) onHome(e event) {
	if e.Tab == "messages" {
		s.aside(func(ctx context.Context) { s.prompt(ctx, e.Channel) })
		return
	}
	s.aside(func(ctx context.Context) {
		open, err := s.journal.Open(ctx, Name, e.User)
		if err == nil {
			err = s.call(ctx, "views.publish", "", func(ctx context.Context) error {
				_, err := s.api.PublishViewContext(ctx, goslack.PublishViewContextRequest{UserID: e.User, View: s.home(ctx, e.Channel, open)})
				return err
			})
		}
		if err != nil {
			s.log.Warn("slack: the Home tab was not filled", "error", err)
		}
	})
}

// prompt offers questions to begin with, where Slack has the agent view.
func (s *Channel) prompt(ctx context.Context, channel string) {
	lang := s.spokenIn(ctx, channel)
	var prompts []goslack.AssistantThreadsPrompt
	for _, q := range starters {
		prompts = append(prompts, goslack.AssistantThreadsPrompt{Title: q.title.In(lang), Message: q.question.In(lang)})
	}
	s.agentView(ctx, "assistant.threads.setSuggestedPrompts", func(ctx context.Context) error {
		return s.api.SetAssistantThreadsSuggestedPromptsContext(ctx, goslack.AssistantThreadsSetSuggestedPromptsParameters{
			Title: word(lang, "prompts"), ChannelID: channel, Prompts: prompts,
		})
	})
}

// spokenIn is the language of the direct messages in a channel, Chinese where
// nothing was said yet: the app may not see what language somebody has set.
func (s *Channel) spokenIn(ctx context.Context, channel string) kb.Lang {
	c, _, err := s.journal.Conversation(ctx, place{channel: channel}.address().Conversation())
	if err != nil || c.Case.Lang == "" {
		return kb.ZH
	}
	return c.Case.Lang
}

// status shows that the bot is at work, or done. Slack keeps showing the former
// for an hour if nobody takes it back. It is never the only sign.
func (s *Channel) status(p place, status string) {
	if p.only != "" || !direct(p.channel) {
		return // only the agent view has sessions
	}
	s.aside(func(ctx context.Context) {
		if status == goslack.AgentSessionStatusProcessing {
			if c, _, err := s.journal.Conversation(ctx, p.address().Conversation()); err != nil || c.State == bot.WithAgent {
				return // the bot says nothing, so nobody would take it back
			}
		}
		s.agentView(ctx, "agents.sessions.setStatus", func(ctx context.Context) error {
			_, err := s.api.SetAgentSessionStatusContext(ctx, goslack.AgentSessionSetStatusParameters{
				Status: status, ChannelID: p.channel, ThreadTS: p.thread,
			})
			return err
		})
	})
}

// withoutAgentView is for how long nothing of the agent view is tried after
// Slack has said that there is none: a workspace on a free plan has none, and
// everything else works there.
const withoutAgentView = time.Hour

func (s *Channel) agentView(ctx context.Context, method string, do func(context.Context) error) {
	s.mu.Lock()
	off := s.now().Before(s.noAgentView)
	s.mu.Unlock()
	if off {
		return
	}
	refused := ""
	err := s.call(ctx, method, "", func(ctx context.Context) error {
		err := do(ctx)
		refused = code(err)
		return err
	})
	if err == nil {
		return
	}
	s.log.Debug("slack: the agent view did not take something", "method", method, "error", err)
	switch refused {
	case "feature_disabled", "feature_not_enabled", "missing_scope", "not_allowed", "unknown_method", "paid_teams_only", "access_denied":
		s.mu.Lock()
		s.noAgentView = s.now().Add(withoutAgentView)
		s.mu.Unlock()
	}
}

// introduce tells whoever has invited the bot how to use it, and nobody else.
func (s *Channel) introduce(channel, inviter string) {
	s.aside(func(ctx context.Context) {
		if _, err := s.ephemeral(ctx, place{channel: channel, only: inviter}, "", introduction()); err != nil {
			s.log.Warn("slack: the introduction was not shown", "error", err)
		}
	})
}

func introduction() picture {
	text := word(kb.ZH, "introduction") + "\n" + word(kb.EN, "introduction")
	return picture{text: text, blocks: []goslack.Block{rich(blockAnswer, section(plainText(text)))}}
}

// onHomeQuestion takes in a question that was picked on the Home tab: its
// answer appears in the direct messages, whose channel the button names.
func (s *Channel) onHomeQuestion(ctx context.Context, m saying, a action) error {
	n, err := strconv.Atoi(strings.TrimPrefix(a.ActionID, pressAsk))
	if err != nil || n < 0 || n >= len(starters) || !direct(m.place.channel) {
		return nil
	}
	lang := s.spokenIn(ctx, m.place.channel)
	m.message.From, m.message.Text, m.message.Lang = m.place.address(), mask.Of(starters[n].question.In(lang)), lang
	return s.keepOne(ctx, m)
}

// mostLinks is how many open cases have a link: each is a call of Slack's.
const mostLinks = 5

// home is the Home tab of the person whose direct messages are in dm.
func (s *Channel) home(ctx context.Context, dm string, open []bot.Conversation) goslack.HomeTabViewRequest {
	both := func(key string) string { return word(kb.ZH, key) + "\n" + word(kb.EN, key) }
	title := func(key string) goslack.Block {
		return goslack.NewHeaderBlock(goslack.NewTextBlockObject(goslack.PlainTextType, clip(word(kb.ZH, key)+" / "+word(kb.EN, key), 150), false, false))
	}
	var questions []goslack.BlockElement
	for i, q := range starters {
		questions = append(questions, button(fmt.Sprint(pressAsk, i), q.title.ZH+" / "+q.title.EN, q.question.ZH, stamp{Thread: dm, Lang: kb.ZH}))
	}
	blocks := []goslack.Block{
		title("home title"),
		rich("how", section(plainText(both("home how")))),
		goslack.NewActionBlock("ask", questions...),
		title("home cases"),
	}
	if len(open) == 0 {
		blocks = append(blocks, rich("none", section(plainText(both("home none")))))
	}
	for i, c := range open {
		link := ""
		if i < mostLinks {
			link = s.permalink(ctx, c.Address)
		}
		blocks = append(blocks, openCase(fmt.Sprint("case", i), c, link))
	}
	blocks = append(blocks, goslack.NewDividerBlock(), note("legal", both("home legal")))
	return goslack.HomeTabViewRequest{Type: goslack.VTHomeTab, Blocks: goslack.Blocks{BlockSet: blocks}}
}

// openCase is one line about a case, with a link to it if there is one.
func openCase(id string, c bot.Conversation, link string) goslack.Block {
	state := "waiting"
	if c.State == bot.WithAgent {
		state = "with agent"
	}
	about := c.Case.Code()
	if about == "" {
		about = word(c.Case.Lang, "no code")
	}
	text := goslack.NewTextBlockObject(goslack.PlainTextType, about+" · "+word(c.Case.Lang, state), false, false)
	if link == "" {
		return goslack.NewSectionBlock(text, nil, nil, goslack.SectionBlockOptionBlockID(id))
	}
	b := button(pressLink, word(c.Case.Lang, "home open"), word(c.Case.Lang, "home open")+" "+about, stamp{})
	b.URL = link
	return goslack.NewSectionBlock(text, nil, goslack.NewAccessory(b), goslack.SectionBlockOptionBlockID(id))
}

// permalink is the address of a thread, "" if Slack gives none.
func (s *Channel) permalink(ctx context.Context, at bot.Address) (link string) {
	p, err := parsePlace(at.Thread)
	if err != nil || p.thread == "" {
		return ""
	}
	_ = s.call(ctx, "chat.getPermalink", "", func(ctx context.Context) (err error) {
		link, err = s.api.GetPermalinkContext(ctx, &goslack.PermalinkParameters{Channel: p.channel, Ts: p.thread})
		return err
	})
	return link
}
