package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"decline61/bot/slack"
)

// canary is what must never be seen of a secret.
const canary = "xoxb-Never-To-Be-Seen"

// read reads a configuration from a command line, an environment and a file.
func readWith(t *testing.T, environment map[string]string, file string, args ...string) config {
	t.Helper()
	s := &settings{getenv: func(name string) string {
		if name == "HOME" && environment[name] == "" {
			return t.TempDir()
		}
		return environment[name]
	}}
	if file != "" {
		s.configFile = filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(s.configFile, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var c config
	cmd := &cobra.Command{RunE: func(cmd *cobra.Command, _ []string) error {
		c = s.readConfig(cmd)
		return nil
	}}
	cmd.Flags().String("kb", "", "")
	s.flags(cmd)
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	return c
}

func faultsOf(c config) string {
	var all []string
	for _, f := range c.faults {
		all = append(all, f.String())
	}
	return strings.Join(all, "\n")
}

// TestEveryKeyEveryLayer: each key of the contract exists, in each of the three
// forms, and the stronger form wins.
func TestEveryKeyEveryLayer(t *testing.T) {
	contract := strings.Fields(`LISTEN DATA DATABASE_URL KB LOG_LEVEL BASE_URL
		SLACK_BOT_TOKEN SLACK_APP_TOKEN SLACK_SIGNING_SECRET SLACK_API_URL SLACK_TRIAGE_CHANNEL SLACK_CHANNELS SLACK_AGENTS
		WECOM_API_URL WECOM_CORP_ID WECOM_CALLBACK_TOKEN WECOM_ENCODING_AES_KEY WECOM_KF_SECRET WECOM_APP_SECRET WECOM_APP_AGENT_ID
		WECOM_BOT_ID WECOM_BOT_SECRET WECOM_BOT_URL WECOM_BOT_TOKEN WECOM_BOT_ENCODING_AES_KEY WECOM_WEBHOOK_URL
		LLM_MODE LLM_BASE_URL LLM_API_KEY LLM_MODEL HOURS TIMEZONE HOLIDAYS RETAIN ADDRESS_RATE`)
	known := map[string]key{}
	for _, k := range keys {
		known[k.Env] = k
		if k.Help == "" {
			t.Errorf("%s has no help", k.Env)
		}
	}
	for _, name := range contract {
		if _, ok := known[name]; !ok {
			t.Errorf("there is no key %s", name)
		}
	}
	for _, k := range keys {
		value := map[string]string{"ADDRESS_RATE": "3", "RETAIN": "30d"}[k.Env]
		text := func(layer string) string {
			if value != "" {
				return value
			}
			return "of-" + layer
		}
		variable, line, option := map[string]string{k.variable(): text("environment")}, k.yaml()+": "+text("file"), "--"+k.flag()+"="+text("flag")
		for _, tt := range []struct {
			environment map[string]string
			file, want  string
			args        []string
			origin      origin
		}{
			{nil, line, text("file"), nil, fromFile},
			{variable, line, text("environment"), nil, fromEnvironment},
			{variable, line, text("flag"), []string{option}, fromFlag},
		} {
			c := readWith(t, tt.environment, tt.file, tt.args...)
			if got := c.text(k); got != tt.want || c.given[k.Env].origin != tt.origin {
				t.Errorf("%s by %s is %q by %q", k.Env, tt.origin, got, c.given[k.Env].origin)
			}
		}
	}
}

func TestDefaults(t *testing.T) {
	c := readWith(t, map[string]string{"XDG_STATE_HOME": "/state"}, "")
	if len(c.faults) > 0 {
		t.Fatalf("the defaults have faults:\n%s", faultsOf(c))
	}
	if want := filepath.FromSlash("/state/decline61"); c.Data != want {
		t.Errorf("DATA is %q, want %q", c.Data, want)
	}
	for _, k := range keys {
		if k.Default != "" && c.text(k) != k.Default {
			t.Errorf("%s is %q, its default is %q", k.Env, c.text(k), k.Default)
		}
	}
	if on := c.channels(); len(on) != 0 {
		t.Errorf("on by default: %v", on)
	}
}

func TestFaults(t *testing.T) {
	const aes = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	for _, tt := range []struct {
		set  string // KEY=value ...
		want string // in the faults; "" is no fault
	}{
		{"LISTEN=8061", "--listen"},
		{"LISTEN=127.0.0.1:http", "port from 1 to 65535"},
		{"LISTEN=127.0.0.1:99999", "port from 1 to 65535"},
		{"LISTEN=http://127.0.0.1:80", "no host and port"},
		{"LISTEN=:8061", ""},
		{"LISTEN=[::1]:0", ""},
		{"LISTEN=localhost:1", ""},
		{"LOG_LEVEL=loud", "use debug, info, warn, error"},
		{"RETAIN=3d", "at least 7d"},
		{"RETAIN=forever", "write for example 180d"},
		{"RETAIN=-7d", "write for example 180d"},
		{"RETAIN=7", "write for example 180d"},
		{"RETAIN=7d", ""},
		{"RETAIN=168h", ""},
		{"RETAIN=0", ""},
		{"ADDRESS_RATE=-1", "messages a second"},
		{"ADDRESS_RATE=NaN", "messages a second"},
		{"ADDRESS_RATE=2.5", ""},
		{"BASE_URL=example.com", "from https:// on"},
		{"BASE_URL=http://example.com", "use https"},
		{"BASE_URL=https://example.com/?a=b", "before the ? or #"},
		{"BASE_URL=http://127.0.0.1:8061", ""},
		{"KB=/nowhere/at/all", "folder of a knowledge base"},
		{"SLACK_API_URL=https://slack.com/api", "end in /api/"},
		{"SLACK_API_URL=http://slack.com/api/", "in the open"},
		{"SLACK_API_URL=http://localhost:1/api/", ""},
		{"WECOM_API_URL=https://qyapi.weixin.qq.com/", "write https://qyapi.weixin.qq.com"},
		{"WECOM_API_URL=http://127.0.0.1:1", ""},
		{"WECOM_BOT_URL=https://openws.work.weixin.qq.com", "from wss:// on"},
		{"WECOM_BOT_URL=ws://openws.work.weixin.qq.com", "use wss"},
		{"WECOM_BOT_URL=ws://127.0.0.1:1/bot", ""},
		{"WECOM_WEBHOOK_URL=http://127.0.0.1:1/send?key=k", ""},
		{"WECOM_WEBHOOK_URL=http://example.com/send?key=k", "in the open"},
		{"LLM_BASE_URL=https://a:b@example.com/v1", "account or password"},
		{"LLM_BASE_URL=https://example.com/v1/", "end in /v1"},
		{"LLM_MODE=on", "use off, select, phrase"},
		{"LLM_MODE=select", "LLM_MODE select needs it"},
		{"LLM_MODE=phrase LLM_BASE_URL=https://example.com/v1", "LLM_MODEL"},
		{"LLM_MODE=phrase LLM_BASE_URL=https://example.com/v1 LLM_MODEL=m", ""},
		{"LLM_BASE_URL=https://example.com/v1", ""},
		{"DATABASE_URL=mysql://db/decline61", "postgres://ACCOUNT"},
		{"DATABASE_URL=postgres://u:%zz@db/decline61", "postgres://ACCOUNT"},
		{"DATABASE_URL=postgres://u@db/decline61", ""},
		{"DATABASE_URL=postgresql:///decline61?host=/run/postgresql", ""},
		{"HOURS=9-5", "Mon-Fri 09:00-18:00"},
		{"TIMEZONE=Shanghai", "Asia/Shanghai"},
		{"HOLIDAYS=soon", "2026-10-01..2026-10-07"},

		{"SLACK_BOT_TOKEN=xoxb-1", "Slack over Socket Mode also needs SLACK_APP_TOKEN, or Slack over HTTP also needs SLACK_SIGNING_SECRET"},
		{"SLACK_APP_TOKEN=xapp-1", "needs SLACK_BOT_TOKEN"},
		{"SLACK_SIGNING_SECRET=s", "needs SLACK_BOT_TOKEN"},
		{"SLACK_TRIAGE_CHANNEL=C1", "needs SLACK_BOT_TOKEN"},
		{"SLACK_CHANNELS=C1=all", "needs SLACK_BOT_TOKEN"},
		{"SLACK_AGENTS=U1", "needs SLACK_BOT_TOKEN"},
		{"SLACK_CHANNELS=#support=all", "copy it from the end of the channel's details"},
		{"SLACK_CHANNELS=C1=loud", "use mention, all, draft or ephemeral"},
		{"SLACK_CHANNELS=C1=all,C1=draft", "names C1 a second time"},
		{"SLACK_AGENTS=ann", "is no member id"},
		{"SLACK_TRIAGE_CHANNEL=#support", "is no channel id"},
		{"SLACK_BOT_TOKEN=xoxb-1 SLACK_APP_TOKEN=xapp-1 SLACK_CHANNELS=C1=draft", "--slack-channels \"C1=draft\": has a channel with drafts, and nobody gets them: set SLACK_AGENTS"},
		{"SLACK_BOT_TOKEN=xoxb-1 SLACK_APP_TOKEN=xapp-1 SLACK_CHANNELS=C1=draft,*=all SLACK_AGENTS=U1,U2", ""},
		{"SLACK_BOT_TOKEN=xapp-1 SLACK_APP_TOKEN=xoxb-1", "is an app-level token"},
		{"SLACK_BOT_TOKEN=xoxb-1 SLACK_APP_TOKEN=xapp-1 SLACK_TRIAGE_CHANNEL=C1", ""},
		{"SLACK_BOT_TOKEN=xoxb-1 SLACK_SIGNING_SECRET=s", ""},
		{"WECOM_CORP_ID=ww1", "customer service also needs WECOM_KF_SECRET and WECOM_CALLBACK_TOKEN and WECOM_ENCODING_AES_KEY"},
		{"WECOM_CORP_ID=ww1 WECOM_KF_SECRET=s", "needs WECOM_CALLBACK_TOKEN and WECOM_ENCODING_AES_KEY"},
		{"WECOM_CORP_ID=ww1 WECOM_KF_SECRET=s WECOM_CALLBACK_TOKEN=t WECOM_ENCODING_AES_KEY=" + aes, ""},
		{"WECOM_CORP_ID=ww1 WECOM_KF_SECRET=s WECOM_CALLBACK_TOKEN=t WECOM_ENCODING_AES_KEY=" + aes + " WECOM_APP_SECRET=s", "app also needs WECOM_APP_AGENT_ID"},
		{"WECOM_CORP_ID=ww1 WECOM_APP_SECRET=s WECOM_APP_AGENT_ID=1 WECOM_CALLBACK_TOKEN=t WECOM_ENCODING_AES_KEY=" + aes, ""},
		{"WECOM_CORP_ID=ww1 WECOM_APP_SECRET=s WECOM_APP_AGENT_ID=x WECOM_CALLBACK_TOKEN=t WECOM_ENCODING_AES_KEY=" + aes, "is no number"},
		{"WECOM_BOT_TOKEN=t WECOM_BOT_ENCODING_AES_KEY=short", "43 letters"},
		{"WECOM_BOT_TOKEN=t", "needs WECOM_BOT_ENCODING_AES_KEY"},
		{"WECOM_BOT_ENCODING_AES_KEY=" + aes, "needs WECOM_BOT_TOKEN"},
		{"WECOM_BOT_TOKEN=t WECOM_BOT_ENCODING_AES_KEY=" + aes, ""},
		{"WECOM_BOT_ID=b", "needs WECOM_BOT_SECRET"},
		{"WECOM_BOT_SECRET=s", "needs WECOM_BOT_ID"},
		{"WECOM_BOT_ID=b WECOM_BOT_SECRET=s", ""},
	} {
		t.Run(tt.set, func(t *testing.T) {
			var args []string
			for part := range strings.FieldsSeq(tt.set) {
				name, value, _ := strings.Cut(part, "=")
				args = append(args, "--"+strings.ReplaceAll(strings.ToLower(name), "_", "-")+"="+value)
			}
			c := readWith(t, nil, "", args...)
			got := faultsOf(c)
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("faults:\n%s\nwant %q", got, tt.want)
			}
			if tt.want == "LLM_MODEL" && strings.Contains(got, "LLM_BASE_URL") {
				t.Errorf("a key that is set is called missing:\n%s", got)
			}
		})
	}
}

// TestAllFaultsAtOnce: whoever sets up a bot is told everything in one go, with
// the place and the value, but for secrets.
func TestAllFaultsAtOnce(t *testing.T) {
	c := readWith(t, map[string]string{"DECLINE61_LOG_LEVEL": "loud", "DECLINE61_SLACK_BOT_TOKEN": canary + " "},
		"hours: never\nretain: 1d\nlisten: nowhere\n", "--timezone=Moon")
	got := faultsOf(c)
	for _, want := range []string{
		`DECLINE61_LOG_LEVEL "loud"`, `--timezone "Moon"`, `c.yaml:1: hours "never"`, `c.yaml:2: retain "1d"`, `c.yaml:3: listen "nowhere"`,
		`DECLINE61_SLACK_BOT_TOKEN: holds white space`, `DECLINE61_SLACK_BOT_TOKEN: is half a configuration`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if strings.Contains(got, canary) {
		t.Errorf("a secret is shown:\n%s", got)
	}
}

func TestChannels(t *testing.T) {
	c := readWith(t, nil, "", "--slack-bot-token=xoxb-1", "--slack-app-token=xapp-1", "--wecom-webhook-url=https://example.com/?key=1",
		"--llm-mode=phrase", "--llm-base-url=https://example.com/v1", "--llm-model=m")
	want := []string{"Slack over Socket Mode", "WeCom group robot", "language model (phrase)"}
	if d := cmp.Diff(want, c.channels()); d != "" {
		t.Error(d)
	}
}

// TestUnbuilt: only what this version does not have is called so.
func TestUnbuilt(t *testing.T) {
	c := readWith(t, nil, "", "--slack-bot-token=xoxb-1", "--slack-app-token=xapp-1", "--llm-mode=phrase", "--llm-base-url=https://example.com/v1", "--llm-model=m")
	if d := cmp.Diff([]string{"language model (phrase)"}, c.unbuilt()); d != "" {
		t.Error(d)
	}
}

// TestSlackModes: what serve needs of the channels is read.
func TestSlackModes(t *testing.T) {
	c := readWith(t, nil, "slack_bot_token: xoxb-1\nslack_app_token: xapp-1\nslack_channels: C1=all, C2=internal+draft\nslack_agents: U1, U2\n")
	if len(c.faults) > 0 {
		t.Fatal(faultsOf(c))
	}
	if got := c.modes.Of("C2"); got != (slack.Mode{Speak: slack.Draft, Internal: true}) || c.modes.Of("C1").Speak != slack.All {
		t.Errorf("C2 is at %+v, C1 at %+v", got, c.modes.Of("C1"))
	}
	if d := cmp.Diff([]string{"U1", "U2"}, c.agents); d != "" {
		t.Error(d)
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	closed, open := write("closed", canary+"\n", 0o600), write("open", canary+"\r\n", 0o644)
	for _, tt := range []struct {
		name, path, want, fault string
		warnings                int
	}{
		{"closed", closed, canary, "", 0},
		{"open to all", open, canary, "", 1},
		{"only one line break is cut off", write("two", "a\n\n", 0o600), "a\n", "white space", 0},
		{"empty", write("empty", "\n", 0o600), "", "is empty", 0},
		{"missing", filepath.Join(dir, "missing"), "", "cannot be opened", 0},
		{"a folder", dir, "", "cannot be read", 0},
		{"too large", write("large", strings.Repeat("x", maxSecret+1), 0o600), "", "too large", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, c := range []config{
				readWith(t, nil, "", "--slack-signing-secret-file="+tt.path, "--slack-bot-token=x"),
				readWith(t, map[string]string{"DECLINE61_SLACK_SIGNING_SECRET_FILE": tt.path, "DECLINE61_SLACK_BOT_TOKEN": "x"}, ""),
				readWith(t, nil, "slack_signing_secret_file: "+tt.path+"\nslack_bot_token: x\n"),
			} {
				if got := c.SlackSigningSecret.value(); got != tt.want {
					t.Errorf("read %q, want %q", got, tt.want)
				}
				if got := faultsOf(c); tt.fault == "" && got != "" || !strings.Contains(got, tt.fault) {
					t.Errorf("faults: %s, want %q", got, tt.fault)
				}
				if len(c.warnings) != tt.warnings {
					t.Errorf("warnings: %v", c.warnings)
				}
			}
		})
	}
	c := readWith(t, nil, "llm_api_key: a\nllm_api_key_file: "+closed+"\n")
	if got := faultsOf(c); !strings.Contains(got, "keep one of the two") {
		t.Errorf("set twice: %s", got)
	}
	// A stronger layer wins, in whichever of the two forms.
	c = readWith(t, map[string]string{"DECLINE61_LLM_API_KEY": "of-environment"}, "llm_api_key_file: "+closed+"\n")
	if got := c.LLMAPIKey.value(); got != "of-environment" || len(c.faults) > 0 {
		t.Errorf("read %q; %s", got, faultsOf(c))
	}
}

func TestFile(t *testing.T) {
	for _, tt := range []struct{ file, want string }{
		{"# nothing\n", ""},
		{"listen:\nretain: 0\nwecom_app_agent_id:\n", ""},
		{"llm_mode: off\n", ""},
		{"slack_bot_tokn: x\n", `c.yaml:1: there is no key "slack_bot_tokn"`},
		{"\nDECLINE61_LOG-LEVEL: info\n", "c.yaml:2: there is no key \"DECLINE61_LOG-LEVEL\": write log_level"},
		{"listen: [a, b]\n", "one value"},
		{"- listen\n", "lines like listen"},
		{"listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", "listen"},
		{"listen: {\n", "is no YAML"},
	} {
		c := readWith(t, nil, tt.file)
		if got := faultsOf(c); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%q: faults:\n%s\nwant %q", tt.file, got, tt.want)
		}
	}
}

// TestSecretIsNeverShown prints a secret in every way that a program may.
func TestSecretIsNeverShown(t *testing.T) {
	c := readWith(t, nil, "", "--slack-bot-token="+canary, "--slack-app-token=xapp-1", "--database-url=postgres://u:"+canary+"@db/x")
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+"\n", c.SlackBotToken)
		fmt.Fprintf(&out, verb+"\n", &c.SlackBotToken)
		fmt.Fprintf(&out, verb+"\n", struct{ S secret }{c.SlackBotToken})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("secret", "secret", c.SlackBotToken, "in", struct{ S secret }{c.SlackBotToken})
	slog.New(slog.NewTextHandler(&out, nil)).Info("secret", "secret", c.SlackBotToken, "in", struct{ S secret }{c.SlackBotToken})
	for _, encode := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		b, err := encode(map[string]any{"token": c.SlackBotToken})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	if err := writeJSON(&out, c.show()); err != nil {
		t.Fatal(err)
	}
	if err := c.show().write(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Errorf("shown:\n%s", &out)
	}
	if !strings.Contains(out.String(), secretSet) {
		t.Error("it is not even said that it is set")
	}
}

// TestSampleIsComplete: the sample names every key, changes nothing as it is,
// and is valid with its examples turned on.
func TestSampleIsComplete(t *testing.T) {
	if c := readWith(t, nil, sample()); len(c.given) > 0 || len(c.faults) > 0 {
		t.Errorf("the sample sets %v; %s", c.given, faultsOf(c))
	}
	lines := regexp.MustCompile(`(?m)^#([a-z0-9_]+:)`).ReplaceAllString(sample(), "$1")
	lines = regexp.MustCompile(`(?m)^(kb|[a-z0-9_]+_file):.*\n`).ReplaceAllString(lines, "")
	lines = regexp.MustCompile(`(?m)^([a-z0-9_]*(token|secret|api_key)): *(xoxb-\.\.\.|xapp-\.\.\.)?$`).ReplaceAllString(lines, "$1: filled-in")
	lines = regexp.MustCompile(`(?m)^([a-z0-9_]*aes_key):.*$`).ReplaceAllString(lines, "$1: "+strings.Repeat("a", 43))
	lines = strings.ReplaceAll(lines, "wecom_webhook_url: ", "wecom_webhook_url: https://example.com/?key=1")
	lines = strings.ReplaceAll(lines, "wecom_bot_id: ", "wecom_bot_id: filled-in")
	c := readWith(t, nil, lines)
	if len(c.faults) > 0 {
		t.Errorf("the sample's examples are not valid:\n%s", faultsOf(c))
	}
	for _, k := range keys {
		if _, ok := c.given[k.Env]; !ok && k.Env != "KB" {
			t.Errorf("%s is not in the sample", k.Env)
		}
	}
}

// TestSchema: the schema has every key that the file may have, and no other.
func TestSchema(t *testing.T) {
	b, err := json.Marshal(schema())
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		AdditionalProperties *bool
		Properties           map[string]struct {
			Type []string
			Enum []string
		}
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, k := range keys {
		n++
		if p, ok := s.Properties[k.yaml()]; !ok || len(p.Type) == 0 || len(p.Enum) != len(k.OneOf) {
			t.Errorf("the schema has %+v for %s", p, k.yaml())
		}
		if k.Secret {
			n++
			if _, ok := s.Properties[k.yaml()+"_file"]; !ok {
				t.Errorf("the schema lacks %s_file", k.yaml())
			}
		}
	}
	if len(s.Properties) != n || s.AdditionalProperties == nil || *s.AdditionalProperties {
		t.Errorf("the schema has %d keys of %d, or takes others", len(s.Properties), n)
	}
}

// TestStrangers: a mistyped variable is told of, a test's own is not.
func TestStrangers(t *testing.T) {
	got := strangers([]string{"DECLINE61_LISTN=:80", "DECLINE61_LISTEN=:80", "DECLINE61_LLM_API_KEY_FILE=x", "DECLINE61_TEST_X=1", "HOME=/"})
	if len(got) != 1 || !strings.HasPrefix(got[0], "DECLINE61_LISTN ") {
		t.Errorf("%q", got)
	}
}
