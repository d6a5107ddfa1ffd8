package main

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"decline61/bot"
	"decline61/bot/slack"
)

// fault notes what is wrong with a key, with its value unless that is secret.
func (c *config) fault(env, format string, args ...any) {
	f := fault{Key: env, Where: "the configuration", What: fmt.Sprintf(format, args...)}
	if env != "" {
		f.Where = "DECLINE61_" + env
		i := slices.IndexFunc(keys, func(k key) bool { return k.Env == env })
		if g, ok := c.given[env]; ok {
			f.Where = g.where
			if i >= 0 && !keys[i].Secret {
				f.Where += " " + strconv.Quote(g.text)
			}
		}
	}
	c.faults = append(c.faults, f)
}

// check notes everything that is wrong with the values that could be read.
func (c *config) check() {
	c.checkForms()
	c.checkListen()
	c.checkFolders()
	c.checkURLs()
	c.checkHours()
	c.checkSlack()
	c.checkChannels()
	if d := time.Duration(c.Retain); d > 0 && d < 7*day {
		c.fault("RETAIN", "is too short: platforms deliver a message again for days, and it would be answered twice; use at least 7d, or 0 for ever")
	}
}

// text is the value of a key; a secret's in clear.
func (c *config) text(k key) string {
	switch v := reflect.ValueOf(c).Elem().FieldByName(k.Field).Interface().(type) {
	case string:
		return v
	case secret:
		return v.value()
	case fmt.Stringer:
		return v.String()
	default:
		panic("config has a field of an unknown type: " + k.Field)
	}
}

// checkForms holds each key to what its tags say.
func (c *config) checkForms() {
	for _, k := range keys {
		text := c.text(k)
		switch {
		case text == "":
		case len(k.OneOf) > 0 && !slices.Contains(k.OneOf, text):
			c.fault(k.Env, "is unknown: use %s", strings.Join(k.OneOf, ", "))
		case k.Secret && strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r > unicode.MaxASCII }):
			c.fault(k.Env, "holds white space or characters beyond ASCII: copy it again, without quotes and line breaks")
		case k.Form == "aes":
			if b, err := base64.StdEncoding.DecodeString(text + "="); err != nil || len(b) != 32 {
				c.fault(k.Env, "is no EncodingAESKey: copy its 43 letters and digits from the page of the callback")
			}
		}
	}
	if strings.HasPrefix(c.SlackBotToken.value(), "xapp-") {
		c.fault("SLACK_BOT_TOKEN", "is an app-level token: put it into SLACK_APP_TOKEN, and the one that begins with xoxb- here")
	}
	if strings.HasPrefix(c.SlackAppToken.value(), "xoxb-") {
		c.fault("SLACK_APP_TOKEN", "is a bot token: put it into SLACK_BOT_TOKEN, and the one that begins with xapp- here")
	}
	if c.WeComAppAgentID != "" {
		if _, err := strconv.ParseUint(c.WeComAppAgentID, 10, 63); err != nil {
			c.fault("WECOM_APP_AGENT_ID", "is no number: copy the AgentId from the page of the app, for example 1000002")
		}
	}
}

func (c *config) checkListen() {
	const example = "write for example 127.0.0.1:8061, or :8061 for every network"
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		c.fault("LISTEN", "is no host and port: %s", example)
		return
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 && port != "0" {
		c.fault("LISTEN", "has no port from 1 to 65535 (0: any free one): %s", example)
	}
	if strings.ContainsAny(host, "/@ ") || strings.Contains(c.Listen, "://") {
		c.fault("LISTEN", "is no host and port: %s", example)
	}
}

func (c *config) checkFolders() {
	for _, f := range []struct{ env, path, fix string }{
		{"DATA", c.Data, "name a folder; serve makes it"},
		{"KB", c.KB, "name the folder of a knowledge base, or leave the key out for the embedded one"},
	} {
		info, err := os.Stat(f.path)
		switch {
		case f.path == "":
		case err == nil && !info.IsDir():
			c.fault(f.env, "is no folder: %s", f.fix)
		case err != nil && f.env == "KB":
			c.fault(f.env, "cannot be opened: %s", f.fix)
		}
	}
}

func (c *config) checkURLs() {
	c.checkURL("BASE_URL", c.BaseURL, "https")
	if u := c.checkURL("SLACK_API_URL", c.SlackAPIURL, "https"); u != nil && !strings.HasSuffix(u.Path, "/api/") {
		c.fault("SLACK_API_URL", "must end in /api/: write for example https://slack.com/api/")
	}
	if u := c.checkURL("WECOM_API_URL", c.WeComAPIURL, "https"); u != nil && u.Path != "" {
		c.fault("WECOM_API_URL", "must have no path: write %s://%s", u.Scheme, u.Host)
	}
	if u := c.checkURL("LLM_BASE_URL", c.LLMBaseURL, "https"); u != nil && !strings.HasSuffix(u.Path, "/v1") {
		c.fault("LLM_BASE_URL", "must end in /v1, without a slash after it: write for example https://api.deepseek.com/v1")
	}
	c.checkURL("WECOM_BOT_URL", c.WeComBotURL, "wss")
	c.checkURL("WECOM_WEBHOOK_URL", c.WeComWebhookURL.value(), "https")

	// The error of url.Parse repeats what it could not read, password included.
	if text := c.DatabaseURL.value(); text != "" {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && u.Query().Get("host") == "" {
			c.fault("DATABASE_URL", "is no address of a Postgres database: write postgres://ACCOUNT:PASSWORD@HOST:5432/DATABASE (special characters of the password as %%xx), or leave it out for SQLite in %s", c.Data)
		}
	}
}

// checkURL checks one address: scheme, or its open form where the host is this
// machine; it returns nil if there is nothing more to check.
func (c *config) checkURL(env, text, scheme string) *url.URL {
	if text == "" {
		return nil
	}
	open := map[string]string{"https": "http", "wss": "ws"}[scheme]
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != scheme && u.Scheme != open || u.Hostname() == "":
		c.fault(env, "is no address: write it whole, from %s:// on", scheme)
		return nil
	case u.User != nil:
		c.fault(env, "must not hold an account or password: leave out what is before the @")
		return nil
	case env != "WECOM_WEBHOOK_URL" && env != "WECOM_BOT_URL" && (u.RawQuery != "" || u.Fragment != ""):
		c.fault(env, "must end before the ? or #: leave out what follows")
		return nil
	case u.Scheme == open && !loopback(u.Hostname()):
		c.fault(env, "would send secrets in the open: use %s; %s is only for this machine (127.0.0.1)", scheme, open)
		return nil
	}
	return u
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

func (c *config) checkHours() {
	for _, part := range []struct{ env, hours, zone, holidays string }{
		{"HOURS", c.Hours, "", ""}, {"TIMEZONE", "", c.Timezone, ""}, {"HOLIDAYS", "", "", c.Holidays},
	} {
		_, err := bot.ParseHours(part.hours, part.zone, part.holidays)
		c.faultLines(part.env, err)
	}
	c.hours, _ = bot.ParseHours(c.Hours, c.Timezone, c.Holidays) // its faults are those above
}

// faultLines notes a fault for each line of err, if there is any.
func (c *config) faultLines(env string, err error) {
	if err == nil {
		return
	}
	for line := range strings.Lines(err.Error()) {
		c.fault(env, "%s", strings.TrimSpace(line))
	}
}

// checkSlack reads who takes part in Slack, and how.
func (c *config) checkSlack() {
	var err error
	c.modes, err = slack.ParseModes(c.SlackChannels)
	c.faultLines("SLACK_CHANNELS", err)
	c.agents, err = slack.ParseAgents(c.SlackAgents)
	c.faultLines("SLACK_AGENTS", err)
	if c.modes.Drafts() && !c.set("SLACK_AGENTS") {
		c.fault("SLACK_CHANNELS", "has a channel with drafts, and nobody gets them: set SLACK_AGENTS to the agents' member ids, for example U0123456789, or use another mode")
	}
	if c.set("WECOM_WEBHOOK_URL") && !c.set("WECOM_KF_SECRET") {
		c.warnings = append(c.warnings, "WECOM_WEBHOOK_URL is set without customer service: the group is told of its conversations only, in this version")
	}
	if c.set("WECOM_KF_SECRET") && !c.set("WECOM_WEBHOOK_URL") {
		c.warnings = append(c.warnings, "customer service runs without WECOM_WEBHOOK_URL: nobody is told of a ticket that waits for a person")
	}
	if c.SlackTriageChannel != "" {
		c.warnings = append(c.warnings, "SLACK_TRIAGE_CHANNEL is set, and this version does not post cases there yet")
	}
	if id := c.SlackTriageChannel; id != "" && !slack.ChannelID.MatchString(id) {
		c.fault("SLACK_TRIAGE_CHANNEL", "is no channel id: copy it from the end of the channel's details, it begins with C; write for example C0123456789")
	}
}

// way is one way to merchants or agents, and what it needs to start.
type way struct {
	name  string
	needs []string
	takes []string // is for it too, and nothing without it
}

// forSlack is what both ways to Slack take.
var forSlack = []string{"SLACK_TRIAGE_CHANNEL", "SLACK_CHANNELS", "SLACK_AGENTS"}

var ways = []way{
	{"Slack over Socket Mode", []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}, forSlack},
	{"Slack over HTTP", []string{"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"}, forSlack},
	{"WeCom customer service", []string{"WECOM_CORP_ID", "WECOM_KF_SECRET", "WECOM_CALLBACK_TOKEN", "WECOM_ENCODING_AES_KEY"}, nil},
	{"WeCom app", []string{"WECOM_CORP_ID", "WECOM_APP_SECRET", "WECOM_APP_AGENT_ID", "WECOM_CALLBACK_TOKEN", "WECOM_ENCODING_AES_KEY"}, nil},
	{"WeCom AI bot over its long connection", []string{"WECOM_BOT_ID", "WECOM_BOT_SECRET"}, nil},
	{"WeCom AI bot over callbacks", []string{"WECOM_BOT_TOKEN", "WECOM_BOT_ENCODING_AES_KEY"}, nil},
	{"WeCom group robot", []string{"WECOM_WEBHOOK_URL"}, nil},
}

// set reports whether a key has a value.
func (c *config) set(env string) bool {
	i := slices.IndexFunc(keys, func(k key) bool { return k.Env == env })
	if i < 0 {
		panic("there is no key " + env)
	}
	return c.text(keys[i]) != ""
}

// missing are the keys that a way still needs.
func (c *config) missing(w way) []string {
	return slices.DeleteFunc(slices.Clone(w.needs), c.set)
}

// channels names the ways that are configured whole, and the model if one is.
func (c *config) channels() []string {
	names := []string{}
	for _, w := range ways {
		if len(c.missing(w)) == 0 {
			names = append(names, w.name)
		}
	}
	return append(names, c.unbuilt()...)
}

// built names those of channels that serve runs.
func (c *config) built() []string {
	return slices.DeleteFunc(c.channels(), func(name string) bool { return slices.Contains(c.unbuilt(), name) })
}

// unbuilt names those of channels that this version does not have.
func (c *config) unbuilt() []string {
	if c.LLMMode == "off" {
		return nil
	}
	return []string{"language model (" + c.LLMMode + ")"}
}

// checkChannels looks for half a configuration: a key that is set and belongs
// to no way that can start. It names what the nearest way lacks.
func (c *config) checkChannels() {
	idle := map[string]bool{}
	for _, w := range ways {
		for _, env := range slices.Concat(w.needs, w.takes) {
			idle[env] = c.set(env)
		}
	}
	for _, w := range ways {
		if len(c.missing(w)) == 0 {
			for _, env := range slices.Concat(w.needs, w.takes) {
				idle[env] = false
			}
		}
	}
	told := map[string]bool{}
	for _, k := range keys { // in the table's order, so that the faults have one, too
		if !idle[k.Env] {
			continue
		}
		var near []string
		least := len(keys)
		for _, w := range ways {
			lacks := c.missing(w)
			if !slices.Contains(w.needs, k.Env) && !slices.Contains(w.takes, k.Env) || len(lacks) > least {
				continue
			}
			if len(lacks) < least {
				near, least = nil, len(lacks)
			}
			near = append(near, w.name+" also needs "+strings.Join(lacks, " and "))
		}
		if what := strings.Join(near, ", or "); !told[what] {
			told[what] = true
			c.fault(k.Env, "is half a configuration: %s; or leave this key out", what)
		}
	}
	if c.LLMMode == "select" || c.LLMMode == "phrase" {
		for _, env := range []string{"LLM_BASE_URL", "LLM_MODEL"} {
			if !c.set(env) {
				c.fault(env, "is missing: LLM_MODE %s needs it; set it, or LLM_MODE to off", c.LLMMode)
			}
		}
	}
}
