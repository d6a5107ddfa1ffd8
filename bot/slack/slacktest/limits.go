package slacktest

import (
	"crypto/rand"
	"strings"
	"time"
)

// connectionMethods are about the app itself.
var connectionMethods = map[string]method{
	"auth.test":             {run: authTest},
	"apps.connections.open": {run: openConnection},
}

func authTest(s *Slack, _ *call) (object, error) {
	return object{
		"url": "https://loopback.slack.com/", "team": "loopback", "team_id": s.config.Team, "user": "decline61",
		"user_id": botUser, "bot_id": botID, "is_enterprise_install": false,
	}, nil
}

// openConnection gives a URL with a ticket that is good for one connection.
// Whoever asks too often is told to wait: a client that reconnects in a storm
// gets no further.
func openConnection(s *Slack, _ *call) (object, error) {
	if s.linkDisabled {
		return nil, fail("link_disabled")
	}
	if limit := s.config.OpensAMinute; limit > 0 && s.opens() > limit {
		return nil, &apiError{code: "ratelimited", after: time.Minute}
	}
	ticket := rand.Text()
	s.tickets[ticket] = true
	return object{"url": "ws" + strings.TrimPrefix(s.server.URL, "http") + "/link/?app_id=" + appID + "&ticket=" + ticket}, nil
}

// Opens counts the requests for a connection in the last minute.
func (s *Slack) Opens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opens()
}

func (s *Slack) opens() (n int) {
	since := s.config.Now().Add(-time.Minute)
	for _, c := range s.calls {
		if c.Method == "apps.connections.open" && c.At.After(since) {
			n++
		}
	}
	return n
}

// bucket lets posts of one channel through.
type bucket struct {
	left float64
	at   time.Time
}

// pace lets one post to channel through, or says when. The caller holds mu.
func (s *Slack) pace(channel string) error {
	if s.config.Rate < 0 {
		return nil
	}
	now, most := s.config.Now(), float64(s.config.Burst)
	b := s.buckets[channel]
	if b == nil {
		b = &bucket{left: most, at: now}
		s.buckets[channel] = b
	}
	b.left = min(most, b.left+now.Sub(b.at).Seconds()*s.config.Rate)
	b.at = now
	if b.left < 1 {
		missing := (1 - b.left) / s.config.Rate
		return &apiError{code: "ratelimited", after: time.Duration(missing * float64(time.Second))}
	}
	b.left--
	return nil
}
