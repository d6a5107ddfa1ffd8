package aibot

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
	"decline61/bot/wecom/wecomtest"
)

// silentJournal knows nothing.
type silentJournal struct{}

func (silentJournal) Reply(context.Context, string, string) (r bot.Reply, answered, known bool, err error) {
	return
}
func (silentJournal) AddFeedback(context.Context, bot.Feedback) error { return nil }

var threads = [2]string{"lily", "ming"}

// TestContract holds the channel to what every channel promises, by both ways.
func TestContract(t *testing.T) {
	t.Parallel()
	for name, long := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, channeltest.Setup{
				Open: func(t testing.TB) (bot.Channel, channeltest.Platform) {
					return openContract(t, long)
				},
				Threads: threads, Unsigned: long, Keyed: true, NoAgents: true,
			})
		})
	}
}

// twice is a platform that refuses for good what it refuses: in the stream, and
// as a message of its own.
type twice struct{ channeltest.Platform }

func (p twice) Fail(f channeltest.Fault) bool {
	if f == channeltest.Refused {
		p.Platform.Fail(f)
	}
	return p.Platform.Fail(f)
}

func openContract(t testing.TB, long bool) (bot.Channel, channeltest.Platform) {
	fake := wecomtest.New(t, wecomtest.Config{Poll: 5 * time.Millisecond, SubscribeMinute: 1000})
	p := fake.BotPlatform(threads[:]...)
	p.Greet = threads[:1]
	f := fake.Config()
	c := Config{Journal: silentJournal{}, Bot: realBot(), Window: time.Nanosecond} // each message has a stream, by which it is seen to be kept
	if long {
		c.BotID, c.Secret, c.URL = f.BotID, f.BotSecret, fake.SocketURL()
	} else {
		c.Token, c.EncodingAESKey = f.BotToken, f.BotAESKey
	}
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	a.timing, a.pace, a.openings = hasty, unpaced(), unpaced()
	a.timing.ack, a.timing.keep = 400*time.Millisecond, 300*time.Millisecond
	if !long {
		server := httptest.NewServer(a)
		t.Cleanup(server.Close)
		fake.CallBack("", "", server.URL)
	}
	return a, twice{p}
}
