package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
)

// pause is how long to leave Slack alone where it does not say.
const pause = 30 * time.Second

// classify says what can be done about an error of slack-go. What it says
// instead of Slack's own words holds no token and no text: both may be in them.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var done *bot.SendError
	var limited *goslack.RateLimitedError
	var refused goslack.SlackErrorResponse
	var status goslack.StatusCodeError
	switch {
	case errors.As(err, &done):
		return err
	case errors.As(err, &limited):
		return &bot.SendError{Class: bot.Backoff, After: max(limited.RetryAfter, time.Second), Err: errors.New("too fast for Slack")}
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.As(err, &status):
		e := &bot.SendError{Class: statusClass(status.Code), Err: fmt.Errorf("HTTP status %d from Slack, or from a proxy before it", status.Code)}
		if e.Class == bot.Backoff {
			e.After = pause
		}
		return e
	}
	return discreet(err)
}

// statusClass is that of an answer without Slack's own words: a 4xx is of a
// proxy or of too many requests, and nothing was done.
func statusClass(code int) bot.Class {
	if code >= 400 && code < 500 && code != http.StatusRequestTimeout {
		return bot.Backoff
	}
	return bot.MayHaveArrived
}

// refusal is what Slack says with ok: false.
func refusal(r goslack.SlackErrorResponse) error {
	code := r.Err
	if !plainCode(code) {
		code = "an unknown error"
	}
	e := &bot.SendError{Class: classOf(code), Err: fmt.Errorf("refused by Slack: %s", code)}
	switch {
	case code == "missing_scope" && plainCode(r.Needed):
		e.Err = fmt.Errorf("refused by Slack: missing_scope: add %s under OAuth & Permissions, then install the app again", r.Needed)
	case e.Class == bot.NeedsCredentials:
		e.Err = fmt.Errorf("refused by Slack: %s: %s", code, fixes[code].bot)
	case e.Class == bot.OtherRoute:
		e.Err = fmt.Errorf("refused by Slack: %s: %s", code, routes[code])
	case tooFast[code]:
		e.After = pause
	}
	return e
}

// plainCode reports whether s looks like a code or a list of scopes rather
// than like a text.
func plainCode(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == ':' || r == ',' || r == '.' || r == '-') {
			return false
		}
	}
	return s != "" && len(s) <= 200
}

// discreet keeps of an error of the network what is known to hold no secret.
// Who was never reached has done nothing.
func discreet(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		err = e.Err // without the URL
	}
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return &bot.SendError{Class: bot.Backoff, Err: errors.New("the name of Slack's API cannot be resolved")}
	case errors.As(err, &op) && op.Op == "dial":
		return &bot.SendError{Class: bot.Backoff, Err: fmt.Errorf("reaching Slack: %w", op)}
	case errors.As(err, &op):
		return &bot.SendError{Class: bot.MayHaveArrived, Err: fmt.Errorf("calling Slack: %w", op)}
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return &bot.SendError{Class: bot.MayHaveArrived, Err: fmt.Errorf("calling Slack: %w", err)}
	}
	return &bot.SendError{Class: bot.MayHaveArrived, Err: errors.New("calling Slack: no answer that could be read")}
}

// code is Slack's own code in an error of slack-go, "" if there is none.
func code(err error) string {
	var refused goslack.SlackErrorResponse
	if errors.As(err, &refused) {
		return refused.Err
	}
	return ""
}

func class(err error) bot.Class {
	var e *bot.SendError
	if errors.As(err, &e) {
		return e.Class
	}
	return bot.MayHaveArrived
}
