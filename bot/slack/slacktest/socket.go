package slacktest

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// mostSockets may be open at once; Slack refuses more.
const mostSockets = 10

// mostAck is the size from which on Slack drops acknowledgements without a word.
const mostAck = 20 << 10

// Socket is one open connection of Socket Mode, as Slack sees it. Its methods
// are what can go wrong with one.
type Socket struct {
	s    *Slack
	conn *websocket.Conn
	gone chan struct{} // closed when the connection is

	mu   sync.Mutex // for writing, and what follows
	deaf bool       // half-open
	slow time.Duration
}

// Sockets are those that are open, also half-open.
func (s *Slack) Sockets() []*Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Socket, 0, len(s.sockets))
	for c := range s.sockets {
		all = append(all, c)
	}
	return all
}

// SocketsEver counts the connections that there have been.
func (s *Slack) SocketsEver() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.socketsEver
}

// OnHello makes f happen to each new connection after its hello, such as
// closing it again for ever; nil ends that.
func (s *Slack) OnHello(f func(*Socket)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onHello = f
}

// LoseAcks makes the next n acknowledgements over sockets get lost.
func (s *Slack) LoseAcks(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loseAcks = n
}

// DisableSocketMode tells all connections link_disabled, as when somebody
// switches Socket Mode off: they end, and no new one is given.
func (s *Slack) DisableSocketMode() {
	s.mu.Lock()
	s.linkDisabled = true
	s.mu.Unlock()
	for _, c := range s.Sockets() {
		c.Disconnect("link_disabled")
		c.Close(websocket.CloseNormalClosure)
	}
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveSocket opens a connection for a ticket, which is good for one.
func (s *Slack) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	valid := s.tickets[ticket]
	delete(s.tickets, ticket)
	s.mu.Unlock()
	if !valid {
		http.Error(w, "the ticket is unknown or was used", http.StatusUnauthorized)
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has said so
	}
	c := &Socket{s: s, conn: conn, gone: make(chan struct{})}
	s.mu.Lock()
	full := len(s.sockets) >= mostSockets
	if !full {
		s.sockets[c] = true
		s.socketsEver++
	}
	n, onHello := len(s.sockets), s.onHello
	s.mu.Unlock()
	if full {
		c.Disconnect("too_many_websockets")
		c.Close(websocket.CloseNormalClosure)
		conn.Close()
		return
	}
	c.Send(object{
		"type": "hello", "num_connections": n, "connection_info": object{"app_id": appID},
		"debug_info": object{"host": "applink-loopback", "build_number": 61, "approximate_connection_time": c.seconds()},
	})
	s.background(c.keep)
	if onHello != nil {
		onHello(c)
	}
	c.tcp().begin()
	c.read()
}

// seconds is how long the connection is announced to last.
func (c *Socket) seconds() int {
	if c.s.config.Lifetime > 0 {
		return max(1, int(c.s.config.Lifetime/time.Second))
	}
	return 18060
}

// keep pings, and ends the connection after its lifetime.
func (c *Socket) keep() {
	var ping <-chan time.Time
	if every := c.s.config.Ping; every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		ping = t.C
	}
	var warn, end <-chan time.Time
	if life := c.s.config.Lifetime; life > 0 {
		warn, end = time.After(max(0, life-c.s.config.Warning)), time.After(life)
	}
	for {
		select {
		case <-c.gone:
			return
		case <-c.s.ctx.Done():
			c.Reset()
			return
		case <-ping:
			c.control(websocket.PingMessage, []byte("ping from slack"))
		case <-warn:
			c.Disconnect("warning")
		case <-end:
			c.Disconnect("refresh_requested")
			c.Close(websocket.CloseNormalClosure)
		}
	}
}

// read takes acknowledgements until the connection ends.
func (c *Socket) read() {
	defer func() {
		c.forget()
		close(c.gone)
		c.conn.Close()
	}()
	c.conn.SetPingHandler(func(data string) error {
		c.control(websocket.PongMessage, []byte(data))
		return nil
	})
	for {
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		parts := c.tcp().inParts()
		c.mu.Lock()
		deaf, slow := c.deaf, c.slow
		c.mu.Unlock()
		if deaf {
			continue // nothing is heard any more; the end of the connection is
		}
		select {
		case <-time.After(slow):
		case <-c.s.ctx.Done():
		}
		if parts {
			c.s.complain("an acknowledgement in several frames was dropped")
			continue
		}
		c.s.acknowledge(data)
	}
}

// forget makes nothing be sent to c any more.
func (c *Socket) forget() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	delete(c.s.sockets, c)
}

// acknowledge takes what a client sent: by whichever connection, it counts for
// the envelope that it names.
func (s *Slack) acknowledge(data []byte) {
	var got struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(data, &got); err != nil || got.EnvelopeID == "" {
		s.complain("a frame of %d bytes acknowledges nothing", len(data))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wait, known := s.pending[got.EnvelopeID]
	switch {
	case s.loseAcks > 0:
		s.loseAcks--
	case len(data) >= mostAck:
		s.complaints = append(s.complaints, "an acknowledgement of 20 KB or more was dropped")
	case !known:
		s.complaints = append(s.complaints, "an envelope that was never sent is acknowledged")
	default:
		select {
		case wait <- Ack{Acknowledged: true, Payload: got.Payload}:
		default: // it was acknowledged before
		}
	}
}

// toSocket sends e over one open connection, any one, and waits for its
// acknowledgement. Without a connection the bot cannot be told.
func (s *Slack) toSocket(ctx context.Context, e envelope, id string, retry int) Ack {
	wait := make(chan Ack, 1)
	s.mu.Lock()
	s.pending[id] = wait // stays: late acknowledgements are no mistake
	s.mu.Unlock()
	open := s.Sockets()
	if len(open) == 0 {
		return Ack{}
	}
	c := open[rand.IntN(len(open))]
	frame := object{"type": e.kind, "envelope_id": id, "payload": e.payload, "accepts_response_payload": e.answers}
	if e.kind == "events_api" || retry > 0 {
		frame["retry_attempt"], frame["retry_reason"] = retry, ""
	}
	if retry > 0 {
		frame["retry_reason"] = "timeout"
	}
	c.Send(frame)
	select {
	case a := <-wait:
		if !e.answers && len(a.Payload) > 0 && string(a.Payload) != "null" && string(a.Payload) != "{}" { // Slack's own client always sends {}
			s.complain("an acknowledgement answers an envelope that accepts no answer")
			a.Payload = nil
		}
		return a
	case <-c.gone: // what it did not acknowledge is delivered again, by another one
		select {
		case a := <-wait:
			return a
		default:
			return Ack{}
		}
	case <-ctx.Done():
		return Ack{}
	}
}

// tcp is the connection below.
func (c *Socket) tcp() *watched { return c.conn.NetConn().(*watched) }
