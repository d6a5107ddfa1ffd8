package wecomtest

import (
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Socket is one long connection of the AI bot, as WeCom sees it. Its methods
// are what can go wrong with one.
type Socket struct {
	w    *WeCom
	conn *websocket.Conn

	// Under WeCom.mu.
	subscribed bool
	requests   map[string]*request // by req_id

	mu   sync.Mutex // for writing, and what follows
	deaf bool       // only pings are answered
	dead bool       // not even those
}

// frame is one of the long connection, either way.
type frame struct {
	Cmd     string `json:"cmd,omitempty"`
	Headers struct {
		ReqID string `json:"req_id"`
	} `json:"headers"`
	Body json.RawMessage `json:"body,omitempty"`
}

// Sockets are the connections that are open.
func (w *WeCom) Sockets() []*Socket {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*Socket{}, w.bot.sockets...)
}

// Live is the connection that is told what happens, nil if there is none.
func (w *WeCom) Live() *Socket {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bot.live
}

// KickSoftly makes a connection that is replaced stay open after its
// disconnected_event: its pings are acknowledged, and nothing else happens.
func (w *WeCom) KickSoftly(on bool) { w.set(func() { w.bot.softly = on }) }

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func (w *WeCom) serveSocket(rw http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		return // Upgrade has said so
	}
	s := &Socket{w: w, conn: conn, requests: map[string]*request{}}
	w.mu.Lock()
	w.bot.sockets = append(w.bot.sockets, s)
	w.touch()
	w.mu.Unlock()
	w.gate.Lock()
	over := w.ctx.Err() != nil // Close has just gone through those that it knew
	if !over {
		w.work.Add(1)
		defer w.work.Done()
	}
	w.gate.Unlock()
	if over {
		s.Reset()
	}
	s.read()
}

// read takes frames until the connection ends, or nothing is heard for too long.
func (s *Socket) read() {
	defer func() {
		w := s.w
		w.mu.Lock()
		defer w.mu.Unlock()
		for i, o := range w.bot.sockets {
			if o == s {
				w.bot.sockets = append(w.bot.sockets[:i], w.bot.sockets[i+1:]...)
				break
			}
		}
		if w.bot.live == s {
			w.bot.live = nil
		}
		w.touch()
		s.conn.Close()
	}()
	s.conn.SetReadLimit(2 << 20)
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.w.config.PingTimeout))
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		s.take(data)
	}
}

// take does what a frame asks for and acknowledges it.
func (s *Socket) take(data []byte) {
	w := s.w
	var f frame
	if err := json.Unmarshal(data, &f); err != nil || f.Cmd == "" || f.Headers.ReqID == "" {
		w.set(func() { w.complain("a frame of %d bytes has no cmd or no req_id", len(data)) })
		return
	}
	s.mu.Lock()
	deaf, dead := s.deaf, s.dead
	s.mu.Unlock()
	if dead || deaf && f.Cmd != "ping" {
		return
	}
	fault := w.fault(f.Cmd)
	var answer object
	var err error
	if fault == nil || fault.Stored {
		answer, err = s.answer(&f)
	}
	if fault == nil {
		s.acknowledge(&f, answer, err, data)
		return
	}
	busy := fault.Delay > 0 && s.busy(&f, true)
	w.background(func() { // what takes long must not hold up the pings
		if fault.Delay > 0 && !w.sleep(w.ctx, fault.Delay) {
			return
		}
		if busy {
			s.busy(&f, false)
		}
		switch {
		case fault.Cut:
			w.note(f.Cmd, -1)
			s.Close(websocket.CloseAbnormalClosure)
		case fault.Mute:
			w.note(f.Cmd, -1)
		default:
			if fault.Code != 0 {
				err = refuse(fault.Code, "fault")
			}
			s.acknowledge(&f, answer, err, data)
		}
	})
}

// busy marks that a frame's request waits for an acknowledgement.
func (s *Socket) busy(f *frame, on bool) bool {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	rq := s.requests[f.Headers.ReqID]
	if rq != nil {
		rq.busy = on
	}
	return rq != nil
}

func (s *Socket) acknowledge(f *frame, answer object, err error, data []byte) {
	ack := object{"headers": object{"req_id": f.Headers.ReqID}, "errcode": 0, "errmsg": "ok"}
	code := 0
	if e, ok := err.(*apiError); ok {
		code = e.code
		// Like the answers over HTTP, it repeats what was sent.
		ack["errcode"], ack["errmsg"] = code, s.w.gossip(code, e.why, &call{name: f.Cmd, body: data})
	}
	if answer != nil {
		ack["body"] = answer
	}
	s.w.note(f.Cmd, code)
	s.Send(ack)
	if f.Cmd == "aibot_subscribe" && code == 0 {
		s.w.subscribed(s)
	}
}

// Send sends v as JSON: a frame of any shape.
func (s *Socket) Send(v any) bool {
	data, err := json.Marshal(v)
	if err != nil {
		panic("wecomtest: " + err.Error())
	}
	return s.Frame(data)
}

// Frame sends one text frame, JSON or not.
func (s *Socket) Frame(data []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	return !s.dead && s.conn.WriteMessage(websocket.TextMessage, data) == nil
}

// Close ends the connection with code, or without a word where code is
// websocket.CloseAbnormalClosure (1006).
func (s *Socket) Close(code int) {
	if code != websocket.CloseAbnormalClosure {
		s.mu.Lock()
		_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
		s.mu.Unlock()
	}
	s.conn.NetConn().Close()
}

// Reset breaks the connection as a dying machine does.
func (s *Socket) Reset() {
	if tcp, ok := s.conn.NetConn().(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	s.conn.NetConn().Close()
}

// HalfAlive makes the connection acknowledge pings and do nothing else: no
// message comes any more, and nothing that is sent is answered.
func (s *Socket) HalfAlive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = true
}

// HalfOpen makes the connection look established while nothing is heard or said
// over it any more, not even the answer to a ping.
func (s *Socket) HalfOpen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
}
