package wecomtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// object is JSON that is passed on rather than looked at.
type object = map[string]any

// Config is how a [WeCom] is set up. The zero value is a verified company with
// everything switched on and secrets made up; [WeCom.Config] tells them.
type Config struct {
	Addr string // to listen on; "" is a free port on loopback

	CorpID     string
	KfSecret   string // of the 微信客服 application
	AppSecret  string // of the self-built application; the same as KfSecret where one application does both
	AgentID    int
	Token      string // of the callbacks of kf and app
	AESKey     string // likewise: 43 characters
	BotID      string // of the AI bot
	BotSecret  string // of its long connection
	BotToken   string // of its callback
	BotAESKey  string // likewise
	WebhookKey string // of the group's webhook

	// Where the bot's callbacks are, complete. A callback without a URL is not
	// made. Without BotURL the AI bot is reached by the long connection.
	KfURL, AppURL, BotURL string

	Clock    *Clock
	Patience time.Duration   // for the answer to a callback; 0 is 5 s
	Retries  []time.Duration // before each further try of a callback; nil is twice 1 s
	Poll     time.Duration   // between two polls of a stream; 0 is 1 s

	StreamLife      time.Duration // from the message to the last frame; 0 is 6 minutes
	PingTimeout     time.Duration // a long connection that says nothing for so long is ended; 0 is 90 s
	SubscribeMinute int           // subscriptions in a minute; 0 is 10
	TokenMinute     int           // requests for a token in a minute; 0 is 60
	PullMinute      int           // pulls in a minute without the token of a callback; 0 is 30
	ChatMinute      int           // frames of the long connection in a minute to one chat; 0 is 30
	MembersTimes    int           // message/send to members a day; 0 is 100,000
	EndByAPI        bool          // service_state/trans may end a session in states 1 and 2; sources differ

	// What WeCom answers is not documented in these cases.
	RepeatedMsgID int // errcode for a msgid that was used before; 0 is 40058
	WebhookBusy   int // errcode for the 21st webhook message in a minute; 0 is 45009
}

// WeCom is the platform.
type WeCom struct {
	config Config
	now    func() time.Time
	client *http.Client // makes callbacks
	server *http.Server
	host   string
	ctx    context.Context // ends with the platform
	end    context.CancelFunc
	gate   sync.Mutex     // nothing begins after the end
	work   sync.WaitGroup // what runs in the background

	mu         sync.Mutex
	changed    chan struct{} // closed and made new whenever something has happened
	serial     int
	tokens     map[string]*token
	faults     []*Fault
	calls      []Call
	complaints []string
	violations []string
	transcript []Said
	sender     sender
	media      map[string]medium
	kf         kf
	app        app
	bot        aibot
	webhook    window
}

// New starts a WeCom that ends with the test.
func New(t testing.TB, c Config) *WeCom {
	t.Helper()
	w, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// Start starts a WeCom, which [WeCom.Close] ends.
func Start(c Config) (*WeCom, error) {
	c.CorpID = cmp.Or(c.CorpID, "ww"+strings.ToLower(rand.Text()[:16]))
	c.KfSecret = cmp.Or(c.KfSecret, "kfsecret-"+rand.Text())
	c.AppSecret = cmp.Or(c.AppSecret, "appsecret-"+rand.Text())
	c.AgentID = cmp.Or(c.AgentID, 1000061)
	c.Token = cmp.Or(c.Token, rand.Text())
	c.AESKey = cmp.Or(c.AESKey, newAESKey())
	c.BotID = cmp.Or(c.BotID, "aib"+rand.Text())
	c.BotSecret = cmp.Or(c.BotSecret, "botsecret-"+rand.Text())
	c.BotToken = cmp.Or(c.BotToken, rand.Text())
	c.BotAESKey = cmp.Or(c.BotAESKey, newAESKey())
	c.WebhookKey = cmp.Or(c.WebhookKey, "webhook-"+rand.Text())
	c.Patience = cmp.Or(c.Patience, 5*time.Second)
	c.Poll = cmp.Or(c.Poll, time.Second)
	c.StreamLife = cmp.Or(c.StreamLife, 6*time.Minute)
	c.PingTimeout = cmp.Or(c.PingTimeout, 90*time.Second)
	c.SubscribeMinute = cmp.Or(c.SubscribeMinute, 10)
	c.TokenMinute = cmp.Or(c.TokenMinute, 60)
	c.PullMinute = cmp.Or(c.PullMinute, 30)
	c.ChatMinute = cmp.Or(c.ChatMinute, 30)
	c.MembersTimes = cmp.Or(c.MembersTimes, 100_000)
	c.RepeatedMsgID = cmp.Or(c.RepeatedMsgID, 40058)
	c.WebhookBusy = cmp.Or(c.WebhookBusy, 45009)
	if c.Retries == nil {
		c.Retries = []time.Duration{time.Second, time.Second}
	}
	if c.Clock == nil {
		c.Clock = &Clock{}
	}
	for name, key := range map[string]string{"AESKey": c.AESKey, "BotAESKey": c.BotAESKey} {
		if _, err := decodeKey(key); err != nil {
			return nil, fmt.Errorf("starting the fake WeCom: %s: %w", name, err)
		}
	}
	l, err := net.Listen("tcp", cmp.Or(c.Addr, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("starting the fake WeCom: %w", err)
	}
	ctx, end := context.WithCancel(context.Background())
	w := &WeCom{
		config: c, now: c.Clock.Now, host: l.Addr().String(), ctx: ctx, end: end,
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		changed: make(chan struct{}), tokens: map[string]*token{}, media: map[string]medium{},
		kf: newKf(), app: newApp(), bot: newAibot(),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/cgi-bin/", w.serveAPI)
	mux.HandleFunc("/response/{code}", w.serveResponseURL)
	mux.HandleFunc("/aibot", w.serveSocket)
	mux.HandleFunc("/file/{id}", w.serveFile)
	w.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	w.background(func() { _ = w.server.Serve(l) })
	return w, nil
}

// Close ends the platform and all its connections.
func (w *WeCom) Close() {
	w.gate.Lock()
	w.end()
	w.gate.Unlock()
	for _, c := range w.Sockets() {
		c.Reset()
	}
	_ = w.server.Close()
	w.work.Wait()
	w.client.CloseIdleConnections()
}

// background runs f, for whose end the platform's end waits.
func (w *WeCom) background(f func()) {
	w.gate.Lock()
	defer w.gate.Unlock()
	if w.ctx.Err() == nil {
		w.work.Go(f)
	}
}

// sleep waits in real time; false if the platform or ctx ended.
func (w *WeCom) sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	case <-w.ctx.Done():
		return false
	}
}

// Config is what the platform was set up with, secrets included.
func (w *WeCom) Config() Config {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.config
}

// URL is the base of the API, without a path: WECOM_API_URL.
func (w *WeCom) URL() string { return "http://" + w.host }

// SocketURL is that of the AI bot's long connection: WECOM_BOT_URL.
func (w *WeCom) SocketURL() string { return "ws://" + w.host + "/aibot" }

// WebhookURL is that of the group's webhook, key included: WECOM_WEBHOOK_URL.
func (w *WeCom) WebhookURL() string {
	return w.URL() + "/cgi-bin/webhook/send?key=" + w.config.WebhookKey
}

// CallBack names where the bot's callbacks are, once that is known; "" makes
// none.
func (w *WeCom) CallBack(kfURL, appURL, botURL string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.config.KfURL, w.config.AppURL, w.config.BotURL = kfURL, appURL, botURL
}

// Secrets are all strings that may stand in no log and no error.
func (w *WeCom) Secrets() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.config
	all := []string{c.KfSecret, c.AppSecret, c.Token, c.AESKey, c.BotSecret, c.BotToken, c.BotAESKey, c.WebhookKey}
	for value := range w.tokens {
		all = append(all, value)
	}
	for value := range w.bot.responses {
		all = append(all, value)
	}
	return all
}

// Complaints are what a client did that WeCom might let pass and that is wrong
// all the same: unknown fields, a chat_type left out, a passive reply that
// nobody can read. A test of the happy path expects none.
func (w *WeCom) Complaints() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.complaints...)
}

// complain notes a complaint. The caller holds mu.
func (w *WeCom) complain(format string, args ...any) {
	w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
}

// touch tells those who wait that something has happened. The caller holds mu.
func (w *WeCom) touch() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Await waits until done says so, which is asked again whenever something has
// happened here; false if ctx ends before. done may call all methods.
func (w *WeCom) Await(ctx context.Context, done func() bool) bool {
	for {
		w.mu.Lock()
		changed := w.changed
		w.mu.Unlock()
		if done() {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		case <-w.ctx.Done():
			return false
		}
	}
}

// id makes an id that was not there before. The caller holds mu.
func (w *WeCom) id(prefix string) string {
	w.serial++
	return fmt.Sprintf("%s%06d%s", prefix, w.serial, rand.Text()[:6])
}

func newAESKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return strings.TrimSuffix(base64.StdEncoding.EncodeToString(b), "=")
}
