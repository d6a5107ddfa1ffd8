package slacktest

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// mostText is how long the text of a message may be.
const mostText = 40_000

var writing = []string{"chat:write"}

// chatMethods are those that say something.
var chatMethods = map[string]method{
	"chat.postMessage":   {writing, postMessage},
	"chat.postEphemeral": {writing, postEphemeral},
	"chat.update":        {writing, updateMessage},
	"chat.delete":        {writing, deleteMessage},
	"chat.getPermalink":  {nil, permalink},
	"reactions.add":      {[]string{"reactions:write"}, addReaction},
}

// Ephemeral is a message that only one person sees, until they reload.
type Ephemeral struct {
	Message
	To string
}

// Ephemerals are those that user was shown, oldest first.
func (s *Slack) Ephemerals(user string) []Ephemeral {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Ephemeral
	for _, e := range s.ephemerals {
		if e.To == user {
			all = append(all, Ephemeral{e.clone(), e.To})
		}
	}
	return all
}

// open finds a channel that the bot may write to.
func (s *Slack) open(id string) (*channel, error) {
	c, err := s.visible(id)
	switch {
	case err != nil:
		return nil, err
	case c.Archived:
		return nil, fail("is_archived")
	case !c.has(botUser):
		return nil, fail("not_in_channel")
	}
	return c, nil
}

// visible finds a channel that the bot may know of. One may name a person to
// mean the direct channel with them.
func (s *Slack) visible(id string) (*channel, error) {
	if s.users[id] != nil && id != botUser {
		return s.dm(id), nil
	}
	c := s.channels[id]
	if c == nil || c.Kind != Public && !c.has(botUser) {
		return nil, fail("channel_not_found")
	}
	return c, nil
}

// content reads what a message says.
func (s *Slack) content(c *call, m *Message) error {
	m.Text = c.str("text")
	if utf8.RuneCountInString(m.Text) > mostText {
		return fail("msg_too_long")
	}
	blocks, err := s.readBlocks(c.raw("blocks"), inMessage)
	if err != nil {
		return err
	}
	m.Blocks = blocks
	if strings.TrimSpace(m.Text) == "" && len(blocks) == 0 {
		return fail("no_text")
	}
	m.Metadata, err = c.metadata()
	return err
}

// metadata reads what a message carries for apps; an empty one is none.
func (c *call) metadata() (*Metadata, error) {
	raw := c.raw("metadata")
	if len(raw) == 0 {
		return nil, nil
	}
	var m Metadata
	if err := json.Unmarshal(raw, &m); err != nil || (m.EventType == "") != (m.EventPayload == nil) {
		return nil, fail("invalid_metadata_format")
	}
	if m.EventType == "" {
		return nil, nil
	}
	return &m, nil
}

// threadOf checks that a reply has something that it replies to.
func (c *channel) threadOf(ts string) error {
	if ts == "" {
		return nil
	}
	root := c.find(ts)
	if root == nil {
		return fail("thread_not_found")
	}
	if root.ThreadTS != "" && root.ThreadTS != root.TS {
		return fail("cannot_reply_to_message")
	}
	return nil
}

func postMessage(s *Slack, c *call) (object, error) {
	place, err := s.open(c.str("channel"))
	if err != nil {
		return nil, err
	}
	m := &Message{Channel: place.ID, User: botUser, BotID: botID, ThreadTS: c.str("thread_ts"), Broadcast: c.truth("reply_broadcast")}
	if err := place.threadOf(m.ThreadTS); err != nil {
		return nil, err
	}
	if err := s.content(c, m); err != nil {
		return nil, err
	}
	if err := s.pace(place.ID); err != nil {
		return nil, err
	}
	s.post(place, m)
	return object{"channel": place.ID, "ts": m.TS, "message": s.json(m, true)}, nil
}

// post keeps a message of the bot and tells the bot of it, as of anybody's.
// The caller holds mu.
func (s *Slack) post(c *channel, m *Message) {
	m.TS = s.nextTS()
	c.messages = append(c.messages, m)
	s.echo(c, s.json(m, false))
}

// echo tells the bot what has just happened in c. The caller holds mu.
func (s *Slack) echo(c *channel, inner object) {
	s.dispatch("", s.messageEvent(c.Channel, inner)...)
}

// changed tells the bot that m is no longer as before. The caller holds mu.
func (s *Slack) changed(c *channel, before object, m *Message) {
	ts := s.nextTS()
	s.echo(c, object{
		"type": "message", "subtype": "message_changed", "hidden": true, "ts": ts,
		"message": s.json(m, false), "previous_message": before,
	})
}

func (s *Slack) removed(c *channel, m *Message) {
	ts := s.nextTS()
	before := s.json(m, false)
	c.messages = slices.DeleteFunc(c.messages, func(o *Message) bool { return o == m })
	s.echo(c, object{
		"type": "message", "subtype": "message_deleted", "hidden": true, "ts": ts, "deleted_ts": m.TS, "previous_message": before,
	})
}

func postEphemeral(s *Slack, c *call) (object, error) {
	place, err := s.open(c.str("channel"))
	if err != nil {
		return nil, err
	}
	to := c.str("user")
	if !place.has(to) {
		return nil, fail("user_not_in_channel")
	}
	e := &Ephemeral{Message{Channel: place.ID, User: botUser, BotID: botID, ThreadTS: c.str("thread_ts")}, to}
	if err := place.threadOf(e.ThreadTS); err != nil {
		return nil, err
	}
	if err := s.content(c, &e.Message); err != nil {
		return nil, err
	}
	e.TS = s.nextTS()
	// Slack says ok and shows nothing where nobody has replied yet.
	if root := place.find(e.ThreadTS); root != nil {
		if n, _ := s.replies(root); n == 0 {
			return object{"message_ts": e.TS}, nil
		}
	}
	s.ephemerals = append(s.ephemerals, e)
	return object{"message_ts": e.TS}, nil
}

// own finds a message that the bot said.
func (s *Slack) own(c *call, otherwise string) (*channel, *Message, error) {
	place, err := s.open(c.str("channel"))
	if err != nil {
		return nil, nil, err
	}
	m := place.find(c.str("ts"))
	if m == nil {
		return nil, nil, fail("message_not_found")
	}
	if m.BotID != botID {
		return nil, nil, fail(otherwise)
	}
	return place, m, nil
}

func updateMessage(s *Slack, c *call) (object, error) {
	place, m, err := s.own(c, "cant_update_message")
	if err != nil {
		return nil, err
	}
	if m.Streaming {
		return nil, fail("streaming_state_conflict")
	}
	before := s.json(m, false)
	next := *m
	if err := s.content(c, &next); err != nil {
		return nil, err
	}
	// What an update does not mention stays, so that a new text without blocks
	// leaves the old blocks on show.
	if _, given := c.args["blocks"]; !given {
		next.Blocks = m.Blocks
	}
	if _, given := c.args["metadata"]; !given {
		next.Metadata = m.Metadata
	}
	next.Edited++
	*m = next
	s.changed(place, before, m)
	return object{"channel": place.ID, "ts": m.TS, "text": m.Text, "message": s.json(m, true)}, nil
}

func deleteMessage(s *Slack, c *call) (object, error) {
	place, m, err := s.own(c, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.removed(place, m)
	return object{"channel": place.ID, "ts": m.TS}, nil
}

func permalink(s *Slack, c *call) (object, error) {
	place, err := s.visible(c.str("channel"))
	if err != nil {
		return nil, err
	}
	ts := c.str("message_ts")
	if place.find(ts) == nil {
		return nil, fail("message_not_found")
	}
	link := "https://loopback.slack.com/archives/" + place.ID + "/p" + strings.ReplaceAll(ts, ".", "")
	return object{"channel": place.ID, "permalink": link}, nil
}

func addReaction(s *Slack, c *call) (object, error) {
	place, err := s.open(c.str("channel"))
	if err != nil {
		return nil, err
	}
	m, name := place.find(c.str("timestamp")), c.str("name")
	switch {
	case name == "" || strings.ContainsAny(name, ": "):
		return nil, fail("invalid_name")
	case m == nil:
		return nil, fail("message_not_found")
	case slices.Contains(m.Reactions, name):
		return nil, fail("already_reacted")
	}
	m.Reactions = append(m.Reactions, name)
	return object{}, nil
}
