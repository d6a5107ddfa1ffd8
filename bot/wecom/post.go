package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"decline61/bot"
)

const (
	mostAfter   = 15 * 60         // seconds for which a Retry-After may keep us quiet
	callTimeout = 5 * time.Second // for one request, where nothing else is said
	mostAnswer  = 16 << 20        // bytes; a full page of kf/sync_msg has a thousand messages
)

// Post posts body as JSON to target, which may hold a secret, and decodes the
// answer into into unless that is nil. Errors are [Error]s and call the target
// method. It is for addresses that need no access token: group webhooks, and the
// response_url of an AI bot. A nil hc is a client of its own; redirects are
// never followed.
func Post(ctx context.Context, hc *http.Client, method, target string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return unencodable(method)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return exchange(ctx, unredirected(hc), method, target, b, into)
}

// CheckURL reports whether raw is an address that secrets may be sent to: of
// the scheme https or wss, or of http or ws on this machine. name is what the
// error calls it.
func CheckURL(name, raw, scheme string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return fmt.Errorf("wecom: %s is no complete address: it begins with %s://", name, scheme)
	}
	plain := map[string]string{"https": "http", "wss": "ws"}[scheme]
	switch {
	case u.Scheme == scheme, u.Scheme == plain && loopback(u.Hostname()):
		return nil
	case u.Scheme == plain:
		return fmt.Errorf("wecom: %s would send secrets in the clear: it begins with %s://", name, scheme)
	}
	return fmt.Errorf("wecom: %s begins with %s://", name, scheme)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// unredirected is hc without redirects: they would carry secrets along.
func unredirected(hc *http.Client) *http.Client {
	c := http.Client{}
	if hc != nil {
		c = *hc
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

func unencodable(method string) *Error {
	return &Error{Method: method, Class: bot.Never, Err: errors.New("it cannot be written as JSON")}
}

// exchange makes one request, a GET if body is nil, and reads the answer.
func exchange(ctx context.Context, hc *http.Client, method, target string, body []byte, into any) error {
	verb := http.MethodPost
	if body == nil {
		verb = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, verb, target, bytes.NewReader(body))
	if err != nil {
		return &Error{Method: method, Class: bot.Never, Err: errors.New("its address is not valid")}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := hc.Do(req)
	if err != nil {
		return broken(method, err)
	}
	defer resp.Body.Close()
	after := retryAfter(resp.Header)
	if resp.StatusCode != http.StatusOK {
		return &Error{Method: method, Class: classOfStatus(resp.StatusCode), After: after, Err: fmt.Errorf("HTTP status %d", resp.StatusCode)}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer)) // what is cut off here is no JSON below
	if err != nil {
		return broken(method, err)
	}
	var said struct {
		Code    int    `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if json.Unmarshal(b, &said) != nil {
		return unreadable(method)
	}
	if said.Code != 0 {
		e := Refusal(method, said.Code, said.Message)
		if after > 0 && e.Class == bot.Backoff {
			e.After = after
		}
		return e
	}
	if into != nil && json.Unmarshal(b, into) != nil {
		return unreadable(method)
	}
	return nil
}

// unreadable is about an answer that came, and says nothing about what it
// answers.
func unreadable(method string) *Error {
	return &Error{Method: method, Class: bot.MayHaveArrived, Err: errors.New("the answer cannot be read")}
}

func classOfStatus(status int) bot.Class {
	switch {
	case status == http.StatusTooManyRequests:
		return bot.Backoff
	case status == http.StatusRequestTimeout || status >= 500:
		return bot.MayHaveArrived
	}
	return bot.Never
}

func retryAfter(h http.Header) time.Duration {
	s, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return time.Duration(min(s, mostAfter)) * time.Second
}

// broken keeps of an error of the network what holds no URL. Whoever could not
// even connect has certainly sent nothing.
func broken(method string, err error) *Error {
	e := &Error{Method: method, Class: bot.MayHaveArrived}
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		e.Class, e.Err = bot.Backoff, errors.New("its name cannot be resolved")
	case errors.As(err, &op) && op.Op == "dial":
		e.Class, e.Err = bot.Backoff, op
	case errors.Is(err, context.DeadlineExceeded):
		e.Err = context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		e.Err = context.Canceled
	case errors.As(err, &op):
		e.Err = op
	default:
		e.Err = errors.New("the connection broke before the answer had come")
	}
	return e
}
