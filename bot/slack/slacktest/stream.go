package slacktest

import (
	"encoding/json"
	"unicode/utf8"
)

// streamMethods make one message grow.
var streamMethods = map[string]method{
	"chat.startStream":  {writing, startStream},
	"chat.appendStream": {writing, appendStream},
	"chat.stopStream":   {writing, stopStream},
}

// mostMarkdown is how much one request may add.
const mostMarkdown = 12_000

// chunk is one addition to a message.
type chunk struct {
	Type   string          `json:"type"`
	Text   string          `json:"text"`
	ID     string          `json:"id"`
	Title  string          `json:"title"`
	Status string          `json:"status"`
	Blocks json.RawMessage `json:"blocks"`
}

// grow adds what c brings to m.
func (s *Slack) grow(c *call, m *Message) error {
	more := c.str("markdown_text")
	var chunks []chunk
	if raw := c.raw("chunks"); len(raw) > 0 {
		if more != "" {
			return fail("cannot_provide_both_markdown_text_and_chunks")
		}
		if json.Unmarshal(raw, &chunks) != nil {
			return fail("invalid_chunks")
		}
	}
	blocks := m.Blocks
	for _, k := range chunks {
		switch k.Type {
		case "markdown_text":
			more += k.Text
		case "task_update":
			if k.ID == "" || k.Title == "" {
				return fail("invalid_chunks")
			}
		case "plan_update":
		case "blocks":
			read, err := s.readBlocks(k.Blocks, inMessage)
			if err != nil {
				return err
			}
			blocks = read
		default:
			return fail("invalid_chunks")
		}
	}
	if utf8.RuneCountInString(more) > mostMarkdown {
		return fail("msg_too_long")
	}
	m.Text, m.Blocks = m.Text+more, blocks
	return nil
}

func startStream(s *Slack, c *call) (object, error) {
	place, err := s.open(c.str("channel"))
	if err != nil {
		return nil, err
	}
	m := &Message{Channel: place.ID, User: botUser, BotID: botID, ThreadTS: c.str("thread_ts"), Streaming: true}
	if m.ThreadTS == "" {
		return nil, fail("invalid_arguments")
	}
	if err := place.threadOf(m.ThreadTS); err != nil {
		return nil, err
	}
	if place.Kind != Direct && c.str("recipient_user_id") == "" {
		return nil, fail("missing_recipient_user_id")
	}
	if place.Kind != Direct && c.str("recipient_team_id") == "" {
		return nil, fail("missing_recipient_team_id")
	}
	if err := s.grow(c, m); err != nil {
		return nil, err
	}
	if err := s.pace(place.ID); err != nil {
		return nil, err
	}
	s.post(place, m)
	return object{"channel": place.ID, "ts": m.TS}, nil
}

// streaming finds a message that still grows.
func (s *Slack) streaming(c *call) (*channel, *Message, error) {
	place, m, err := s.own(c, "message_not_owned_by_app")
	switch {
	case err != nil:
		return nil, nil, err
	case m.Stopped:
		return nil, nil, fail("stopped_by_user")
	case !m.Streaming:
		return nil, nil, fail("message_not_in_streaming_state")
	}
	return place, m, nil
}

func appendStream(s *Slack, c *call) (object, error) {
	place, m, err := s.streaming(c)
	if err != nil {
		return nil, err
	}
	if err := s.grow(c, m); err != nil {
		return nil, err
	}
	return object{"channel": place.ID, "ts": m.TS}, nil
}

func stopStream(s *Slack, c *call) (object, error) {
	place, m, err := s.streaming(c)
	if err != nil {
		return nil, err
	}
	next := *m
	if err := s.grow(c, &next); err != nil {
		return nil, err
	}
	if raw := c.raw("blocks"); len(raw) > 0 {
		if next.Blocks, err = s.readBlocks(raw, inMessage); err != nil {
			return nil, err
		}
	}
	if next.Metadata, err = c.metadata(); err != nil {
		return nil, err
	}
	before := s.json(m, false)
	next.Streaming = false
	*m = next
	s.changed(place, before, m)
	return object{"channel": place.ID, "ts": m.TS, "message": s.json(m, true)}, nil
}

// StopStream is a person who presses stop while the bot writes the message ts.
func (s *Slack) StopStream(user, channel, ts string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	var m *Message
	if c != nil {
		m = c.find(ts)
	}
	if m == nil || !m.Streaming {
		return refuse("nothing is being written there")
	}
	m.Stopped, m.Streaming = true, false
	if !s.subscribed("agent_session_stopped") {
		return s.dispatch("")
	}
	return s.dispatch("", s.event("", object{
		"type": "agent_session_stopped", "user": user, "channel": channel, "thread_ts": m.ThreadTS,
		"streaming_message_ts": []string{ts}, "event_ts": ts,
	}))
}
