package slack

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/store"
)

// TestJudgeDialog: the whole bot over HTTP in a Slack that we did not write,
// with no more scopes than our manifest asks for. emulate neither marks the
// bot's messages as a bot's nor sends app_mention, and knows nothing of agents.
func TestJudgeDialog(t *testing.T) {
	e := startEmulate(t)
	serveEmulate(t, e)

	root := e.say("merchant", "help", e.mention()+" 刷卡显示61", "")
	first := e.answers("help", root, 1)[0]
	if first.ThreadTS != root || !strings.Contains(first.Text, "交易金额超限") || len(first.Blocks) == 0 {
		t.Errorf("the answer is %+v", first)
	}
	if m := first.Metadata; m == nil || m.EventType != "decline61_answer" || m.EventPayload["key"] == "" {
		t.Errorf("the answer has the metadata %+v", m)
	}

	e.fail429(1) // come back in a second
	e.say("merchant", "help", "换了张建行的卡能刷", root)
	e.answers("help", root, 2)

	e.loseAnswers(1) // posted, and nobody heard of it
	e.say("merchant", "help", "怎么跟顾客说", root)
	e.answers("help", root, 3)

	e.say("agent", "help", "你换张卡试试 61", root) // between people
	e.say("merchant", "help", "刷卡显示51", "")   // asked of nobody
	e.say("merchant", "help", e.mention()+" 转人工", root)
	handed := e.answers("help", root, 4)
	keys := map[any]bool{}
	for _, m := range handed {
		if m.Metadata != nil {
			keys[m.Metadata.EventPayload["key"]] = true
		}
	}
	if len(keys) != 4 {
		t.Errorf("the answers have %d keys, want 4: one was posted twice", len(keys))
	}

	private := e.dm("merchant")
	e.say("merchant", private, "刷卡显示61", "")
	e.until("an answer in the direct channel", func() bool {
		return len(e.ofBot(e.history("merchant", private))) > 0
	})

	time.Sleep(time.Second) // nothing more is said, least of all to itself
	if said := e.ofBot(e.replies("help", root)); len(said) != 4 {
		t.Errorf("the bot says %d things in the thread, want 4", len(said))
	}
	if said := e.ofBot(e.history("merchant", private)); len(said) != 1 {
		t.Errorf("the bot says %d things in the direct channel, want 1", len(said))
	}
	if refused, taken := e.refused(); len(refused) > 0 || taken == 0 {
		t.Errorf("of emulate's events %v were refused, %d taken", refused, taken)
	}
}

// serveEmulate runs the bot over HTTP in e until the test ends.
func serveEmulate(t *testing.T, e *emulated) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: filepath.Join(t.TempDir(), "bot.db")})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{
		BotToken: e.token, SigningSecret: e.secret, APIURL: e.api, Journal: db, Bot: realBot(t), Window: 150 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	loop, err := bot.NewLoop(bot.Settings{Answerer: realBot(t), Store: db, Channels: []bot.Channel{s}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- loop.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		db.Close()
	})
	e.until("the way in is open", func() bool { return s.Well(t.Context()) == nil })
	e.events(s, EventsPath)
}
