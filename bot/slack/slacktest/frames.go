package slacktest

import (
	"net"
	"sync"
)

// Slack drops acknowledgements that come in several frames, but a WebSocket
// library puts frames together before anybody can see them. So the bytes are
// watched where they come in.

// watching is a listener whose connections can watch frames.
type watching struct{ net.Listener }

func (w watching) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watched{Conn: c}, nil
}

// watched is a connection that notes for each message whether it came in one
// frame, once begin is called.
type watched struct {
	net.Conn

	mu       sync.Mutex
	began    bool
	header   []byte // of a frame, as far as it is there
	skip     uint64 // what is left of the frame's payload
	parts    bool   // the message began with a frame that was not its last
	messages []bool // for each message that is there: whether it came in parts
}

func (w *watched) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = true
}

// Read watches what it reads.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began {
		w.watch(p[:n])
	}
	return n, err
}

func (w *watched) watch(p []byte) {
	for len(p) > 0 {
		if w.skip > 0 {
			n := min(w.skip, uint64(len(p)))
			w.skip, p = w.skip-n, p[n:]
			continue
		}
		w.header, p = append(w.header, p[0]), p[1:]
		size, ok := payload(w.header)
		if !ok {
			continue
		}
		last, control := w.header[0]&0x80 != 0, w.header[0]&0x08 != 0
		w.skip, w.header = size, nil
		switch {
		case control:
		case last:
			w.messages = append(w.messages, w.parts)
			w.parts = false
		default:
			w.parts = true
		}
	}
}

// payload reads the length from the header of a client's frame, once that is
// complete.
func payload(header []byte) (size uint64, complete bool) {
	const mask = 4
	if len(header) < 2 {
		return 0, false
	}
	size = uint64(header[1] & 0x7f)
	wide := map[uint64]int{126: 2, 127: 8}[size]
	if len(header) < 2+wide+mask {
		return 0, false
	}
	if wide > 0 {
		size = 0
		for _, b := range header[2 : 2+wide] {
			size = size<<8 | uint64(b)
		}
	}
	return size, true
}

// inParts tells of the next message whether it came in parts.
func (w *watched) inParts() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.messages) == 0 {
		return false
	}
	parts := w.messages[0]
	w.messages = w.messages[1:]
	return parts
}
