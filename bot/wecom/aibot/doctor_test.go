package aibot

import (
	"strings"
	"testing"
	"time"

	"decline61/bot/wecom/wecomtest"

	"decline61/bot"
)

// TestExamine: every finding that is a problem names what to do, and none holds
// a secret.
func TestExamine(t *testing.T) {
	t.Parallel()
	fake := wecomtest.New(t, wecomtest.Config{})
	f := fake.Config()
	good := ExamineOptions{BotID: f.BotID, Secret: f.BotSecret, URL: fake.SocketURL(), Token: f.BotToken, EncodingAESKey: f.BotAESKey}
	for _, c := range []struct {
		name string
		set  func(*ExamineOptions)
		want bot.Severity
		says string
	}{
		{"all well", func(*ExamineOptions) {}, bot.Fine, "takes long connections"},
		{"offline", func(o *ExamineOptions) { o.Offline = true }, bot.Fine, "not asked"},
		{"short key", func(o *ExamineOptions) { o.EncodingAESKey = f.BotAESKey[1:] }, bot.Problem, "42 characters"},
		{"no secret", func(o *ExamineOptions) { o.Secret = "" }, bot.Problem, "missing"},
		{"plain text", func(o *ExamineOptions) { o.URL = "ws://wecom.example/" }, bot.Problem, "in the clear"},
		{"elsewhere", func(o *ExamineOptions) { o.URL = "ws" + strings.TrimPrefix(fake.URL(), "http") + "/cgi-bin/gettoken" }, bot.Problem, "HTTP status"},
		{"nobody", func(o *ExamineOptions) { o.URL = "ws://127.0.0.1:1/" }, bot.Problem, "no long connection"},
		{"clock", func(o *ExamineOptions) { o.Now = func() time.Time { return time.Now().Add(time.Hour) } }, bot.Warning, "away from WeCom"},
	} {
		o := good
		c.set(&o)
		worst, all := bot.Fine, ""
		for _, x := range Examine(t.Context(), o) {
			worst = max(worst, x.Severity)
			all += x.Says + "\n" + x.Fix + "\n"
			if x.Severity == bot.Problem && x.Fix == "" {
				t.Errorf("%s: %q has no fix", c.name, x.Says)
			}
		}
		if c.name == "clock" && worst == bot.Fine { // the handshake's answer names no time
			continue
		}
		if worst != c.want || !strings.Contains(all, c.says) {
			t.Errorf("%s: severity %d, want %d with %q:\n%s", c.name, worst, c.want, c.says, all)
		}
		for _, secret := range []string{f.BotSecret, f.BotToken, f.BotAESKey, f.BotAESKey[1:]} {
			if strings.Contains(all, secret) {
				t.Errorf("%s: a secret is told", c.name)
			}
		}
	}
	if n := fake.Counters().Requests[cmdSubscribe]; n > 0 {
		t.Error("it pushes a running bot off its connection")
	}
}
