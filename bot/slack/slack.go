package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	goslack "github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"decline61/bot"
)

// Journal is what the channel reads of conversations. *store.DB is one.
type Journal interface {
	Conversation(ctx context.Context, id string) (c bot.Conversation, known bool, err error)
	// Open gives the conversations of one person that wait for an agent or are
	// an agent's.
	Open(ctx context.Context, channel, owner string) ([]bot.Conversation, error)
	// Reply gives the reply to a message; answered is false while it waits.
	Reply(ctx context.Context, conversation, id string) (r bot.Reply, answered, known bool, err error)
	AddFeedback(context.Context, bot.Feedback) error
}

// Bot is what the channel asks beside the way of a message; *bot.Bot is one.
type Bot interface {
	// Answer tells whether a question that was put to nobody in particular can
	// be answered.
	Answer(context.Context, bot.Question) (bot.Answer, error)
	// Brief is what people of the provider are told beside a reply.
	Brief(bot.Reply) (bot.Brief, error)
}

// Config is what a Channel needs: the bot token, and the app token for Socket
// Mode or the signing secret for HTTP, or both.
type Config struct {
	BotToken      string
	AppToken      string
	SigningSecret string
	APIURL        string // ends in /api/

	Modes  Modes    // of the channels
	Agents []string // members who get drafts

	Journal Journal
	Bot     Bot
	Log     *slog.Logger
	Now     func() time.Time
	Window  time.Duration // see [bot.Manner]; 0 is 1.5 s
	Timeout time.Duration // likewise; 0 is 10 s
}

// Channel is Slack.
type Channel struct {
	config  Config
	journal Journal
	bot     Bot
	log     *slog.Logger
	now     func() time.Time
	api     *goslack.Client
	pace    *pace
	cards   *cards
	asides  chan func(context.Context)
	hurry   chan struct{} // slots of what somebody waits for
	hasty   sync.WaitGroup
	replies *responseURLs
	forged  rate.Sometimes
	refused atomic.Int64 // requests over HTTP that were not Slack's
	lastBad atomic.Int64 // when the last of them came, in seconds; 0 once Slack has come through
	dms     sync.Map     // member -> channel of his direct messages
	looked  sync.Map     // channel -> lookedAt

	mu          sync.Mutex
	inbox       bot.Inbox // nil while Run does not run
	self        self
	noAgentView time.Time // until when nothing of the agent view is tried
	sockets     *sockets  // nil without Socket Mode
	trouble     error     // why Socket Mode has ended, where HTTP goes on
}

// self is who the bot is in Slack.
type self struct{ user, team string }

var (
	_ bot.Channel   = (*Channel)(nil)
	_ bot.Recoverer = (*Channel)(nil)
	_ http.Handler  = (*Channel)(nil)
)

// Limits of the channel.
const (
	window      = 1500 * time.Millisecond
	callTimeout = 8 * time.Second // for one call of Slack's API
	sendTimeout = 10 * time.Second
	sendWorkers = 64   // most of them wait for their turn in a busy channel
	maxText     = 3000 // bytes; Slack allows 3,000 characters in one piece of text
	asideTime   = 10 * time.Second
	asideLimit  = 256             // niceties that wait; further ones are left out
	hurryTime   = 3 * time.Second // Slack's own patience with a form
	hurryLimit  = 32
	forgedFor   = 10 * time.Minute // that a refused request counts for /readyz
	socketPause = time.Minute      // before Socket Mode is tried again where HTTP goes on meanwhile
)

// New makes the channel. Nothing is opened before Run.
func New(c Config) (*Channel, error) {
	switch {
	case c.BotToken == "":
		return nil, errors.New("slack: the bot token is missing")
	case c.AppToken == "" && c.SigningSecret == "":
		return nil, errors.New("slack: the app token (Socket Mode) or the signing secret (HTTP) is missing")
	case c.Journal == nil || c.Bot == nil:
		return nil, errors.New("slack: it needs a Journal and a Bot")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Window == 0 {
		c.Window = window
	}
	if c.Timeout == 0 {
		c.Timeout = sendTimeout
	}
	s := &Channel{
		config: c, journal: c.Journal, bot: c.Bot, log: c.Log, now: c.Now,
		api:     client(c.BotToken, c.AppToken, c.APIURL),
		pace:    newPace(c.Now),
		asides:  make(chan func(context.Context), asideLimit),
		hurry:   make(chan struct{}, hurryLimit),
		replies: &responseURLs{now: c.Now},
		forged:  rate.Sometimes{First: 1, Interval: 10 * time.Second},
	}
	s.cards = newCards(s)
	if c.AppToken != "" {
		s.sockets = s.newSockets()
	}
	return s, nil
}

// client is slack-go with what it leaves open: a time-out. It tries nothing
// again by itself: a post that is repeated blindly may be seen twice.
func client(botToken, appToken, url string) *goslack.Client {
	options := []goslack.Option{goslack.OptionHTTPClient(&http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // it would carry the token along
	})}
	if appToken != "" {
		options = append(options, goslack.OptionAppLevelToken(appToken))
	}
	if url != "" {
		options = append(options, goslack.OptionAPIURL(url))
	}
	return goslack.New(botToken, options...)
}

// Manner says how to treat the channel.
func (s *Channel) Manner() bot.Manner {
	return bot.Manner{Name: Name, Window: s.config.Window, Timeout: s.config.Timeout, Workers: sendWorkers, MaxText: maxText}
}

// Run takes messages in, by Socket Mode if there is an app token, and lets
// ServeHTTP do so. Its error names what the operator has to change.
func (s *Channel) Run(ctx context.Context, in bot.Inbox) error {
	who, err := s.whoAmI(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer s.hasty.Wait()
	defer all.Wait()
	defer cancel()
	s.begin(in, who)
	defer s.begin(nil, who)
	for range 2 {
		all.Go(func() { s.doAsides(ctx) })
	}
	all.Go(func() { s.cards.run(ctx) })
	s.log.Info("slack: the bot token is good", "team", who.team, "socket_mode", s.sockets != nil, "http", s.config.SigningSecret != "")
	if s.sockets == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	for {
		err := s.sockets.run(ctx)
		if s.config.SigningSecret == "" || ctx.Err() != nil {
			return err
		}
		s.log.Error("slack: Socket Mode has ended; requests over HTTP are still taken", "error", err)
		s.ended(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(socketPause):
			s.ended(nil)
		}
	}
}

func (s *Channel) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = err
}

func (s *Channel) begin(in bot.Inbox, who self) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox, s.self = in, who
}

// running gives the inbox, nil while nothing can be kept, and who the bot is.
func (s *Channel) running() (bot.Inbox, self) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inbox, s.self
}

// whoAmI asks for the bot's own ids, without which it would answer itself.
func (s *Channel) whoAmI(ctx context.Context) (self, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	got, err := s.api.AuthTestContext(ctx)
	if err != nil {
		err = classify(err)
		var e *bot.SendError
		if errors.As(err, &e) {
			err = e.Err // nothing was to be sent
		}
		return self{}, fmt.Errorf("asking Slack who the bot is: %w", err)
	}
	return self{user: got.UserID, team: got.TeamID}, nil
}

// Well says what is wrong with the way in, nil if nothing is.
func (s *Channel) Well(context.Context) error {
	s.mu.Lock()
	in, trouble := s.inbox, s.trouble
	s.mu.Unlock()
	switch {
	case in == nil:
		return errors.New("not connected to Slack yet")
	case trouble != nil:
		return trouble
	case s.lastBad.Load() != 0 && s.now().Sub(time.Unix(s.lastBad.Load(), 0)) < forgedFor:
		return errors.New("requests over HTTP are refused, and none was accepted since: compare DECLINE61_SLACK_SIGNING_SECRET and the clock")
	}
	if s.sockets != nil {
		return s.sockets.well()
	}
	return nil
}

// Counts gives what there was to count since the start.
func (s *Channel) Counts() map[string]int64 {
	if s.sockets == nil {
		return map[string]int64{"http_refused": s.refused.Load()}
	}
	c := &s.sockets.counts
	return map[string]int64{
		"http_refused": s.refused.Load(),
		"opens":        c.opens.Load(), "connections": c.connections.Load(), "refused": c.refused.Load(), "failed": c.failed.Load(),
		"panics": c.panics.Load(), "unreadable": c.unreadable.Load(), "unknown": c.unknown.Load(), "unsent": c.unsent.Load(),
		"oversize": c.oversize.Load(),
	}
}

// aside does something that is nice to have, such as showing that the bot is
// at work: later, and not at all if there is too much of it.
func (s *Channel) aside(f func(context.Context)) {
	select {
	case s.asides <- f:
	default:
	}
}

// promptly does something that somebody waits for, such as opening a form: it
// waits behind no nicety.
func (s *Channel) promptly(f func(context.Context)) {
	select {
	case s.hurry <- struct{}{}:
	default:
		return
	}
	s.hasty.Go(func() {
		defer func() { <-s.hurry }()
		ctx, cancel := context.WithTimeout(context.Background(), hurryTime)
		defer cancel()
		s.guarded(ctx, f)
	})
}

func (s *Channel) guarded(ctx context.Context, f func(context.Context)) {
	defer func() {
		if recover() != nil {
			s.log.Error("slack: panic in something that was nice to have")
		}
	}()
	f(ctx)
}

func (s *Channel) doAsides(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-s.asides:
			within, cancel := context.WithTimeout(ctx, asideTime)
			s.guarded(within, f)
			cancel()
		}
	}
}
