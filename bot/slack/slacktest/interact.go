package slacktest

import (
	"encoding/json"
	"slices"
)

// interaction is what every payload of an interaction has. The caller holds mu.
func (s *Slack) interaction(kind, user string) object {
	return object{
		"type": kind, "token": "deprecated", "api_app_id": appID, "is_enterprise_install": false, "enterprise": nil,
		"trigger_id": s.newTrigger(user), "action_ts": s.nextTS(),
		"team": object{"id": s.config.Team, "domain": "loopback"},
		"user": object{"id": user, "username": s.users[user].Name, "name": s.users[user].Name, "team_id": s.teamOf(user)},
	}
}

func (s *Slack) interactive(payload object) envelope {
	return envelope{kind: "interactive", path: "/slack/interactions", payload: payload, repeats: s.config.RetryInteractions}
}

// Command is user typing /decline61 text in channel, where the bot need not be a
// member. What the bot acknowledges it with is shown.
func (s *Slack) Command(user, channel, text string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	if c == nil || !c.has(user) {
		return refuse("%s is not in %s", user, channel)
	}
	name := c.Name
	if c.Kind == Direct {
		name = "directmessage"
	}
	from := &responseURL{channel: channel, user: user, at: s.config.Now()}
	e := envelope{
		kind: "slash_commands", path: "/slack/commands", answers: true, repeats: s.config.RetryInteractions,
		payload: object{
			"token": "deprecated", "team_id": s.config.Team, "team_domain": "loopback", "channel_id": channel, "channel_name": name,
			"user_id": user, "user_name": s.users[user].Name, "command": "/decline61", "text": text, "api_app_id": appID,
			"is_enterprise_install": "false", "response_url": s.respondAt(from), "trigger_id": s.newTrigger(user),
		},
		then: func(answer json.RawMessage) {
			s.mu.Lock()
			defer s.mu.Unlock()
			var args object
			if len(answer) == 0 || json.Unmarshal(answer, &args) != nil || len(args) == 0 {
				return
			}
			if _, err := s.respond(from, &call{args: args}); err != nil {
				s.complaints = append(s.complaints, "the answer to a command cannot be shown: "+err.Error())
			}
		},
	}
	return s.dispatch("", e)
}

// Shortcut is user choosing the shortcut callbackID from the menu of the message
// ts, or, where channel and ts are "", from the global menu.
func (s *Slack) Shortcut(user, channel, ts, callbackID string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[user] == nil {
		return refuse("there is no user %s", user)
	}
	if channel == "" {
		payload := s.interaction("shortcut", user)
		payload["callback_id"] = callbackID
		return s.dispatch("", s.interactive(payload))
	}
	c := s.channels[channel]
	if c == nil || !c.has(user) || c.find(ts) == nil {
		return refuse("%s sees no message %s in %s", user, ts, channel)
	}
	payload := s.interaction("message_action", user)
	payload["callback_id"] = callbackID
	payload["message_ts"], payload["message"] = ts, s.json(c.find(ts), false)
	payload["channel"] = object{"id": channel, "name": c.Name}
	payload["response_url"] = s.respondAt(&responseURL{channel: channel, user: user, at: s.config.Now()})
	return s.dispatch("", s.interactive(payload))
}

// Click is user using the element actionID of the message ts, which they see, be
// it an ephemeral one. value says which, where several have that id or where
// there is something to choose: the value of a button or option, the id of a
// user. "" is the first. What is not there cannot be clicked.
func (s *Slack) Click(user, channel, ts, actionID, value string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	if c == nil || !c.has(user) {
		return refuse("%s is not in %s", user, channel)
	}
	m, hidden := c.find(ts), false
	for _, e := range s.ephemerals {
		if e.Channel == channel && e.To == user && e.TS == ts {
			m, hidden = &e.Message, true
		}
	}
	if m == nil {
		return refuse("%s sees no message %s in %s", user, ts, channel)
	}
	action, err := s.use(m.Blocks, actionID, value)
	if err != nil {
		return refuse("message %s: %w", ts, err)
	}
	payload := s.interaction("block_actions", user)
	container := object{"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": hidden}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	payload["container"], payload["actions"] = container, []object{action}
	payload["channel"] = object{"id": channel, "name": c.Name}
	payload["state"] = object{"values": object{}}
	if !hidden { // of an ephemeral one, Slack keeps nothing
		payload["message"] = s.json(m, false)
	}
	payload["response_url"] = s.respondAt(&responseURL{
		channel: channel, user: user, at: s.config.Now(), original: ts, thread: m.ThreadTS, hidden: hidden,
	})
	return s.dispatch("", s.interactive(payload))
}

// ClickView is Click in the modal with that id, or with "home" in the Home tab.
func (s *Slack) ClickView(user, viewID, actionID, value string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view(user, viewID)
	if v == nil {
		return refuse("%s sees no view %s", user, viewID)
	}
	action, err := s.use(v.Blocks, actionID, value)
	if err != nil {
		return refuse("view %s: %w", viewID, err)
	}
	payload := s.interaction("block_actions", user)
	payload["container"] = object{"type": "view", "view_id": v.ID}
	payload["view"], payload["actions"] = s.viewJSON(v), []object{action}
	return s.dispatch("", s.interactive(payload))
}

// view finds a view that user sees. The caller holds mu.
func (s *Slack) view(user, id string) *View {
	if id == "home" {
		return s.homes[user]
	}
	for _, v := range s.modals {
		if v.ID == id && v.User == user && !v.Closed {
			return v
		}
	}
	return nil
}

// SubmitView is user filling in the inputs of a modal, by their action_id, and
// submitting it. Slack itself insists on inputs that are not optional.
func (s *Slack) SubmitView(user, viewID string, values map[string]string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view(user, viewID)
	if v == nil || v.Type != "modal" {
		return refuse("%s sees no modal %s", user, viewID)
	}
	state, err := s.fill(v.Blocks, values)
	if err != nil {
		return refuse("modal %s: %w", viewID, err)
	}
	payload := s.interaction("view_submission", user)
	view := s.viewJSON(v)
	view["state"] = object{"values": state}
	payload["view"], payload["response_urls"] = view, []object{}
	e := s.interactive(payload)
	e.answers = true
	e.then = func(answer json.RawMessage) { s.submitted(v, answer) }
	return s.dispatch("", e)
}

// submitted does with a modal what the acknowledgement of its submission says.
func (s *Slack) submitted(v *View, answer json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if len(answer) > 0 && json.Unmarshal(answer, &a) != nil {
		s.complaints = append(s.complaints, "a submission is answered with no JSON")
		return
	}
	switch a.Action {
	case "":
		v.Closed = true
	case "clear":
		for _, m := range s.modals {
			m.Closed = m.Closed || m.User == v.User
		}
	case "errors":
		for block := range a.Errors {
			if !slices.Contains(blockIDs(v.Blocks), block) {
				s.complaints = append(s.complaints, "an error is about a block that the modal does not have")
			}
		}
	case "update", "push":
		next, err := s.readView(a.View, "modal")
		if err != nil {
			s.complaints = append(s.complaints, "a submission is answered with a view that cannot be shown: "+err.Error())
			return
		}
		if a.Action == "update" {
			v.become(next)
			return
		}
		next.ID, next.User = s.nextID("V"), v.User
		s.modals = append(s.modals, next)
	default:
		s.complaints = append(s.complaints, "a submission is answered with an unknown response_action")
	}
}
