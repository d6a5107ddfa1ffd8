package slacktest

import (
	"slices"
	"strings"
)

// Say is user writing text in channel, in the thread of threadTS unless that is
// "". The text is as Slack has it: <@U0BOT> mentions the bot. A bot that is
// mentioned is told twice, by message and by app_mention, with the same ts.
func (s *Slack) Say(user, channel, text, threadTS string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	switch {
	case c == nil || !c.has(user):
		return refuse("%s is not in %s", user, channel)
	case c.Archived:
		return refuse("%s is archived", channel)
	case threadTS != "" && c.find(threadTS) == nil:
		return refuse("there is no message %s to reply to", threadTS)
	}
	m := &Message{Channel: channel, TS: s.nextTS(), ThreadTS: threadTS, User: user, Text: text}
	if s.users[user].Bot {
		m.BotID = "B" + user
	}
	c.messages = append(c.messages, m)
	said, place := s.json(m, false), c.Channel

	envelopes := s.messageEvent(place, said)
	if strings.Contains(text, "<@"+botUser+">") && place.Kind != Direct && place.hasBot() && s.subscribed("app_mention") {
		mention := object{"type": "app_mention", "channel": channel, "event_ts": m.TS}
		for _, name := range []string{"user", "ts", "text", "team", "thread_ts", "parent_user_id", "bot_id", "client_msg_id"} {
			if v, ok := said[name]; ok {
				mention[name] = v
			}
		}
		envelopes = append(envelopes, s.event("", mention))
	}
	return s.dispatch(m.TS, envelopes...)
}

func (c Channel) hasBot() bool { return slices.Contains(c.Members, botUser) }

// Edit is user writing the message ts anew.
func (s *Slack) Edit(user, channel, ts, text string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, m := s.theirs(user, channel, ts)
	if m == nil {
		return refuse("%s has no message %s in %s", user, ts, channel)
	}
	before := s.json(m, false)
	m.Text = text
	m.Edited++
	after, place, at := s.json(m, false), c.Channel, s.nextTS()
	return s.dispatch(ts, s.messageEvent(place, object{
		"type": "message", "subtype": "message_changed", "hidden": true, "ts": at, "message": after, "previous_message": before,
	})...)
}

// Delete is user taking back the message ts.
func (s *Slack) Delete(user, channel, ts string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, m := s.theirs(user, channel, ts)
	if m == nil {
		return refuse("%s has no message %s in %s", user, ts, channel)
	}
	before, place, at := s.json(m, false), c.Channel, s.nextTS()
	c.messages = slices.DeleteFunc(c.messages, func(o *Message) bool { return o == m })
	return s.dispatch(ts, s.messageEvent(place, object{
		"type": "message", "subtype": "message_deleted", "hidden": true, "ts": at, "deleted_ts": ts, "previous_message": before,
	})...)
}

// theirs finds a message of user. The caller holds mu.
func (s *Slack) theirs(user, channel, ts string) (*channel, *Message) {
	c := s.channels[channel]
	if c == nil {
		return nil, nil
	}
	if m := c.find(ts); m != nil && m.User == user {
		return c, m
	}
	return c, nil
}

// React is user putting an emoji on the message ts.
func (s *Slack) React(user, channel, ts, emoji string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	if c == nil || c.find(ts) == nil {
		return refuse("there is no message %s in %s", ts, channel)
	}
	m := c.find(ts)
	if !slices.Contains(m.Reactions, emoji) {
		m.Reactions = append(m.Reactions, emoji)
	}
	author, at, told := m.User, s.nextTS(), c.has(botUser)
	if !told || !s.subscribed("reaction_added") {
		return s.dispatch(ts)
	}
	return s.dispatch(ts, s.event("", object{
		"type": "reaction_added", "user": user, "reaction": emoji, "item_user": author, "event_ts": at,
		"item": object{"type": "message", "channel": channel, "ts": ts},
	}))
}

// OpenHome is user opening a tab of the app: "home" or "messages".
func (s *Slack) OpenHome(user, tab string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	event := object{
		"type": "app_home_opened", "user": user, "channel": s.dm(user).ID, "tab": tab, "event_ts": s.nextTS(),
	}
	if v := s.homes[user]; v != nil && tab == "home" {
		event["view"] = s.viewJSON(v)
	}
	if !s.subscribed("app_home_opened") {
		return s.dispatch("")
	}
	return s.dispatch("", s.event("", event))
}

// Join is user becoming a member of channel; it may be the bot.
func (s *Slack) Join(user, channel string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	if c == nil || s.users[user] == nil || c.has(user) {
		return refuse("%s cannot join %s", user, channel)
	}
	c.Members = append(c.Members, user)
	place, at, team := c.Channel, s.nextTS(), s.teamOf(user)
	if !place.hasBot() || !s.subscribed("member_joined_channel") {
		return s.dispatch("")
	}
	return s.dispatch("", s.event("", object{
		"type": "member_joined_channel", "user": user, "channel": channel, "team": team, "event_ts": at,
		"channel_type": map[Kind]string{Public: "C", Private: "G"}[place.Kind],
	}))
}

// Leave is user ceasing to be a member of channel. No event tells of it.
func (s *Slack) Leave(user, channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[channel]; c != nil {
		c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == user })
	}
}
