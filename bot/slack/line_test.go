package slack

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goslack "github.com/slack-go/slack"
	"go.uber.org/goleak"

	"decline61/bot/slack/slacktest"
)

// brisk is a timing for tests. What must not happen by itself on a slow
// machine, such as a connection taken for dead, has time enough.
var brisk = timing{
	apart: 10 * time.Millisecond, first: 10 * time.Millisecond, longest: 50 * time.Millisecond, young: time.Millisecond,
	crowded: 300 * time.Millisecond, handshake: 5 * time.Second, quiet: 10 * time.Second, ping: 100 * time.Millisecond,
	write: 5 * time.Second, linger: 5 * time.Second, taking: 5 * time.Second, grace: 5 * time.Second,
}

// line is Socket Mode against a fake Slack.
type line struct {
	*slacktest.Slack
	sockets *sockets
	log     written
	cancel  context.CancelFunc
	ended   chan struct{}
	err     error // of run, once ended

	mu   sync.Mutex
	took []string // texts of events, in the order in which the taker was done with them
}

// quick makes a Slack impatient and generous.
func quick(c slacktest.Config) slacktest.Config {
	c.OpensAMinute = -1
	if c.Ping == 0 {
		c.Ping = 50 * time.Millisecond
	}
	if c.Retries == nil {
		c.Retries = []time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond}
	}
	return c
}

// newLine connects and waits until all connections are there, unless change
// says otherwise. At the end of the test nothing of it may be left, and nothing
// secret may have come into the log.
func newLine(t *testing.T, c slacktest.Config, change func(*line)) *line {
	t.Helper()
	before := goleak.IgnoreCurrent()
	fake, stop := slacktest.Start(quick(c))
	transport := &http.Transport{}
	api := goslack.New("xoxb-unused", goslack.OptionAppLevelToken(fake.AppToken()), goslack.OptionAPIURL(fake.APIURL()),
		goslack.OptionHTTPClient(&http.Client{Transport: transport}))
	ctx, cancel := context.WithCancel(context.Background())
	l := &line{Slack: fake, cancel: cancel, ended: make(chan struct{})}
	l.sockets = &sockets{
		open: func(ctx context.Context) (string, error) {
			_, url, err := api.StartSocketModeContext(ctx)
			return url, err
		},
		take:   func(context.Context, envelope) (any, bool) { return nil, true },
		key:    func(e envelope) string { return eventOf(e.Payload).Channel },
		log:    l.log.logger(),
		timing: brisk,
	}
	if change != nil {
		change(l)
	}
	take := l.sockets.take
	l.sockets.take = func(ctx context.Context, e envelope) (any, bool) {
		answer, ok := take(ctx, e)
		l.mu.Lock()
		defer l.mu.Unlock()
		if ok {
			l.took = append(l.took, eventOf(e.Payload).Text)
		}
		return answer, ok
	}
	l.sockets.filled.Do(l.sockets.fill)
	go func() {
		defer close(l.ended)
		l.err = l.sockets.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-l.ended
		transport.CloseIdleConnections()
		stop()
		goleak.VerifyNone(t, before)
		said := l.log.String() + fmt.Sprint(l.err)
		for _, secret := range []string{"ticket", "/link/", "xapp-1-", fake.BotToken()} {
			if strings.Contains(said, secret) {
				t.Errorf("log or error repeat %q:\n%s", secret, said)
			}
		}
		if t.Failed() {
			t.Logf("log:\n%s", l.log.String())
		}
	})
	return l
}

// connected waits for both connections.
func (l *line) connected(t *testing.T) *line {
	t.Helper()
	l.soon(t, "two connections", func() bool { return len(l.sockets.ways(nil)) == seats && len(l.Sockets()) == seats })
	return l
}

// soon waits for something to become true.
func (l *line) soon(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s\nlog:\n%s", what, l.log.String())
		}
	}
}

// say has Slack deliver a message of a thread.
func (l *line) say(thread, text string) *slacktest.Delivery {
	return l.RawEvent(map[string]any{"type": "message", "channel": thread, "text": text, "ts": "1700000000.000100"})
}

func (l *line) taken() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.took)
}

// acknowledged fails the test unless Slack hears that d is kept.
func (l *line) acknowledged(t *testing.T, d *slacktest.Delivery) slacktest.Ack {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ack := d.Wait(ctx)
	if !ack.Acknowledged {
		t.Errorf("not acknowledged after %d tries", ack.Tries)
	}
	return ack
}

// end waits until run is over, and gives its error.
func (l *line) end(t *testing.T) error {
	t.Helper()
	select {
	case <-l.ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	return l.err
}

// busy is how many envelopes are held.
func (l *line) busy() int { return int(l.sockets.counts.held.Load()) }
