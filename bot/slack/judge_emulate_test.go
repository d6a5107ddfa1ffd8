package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	goslack "github.com/slack-go/slack"
)

// emulated is a workspace of emulate's: somebody else's Slack with a state of
// its own. Two people are in it, "merchant" and "agent", and the bot is with
// them in the channels "help" and, which is private, "triage".
//
// It signs its events and holds the bot to the scopes of our manifest. It has no
// Socket Mode, commands, clicks, sessions and app_mention, and its events say
// neither channel_type nor whether a message is a bot's. What it does not know
// it answers with 404.
type emulated struct {
	t        *testing.T
	judge    *judge
	url      string // of the Web API for people
	api      string // of the Web API for the bot, ends in /api/
	secret   string // signs events
	token    string // of the bot
	bot      string // id of its user
	users    map[string]string
	channels map[string]string
	tokens   map[string]string

	mu   sync.Mutex
	fail int // that many requests of the bot's that write are refused: too fast
	lose int // that many are done, and their answers lost
}

// told is a message as emulate shows it.
type told struct {
	TS       string          `json:"ts"`
	ThreadTS string          `json:"thread_ts"`
	User     string          `json:"user"`
	Text     string          `json:"text"`
	Blocks   json.RawMessage `json:"blocks"`
	Metadata *struct {
		EventType    string         `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	} `json:"metadata"`
	Reactions []struct {
		Name string `json:"name"`
	} `json:"reactions"`
}

func startEmulate(t *testing.T) *emulated {
	t.Helper()
	e := &emulated{t: t, secret: "a signing secret of emulate's"}
	e.judge = startJudge(t, "emulate.mjs", map[string]any{"secret": e.secret, "scopes": Scopes(false)})
	ready := heard[struct {
		URL                     string
		Users, Channels, Tokens map[string]string
		Bot                     struct{ User, Token string }
	}](e.judge)
	e.url, e.users, e.channels, e.tokens = ready.URL, ready.Users, ready.Channels, ready.Tokens
	e.bot, e.token = ready.Bot.User, ready.Bot.Token
	proxy := httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(proxy.Close)
	e.api = proxy.URL + "/api/"
	return e
}

// serve hands the bot's requests on. emulate wants the token in a header, and
// slack-go puts it into the form, which Slack takes as well.
func (e *emulated) serve(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fail, lose := e.fault(r.URL.Path)
	if fail {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		io.WriteString(w, `{"ok":false,"error":"ratelimited"}`)
		return
	}
	token := r.Form.Get("token")
	if token == "" {
		token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	r.Form.Del("token")
	status, body, err := e.call(r.Context(), strings.TrimPrefix(r.URL.Path, "/api/"), token, r.Form)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if lose {
		panic(http.ErrAbortHandler) // it is done, and the connection breaks
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the bot may be gone
}

// fault takes the next fault for a request that posts.
func (e *emulated) fault(path string) (fail, lose bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !strings.HasPrefix(path, "/api/chat.post") {
		return false, false
	}
	if e.fail > 0 {
		e.fail--
		return true, false
	}
	if e.lose > 0 {
		e.lose--
		return false, true
	}
	return false, false
}

// fail429 refuses the next n posts of the bot with 429 and a second's wait.
func (e *emulated) fail429(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail = n
}

// loseAnswers lets the next n posts of the bot happen, and breaks the connection
// before it hears of it.
func (e *emulated) loseAnswers(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lose = n
}

func (e *emulated) call(ctx context.Context, method, token string, form url.Values) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+"/api/"+method, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// as calls the Web API as one of the people.
func (e *emulated) as(user, method string, answer any, form url.Values) {
	e.t.Helper()
	status, body, err := e.call(e.t.Context(), method, e.tokens[user], form)
	var ok struct{ OK bool }
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &ok) != nil || !ok.OK {
		e.t.Fatalf("%s as %s: %d %s, %v", method, user, status, body, err)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		e.t.Fatalf("%s as %s: %v", method, user, err)
	}
}

// events sends the workspace's events to h, which is served until the test ends.
func (e *emulated) events(h http.Handler, path string) {
	e.t.Helper()
	server := httptest.NewServer(h)
	e.t.Cleanup(server.Close)
	e.judge.tell(map[string]any{"url": server.URL + path})
	if got := heard[struct{ Subscribed string }](e.judge); got.Subscribed == "" {
		e.t.Fatal("emulate does not subscribe us")
	}
}

// refused are the events that were answered by anything but 200, and how many
// were answered by that.
func (e *emulated) refused() (refused []string, taken int) {
	e.t.Helper()
	e.judge.tell(map[string]any{"deliveries": true})
	got := heard[struct {
		Deliveries []struct {
			Event  struct{ Type string }
			Status int
		}
	}](e.judge)
	for _, d := range got.Deliveries {
		if d.Status == http.StatusOK {
			taken++
		} else {
			refused = append(refused, d.Event.Type+" "+strconv.Itoa(d.Status))
		}
	}
	return refused, taken
}

// id is that of a channel by its name, or of a direct one by itself.
func (e *emulated) id(channel string) string {
	if id := e.channels[channel]; id != "" {
		return id
	}
	return channel
}

// dm is the direct channel of a user with the bot.
func (e *emulated) dm(user string) string {
	e.t.Helper()
	var opened struct{ Channel struct{ ID string } }
	e.as(user, "conversations.open", &opened, url.Values{"users": {e.bot}})
	return opened.Channel.ID
}

// say lets a user write; thread is "" outside of threads. When it returns, the
// bot has acknowledged the event, or not.
func (e *emulated) say(user, channel, text, thread string) (ts string) {
	e.t.Helper()
	form := url.Values{"channel": {e.id(channel)}, "text": {text}}
	if thread != "" {
		form.Set("thread_ts", thread)
	}
	var said struct{ TS string }
	e.as(user, "chat.postMessage", &said, form)
	return said.TS
}

// mention is what a mention of the bot looks like in a text.
func (e *emulated) mention() string { return "<@" + e.bot + ">" }

// replies are the message thread and what was said in its thread, as the agent
// sees them in channels, and the merchant in direct ones.
func (e *emulated) replies(channel, thread string) []told {
	e.t.Helper()
	reader := "agent"
	if direct(e.id(channel)) {
		reader = "merchant"
	}
	var got struct{ Messages []told }
	e.as(reader, "conversations.replies", &got, url.Values{"channel": {e.id(channel)}, "ts": {thread}})
	return got.Messages
}

// history is what was said in a channel outside of threads, the latest first, as
// user sees it.
func (e *emulated) history(user, channel string) []told {
	e.t.Helper()
	var got struct{ Messages []told }
	e.as(user, "conversations.history", &got, url.Values{"channel": {e.id(channel)}})
	return got.Messages
}

// ofBot are the bot's messages among all.
func (e *emulated) ofBot(all []told) (said []told) {
	for _, m := range all {
		if m.User == e.bot {
			said = append(said, m)
		}
	}
	return said
}

// until waits for something that should happen soon.
func (e *emulated) until(what string, happened func() bool) {
	e.t.Helper()
	for began := time.Now(); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > judgePatience {
			e.t.Fatalf("waited %v in vain: %s", judgePatience, what)
		}
	}
}

// answers waits until the bot has said n things in a thread, and gives them.
func (e *emulated) answers(channel, thread string, n int) (said []told) {
	e.t.Helper()
	e.until(fmt.Sprintf("answer %d in the thread", n), func() bool {
		said = e.ofBot(e.replies(channel, thread))
		return len(said) >= n
	})
	if len(said) > n {
		e.t.Fatalf("the bot says %d things in the thread, want %d: %+v", len(said), n, said)
	}
	return said
}

// TestJudgeEmulate holds the harness to its word, with a bot of a few lines.
func TestJudgeEmulate(t *testing.T) {
	e := startEmulate(t)
	api := goslack.New(e.token, goslack.OptionAPIURL(e.api), goslack.OptionHTTPClient(&http.Client{Timeout: 5 * time.Second}))
	who, err := api.AuthTestContext(t.Context())
	if err != nil || who.UserID != e.bot {
		t.Fatalf("the bot is %+v, %v", who, err)
	}

	events := make(chan event, 100)
	e.events(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		v, err := goslack.NewSecretsVerifier(r.Header, e.secret)
		if err == nil {
			_, err = v.Write(body)
		}
		if err == nil {
			err = v.Ensure()
		}
		if err != nil {
			t.Errorf("a signature of emulate's is refused: %v", err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		events <- eventOf(body)
	}), EventsPath)

	answer := func(e event, text string) (string, error) {
		_, ts, err := api.PostMessageContext(t.Context(), e.Channel, goslack.MsgOptionText(text, false), goslack.MsgOptionTS(e.TS),
			goslack.MsgOptionMetadata(goslack.SlackMetadata{EventType: "judged", EventPayload: map[string]any{"key": "k1"}}))
		return ts, err
	}
	root := e.say("merchant", "help", e.mention()+" 刷卡显示61", "")
	got := next(t, events)
	if got.TS != root || got.User != e.users["merchant"] || !strings.Contains(got.Text, "刷卡显示61") {
		t.Errorf("the event is %+v", got)
	}
	ts, err := answer(got, "换一张卡")
	if err != nil {
		t.Fatal(err)
	}
	said := e.answers("help", root, 1)
	if len(said) != 1 || said[0].TS != ts || said[0].Text != "换一张卡" || said[0].Metadata == nil || said[0].Metadata.EventPayload["key"] != "k1" {
		t.Errorf("the thread has %+v", said)
	}
	if echo := next(t, events); echo.TS != ts || echo.User != e.bot || echo.BotID != "" {
		t.Errorf("the bot hears itself as %+v", echo)
	}

	e.fail429(1)
	_, err = answer(got, "too fast")
	if limited := (*goslack.RateLimitedError)(nil); !errors.As(err, &limited) || limited.RetryAfter != time.Second {
		t.Errorf("a refused post gives %v", err)
	}
	e.loseAnswers(1)
	if _, err = answer(got, "lost"); err == nil {
		t.Error("a lost answer gives no error")
	}
	if said := e.answers("help", root, 2); len(said) != 2 || said[1].Text != "lost" {
		t.Errorf("the thread has %+v, want what was lost and not what was refused", said)
	}
	next(t, events) // of the lost one

	private := e.dm("merchant")
	root = e.say("merchant", private, "61", "")
	for got = next(t, events); got.Type != "message"; got = next(t, events) { // the channel opens first
	}
	if got.Channel != private || !direct(private) {
		t.Errorf("a direct message comes as %+v", got)
	}
	if _, err = answer(got, "in private"); err != nil {
		t.Error(err)
	}
	e.answers(private, root, 1)

	if _, err := api.GetUsersContext(t.Context()); err == nil || !strings.Contains(err.Error(), "missing_scope") {
		t.Errorf("what the manifest does not ask for is not refused: %v", err)
	}
	if refused, taken := e.refused(); len(refused) > 0 || taken < 4 {
		t.Errorf("events were refused: %v; %d were taken", refused, taken)
	}
}

func next(t *testing.T, events <-chan event) event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(judgePatience):
		t.Fatal("no event comes")
		return event{}
	}
}
