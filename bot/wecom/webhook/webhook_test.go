package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

const testKey = "the-key-of-the-group"

// group is WeCom's end of a webhook, in memory so that time can be virtual. It
// shows what it is sent, unless it has answers left to give.
type group struct {
	mu      sync.Mutex
	posts   []post
	answers []answer
}

type post struct {
	at time.Time
	message
}

// answer is how one post goes.
type answer struct {
	shown bool
	body  string // "" breaks the connection
}

func (g *group) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a := answer{shown: true, body: `{"errcode":0,"errmsg":"ok"}`}
	if r.URL.Query().Get("key") != testKey || r.URL.Path != "/cgi-bin/webhook/send" {
		a = answer{body: `{"errcode":93000,"errmsg":"invalid webhook url, key ` + r.URL.Query().Get("key") + `"}`}
	} else if len(g.answers) > 0 {
		a, g.answers = g.answers[0], g.answers[1:]
	}
	if a.shown {
		p := post{at: time.Now()}
		if err := json.Unmarshal(b, &p.message); err != nil {
			return nil, err
		}
		g.posts = append(g.posts, p)
	}
	if a.body == "" {
		return nil, errors.New("connection reset after key=" + testKey)
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(a.body)), Header: http.Header{}, Request: r}, nil
}

func (g *group) shown() []post {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]post(nil), g.posts...)
}

func (p post) content() string {
	switch {
	case p.Text != nil:
		return p.Text.Content
	case p.Markdown != nil:
		return p.Markdown.Content
	}
	return ""
}

// journal is a log that is read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func newNotifier(t *testing.T, key string) (*Notifier, *group, *journal) {
	t.Helper()
	var g group
	var log journal
	n, err := New(Config{
		URL:  "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + key,
		HTTP: &http.Client{Transport: &g}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, &g, &log
}

// run runs n until the function that it returns is called.
func run(t *testing.T, n *Notifier) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ends with %v", err)
		}
	}
}

// notify queues notices that can be told apart.
func notify(t *testing.T, n *Notifier, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := n.Notify(t.Context(), notice(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func notice(i int) Notice {
	return Notice{Form: Form(i % 3), Title: mask.Of("需要人工"), Text: mask.Of(fmt.Sprintf("工单 A%dZ", i)), URL: "https://example.com/staff/"}
}

// each checks that notices up to n are shown, each once.
func each(t *testing.T, g *group, n int) {
	t.Helper()
	var all strings.Builder
	for _, p := range g.shown() {
		all.WriteString(p.content())
		if p.Card != nil {
			all.WriteString(p.Card.Text)
		}
	}
	for i := range n {
		if k := strings.Count(all.String(), fmt.Sprintf("A%dZ", i)); k != 1 {
			t.Errorf("notice %d is shown %d times", i, k)
		}
	}
}

// TestBurst: what comes together is one message.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g, _ := newNotifier(t, testKey)
		stop := run(t, n)
		for i := range 30 {
			notify(t, n, i, i+1)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		if k := len(g.shown()); k != 1 {
			t.Errorf("30 notices are %d messages", k)
		}
		each(t, g, 30)
		time.Sleep(time.Minute)
		notify(t, n, 30, 31)
		time.Sleep(2 * time.Second)
		if k := len(g.shown()); k != 2 {
			t.Errorf("one more notice makes %d messages", k)
		}
		stop()
	})
}

// TestFlood: however many come, no minute sees more than 20 messages, none is
// too long, and none is missing.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g, _ := newNotifier(t, testKey)
		stop := run(t, n)
		const notices = 2000
		for i := 0; i < notices; i += 4 {
			notify(t, n, i, i+4)
			time.Sleep(600 * time.Millisecond)
		}
		time.Sleep(5 * time.Minute)
		each(t, g, notices)
		posts := g.shown()
		for i, p := range posts {
			if i >= 20 && p.at.Sub(posts[i-20].at) < time.Minute {
				t.Fatalf("21 messages in %v", p.at.Sub(posts[i-20].at))
			}
			if len(p.content()) > maxMarkdown || p.Text != nil && len(p.content()) > maxText {
				t.Errorf("%d bytes of %s", len(p.content()), p.Type)
			}
		}
		stop()
	})
}

// TestTooOften: what WeCom refuses for now waits, and takes along what comes
// meanwhile.
func TestTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g, _ := newNotifier(t, testKey)
		g.answers = []answer{{body: `{"errcode":45009,"errmsg":"api freq out of limit"}`}}
		stop := run(t, n)
		notify(t, n, 0, 3)
		time.Sleep(5 * time.Second)
		notify(t, n, 3, 6)
		if k := len(g.shown()); k != 0 {
			t.Errorf("%d messages are shown", k)
		}
		time.Sleep(time.Minute)
		if k := len(g.shown()); k != 1 {
			t.Errorf("%d messages are shown after the wait", k)
		}
		each(t, g, 6)
		stop()
	})
}

// TestBroken: what may not have arrived is posted again until it has, and one
// complaint is made of an outage.
func TestBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g, log := newNotifier(t, testKey)
		stop := run(t, n)
		for outage := range 2 {
			g.answers = make([]answer, 12)
			notify(t, n, 3*outage, 3*outage+2)
			time.Sleep(time.Minute)
			notify(t, n, 3*outage+2, 3*outage+3)
			time.Sleep(time.Hour)
			each(t, g, 3*outage+3)
			if s := log.String(); strings.Count(s, "cannot be posted") != outage+1 || !strings.Contains(s, "waiting=2") || strings.Contains(s, testKey) {
				t.Errorf("after outage %d: %s", outage, s)
			}
		}
		if strings.Contains(log.String(), "given up") {
			t.Error(log.String())
		}
		stop()
	})
}

// TestNever: what WeCom will never take does not hold up the rest.
func TestNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g, log := newNotifier(t, testKey)
		g.answers = []answer{{body: `{"errcode":45002}`}}
		stop := run(t, n)
		notify(t, n, 7, 8)
		time.Sleep(time.Minute)
		notify(t, n, 0, 1)
		time.Sleep(time.Minute)
		each(t, g, 1)
		if s := log.String(); strings.Count(s, "given up") != 1 || !strings.Contains(s, "notices=1") {
			t.Error(s)
		}
		stop()
	})
}

// TestRemoved: of a webhook that is gone the operator hears once what to do,
// how many notices wait, and neither key nor words. Once it is there again they
// are posted.
func TestRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g, log := newNotifier(t, testKey)
		for range 8 {
			g.answers = append(g.answers, answer{body: `{"errcode":93000,"errmsg":"invalid webhook url"}`})
		}
		stop := run(t, n)
		notify(t, n, 0, 3)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := log.String(); strings.Count(s, "93000") != 1 || !strings.Contains(s, "消息推送") || !strings.Contains(s, "waiting=3") || strings.Contains(s, testKey) || strings.Contains(s, "工单") {
			t.Error(s)
		}
		time.Sleep(time.Hour)
		each(t, g, 3)
		stop()
	})
}

// TestStop: what is queued when Run ends is posted; what does not fit is
// counted in the log.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g, log := newNotifier(t, testKey)
		stop := run(t, n)
		notify(t, n, 0, 3)
		synctest.Wait()
		stop()
		each(t, g, 3)
		if log.String() != "" {
			t.Error(log.String())
		}

		n, g, log = newNotifier(t, testKey)
		g.answers = []answer{{body: `{"errcode":45009}`}}
		stop = run(t, n)
		notify(t, n, 0, 3)
		time.Sleep(time.Second)
		stop()
		if !strings.Contains(log.String(), "lost=3") {
			t.Errorf("%s", log)
		}
	})
}

func TestFull(t *testing.T) {
	n, _, _ := newNotifier(t, testKey)
	notify(t, n, 0, mostQueue)
	if err := n.Notify(t.Context(), notice(0)); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
}

// TestSend: its errors say what can be done, and never the key.
func TestSend(t *testing.T) {
	for _, tc := range []struct {
		answer answer
		class  bot.Class
	}{
		{answer{}, bot.MayHaveArrived},
		{answer{shown: true}, bot.MayHaveArrived},
		{answer{body: "<html>"}, bot.MayHaveArrived},
		{answer{body: `{"errcode":-1}`}, bot.MayHaveArrived},
		{answer{body: `{"errcode":45009}`}, bot.Backoff},
		{answer{body: `{"errcode":93000,"errmsg":"` + testKey + `"}`}, bot.NeedsCredentials},
		{answer{body: `{"errcode":45002}`}, bot.Never},
	} {
		n, g, _ := newNotifier(t, testKey)
		g.answers = []answer{tc.answer}
		err := n.Send(t.Context(), notice(0))
		var e *bot.SendError
		if !errors.As(err, &e) || e.Class != tc.class || !strings.Contains(err.Error(), "webhook/send") {
			t.Errorf("%+v: %v", tc.answer, err)
			continue
		}
		if s := fmt.Sprintf("%v %+v", err, e.Err); strings.Contains(s, testKey) || strings.Contains(s, "工单") {
			t.Errorf("%+v: %s", tc.answer, s)
		}
	}
}

// TestSendKeepsTheLimit: whoever is too fast learns when to come back.
func TestSendKeepsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g, _ := newNotifier(t, testKey)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		refused := 0
		for i := range 30 {
			var e *bot.SendError
			if err := n.Send(ctx, notice(i)); errors.As(err, &e) && e.Class == bot.Backoff && e.After > 0 {
				refused++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if k := len(g.shown()); k == 0 || k > 20 || k+refused != 30 {
			t.Errorf("%d of 30 are shown at once", k)
		}
		if err := n.Send(t.Context(), notice(30)); err != nil {
			t.Errorf("with time to wait: %v", err)
		}
	})
}

func TestNew(t *testing.T) {
	for _, url := range []string{"", testKey, "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + testKey, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", "https://%" + testKey} {
		if _, err := New(Config{URL: url}); err == nil || strings.Contains(err.Error(), testKey) {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := New(Config{URL: "http://127.0.0.1:1/cgi-bin/webhook/send?key=k"}); err != nil {
		t.Error(err)
	}
}
