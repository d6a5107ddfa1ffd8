package aibot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"decline61/bot"
	"decline61/bot/wecom"
)

// What frames ask for.
const (
	cmdSubscribe = "aibot_subscribe"
	cmdPing      = "ping"
	cmdRespond   = "aibot_respond_msg"
	cmdWelcome   = "aibot_respond_welcome_msg"
	cmdUpdate    = "aibot_respond_update_msg"
	cmdSend      = "aibot_send_msg"

	cmdMessage = "aibot_msg_callback"
	cmdEvent   = "aibot_event_callback"
)

// frame is what goes over a long connection, either way. One without a Cmd
// acknowledges the frame with the same id.
type frame struct {
	Cmd     string          `json:"cmd,omitempty"`
	Headers headers         `json:"headers"`
	Body    json.RawMessage `json:"body,omitempty"`
	Code    int             `json:"errcode,omitempty"`
	Message string          `json:"errmsg,omitempty"`
}

type headers struct {
	ReqID string `json:"req_id"`
}

// connection is one long connection, from dialling to its end.
type connection struct {
	socket *socket
	ws     *websocket.Conn

	writing sync.Mutex
	probing atomic.Bool
	heard   atomic.Int64 // when the last message or event came, in Unix nanoseconds
	acked   atomic.Int64 // frames that were acknowledged, but for pings

	mu      sync.Mutex
	pending map[string]chan frame // by the id of the frame that waits
	err     error                 // why it ended
	gone    chan struct{}
}

// Reasons for which a connection ends.
var (
	errKicked    = errors.New("another program has connected with this bot's id and secret: WeCom keeps one connection for a bot; stop one of the two")
	errHalfAlive = errors.New("it answers nothing but pings")
	errSilent    = errors.New("its pings are not answered")
	errIdle      = errors.New("nothing has come for long: it is replaced, in case it only looks alive")
	errStopped   = errors.New("the program stops")
)

const mostFrame = 1 << 20

// dial opens a connection and subscribes.
func (s *socket) dial(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timing().handshake)
	defer cancel()
	d := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: s.timing().handshake}
	ws, resp, err := d.DialContext(ctx, s.config().URL, nil)
	if err != nil {
		return nil, undialled(err, resp)
	}
	ws.SetReadLimit(mostFrame)
	k := &connection{socket: s, ws: ws, pending: map[string]chan frame{}, gone: make(chan struct{})}
	k.heard.Store(s.channel.now().UnixNano())
	go k.read()
	err = k.call(ctx, cmdSubscribe, newReq(), map[string]string{"bot_id": s.config().BotID, "secret": s.config().Secret})
	if err != nil {
		k.end(err)
		<-k.gone
		return nil, err
	}
	return k, nil
}

// undialled says why there is no connection, without the URL.
func undialled(err error, resp *http.Response) error {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case resp != nil:
		return fmt.Errorf("the address answers with HTTP status %d instead of a long connection", resp.StatusCode)
	case errors.As(err, &dns):
		return errors.New("its name cannot be resolved")
	case errors.As(err, &op):
		return op
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return err
	}
	return errors.New("no handshake")
}

func newReq() string { return rand.Text() }

// read takes in what comes, until the connection ends. It never waits for
// anything but room in a lane: acknowledgements have to be heard.
func (k *connection) read() {
	defer close(k.gone)
	for {
		_, data, err := k.ws.ReadMessage()
		if err != nil {
			k.end(endOf(err))
			return
		}
		var f frame
		var odd *json.UnmarshalTypeError
		if err := json.Unmarshal(data, &f); err != nil && !errors.As(err, &odd) {
			k.socket.channel.log.Warn("aibot: a frame is not understood", "bytes", len(data))
			continue
		}
		k.take(f)
	}
}

// endOf says why a connection ended, without what the other side may have
// written into it.
func endOf(err error) error {
	var closed *websocket.CloseError
	var low net.Error
	switch {
	case errors.As(err, &closed):
		return fmt.Errorf("it was closed with code %d", closed.Code)
	case errors.Is(err, websocket.ErrReadLimit):
		return fmt.Errorf("a frame is larger than %d bytes", mostFrame)
	case errors.As(err, &low):
		return fmt.Errorf("it broke: %w", low)
	}
	return errors.New("it broke")
}

// take is what one frame does.
func (k *connection) take(f frame) {
	switch f.Cmd {
	case "":
		k.mu.Lock()
		wait := k.pending[f.Headers.ReqID]
		delete(k.pending, f.Headers.ReqID)
		k.mu.Unlock()
		if wait != nil {
			wait <- f // has room for one
		}
	case cmdMessage, cmdEvent:
		k.heard.Store(k.socket.channel.now().UnixNano())
		p, err := decode(f.Body)
		if err != nil {
			k.socket.channel.log.Warn("aibot: a message over the long connection is not understood", "bytes", len(f.Body), "error", err)
			return
		}
		if p.Event.Type == eventDisconnected {
			k.end(errKicked)
			return
		}
		k.socket.lane(p, func(ctx context.Context) { k.socket.channel.hear(ctx, k, f.Headers.ReqID, p) })
	}
}

// end closes the connection; the first reason counts.
func (k *connection) end(why error) {
	k.mu.Lock()
	first := k.err == nil
	if first {
		k.err = why
	}
	k.mu.Unlock()
	if first {
		bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = k.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second)) // the other side may be gone
		k.ws.Close()
	}
}

// why is the reason for its end, nil while it lives.
func (k *connection) why() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

func (k *connection) ended() bool { return k.why() != nil }

// call sends one frame and waits for its acknowledgement. There may be one at a
// time with the same id.
func (k *connection) call(ctx context.Context, cmd, req string, body any) error {
	f := frame{Cmd: cmd, Headers: headers{req}}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return &bot.SendError{Class: bot.Never, Err: errors.New("aibot: a frame cannot be written as JSON")}
		}
		f.Body = b
	}
	wait := make(chan frame, 1)
	k.mu.Lock()
	if k.err != nil {
		k.mu.Unlock()
		return closedRoute("the connection is gone")
	}
	k.pending[req] = wait
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.pending[req] == wait {
			delete(k.pending, req)
		}
	}()
	if err := k.write(f); err != nil {
		return unknown(cmd, err)
	}
	late := time.NewTimer(k.socket.timing().ack)
	defer late.Stop()
	select {
	case got := <-wait:
		if cmd != cmdPing {
			k.acked.Add(1)
		}
		if got.Code != 0 {
			return wecom.Refusal(cmd, got.Code, got.Message)
		}
		return nil
	case <-k.gone:
		return unknown(cmd, errors.New("the connection broke before it was acknowledged"))
	case <-ctx.Done():
		return unknown(cmd, ctx.Err())
	case <-late.C:
		if cmd != cmdPing {
			k.probe()
		}
		return unknown(cmd, errors.New("it is not acknowledged"))
	}
}

func unknown(cmd string, why error) error {
	return &wecom.Error{Method: cmd, Class: bot.MayHaveArrived, Err: why}
}

func (k *connection) write(f frame) error {
	data, err := json.Marshal(f)
	if err != nil {
		return errors.New("it cannot be written as JSON")
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	_ = k.ws.SetWriteDeadline(time.Now().Add(k.socket.timing().ack)) // fails as the write does
	if err := k.ws.WriteMessage(websocket.TextMessage, data); err != nil {
		err = endOf(err)
		k.end(err)
		return err
	}
	return nil
}

// probe finds out whether a connection that left a frame unacknowledged is half
// alive: WeCom then goes on answering pings, and nothing else. An answer to a
// question that nobody asked is refused by whoever lives.
func (k *connection) probe() {
	if !k.probing.CompareAndSwap(false, true) {
		return
	}
	k.socket.channel.beside(func() {
		defer k.probing.Store(false)
		before, req := k.acked.Load(), newReq()
		_ = k.call(context.Background(), cmdRespond, req, refusal(req, "gone")) // refused, or not answered at all
		if k.acked.Load() == before {
			k.end(errHalfAlive)
		}
	})
}

// live pings, and waits until the connection ends or has been idle for so long
// that it is replaced. Its error is the reason.
func (k *connection) live(ctx context.Context) error {
	t := k.socket.timing()
	tick := time.NewTicker(t.ping)
	defer tick.Stop()
	missed := make(chan bool, 1)
	misses, asked := 0, false
	for {
		select {
		case <-k.gone:
			return k.why()
		case <-ctx.Done():
			return ctx.Err()
		case miss := <-missed:
			asked = false
			if misses++; !miss {
				misses = 0
			}
			if misses == 2 {
				k.end(errSilent)
			}
		case <-tick.C:
			heard := time.Unix(0, k.heard.Load())
			if k.socket.channel.now().Sub(heard) > t.silent && len(k.socket.channel.open.pending()) == 0 {
				k.end(errIdle)
				continue
			}
			if asked {
				continue
			}
			asked = true
			k.socket.channel.beside(func() { missed <- k.call(ctx, cmdPing, newReq(), nil) != nil })
		}
	}
}
