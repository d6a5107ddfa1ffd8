package slack

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/slack/slacktest"
	"decline61/bot/store"
)

// world is the whole bot in front of a fake Slack: real knowledge base, real
// store, real loop.
type world struct {
	*testing.T
	fake *slacktest.Slack
	path string // of the database
	make func(*Config)

	channel *Channel
	db      *store.DB
	loop    *bot.Loop
	server  *httptest.Server
	stop    func()
}

// The people and places of the world.
const (
	lily   = "U0LILY" // asks
	ming   = "U0MING" // works beside her
	staff  = "U0STAFF"
	shop   = "C0SHOP" // shared with merchants
	inner  = "C0INNER"
	drafts = "C0DRAFTS"
	hush   = "C0HUSH"
	open   = "C0OPEN"
	modes  = "C0INNER=internal, C0DRAFTS=draft, C0HUSH=ephemeral, C0OPEN=all"
)

// ways are the two ways in; every conversation must go the same by both.
var ways = map[string]bool{"socket": true, "http": false}

func newWorld(t *testing.T, socket bool, c slacktest.Config, tweak func(*Config)) *world {
	t.Helper()
	if c.Scopes == nil {
		c.Scopes = Scopes(false)
	}
	w := &world{T: t, fake: slacktest.New(t, c), path: filepath.Join(t.TempDir(), "bot.db"), make: tweak}
	for _, u := range []string{lily, ming, staff} {
		w.fake.AddUser(slacktest.User{ID: u, Name: strings.ToLower(u[2:])})
	}
	for _, id := range []string{shop, inner, drafts, hush, open} {
		w.fake.AddChannel(slacktest.Channel{ID: id, Members: []string{lily, ming, staff, w.fake.Bot()}})
	}
	if !socket {
		w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.now().ServeHTTP(rw, r) }))
		t.Cleanup(w.server.Close)
		w.fake.SetRequestURL(w.server.URL)
	}
	w.start(socket)
	t.Cleanup(func() { w.stop() })
	return w
}

var starting sync.Mutex

func (w *world) now() *Channel {
	starting.Lock()
	defer starting.Unlock()
	return w.channel
}

// start starts the bot; after stop it goes on where it was.
func (w *world) start(socket bool) {
	w.Helper()
	db, err := store.Open(w.Context(), store.Options{URL: w.path})
	if err != nil {
		w.Fatal(err)
	}
	m, err := ParseModes(modes)
	if err != nil {
		w.Fatal(err)
	}
	c := Config{BotToken: w.fake.BotToken(), APIURL: w.fake.APIURL(), Modes: m, Agents: []string{staff, ming}, Journal: db, Bot: realBot(w), Window: 150 * time.Millisecond}
	if socket {
		c.AppToken = w.fake.AppToken()
	} else {
		c.SigningSecret = w.fake.SigningSecret()
	}
	if w.make != nil {
		w.make(&c)
	}
	s, err := New(c)
	if err != nil {
		w.Fatal(err)
	}
	s.cards.every = 50 * time.Millisecond
	if s.sockets != nil {
		s.sockets.timing = hasty
	}
	loop, err := bot.NewLoop(bot.Settings{Answerer: realBot(w), Store: db, Channels: []bot.Channel{s}, Log: c.Log})
	if err != nil {
		w.Fatal(err)
	}
	starting.Lock()
	w.channel, w.db, w.loop = s, db, loop
	starting.Unlock()
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	ended := make(chan struct{})
	go func() { loop.Run(ctx); close(ended) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
		db.Close()
	})
	w.until("the way in is open", func() bool { return s.Well(w.Context()) == nil })
}

// hasty is Socket Mode against a fake on loopback.
var hasty = timing{
	apart: 10 * time.Millisecond, first: 10 * time.Millisecond, longest: 200 * time.Millisecond, young: 50 * time.Millisecond,
	crowded: time.Second, handshake: 2 * time.Second, quiet: 40 * time.Second, ping: 10 * time.Second, write: 2 * time.Second,
	linger: time.Second, taking: 5 * time.Second, grace: 2 * time.Second,
}

// patience bounds everything that should happen soon.
const patience = 8 * time.Second

// until waits for something that should happen soon.
func (w *world) until(what string, happened func() bool) {
	w.Helper()
	for began := time.Now(); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			w.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// say has somebody write, and waits until the bot has acknowledged it. It
// gives the message's ts.
func (w *world) say(user, channel, text, thread string) string {
	w.Helper()
	d := w.fake.Say(user, channel, text, thread)
	w.acknowledged(d)
	return d.TS
}

func (w *world) acknowledged(d *slacktest.Delivery) slacktest.Ack {
	w.Helper()
	if d.Err != nil {
		w.Fatal(d.Err)
	}
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	ack := d.Wait(ctx)
	if !ack.Acknowledged {
		w.Fatalf("not acknowledged: %+v", ack)
	}
	return ack
}

// mention is a text that calls the bot.
func (w *world) mention(text string) string { return "<@" + w.fake.Bot() + "> " + text }

// ofBot are the bot's messages in a thread, or in a channel where thread is "".
func (w *world) ofBot(channel, thread string) (all []slacktest.Message) {
	messages := w.fake.Messages(channel)
	if thread != "" {
		messages = w.fake.Thread(channel, thread)
	}
	for _, m := range messages {
		if m.User == w.fake.Bot() {
			all = append(all, m)
		}
	}
	return all
}

// answered waits until the bot has said n messages there, and gives the last.
func (w *world) answered(channel, thread string, n int) slacktest.Message {
	w.Helper()
	w.until("the bot's answer", func() bool { return len(w.ofBot(channel, thread)) >= n })
	all := w.ofBot(channel, thread)
	if len(all) > n {
		w.Fatalf("the bot has said %d messages, want %d: %q", len(all), n, all[len(all)-1].Plain())
	}
	return all[n-1]
}

// home is the Home tab of a person, "" if it was not filled.
func (w *world) home(user string) string {
	if v := w.fake.Home(user); v != nil {
		return string(v.Blocks)
	}
	return ""
}

// quiet makes sure that the bot has nothing more to say: everything that was
// received is answered and sent.
func (w *world) quiet() {
	w.Helper()
	w.until("everything is answered and sent", func() bool {
		s, err := w.db.Stats(w.Context(), time.Now())
		return err == nil && s.Unanswered == 0 && s.Unsent == 0
	})
}
