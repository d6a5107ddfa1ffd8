package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"decline61/bot"
	"decline61/bot/slack"
)

// config is everything that can be set. Its tags are the only table of keys:
// flags, variables of the environment, keys of the file, their help, the sample
// and the schema all come from here. A key's name in the environment is
// DECLINE61_ and the tag; its flag and its key in the file are the same in small
// letters. A field of type secret has a twin ending in _FILE.
type config struct {
	Listen      string `env:"LISTEN" envDefault:"127.0.0.1:8061" section:"Server / 服务" help:"address to listen on; :8061 listens on every network of the machine"`
	BaseURL     string `env:"BASE_URL" example:"https://pos-help.example.com" help:"where merchants and agents reach this server from outside, for links in messages"`
	LogLevel    string `env:"LOG_LEVEL" envDefault:"info" oneof:"debug|info|warn|error" help:"least level that is logged; message text never is"`
	AddressRate rate   `env:"ADDRESS_RATE" envDefault:"0" schema:"number" help:"messages a second from one network address; 0 is no limit, which is right behind a proxy"`

	Data        string `env:"DATA" example:"/var/lib/decline61" computed:"decline61 in the state directory of your account" section:"Data / 数据" help:"folder of the database and other state"`
	DatabaseURL secret `env:"DATABASE_URL" example:"postgres://decline61:PASSWORD@db.example.com/decline61" help:"Postgres to use instead of SQLite in the data folder"`
	Retain      age    `env:"RETAIN" envDefault:"180d" schema:"string|integer" help:"how long a conversation is kept after its last message, at least 7d; 0 is for ever"`

	KB string `env:"KB" computed:"the embedded one" section:"Knowledge base / 知识库" example:"/srv/decline61/kb" help:"folder of a knowledge base to use instead of the embedded one"`

	Hours    string `env:"HOURS" envDefault:"24x7" section:"Agents' hours / 人工服务时间" example:"Mon-Fri 09:00-18:00, Sat 10:00-16:00" help:"when agents are there: 24x7, or like Mon-Fri 09:00-18:00, Sat 10:00-16:00"`
	Timezone string `env:"TIMEZONE" envDefault:"Asia/Shanghai" help:"time zone of these hours, an IANA name"`
	Holidays string `env:"HOLIDAYS" example:"2026-10-01..2026-10-07, 2027-01-01" help:"days without agents"`

	SlackBotToken      secret `env:"SLACK_BOT_TOKEN" section:"Slack" example:"xoxb-..." help:"bot token of the Slack app; with the app token or the signing secret it starts Slack"`
	SlackAppToken      secret `env:"SLACK_APP_TOKEN" example:"xapp-..." help:"app-level token, for Socket Mode"`
	SlackSigningSecret secret `env:"SLACK_SIGNING_SECRET" help:"signing secret, for requests from Slack over HTTP"`
	SlackAPIURL        string `env:"SLACK_API_URL" envDefault:"https://slack.com/api/" help:"Slack's API, ends in /api/"`
	SlackTriageChannel string `env:"SLACK_TRIAGE_CHANNEL" example:"C0123456789" help:"channel in which agents get cases"`
	SlackChannels      string `env:"SLACK_CHANNELS" example:"C0123456789=all, C0456789012=draft, *=mention" help:"how the bot takes part, by channel id: mention (the default), all, draft (to agents), ephemeral (to the asker); with +internal where only your own people are"`
	SlackAgents        string `env:"SLACK_AGENTS" example:"U0123456789, U0456789012" help:"member ids of the agents who get drafts"`

	WeComAPIURL            string `env:"WECOM_API_URL" envDefault:"https://qyapi.weixin.qq.com" section:"WeCom / 企业微信" help:"WeCom's API, without a path"`
	WeComCorpID            string `env:"WECOM_CORP_ID" example:"ww0123456789abcdef" help:"id of the company"`
	WeComCallbackToken     secret `env:"WECOM_CALLBACK_TOKEN" help:"token of the callbacks of customer service and app"`
	WeComEncodingAESKey    secret `env:"WECOM_ENCODING_AES_KEY" form:"aes" help:"EncodingAESKey of the same callbacks, 43 characters"`
	WeComKFSecret          secret `env:"WECOM_KF_SECRET" help:"secret of customer service (kf, 微信客服)"`
	WeComAppSecret         secret `env:"WECOM_APP_SECRET" help:"secret of the app (自建应用)"`
	WeComAppAgentID        string `env:"WECOM_APP_AGENT_ID" schema:"string|integer" example:"1000002" help:"AgentId of the app"`
	WeComBotID             string `env:"WECOM_BOT_ID" help:"id of the AI bot (智能机器人), for its long connection"`
	WeComBotSecret         secret `env:"WECOM_BOT_SECRET" help:"secret of the AI bot, for its long connection"`
	WeComBotURL            string `env:"WECOM_BOT_URL" envDefault:"wss://openws.work.weixin.qq.com" help:"where the long connection goes"`
	WeComBotToken          secret `env:"WECOM_BOT_TOKEN" help:"token of the AI bot's callback"`
	WeComBotEncodingAESKey secret `env:"WECOM_BOT_ENCODING_AES_KEY" form:"aes" help:"EncodingAESKey of the AI bot's callback, 43 characters"`
	WeComBotName           string `env:"WECOM_BOT_NAME" example:"61助手" help:"name of the AI bot as groups mention it with @"`
	WeComWebhookURL        secret `env:"WECOM_WEBHOOK_URL" help:"whole address, with its key, of the group robot that tells agents of cases"`

	LLMMode    string `env:"LLM_MODE" envDefault:"off" oneof:"off|select|phrase" section:"Language model / 大模型" help:"off: templates alone; select: it picks among approved wordings; phrase: it phrases, checked sentence by sentence"`
	LLMBaseURL string `env:"LLM_BASE_URL" example:"https://api.deepseek.com/v1" help:"any API compatible with OpenAI's, ends in /v1"`
	LLMAPIKey  secret `env:"LLM_API_KEY" help:"its key, if it needs one"`
	LLMModel   string `env:"LLM_MODEL" example:"deepseek-chat" help:"name of the model"`

	file     string           // that was read, "" is none
	given    map[string]given // by key: what was set, and where
	faults   []fault
	warnings []string
	hours    bot.Hours
	modes    slack.Modes
	agents   []string
}

// key is one row of the table.
type key struct {
	Env      string // as in the tag
	Field    string
	Section  string // set on the first key of a section
	Help     string
	Default  string
	Computed string // says what the default is where it is no fixed text
	Example  string
	Form     string
	OneOf    []string
	Schema   []string
	Secret   bool
}

func (k key) variable() string { return "DECLINE61_" + k.Env }
func (k key) yaml() string     { return strings.ToLower(k.Env) }
func (k key) flag() string     { return strings.ReplaceAll(k.yaml(), "_", "-") }

// twin is the key that names a file holding the secret.
func (k key) twin() key {
	return key{Env: k.Env + "_FILE", Schema: []string{"string"}, Example: "/run/secrets/" + k.yaml(), Help: "file that holds " + k.yaml() + ": " + k.Help}
}

// keys is the table, in the order of config's fields.
var keys = func() []key {
	var all []key
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		tag := f.Tag.Get("env")
		if tag == "" {
			continue
		}
		k := key{
			Env: tag, Field: f.Name, Section: f.Tag.Get("section"), Help: f.Tag.Get("help"), Default: f.Tag.Get("envDefault"),
			Computed: f.Tag.Get("computed"), Example: f.Tag.Get("example"), Form: f.Tag.Get("form"),
			Schema: []string{"string"}, Secret: f.Type == reflect.TypeFor[secret](),
		}
		if s := f.Tag.Get("schema"); s != "" {
			k.Schema = strings.Split(s, "|")
		}
		if s := f.Tag.Get("oneof"); s != "" {
			k.OneOf = strings.Split(s, "|")
		}
		all = append(all, k)
	}
	return all
}()

// fault is one thing that is wrong with the configuration.
type fault struct {
	Key   string `json:"key"`   // as in the environment, without its prefix; "" is the whole
	Where string `json:"where"` // what to change: a flag, a variable, a line of the file
	What  string `json:"what"`  // is wrong, and what to write instead; never holds a secret
}

func (f fault) String() string { return f.Where + ": " + f.What }

// configError is all that is wrong, one line each.
type configError []fault

func (e configError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d fault%s:", len(e), flag(len(e) > 1, "s"))
	for _, f := range e {
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

// config reads and checks the whole configuration. Its error names everything
// that is wrong and has exit code 3.
func (s *settings) config(cmd *cobra.Command) (config, error) {
	c := s.readConfig(cmd)
	if len(c.faults) > 0 {
		return c, exit(exitInvalid, configError(c.faults))
	}
	s.kbDir = c.KB
	return c, nil
}

// database is config for commands that only touch the data: a wrong token of
// Slack must not keep anybody from making a backup.
func (s *settings) database(cmd *cobra.Command) (config, error) {
	return s.part(cmd, "DATA", "DATABASE_URL")
}

// part is config for commands that need some keys only: faults of the others do
// not matter.
func (s *settings) part(cmd *cobra.Command, needs ...string) (config, error) {
	c := s.readConfig(cmd)
	var faults configError
	for _, f := range c.faults {
		if f.Key == "" || slices.Contains(needs, f.Key) {
			faults = append(faults, f)
		}
	}
	if len(faults) > 0 {
		return c, exit(exitInvalid, faults)
	}
	return c, nil
}

// findKB takes the knowledge base from the configuration's file where neither
// flag nor environment names one, so that ask and explain use the one that
// serve uses.
func (s *settings) findKB() error {
	if s.kbDir != "" || s.configFile == "" {
		return nil
	}
	c := config{file: s.configFile}
	s.kbDir = c.readFile()["kb"].text
	if len(c.faults) > 0 {
		return exit(exitInvalid, configError(c.faults))
	}
	return nil
}

// readConfig reads flag, environment, file and default of every key, and
// checks them all.
func (s *settings) readConfig(cmd *cobra.Command) config {
	c := config{file: s.configFile, given: map[string]given{}}
	texts := c.collect(s.layers(cmd, &c))
	err := env.ParseWithOptions(&c, env.Options{Environment: texts})
	var all env.AggregateError
	if errors.As(err, &all) {
		for _, err := range all.Errors {
			var wrong env.ParseError
			if errors.As(err, &wrong) {
				c.fault(keyOf(wrong.Name).Env, "%v", wrong.Err)
			} else {
				c.fault("", "%v", err)
			}
		}
	}
	if c.Data == "" {
		if c.Data, err = stateDir(s.getenv); err != nil {
			c.fault("DATA", "%v", err)
		}
	}
	c.check()
	c.warnings = append(c.warnings, strangers(os.Environ())...)
	return c
}

// strangers warns of variables that look like ours and are not: a mistyped one
// would be passed over in silence.
func strangers(environ []string) []string {
	known := map[string]bool{"DECLINE61_CONFIG": true, "DECLINE61_FAULT": true, "DECLINE61_BUG": true}
	for _, k := range keys {
		known[k.variable()], known[k.twin().variable()] = true, true
	}
	var all []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "DECLINE61_") && !known[name] && !strings.HasPrefix(name, "DECLINE61_TEST_") && !strings.HasPrefix(name, "DECLINE61_SOAK_") {
			all = append(all, name+" is no setting: see decline61 config init - for all of them")
		}
	}
	return all
}

func keyOf(field string) key {
	for _, k := range keys {
		if k.Field == field {
			return k
		}
	}
	return key{}
}

// stateDir is where state lives if DATA does not say.
func stateDir(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "decline61"), nil
	}
	home, below := getenv("HOME"), filepath.Join(".local", "state")
	switch runtime.GOOS {
	case "windows":
		home, below = getenv("LocalAppData"), ""
	case "darwin":
		below = filepath.Join("Library", "Application Support")
	}
	if home == "" {
		return "", errors.New("this account has no home directory: name a folder with --data or DECLINE61_DATA")
	}
	return filepath.Join(home, below, "decline61"), nil
}

func (c config) level() slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(c.LogLevel)) // has been checked; else it stays Info
	return l
}

// age is a time in days or hours, such as 180d.
type age time.Duration

const day = 24 * time.Hour

// UnmarshalText reads 180d, 36h or 0.
func (a *age) UnmarshalText(b []byte) error {
	number, unit := string(b), time.Duration(0)
	if s, ok := strings.CutSuffix(number, "d"); ok {
		number, unit = s, day
	} else if s, ok := strings.CutSuffix(number, "h"); ok {
		number, unit = s, time.Hour
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 36500 || n > 0 && unit == 0 {
		return errors.New("is no number of days: write for example 180d, or 0 for ever")
	}
	*a = age(time.Duration(n) * unit)
	return nil
}

func (a age) String() string {
	switch d := time.Duration(a); {
	case d == 0:
		return "0"
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	default:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
}

// rate is a number of messages a second, 0 for no limit.
type rate float64

// UnmarshalText reads a number that is not below 0.
func (r *rate) UnmarshalText(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || f < 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return errors.New("is no number of messages a second: write for example 5, or 0 for no limit")
	}
	*r = rate(f)
	return nil
}

func (r rate) String() string { return strconv.FormatFloat(float64(r), 'g', -1, 64) }
