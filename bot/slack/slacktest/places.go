package slacktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// User is somebody in the workspace, or in another one that shares a channel.
type User struct {
	ID   string
	Name string
	Team string // "" is the workspace of the app
	Bot  bool   // not a person
}

// Kind is what sort of place a channel is.
type Kind string

// The kinds, as channel_type has them.
const (
	Public  Kind = "channel"
	Private Kind = "group"
	Direct  Kind = "im"
)

// Channel is a place where people talk.
type Channel struct {
	ID       string
	Name     string
	Kind     Kind // "" is Public
	Members  []string
	Archived bool
	Shared   bool // with another workspace: Slack Connect
}

// channel is a place with what was said there, in the order of being said.
type channel struct {
	Channel
	messages []*Message
}

func (c *channel) has(user string) bool { return slices.Contains(c.Members, user) }

func (c *channel) find(ts string) *Message {
	for _, m := range c.messages {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// Message is something said in a channel.
type Message struct {
	Channel   string
	TS        string
	ThreadTS  string // of the message whose thread it is in; "" outside of threads
	User      string
	BotID     string // "" if a person said it
	Text      string // with & < > escaped, as Slack has it
	Blocks    json.RawMessage
	Metadata  *Metadata
	Edited    int // how often
	Reactions []string
	Streaming bool // begun by chat.startStream and not stopped
	Broadcast bool // a reply that the channel sees as well
	Stopped   bool // by its reader, while it was streaming
}

// Metadata is what an app attaches to a message for apps to read.
type Metadata struct {
	EventType    string `json:"event_type"`
	EventPayload object `json:"event_payload"`
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// Plain is the text with & < > as people see them.
func (m Message) Plain() string { return unescape.Replace(m.Text) }

// AddUser adds somebody.
func (s *Slack) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Team == "" {
		u.Team = s.config.Team
	}
	if u.Name == "" {
		u.Name = strings.ToLower(u.ID)
	}
	s.users[u.ID] = &u
}

// AddChannel adds a place, or changes what there is to know of one. Its members
// have been added before. A direct one comes by DM or conversations.open.
func (s *Slack) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Kind == "" {
		c.Kind = Public
	}
	if c.Name == "" {
		c.Name = strings.ToLower(c.ID)
	}
	c.Members = slices.Clone(c.Members)
	for _, m := range c.Members {
		if s.users[m] == nil {
			panic(fmt.Sprintf("slacktest: member %s of %s has not been added", m, c.ID))
		}
	}
	if known := s.channels[c.ID]; known != nil {
		known.Channel = c
		return
	}
	s.channels[c.ID] = &channel{Channel: c}
}

// DM is the id of the direct channel between user and the bot, which begins to
// exist if it did not.
func (s *Slack) DM(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dm(user).ID
}

// dm is DM. The caller holds mu.
func (s *Slack) dm(user string) *channel {
	id := "D" + user
	if s.users[user] == nil {
		panic(fmt.Sprintf("slacktest: user %s has not been added", user))
	}
	if s.channels[id] == nil {
		s.channels[id] = &channel{Channel: Channel{ID: id, Kind: Direct, Members: []string{user, botUser}}}
	}
	return s.channels[id]
}

// Messages are all of a channel, those of threads as well, oldest first.
func (s *Slack) Messages(channel string) []Message {
	return s.messages(channel, func(*Message) bool { return true })
}

// Thread is the message ts and its replies, oldest first.
func (s *Slack) Thread(channel, ts string) []Message {
	return s.messages(channel, func(m *Message) bool { return m.TS == ts || m.ThreadTS == ts })
}

func (s *Slack) messages(channel string, want func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	if c := s.channels[channel]; c != nil {
		for _, m := range c.messages {
			if want(m) {
				all = append(all, m.clone())
			}
		}
	}
	return all
}

func (m *Message) clone() Message {
	c := *m
	c.Blocks = slices.Clone(m.Blocks)
	c.Reactions = slices.Clone(m.Reactions)
	if m.Metadata != nil {
		c.Metadata = &Metadata{m.Metadata.EventType, maps.Clone(m.Metadata.EventPayload)}
	}
	return c
}

// json is the message as the Web API and events show it. The caller holds mu.
func (s *Slack) json(m *Message, metadata bool) object {
	o := object{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": s.teamOf(m.User)}
	if m.BotID != "" {
		o["bot_id"], o["app_id"] = m.BotID, appID
		o["bot_profile"] = object{"id": m.BotID, "app_id": appID, "name": "decline61", "team_id": s.config.Team}
	} else {
		o["client_msg_id"] = "client-" + m.TS
	}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
		if root := s.channels[m.Channel].find(m.ThreadTS); root != nil {
			o["parent_user_id"] = root.User
		}
	}
	if m.Broadcast {
		o["subtype"] = "thread_broadcast"
	}
	if len(m.Blocks) > 0 {
		o["blocks"] = m.Blocks
	}
	if m.Metadata != nil && metadata {
		o["metadata"] = m.Metadata
	}
	if m.Edited > 0 {
		o["edited"] = object{"user": m.User, "ts": m.TS}
	}
	if len(m.Reactions) > 0 {
		all := []object{}
		for _, name := range m.Reactions {
			all = append(all, object{"name": name, "count": 1, "users": []string{botUser}})
		}
		o["reactions"] = all
	}
	if n, latest := s.replies(m); n > 0 {
		o["thread_ts"], o["reply_count"], o["latest_reply"] = m.TS, n, latest
	}
	return o
}

// replies counts those to m. The caller holds mu.
func (s *Slack) replies(m *Message) (n int, latest string) {
	for _, r := range s.channels[m.Channel].messages {
		if r.ThreadTS == m.TS {
			n, latest = n+1, r.TS
		}
	}
	return n, latest
}

// teamOf is the workspace of a user. The caller holds mu.
func (s *Slack) teamOf(user string) string {
	if u := s.users[user]; u != nil {
		return u.Team
	}
	return s.config.Team
}
