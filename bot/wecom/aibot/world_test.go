package aibot

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

// world is the whole bot in front of a fake WeCom: real knowledge base, real
// store, real loop.
type world struct {
	*testing.T
	fake  *wecomtest.WeCom
	clock *wecomtest.Clock
	path  string // of the database
	long  bool   // by the long connection
	tweak func(*Channel)

	channel *Channel
	db      *store.DB
	server  *httptest.Server
	logs    *lockedText
	stop    func()
}

// ways are the two ways in; every conversation must go the same by both.
var ways = map[string]bool{"long connection": true, "callback": false}

const patience = 20 * time.Second // on a machine that is busy with other things

// hasty is for a fake on loopback.
var hasty = timing{
	life: 5 * time.Minute, over: 10 * time.Minute, revived: time.Minute, sweep: 10 * time.Millisecond, look: 50 * time.Millisecond, taken: 2 * time.Second,
	keep: 3 * time.Second, send: 4 * time.Second, last: time.Second,
	handshake: 2 * time.Second, ack: 3 * time.Second, ping: 50 * time.Millisecond, first: 5 * time.Millisecond,
	longest: 50 * time.Millisecond, young: time.Second, silent: 30 * time.Minute, kicked: 100 * time.Millisecond, banished: 400 * time.Millisecond,
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

func newWorld(t *testing.T, long bool, c wecomtest.Config, tweak func(*Channel)) *world {
	t.Helper()
	w := &world{T: t, clock: &wecomtest.Clock{}, path: filepath.Join(t.TempDir(), "bot.db"), long: long, tweak: tweak, logs: &lockedText{}}
	c.Clock = w.clock
	if c.Poll == 0 {
		c.Poll = 5 * time.Millisecond
	}
	if c.Retries == nil {
		c.Retries = []time.Duration{10 * time.Millisecond, 10 * time.Millisecond}
	}
	if c.SubscribeMinute == 0 {
		c.SubscribeMinute = 1000
	}
	w.fake = wecomtest.New(t, c)
	w.fake.AddGroup("wrg1", "zhang", "li")
	if !long {
		w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if c := w.now(); c != nil {
				c.ServeHTTP(rw, r)
				return
			}
			http.Error(rw, "down", http.StatusBadGateway)
		}))
		t.Cleanup(w.server.Close)
		w.fake.CallBack("", "", w.server.URL)
	}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

var starting sync.Mutex

func (w *world) now() *Channel {
	starting.Lock()
	defer starting.Unlock()
	return w.channel
}

func (w *world) config(db Journal) Config {
	f := w.fake.Config()
	c := Config{
		BotName: wecomtest.BotName, Journal: db, Bot: realBot(), Window: 50 * time.Millisecond, Now: w.clock.Now,
		Log: slog.New(slog.NewTextHandler(w.logs, nil)),
	}
	if w.long {
		c.BotID, c.Secret, c.URL = f.BotID, f.BotSecret, w.fake.SocketURL()
	} else {
		c.Token, c.EncodingAESKey = f.BotToken, f.BotAESKey
	}
	return c
}

// start starts the bot; after stop it goes on where it was.
func (w *world) start() {
	w.Helper()
	db, err := store.Open(w.Context(), store.Options{URL: w.path})
	if err != nil {
		w.Fatal(err)
	}
	a, err := New(w.config(db))
	if err != nil {
		w.Fatal(err)
	}
	a.timing = hasty
	if w.tweak != nil {
		w.tweak(a)
	}
	loop, err := bot.NewLoop(bot.Settings{Answerer: realBot(), Store: db, Channels: []bot.Channel{a}})
	if err != nil {
		w.Fatal(err)
	}
	starting.Lock()
	w.channel, w.db = a, db
	starting.Unlock()
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	ended := make(chan struct{})
	go func() { _ = loop.Run(ctx); close(ended) }()
	w.stop = sync.OnceFunc(func() {
		starting.Lock()
		w.channel = nil
		starting.Unlock()
		cancel()
		<-ended
		db.Close()
	})
	w.until("the way in is open", func() bool { return a.Well(w.Context()) == nil || a.socket != nil && !w.long })
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

// said waits until the bot has said n finished things in a chat, and gives the last.
func (w *world) said(chat string, n int) wecomtest.Said {
	w.Helper()
	var all []wecomtest.Said
	w.until("an answer in "+chat, func() bool {
		all = all[:0]
		for _, s := range w.fake.Sent("bot/" + chat) {
			if s.Finished {
				all = append(all, s)
			}
		}
		return len(all) >= n
	})
	return all[n-1]
}

// words waits until something finished in a chat has these words.
func (w *world) words(chat, want string) wecomtest.Said {
	w.Helper()
	var got wecomtest.Said
	w.until(want+" in "+chat, func() bool {
		for _, s := range w.fake.Sent("bot/" + chat) {
			if s.Finished && strings.Contains(s.Text, want) {
				got = s
				return true
			}
		}
		return false
	})
	return got
}

// quiet makes sure that everything that was received is answered and sent.
func (w *world) quiet() {
	w.Helper()
	w.until("everything is answered and sent", func() bool {
		s, err := w.db.Stats(w.Context(), time.Now())
		return err == nil && s.Unanswered == 0 && s.Unsent == 0
	})
}

// fine makes sure that no rule was broken and no secret logged.
func (w *world) fine() {
	w.Helper()
	w.until("the rules are kept", func() bool { return len(w.fake.Invariants()) == 0 })
	for _, c := range w.fake.Complaints() {
		w.Error("complaint:", c)
	}
	for _, secret := range w.fake.Secrets() {
		if strings.Contains(w.logs.String(), secret) {
			w.Errorf("a secret is in the log")
		}
	}
}

// unpaced is a pace that never waits.
func unpaced() *wecom.Pace { return wecom.NewPace(nil, wecom.Limit{N: 1 << 30, Per: time.Minute}) }

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
