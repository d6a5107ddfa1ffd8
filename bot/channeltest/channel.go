package channeltest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

// Config is what a [ChatChannel] needs.
type Config struct {
	Name    string        // of the channel
	URL     string        // of the platform
	Signing string        // key of the signature of what it delivers
	Secret  string        // for which it gives a token
	Window  time.Duration // see [bot.Manner]
	Timeout time.Duration // of one Send
	Workers int
}

// ChatChannel is the channel to a [Chat], and an example of one to a platform
// that calls a webhook.
type ChatChannel struct {
	config Config
	client *http.Client

	mu    sync.Mutex
	inbox bot.Inbox // nil while Run does not run
	token string
}

var (
	_ bot.Channel   = (*ChatChannel)(nil)
	_ bot.Recoverer = (*ChatChannel)(nil)
	_ http.Handler  = (*ChatChannel)(nil)
)

// NewChannel makes the channel.
func NewChannel(c Config) *ChatChannel {
	workers := c.Workers
	if workers == 0 {
		workers = 8
	}
	return &ChatChannel{config: c, client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: workers},
		// A redirect would carry the token to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Manner says how to treat the channel.
func (c *ChatChannel) Manner() bot.Manner {
	return bot.Manner{Name: c.config.Name, Window: c.config.Window, Timeout: c.config.Timeout, Workers: c.config.Workers}
}

// Run lets ServeHTTP hand over what comes.
func (c *ChatChannel) Run(ctx context.Context, in bot.Inbox) error {
	c.use(in)
	defer c.use(nil)
	defer c.client.CloseIdleConnections()
	<-ctx.Done()
	return ctx.Err()
}

func (c *ChatChannel) use(in bot.Inbox) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = in
}

// mostBody bounds what is read before it is known who sends it.
const mostBody = 1 << 20

// signedFor is how long a signature is good: long enough for clocks that
// differ, too short to keep it for later.
const signedFor = 5 * time.Minute

// ServeHTTP is the webhook. It says 200 only after Receive has; all else makes
// the platform deliver again.
func (c *ChatChannel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		http.Error(w, "the body cannot be read, or is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err := c.verify(r.Header, body, time.Now()); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var m Message
	if err := json.Unmarshal(body, &m); err != nil || m.ID == "" || m.Thread == "" {
		http.Error(w, "a message is JSON with id, thread, role and text", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	in := c.inbox
	c.mu.Unlock()
	if in == nil {
		http.Error(w, "not running: deliver this again", http.StatusServiceUnavailable)
		return
	}
	text, found := mask.Mask(m.Text)
	if _, err := in.Receive(r.Context(), bot.Delivery{
		Channel: c.config.Name,
		Window:  c.config.Window,
		Messages: []bot.Message{{
			ID:   m.ID,
			From: bot.Address{Channel: c.config.Name, Thread: m.Thread},
			Role: m.Role, Text: text, Found: found,
			Time: time.Now().Truncate(time.Millisecond),
		}},
	}); err != nil {
		http.Error(w, "not kept: deliver this again", http.StatusServiceUnavailable)
	}
}

func (c *ChatChannel) verify(h http.Header, body []byte, now time.Time) error {
	at := h.Get("Chat-Time")
	if !hmac.Equal([]byte(h.Get("Chat-Signature")), []byte(sign(c.config.Signing, at, body))) {
		return errors.New("the signature is wrong")
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if age := now.Sub(time.Unix(seconds, 0)); err != nil || age.Abs() > signedFor {
		return errors.New("the signature is of another time: compare the clocks")
	}
	return nil
}

// Send posts o under its key.
func (c *ChatChannel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	body, err := json.Marshal(Post{Key: o.Key, Thread: o.To.Thread, Role: o.Role, Text: o.Text.String(), Answers: o.Answers})
	if err != nil {
		return bot.Receipt{}, &bot.SendError{Class: bot.Never, Err: fmt.Errorf("making the post: %w", err)}
	}
	var shown Post
	if err := c.call(ctx, http.MethodPost, "/post", body, &shown); err != nil {
		return bot.Receipt{}, fmt.Errorf("posting: %w", err)
	}
	if shown.ID == "" {
		return bot.Receipt{}, errors.New("posting: the platform names no id")
	}
	return bot.Receipt{ID: shown.ID}, nil
}

// Find asks for the post with the key of o. Only a clear answer says no.
func (c *ChatChannel) Find(ctx context.Context, o bot.Outgoing) (bot.Receipt, bool, error) {
	var shown Post
	path := "/posts?key=" + url.QueryEscape(o.Key)
	err := c.call(ctx, http.MethodGet, path, nil, &shown)
	var e *bot.SendError
	if errors.As(err, &e) && e.Class == bot.NeedsCredentials { // nobody calls Recover for a look
		if err = c.login(ctx); err == nil {
			err = c.call(ctx, http.MethodGet, path, nil, &shown)
		}
	}
	if err != nil {
		return bot.Receipt{}, false, fmt.Errorf("looking for a post: %w", err)
	}
	return bot.Receipt{ID: shown.ID}, shown.ID != "", nil
}

// Recover gets a new token. Of a state that has moved nothing is kept here, so
// that trying again is all; another way there is none.
func (c *ChatChannel) Recover(ctx context.Context, class bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	switch class {
	case bot.NeedsCredentials:
		return o, c.login(ctx)
	case bot.StateMoved:
		return o, nil
	default:
		return o, fmt.Errorf("nothing is known against %q", class)
	}
}

// login gets the token that is valid.
func (c *ChatChannel) login(ctx context.Context) error {
	var got struct{ Token string }
	status, _, err := c.do(ctx, http.MethodPost, "/token", "", []byte(c.config.Secret), &got)
	if err == nil && (status != http.StatusOK || got.Token == "") {
		err = fmt.Errorf("the platform says %d", status)
	}
	if err != nil {
		return fmt.Errorf("getting a token: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = got.Token
	return nil
}

// call makes one request under the token and says of an error what can be done
// about it.
func (c *ChatChannel) call(ctx context.Context, method, path string, body []byte, into any) error {
	c.mu.Lock()
	token := c.token
	c.mu.Unlock()
	if token == "" {
		if err := c.login(ctx); err != nil {
			return &bot.SendError{Class: bot.Backoff, Err: err} // nothing has been sent yet
		}
		c.mu.Lock()
		token = c.token
		c.mu.Unlock()
	}
	status, header, err := c.do(ctx, method, path, token, body, into)
	if err != nil {
		return &bot.SendError{Class: bot.MayHaveArrived, Err: err}
	}
	if status == http.StatusOK {
		return nil
	}
	// The platform's own words are left out: they may repeat what was sent.
	e := &bot.SendError{Class: classOf(status), Err: fmt.Errorf("the platform says %d", status)}
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil {
		e.After = time.Duration(seconds) * time.Second
	}
	return e
}

func classOf(status int) bot.Class {
	switch {
	case status == http.StatusUnauthorized:
		return bot.NeedsCredentials
	case status == http.StatusTooManyRequests:
		return bot.Backoff
	case status == http.StatusConflict:
		return bot.StateMoved
	case status == http.StatusGone:
		return bot.OtherRoute
	case status >= 400 && status < 500:
		return bot.Never
	default:
		return bot.MayHaveArrived
	}
}

// do makes one request and reads its answer into into, if it is a good one.
func (c *ChatChannel) do(ctx context.Context, method, path, token string, body []byte, into any) (int, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.config.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, errors.New("the platform's URL is wrong")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.client.Do(r)
	var e *url.Error
	if errors.As(err, &e) {
		err = e.Err // without the URL
	}
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, mostBody))
	if err != nil {
		return 0, nil, fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(answer, into); err != nil {
			return 0, nil, errors.New("the answer is not the JSON that was expected")
		}
	}
	return resp.StatusCode, resp.Header, nil
}
