package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"decline61/bot/slack"
	"decline61/bot/slack/slacktest"
)

// slackWorld is a fake Slack with a merchant, and how to start the real program
// against it.
type slackWorld struct {
	*testing.T
	fake   *slacktest.Slack
	socket bool
	data   string
	p      *process
}

const (
	slackMerchant = "U0LILY"
	slackShop     = "C0SHOP"
)

func newSlackWorld(t *testing.T, socket bool) *slackWorld {
	w := &slackWorld{T: t, socket: socket, data: t.TempDir(), fake: slacktest.New(t, slacktest.Config{
		Scopes: slack.Scopes(false), Rate: -1, OpensAMinute: -1,
		Retries: []time.Duration{0, time.Second, time.Second, time.Second, 2 * time.Second, 5 * time.Second, 5 * time.Second},
	})}
	w.fake.AddUser(slacktest.User{ID: slackMerchant, Name: "lily"})
	w.fake.AddChannel(slacktest.Channel{ID: slackShop, Members: []string{slackMerchant, w.fake.Bot()}})
	return w
}

// start starts the program, again if it was there before.
func (w *slackWorld) start(args ...string) {
	w.Helper()
	secret := "SLACK_SIGNING_SECRET=" + w.fake.SigningSecret()
	if w.socket {
		secret = "SLACK_APP_TOKEN=" + w.fake.AppToken()
	}
	w.p = launch(w.T, w.data, fmt.Sprintf("export DECLINE61_SLACK_API_URL=%s DECLINE61_SLACK_BOT_TOKEN=%s DECLINE61_%s;", w.fake.APIURL(), w.fake.BotToken(), secret), args...)
	if !w.socket {
		w.fake.SetRequestURL(w.p.url)
	}
	w.p.until(http.StatusOK)
	w.until("Slack is there", func() bool { return strings.Contains(w.p.get("/readyz"), `"slack": "ok"`) })
}

func (w *slackWorld) until(what string, happened func() bool) {
	w.Helper()
	for began := time.Now(); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 45*time.Second {
			w.Fatalf("waited in vain: %s; the program says:\n%s", what, w.p.out)
		}
	}
}

// answers are what the bot has said in a thread.
func (w *slackWorld) answers(thread string) (all []slacktest.Message) {
	for _, m := range w.fake.Thread(slackShop, thread) {
		if m.User == w.fake.Bot() {
			all = append(all, m)
		}
	}
	return all
}

// TestServeSlack: the real program, killed in the middle of a merchant's dialog
// and started again, by both ways in: one answer to each message. It is killed
// once more while it is busy, or as often as DECLINE61_TEST_KILLS says.
func TestServeSlack(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("DECLINE61_TEST_KILLS"))
	for name, socket := range map[string]bool{"socket": true, "http": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSlackWorld(t, socket)
			w.start()
			if !strings.Contains(w.p.out.String(), "Slack over") {
				t.Errorf("the greeting does not name Slack:\n%s", w.p.out)
			}
			mention := "<@" + w.fake.Bot() + "> "
			d := w.fake.Say(slackMerchant, slackShop, mention+"刷卡显示61", "")
			w.until("the first answer", func() bool { return len(w.answers(d.TS)) == 1 })
			w.p.kill()
			w.start()
			w.fake.Click(slackMerchant, slackShop, w.answers(d.TS)[0].TS, "option:1", "")
			w.until("the dialog goes on", func() bool { return len(w.answers(d.TS)) == 2 })
			if second := w.answers(d.TS)[1].Plain(); strings.Contains(second, "金额和账单一致") {
				t.Errorf("after the restart it asks again: %s", second)
			}

			var threads []string
			for range cmp.Or(rounds, 1) { // killed while it takes in, decides and sends
				for range 6 {
					threads = append(threads, w.fake.Say(slackMerchant, slackShop, mention+"刷卡显示61,换了卡也不行", "").TS)
				}
				time.Sleep(rand.N(2500 * time.Millisecond))
				w.p.kill()
				w.start()
			}
			for _, thread := range threads {
				w.until("an answer in each thread", func() bool { return len(w.answers(thread)) >= 1 })
			}
			time.Sleep(2 * time.Second) // for answers too many
			for _, thread := range append(threads, d.TS) {
				if n, want := len(w.answers(thread)), 1; n != want && !(thread == d.TS && n == 2) {
					t.Errorf("thread %s has %d answers", thread, n)
				}
			}
			if code := w.p.end(syscall.SIGTERM); code != 0 {
				t.Errorf("exit code %d on SIGTERM", code)
			}
			said := w.p.out.String()
			for _, secret := range []string{w.fake.BotToken(), w.fake.AppToken(), w.fake.SigningSecret(), "换了卡"} {
				if strings.Contains(said, secret) {
					t.Errorf("the log holds %q", secret)
				}
			}
		})
	}
}

// TestServeSlackRefused: a wrong token shows where an operator looks, the web
// page works all the same, and doctor names the fix.
func TestServeSlackRefused(t *testing.T) {
	fake := slacktest.New(t, slacktest.Config{})
	export := fmt.Sprintf("export DECLINE61_SLACK_API_URL=%s DECLINE61_SLACK_BOT_TOKEN=xoxb-wrong DECLINE61_SLACK_SIGNING_SECRET=%s;", fake.APIURL(), fake.SigningSecret())
	p := launch(t, t.TempDir(), export)
	p.until(http.StatusOK)
	for began := time.Now(); !strings.Contains(p.get("/readyz"), "invalid_auth"); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("/readyz says %s", p.get("/readyz"))
		}
	}
	if r := decode(t, p.post("c", "1", "刷卡显示61")); r.Code != "61" {
		t.Errorf("the API answers %+v", r)
	}
	if said := p.out.String(); !strings.Contains(said, "copy it again: api.slack.com") || strings.Contains(said, "xoxb-wrong") {
		t.Errorf("the log says:\n%s", said)
	}
}
