package slacktest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goslack "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"decline61/bot"
	"decline61/bot/channeltest"
	"decline61/bot/mask"
)

// leastChannel is the least channel that passes the suite on this platform.
type leastChannel struct {
	*Platform
	client *goslack.Client
	socket bool
	inbox  atomic.Pointer[bot.Inbox]
}

func (c *leastChannel) Manner() bot.Manner {
	return bot.Manner{Name: "slack", Timeout: 300 * time.Millisecond, MaxText: 39_000}
}

func (c *leastChannel) Run(ctx context.Context, in bot.Inbox) error {
	c.inbox.Store(&in)
	defer c.inbox.Store(nil)
	if !c.socket {
		<-ctx.Done()
		return ctx.Err()
	}
	loop := socketmode.New(c.client)
	go func() {
		for e := range loop.Events {
			if e.Type == socketmode.EventTypeEventsAPI {
				go func() { // or one that waits holds up all
					if c.receive(ctx, e.Request.Payload) == nil {
						_ = loop.AckCtx(ctx, e.Request.EnvelopeID, nil)
					}
				}()
			}
		}
	}()
	return loop.RunContext(ctx)
}

func (c *leastChannel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	verifier, err := goslack.NewSecretsVerifier(r.Header, c.SigningSecret())
	if err == nil {
		_, _ = verifier.Write(body)
		err = verifier.Ensure()
	}
	if err == nil {
		err = c.receive(r.Context(), body)
	}
	if err != nil {
		http.Error(w, "no", http.StatusServiceUnavailable)
	}
}

func (c *leastChannel) receive(ctx context.Context, payload []byte) error {
	var p struct {
		Event struct {
			Type, Channel, TS, Text string
			Thread                  string `json:"thread_ts"`
		}
	}
	if err := json.Unmarshal(payload, &p); err != nil || p.Event.Type != "app_mention" {
		return err
	}
	in := c.inbox.Load()
	if in == nil {
		return errors.New("not running")
	}
	e := p.Event
	text, found := mask.Mask(strings.TrimSpace(strings.ReplaceAll(e.Text, "<@"+c.Bot()+">", "")))
	_, err := (*in).Receive(ctx, bot.Delivery{Channel: "slack", Messages: []bot.Message{{
		ID: e.TS, From: bot.Address{Channel: "slack", Thread: e.Channel + "/" + cmp.Or(e.Thread, e.TS)},
		Role: bot.Merchant, Text: text, Found: found, Time: time.Now(),
	}}})
	return err
}

func (c *leastChannel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	place, thread, _ := strings.Cut(o.To.Thread, "/")
	_, ts, err := c.client.PostMessageContext(ctx, place, goslack.MsgOptionTS(thread), goslack.MsgOptionText(escape.Replace(o.Text.String()), false),
		goslack.MsgOptionMetadata(goslack.SlackMetadata{EventType: "decline61_answer", EventPayload: map[string]any{"key": o.Key}}))
	var limited *goslack.RateLimitedError
	switch {
	case errors.As(err, &limited):
		return bot.Receipt{}, &bot.SendError{Class: bot.Backoff, After: limited.RetryAfter, Err: errors.New("too fast")}
	case err != nil && codeOf(err) == "token_expired":
		return bot.Receipt{}, &bot.SendError{Class: bot.NeedsCredentials, Err: errors.New("the token has expired")}
	case err != nil && codeOf(err) == "restricted_action":
		return bot.Receipt{}, &bot.SendError{Class: bot.Never, Err: errors.New("not allowed there")}
	case err != nil:
		return bot.Receipt{}, errors.New("posting failed")
	}
	return bot.Receipt{ID: ts}, nil
}

func (c *leastChannel) Find(ctx context.Context, o bot.Outgoing) (bot.Receipt, bool, error) {
	place, thread, _ := strings.Cut(o.To.Thread, "/")
	messages, _, _, err := c.client.GetConversationRepliesContext(ctx, &goslack.GetConversationRepliesParameters{ChannelID: place, Timestamp: thread, IncludeAllMetadata: true})
	if err != nil {
		return bot.Receipt{}, false, errors.New("looking failed")
	}
	for _, m := range messages {
		if m.Metadata.EventPayload["key"] == o.Key {
			return bot.Receipt{ID: m.Timestamp}, true, nil
		}
	}
	return bot.Receipt{}, false, nil
}

// TestPlatform: what the suite asks for can be done with this platform, by both
// ways.
func TestPlatform(t *testing.T) {
	for name, socket := range map[string]bool{"http": false, "socket": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, channeltest.Setup{
				Threads: Threads, NoAgents: true, Unsigned: socket,
				Open: func(t testing.TB) (bot.Channel, channeltest.Platform) {
					config := short()
					if socket { // what is refused is not acknowledged for that long
						config.Patience = time.Second
					}
					p := Open(t, config)
					c := &leastChannel{Platform: p, client: clientOf(p.Slack), socket: socket}
					if !socket {
						near := httptest.NewServer(c)
						t.Cleanup(near.Close)
						p.SetRequestURL(near.URL)
					}
					return c, p
				},
			})
		})
	}
}
