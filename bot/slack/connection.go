package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// envelope is what Slack hands over on a socket.
type envelope struct {
	ID           string          `json:"envelope_id"`
	Type         string          `json:"type"`
	Payload      json.RawMessage `json:"payload"`
	Accepts      bool            `json:"accepts_response_payload"` // an answer with its acknowledgement
	RetryAttempt int             `json:"retry_attempt"`
	RetryReason  string          `json:"retry_reason"`
}

// frame is everything that comes over a socket: an envelope, or a word about
// the connection itself.
type frame struct {
	envelope
	Reason string `json:"reason"` // of a disconnect
}

// decodeFrame reads a frame. A field of an unexpected type does not cost the
// message that stands beside it.
func decodeFrame(data []byte) (frame, error) {
	var f frame
	err := json.Unmarshal(data, &f)
	if _, odd := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !odd {
		return frame{}, errors.New("it is no JSON")
	}
	switch f.Type {
	case "":
		return frame{}, errors.New("it has no type")
	case "hello", "disconnect":
	default:
		if f.ID == "" {
			return frame{}, errors.New("it cannot be acknowledged: it has no envelope_id")
		}
	}
	return f, nil
}

const (
	readLimit   = 1 << 20 // bytes of one frame
	closingTime = time.Second
)

// connection is one socket, from dialling to its end.
type connection struct {
	sockets *sockets
	ws      *websocket.Conn
	accept  func(delivery) bool
	last    atomic.Int64 // when something was heard, in Unix nanoseconds
	writing sync.Mutex
	odd     rate.Sometimes

	greeted  chan struct{} // Slack said hello
	leaving  chan struct{} // Slack announced its end, or it ended
	ended    chan struct{}
	replaced chan struct{} // closed by whoever has opened the next one

	reason string // of its leaving; to be read after that
	err    error  // of its end; to be read after that
}

// connect opens a connection and waits for Slack's hello. Only then does Slack
// send anything, and count it.
func (s *sockets) connect(ctx context.Context, running *sync.WaitGroup, d *dispatcher) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timing.handshake)
	defer cancel()
	s.counts.opens.Add(1)
	ws, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	c := &connection{
		sockets: s, ws: ws, accept: d.offer, odd: rate.Sometimes{First: 1, Interval: complainEvery},
		greeted: make(chan struct{}), leaving: make(chan struct{}), ended: make(chan struct{}), replaced: make(chan struct{}),
	}
	ws.SetReadLimit(readLimit)
	ws.SetPingHandler(c.pong)
	ws.SetPongHandler(func(string) error { c.hear(); return nil })
	c.hear()
	running.Go(c.read)
	running.Go(c.tend)
	select {
	case <-c.greeted:
		return c, nil
	case <-c.leaving:
		err = c.left()
	case <-ctx.Done():
		err = errors.New("no hello comes from Slack")
	}
	ws.Close()
	return nil, err
}

// read takes in what comes, until the connection ends. It never waits for
// anything else: pings have to be answered.
func (c *connection) read() {
	for {
		kind, data, err := c.ws.ReadMessage()
		if err != nil {
			c.err = endOf(err)
			break
		}
		c.hear()
		c.take(kind, data)
	}
	c.ws.Close()
	c.sockets.remove(c)
	c.leave("")
	close(c.ended)
}

// endOf says why a connection ended, without what the other side may have
// written into it.
func endOf(err error) error {
	if e, ok := errors.AsType[*websocket.CloseError](err); ok {
		return fmt.Errorf("it was closed with code %d", e.Code)
	}
	e, low := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, net.ErrClosed):
		return errors.New("we closed it")
	case errors.Is(err, websocket.ErrReadLimit):
		return fmt.Errorf("a frame is larger than %d bytes", readLimit)
	case low && e.Timeout():
		return errors.New("nothing was heard for too long")
	case low:
		return fmt.Errorf("it broke: %w", e) // names addresses and what the system says
	}
	return errors.New("it broke")
}

// take is what one frame does.
func (c *connection) take(kind int, data []byte) {
	s := c.sockets
	f, err := decodeFrame(data)
	if kind != websocket.TextMessage {
		err = errors.New("it is binary")
	}
	if err != nil {
		n := s.counts.unreadable.Add(1)
		c.odd.Do(func() { s.log.Warn("slack: a frame is not understood", "bytes", len(data), "so_far", n, "error", err) })
		return
	}
	switch f.Type {
	case "hello":
		c.greet()
	case "disconnect":
		c.leave(cmp.Or(f.Reason, "unsaid"))
	default:
		c.accept(delivery{f.envelope, func(answer any) { s.acknowledge(c, f.envelope, answer) }})
	}
}

// greet and leave are called by read alone.
func (c *connection) greet() {
	select {
	case <-c.greeted:
	default:
		c.sockets.counts.connections.Add(1)
		c.sockets.add(c)
		close(c.greeted)
	}
}

func (c *connection) leave(reason string) {
	select {
	case <-c.leaving:
	default:
		c.reason = reason
		close(c.leaving)
	}
}

// left says why the connection leaves, as an error. Slack's announcement that
// it renews the connection is one as well: soon after the beginning it is none
// of the usual ones.
func (c *connection) left() error {
	switch c.reason {
	case "":
		return fmt.Errorf("the connection ended: %w", c.err)
	case linkDisabled:
		return &hopelessError{code: linkDisabled, do: fixes[linkDisabled].app}
	case tooMany:
		return errCrowded
	case "warning", "refresh_requested":
		return errors.New("it is renewed by Slack")
	}
	return errors.New("it is ended by Slack")
}

// live waits until the connection leaves. What has lived long enough has done
// so without an error, whatever became of it.
func (c *connection) live(ctx context.Context) error {
	began := time.Now()
	c.sockets.log.Info("slack: connected by Socket Mode", "connections", len(c.sockets.ways(nil)))
	select {
	case <-ctx.Done():
		return nil
	case <-c.leaving:
	}
	err := c.left()
	_, final := errors.AsType[*hopelessError](err)
	if final || errors.Is(err, errCrowded) {
		return err
	}
	if lived := time.Since(began); lived >= c.sockets.timing.young {
		c.sockets.note(err)
		c.sockets.log.Info("slack: replacing a connection", "after", lived.Round(time.Second), "because", err)
		return nil
	}
	return err
}

// tend pings, which has a living peer say something, and ends what has been
// replaced but is not closed by Slack.
func (c *connection) tend() {
	t := c.sockets.timing
	ping := time.NewTicker(t.ping)
	defer ping.Stop()
	replaced := c.replaced
	var late <-chan time.Time
	for {
		select {
		case <-c.ended:
			return
		case <-replaced:
			replaced, late = nil, time.After(t.linger)
		case <-late:
			c.close()
		case <-ping.C:
			if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(t.write)) != nil {
				c.ws.Close()
			}
		}
	}
}

// hear notes that the other side lives.
func (c *connection) hear() {
	c.last.Store(c.sockets.now().UnixNano())
	_ = c.ws.SetReadDeadline(time.Now().Add(c.sockets.timing.quiet)) // an ended connection is noticed by reading
}

func (c *connection) heard() time.Time { return time.Unix(0, c.last.Load()) }

// pong answers a ping. It waits but briefly: it is called by read.
func (c *connection) pong(data string) error {
	c.hear()
	_ = c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second)) // see hear
	return nil
}

// write sends one frame. A connection that cannot be written to is no use.
func (c *connection) write(data []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.ws.SetWriteDeadline(time.Now().Add(c.sockets.timing.write))
	err := c.ws.WriteMessage(websocket.TextMessage, data)
	if err != nil {
		c.ws.Close()
	}
	return err
}

// close says goodbye and gives Slack a moment to do so too: what is still on
// its way there must not be lost by hanging up on it.
func (c *connection) close() {
	defer c.ws.Close()
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if c.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(closingTime)) != nil {
		return
	}
	select {
	case <-c.ended:
	case <-time.After(closingTime):
	}
}
