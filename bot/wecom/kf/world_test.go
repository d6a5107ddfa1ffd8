package kf

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/store"
	"decline61/bot/wecom/wecomtest"
	"decline61/index"
	"decline61/kb"
)

// world is the whole bot in front of a fake WeCom: real knowledge base, real
// store, real loop.
type world struct {
	*testing.T
	*wecomtest.WeCom
	clock  *wecomtest.Clock
	path   string // of the database
	make   func(*Config)
	wrap   func(bot.Store) bot.Store
	server *httptest.Server
	log    *log

	db   *store.DB
	loop *bot.Loop
	stop func()

	mu      sync.Mutex
	channel *Channel
	handed  []Handed
	helped  []bot.Feedback
}

func newWorld(t *testing.T, tweak func(*Config)) *world {
	t.Helper()
	w := prepare(t, tweak)
	w.start()
	return w
}

// prepare makes a world whose bot does not run yet. Tests spend their time
// waiting, so all that have a world run beside each other.
func prepare(t *testing.T, tweak func(*Config)) *world {
	t.Helper()
	t.Parallel()
	return setUp(t, tweak)
}

// setUp is prepare for a test that has a world already.
func setUp(t *testing.T, tweak func(*Config)) *world {
	t.Helper()
	clock := &wecomtest.Clock{}
	w := &world{T: t, clock: clock, path: filepath.Join(t.TempDir(), "bot.db"), make: tweak, log: &log{}}
	w.WeCom = wecomtest.New(t, wecomtest.Config{Clock: clock, Retries: []time.Duration{10 * time.Millisecond, 10 * time.Millisecond}})
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if c := w.now(); c != nil {
			c.ServeHTTP(rw, r)
			return
		}
		http.Error(rw, "not running", http.StatusServiceUnavailable)
	}))
	t.Cleanup(w.server.Close)
	w.CallBack(w.server.URL+"/wecom/kf", "", "")
	t.Cleanup(func() {
		if w.stop != nil {
			w.stop()
		}
		w.discreet()
	})
	return w
}

func (w *world) now() *Channel {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.channel
}

// start starts the bot; after stop it goes on where it was.
func (w *world) start() {
	w.Helper()
	db, err := store.Open(w.Context(), store.Options{URL: w.path})
	if err != nil {
		w.Fatal(err)
	}
	config := configOf(w.WeCom)
	b := realBot(w.T)
	config.Brief = b.Brief
	config.Log = slog.New(slog.NewTextHandler(w.log, nil))
	config.Handed = func(_ context.Context, h Handed) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.handed = append(w.handed, h)
	}
	config.Feedback = func(_ context.Context, f bot.Feedback) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.helped = append(w.helped, f)
		return nil
	}
	config.Unshown = db.Unshown
	if w.make != nil {
		w.make(&config)
	}
	c, err := New(config)
	if err != nil {
		w.Fatal(err)
	}
	var s bot.Store = db
	if w.wrap != nil {
		s = w.wrap(db)
	}
	loop, err := bot.NewLoop(bot.Settings{Answerer: b, Store: s, Channels: []bot.Channel{c}, Log: config.Log, Now: w.clock.Now})
	if err != nil {
		w.Fatal(err)
	}
	w.db, w.loop = db, loop
	w.mu.Lock()
	w.channel = c
	w.mu.Unlock()
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	ended := make(chan struct{})
	go func() { loop.Run(ctx); close(ended) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
		db.Close()
	})
	w.until("the bot runs", func() bool { return c.running() != nil })
}

// realBot is the bot over the embedded knowledge base.
var realBot = func() func(t testing.TB) *bot.Bot {
	var once sync.Once
	var b *bot.Bot
	return func(t testing.TB) *bot.Bot {
		t.Helper()
		once.Do(func() {
			k, err := kb.Load(kb.Embedded())
			if err != nil {
				t.Fatal(err)
			}
			x, err := index.New(k)
			if err != nil {
				t.Fatal(err)
			}
			b = bot.New(index.NewLive(x))
		})
		return b
	}
}()

// log keeps what is logged.
type log struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// discreet: no secret and no word of a customer is in the log, and no rule was
// broken.
func (w *world) discreet() {
	w.Helper()
	said := w.log.String()
	for _, secret := range w.Secrets() {
		if strings.Contains(said, secret) {
			w.Errorf("a secret is in the log:\n%s", said)
			break
		}
	}
	for _, s := range w.Transcript("") {
		if s.From == wecomtest.Customer && len(s.Text) > 6 && strings.Contains(said, s.Text) {
			w.Errorf("%q is in the log", s.Text)
		}
	}
	if got := w.Invariants(); len(got) > 0 {
		w.Errorf("broken rules: %q", got)
	}
	if got := w.Complaints(); len(got) > 0 {
		w.Errorf("complaints: %q", got)
	}
	if w.Failed() {
		w.Logf("log:\n%s", said)
		for _, s := range w.Transcript("") {
			w.Logf("%s %s %s %s: %q", s.Conversation, s.From, s.Type, s.Via, s.Text)
		}
	}
}

// patience bounds everything that should happen soon.
const patience = 20 * time.Second

// until waits for something that should happen soon.
func (w *world) until(what string, happened func() bool) {
	w.Helper()
	for began := time.Now(); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			w.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// acknowledged waits until the bot has taken a callback.
func (w *world) acknowledged(d *wecomtest.Delivery) string {
	w.Helper()
	if d.Err != nil {
		w.Fatal(d.Err)
	}
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	if ack := d.Wait(ctx); !ack.Acknowledged {
		w.Fatalf("not acknowledged: %+v", ack)
	}
	return d.ID
}

// say has a customer write.
func (w *world) say(who, text string) string {
	w.Helper()
	return w.acknowledged(w.Say(account, who, text))
}

func of(who string) string { return "kf/" + account + "/" + who }

// answered waits until the bot has said n messages to somebody, and gives the
// last.
func (w *world) answered(who string, n int) wecomtest.Said {
	w.Helper()
	w.until("the bot's answer", func() bool { return len(w.Sent(of(who))) >= n })
	all := w.Sent(of(who))
	if len(all) > n {
		w.Fatalf("the bot has said %d messages, want %d: %q", len(all), n, all[len(all)-1].Text)
	}
	return all[n-1]
}

// quiet makes sure that the bot has nothing more to say: everything that was
// pulled is answered and sent.
func (w *world) quiet() {
	w.Helper()
	for range 2 {
		time.Sleep(50 * time.Millisecond) // whatever was acknowledged is pulled
		w.until("everything is answered and sent", func() bool {
			s, err := w.db.Stats(w.Context(), time.Now())
			return err == nil && s.Unanswered == 0 && s.Unsent == 0
		})
	}
}

// noDeadLetters: everything that the bot had to say was said.
func (w *world) noDeadLetters() {
	w.Helper()
	if s, err := w.db.Stats(w.Context(), time.Now()); err != nil || s.Failed > 0 {
		w.Errorf("%d dead letters (%v)", s.Failed, err)
	}
}

// tap taps an item of a menu that the customer sees, by the words on it.
func (w *world) tap(who, label string) string {
	w.Helper()
	for _, s := range w.Sent(of(who)) {
		var m message
		if json.Unmarshal(s.Body, &m) != nil || m.Menu == nil {
			continue
		}
		for _, i := range m.Menu.List {
			if i.Click.Content == label {
				return w.acknowledged(w.Menu(account, who, i.Click.ID))
			}
		}
	}
	w.Fatalf("%s sees no menu with %q", who, label)
	return ""
}

// conversation is that of a customer.
func (w *world) conversation(who string) bot.Conversation {
	w.Helper()
	c, _, err := w.db.Conversation(w.Context(), Name+":"+account+"/"+who)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *world) untilState(who string, s bot.State) {
	w.Helper()
	w.until("the conversation is "+string(s), func() bool { return w.conversation(who).State == s })
}
