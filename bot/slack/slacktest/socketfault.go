package slacktest

import (
	"encoding/json"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// write is the one place that writes to a connection. A half-open one takes
// everything and sends nothing.
func (c *Socket) write(f func() error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf {
		return
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_ = f() // who is gone is noticed by reading
}

func (c *Socket) control(kind int, data []byte) {
	c.write(func() error { return c.conn.WriteControl(kind, data, time.Now().Add(5*time.Second)) })
}

// Send sends v as JSON: an envelope of any shape.
func (c *Socket) Send(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic("slacktest: " + err.Error())
	}
	c.Frame(websocket.TextMessage, data)
}

// Frame sends one frame of any kind with any content: broken JSON, nothing,
// websocket.BinaryMessage.
func (c *Socket) Frame(kind int, data []byte) {
	c.write(func() error { return c.conn.WriteMessage(kind, data) })
}

// Disconnect says that the connection is going to end: "warning" about ten
// seconds before, "refresh_requested", "link_disabled", "too_many_websockets".
// It does not end it.
func (c *Socket) Disconnect(reason string) {
	c.Send(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-loopback"}})
}

// Close ends the connection with code, or without a word where code is
// websocket.CloseAbnormalClosure (1006).
func (c *Socket) Close(code int) {
	c.forget()
	if code == websocket.CloseAbnormalClosure {
		c.tcp().Close()
		return
	}
	c.control(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""))
	// Closing at once would reset the connection if something is unread, and the
	// client might not see the code.
	if tcp, ok := c.tcp().Conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(time.Second))
}

// Reset breaks the connection as a dying machine does.
func (c *Socket) Reset() {
	if tcp, ok := c.tcp().Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.tcp().Close()
}

// HalfOpen makes the connection look established while nothing is heard or said
// over it any more, not even a ping. Slack keeps on sending to it.
func (c *Socket) HalfOpen() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf = true
}

// Truncate begins a frame, and ends the connection in the middle of it.
func (c *Socket) Truncate() {
	c.write(func() error {
		_, err := c.tcp().Write([]byte{0x81, 126, 0x10, 0x00, '{', '"', 't'}) // announces 4096 bytes of text
		return err
	})
	c.tcp().Close()
}

// SlowReads makes Slack take its time before each acknowledgement that it reads.
func (c *Socket) SlowReads(each time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slow = each
}

// Refresh is what comes over a connection that Slack wants to replace: a
// warning, refresh_requested after a while, and its end.
func (c *Socket) Refresh(after time.Duration) {
	c.Disconnect("warning")
	c.s.background(func() {
		select {
		case <-time.After(after):
		case <-c.gone:
			return
		case <-c.s.ctx.Done():
			return
		}
		c.Disconnect("refresh_requested")
		c.Close(websocket.CloseNormalClosure)
	})
}
