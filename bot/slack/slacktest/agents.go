package slacktest

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// agentMethods are those of the agent view, and those of the assistant view
// that they replace.
var agentMethods = map[string]method{
	"agents.sessions.setStatus":             {[]string{"assistant:write", "chat:write"}, setSessionStatus},
	"agents.sessions.rename":                {[]string{"assistant:write", "chat:write"}, renameSession},
	"assistant.threads.setSuggestedPrompts": {[]string{"assistant:write"}, setPrompts},
	"assistant.threads.setStatus":           {[]string{"assistant:write", "chat:write"}, setThreadStatus},
	"assistant.threads.setTitle":            {[]string{"assistant:write"}, renameSession},
}

// Session is what an agent shows beside a thread, or beside a direct channel as
// a whole.
type Session struct {
	Status  string   // active, processing, suspended, closed; or the words of assistant.threads.setStatus
	History []string // every status that there was
	Title   string
}

// Prompt is one that the Messages tab suggests.
type Prompt struct {
	Title   string `json:"title"`
	Message string `json:"message"`
}

// Session is that of a thread, or of a channel where ts is "".
func (s *Slack) Session(channel, ts string) Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.sessions[channel+"/"+ts]
	got.History = slices.Clone(got.History)
	return got
}

// Prompts are those that are suggested in a channel, or thread of it.
func (s *Slack) Prompts(channel, ts string) []Prompt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.prompts[channel+"/"+ts])
}

// session finds what the arguments name: a thread that exists, or a channel.
func (s *Slack) session(c *call) (string, error) {
	place, err := s.open(c.str("channel_id"))
	if err != nil {
		return "", err
	}
	ts := c.str("thread_ts")
	if ts == "" && place.Kind != Direct {
		return "", fail("invalid_arguments")
	}
	if err := place.threadOf(ts); err != nil {
		return "", err
	}
	return place.ID + "/" + ts, nil
}

func setSessionStatus(s *Slack, c *call) (object, error) {
	status := c.str("status")
	if !slices.Contains([]string{"active", "processing", "suspended", "closed"}, status) {
		return nil, fail("invalid_status")
	}
	key, err := s.session(c)
	if err != nil {
		return nil, err
	}
	now := s.sessions[key]
	now.Status, now.History = status, append(now.History, status)
	if title := c.str("title"); title != "" {
		now.Title = title
	}
	s.sessions[key] = now
	return object{"status": status, "agent_status": status, "title": now.Title}, nil
}

func setThreadStatus(s *Slack, c *call) (object, error) {
	key, err := s.session(c)
	if err != nil {
		return nil, err
	}
	now := s.sessions[key]
	now.Status = c.str("status")
	now.History = append(now.History, now.Status)
	s.sessions[key] = now
	return object{}, nil
}

func renameSession(s *Slack, c *call) (object, error) {
	key, err := s.session(c)
	if err != nil {
		return nil, err
	}
	now := s.sessions[key]
	if now.Title = c.str("title"); now.Title == "" {
		return nil, fail("invalid_arguments")
	}
	s.sessions[key] = now
	return object{"title": now.Title}, nil
}

func setPrompts(s *Slack, c *call) (object, error) {
	key, err := s.session(c)
	if err != nil {
		return nil, err
	}
	var prompts []Prompt
	if err := json.Unmarshal(c.raw("prompts"), &prompts); err != nil || len(prompts) == 0 || len(prompts) > 4 {
		return nil, fail("invalid_arguments")
	}
	for _, p := range prompts {
		if p.Title == "" || p.Message == "" || utf8.RuneCountInString(p.Title) > 75 {
			return nil, fail("invalid_arguments")
		}
	}
	s.prompts[key] = prompts
	return object{}, nil
}
