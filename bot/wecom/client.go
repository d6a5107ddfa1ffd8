package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"decline61/bot"
)

// API is where WeCom's API is.
const API = "https://qyapi.weixin.qq.com"

// Config is what a Client needs.
type Config struct {
	BaseURL string // without path; "" is [API]
	CorpID  string
	Secret  string           // of kf or of the app: each has its own, and so its own Client
	HTTP    *http.Client     // nil is one of its own; redirects are never followed
	Timeout time.Duration    // for one request; 0 is 5 s
	Now     func() time.Time // nil is time.Now
}

// Client calls WeCom's API with the access token of one secret. There should be
// one Client for a secret: WeCom blocks those who fetch tokens often. It is safe
// for concurrent use.
type Client struct {
	config Config
	http   *http.Client
	tokens *tokens
	pace   *Pace
	logins *Pace
}

// loginLimits keep us from fetching one token after the other, should WeCom
// refuse each of them.
var loginLimits = []Limit{{30, time.Minute}}

// NewClient checks the configuration. Nothing is called before the first Call.
func NewClient(c Config) (*Client, error) {
	if c.BaseURL == "" {
		c.BaseURL = API
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if c.Timeout == 0 {
		c.Timeout = callTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	switch {
	case c.CorpID == "":
		return nil, errors.New("wecom: the corp id is missing: 我的企业 → 企业信息 → 企业ID")
	case c.Secret == "":
		return nil, errors.New("wecom: the secret is missing: copy it from the page of the app or of 微信客服")
	}
	if err := CheckURL("the address of the API", c.BaseURL, "https"); err != nil {
		return nil, err
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Path != "" || u.RawQuery != "" {
		return nil, errors.New("wecom: the address of the API has no path: it is like " + API)
	}
	client := &Client{
		config: c, http: unredirected(c.HTTP),
		pace: NewPace(c.Now, APILimits...), logins: NewPace(c.Now, loginLimits...),
	}
	client.tokens = &tokens{fetch: client.login, now: c.Now}
	return client, nil
}

// Call calls one method, like "kf/send_msg": it posts body as JSON, or gets if
// body is nil, and decodes the answer into into unless that is nil. query may be
// nil; the access token is added.
//
// An access token that WeCom refuses is thrown away and the call made once more.
// Every other failure is the caller's to deal with; the error is an [Error].
func (c *Client) Call(ctx context.Context, method string, query url.Values, body, into any) error {
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			return unencodable(method)
		}
	}
	for again := false; ; again = true {
		if err := c.turn(ctx, c.pace, method); err != nil {
			return err
		}
		token, err := c.tokens.get(ctx)
		if err != nil {
			return err
		}
		q := url.Values{"access_token": {token}}
		maps.Copy(q, query)
		err = c.exchange(ctx, method, q, b, into)
		if refusedToken(Code(err)) {
			c.tokens.drop(token)
			if !again {
				continue
			}
		}
		heed(c.pace, method, err)
		return err
	}
}

// Renew makes sure of an access token that WeCom has not refused: one that it
// has refused is thrown away already. It is what a channel's Recover does about
// bot.NeedsCredentials, and how doctor tests corp id and secret.
func (c *Client) Renew(ctx context.Context) error {
	_, err := c.tokens.get(ctx)
	return err
}

// login fetches an access token. Without one nothing else has been called, so
// every failure leaves something to be done later.
func (c *Client) login(ctx context.Context) (string, time.Duration, error) {
	const method = "gettoken"
	if err := c.turn(ctx, c.logins, method); err != nil {
		return "", 0, err
	}
	var got struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	err := c.exchange(ctx, method, url.Values{"corpid": {c.config.CorpID}, "corpsecret": {c.config.Secret}}, nil, &got)
	if err == nil && got.Token == "" {
		err = unreadable(method)
	}
	var e *Error
	if errors.As(err, &e) {
		switch e.Class {
		case bot.MayHaveArrived:
			e.Class = bot.Backoff
		case bot.Never:
			e.Class = bot.NeedsCredentials
		}
		heed(c.logins, method, e)
		return "", 0, e
	}
	life := time.Duration(got.Expires) * time.Second
	if life <= 0 {
		life = 2 * time.Hour // as WeCom documents it
	}
	return got.Token, life, nil
}

func (c *Client) exchange(ctx context.Context, method string, q url.Values, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	return exchange(ctx, c.http, method, c.config.BaseURL+"/cgi-bin/"+method+"?"+q.Encode(), body, into)
}

// turn waits until method may be called.
func (c *Client) turn(ctx context.Context, p *Pace, method string) error {
	err := p.Wait(ctx, method)
	var e *Error
	if errors.As(err, &e) {
		e.Method = method
	}
	return err
}

// heed notes what WeCom says about coming back later.
func heed(p *Pace, method string, err error) {
	var e *Error
	if errors.As(err, &e) && e.Class == bot.Backoff && e.After > 0 {
		p.Hold(method, e.After)
	}
}
