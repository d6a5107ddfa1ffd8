package slack

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
	"decline61/bot/store"
)

// TestJudgeEmulate holds the harness to its word, with a bot of a few lines.
func TestJudgeEmulate(t *testing.T) {
	e := startEmulate(t)
	api := goslack.New(e.token, goslack.OptionAPIURL(e.api), goslack.OptionHTTPClient(&http.Client{Timeout: 5 * time.Second}))
	who, err := api.AuthTestContext(t.Context())
	if err != nil || who.UserID != e.bot {
		t.Fatalf("the bot is %+v, %v", who, err)
	}

	events := make(chan event, 100)
	e.events(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		v, err := goslack.NewSecretsVerifier(r.Header, e.secret)
		if err == nil {
			_, err = v.Write(body)
		}
		if err == nil {
			err = v.Ensure()
		}
		if err != nil {
			t.Errorf("a signature of emulate's is refused: %v", err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		events <- eventOf(body)
	}), EventsPath)

	answer := func(e event, text string) (string, error) {
		_, ts, err := api.PostMessageContext(t.Context(), e.Channel, goslack.MsgOptionText(text, false), goslack.MsgOptionTS(e.TS),
			goslack.MsgOptionMetadata(goslack.SlackMetadata{EventType: "judged", EventPayload: map[string]any{"key": "k1"}}))
		return ts, err
	}
	root := e.say("merchant", "help", e.mention()+" 刷卡显示61", "")
	got := next(t, events)
	if got.TS != root || got.User != e.users["merchant"] || !strings.Contains(got.Text, "刷卡显示61") {
		t.Errorf("the event is %+v", got)
	}
	ts, err := answer(got, "换一张卡")
	if err != nil {
		t.Fatal(err)
	}
	said := e.answers("help", root, 1)
	if len(said) != 1 || said[0].TS != ts || said[0].Text != "换一张卡" || said[0].Metadata == nil || said[0].Metadata.EventPayload["key"] != "k1" {
		t.Errorf("the thread has %+v", said)
	}
	if echo := next(t, events); echo.TS != ts || echo.User != e.bot || echo.BotID != "" {
		t.Errorf("the bot hears itself as %+v", echo)
	}

	e.fail429(1)
	_, err = answer(got, "too fast")
	if limited := (*goslack.RateLimitedError)(nil); !errors.As(err, &limited) || limited.RetryAfter != time.Second {
		t.Errorf("a refused post gives %v", err)
	}
	e.loseAnswers(1)
	if _, err = answer(got, "lost"); err == nil {
		t.Error("a lost answer gives no error")
	}
	if said := e.answers("help", root, 2); len(said) != 2 || said[1].Text != "lost" {
		t.Errorf("the thread has %+v, want what was lost and not what was refused", said)
	}
	next(t, events) // of the lost one

	private := e.dm("merchant")
	root = e.say("merchant", private, "61", "")
	for got = next(t, events); got.Type != "message"; got = next(t, events) { // the channel opens first
	}
	if got.Channel != private || !direct(private) {
		t.Errorf("a direct message comes as %+v", got)
	}
	if _, err = answer(got, "in private"); err != nil {
		t.Error(err)
	}
	e.answers(private, root, 1)

	if _, err := api.GetUsersContext(t.Context()); err == nil || !strings.Contains(err.Error(), "missing_scope") {
		t.Errorf("what the manifest does not ask for is not refused: %v", err)
	}
	if refused, taken := e.refused(); len(refused) > 0 || taken < 4 {
		t.Errorf("events were refused: %v; %d were taken", refused, taken)
	}
}

func next(t *testing.T, events <-chan event) event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(judgePatience):
		t.Fatal("no event comes")
		return event{}
	}
}

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

// hurried is the channel with less patience for one call, after which a lost
// answer is looked for.
type hurried struct{ *Channel }

func (h hurried) Manner() bot.Manner {
	m := h.Channel.Manner()
	m.Timeout = 2 * time.Second
	return m
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
	loop, err := bot.NewLoop(bot.Settings{Answerer: realBot(t), Store: db, Channels: []bot.Channel{hurried{s}}})
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
