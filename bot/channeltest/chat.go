package channeltest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Chat is a chat platform in its simplest form, over HTTP. People's messages go
// to the bot's webhook, signed; the bot posts to /post under a token that it
// gets from /token for its secret, and looks for posts by key at /posts. It does
// not refuse a key that it has: a post that is sent twice is shown twice.
//
// The fields are set before the first request.
type Chat struct {
	Webhook string // URL of the bot's
	Signing string // key of the signature of what is delivered
	Secret  string // what the bot shows at /token
	Client  *http.Client
	Delay   time.Duration // of the answer to a request that is [Slow]
	// Fault decides how a request goes that Fail has said nothing about; nil is
	// that it goes well.
	Fault func(path string) Fault
	// Stored is told of each post at the moment at which it is shown, before the
	// bot can know. Where it is set, Chat itself remembers only keys, so that it
	// can run for long.
	Stored func(Post)

	mu      sync.Mutex
	next    []Fault
	posts   []Post
	byKey   map[string]string // key -> id of its first post
	stored  int
	renewed int // how often the token has expired
}

var _ Platform = (*Chat)(nil)

// token is the one that is valid. The caller holds mu.
func (c *Chat) token() string { return fmt.Sprintf("token-of-%s-%d", c.Secret, c.renewed) }

// Deliver posts m to the webhook. Only a 200 acknowledges.
func (c *Chat) Deliver(ctx context.Context, m Message) bool {
	return c.DeliverTo(ctx, c.Webhook, m)
}

// DeliverTo is Deliver to one of several webhooks of the same bot.
func (c *Chat) DeliverTo(ctx context.Context, url string, m Message) bool {
	return c.deliver(ctx, url, m, c.Signing)
}

// Forge signs m with a key that anybody could make up.
func (c *Chat) Forge(ctx context.Context, m Message) bool {
	return c.deliver(ctx, c.Webhook, m, "guess")
}

func (c *Chat) deliver(ctx context.Context, url string, m Message, key string) bool {
	body, err := json.Marshal(m)
	if err != nil {
		return false
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Chat-Time", at)
	r.Header.Set("Chat-Signature", sign(key, at, body))
	client := c.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // or the connection is not used again
	return resp.StatusCode == http.StatusOK
}

// sign binds body to a time, so that neither can be replaced.
func sign(key, at string, body []byte) string {
	h := hmac.New(sha256.New, []byte(key))
	io.WriteString(h, at+".")
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// Posts are all that are shown; none where Stored is set.
func (c *Chat) Posts() []Post {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Post{}, c.posts...)
}

// Fail makes the next request for a post go wrong.
func (c *Chat) Fail(f Fault) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = append(c.next, f)
	return true
}

// Secrets are the keys, and the token that is valid at the moment.
func (c *Chat) Secrets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []string{c.Signing, c.Secret, c.token()}
}

// ServeHTTP is the platform's side of its API.
func (c *Chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil { // the bot died while it sent
		return
	}
	f := c.fault(r.URL.Path)
	switch f {
	case Cut:
		panic(http.ErrAbortHandler)
	case Expired:
		c.mu.Lock()
		c.renewed++
		c.mu.Unlock()
	case TooFast:
		w.Header().Set("Retry-After", strconv.Itoa(int(RetryAfter/time.Second)))
		c.refuse(w, http.StatusTooManyRequests, body)
		return
	}
	if status, ok := map[Fault]int{Down: 500, Refused: 403, Moved: 409, Closed: 410}[f]; ok {
		c.refuse(w, status, body)
		return
	}
	status, answer := c.answer(r, body)
	switch f {
	case Lost:
		panic(http.ErrAbortHandler)
	case Late:
		c.refuse(w, http.StatusBadGateway, body)
		return
	case Slow:
		select {
		case <-r.Context().Done():
		case <-time.After(c.Delay):
		}
	}
	if status != http.StatusOK {
		c.refuse(w, status, body)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the bot may be gone
}

// refuse answers with an error that repeats what was sent and what is secret,
// as some platforms do: none of it may get into the bot's errors.
func (c *Chat) refuse(w http.ResponseWriter, status int, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	http.Error(w, fmt.Sprintf("refused with token %s and secret %s: %s", c.token(), c.Secret, body), status)
}

func (c *Chat) fault(path string) Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.next) > 0 && path != "/token" {
		f := c.next[0]
		c.next = c.next[1:]
		return f
	}
	if c.Fault != nil {
		return c.Fault(path)
	}
	return Fine
}

// answer does what a request asks for.
func (c *Chat) answer(r *http.Request, body []byte) (status int, answer any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.URL.Path == "/token" {
		if subtle.ConstantTimeCompare(body, []byte(c.Secret)) != 1 {
			return http.StatusForbidden, nil
		}
		return http.StatusOK, map[string]string{"token": c.token()}
	}
	if r.Header.Get("Authorization") != "Bearer "+c.token() {
		return http.StatusUnauthorized, nil
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /post":
		var p Post
		if json.Unmarshal(body, &p) != nil || p.Key == "" {
			return http.StatusBadRequest, nil
		}
		return http.StatusOK, c.store(p)
	case "GET /posts":
		return http.StatusOK, Post{ID: c.byKey[r.URL.Query().Get("key")]}
	default:
		return http.StatusNotFound, nil
	}
}

// store shows p. The caller holds mu, so that Stored is told in the order in
// which posts are shown.
func (c *Chat) store(p Post) Post {
	if c.byKey == nil {
		c.byKey = map[string]string{}
	}
	c.stored++
	p.ID = "p" + strconv.Itoa(c.stored)
	if c.byKey[p.Key] == "" {
		c.byKey[p.Key] = p.ID
	}
	if c.Stored != nil {
		c.Stored(p)
	} else {
		c.posts = append(c.posts, p)
	}
	return Post{ID: p.ID}
}
