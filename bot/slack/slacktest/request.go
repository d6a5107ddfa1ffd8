package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Request is one request to the bot's URL. The zero values make it as Slack
// does; everything else makes one that the bot should refuse.
type Request struct {
	Path    string // such as /slack/events
	Body    string
	JSON    bool      // the body is JSON, else a form
	At      time.Time // of the signature; zero is now
	Secret  string    // of the signature; "" is the right one
	Bare    bool      // without any signature
	InQuery bool      // the body goes into the query, an empty one is signed
	Retry   int       // number of the retry; 0 is the first try
	Reason  string    // of the retry
}

// client follows no redirect: who redirects has not acknowledged.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true}, // nothing outlives a test
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Request sends r to the bot. The same r with the same At is a replay.
func (s *Slack) Request(ctx context.Context, r Request) (status int, header http.Header, body []byte, err error) {
	s.mu.Lock()
	base := s.requestURL
	s.mu.Unlock()
	target, content := base+r.Path, r.Body
	if r.InQuery {
		target, content = target+"?"+content, ""
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(content))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("making a request for the bot: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.JSON {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	if !r.Bare {
		if r.At.IsZero() {
			r.At = time.Now() // the bot compares with its own clock
		}
		if r.Secret == "" {
			r.Secret = s.config.SigningSecret
		}
		at := strconv.FormatInt(r.At.Unix(), 10)
		req.Header.Set("X-Slack-Request-Timestamp", at)
		req.Header.Set("X-Slack-Signature", Sign(r.Secret, at, content))
	}
	if r.Retry > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(r.Retry))
		req.Header.Set("X-Slack-Retry-Reason", r.Reason)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, resp.Header, body, err
}

// Sign is the signature of body at a time in Unix seconds.
func Sign(secret, at, body string) string {
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, "v0:"+at+":"+body)
	return "v0=" + hex.EncodeToString(h.Sum(nil))
}

// request is e as an HTTP request: events are JSON, commands are forms, clicks
// are JSON in a form.
func (e envelope) request() (Request, error) {
	r := Request{Path: e.path}
	if e.kind == "slash_commands" {
		form := url.Values{}
		for k, v := range e.payload {
			form.Set(k, fmt.Sprint(v))
		}
		r.Body = form.Encode()
		return r, nil
	}
	body, err := json.Marshal(e.payload)
	if e.kind == "interactive" {
		r.Body = url.Values{"payload": {string(body)}}.Encode()
	} else {
		r.Body, r.JSON = string(body), true
	}
	return r, err
}

// toURL delivers e to the bot's URL once.
func (s *Slack) toURL(ctx context.Context, e envelope, retry int, reason string) Ack {
	r, err := e.request()
	if err != nil {
		return Ack{}
	}
	r.Retry, r.Reason = retry, reason
	status, header, body, err := s.Request(ctx, r)
	a := Ack{
		Status: status, Acknowledged: err == nil && status/100 == 2,
		declined: header.Get("X-Slack-No-Retry") == "1",
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		a.reason = "http_timeout"
	case err != nil:
		a.reason = "connection_failed"
	case status/100 == 3:
		a.reason = "too_many_redirects"
	case status/100 != 2:
		a.reason = "http_error"
	case !bytes.Contains(body, []byte(e.proof)):
		a.Acknowledged, a.reason = false, "unknown_error"
	case len(body) == 0 || json.Valid(body):
		a.Payload = body
	default: // plain text is an answer to a command as well
		a.Payload, _ = json.Marshal(object{"text": string(body)})
	}
	return a
}
