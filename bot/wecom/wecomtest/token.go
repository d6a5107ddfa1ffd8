package wecomtest

import (
	"net/http"
	"time"
)

// token is what gettoken gave for a secret.
type token struct {
	secret string // "kf" or "app"
	until  time.Time
	dead   int // errcode once it was invalidated before its time
}

// tokenLife is how long a token is good, unless it is invalidated before.
const tokenLife = 7200 * time.Second

var tokenMethods = map[string]method{"gettoken": {"", http.MethodGet, getToken}}

// getToken gives a token for a secret: the same one while it is valid.
func getToken(w *WeCom, c *call) (object, error) {
	var kind string
	switch secret := c.query.Get("corpsecret"); {
	case c.query.Get("corpid") != w.config.CorpID:
		return nil, refuse(40013, "invalid corpid")
	case secret == "":
		return nil, refuse(41004, "corpsecret missing")
	case secret == w.config.KfSecret:
		kind = "kf"
	case secret == w.config.AppSecret:
		kind = "app"
	default:
		return nil, refuse(40001, "invalid credential, secret error")
	}
	n := 0
	for _, old := range w.calls {
		if old.Name == "gettoken" && w.now().Sub(old.At) < time.Minute {
			n++
		}
	}
	if n >= w.config.TokenMinute {
		return nil, refuse(45009, "api freq out of limit")
	}
	for value, t := range w.tokens {
		if left := t.until.Sub(w.now()); t.secret == kind && t.dead == 0 && left > 0 {
			return object{"access_token": value, "expires_in": int(left / time.Second)}, nil
		}
	}
	value := w.id("accesstoken-")
	w.tokens[value] = &token{secret: kind, until: w.now().Add(tokenLife)}
	return object{"access_token": value, "expires_in": int(tokenLife / time.Second)}, nil
}

// authorize says whether a token is good for what takes those of kind.
func (w *WeCom) authorize(value, kind string) error {
	t := w.tokens[value]
	switch {
	case value == "":
		return refuse(41001, "access_token missing")
	case t == nil:
		return refuse(40014, "invalid access_token")
	case t.dead != 0:
		return refuse(t.dead, "invalid access_token")
	case !w.now().Before(t.until):
		return refuse(42001, "access_token expired")
	case kind != "any" && t.secret != kind && w.config.KfSecret != w.config.AppSecret:
		return refuse(48002, "no privilege to access/use this api")
	}
	return nil
}

// ExpireTokens invalidates all tokens before their time. Requests under them
// are then answered with code: 42001, 40014, or 40001 as some have seen it.
func (w *WeCom) ExpireTokens(code int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.tokens {
		t.dead = code
	}
}
