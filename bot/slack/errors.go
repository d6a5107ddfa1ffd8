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

// remedies are Slack's error codes that a call can end with for good, what can
// be done about them, and what the operator should do.
var remedies = map[string]struct {
	class bot.Class
	do    string
}{
	"invalid_auth":             {bot.NeedsCredentials, "the token is not valid: copy it again from OAuth & Permissions"},
	"not_authed":               {bot.NeedsCredentials, "the token is missing"},
	"token_expired":            {bot.NeedsCredentials, "the token has expired: turn token rotation off, or install the app again"},
	"token_revoked":            {bot.NeedsCredentials, "the token was revoked: install the app again"},
	"account_inactive":         {bot.NeedsCredentials, "the app was removed from the workspace: install it again"},
	"not_allowed_token_type":   {bot.NeedsCredentials, "this is another kind of token: the bot token begins with xoxb-, the app-level token with xapp-"},
	"missing_scope":            {bot.NeedsCredentials, "a permission is missing: add it under OAuth & Permissions, then install the app again"},
	"ekm_access_denied":        {bot.NeedsCredentials, "the workspace's administrators have suspended posting"},
	"team_access_not_granted":  {bot.NeedsCredentials, "the app is not allowed in this workspace"},
	"not_in_channel":           {bot.OtherRoute, "invite the bot: /invite @ and its name"},
	"channel_not_found":        {bot.OtherRoute, "the channel is gone, or the bot was never invited to it"},
	"user_not_in_channel":      {bot.OtherRoute, "the asker is not in this channel"},
	"is_archived":              {bot.OtherRoute, "the channel is archived"},
	"restricted_action":        {bot.OtherRoute, "the workspace does not let the bot post in this channel"},
	"restricted_action_thread": {bot.OtherRoute, "the workspace does not let the bot post in threads of this channel"},

	"restricted_action_read_only_channel":      {bot.OtherRoute, "the channel is read-only"},
	"restricted_action_thread_only_channel":    {bot.OtherRoute, "only threads are allowed in this channel"},
	"restricted_action_non_threadable_channel": {bot.OtherRoute, "threads are not allowed in this channel"},
}

// passing are codes of a call that may work in a moment; whether it was done
// is not known.
var passing = map[string]bool{
	"internal_error": true, "fatal_error": true, "service_unavailable": true, "request_timeout": true, "team_added_to_org": true,
}

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
	case errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
		return &bot.SendError{Class: bot.Backoff, After: 30 * time.Second, Err: errors.New("too fast for Slack")}
	case errors.As(err, &status) && status.Code >= 400 && status.Code < 500 && status.Code != http.StatusRequestTimeout:
		return &bot.SendError{Class: bot.Never, Err: fmt.Errorf("HTTP status %d from Slack", status.Code)}
	case errors.As(err, &status):
		return &bot.SendError{Class: bot.MayHaveArrived, Err: fmt.Errorf("HTTP status %d from Slack", status.Code)}
	}
	return &bot.SendError{Class: bot.MayHaveArrived, Err: discreet(err)}
}

// refusal is what Slack says with ok: false.
func refusal(r goslack.SlackErrorResponse) error {
	code := r.Err
	if !plainCode(code) {
		code = "an unknown error"
	}
	e := &bot.SendError{Class: bot.Never, Err: fmt.Errorf("refused by Slack: %s", code)}
	if remedy, ok := remedies[code]; ok {
		e.Class = remedy.class
		e.Err = fmt.Errorf("refused by Slack: %s: %s", code, remedy.do)
	}
	if code == "missing_scope" && plainCode(r.Needed) {
		e.Err = fmt.Errorf("refused by Slack: missing_scope: add %s under OAuth & Permissions, then install the app again", r.Needed)
	}
	if passing[code] {
		e.Class = bot.MayHaveArrived
	}
	if code == "ratelimited" || code == "rate_limited" || code == "message_limit_exceeded" {
		e.Class, e.After = bot.Backoff, 30*time.Second
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
func discreet(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		err = e.Err // without the URL
	}
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return fmt.Errorf("calling Slack: %w", err)
	case errors.As(err, &dns):
		return errors.New("calling Slack: its name cannot be resolved")
	case errors.As(err, &op):
		return fmt.Errorf("calling Slack: %w", op)
	case errors.Is(err, http.ErrUseLastResponse):
		return errors.New("calling Slack: it redirects")
	}
	return errors.New("calling Slack: no answer that could be read")
}

// code is Slack's own code in an error of slack-go, "" if there is none.
func code(err error) string {
	var refused goslack.SlackErrorResponse
	if errors.As(err, &refused) {
		return refused.Err
	}
	return ""
}
