//go:build soak

package soak

import (
	"testing"
	"time"
)

// planted says for each bug that the soak build can make what provokes it, and
// as what the checker may notice it.
var planted = map[string]soak{
	"no-dedupe":             {until: []string{"double", "invented"}, traffic: traffic{duplicates: 0.5}},
	"ack-before-commit":     {until: missing, chaos: chaos{points: []string{"receive.before", "receive.committed"}}},
	"no-version-check":      {until: missing, traffic: traffic{agents: 0.2, length: 8, together: 0.7, unanswered: 8}},
	"split-commit":          {until: missing, chaos: chaos{points: []string{"commit.before", "commit.committed"}}},
	"no-send-order":         {until: missing, traffic: traffic{together: 0.3, unanswered: 8}, mischief: &mischief{down: 0.1, cut: 0.1}},
	"sent-before-send":      {until: missing, mischief: &mischief{cut: 0.1}, chaos: chaos{points: []string{"send.before", "sent.before"}}},
	"forget-unknown":        {until: missing, mischief: &mischief{lost: 0.1, cut: 0.1}, chaos: chaos{points: []string{"due.committed", "send.before", "send.after", "sent.before"}}},
	"no-look-before-resend": {until: []string{"double"}, mischief: &mischief{lost: 0.2}},
	"talks-over-agent":      {until: []string{"over agent"}, traffic: traffic{agents: 0.9, length: 4}},
	"newest-of-burst-only":  {until: missing, traffic: traffic{together: 0.8, unanswered: 8}, window: 30 * time.Millisecond},
	"unstable-key":          {until: []string{"double"}, mischief: &mischief{lost: 0.2}},
}

// missing is how a message that is lost shows: at the latest at the end, and
// sooner by an answer to a later one.
var missing = []string{"lost", "passed over"}

// provoking fills in what all have in common.
func (s soak) provoking(bug string) soak {
	s.bug, s.time, s.drain = bug, 6*time.Second, 12*time.Second
	s.traffic.conversations = 40
	if s.traffic.length == 0 {
		s.traffic.length = 10
	}
	if s.traffic.unanswered == 0 {
		s.traffic.unanswered = 3
	}
	m := mischief{}
	if s.mischief != nil { // which counts what it does, so that each run needs its own
		m.lost, m.cut, m.down = s.mischief.lost, s.mischief.cut, s.mischief.down
	}
	s.mischief = &m
	if s.chaos.points == nil {
		s.chaos.life = 2 * s.time // hardly ever killed
		return s
	}
	s.chaos.life, s.chaos.atPoint, s.chaos.passes = 400*time.Millisecond, 0.9, 60
	return s
}

// TestPlanted: the checker notices every bug, soon.
func TestPlanted(t *testing.T) {
	for bug, s := range planted {
		t.Run(bug, func(t *testing.T) {
			began := time.Now()
			for range 3 {
				r := s.provoking(bug).run(t)
				if r.ledger.count(s.until...) > 0 {
					t.Logf("noticed after %v, %d messages and %d kills: %s", brief(time.Since(began)), r.ledger.messages, r.deaths.kills, r.ledger.verdict())
					return
				}
			}
			t.Errorf("the bot has this bug, and nothing is noticed in %v", brief(time.Since(began)))
		})
	}
}

// TestPlantedNone: what provokes the bugs makes a bot without them do nothing
// wrong, so that it is the bugs which TestPlanted notices.
func TestPlantedNone(t *testing.T) {
	for bug, s := range planted {
		t.Run(bug, func(t *testing.T) {
			s = s.provoking("")
			s.until, s.time = nil, 2*time.Second
			if v := s.run(t).ledger.verdict(); v != "" {
				t.Error(v)
			}
		})
	}
}
