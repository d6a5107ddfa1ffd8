package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	goslack "github.com/slack-go/slack"
)

// short is a Slack without limits and with short pauses, so that tests are fast.
func short() Config {
	return Config{Retries: []time.Duration{0, 20 * time.Millisecond, 20 * time.Millisecond}, Rate: -1, OpensAMinute: -1}
}

// hasty is one with little patience as well, where something is not acknowledged.
func hasty() Config {
	c := short()
	c.Patience = 250 * time.Millisecond
	return c
}

// world is a Slack with a merchant and some places.
func world(t testing.TB, c Config) (*Slack, *goslack.Client) {
	s := New(t, c)
	s.AddUser(User{ID: "U1", Name: "wang"})
	s.AddUser(User{ID: "U2", Team: "T0OTHER"})
	s.AddChannel(Channel{ID: "C1", Members: []string{"U1", "U2", s.Bot()}, Shared: true})
	s.AddChannel(Channel{ID: "C2", Members: []string{"U1"}})
	s.AddChannel(Channel{ID: "G1", Kind: Private, Members: []string{"U1", s.Bot()}})
	s.AddChannel(Channel{ID: "C9", Members: []string{"U1", s.Bot()}, Archived: true})
	return s, clientOf(s)
}

func clientOf(s *Slack) *goslack.Client {
	return goslack.New(s.BotToken(), goslack.OptionAppLevelToken(s.AppToken()),
		goslack.OptionHTTPClient(&http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}),
		goslack.OptionAPIURL(s.APIURL()))
}

// wait waits for a delivery.
func wait(t testing.TB, d *Delivery) Ack {
	t.Helper()
	if d.Err != nil {
		t.Fatalf("Slack refuses: %v", d.Err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	return d.Wait(ctx)
}

// codeOf is the error that Slack named.
func codeOf(err error) string {
	var e goslack.SlackErrorResponse
	if errors.As(err, &e) {
		return e.Err
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func wantCode(t testing.TB, err error, want string) {
	t.Helper()
	if got := codeOf(err); got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("it does not happen that %s", what)
}

// socket is a plain client of Socket Mode that acknowledges what handle gives an
// answer to.
type socket struct {
	conn  *websocket.Conn
	ended chan error

	writing sync.Mutex

	mu     sync.Mutex
	frames []frame
}

type frame struct {
	Type         string          `json:"type"`
	EnvelopeID   string          `json:"envelope_id"`
	Reason       string          `json:"reason"`
	RetryAttempt int             `json:"retry_attempt"`
	RetryReason  string          `json:"retry_reason"`
	Answers      bool            `json:"accepts_response_payload"`
	N            int             `json:"num_connections"`
	Payload      json.RawMessage `json:"payload"`
}

func (f frame) event() (id string, inner map[string]any) {
	var p struct {
		ID    string         `json:"event_id"`
		Event map[string]any `json:"event"`
	}
	_ = json.Unmarshal(f.Payload, &p)
	return p.ID, p.Event
}

// acknowledge is a handle that acknowledges everything.
func acknowledge(frame) (any, bool) { return nil, true }

func connect(t testing.TB, s *Slack, handle func(frame) (answer any, ack bool)) *socket {
	t.Helper()
	_, url, err := clientOf(s).StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatalf("apps.connections.open: %v", err)
	}
	conn, _, err := (&websocket.Dialer{WriteBufferSize: 64 << 10}).Dial(url, nil)
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	c := &socket{conn: conn, ended: make(chan error, 1)}
	t.Cleanup(func() { conn.Close() })
	go func() { c.ended <- c.read(handle) }()
	return c
}

func (c *socket) read(handle func(frame) (any, bool)) error {
	for {
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			return err
		}
		var f frame
		if json.Unmarshal(data, &f) != nil {
			f.Type = "broken:" + string(data)
		}
		c.mu.Lock()
		c.frames = append(c.frames, f)
		c.mu.Unlock()
		if f.EnvelopeID == "" {
			continue
		}
		if answer, ok := handle(f); ok {
			ack := map[string]any{"envelope_id": f.EnvelopeID}
			if answer != nil {
				ack["payload"] = answer
			}
			if err := c.send(ack); err != nil {
				return err
			}
		}
	}
}

func (c *socket) send(v any) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.conn.WriteJSON(v)
}

// got are the frames of a type so far.
func (c *socket) got(kind string) []frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []frame
	for _, f := range c.frames {
		if f.Type == kind {
			all = append(all, f)
		}
	}
	return all
}

// hello waits until the connection is open.
func (c *socket) hello(t testing.TB) *socket {
	t.Helper()
	eventually(t, "hello comes", func() bool { return len(c.got("hello")) == 1 })
	return c
}

// webhook is a bot behind a URL.
func webhook(t testing.TB, s *Slack, h http.HandlerFunc) {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s.SetRequestURL(server.URL)
}
