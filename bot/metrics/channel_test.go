package metrics

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"decline61/bot"
)

type counting struct{ bot.Pull }

func (counting) Counts() map[string]int64 { return map[string]int64{"opens": 3} }

// TestWatch: what channels count for themselves is shown, each under its name,
// and a channel that counts nothing is none the worse.
func TestWatch(t *testing.T) {
	m := New("v", func() string { return "kb" }, &fakeStore{})
	m.Watch(counting{"slack"}, func() error { return nil })
	m.Watch(counting{"kf"}, func() error { return errors.New("down") })
	m.Watch(bot.Pull("web"), func() error { return nil })
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{`decline61_channel_total{channel="slack",what="opens"} 3`, `decline61_channel_total{channel="kf",what="opens"} 3`,
		`decline61_channel_up{channel="slack"} 1`, `decline61_channel_up{channel="kf"} 0`, `decline61_channel_up{channel="web"} 1`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("lacks %s", want)
		}
	}
}
