package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decline61/bot"
	"decline61/bot/store"
	"decline61/bot/wecom"
	"decline61/bot/wecom/wecomtest"
	"decline61/index"
	"decline61/kb"
)

func TestMain(m *testing.M) {
	realBot() // bleve has workers from then on
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

// realBot is the bot over the embedded knowledge base.
var realBot = sync.OnceValue(func() *bot.Bot {
	k, err := kb.Load(kb.Embedded())
	if err != nil {
		panic(err)
	}
	x, err := index.New(k)
	if err != nil {
		panic(err)
	}
	return bot.New(index.NewLive(x))
})

// world is the whole bot in front of a fake WeCom: real knowledge base, real
// store, real loop.
type world struct {
	*testing.T
	fake    *wecomtest.WeCom
	clock   *wecomtest.Clock
	channel *Channel
	db      *store.DB
	logs    *lockedText

	mu      sync.Mutex
	presses []Press
}

const patience = 8 * time.Second

// channelFor makes a channel for a fake.
func channelFor(t testing.TB, fake *wecomtest.WeCom, c Config) (*Channel, *http.Client) {
	t.Helper()
	f := fake.Config()
	hc := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	t.Cleanup(hc.CloseIdleConnections)
	client, err := wecom.NewClient(wecom.Config{BaseURL: fake.URL(), CorpID: f.CorpID, Secret: f.AppSecret, HTTP: hc, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c.CorpID, c.AgentID, c.Token, c.EncodingAESKey = f.CorpID, f.AgentID, f.Token, f.AESKey
	c.Client, c.Bot = client, realBot()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	fake.CallBack("", server.URL, "")
	return a, hc
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, clock: &wecomtest.Clock{}, logs: &lockedText{}}
	w.fake = wecomtest.New(t, wecomtest.Config{Clock: w.clock, Retries: []time.Duration{10 * time.Millisecond, 10 * time.Millisecond}})
	db, err := store.Open(t.Context(), store.Options{URL: filepath.Join(t.TempDir(), "bot.db")})
	if err != nil {
		t.Fatal(err)
	}
	w.db = db
	w.channel, _ = channelFor(t, w.fake, Config{
		Window: 50 * time.Millisecond, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.logs, nil)),
		Press: func(_ context.Context, p Press) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.presses = append(w.presses, p)
		},
	})
	loop, err := bot.NewLoop(bot.Settings{Answerer: realBot(), Store: db, Channels: []bot.Channel{w.channel}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() { _ = loop.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended; db.Close() })
	w.until("the channel runs", func() bool { return w.channel.Well(t.Context()) == nil })
	return w
}

// until waits for something that should happen soon.
func (w *world) until(what string, happened func() bool) {
	w.Helper()
	for began := time.Now(); !happened(); time.Sleep(3 * time.Millisecond) {
		if time.Since(began) > patience {
			w.Fatalf("waited %v in vain: %s\n%s", patience, what, w.logs.String())
		}
	}
}

func (w *world) delivered(d *wecomtest.Delivery) {
	w.Helper()
	if d.Err != nil {
		w.Fatal(d.Err)
	}
	if ack := d.Wait(w.Context()); !ack.Acknowledged {
		w.Fatalf("not acknowledged: %+v", ack)
	}
}

// of are the bot's messages of a type to a member.
func (w *world) of(member, msgtype string) (all []wecomtest.Said) {
	for _, s := range w.fake.Sent("app/" + member) {
		if s.Type == msgtype {
			all = append(all, s)
		}
	}
	return all
}

// text waits for the bot's nth text to a member.
func (w *world) text(member string, n int) string {
	w.Helper()
	w.until("a text", func() bool { return len(w.of(member, "text")) >= n })
	return w.of(member, "text")[n-1].Text
}

// fine makes sure that everything was sent, no rule was broken and no secret logged.
func (w *world) fine() {
	w.Helper()
	w.until("everything is answered and sent", func() bool {
		s, err := w.db.Stats(w.Context(), time.Now())
		return err == nil && s.Unanswered == 0 && s.Unsent == 0
	})
	for _, rule := range w.fake.Invariants() {
		w.Error("broken:", rule)
	}
	for _, c := range w.fake.Complaints() {
		w.Error("complaint:", c)
	}
	for _, secret := range w.fake.Secrets() {
		if strings.Contains(w.logs.String(), secret) {
			w.Error("a secret is in the log")
		}
	}
}

type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
