package kf

import (
	"net/http/httptest"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
	"decline61/bot/wecom/wecomtest"
)

// The one account and two customers of the tests.
const (
	account = wecomtest.DefaultAccount
	lily    = "wmLILY"
	ming    = "wmMING"
)

// TestContract holds the channel to what every channel promises.
func TestContract(t *testing.T) {
	t.Parallel()
	threads := [2]string{account + "/" + lily, account + "/" + ming}
	channeltest.Run(t, channeltest.Setup{
		Open: func(t testing.TB) (bot.Channel, channeltest.Platform) {
			w := wecomtest.New(t, wecomtest.Config{})
			c := openChannel(t, w, nil)
			return c, w.KfPlatform(threads[:]...)
		},
		Threads: threads,
		Keyed:   true,
	})
}

// configOf are the settings for a fake WeCom.
func configOf(w *wecomtest.WeCom) Config {
	c := w.Config()
	hours, _ := bot.ParseHours("24x7", "", "")
	return Config{
		CorpID: c.CorpID, Secret: c.KfSecret, Token: c.Token, EncodingAESKey: c.AESKey, APIURL: w.URL(),
		Hours: hours, HoursText: "24x7", Now: c.Clock.Now, Window: 100 * time.Millisecond, Retry: 10 * time.Millisecond,
	}
}

// openChannel makes a channel that w calls.
func openChannel(t testing.TB, w *wecomtest.WeCom, tweak func(*Config)) *Channel {
	t.Helper()
	config := configOf(w)
	if tweak != nil {
		tweak(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	w.CallBack(server.URL+"/wecom/kf", "", "")
	return c
}
