package aibot

import (
	"context"
	"strings"
	"testing"
	"time"

	"decline61/bot/wecom/wecomtest"
)

// TestBothWays: with both set up, what is pushed goes by the one that works, and
// a long connection that does not come about does not stop the callback.
func TestBothWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false, wecomtest.Config{}, func(c *Channel) {
		c.config.BotID, c.config.Secret, c.config.URL = "aib", "wrong", "ws://127.0.0.1:1/"
		c.socket = newSocket(c)
		c.config.Window, c.timing.life = 200*time.Millisecond, 50*time.Millisecond
	})
	w.delivered(w.fake.Ask("zhang", "zhang", "商户刷卡显示61，换卡也不行"))
	w.until("the answer is pushed", func() bool { return len(w.pushes("zhang")) == 1 })
	w.quiet()
	w.fine()
}

// TestNew: half a configuration names what is missing.
func TestNew(t *testing.T) {
	full := Config{BotID: "b", Secret: "s", Token: "t", EncodingAESKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", Journal: silentJournal{}, Bot: realBot()}
	for _, c := range []struct {
		set  func(*Config)
		want string
	}{
		{func(*Config) {}, ""},
		{func(c *Config) { c.BotID, c.Secret = "", "" }, ""},
		{func(c *Config) { c.Token, c.EncodingAESKey = "", "" }, ""},
		{func(c *Config) { c.Secret = "" }, "长连接"},
		{func(c *Config) { c.BotID = "" }, "长连接"},
		{func(c *Config) { c.Token = "" }, "Token"},
		{func(c *Config) { c.EncodingAESKey = "short" }, "43"},
		{func(c *Config) { c.URL = "ws://wecom.example" }, "clear"},
		{func(c *Config) { c.Journal = nil }, "Journal"},
		{func(c *Config) { *c = Config{Journal: c.Journal, Bot: c.Bot} }, "API 模式"},
	} {
		config := full
		c.set(&config)
		_, err := New(config)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q: %v", c.want, err)
		}
	}
}

// TestWellBeforeRun: nothing is well before Run.
func TestWellBeforeRun(t *testing.T) {
	if testChannel(t).Well(context.Background()) == nil {
		t.Error("it is well before it runs")
	}
}
