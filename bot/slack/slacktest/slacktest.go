package slacktest

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// object is JSON that is passed on rather than looked at.
type object = map[string]any

// Config is how a [Slack] is set up. The zero value is an installed app with
// every scope, default limits, and deliveries by socket.
type Config struct {
	Team          string // id of the workspace
	BotToken      string
	AppToken      string
	SigningSecret string
	RequestURL    string   // of the bot, without path: deliveries go there, and not to sockets
	Scopes        []string // of the bot token; nil is DefaultScopes
	Events        []string // subscribed; nil is DefaultEvents

	Patience          time.Duration   // for an acknowledgement; 0 is 3 s
	Retries           []time.Duration // before each redelivery; nil is 0 s, 60 s, 300 s
	RetryInteractions bool            // redeliver commands and clicks as well, which Slack does not
	SameEnvelope      bool            // a redelivery over a socket keeps its envelope_id

	Rate         float64       // posts a second in one channel; 0 is 1, below 0 is no limit
	Burst        int           // how many at once; 0 is 5
	OpensAMinute int           // limit of apps.connections.open; 0 is 20, below 0 is no limit
	Ping         time.Duration // between pings of the server; 0 is 10 s, below 0 is none
	Lifetime     time.Duration // of a connection, then it is to be refreshed; 0 is for ever
	Warning      time.Duration // how long before the end of the lifetime it is announced; 0 is 10 s

	Now func() time.Time // ages of triggers, response_urls and limits; nil is time.Now
}

// DefaultScopes are those of a bot token that can do all that a support app does.
var DefaultScopes = []string{
	"app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write", "commands",
	"groups:history", "groups:read", "im:history", "im:read", "im:write", "reactions:write", "users:read",
}

// DefaultEvents are those that a support app subscribes to.
var DefaultEvents = []string{
	"app_mention", "message.channels", "message.groups", "message.im", "app_home_opened", "member_joined_channel",
}

// The ids of the app and of its bot user.
const (
	appID   = "A0DECLINE61"
	botUser = "U0BOT"
	botID   = "B0BOT"
)

// Slack is the platform.
type Slack struct {
	config Config
	server *httptest.Server
	ctx    context.Context // ends with the platform
	end    context.CancelFunc
	gate   sync.Mutex     // nothing begins after the end
	work   sync.WaitGroup // what runs in the background

	mu         sync.Mutex
	requestURL string
	lastTS     time.Time
	serial     int
	users      map[string]*User
	channels   map[string]*channel
	ephemerals []*Ephemeral
	homes      map[string]*View
	modals     []*View
	sessions   map[string]Session
	prompts    map[string][]Prompt
	triggers   map[string]*trigger
	responses  map[string]*responseURL
	calls      []Call
	faults     []*scheduled
	buckets    map[string]*bucket
	complaints []string

	sockets      map[*Socket]bool
	socketsEver  int
	tickets      map[string]bool
	linkDisabled bool
	onHello      func(*Socket)
	pending      map[string]chan Ack // by envelope_id
	loseAcks     int
	holding      bool
	held         []func()
}

// New starts a Slack that ends with the test.
func New(t testing.TB, c Config) *Slack {
	s, stop := Start(c)
	t.Cleanup(stop)
	return s
}

// Start starts a Slack that stop ends.
func Start(c Config) (s *Slack, stop func()) {
	c.Team = cmp.Or(c.Team, "T0HOME")
	c.BotToken = cmp.Or(c.BotToken, "xoxb-1-"+rand.Text())
	c.AppToken = cmp.Or(c.AppToken, "xapp-1-"+rand.Text())
	c.SigningSecret = cmp.Or(c.SigningSecret, rand.Text())
	c.Patience = cmp.Or(c.Patience, 3*time.Second)
	c.Rate = cmp.Or(c.Rate, 1)
	c.Burst = cmp.Or(c.Burst, 5)
	c.OpensAMinute = cmp.Or(c.OpensAMinute, 20)
	c.Ping = cmp.Or(c.Ping, 10*time.Second)
	c.Warning = cmp.Or(c.Warning, 10*time.Second)
	if c.Scopes == nil {
		c.Scopes = DefaultScopes
	}
	if c.Events == nil {
		c.Events = DefaultEvents
	}
	if c.Retries == nil {
		c.Retries = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	ctx, end := context.WithCancel(context.Background())
	s = &Slack{
		config: c, ctx: ctx, end: end, requestURL: strings.TrimSuffix(c.RequestURL, "/"),
		users: map[string]*User{}, channels: map[string]*channel{}, homes: map[string]*View{},
		sessions: map[string]Session{}, prompts: map[string][]Prompt{}, triggers: map[string]*trigger{},
		responses: map[string]*responseURL{}, buckets: map[string]*bucket{},
		sockets: map[*Socket]bool{}, tickets: map[string]bool{}, pending: map[string]chan Ack{},
	}
	s.AddUser(User{ID: botUser, Name: "decline61", Bot: true})
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("/response/{id}", s.serveResponseURL)
	mux.HandleFunc("/link/", s.serveSocket)
	s.server = httptest.NewUnstartedServer(mux)
	s.server.Listener = watching{s.server.Listener}
	s.server.Start()
	return s, s.stop
}

func (s *Slack) stop() {
	s.gate.Lock()
	s.end()
	s.gate.Unlock()
	for _, c := range s.Sockets() {
		c.Reset()
	}
	s.server.CloseClientConnections()
	s.server.Close()
	s.work.Wait()
}

// background runs f, for whose end the platform's end waits.
func (s *Slack) background(f func()) {
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.ctx.Err() == nil {
		s.work.Go(f)
	}
}

// APIURL is the base of the Web API, as DECLINE61_SLACK_API_URL has it.
func (s *Slack) APIURL() string { return s.server.URL + "/api/" }

// BotToken is the token that the Web API accepts.
func (s *Slack) BotToken() string { return s.config.BotToken }

// AppToken is the token that apps.connections.open accepts.
func (s *Slack) AppToken() string { return s.config.AppToken }

// SigningSecret is the key of the signature of deliveries by HTTP.
func (s *Slack) SigningSecret() string { return s.config.SigningSecret }

// Bot is the id of the bot's user, as mentions name it.
func (s *Slack) Bot() string { return botUser }

// SetRequestURL names the bot to which deliveries go by HTTP, as
// /slack/events, /slack/commands and /slack/interactions below url; "" makes
// them go to sockets again.
func (s *Slack) SetRequestURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requestURL = strings.TrimSuffix(url, "/")
}

// Complaints are what a client did that Slack would silently ignore or hold
// against it: acknowledgements of nothing, frames that are no JSON. A test of
// the happy path expects none.
func (s *Slack) Complaints() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.complaints...)
}

func (s *Slack) complain(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complaints = append(s.complaints, fmt.Sprintf(format, args...))
}

// nextTS gives a timestamp that no message has. The caller holds mu.
func (s *Slack) nextTS() string {
	now := s.config.Now().Truncate(time.Microsecond)
	if !now.After(s.lastTS) {
		now = s.lastTS.Add(time.Microsecond)
	}
	s.lastTS = now
	return fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)
}

// nextID gives an id like Slack's. The caller holds mu.
func (s *Slack) nextID(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%09d", prefix, s.serial)
}
