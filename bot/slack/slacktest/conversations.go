package slacktest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// conversationMethods are those that look at places and people.
var conversationMethods = map[string]method{
	"conversations.open":    {[]string{"im:write", "mpim:write"}, openConversation},
	"conversations.info":    {nil, channelInfo},
	"conversations.members": {nil, channelMembers},
	"conversations.history": {nil, channelHistory},
	"conversations.replies": {nil, channelReplies},
	"users.info":            {[]string{"users:read"}, userInfo},
}

// look finds a channel about which the bot may know what scope names.
func (s *Slack) look(c *call, what string) (*channel, error) {
	place, err := s.visible(c.str("channel"))
	if err != nil {
		return nil, err
	}
	scope := map[Kind]string{Public: "channels:", Private: "groups:", Direct: "im:"}[place.Kind] + what
	if !s.allowed(scope) {
		return nil, s.missing(scope)
	}
	return place, nil
}

func openConversation(s *Slack, c *call) (object, error) {
	if id := c.str("channel"); id != "" {
		place, err := s.visible(id)
		if err != nil {
			return nil, err
		}
		return object{"channel": object{"id": place.ID}}, nil
	}
	user := c.str("users")
	switch u := s.users[user]; {
	case user == "":
		return nil, fail("users_list_not_supplied")
	case u == nil:
		return nil, fail("user_not_found")
	case u.Bot:
		return nil, fail("cannot_dm_bot")
	}
	known := s.channels["D"+user] != nil
	return object{"already_open": known, "no_op": known, "channel": object{"id": s.dm(user).ID}}, nil
}

func channelInfo(s *Slack, c *call) (object, error) {
	place, err := s.look(c, "read")
	if err != nil {
		return nil, err
	}
	info := object{
		"id": place.ID, "name": place.Name, "is_channel": place.Kind == Public, "is_group": false,
		"is_private": place.Kind != Public, "is_im": place.Kind == Direct, "is_archived": place.Archived,
		"is_member": place.has(botUser), "is_ext_shared": place.Shared, "is_shared": place.Shared,
		"context_team_id": s.config.Team,
	}
	if c.truth("include_num_members") {
		info["num_members"] = len(place.Members)
	}
	if place.Kind == Direct {
		info["user"] = place.Members[0]
	}
	return object{"channel": info}, nil
}

func channelMembers(s *Slack, c *call) (object, error) {
	place, err := s.look(c, "read")
	if err != nil {
		return nil, err
	}
	page, next, err := paged(c, place.Members, 100)
	if err != nil {
		return nil, err
	}
	return object{"members": page, "response_metadata": object{"next_cursor": next}}, nil
}

func channelHistory(s *Slack, c *call) (object, error) {
	place, err := s.look(c, "history")
	if err != nil {
		return nil, err
	}
	if !place.has(botUser) {
		return nil, fail("not_in_channel")
	}
	return s.list(c, slices.Backward(place.messages), func(m *Message) bool { return m.ThreadTS == "" || m.Broadcast })
}

func channelReplies(s *Slack, c *call) (object, error) {
	place, err := s.look(c, "history")
	if err != nil {
		return nil, err
	}
	ts := c.str("ts")
	m := place.find(ts)
	if m == nil {
		return nil, fail("thread_not_found")
	}
	if !place.has(botUser) {
		return nil, fail("not_in_channel")
	}
	if m.ThreadTS != "" {
		ts = m.ThreadTS
	}
	return s.list(c, slices.All(place.messages), func(m *Message) bool { return m.TS == ts || m.ThreadTS == ts })
}

// list gives one page of messages. Metadata is shown to who asks for it.
func (s *Slack) list(c *call, all func(func(int, *Message) bool), want func(*Message) bool) (object, error) {
	oldest, latest, inclusive := c.str("oldest"), c.str("latest"), c.truth("inclusive")
	var found []object
	for _, m := range all {
		edge := inclusive && (m.TS == oldest || m.TS == latest)
		root := c.str("ts") == m.TS // conversations.replies always has it
		within := (oldest == "" || later(m.TS, oldest)) && (latest == "" || later(latest, m.TS))
		if want(m) && (within || edge || root) {
			found = append(found, s.json(m, c.truth("include_all_metadata")))
		}
	}
	page, next, err := paged(c, found, 100)
	if err != nil {
		return nil, err
	}
	answer := object{"messages": page, "has_more": next != ""}
	if next != "" {
		answer["response_metadata"] = object{"next_cursor": next}
	}
	return answer, nil
}

// later compares timestamps, of which "5" may be one.
func later(a, b string) bool {
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA != nil || errB != nil || x == y {
		return a > b
	}
	return x > y
}

// paged gives the part of all that the cursor and limit of c name.
func paged[T any](c *call, all []T, size int) (page []T, next string, err error) {
	if given := c.str("limit"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > 1000 {
			return nil, "", fail("invalid_limit")
		}
		size = n
	}
	from := 0
	if cursor := c.str("cursor"); cursor != "" {
		data, err := base64.StdEncoding.DecodeString(cursor)
		at, ok := strings.CutPrefix(string(data), "from:")
		n, wrong := strconv.Atoi(at)
		if err != nil || !ok || wrong != nil || n > len(all) {
			return nil, "", fail("invalid_cursor")
		}
		from = n
	}
	to := min(from+size, len(all))
	if to < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte("from:" + strconv.Itoa(to)))
	}
	return append([]T{}, all[from:to]...), next, nil
}

func userInfo(s *Slack, c *call) (object, error) {
	u := s.users[c.str("user")]
	if u == nil {
		return nil, fail("user_not_found")
	}
	return object{"user": object{
		"id": u.ID, "team_id": u.Team, "name": u.Name, "real_name": u.Name, "is_bot": u.Bot, "deleted": false,
		"is_stranger": u.Team != s.config.Team, "tz": "Asia/Shanghai", "locale": "zh-CN",
		"profile": object{"real_name": u.Name, "display_name": u.Name},
	}}, nil
}
