// Package web is the channel of browsers and programs: the JSON API, the event
// stream of a conversation, a page for merchants that works without JavaScript,
// and /healthz and /readyz.
//
// Nothing is ever sent on this channel. A reply is read from the journal by
// whoever asked for it, so that the same id gives the same reply as often as it
// is asked, from whichever process, and also after a restart.
//
// # Messages
//
//	curl --json '{"id":"q1","conversation":"till-7","text":"刷卡显示61"}' http://127.0.0.1:8061/api/v1/messages
//
// The id is the message's own within its conversation. Whoever got no answer, or
// a 429 or 503, sends the same body again: what was kept is not kept twice. The
// first message under an id counts; another text under it gets the first one's
// reply. Without a conversation one of 128 random bits is made and told in the
// reply; a repeat without it is another conversation, so who wants to be able to
// repeat chooses one. There is no login: knowing a conversation's id is the right
// to write and read it.
//
// Ids are up to 128 bytes of printable characters. One that looks like a card
// number (about 2 % of long decimal ids do) is not written down: it is known to
// the store, and named in events, by a digest that begins with "h-". The reply
// still carries the id as it was sent.
//
// # Limits
//
// One message a second in a conversation, after five that may come at once; a
// repeated message costs nothing. A limit for each network address is off unless
// it is configured, because a chain of shops is behind one. Behind a proxy it
// would count the proxy: only the address of the connection is believed.
package web

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"decline61/bot"
)

// Channel is the name of this channel in addresses and metrics.
const Channel = "web"

// Loop takes messages in. *bot.Loop is one.
type Loop interface {
	// Receive keeps what is delivered; it is durable when the error is nil.
	Receive(context.Context, bot.Delivery) ([]bot.Received, error)
	// Watch signals that something has happened in a conversation, until stop.
	Watch(conversation string) (changed <-chan struct{}, stop func())
	// Check says what is wrong with a request, in words for its sender.
	Check(bot.Request) error
}

// Journal is what can be read of conversations. *store.DB is one.
type Journal interface {
	// Reply gives the reply to a message. It is known when the message was
	// received, and answered when the reply is final.
	Reply(ctx context.Context, conversation, id string) (r bot.Reply, answered, known bool, err error)
	// Events gives up to n events that follow the one with the id after.
	Events(ctx context.Context, conversation string, after int64, n int) ([]bot.Event, error)
	AddFeedback(context.Context, bot.Feedback) error
	// Ready says why messages cannot be stored, nil if they can.
	Ready(context.Context) error
}

// Meter counts what no Loop sees.
type Meter interface {
	Repeated()          // a message that was known, and got its reply again
	Refused(status int) // a message that was not taken, or whose answer is late
}

type noMeter struct{}

func (noMeter) Repeated()   {}
func (noMeter) Refused(int) {}

// Config is what a Server needs. Zero values mean the defaults.
type Config struct {
	Loop    Loop
	Journal Journal
	Checks  []Check // shown by /readyz beside the store
	Meter   Meter
	Log     *slog.Logger
	Now     func() time.Time

	// Origin is where browsers see the bot (https://help.example.com) if a
	// proxy changes the Host header.
	Origin string

	Rate         float64 // messages a second in a conversation; 0 is 1
	Burst        int     // how many at once; never less than 5
	AddressRate  float64 // new messages a second from one network address; 0 is no limit
	AddressBurst int     // 0 is ten seconds' worth
	Streams      int     // event streams open at once; 0 is 4,000
}

// firstMessages of a conversation are never refused by its limit.
const firstMessages = 5

// Server answers browsers and programs.
type Server struct {
	loop    Loop
	journal Journal
	ready   *readiness
	meter   Meter
	log     *slog.Logger
	now     func() time.Time
	origin  string

	perConversation *pace
	perAddress      *pace // nil: no limit
	incoming        keyedLock
	streams         atomic.Int64
	mostStreams     int64

	patience     time.Duration // of a program that waits for its reply
	pagePatience time.Duration // of a form; the page says how it goes on
	poll         time.Duration // how often to look although nothing was signalled
	keepAlive    time.Duration // between comments on a silent stream
	writeWithin  time.Duration // for a client to take what is written to it
}

// New returns a server of c.
func New(c Config) *Server {
	s := &Server{
		loop:    c.Loop,
		journal: c.Journal,
		meter:   c.Meter,
		log:     c.Log,
		now:     c.Now,
		origin:  c.Origin,

		perConversation: newPace(cmp.Or(c.Rate, 1), max(c.Burst, firstMessages)),
		mostStreams:     int64(cmp.Or(c.Streams, 4000)),

		patience:     25 * time.Second,
		pagePatience: 3 * time.Second,
		poll:         500 * time.Millisecond,
		keepAlive:    15 * time.Second,
		writeWithin:  10 * time.Second,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.meter == nil {
		s.meter = noMeter{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if c.AddressRate > 0 {
		s.perAddress = newPace(c.AddressRate, cmp.Or(c.AddressBurst, max(1, int(10*c.AddressRate))))
	}
	store := Check{Name: "store", Critical: true, Probe: c.Journal.Ready}
	s.ready = &readiness{checks: append([]Check{store}, c.Checks...), now: s.now}
	return s
}

// Handler serves everything of this package. Whoever has more paths mounts it
// at "/" of a mux of their own.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/messages", s.postMessage)
	mux.HandleFunc("GET /api/v1/conversations/{id}/events", s.getEvents)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, "", &problem{status: http.StatusNotFound, say: "no such path: the API is POST /api/v1/messages and GET /api/v1/conversations/{id}/events"})
	})
	mux.HandleFunc("GET /{$}", s.getHome)
	mux.HandleFunc("POST /{$}", s.postForm)
	mux.HandleFunc("GET /c/{conversation}", s.getConversation)
	mux.HandleFunc("POST /feedback", s.postFeedback)
	mux.HandleFunc("GET /static/{file}", getStatic)
	mux.HandleFunc("GET /healthz", getHealth)
	mux.Handle("GET /readyz", s.ready)
	return s.guard(mux)
}
