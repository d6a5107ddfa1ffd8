package slacktest

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"
)

// A response_url is good for five answers within half an hour.
const (
	mostResponses = 5
	responseLife  = 30 * time.Minute
)

// responseURL lets the app answer one interaction, where it happened, without a
// token and without being a member there.
type responseURL struct {
	channel, user string
	thread        string
	original      string // ts of the message that was clicked in
	hidden        bool   // that one is ephemeral
	at            time.Time
	uses          int
}

// respondAt gives the URL of u. The caller holds mu.
func (s *Slack) respondAt(u *responseURL) string {
	id := rand.Text()
	s.responses[id] = u
	return s.server.URL + "/response/" + id
}

// serveResponseURL takes one answer to an interaction. To Fail and Calls it is
// the method "response_url".
func (s *Slack) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	f := s.fault("response_url")
	index := s.note("response_url", f)
	if f != nil && !f.Done {
		s.goWrong(w, r, f, body)
		return
	}
	answer, err := s.answerResponse(r.PathValue("id"), body)
	if err != nil {
		s.mu.Lock()
		s.calls[index].Error = err.Error()
		s.mu.Unlock()
	}
	if f != nil && s.goWrong(w, r, f, body) {
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		answer = object{"ok": false, "error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *Slack) answerResponse(id string, body []byte) (object, error) {
	var args object
	if json.Unmarshal(body, &args) != nil {
		return nil, fail("invalid_payload")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.responses[id]
	switch {
	case u == nil:
		return nil, fail("no_such_url")
	case s.config.Now().Sub(u.at) > responseLife:
		return nil, fail("expired_url")
	case u.uses >= mostResponses:
		return nil, fail("used_url")
	}
	u.uses++
	return s.respond(u, &call{args: args})
}

// respond shows an answer to an interaction: in place of the message that was
// clicked in, to everybody, or only to who did it. The caller holds mu.
func (s *Slack) respond(u *responseURL, c *call) (object, error) {
	ok := object{"ok": true}
	place := s.channels[u.channel]
	if c.truth("delete_original") {
		if u.hidden {
			s.ephemerals = slices.DeleteFunc(s.ephemerals, func(e *Ephemeral) bool { return e.TS == u.original })
		} else if m := place.find(u.original); m != nil {
			s.removed(place, m)
		}
		return ok, nil
	}
	m := Message{Channel: u.channel, User: botUser, BotID: botID, ThreadTS: c.str("thread_ts")}
	if err := s.content(c, &m); err != nil {
		return nil, err
	}
	if c.truth("replace_original") && u.original != "" {
		return ok, s.replace(place, u, m)
	}
	if c.str("response_type") == "in_channel" {
		if err := place.threadOf(m.ThreadTS); err != nil {
			return nil, err
		}
		s.post(place, &m)
		return ok, nil
	}
	m.TS = s.nextTS()
	s.ephemerals = append(s.ephemerals, &Ephemeral{m, u.user})
	return ok, nil
}

// replace puts other content into the message that was clicked in.
func (s *Slack) replace(place *channel, u *responseURL, next Message) error {
	if u.hidden {
		for _, e := range s.ephemerals {
			if e.TS == u.original {
				e.Text, e.Blocks, e.Edited = next.Text, next.Blocks, e.Edited+1
				return nil
			}
		}
		return fail("message_not_found")
	}
	m := place.find(u.original)
	if m == nil || m.BotID != botID {
		return fail("message_not_found")
	}
	before := s.json(m, false)
	m.Text, m.Blocks, m.Edited = next.Text, next.Blocks, m.Edited+1
	s.changed(place, before, m)
	return nil
}
