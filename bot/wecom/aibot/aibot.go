package aibot

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
)

// SocketURL is where WeCom takes long connections of AI bots.
const SocketURL = "wss://openws.work.weixin.qq.com"

// Journal is what the channel reads of conversations. *store.DB is one.
type Journal interface {
	// Reply gives the reply to a message; answered is false while it waits.
	Reply(ctx context.Context, conversation, id string) (r bot.Reply, answered, known bool, err error)
	AddFeedback(context.Context, bot.Feedback) error
}

// Bot is what the channel asks beside the way of a message; *bot.Bot is one.
type Bot interface {
	// Brief is what colleagues are told beside a reply.
	Brief(bot.Reply) (bot.Brief, error)
}

// Config is what a Channel needs: the bot's id and secret for the long
// connection, or token and key for the callback, or all four.
type Config struct {
	BotID  string
	Secret string
	URL    string // of the long connection; "" is [SocketURL]

	Token          string
	EncodingAESKey string // 43 characters

	BotName string       // as the bot is called in groups; "" is whatever follows the @
	HTTP    *http.Client // for response_url; nil is one of its own
	Journal Journal
	Bot     Bot
	Log     *slog.Logger
	Now     func() time.Time
	Window  time.Duration // see [bot.Manner]; 0 is 1 s
}

// Channel is the AI bot.
type Channel struct {
	config   Config
	journal  Journal
	bot      Bot
	log      *slog.Logger
	now      func() time.Time
	timing   timing
	pace     *wecom.Pace // of all that is said in a chat
	openings *wecom.Pace // of what may be left out: the rest is for last words
	open     *questions
	socket   *socket         // nil without the long connection
	callback *wecom.Callback // nil without the callback
	work     sync.WaitGroup  // what runs beside; begun while Run runs
	sending  atomic.Int64    // Sends that have not ended

	mu    sync.Mutex
	inbox bot.Inbox // nil while Run does not run
}

var (
	_ bot.Channel   = (*Channel)(nil)
	_ bot.Recoverer = (*Channel)(nil)
	_ http.Handler  = (*Channel)(nil)
)

// timing is how long things may take, and how often they are done.
type timing struct {
	life    time.Duration // of a stream: WeCom ends it after six minutes
	over    time.Duration // when WeCom has ended it, by any account
	revived time.Duration // likewise, of one of which it is not known when it began
	sweep   time.Duration // between two looks at what is open
	look    time.Duration // from when on it is looked up whether a question got an answer without words
	taken   time.Duration // in which a finished stream is polled: WeCom does so every second or so
	keep    time.Duration // for which it is tried to keep a message that nobody repeats
	send    time.Duration // for one Send
	last    time.Duration // for the last words when the program ends

	handshake time.Duration // to connect and subscribe
	ack       time.Duration // for one frame
	ping      time.Duration
	first     time.Duration // to wait after a connection broke; doubles
	longest   time.Duration // at most
	young     time.Duration // a connection that lived longer begins anew with first
	silent    time.Duration // without a message after which an idle connection is replaced
	kicked    time.Duration // to stay away after another program took our place
	banished  time.Duration // likewise, the second time within that time
}

var usual = timing{
	life: 5 * time.Minute, over: 10 * time.Minute, revived: time.Minute, sweep: time.Second, look: 3 * time.Second, taken: 8 * time.Second,
	keep: 4 * time.Second, send: 15 * time.Second, last: 2 * time.Second,
	handshake: 10 * time.Second, ack: 5 * time.Second, ping: 30 * time.Second, first: time.Second, longest: 30 * time.Second,
	young: time.Minute, silent: 30 * time.Minute, kicked: time.Minute, banished: time.Hour,
}

const (
	window      = time.Second
	sendWorkers = 64 // most of them wait for a poll, or for their turn in a busy chat
	takeTime    = 4 * time.Second
)

// openingLimit is half of what WeCom allows in a chat. A stream that was begun
// has to be finished; one that was not begun does not spin.
var openingLimit = wecom.Limit{N: 15, Per: time.Minute}

// New makes the channel. Nothing is opened before Run.
func New(c Config) (*Channel, error) {
	long, short := c.BotID != "" || c.Secret != "", c.Token != "" || c.EncodingAESKey != ""
	switch {
	case !long && !short:
		return nil, errors.New("aibot: neither bot id and secret (长连接) nor Token and EncodingAESKey (URL 回调) are set: 智能机器人 → API 模式")
	case long && (c.BotID == "" || c.Secret == ""):
		return nil, errors.New("aibot: the long connection needs bot id and secret: 智能机器人 → API 模式 → 长连接")
	case c.Journal == nil || c.Bot == nil:
		return nil, errors.New("aibot: it needs a Journal and a Bot")
	}
	if c.URL == "" {
		c.URL = SocketURL
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
	a := &Channel{
		config: c, journal: c.Journal, bot: c.Bot, log: c.Log, now: c.Now, timing: usual,
		pace: wecom.NewPace(c.Now, wecom.ChatLimits...), openings: wecom.NewPace(c.Now, openingLimit), open: newQuestions(),
	}
	if short {
		crypt, err := wecom.NewCrypt(wecom.Keys{Token: c.Token, EncodingAESKey: c.EncodingAESKey, Now: c.Now})
		if err != nil {
			return nil, err
		}
		a.callback = &wecom.Callback{Crypt: crypt, Envelope: wecom.JSON, Take: a.take, Log: c.Log}
	}
	if long {
		if err := wecom.CheckURL("the address of the long connection", c.URL, "wss"); err != nil {
			return nil, err
		}
		a.socket = newSocket(a)
	}
	return a, nil
}

// Manner says how to treat the channel.
func (c *Channel) Manner() bot.Manner {
	return bot.Manner{Name: Name, Window: c.config.Window, Timeout: c.timing.send, Workers: sendWorkers, MaxText: maxText}
}

// ServeHTTP takes callbacks in.
func (c *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.callback == nil {
		http.Error(w, "the AI bot has no callback here: it is reached by its long connection", http.StatusNotFound)
		return
	}
	c.callback.ServeHTTP(w, r)
}

// Run takes messages in by the long connection, and lets ServeHTTP do so. What
// only the operator can mend is in the log and in Well, and tried again in an hour.
func (c *Channel) Run(ctx context.Context, in bot.Inbox) error {
	ctx, cancel := context.WithCancel(ctx)
	c.begin(in)
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		c.sweepOn(ctx)
	}()
	defer func() {
		cancel()
		c.begin(nil)
		<-swept
		c.work.Wait()
	}()
	if c.socket == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return c.socket.run(ctx)
}

func (c *Channel) begin(in bot.Inbox) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = in
}

var errNotRunning = errors.New("aibot: not running")

// running gives the inbox.
func (c *Channel) running() (bot.Inbox, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inbox == nil {
		return nil, errNotRunning
	}
	return c.inbox, nil
}

// beside runs f while Run runs; Run's end waits for it.
func (c *Channel) beside(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inbox == nil {
		return
	}
	c.work.Go(func() {
		defer func() {
			if recover() != nil {
				c.log.Error("aibot: panic in something that was nice to have")
			}
		}()
		f()
	})
}

// Well says what is wrong with the way in, nil if nothing is.
func (c *Channel) Well(context.Context) error {
	if _, err := c.running(); err != nil {
		return err
	}
	if c.socket != nil {
		return c.socket.well()
	}
	return nil
}
