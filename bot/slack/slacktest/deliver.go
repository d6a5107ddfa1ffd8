package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Ack is how the bot acknowledged a delivery.
type Ack struct {
	Acknowledged bool
	Tries        int
	Status       int             // by HTTP: of the last answer, 0 if there was none
	Payload      json.RawMessage // what came with it, such as the answer to a command; plain text is {"text": ...}
	declined     bool            // the bot does not want to be asked again
	reason       string          // why not, as a retry names it
}

// Delivery is something that people did, and what became of telling the bot.
type Delivery struct {
	TS  string // of the message that was said, if one was
	Err error  // Slack refused it to the person, and nothing was delivered

	sent []envelope
	done chan struct{}

	mu   sync.Mutex
	left int // envelopes that are neither acknowledged nor given up
	ack  Ack
}

// refuse is what a person gets to see instead of a delivery.
func refuse(format string, args ...any) *Delivery {
	d := &Delivery{Err: fmt.Errorf(format, args...), done: make(chan struct{})}
	close(d.done)
	return d
}

// Wait waits until all that was delivered is acknowledged, or given up after
// the last retry. If ctx ends before that, it is not acknowledged.
func (d *Delivery) Wait(ctx context.Context) Ack {
	select {
	case <-d.done:
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	ack := d.ack
	ack.Acknowledged = ack.Acknowledged && d.left == 0 && d.Err == nil
	return ack
}

func (d *Delivery) finish(a Ack) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a.Acknowledged = a.Acknowledged && d.ack.Acknowledged
	a.Tries = max(a.Tries, d.ack.Tries)
	d.ack = a
	if d.left--; d.left == 0 {
		close(d.done)
	}
}

// envelope is one thing to tell the bot.
type envelope struct {
	kind    string // type of the envelope over a socket
	path    string // below the bot's URL
	payload object
	answers bool // an answer may come with the acknowledgement
	repeats bool // is delivered again if unacknowledged
	then    func(answer json.RawMessage)
	proof   string // what an answer must hold to acknowledge, by HTTP
}

// dispatch delivers each of envelopes by itself, in no particular order, as
// Slack does with the two events of one message that mentions the app. The
// caller holds mu.
func (s *Slack) dispatch(ts string, envelopes ...envelope) *Delivery {
	d := &Delivery{TS: ts, sent: envelopes, done: make(chan struct{}), left: len(envelopes), ack: Ack{Acknowledged: true}}
	if d.left == 0 {
		close(d.done)
	}
	for _, e := range envelopes {
		run := func() { d.finish(s.deliver(e)) }
		if s.holding {
			s.held = append(s.held, run)
		} else {
			s.background(run)
		}
	}
	return d
}

// Hold keeps back what would be delivered, until release delivers it one after
// the other, the latest first.
func (s *Slack) Hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = true
	return sync.OnceFunc(func() {
		s.mu.Lock()
		held := s.held
		s.holding, s.held = false, nil
		s.mu.Unlock()
		s.background(func() {
			for _, run := range slices.Backward(held) {
				run()
			}
		})
	})
}

// deliver delivers e until it is acknowledged or all retries are used up.
func (s *Slack) deliver(e envelope) Ack {
	id := s.envelopeID()
	var ack Ack
	for try := 0; ; try++ {
		ctx, cancel := context.WithTimeout(s.ctx, s.config.Patience)
		ack = s.try(ctx, e, id, try, ack.reason)
		cancel()
		ack.Tries = try + 1
		if ack.Acknowledged || ack.declined || !e.repeats || try == len(s.config.Retries) {
			break
		}
		select {
		case <-time.After(s.config.Retries[try]):
		case <-s.ctx.Done():
			return ack
		}
		if !s.config.SameEnvelope {
			id = s.envelopeID()
		}
	}
	if ack.Acknowledged && e.then != nil {
		e.then(ack.Payload)
	}
	return ack
}

func (s *Slack) envelopeID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nextID("envelope-")
}

// try delivers e once, by the way that the app is set to.
func (s *Slack) try(ctx context.Context, e envelope, id string, retry int, reason string) Ack {
	s.mu.Lock()
	base := s.requestURL
	s.mu.Unlock()
	if base == "" {
		return s.toSocket(ctx, e, id, retry)
	}
	return s.toURL(ctx, e, retry, reason)
}

// event wraps inner as the Events API does. eventID "" makes a new one. The
// caller holds mu.
func (s *Slack) event(eventID string, inner object) envelope {
	if eventID == "" {
		eventID = s.nextID("Ev")
	}
	place, _ := inner["channel"].(string)
	c := s.channels[place]
	return envelope{kind: "events_api", path: "/slack/events", repeats: true, payload: object{
		"type": "event_callback", "token": "deprecated", "team_id": s.config.Team, "api_app_id": appID, "event": inner,
		"event_id": eventID, "event_time": s.config.Now().Unix(), "event_context": "context-" + eventID,
		"context_team_id": s.config.Team, "is_ext_shared_channel": c != nil && c.Shared,
		"authorizations": []object{{
			"enterprise_id": nil, "team_id": s.config.Team, "user_id": botUser, "is_bot": true, "is_enterprise_install": false,
		}},
	}}
}

// Deliver delivers one event once, without retries, and says whether it was
// acknowledged within Config.Patience. inner is what "event" has; the same
// eventID again is a redelivery.
func (s *Slack) Deliver(ctx context.Context, eventID string, inner map[string]any) bool {
	ctx, cancel := context.WithTimeout(ctx, s.config.Patience)
	defer cancel()
	s.mu.Lock()
	e := s.event(eventID, inner)
	s.mu.Unlock()
	return s.try(ctx, e, s.envelopeID(), 0, "").Acknowledged
}

// RawEvent delivers any event, known or not.
func (s *Slack) RawEvent(inner map[string]any) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dispatch("", s.event("", inner))
}

// RawEnvelope delivers payload in an envelope of any type, known or not.
func (s *Slack) RawEnvelope(kind string, payload map[string]any) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dispatch("", envelope{kind: kind, path: "/slack/events", payload: payload, repeats: true})
}

// AppRateLimited tells the bot that it missed events.
func (s *Slack) AppRateLimited() *Delivery {
	return s.RawEnvelope("events_api", object{
		"type": "app_rate_limited", "token": "deprecated", "team_id": s.config.Team, "api_app_id": appID,
		"minute_rate_limited": s.config.Now().Unix() / 60 * 60,
	})
}

// VerifyURL asks the bot to prove that it speaks for its request URL: only an
// answer with the challenge acknowledges.
func (s *Slack) VerifyURL(challenge string) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dispatch("", envelope{kind: "events_api", path: "/slack/events", payload: object{
		"type": "url_verification", "token": "deprecated", "challenge": challenge,
	}, proof: challenge})
}

// Repeat delivers again what d delivered, although it was acknowledged: with
// newEventIDs it looks like something else that happens to say the same.
func (s *Slack) Repeat(d *Delivery, newEventIDs bool) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := slices.Clone(d.sent)
	for i, e := range again {
		if _, event := e.payload["event_id"]; event && newEventIDs {
			again[i].payload = maps.Clone(e.payload)
			again[i].payload["event_id"] = s.nextID("Ev")
		}
	}
	return s.dispatch(d.TS, again...)
}

// needs are the scopes without which an event is not delivered.
var needs = map[string]string{
	"app_mention": "app_mentions:read", "message.channels": "channels:history", "message.groups": "groups:history",
	"message.im": "im:history", "member_joined_channel": "channels:read", "reaction_added": "reactions:read",
}

// subscribed says whether the bot gets to know of event.
func (s *Slack) subscribed(event string) bool {
	scope := needs[event]
	return slices.Contains(s.config.Events, event) && (scope == "" || slices.Contains(s.config.Scopes, scope))
}

// messageEvent gives the envelope of a message event in c, or none where the
// bot is not told. The caller holds mu.
func (s *Slack) messageEvent(c Channel, inner object) []envelope {
	if !s.subscribed("message."+string(c.Kind)+plural(c.Kind)) || !slices.Contains(c.Members, botUser) {
		return nil
	}
	inner["channel"], inner["channel_type"] = c.ID, string(c.Kind)
	if inner["event_ts"] == nil {
		inner["event_ts"] = inner["ts"]
	}
	return []envelope{s.event("", inner)}
}

func plural(k Kind) string {
	if k == Direct {
		return ""
	}
	return "s"
}
