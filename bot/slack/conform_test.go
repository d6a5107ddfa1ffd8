package slack

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
	"decline61/bot/slack/slacktest"
)

// TestContract holds the channel to what every channel promises, by both ways
// in.
func TestContract(t *testing.T) {
	for name, socket := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, channeltest.Setup{
				Open:     func(t testing.TB) (bot.Channel, channeltest.Platform) { return openContract(t, socket) },
				Threads:  slacktest.Threads,
				Unsigned: socket, // we open the connection ourselves
				NoAgents: true,
			})
		})
	}
}

func openContract(t testing.TB, socket bool) (bot.Channel, channeltest.Platform) {
	fake := slacktest.New(t, slacktest.Config{Rate: -1, OpensAMinute: -1, Scopes: Scopes(false), Patience: 500 * time.Millisecond})
	platform := slacktest.NewPlatform(fake)
	platform.Codes = map[channeltest.Fault]string{
		channeltest.Refused: "msg_blocked_by_dlp", channeltest.Expired: "token_expired", channeltest.Closed: "not_in_channel",
	}
	c := Config{BotToken: fake.BotToken(), APIURL: fake.APIURL(), Journal: &journal{}, Bot: realBot(t)}
	if socket {
		c.AppToken = fake.AppToken()
	} else {
		c.SigningSecret = fake.SigningSecret()
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.pace = unpaced(t)
	if s.sockets != nil {
		s.sockets.timing = hasty
		return s, platform
	}
	server := httptest.NewServer(http.Handler(s))
	t.Cleanup(server.Close)
	fake.SetRequestURL(server.URL)
	return s, platform
}

// unpaced is a pace that never waits: time flies for it.
func unpaced(testing.TB) *pace {
	began := time.Now()
	return newPace(func() time.Time { return began.Add(1000 * time.Since(began)) })
}
