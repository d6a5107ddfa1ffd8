package slacktest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
)

// Threads are two threads that every [Platform] has, in two channels where the
// bot and the merchant [Merchant] are members.
var Threads = [2]string{"C0FIRST/1700000000.000100", "C0SECOND/1700000000.000200"}

// Merchant is who writes in Threads.
const Merchant = "U0MERCHANT"

// Platform makes a Slack what channeltest asks for. Deliveries go by HTTP or by
// socket as the Slack is set.
type Platform struct {
	*Slack
	// Codes are the errors of the Web API that stand for faults which Slack has
	// no one way to say. What is not here, this platform cannot do.
	Codes map[channeltest.Fault]string
	// Sends are the methods that send something or look for it, as in
	// [Slack.Fail].
	Sends string
	// Slow is how long an answer takes that is channeltest.Slow.
	Slow time.Duration
}

var _ channeltest.Platform = (*Platform)(nil)

// NewPlatform puts Threads into s and makes it a platform.
func NewPlatform(s *Slack) *Platform {
	s.AddUser(User{ID: Merchant})
	for _, t := range Threads {
		id, ts, _ := strings.Cut(t, "/")
		s.AddChannel(Channel{ID: id, Members: []string{Merchant, botUser}})
		s.mu.Lock()
		c := s.channels[id]
		c.messages = append(c.messages, &Message{Channel: id, TS: ts, User: Merchant, Text: "<@" + botUser + "> 61"})
		s.mu.Unlock()
	}
	return &Platform{
		Slack: s,
		Codes: map[channeltest.Fault]string{channeltest.Refused: "restricted_action", channeltest.Expired: "token_expired"},
		Sends: "chat.postMessage|chat.startStream|conversations.replies|conversations.history",
		Slow:  5 * time.Second,
	}
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// mention is m as an app_mention: whatever a channel is set to, it is meant for
// the bot. The event id is made from the message, so that m again is a
// redelivery.
func (p *Platform) mention(m channeltest.Message) (eventID string, inner object) {
	id, ts, _ := strings.Cut(m.Thread, "/")
	return "Ev-" + m.Thread + "-" + m.ID, object{
		"type": "app_mention", "user": Merchant, "team": p.config.Team, "channel": id, "channel_type": string(Public),
		"ts": m.ID, "event_ts": m.ID, "thread_ts": ts, "text": "<@" + botUser + "> " + escape.Replace(m.Text),
	}
}

// Deliver hands m over once.
func (p *Platform) Deliver(ctx context.Context, m channeltest.Message) bool {
	eventID, inner := p.mention(m)
	return p.Slack.Deliver(ctx, eventID, inner)
}

// Forge posts m to the bot's URL with the signature of somebody who does not
// know the secret. A socket cannot be forged: nothing is delivered.
func (p *Platform) Forge(ctx context.Context, m channeltest.Message) bool {
	eventID, inner := p.mention(m)
	p.mu.Lock()
	e, base := p.event(eventID, inner), p.requestURL
	p.mu.Unlock()
	r, err := e.request()
	if err != nil || base == "" {
		return false
	}
	r.Secret = "guess"
	status, _, _, err := p.Request(ctx, r)
	return err == nil && status/100 == 2
}

// Posts are the messages of the bot in Threads.
func (p *Platform) Posts() []channeltest.Post {
	var posts []channeltest.Post
	for _, t := range Threads {
		id, _, _ := strings.Cut(t, "/")
		for _, m := range p.Messages(id) {
			if m.BotID != botID {
				continue
			}
			post := channeltest.Post{ID: m.TS, Thread: id + "/" + m.ThreadTS, Role: bot.Robot, Text: m.Plain()}
			if m.Metadata != nil {
				post.Key, _ = m.Metadata.EventPayload["key"].(string)
			}
			posts = append(posts, post)
		}
	}
	slices.SortFunc(posts, func(a, b channeltest.Post) int { return strings.Compare(a.ID, b.ID) })
	return posts
}

// Fail makes the next request of Sends come to what f says.
func (p *Platform) Fail(f channeltest.Fault) bool {
	fault, ok := map[channeltest.Fault]Fault{
		channeltest.Down:    {Status: 503},
		channeltest.Late:    {Done: true, Status: 502},
		channeltest.Cut:     {Cut: true},
		channeltest.Lost:    {Done: true, Cut: true},
		channeltest.Slow:    {Done: true, Delay: p.Slow},
		channeltest.TooFast: {After: channeltest.RetryAfter},
	}[f]
	if code := p.Codes[f]; code != "" {
		fault, ok = Fault{Code: code}, true
	}
	if ok {
		p.Slack.Fail(p.Sends, fault)
	}
	return ok
}

// Secrets are the tokens and the key of the signatures.
func (p *Platform) Secrets() []string {
	return []string{p.BotToken(), p.AppToken(), p.SigningSecret()}
}

// Open starts a Slack with a platform on it for one test.
func Open(t testing.TB, c Config) *Platform { return NewPlatform(New(t, c)) }
