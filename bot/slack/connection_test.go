package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	goslack "github.com/slack-go/slack"
	"go.uber.org/goleak"

	"decline61/bot/slack/slacktest"
)

// What breaks one connection leaves the other, is made good, and loses nothing.
func TestSocketsBrokenConnection(t *testing.T) {
	for name, hurt := range map[string]func(*slacktest.Socket){
		"closed":                func(s *slacktest.Socket) { s.Close(websocket.CloseNormalClosure) },
		"going away":            func(s *slacktest.Socket) { s.Close(websocket.CloseGoingAway) },
		"closed without a word": func(s *slacktest.Socket) { s.Close(websocket.CloseAbnormalClosure) },
		"reset":                 (*slacktest.Socket).Reset,
		"truncated frame":       (*slacktest.Socket).Truncate,
		"half-open":             (*slacktest.Socket).HalfOpen,
		"too large a frame": func(s *slacktest.Socket) {
			s.Send(map[string]string{"type": kindEvent, "envelope_id": "1", "payload": strings.Repeat("x", readLimit)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLine(t, slacktest.Config{Patience: time.Second, Retries: slices.Repeat([]time.Duration{10 * time.Millisecond}, 20)}, func(l *line) {
				l.sockets.timing.quiet, l.sockets.timing.ping = 500*time.Millisecond, 50*time.Millisecond
			}).connected(t)
			victim := l.Sockets()[0]
			hurt(victim)
			var all []*slacktest.Delivery
			for i := range 20 {
				all = append(all, l.say("C1", fmt.Sprint(i)))
			}
			l.soon(t, "the broken one to be replaced", func() bool {
				return l.SocketsEver() > seats && len(l.sockets.ways(nil)) == seats && !slices.Contains(l.Sockets(), victim)
			})
			for _, d := range all {
				l.acknowledged(t, d)
			}
			if err := l.sockets.well(); err != nil {
				t.Errorf("not well again: %v", err)
			}
		})
	}
}

// Both connections are cut at once, again and again.
func TestSocketsAllConnectionsBreak(t *testing.T) {
	l := newLine(t, slacktest.Config{}, nil).connected(t)
	for round := range 5 {
		before := l.SocketsEver()
		for _, s := range l.Sockets() {
			s.Reset()
		}
		l.soon(t, "new ones", func() bool { return l.SocketsEver() >= before+seats })
		l.connected(t)
		l.acknowledged(t, l.say("C1", fmt.Sprint(round)))
	}
}

// A connection that nobody speaks over is dead although it looks established.
func TestSocketsHalfOpenIsNoticed(t *testing.T) {
	l := newLine(t, slacktest.Config{}, func(l *line) {
		l.sockets.timing.quiet, l.sockets.timing.ping = 300*time.Millisecond, 50*time.Millisecond
		l.sockets.timing.young = time.Hour // a short life is bad luck, and waited after
		l.sockets.timing.first, l.sockets.timing.longest = time.Second, time.Second
	}).connected(t)
	for _, s := range l.Sockets() {
		s.HalfOpen()
	}
	l.soon(t, "not to be well", func() bool { return l.sockets.well() != nil })
	l.soon(t, "to be well again", func() bool { return l.sockets.well() == nil })
	if !strings.Contains(l.log.String(), "nothing was heard for too long") {
		t.Errorf("the log does not say why:\n%s", l.log.String())
	}
}

// Slack's pings are enough, and so are answers to our own.
func TestSocketsPingsKeepAConnection(t *testing.T) {
	for name, c := range map[string]struct {
		server, own time.Duration
	}{
		"only Slack pings": {20 * time.Millisecond, time.Hour},
		"only we ping":     {-1, 20 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLine(t, slacktest.Config{Ping: c.server}, func(l *line) {
				l.sockets.timing.quiet, l.sockets.timing.ping = 300*time.Millisecond, c.own
			}).connected(t)
			time.Sleep(700 * time.Millisecond)
			if n := l.SocketsEver(); n != seats {
				t.Errorf("there were %d connections, want %d", n, seats)
			}
			l.acknowledged(t, l.say("C1", "61"))
		})
	}
}

// Slack hangs up on who does not answer its pings, whatever the taker does.
func TestSocketsAnswerPingsWhileTheTakerIsStuck(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ponged := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.Close()
		ws.SetPongHandler(func(data string) error { ponged <- data; return nil })
		for _, frame := range []string{
			`{"type":"hello"}`, `{"type":"events_api","envelope_id":"1","payload":{}}`, `{"type":"events_api","envelope_id":"2","payload":{}}`,
		} {
			if err := ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
				t.Error(err)
			}
		}
		if err := ws.WriteControl(websocket.PingMessage, []byte("are you there?"), time.Now().Add(time.Second)); err != nil {
			t.Error(err)
		}
		for err == nil {
			_, _, err = ws.ReadMessage()
		}
	}))
	defer server.Close()
	s := &sockets{
		timing: brisk, seats: 1, workers: 1, log: (&written{}).logger(), key: func(envelope) string { return "" },
		open: func(context.Context) (string, error) { return "ws" + strings.TrimPrefix(server.URL, "http"), nil },
		take: func(ctx context.Context, _ envelope) (any, bool) { <-ctx.Done(); return nil, false },
	}
	s.timing.ping, s.timing.grace = time.Hour, 10*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	select {
	case got := <-ponged:
		if got != "are you there?" {
			t.Errorf("the answer is %q", got)
		}
	case <-time.After(4 * time.Second): // before the taker's time is up
		t.Error("no answer to a ping")
	}
	cancel()
	<-done
}

// Frames that are no envelope cost nothing but a line in the log.
func TestSocketsFramesThatAreNoEnvelope(t *testing.T) {
	l := newLine(t, slacktest.Config{}, nil).connected(t)
	frames := []struct {
		kind int
		data string
	}{
		{websocket.TextMessage, ""}, {websocket.TextMessage, "{"}, {websocket.TextMessage, "null"}, {websocket.TextMessage, "[1]"},
		{websocket.TextMessage, `"text"`}, {websocket.TextMessage, "\xff\xfe"}, {websocket.TextMessage, `{"type":""}`},
		{websocket.TextMessage, `{"type":"events_api","payload":{}}`}, {websocket.TextMessage, `{"type":["events_api"],"envelope_id":"1"}`},
		{websocket.BinaryMessage, ""}, {websocket.BinaryMessage, "\x00\x01"}, {websocket.BinaryMessage, `{"type":"disconnect"}`},
	}
	for range 20 { // one mistake is forgiven by many; slack-go forgives ten
		for _, f := range frames {
			for _, s := range l.Sockets() {
				s.Frame(f.kind, []byte(f.data))
			}
		}
	}
	want := int64(20 * len(frames) * seats)
	l.soon(t, "all to be counted", func() bool { return l.sockets.counts.unreadable.Load() == want })
	l.acknowledged(t, l.say("C1", "61"))
	if n := l.SocketsEver(); n != seats {
		t.Errorf("there were %d connections, want %d", n, seats)
	}
	if n := strings.Count(l.log.String(), "not understood"); n != seats {
		t.Errorf("the log has %d lines about it, want one a connection", n)
	}
}

// A field of another type than usual does not cost the message beside it.
func TestSocketsOddFieldsAreForgiven(t *testing.T) {
	l := newLine(t, slacktest.Config{}, nil).connected(t)
	l.Sockets()[0].Frame(websocket.TextMessage, []byte(`{"type":"events_api","envelope_id":"1","retry_attempt":"one","accepts_response_payload":0,`+
		`"payload":{"event":{"type":"message","channel":"C1","text":"61"}}}`))
	l.soon(t, "the message", func() bool { return slices.Equal(l.taken(), []string{"61"}) })
}

// Slack reads slowly: acknowledgements wait, and nothing else.
func TestSocketsSlowReads(t *testing.T) {
	l := newLine(t, slacktest.Config{Patience: 15 * time.Second}, nil).connected(t)
	for _, s := range l.Sockets() {
		s.SlowReads(10 * time.Millisecond)
	}
	var all []*slacktest.Delivery
	for i := range 100 {
		all = append(all, l.say(fmt.Sprint("C", i), fmt.Sprint(i)))
	}
	for _, d := range all {
		if ack := l.acknowledged(t, d); ack.Tries != 1 {
			t.Errorf("delivered %d times", ack.Tries)
		}
	}
	if n := l.SocketsEver(); n != seats {
		t.Errorf("there were %d connections, want %d", n, seats)
	}
}

// Slack does not read at all: what can no longer be written there goes over
// the other connection.
func TestSocketsSlackStopsReading(t *testing.T) {
	l := newLine(t, slacktest.Config{Patience: time.Second, Retries: slices.Repeat([]time.Duration{0}, 20)}, func(l *line) {
		l.sockets.timing.write = 200 * time.Millisecond
		l.sockets.take = func(context.Context, envelope) (any, bool) { return strings.Repeat("x", mostAck-1000), true }
	}).connected(t)
	victim := l.Sockets()[0]
	victim.SlowReads(time.Hour)
	for n := range 1000 { // acknowledgements of 19 kB each, more than the kernel buffers
		victim.Send(map[string]any{
			"type": kindEvent, "envelope_id": fmt.Sprint(n), "accepts_response_payload": true, "payload": map[string]any{},
		})
	}
	l.soon(t, "acknowledgements over another one", func() bool { return len(l.Complaints()) > 100 }) // it never sent them itself
	l.soon(t, "the stuck one to be replaced", func() bool { return l.SocketsEver() > seats })
	l.acknowledged(t, l.say("C1", "61"))
}

// Whatever apps.connections.open does, it is asked again, and in the end the
// connections are there.
func TestSocketsOpenFails(t *testing.T) {
	for name, f := range map[string]slacktest.Fault{
		"500":          {Status: 500},
		"503":          {Status: 503},
		"404":          {Status: 404},
		"hangs":        {Delay: time.Minute},
		"cut":          {Cut: true},
		"login page":   {Body: "<html>Please log in</html>"},
		"another code": {Code: "internal_error"},
		"strange code": {Code: "No, not today!"},
		"done, cut":    {Done: true, Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			f.Times = 3
			l := newLine(t, slacktest.Config{}, func(l *line) {
				l.sockets.timing.handshake = time.Second
				if f.Delay > 0 {
					l.sockets.timing.handshake = 200 * time.Millisecond
				}
				l.Fail("apps.connections.open", f)
			}).connected(t)
			l.acknowledged(t, l.say("C1", "61"))
			if n := l.sockets.counts.opens.Load(); n < seats+3 {
				t.Errorf("asked %d times, want %d", n, seats+3)
			}
		})
	}
}

// Slack says when to come back, and that holds for both connections.
func TestSocketsRetryAfterIsHonoured(t *testing.T) {
	l := newLine(t, slacktest.Config{}, func(l *line) {
		l.Fail("apps.connections.open", slacktest.Fault{After: time.Second})
	}).connected(t)
	calls := l.Calls("apps.connections.open")
	refused := slices.IndexFunc(calls, func(c slacktest.Call) bool { return c.Error != "" })
	if len(calls) != seats+1 || refused < 0 {
		t.Fatalf("the calls were %v", calls)
	}
	for _, c := range calls[refused+1:] {
		// The other seat may have been on its way already when Slack said so.
		if wait := c.At.Sub(calls[refused].At); wait < time.Second && wait > 5*brisk.apart {
			t.Errorf("asked again after %v, want 1 s", wait)
		}
	}
	if last := calls[len(calls)-1].At.Sub(calls[refused].At); last < time.Second {
		t.Errorf("asked again after %v, want 1 s", last)
	}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		err  error
		want time.Duration
	}{
		{nil, 0},
		{errors.New("cut"), 0},
		{openError(&goslack.RateLimitedError{RetryAfter: 7 * time.Second}), 7 * time.Second},
		{openError(goslack.StatusCodeError{Code: http.StatusTooManyRequests}), time.Minute},
		{openError(goslack.StatusCodeError{Code: http.StatusBadGateway}), 0},
		{openError(goslack.SlackErrorResponse{Err: "ratelimited"}), time.Minute},
		{openError(goslack.SlackErrorResponse{Err: "internal_error"}), 0},
	} {
		if got := retryAfter(c.err, time.Minute); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}

// What no waiting mends ends run, with what the operator has to do.
func TestSocketsHopeless(t *testing.T) {
	for code, fix := range fixes {
		do := fix.app
		t.Run(code, func(t *testing.T) {
			l := newLine(t, slacktest.Config{}, func(l *line) {
				l.Fail("apps.connections.open", slacktest.Fault{Code: code, Times: -1})
			})
			err := l.end(t)
			var e *hopelessError
			if !errors.As(err, &e) || e.code != code || !strings.Contains(err.Error(), do) {
				t.Errorf("it ended with %v, want %s and its remedy", err, code)
			}
			if n := len(l.Calls("apps.connections.open")); n > seats {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// A token of the wrong kind, as it comes from Slack and not from a table.
func TestSocketsWrongToken(t *testing.T) {
	for name, token := range map[string]func(*slacktest.Slack) string{
		"not_allowed_token_type": (*slacktest.Slack).BotToken,
		"invalid_auth":           func(*slacktest.Slack) string { return "xapp-1-guessed" },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLine(t, slacktest.Config{}, func(l *line) {
				api := goslack.New("", goslack.OptionAppLevelToken(token(l.Slack)), goslack.OptionAPIURL(l.APIURL()),
					goslack.OptionHTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
				l.sockets.open = func(ctx context.Context) (string, error) {
					_, url, err := api.StartSocketModeContext(ctx)
					return url, err
				}
			})
			if err := l.end(t); err == nil || !strings.Contains(err.Error(), name+": ") {
				t.Errorf("it ended with %v, want %s", err, name)
			}
		})
	}
}

// Somebody switches Socket Mode off.
func TestSocketsLinkDisabled(t *testing.T) {
	l := newLine(t, slacktest.Config{}, nil).connected(t)
	l.DisableSocketMode()
	if err := l.end(t); err == nil || !strings.Contains(err.Error(), "link_disabled: turn Socket Mode on") {
		t.Errorf("it ended with %v", err)
	}
}

// Other programs use up the connections of the app. The one that is left is
// kept, and the other is asked for slowly, until there is room again.
func TestSocketsTooManyWebsockets(t *testing.T) {
	var others []*websocket.Conn
	l := newLine(t, slacktest.Config{}, func(l *line) {
		l.sockets.timing.crowded = 400 * time.Millisecond
		for range 9 {
			url, err := l.sockets.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ws, _, err := websocket.DefaultDialer.Dial(url, nil)
			if err != nil {
				t.Fatal(err)
			}
			others = append(others, ws)
		}
	})
	l.soon(t, "one connection", func() bool { return len(l.sockets.ways(nil)) == 1 })
	kept := l.sockets.ways(nil)[0]
	time.Sleep(300 * time.Millisecond)
	if n := l.sockets.counts.opens.Load(); n < seats || n > 4 {
		t.Errorf("asked %d times, want to be slow", n)
	}
	for _, ws := range others {
		ws.Close()
	}
	l.soon(t, "both connections", func() bool { return len(l.sockets.ways(nil)) == seats })
	if !slices.Contains(l.sockets.ways(nil), kept) {
		t.Error("the one that lived was not kept")
	}
	if !strings.Contains(l.log.String(), "too many connections") {
		t.Errorf("the log does not say why:\n%s", l.log.String())
	}
}

// silent is a server that accepts a connection and then says nothing; with
// upgrade it lacks but the hello.
func silent(t *testing.T, upgrade bool) (url string) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if upgrade {
			ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer ws.Close()
		}
		<-release
	}))
	t.Cleanup(func() { close(release); server.Close() })
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/?ticket=secret"
}

// Slack, or what stands between, accepts a connection and then says nothing. It
// is tried again and again, and to stop does not take as long as that.
func TestSocketsNobodySaysHello(t *testing.T) {
	hang := func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }
	for name, open := range map[string]func(context.Context) (string, error){
		"no answer":    hang,
		"no handshake": func(context.Context) (string, error) { return silent(t, false), nil },
		"no hello":     func(context.Context) (string, error) { return silent(t, true), nil },
	} {
		for patience, tries := range map[time.Duration]int64{50 * time.Millisecond: 3, time.Hour: 1} {
			t.Run(fmt.Sprint(name, " for ", patience), func(t *testing.T) {
				var log written
				s := &sockets{timing: brisk, seats: 1, log: log.logger(), open: open}
				s.timing.handshake = patience
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- s.run(ctx) }()
				for deadline := time.Now().Add(10 * time.Second); s.counts.opens.Load() < tries; time.Sleep(time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatalf("it hangs:\n%s", log.String())
					}
				}
				time.Sleep(20 * time.Millisecond) // for it to be in the middle
				cancel()
				select {
				case err := <-done:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("it ended with %v", err)
					}
				case <-time.After(10 * time.Second):
					t.Fatal("it does not end while it connects")
				}
				if s := log.String(); strings.Contains(s, "secret") || strings.Contains(s, "level=WARN") != (tries > 1) {
					t.Errorf("the log is\n%s", s)
				}
			})
		}
	}
}

// Errors of dialling say what is wrong without the address, which holds the
// ticket.
func TestSocketsDialErrorsKeepTheTicket(t *testing.T) {
	refuses := httptest.NewServer(http.NotFoundHandler())
	defer refuses.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for address, want := range map[string]string{
		"ws" + strings.TrimPrefix(refuses.URL, "http") + "/link/?ticket=secret": "HTTP status 404",
		"ws://" + closed.Addr().String() + "/?ticket=secret":                    "connection refused",
		"ws://slack.example/?ticket=secret":                                     "not wss",
		"https://slack.example/?ticket=secret":                                  "not wss",
		"":                                                                      "not wss",
		"wss://%zz/?ticket=secret":                                              "is none",
		"wss://127.0.0.1:bad/?ticket=secret":                                    "is none",
		"wss" + strings.TrimPrefix(refuses.URL, "http") + "/?ticket=secret": "no answer that could be read",
	} {
		s := &sockets{open: func(context.Context) (string, error) { return address, nil }}
		_, err := s.dial(t.Context())
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q and no ticket", address, err, want)
		}
	}
}
