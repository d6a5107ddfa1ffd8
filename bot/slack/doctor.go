package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
)

// ExamineOptions are the settings to look at.
type ExamineOptions struct {
	BotToken      string
	AppToken      string // "" without Socket Mode
	SigningSecret string // "" without HTTP
	APIURL        string // ends in /api/, "" is Slack's
	Modes         Modes
	Agents        []string // members who get drafts
	Triage        string   // channel for cases, "" is none
	Offline       bool     // ask Slack nothing
	Now           func() time.Time
}

// How long Slack may take for one answer, and how wrong the clock may be: Slack
// itself and we refuse whatever is signed more than five minutes away from now.
const (
	examineTimeout = 10 * time.Second
	clockWarning   = time.Minute
	clockProblem   = 5 * time.Minute
)

var signingSecret = regexp.MustCompile(`^[0-9a-f]{32}$`)

// examiner is one run of Examine.
type examiner struct {
	ExamineOptions
	api     *goslack.Client
	found   []bot.Finding
	bot     string        // the bot's name in this workspace
	granted string        // the token's scopes, as Slack names them
	timed   bool          // Slack has told the time,
	ahead   time.Duration // and our clock was so far ahead of it
}

// Examine asks Slack whether the settings work, and says what to do where they
// do not. It changes nothing, and may run beside a running bot.
func Examine(ctx context.Context, o ExamineOptions) []bot.Finding {
	if o.APIURL == "" {
		o.APIURL = goslack.APIURL
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	x := &examiner{ExamineOptions: o}
	x.secret()
	if o.Offline {
		x.add("slack", bot.Fine, "", "Slack was not asked")
		return x.found
	}
	x.api = goslack.New(o.BotToken, goslack.OptionAPIURL(o.APIURL), goslack.OptionAppLevelToken(o.AppToken),
		goslack.OptionHTTPClient(&http.Client{
			Timeout: examineTimeout,
			// The body holds the token: it goes to nobody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		goslack.OptionOnResponseHeaders(x.heed))
	if x.token(ctx) {
		x.scopes()
		x.channels(ctx)
		x.agents(ctx)
	}
	x.socket(ctx)
	x.clock()
	return x.found
}

// add notes a finding. What others have answered may repeat what they were
// asked, with the token.
func (x *examiner) add(check string, s bot.Severity, fix, format string, args ...any) {
	says := fmt.Sprintf(format, args...)
	for _, secret := range []string{x.BotToken, x.AppToken, x.SigningSecret} {
		if secret != "" {
			says = strings.ReplaceAll(says, secret, "(secret)")
			fix = strings.ReplaceAll(fix, secret, "(secret)")
		}
	}
	x.found = append(x.found, bot.Finding{Check: check, Severity: s, Says: says, Fix: fix})
}

// heed reads the headers of one of Slack's answers.
func (x *examiner) heed(method string, h http.Header) {
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		x.timed, x.ahead = true, x.Now().Sub(theirs)
	}
	if method == "auth.test" {
		x.granted = h.Get("X-OAuth-Scopes")
	}
}

// secret looks at the form of the signing secret: Slack says it nowhere, and a
// wrong one is only seen when every request is refused.
func (x *examiner) secret() {
	const check = "slack signing"
	switch {
	case x.SigningSecret == "":
	case signingSecret.MatchString(x.SigningSecret):
		x.add(check, bot.Fine, "", "the signing secret has the right form; whether it is this app's shows with Slack's first request")
	default:
		x.add(check, bot.Warning, "copy it again: api.slack.com/apps > the app > Basic Information > App Credentials > Signing Secret (not Client Secret or Verification Token)",
			"the signing secret is not 32 digits and letters a to f: every request of Slack's would be refused")
	}
}

// token asks who the bot token is.
func (x *examiner) token(ctx context.Context) bool {
	const check = "slack token"
	who, err := x.api.AuthTestContext(ctx)
	if err != nil {
		x.failed(check, "the bot token", err, fixes[code(err)].bot)
		return false
	}
	if who.UserID == "" {
		x.add(check, bot.Problem, "see that SLACK_API_URL is right", "what answers at %s is not Slack", x.host())
		return false
	}
	if who.BotID == "" {
		x.add(check, bot.Problem, "put the Bot User OAuth Token there, which begins with xoxb-", "SLACK_BOT_TOKEN is the token of a person in %s, not of the app", who.Team)
		return false
	}
	x.bot = who.User
	x.add(check, bot.Fine, "", "workspace %s, bot @%s", who.Team, who.User)
	return true
}

// scopes compares the token's permissions with those that are used.
func (x *examiner) scopes() {
	const (
		check = "slack scopes"
		fix   = "add under OAuth & Permissions > Bot Token Scopes, then reinstall the app there; decline61 manifest has them all"
	)
	if x.granted == "" {
		x.add(check, bot.Warning, "see that no proxy removes the header X-OAuth-Scopes", "Slack's answer does not name the token's scopes")
		return
	}
	has := strings.FieldsFunc(x.granted, func(r rune) bool { return r == ',' || r == ' ' })
	var lacks, lighter []string
	for _, s := range botScopes {
		switch {
		case slices.Contains(has, s.name):
		case s.name == "assistant:write" || readsChannels(s.name) && !x.Modes.Listens():
			lighter = append(lighter, s.name+" ("+s.gives+")")
		default:
			lacks = append(lacks, s.name+" ("+s.gives+")")
		}
	}
	if len(lacks) > 0 {
		x.add(check, bot.Problem, fix, "missing: %s", strings.Join(lacks, "; "))
	}
	if len(lighter) > 0 {
		x.add(check, bot.Warning, fix+"; or leave it so, if the manifest was made with --mention-only or --guests", "goes without: %s", strings.Join(lighter, "; "))
	}
	if len(lacks)+len(lighter) == 0 {
		x.add(check, bot.Fine, "", "all %d that are needed", len(botScopes))
	}
}

// socket asks for a connection of Socket Mode and does not open it.
func (x *examiner) socket(ctx context.Context) {
	if x.AppToken == "" {
		return
	}
	const check = "slack socket"
	if _, _, err := x.api.StartSocketModeContext(ctx); err != nil {
		x.failed(check, "the app-level token", err, fixes[code(err)].app)
		return
	}
	x.add(check, bot.Fine, "", "Slack offers a connection for Socket Mode")
}

// channels looks at every channel that the settings name.
func (x *examiner) channels(ctx context.Context) {
	ids := x.Modes.Channels()
	if x.Triage != "" && !slices.Contains(ids, x.Triage) {
		ids = append(ids, x.Triage)
	}
	for _, id := range ids {
		x.channel(ctx, id)
	}
}

// agents looks whether those can be written to who get drafts: a draft that
// nobody gets is a merchant without an answer.
func (x *examiner) agents(ctx context.Context) {
	const check = "slack agent"
	for _, id := range x.Agents {
		_, _, _, err := x.api.OpenConversationContext(ctx, &goslack.OpenConversationParameters{Users: []string{id}})
		switch {
		case err == nil:
			x.add(check, bot.Fine, "", "%s can get drafts", id)
		case classOf(code(err)) == bot.Never:
			x.add(check, bot.Problem, "copy the member id again, from the menu of the person's profile, into SLACK_AGENTS", "%s is nobody who can get drafts: %s", id, oneLine(code(err)))
		default:
			x.failed(check, id, err, fixes[code(err)].bot)
		}
	}
}

func (x *examiner) channel(ctx context.Context, id string) {
	const check = "slack channel"
	c, err := x.api.GetConversationInfoContext(ctx, &goslack.GetConversationInfoInput{ChannelID: id})
	var refused goslack.SlackErrorResponse
	if errors.As(err, &refused) && refused.Err == "channel_not_found" {
		x.add(check, bot.Problem, fmt.Sprintf("in the channel: /invite @%s; or copy its id again, from the end of its details", x.bot),
			"%s is not there, or private and without the bot", id)
		return
	}
	if err != nil {
		x.failed(check, id, err, fixes[code(err)].bot)
		return
	}
	name := "#" + c.Name + " (" + id + ")"
	shared := c.IsExtShared || c.IsPendingExtShared
	var roles []string
	if slices.Contains(x.Modes.Channels(), id) {
		mode := x.Modes.Of(id)
		roles = append(roles, mode.Speak.String())
		if mode.Internal {
			roles = append(roles, "internal")
		}
	}
	if id == x.Triage {
		roles = append(roles, "cases")
	}
	switch {
	case c.IsArchived:
		x.add(check, bot.Problem, "unarchive it, or name another one", "%s is archived", name)
	case !c.IsMember:
		x.add(check, bot.Problem, fmt.Sprintf("in the channel: /invite @%s", x.bot), "%s is without the bot", name)
	case shared && id == x.Triage:
		x.add(check, bot.Problem, "set SLACK_TRIAGE_CHANNEL to a channel of your own people only", "%s is shared with another company, which would see every merchant's case", name)
	case shared && x.Modes.Of(id).Internal:
		x.add(check, bot.Problem, "take internal out of its mode in SLACK_CHANNELS", "%s is shared with another company, and gets answers meant for your own people", name)
	default:
		x.add(check, bot.Fine, "", "%s has the bot: %s", name, strings.Join(roles, ", "))
	}
}

// clock compares our clock with Slack's.
func (x *examiner) clock() {
	const check = "slack clock"
	if !x.timed {
		return // Slack was not reached, which has been said
	}
	off, way := x.ahead, "ahead of"
	if off < 0 {
		off, way = -off, "behind"
	}
	const fix = "set the clock, for example with NTP"
	switch off = off.Round(time.Second); {
	case off > clockProblem:
		x.add(check, bot.Problem, fix, "this machine is %v %s Slack: requests more than %v away are refused as replays", off, way, clockProblem)
	case off > clockWarning:
		x.add(check, bot.Warning, fix+": beyond 5 minutes Slack's requests are refused as replays", "this machine is %v %s Slack", off, way)
	default:
		x.add(check, bot.Fine, "", "is within %v of Slack's", max(off, time.Second))
	}
}

// failed says why Slack gave no answer, and what to do about it.
func (x *examiner) failed(check, what string, err error, fix string) {
	var refused goslack.SlackErrorResponse
	var limited *goslack.RateLimitedError
	var status goslack.StatusCodeError
	switch {
	case errors.As(err, &refused) && refused.Err == "ratelimited", errors.As(err, &limited):
		x.add(check, bot.Warning, "try again in a minute", "Slack is asked too often just now, and has not answered about %s", what)
	case errors.As(err, &refused) && refused.Err == "missing_scope":
		x.add(check, bot.Problem, "add it under OAuth & Permissions > Bot Token Scopes, then reinstall the app there", "%s: the token lacks the scope %s", what, oneLine(refused.Needed))
	case errors.As(err, &refused):
		if fix == "" {
			fix = "see what Slack's documentation says of " + oneLine(refused.Err) + ", or try again: it may be Slack itself (slack-status.com)"
		}
		x.add(check, bot.Problem, fix, "Slack refuses %s: %s", what, oneLine(refused.Err))
	case errors.As(err, &status):
		x.add(check, bot.Problem, "see that SLACK_API_URL is right, and slack-status.com", "%s answers %s", x.host(), oneLine(status.Status))
	case errors.Is(err, context.Canceled):
	default:
		// The error of the network names the method, never the token, which is in
		// the body or in a header.
		x.add(check, bot.Problem, "see that this machine reaches "+x.host()+" over https: network, firewall, HTTPS_PROXY", "no answer of Slack's: %s", oneLine(err.Error()))
	}
}

// host is where Slack's API is, for people.
func (x *examiner) host() string {
	if u, err := url.Parse(x.APIURL); err == nil && u.Host != "" {
		return u.Host
	}
	return "SLACK_API_URL"
}

// oneLine makes what somebody else has written fit for a line of ours.
func oneLine(s string) string {
	const most = 200
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}
