package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decline61/bot"
	"decline61/bot/mask"
)

// The index library starts workers of its own before any test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

var _ Loop = (*bot.Loop)(nil)

// fake is a Loop and a Journal in memory. It outlives servers, as a store does.
type fake struct {
	mu         sync.Mutex
	said       map[string]*dialog
	watchers   map[chan struct{}]string
	deliveries []bot.Delivery // of new messages
	feedback   []bot.Feedback
	hold       bool // answers wait for release
	held       []bot.Message
	busy, down error // of Receive; of everything
	silent     bool  // no signals
	boom       any   // what Reply panics with
	reads      int
}

type dialog struct {
	events  []bot.Event
	known   map[string]bool
	replies map[string]bot.Reply
	agent   bool // a person owns it
}

func newFake() *fake {
	return &fake{said: map[string]*dialog{}, watchers: map[chan struct{}]string{}}
}

func (f *fake) dialog(conversation string) *dialog {
	d := f.said[conversation]
	if d == nil {
		d = &dialog{known: map[string]bool{}, replies: map[string]bot.Reply{}}
		f.said[conversation] = d
	}
	return d
}

func (f *fake) Check(r bot.Request) error {
	for id := range r.Evidence {
		if id != "other_card" {
			return fmt.Errorf("evidence %q is unknown", mask.Of(id))
		}
	}
	if r.Text.Len() > bot.MaxText {
		return bot.ErrTooLong
	}
	if strings.TrimSpace(r.Text.String()) == "" && len(r.Evidence) == 0 {
		return bot.ErrEmpty
	}
	return nil
}

func (f *fake) Receive(ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := cmpErr(f.down, f.busy); err != nil {
		return nil, fmt.Errorf("keeping messages of web: %w", err)
	}
	var got []bot.Received
	for _, m := range d.Messages {
		c := f.dialog(m.From.Conversation())
		if c.known[m.ID] {
			got = append(got, bot.Received{Duplicate: true})
			continue
		}
		c.known[m.ID] = true
		c.say(bot.Merchant, m.ID, m.Text, m.Time)
		f.deliveries = append(f.deliveries, bot.Delivery{Channel: d.Channel, Messages: []bot.Message{m}, Window: d.Window})
		got = append(got, bot.Received{Found: m.Found})
		if f.hold {
			f.held = append(f.held, m)
		} else {
			f.answer(m)
		}
		f.signal(m.From.Conversation())
	}
	return got, nil
}

func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *dialog) say(role bot.Role, message string, text mask.Text, at time.Time) {
	seq := int64(1)
	if n := len(d.events); n > 0 {
		seq = d.events[n-1].ID + 1 + int64(n%3) // gaps, as there may be
	}
	d.events = append(d.events, bot.Event{ID: seq, Role: role, Message: message, Text: text, Time: at})
}

// answer decides on m: a question is asked when the text has "?" in it.
func (f *fake) answer(m bot.Message) {
	d := f.dialog(m.From.Conversation())
	r := bot.Answer{Decision: bot.Answered, Reason: "test", Lang: "zh", Text: "回答:" + m.Text.String()}.
		Reply(bot.Request{ID: m.ID, Conversation: m.From.Thread, Found: m.Found})
	if strings.Contains(m.Text.String(), "?") {
		r.Question = &bot.ReplyQuestion{ID: "other_card", Text: "别的卡呢?", Options: []bot.ReplyOption{
			{Value: "approved", Label: "别的卡能刷"}, {Value: "declined_61", Label: `都是61 <"&>`},
		}}
	}
	if d.agent {
		r = bot.Reply{Decision: bot.Handoff, Reason: "agent_owns"}
	} else {
		d.say(bot.Robot, m.ID, mask.Of(r.Text), m.Time)
	}
	d.replies[m.ID] = r
}

// release answers what was held, as one burst when merged.
func (f *fake) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hold = false
	for _, m := range f.held {
		f.answer(m)
		f.signal(m.From.Conversation())
	}
	f.held = nil
}

// add lets an agent say something.
func (f *fake) add(conversation, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.dialog(conversation)
	d.say(bot.Agent, fmt.Sprintf("a%d", len(d.events)), mask.Of(text), time.Now())
	f.signal(conversation)
}

func (f *fake) signal(conversation string) {
	if f.silent {
		return
	}
	for c, of := range f.watchers {
		if of == conversation {
			select {
			case c <- struct{}{}:
			default:
			}
		}
	}
}

func (f *fake) Watch(conversation string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watchers[c] = conversation
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watchers, c)
	}
}

func (f *fake) Reply(_ context.Context, conversation, id string) (bot.Reply, bool, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	if f.boom != nil {
		panic(f.boom)
	}
	if f.down != nil {
		return bot.Reply{}, false, false, f.down
	}
	d := f.said[conversation]
	if d == nil {
		return bot.Reply{}, false, false, nil
	}
	r, answered := d.replies[id]
	return r, answered, d.known[id], nil
}

func (f *fake) Events(_ context.Context, conversation string, after int64, n int) ([]bot.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down != nil {
		return nil, f.down
	}
	d := f.said[conversation]
	if d == nil {
		return nil, nil
	}
	i := slices.IndexFunc(d.events, func(e bot.Event) bool { return e.ID > after })
	if i < 0 {
		return nil, nil
	}
	return slices.Clone(d.events[i:min(len(d.events), i+n)]), nil
}

func (f *fake) AddFeedback(_ context.Context, fb bot.Feedback) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down != nil {
		return f.down
	}
	f.feedback = append(f.feedback, fb)
	return nil
}

func (f *fake) Ready(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

// set changes the fake while servers use it.
func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// stored is everything that was kept, as text to search in.
func (f *fake) stored() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf("%+v %+v", f.deliveries, f.feedback)
}

func (f *fake) kept() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.deliveries)
}

func (f *fake) watching() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.watchers)
}

var errDisk = errors.New("the disk is full: free some space")

// start runs a server over f.
func start(t *testing.T, f *fake, change ...func(*Server)) (*Server, *httptest.Server) {
	t.Helper()
	s := New(Config{Loop: f, Journal: f})
	for _, c := range change {
		c(s)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return s, srv
}

// do makes a request with its own connection.
func do(t *testing.T, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func post(t *testing.T, srv *httptest.Server, body string) (*http.Response, string) {
	t.Helper()
	return do(t, "POST", srv.URL+"/api/v1/messages", body, "Content-Type", "application/json")
}

// eventually waits for something that happens in another goroutine.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("after 5 s: not %s", what)
}
