package web

import (
	"context"
	"strings"

	"decline61/bot"
)

// fill reads what was said, and what can be done next.
func (s *Server) fill(ctx context.Context, p *page) error {
	conversation := addressOf(p.Conversation).Conversation()
	var last bot.Event
	var newest string // the merchant's newest message
	for {
		events, err := s.journal.Events(ctx, conversation, last.ID, eventsAtOnce)
		if err != nil {
			return err
		}
		for _, e := range events {
			last = e
			if e.Role == bot.Merchant {
				newest = e.Message
			}
			p.Lines = append(p.Lines, line{e.Role, p.who(e.Role), strings.TrimSpace(e.Text.String())})
		}
		if over := len(p.Lines) - mostLines; over > 0 {
			p.Lines, p.Cut = p.Lines[over:], true
		}
		if len(events) < eventsAtOnce {
			break
		}
	}
	p.Started, p.Last = last.ID > 0, last.ID
	if newest == "" {
		return nil
	}
	reply, answered, _, err := s.journal.Reply(ctx, conversation, newest)
	if err != nil {
		return err
	}
	p.Awaiting = !answered
	p.WithPerson = answered && reply.Reason == agentOwns
	if answered && last.Role == bot.Robot {
		p.Helped = newest
		if reply.Question != nil {
			p.Options = reply.Question.Options
		}
	}
	return nil
}

// agentOwns is the reason of the silent reply while a person has the
// conversation.
const agentOwns = "agent_owns"

func (p *page) who(r bot.Role) string {
	switch r {
	case bot.Merchant:
		return p.T["you"]
	case bot.Agent:
		return p.T["agent"]
	}
	return p.T["bot"]
}
