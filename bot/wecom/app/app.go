package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
)

// Name is the name of this channel in addresses and metrics. The Thread of one
// of its addresses is the member's id.
const Name = "wecom"

// Bot is what the channel asks beside the way of a message; *bot.Bot is one.
type Bot interface {
	// Brief is what colleagues are told beside a reply.
	Brief(bot.Reply) (bot.Brief, error)
}

// Config is what a Channel needs.
type Config struct {
	CorpID         string
	AgentID        int
	Token          string        // of the callback
	EncodingAESKey string        // likewise, 43 characters
	Client         *wecom.Client // with the app's secret

	Bot    Bot
	Press  func(context.Context, Press) // what to do about buttons of notices; nil is nothing
	Log    *slog.Logger
	Now    func() time.Time
	Window time.Duration // see [bot.Manner]; 0 is 1.5 s
}

// Channel is the app.
type Channel struct {
	config   Config
	log      *slog.Logger
	now      func() time.Time
	pace     *wecom.Pace
	callback *wecom.Callback
	asides   chan func(context.Context)
	work     sync.WaitGroup

	mu     sync.Mutex
	inbox  bot.Inbox            // nil while Run does not run
	warned map[string]time.Time // when a member was last told what cannot be read
}

var (
	_ bot.Channel   = (*Channel)(nil)
	_ bot.Recoverer = (*Channel)(nil)
	_ http.Handler  = (*Channel)(nil)
)

const (
	window      = 1500 * time.Millisecond
	sendTimeout = 12 * time.Second
	sendWorkers = 32
	takeTime    = 4 * time.Second // WeCom waits for five
	asideTime   = 10 * time.Second
	mostAsides  = 256 // niceties that wait; further ones are left out
	asideHands  = 4
)

// New makes the channel. Nothing is called before Run.
func New(c Config) (*Channel, error) {
	switch {
	case c.CorpID == "":
		return nil, errors.New("wecom app: the corp id is missing: 我的企业 → 企业信息 → 企业ID")
	case c.AgentID == 0:
		return nil, errors.New("wecom app: the agent id is missing: 应用管理 → 应用 → AgentId")
	case c.Client == nil || c.Bot == nil:
		return nil, errors.New("wecom app: it needs a Client and a Bot")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Window = cmp.Or(c.Window, window)
	crypt, err := wecom.NewCrypt(wecom.Keys{Token: c.Token, EncodingAESKey: c.EncodingAESKey, Receiver: c.CorpID, Now: c.Now})
	if err != nil {
		return nil, err
	}
	a := &Channel{
		config: c, log: c.Log, now: c.Now, pace: wecom.NewPace(c.Now, wecom.MemberLimits...),
		asides: make(chan func(context.Context), mostAsides), warned: map[string]time.Time{},
	}
	a.callback = &wecom.Callback{Crypt: crypt, Envelope: wecom.XML, Take: a.take, Log: c.Log}
	return a, nil
}

// Manner says how to treat the channel.
func (c *Channel) Manner() bot.Manner {
	return bot.Manner{Name: Name, Window: c.config.Window, Timeout: sendTimeout, Workers: sendWorkers, MaxText: maxText}
}

// ServeHTTP takes callbacks in.
func (c *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.callback.ServeHTTP(w, r) }

// Run lets ServeHTTP hand over what comes.
func (c *Channel) Run(ctx context.Context, in bot.Inbox) error {
	c.begin(in)
	defer c.work.Wait()
	defer c.begin(nil)
	for range asideHands {
		c.work.Go(func() { c.doAsides(ctx) })
	}
	<-ctx.Done()
	return ctx.Err()
}

func (c *Channel) begin(in bot.Inbox) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = in
}

var errNotRunning = errors.New("wecom app: not running")

func (c *Channel) running() (bot.Inbox, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inbox == nil {
		return nil, errNotRunning
	}
	return c.inbox, nil
}

// aside does something that is nice to have: later, and not at all if there is
// too much of it.
func (c *Channel) aside(f func(context.Context)) {
	select {
	case c.asides <- f:
	default:
	}
}

func (c *Channel) doAsides(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-c.asides:
			func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), asideTime)
				defer cancel()
				defer func() {
					if recover() != nil {
						c.log.Error("wecom app: panic in something that was nice to have")
					}
				}()
				f(ctx)
			}()
		}
	}
}

// Well says what is wrong with the way in, nil if nothing is known to be.
func (c *Channel) Well(context.Context) error {
	_, err := c.running()
	return err
}
