package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"decline61/bot"
)

// What may be in no error.
const (
	testSecret = "the-secret-of-the-app"
	testWords  = "商户说的话"
)

// api is WeCom's API with one method, sync/echo, which answers what answer says.
type api struct {
	t      testing.TB
	client *Client
	base   string

	mu     sync.Mutex
	now    time.Time
	logins int
	calls  int
	life   int    // seconds of a token
	login  string // the answer of gettoken; "" is a new token
	bad    map[string]string
	answer func(w http.ResponseWriter, r *http.Request)
}

// newAPI starts it and a client with a clock of its own.
func newAPI(t testing.TB) *api {
	a := &api{t: t, now: time.Unix(1_800_000_000, 0), life: 7200, bad: map[string]string{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.base = server.URL
	var err error
	a.client, err = NewClient(Config{BaseURL: server.URL, CorpID: "corp", Secret: testSecret, HTTP: server.Client(), Now: a.clock, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *api) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *api) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	if r.URL.Path == "/cgi-bin/gettoken" {
		defer a.mu.Unlock()
		a.logins++
		if q := r.URL.Query(); r.Method != "GET" || q.Get("corpid") != "corp" || q.Get("corpsecret") != testSecret {
			a.t.Errorf("gettoken is called with %s %v", r.Method, q)
		}
		if a.login != "" {
			io.WriteString(w, a.login)
			return
		}
		fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","access_token":"token-%d","expires_in":%d}`, a.logins, a.life)
		return
	}
	a.calls++
	refusal, answer := a.bad[r.URL.Query().Get("access_token")], a.answer
	a.mu.Unlock()
	switch {
	case refusal != "":
		io.WriteString(w, refusal)
	case answer != nil:
		answer(w, r)
	default:
		b, _ := io.ReadAll(r.Body)
		said, _ := json.Marshal(map[string]any{"errcode": 0, "verb": r.Method, "path": r.URL.Path, "body": string(b), "query": r.URL.Query()})
		w.Write(said)
	}
}

func (a *api) call() error {
	return a.client.Call(a.t.Context(), "sync/echo", nil, map[string]string{"text": testWords}, nil)
}

// counts are the calls of gettoken and of the method.
func (a *api) counts(t testing.TB, logins, calls int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.logins != logins || a.calls != calls {
		t.Errorf("gettoken was called %d times, the method %d times; want %d and %d", a.logins, a.calls, logins, calls)
	}
}

func TestCall(t *testing.T) {
	a := newAPI(t)
	type said struct {
		Verb, Path, Body string
		Query            url.Values
	}
	var got said
	if err := a.client.Call(t.Context(), "kf/send_msg", url.Values{"debug": {"1"}}, map[string]string{"a": "<61>"}, &got); err != nil {
		t.Fatal(err)
	}
	var body map[string]string
	if json.Unmarshal([]byte(got.Body), &body) != nil || body["a"] != "<61>" || got.Verb != "POST" || got.Path != "/cgi-bin/kf/send_msg" || got.Query.Encode() != "access_token=token-1&debug=1" {
		t.Errorf("%+v", got)
	}
	got = said{}
	if err := a.client.Call(t.Context(), "kf/account/list", nil, nil, &got); err != nil || got.Verb != "GET" || got.Body != "" {
		t.Errorf("%+v, %v", got, err)
	}
	a.counts(t, 1, 2)
}

// TestOneLogin: fifty who need a token at once wait for the same one.
func TestOneLogin(t *testing.T) {
	a := newAPI(t)
	fifty(t, a.call)
	a.counts(t, 1, 50)
}

func fifty(t *testing.T, do func() error) {
	t.Helper()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := do(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestTokenIsRenewed at nine tenths of its life. Until its end the old one
// serves if there is no new one; after that, nothing is called at all.
func TestTokenIsRenewed(t *testing.T) {
	a := newAPI(t)
	step := func(pass time.Duration, logins, calls int) {
		t.Helper()
		a.pass(pass)
		if err := a.call(); err != nil {
			t.Error(err)
		}
		a.counts(t, logins, calls)
	}
	step(0, 1, 1)
	step(6479*time.Second, 1, 2)
	step(time.Second, 2, 3)
	a.login = `{"errcode":-1,"errmsg":"system error"}`
	step(6480*time.Second, 3, 4)
	step(5*time.Second, 3, 5)
	step(5*time.Second, 4, 6)
	a.pass(720 * time.Second)
	var e *bot.SendError
	if err := a.call(); !errors.As(err, &e) || e.Class != bot.Backoff {
		t.Errorf("without a token: %v", err)
	}
	a.counts(t, 5, 6)
	a.login = ""
	step(10*time.Second, 6, 7)
}

// TestRefusedToken is thrown away, whatever its time, and the call made again,
// once.
func TestRefusedToken(t *testing.T) {
	for _, code := range []int{40001, 40014, 42001} {
		a := newAPI(t)
		refusal := fmt.Sprintf(`{"errcode":%d,"errmsg":"access_token expired"}`, code)
		if err := a.call(); err != nil {
			t.Fatal(err)
		}
		a.bad["token-1"] = refusal
		if err := a.call(); err != nil {
			t.Errorf("%d: %v", code, err)
		}
		a.counts(t, 2, 3)

		a.bad["token-2"], a.bad["token-3"] = refusal, refusal
		var e *bot.SendError
		if err := a.call(); !errors.As(err, &e) || e.Class != bot.NeedsCredentials || Code(err) != code {
			t.Errorf("%d: refused twice: %v", code, err)
		}
		a.counts(t, 3, 5)
		if err := a.client.Renew(t.Context()); err != nil {
			t.Error(err)
		}
		if err := a.call(); err != nil {
			t.Errorf("%d: after Renew: %v", code, err)
		}
		a.counts(t, 4, 6)
	}
}

// TestRefusedTogether: fifty calls with the same dead token fetch one new token,
// and none throws away what another has fetched.
func TestRefusedTogether(t *testing.T) {
	a := newAPI(t)
	if err := a.call(); err != nil {
		t.Fatal(err)
	}
	var arrived sync.WaitGroup
	arrived.Add(50)
	a.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("access_token") == "token-1" {
			arrived.Done()
			arrived.Wait()
			io.WriteString(w, `{"errcode":42001}`)
			return
		}
		io.WriteString(w, `{"errcode":0}`)
	}
	fifty(t, a.call)
	a.counts(t, 2, 101)
}

func TestDropLeavesAnother(t *testing.T) {
	tokens := tokens{value: "new"}
	tokens.drop("old")
	if tokens.value != "new" {
		t.Error("a token was thrown away for another")
	}
	tokens.drop("new")
	if tokens.value != "" {
		t.Error("the token is still there")
	}
}

// TestWrongSecret is not tried over and over: WeCom blocks who does.
func TestWrongSecret(t *testing.T) {
	a := newAPI(t)
	a.login = `{"errcode":40001,"errmsg":"invalid credential"}`
	for range 20 {
		err := a.call()
		var e *bot.SendError
		if !errors.As(err, &e) || e.Class != bot.NeedsCredentials || !strings.Contains(err.Error(), "Secret") {
			t.Fatal(err)
		}
	}
	a.counts(t, 1, 0)
	a.login = `{"errcode":40091,"errmsg":"of no use as a secret"}` // nothing that is known
	a.pass(refusedFor)
	var e *bot.SendError
	if err := a.call(); !errors.As(err, &e) || e.Class != bot.NeedsCredentials {
		t.Errorf("the message is given up for a wrong secret: %v", err)
	}
	a.login = ""
	a.pass(refusedFor)
	if err := a.call(); err != nil {
		t.Error(err)
	}
	a.counts(t, 3, 1)
}

// TestNoTokenServes: not even a platform that refuses each token of its own
// makes us fetch one after the other.
func TestNoTokenServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logins []time.Time
		c, err := NewClient(Config{CorpID: "corp", Secret: testSecret, HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) string {
			if r.URL.Path != "/cgi-bin/gettoken" {
				return `{"errcode":40014}`
			}
			logins = append(logins, time.Now())
			return fmt.Sprintf(`{"errcode":0,"access_token":"token-%d","expires_in":7200}`, len(logins))
		})}})
		if err != nil {
			t.Fatal(err)
		}
		for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(100 * time.Millisecond) {
			if err := c.Call(t.Context(), "kf/sync_msg", nil, nil, nil); err == nil {
				t.Fatal("a refused call has succeeded")
			}
		}
		for i := 30; i < len(logins); i++ {
			if d := logins[i].Sub(logins[i-30]); d < time.Minute {
				t.Fatalf("31 tokens in %v", d)
			}
		}
		if len(logins) < 30 {
			t.Errorf("only %d tokens were fetched", len(logins))
		}
	})
}

// roundTrip answers without a network.
type roundTrip func(*http.Request) string

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(f(r))), Header: http.Header{}, Request: r}, nil
}

// TestLoginOutlivesItsCaller: who gives up waiting takes the token from nobody.
func TestLoginOutlivesItsCaller(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	tokens := tokens{now: time.Now, fetch: func(ctx context.Context) (string, time.Duration, error) {
		close(begun)
		<-goOn
		return "token", time.Hour, ctx.Err()
	}}
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := tokens.get(ctx)
		got <- err
	}()
	<-begun
	cancel()
	var e *bot.SendError
	if err := <-got; !errors.As(err, &e) || e.Class != bot.Backoff {
		t.Errorf("who gave up: %v", err)
	}
	close(goOn)
	if value, err := tokens.get(t.Context()); value != "token" || err != nil {
		t.Errorf("who did not: %q, %v", value, err)
	}
}

// TestFailures: every way to fail says truly what can be done about it, and has
// neither secret nor token nor words in it.
func TestFailures(t *testing.T) {
	refuse := func(code int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"errcode":%d,"errmsg":"%s, hint: %s"}`, code, testWords, r.URL.Query().Get("access_token"))
		}
	}
	status := func(code int, header ...string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			io.WriteString(w, `{"errcode":0}`)
		}
	}
	cut := func(answer string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			c, b, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			b.WriteString(answer)
			b.Flush()
			c.Close()
		}
	}
	for name, tc := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		class  bot.Class
		after  time.Duration
		code   int
	}{
		"busy":           {refuse(-1), bot.MayHaveArrived, 0, -1},
		"too often":      {refuse(45009), bot.Backoff, 30 * time.Second, 45009},
		"told when":      {func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Retry-After", "7"); refuse(45009)(w, r) }, bot.Backoff, 7 * time.Second, 45009},
		"in a century":   {status(429, "Retry-After", "3155760000"), bot.Backoff, 15 * time.Minute, 0},
		"parallel":       {refuse(45033), bot.Backoff, time.Second, 45033},
		"too long":       {refuse(45002), bot.Never, 0, 45002},
		"quota":          {refuse(95001), bot.OtherRoute, 0, 95001},
		"window":         {refuse(95002), bot.OtherRoute, 0, 95002},
		"ended":          {refuse(95013), bot.StateMoved, 0, 95013},
		"transition":     {refuse(95016), bot.StateMoved, 0, 95016},
		"state":          {refuse(95018), bot.StateMoved, 0, 95018},
		"servicer off":   {refuse(95019), bot.StateMoved, 0, 95019},
		"no servicer":    {refuse(95014), bot.Never, 0, 95014},
		"req_id":         {refuse(846605), bot.OtherRoute, 0, 846605},
		"stream":         {refuse(846608), bot.OtherRoute, 0, 846608},
		"address":        {refuse(60020), bot.NeedsCredentials, 0, 60020},
		"unknown":        {refuse(123456), bot.Never, 0, 123456},
		"500":            {status(500), bot.MayHaveArrived, 0, 0},
		"504":            {status(504, "Retry-After", "7"), bot.MayHaveArrived, 7 * time.Second, 0},
		"429":            {status(429, "Retry-After", "7"), bot.Backoff, 7 * time.Second, 0},
		"404":            {status(404), bot.Never, 0, 0},
		"redirect":       {status(302, "Location", "/elsewhere"), bot.Never, 0, 0},
		"no JSON":        {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, bot.MayHaveArrived, 0, 0},
		"nothing":        {func(http.ResponseWriter, *http.Request) {}, bot.MayHaveArrived, 0, 0},
		"another answer": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"errcode":0,"msgid":61}`) }, bot.MayHaveArrived, 0, 0},
		"cut":            {cut(""), bot.MayHaveArrived, 0, 0},
		"cut in between": {cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errcode\":0"), bot.MayHaveArrived, 0, 0},
		"slow":           {func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); <-r.Context().Done() }, bot.MayHaveArrived, 0, 0},
	} {
		a := newAPI(t)
		a.answer = tc.answer
		if name == "slow" {
			a.client.config.Timeout = 300 * time.Millisecond
		}
		var into struct{ MsgID string }
		err := a.client.Call(t.Context(), "kf/send_msg", nil, map[string]string{"text": testWords}, &into)
		var e *Error
		var send *bot.SendError
		if !errors.As(err, &e) || !errors.As(err, &send) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Class != tc.class || send.Class != tc.class || e.After != tc.after || send.After != tc.after || Code(err) != tc.code || e.Method != "kf/send_msg" {
			t.Errorf("%s: %+v", name, e)
		}
		if tc.code != 0 && e.Hint == "" {
			t.Errorf("%s: nothing is said about what to do", name)
		}
		discreet(t, err, a.base)
		a.counts(t, 1, 1)
	}
}

func discreet(t testing.TB, err error, base string) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range []string{testSecret, testWords, "token-", "access_token=", "corpsecret", base + "/"} {
			if s := fmt.Sprintf("%v %+v", e, e); strings.Contains(s, secret) {
				t.Errorf("%q is in %s", secret, s)
			}
		}
	}
}

// TestNothingListens: who cannot connect has sent nothing, neither the secret
// nor the message.
func TestNothingListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	l.Close()
	c, err := NewClient(Config{BaseURL: base, CorpID: "corp", Secret: testSecret})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Call(t.Context(), "kf/send_msg", nil, testWords, nil)
	var e *bot.SendError
	if !errors.As(err, &e) || e.Class != bot.Backoff {
		t.Errorf("%v", err)
	}
	discreet(t, err, base)
	err = Post(t.Context(), nil, "webhook/send", base+"/cgi-bin/webhook/send?key="+testSecret, testWords, nil)
	if !errors.As(err, &e) || e.Class != bot.Backoff {
		t.Errorf("%v", err)
	}
	discreet(t, err, base)
}

// TestHeeds what WeCom says about coming back later: nothing more is called.
func TestHeeds(t *testing.T) {
	a := newAPI(t)
	a.answer = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"errcode":45009}`) }
	for range 10 {
		var e *bot.SendError
		if err := a.call(); !errors.As(err, &e) || e.Class != bot.Backoff || e.After <= 0 {
			t.Fatalf("%v", err)
		}
	}
	a.counts(t, 1, 1)
	a.answer = nil
	a.pass(30 * time.Second)
	if err := a.call(); err != nil {
		t.Error(err)
	}
}

// TestRefusedAddress: the operator learns which address to allow, and nothing
// else of WeCom's words.
func TestRefusedAddress(t *testing.T) {
	e := Refusal("kf/send_msg", 60020, "not allow to access from your ip, hint: [1600000000_8_xyz], from ip: 203.0.113.9, more info at https://open.work.weixin.qq.com/devtool/query?e=60020")
	if s := e.Error(); !strings.Contains(s, "企业可信IP") || !strings.HasSuffix(s, ": 203.0.113.9") || strings.Contains(s, "xyz") {
		t.Error(s)
	}
}

func TestConfig(t *testing.T) {
	good := Config{CorpID: "corp", Secret: testSecret}
	if _, err := NewClient(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"no corp id":    func(c *Config) { c.CorpID = "" },
		"no secret":     func(c *Config) { c.Secret = "" },
		"in the clear":  func(c *Config) { c.BaseURL = "http://qyapi.weixin.qq.com" },
		"no host":       func(c *Config) { c.BaseURL = "qyapi.weixin.qq.com" },
		"with a path":   func(c *Config) { c.BaseURL = "https://qyapi.weixin.qq.com/cgi-bin/" },
		"another":       func(c *Config) { c.BaseURL = "ftp://qyapi.weixin.qq.com" },
		"like loopback": func(c *Config) { c.BaseURL = "http://127.0.0.1.example.com" },
	} {
		c := good
		change(&c)
		if _, err := NewClient(c); err == nil || strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckURL("X", "ws://example.com", "wss"); err == nil || !strings.Contains(err.Error(), "in the clear") {
		t.Errorf("%v", err)
	}
	for _, ok := range []string{"http://127.0.0.1:8061", "http://localhost", "http://[::1]:1", "https://example.com/"} {
		c := good
		c.BaseURL = ok
		if _, err := NewClient(c); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}
