package slack

import (
	"context"

	"decline61/bot"
)

func (j *journal) Conversation(_ context.Context, id string) (bot.Conversation, bool, error) {
	c, ok := j.of[id]
	return c, ok, nil
}

func (j *journal) Open(_ context.Context, _, owner string) (open []bot.Conversation, _ error) {
	for _, c := range j.of {
		if c.Owner == owner && (c.State == bot.Waiting || c.State == bot.WithAgent) {
			open = append(open, c)
		}
	}
	return open, nil
}

func (j *journal) Reply(_ context.Context, conversation, id string) (bot.Reply, bool, bool, error) {
	r, ok := j.replies[conversation+" "+id]
	return r, ok, ok, nil
}

func (j *journal) AddFeedback(_ context.Context, f bot.Feedback) error {
	j.feedback = append(j.feedback, f)
	return nil
}
