package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// run serves s on a port of its own with short timeouts.
func run(t *testing.T, s *Server, tm timeouts) (addr string, stop context.CancelFunc, done <-chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() {
		end <- serve(ctx, ln, s.Handler(), slog.New(slog.DiscardHandler), tm)
		close(end)
	}()
	t.Cleanup(func() {
		cancel()
		<-end
	})
	return ln.Addr().String(), cancel, end
}

var short = timeouts{header: 100 * time.Millisecond, read: 200 * time.Millisecond, write: 300 * time.Millisecond, idle: 200 * time.Millisecond, stop: 300 * time.Millisecond}

// send writes to a new connection and gives what comes back until its end.
func send(t *testing.T, addr, s string) (answer string, took time.Duration) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	began := time.Now()
	io.WriteString(c, s)
	c.SetReadDeadline(began.Add(5 * time.Second))
	b, err := io.ReadAll(c)
	if err != nil && strings.Contains(err.Error(), "i/o timeout") {
		t.Errorf("the connection stays open: %v", err)
	}
	return string(b), time.Since(began)
}

func TestTimeouts(t *testing.T) {
	if usual.header > 5*time.Second || usual.read > 10*time.Second || usual.write != 30*time.Second || usual.idle != time.Minute || usual.stop != 10*time.Second || mostConnections < 4096 || stopPatience >= usual.stop {
		t.Errorf("%+v", usual)
	}
	f := newFake()
	addr, _, _ := run(t, New(Config{Loop: f, Journal: f}), short)
	send(t, addr, "POST /api/v1/mess")                                                                         // slow header
	send(t, addr, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")                                                  // idle afterwards
	got, _ := send(t, addr, "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"id\"") // slow body
	if !strings.HasPrefix(got, "HTTP/1.1 408") || !strings.Contains(got, "too slowly") {
		t.Errorf("slow body: %s", got)
	}
	got, _ = send(t, addr, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 32<<10)+"\r\n\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 431") {
		t.Errorf("large header: %.100s", got)
	}
	if f.kept() != 0 {
		t.Errorf("kept %d", f.kept())
	}
}

// TestWaitBeyondTimeouts: a reply and a stream may take longer than a request may
// take to be read or written.
func TestWaitBeyondTimeouts(t *testing.T) {
	f := newFake()
	f.hold = true
	addr, _, _ := run(t, New(Config{Loop: f, Journal: f}), short)
	r := open(t, "http://"+addr+"/api/v1/conversations/c1/events")
	go func() {
		time.Sleep(2 * short.write)
		f.release()
	}()
	res, body := do(t, "POST", "http://"+addr+"/api/v1/messages", `{"id":"q1","conversation":"c1","text":"61"}`)
	if res.StatusCode != 200 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	r.next("data: ")
	if data := r.next("data: "); !strings.Contains(data, `"role":"bot"`) {
		t.Errorf("got %q", data)
	}
}

func TestStop(t *testing.T) {
	f := newFake()
	f.hold = true
	tm := short
	tm.stop = 5 * time.Second
	addr, stop, done := run(t, New(Config{Loop: f, Journal: f}), tm)
	stream := open(t, "http://"+addr+"/api/v1/conversations/c1/events")
	reply := make(chan string, 1)
	go func() {
		res, body := do(t, "POST", "http://"+addr+"/api/v1/messages", `{"id":"q1","conversation":"c1","text":"61"}`)
		reply <- fmt.Sprint(res.StatusCode, body)
	}()
	eventually(t, "kept", func() bool { return f.kept() == 1 })
	began := time.Now()
	stop()
	for stream.next("id: ") != "" {
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("the stream ended after %v", took)
	}
	eventually(t, "closed to new connections", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	f.release()
	if got := <-reply; !strings.HasPrefix(got, "200") {
		t.Errorf("the request that waited: %s", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestStopCutsOff(t *testing.T) {
	f := newFake()
	f.hold = true
	addr, stop, done := run(t, New(Config{Loop: f, Journal: f}), short)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	body := `{"id":"q1","conversation":"c1","text":"61"}`
	fmt.Fprintf(c, "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	eventually(t, "kept", func() bool { return f.kept() == 1 })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if l, err := bufio.NewReader(c).ReadString('\n'); err == nil && strings.Contains(l, "200") {
		t.Errorf("got %q", l)
	}
	eventually(t, "ended", func() bool { return f.watching() == 0 })
}

func TestServeFails(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := Serve(t.Context(), ln, http.NotFoundHandler(), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("got %v", err)
	}
}
