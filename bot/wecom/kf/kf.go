package kf

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
)

// Name is the channel's.
const Name = "kf"

// Config is what a Channel needs: the corp id, the secret and the two keys of
// the callback.
type Config struct {
	CorpID         string
	Secret         string        // of the app that may call 微信客服
	Token          string        // of the callback
	EncodingAESKey string        // likewise
	APIURL         string        // without path; "" is WeCom's
	Client         *wecom.Client // one that exists for this secret already, instead of Secret and APIURL

	Hours     bot.Hours // when servicers are there; the zero value is never
	HoursText string    // the same as it was configured, for merchants to read: "Mon-Fri 09:00-18:00"
	Queue     bool      // hand over to the queue (排队) rather than to a servicer

	Brief    func(bot.Reply) (bot.Brief, error)        // tells facts in words, for the summary of a handover; nil is without
	Handed   func(context.Context, Handed)             // is told of each handover and ticket; nil is nobody
	Feedback func(context.Context, bot.Feedback) error // keeps what customers press; nil keeps nothing
	// Unshown notes that the message with that key, which WeCom had accepted, is
	// not shown after all; nil notes nothing.
	Unshown func(ctx context.Context, key, why string) error

	Log     *slog.Logger
	Now     func() time.Time
	Window  time.Duration // see [bot.Manner]; 0 is 1.5 s
	Timeout time.Duration // likewise; 0 is 6 s; after a try whose outcome is unknown it is also how long the next one waits
	Poll    time.Duration // how often to look without being called, should a callback be lost; 0 is 2 min
	Retry   time.Duration // before the first further try after an error; 0 is 1 s
}

// Limits of the channel.
const (
	window      = 1500 * time.Millisecond
	sendTimeout = 6 * time.Second
	sendWorkers = 16
	poll        = 2 * time.Minute
	retry       = time.Second
	longest     = time.Minute      // between two tries
	lookback    = 10 * time.Minute // how far before its beginning the bot answers; and how late an item may come
	asideTime   = 10 * time.Second
	maxText     = 2048 // bytes of one text message
	maxHead     = 1024 // bytes of what stands above a menu, and below
)

// Channel is 微信客服.
type Channel struct {
	config   Config
	log      *slog.Logger
	now      func() time.Time
	client   *wecom.Client
	callback wecom.Callback
	quota    quota
	bursts   bursts
	heard    heard
	notes    sync.Mutex // around reading and writing a standing

	redeeming sync.Mutex // around handing over who has a ticket

	mu      sync.Mutex
	ctx     context.Context // of Run; nil while it does not run
	inbox   bot.Inbox
	pullers map[string]*puller // by account
	waiting map[thread]bool    // who has a ticket, as far as is known since the start
	names   map[string]string  // of accounts
	work    sync.WaitGroup     // all that Run has begun
}

var (
	_ bot.Channel   = (*Channel)(nil)
	_ bot.Recoverer = (*Channel)(nil)
	_ http.Handler  = (*Channel)(nil)
)

// New makes the channel. Nothing is called before Run.
func New(c Config) (*Channel, error) {
	k := &Channel{log: c.Log, now: c.Now, client: c.Client}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if k.now == nil {
		k.now = time.Now
	}
	c.Window = cmp.Or(c.Window, window)
	c.Timeout = cmp.Or(c.Timeout, sendTimeout)
	c.Poll = cmp.Or(c.Poll, poll)
	c.Retry = cmp.Or(c.Retry, retry)
	k.config = c
	crypt, err := wecom.NewCrypt(wecom.Keys{Token: c.Token, EncodingAESKey: c.EncodingAESKey, Receiver: c.CorpID, Now: k.now})
	if err != nil {
		return nil, fmt.Errorf("kf: %w", err)
	}
	if k.client == nil {
		k.client, err = wecom.NewClient(wecom.Config{BaseURL: c.APIURL, CorpID: c.CorpID, Secret: c.Secret, Now: k.now})
		if err != nil {
			return nil, fmt.Errorf("kf: %w", err)
		}
	}
	k.callback = wecom.Callback{Crypt: crypt, Take: k.take, Log: k.log}
	return k, nil
}

// Manner says how to treat the channel.
func (c *Channel) Manner() bot.Manner {
	return bot.Manner{Name: Name, Window: c.config.Window, Timeout: c.config.Timeout, Workers: sendWorkers, MaxText: maxText}
}

// ServeHTTP is the callback: /wecom/kf.
func (c *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.callback.ServeHTTP(w, r) }

// Run pulls what customers say, from every account that is known, and lets
// ServeHTTP ring for more.
func (c *Channel) Run(ctx context.Context, in bot.Inbox) error {
	known, err := in.Cursor(ctx, Name, accountsCursor)
	if err != nil {
		return fmt.Errorf("kf: reading which accounts there are: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer c.work.Wait()
	defer c.end()
	defer cancel()
	c.begin(ctx, in)
	for _, account := range strings.Fields(known) {
		c.puller(account)
	}
	c.spawn(c.discover)
	<-ctx.Done()
	return ctx.Err()
}

func (c *Channel) begin(ctx context.Context, in bot.Inbox) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx, c.inbox, c.pullers = ctx, in, map[string]*puller{}
}

func (c *Channel) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx, c.inbox, c.pullers = nil, nil, nil
}

// running gives the inbox, nil while nothing can be kept.
func (c *Channel) running() bot.Inbox {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inbox
}

// spawn runs f beside, until Run ends. A panic in it must not take the bot
// down.
func (c *Channel) spawn(f func(context.Context)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx == nil {
		return
	}
	ctx := c.ctx
	c.work.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				c.log.Error("kf: panic", "of", fmt.Sprintf("%T", p))
			}
		}()
		f(ctx)
	})
}

// aside does something that is nice to have, within its time.
func (c *Channel) aside(f func(context.Context)) {
	c.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, asideTime)
		defer cancel()
		f(ctx)
	})
}

// errNotRunning: nothing can be kept. WeCom calls again.
var errNotRunning = errors.New("not running: deliver this again")

// The cursors, beside [bot.ThreadCursor]. Behind the slash stands an account.
const (
	accountsCursor = "accounts" // all that were heard of
	pullCursor     = "pull/"    // the last callback: there is something to pull
	syncCursor     = "sync/"    // how far was pulled
)

// bell is a callback as pullCursor has it.
type bell struct {
	Token string `json:"token,omitempty"`
	Time  int64  `json:"time,omitempty"` // WeCom's, in seconds
}

// take takes in one callback. It says only that an account has something, so
// that is what is kept before WeCom is told that it has arrived.
func (c *Channel) take(ctx context.Context, plain []byte) ([]byte, error) {
	var e struct {
		XMLName xml.Name `xml:"xml"`
		Event   string
		Token   string
		Account string `xml:"OpenKfId"`
		Time    int64  `xml:"CreateTime"`
	}
	if err := wecom.DecodeXML(plain, &e); err != nil {
		c.log.Warn("kf: a callback cannot be read", "error", err)
		return nil, nil // nor could it the second time
	}
	if e.Event != "kf_msg_or_event" || !sound(e.Account) {
		return nil, nil // of something else that shares the address
	}
	in := c.running()
	if in == nil {
		return nil, errNotRunning
	}
	if err := c.remember(ctx, in, e.Account); err != nil {
		c.log.Warn("kf: a callback was not kept", "error", err)
		return nil, err
	}
	value, _ := json.Marshal(bell{e.Token, e.Time}) // strings and numbers
	if _, err := in.Receive(ctx, bot.Delivery{Channel: Name, CursorName: pullCursor + e.Account, CursorValue: string(value)}); err != nil {
		c.log.Warn("kf: a callback was not kept", "error", err)
		return nil, err
	}
	if p := c.puller(e.Account); p != nil {
		p.ring()
	}
	return nil, nil
}

// remember keeps that there is an account, so that it is pulled at every start
// even where WeCom does not list it.
func (c *Channel) remember(ctx context.Context, in bot.Inbox, account string) error {
	c.mu.Lock()
	known := c.pullers[account] != nil
	c.mu.Unlock()
	if known {
		return nil
	}
	c.notes.Lock()
	defer c.notes.Unlock()
	value, err := in.Cursor(ctx, Name, accountsCursor)
	if err != nil {
		return err
	}
	all := strings.Fields(value)
	if slices.Contains(all, account) {
		return nil
	}
	_, err = in.Receive(ctx, bot.Delivery{Channel: Name, CursorName: accountsCursor, CursorValue: strings.Join(append(all, account), " ")})
	return err
}

// discover asks WeCom which accounts there are, until it says so.
func (c *Channel) discover(ctx context.Context) {
	for wait := c.config.Retry; ; wait = min(2*wait, longest) {
		accounts, err := c.Accounts(ctx)
		if err == nil {
			for _, a := range accounts {
				in := c.running()
				if !a.Managed || !sound(a.ID) || in == nil {
					continue
				}
				if err := c.remember(ctx, in, a.ID); err != nil {
					c.log.Warn("kf: an account was not noted", "error", err)
				}
				c.mu.Lock()
				if c.names == nil {
					c.names = map[string]string{}
				}
				c.names[a.ID] = a.Name
				c.mu.Unlock()
				c.puller(a.ID)
			}
			return
		}
		if ctx.Err() != nil {
			return
		}
		c.log.Error("kf: WeCom does not say which accounts there are; trying again", "in", wait, "error", err)
		if !sleep(ctx, wait) {
			return
		}
	}
}

// puller gives the one that pulls an account, which begins if it is new; nil
// while nothing runs.
func (c *Channel) puller(account string) *puller {
	c.mu.Lock()
	if c.ctx == nil || c.pullers[account] != nil {
		defer c.mu.Unlock()
		return c.pullers[account]
	}
	p := &puller{Channel: c, in: c.inbox, account: account, wake: make(chan struct{}, 1)}
	c.pullers[account] = p
	c.mu.Unlock()
	c.spawn(p.run)
	return p
}

// sleep waits and reports whether there is still something to wake up for.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
