package slack

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	goslack "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"decline61/bot/slack/slacktest"
)

// These tests put the library's own Socket Mode loop next to ours, against the
// same fake. It failing is what shows that the fake can tell them apart.

// theirs runs slack-go's loop. Events are acknowledged as soon as they are
// taken out of its channel, which is not done before release is closed.
func theirs(t *testing.T, fake *slacktest.Slack, release <-chan struct{}, options ...socketmode.Option) (taken func() []string) {
	t.Helper()
	quiet := log.New(io.Discard, "", 0)
	api := goslack.New("xoxb-unused", goslack.OptionAppLevelToken(fake.AppToken()), goslack.OptionAPIURL(fake.APIURL()), goslack.OptionLog(quiet),
		goslack.OptionHTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
	client := socketmode.New(api, append(options, socketmode.OptionLog(quiet))...)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() { cancel(); all.Wait() })
	var mu sync.Mutex
	var took []string
	all.Go(func() { _ = client.RunContext(ctx) }) // what it says at the end is not looked at
	all.Go(func() {
		select {
		case <-release:
		case <-ctx.Done():
			return
		}
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-client.Events:
				if e.Request == nil || e.Type == socketmode.EventTypeHello {
					continue
				}
				if outer, ok := e.Data.(slackevents.EventsAPIEvent); ok {
					if m, ok := outer.InnerEvent.Data.(*slackevents.MessageEvent); ok {
						mu.Lock()
						took = append(took, m.Text)
						mu.Unlock()
					}
				}
				_ = client.AckCtx(ctx, e.Request.EnvelopeID, nil) // fails only at the end
			}
		}
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(took)
	}
}

// always is a release that has happened.
func always() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// Slack greets every connection and hangs up on it, as in a bad deployment.
// Who reconnects at once makes it worse, and is locked out by the limits of
// apps.connections.open.
func TestSocketsReconnectStorm(t *testing.T) {
	began := time.Now()
	hangUp := func(s *slacktest.Socket) { s.Close(1000) }

	l := newLine(t, slacktest.Config{}, func(l *line) {
		l.sockets.timing = usual
		l.OnHello(hangUp)
	})
	fake := slacktest.New(t, quick(slacktest.Config{}))
	fake.OnHello(hangUp)
	theirs(t, fake, always())
	time.Sleep(1200 * time.Millisecond)
	stormy, calm := len(fake.Calls("apps.connections.open")), len(l.Calls("apps.connections.open"))
	long := time.Since(began)
	t.Logf("in %v: slack-go asked for %d connections, we for %d", long.Round(time.Millisecond), stormy, calm)
	if most := 1 + int(long/usual.apart); calm > most {
		t.Errorf("we asked %d times, want at most %d", calm, most)
	}
	if stormy < 10*calm {
		t.Errorf("slack-go asked %d times: the fake does not show the storm", stormy)
	}
}

// Slack invents types all the time. Whoever leaves them unacknowledged gets
// each one four times, and a reputation of failing.
func TestSocketsUnknownTypesAreAcknowledged(t *testing.T) {
	c := quick(slacktest.Config{Patience: 200 * time.Millisecond, Retries: []time.Duration{10 * time.Millisecond}})
	inner := map[string]any{"type": "a_type_of_next_year", "channel": "C1"}
	outer := map[string]any{"type": "something"}

	l := newLine(t, c, nil).connected(t)
	for _, d := range []*slacktest.Delivery{l.RawEvent(inner), l.RawEnvelope("telepathy", outer)} {
		if ack := l.acknowledged(t, d); ack.Tries != 1 {
			t.Errorf("acknowledged at try %d", ack.Tries)
		}
	}
	if n := l.sockets.counts.unknown.Load(); n != 1 {
		t.Errorf("%d unknown envelopes counted, want 1", n)
	}

	fake := slacktest.New(t, c)
	theirs(t, fake, always())
	for deadline := time.Now().Add(10 * time.Second); len(fake.Sockets()) == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if ack := fake.RawEvent(map[string]any{"type": "message", "channel": "C1"}).Wait(t.Context()); !ack.Acknowledged {
		t.Fatal("slack-go does not acknowledge what it knows")
	}
	if fake.RawEvent(inner).Wait(t.Context()).Acknowledged || fake.RawEnvelope("telepathy", outer).Wait(t.Context()).Acknowledged {
		t.Error("slack-go acknowledges what it does not know: this comparison has had its day")
	}
}

// The store hangs for a while, longer than Slack tries again. Every message is
// there afterwards, and the connections have not suffered.
func TestSocketsBlockedConsumer(t *testing.T) {
	const messages = 120
	c := quick(slacktest.Config{Patience: 100 * time.Millisecond, Ping: 50 * time.Millisecond})
	distinct := func(took []string) int {
		slices.Sort(took)
		return len(slices.Compact(took))
	}

	release := make(chan struct{})
	l := newLine(t, c, func(l *line) {
		l.sockets.timing.quiet = time.Second
		l.sockets.take = func(context.Context, envelope) (any, bool) { <-release; return nil, true }
	}).connected(t)
	fake := slacktest.New(t, c)
	taken := theirs(t, fake, release, socketmode.OptionPingInterval(300*time.Millisecond))
	l.soon(t, "slack-go's connection", func() bool { return len(fake.Sockets()) > 0 })
	var all []*slacktest.Delivery
	for i := range messages {
		event := map[string]any{"type": "message", "channel": fmt.Sprint("C", i%7), "text": fmt.Sprint(i), "ts": "1700000000.000100"}
		all = append(all, fake.RawEvent(event), l.RawEvent(event))
	}
	for _, d := range all {
		d.Wait(t.Context()) // until it is given up
	}
	time.Sleep(600 * time.Millisecond) // longer than slack-go can go without answering a ping
	close(release)
	l.soon(t, "all messages", func() bool { return distinct(l.taken()) == messages })
	if n := l.SocketsEver(); n != seats {
		t.Errorf("there were %d connections, want %d: pings are to be answered meanwhile", n, seats)
	}
	time.Sleep(500 * time.Millisecond)
	got := distinct(taken())
	t.Logf("of %d messages slack-go handed over %d, we %d", messages, got, messages)
	if got == messages {
		t.Error("slack-go lost nothing: the fake does not show the defect")
	}
}
