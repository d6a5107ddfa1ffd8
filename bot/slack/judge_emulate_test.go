package slack

import (
	"context"
	"encoding/json"
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
