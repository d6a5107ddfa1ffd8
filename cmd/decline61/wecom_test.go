package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"decline61/bot/wecom/wecomtest"
)

// wecomWorld is a fake WeCom, and how to start the real program against it.
type wecomWorld struct {
	*testing.T
	*wecomtest.WeCom
	data string
	p    *process
}

const wecomCustomer = "wmLILY"

func newWecomWorld(t *testing.T) *wecomWorld {
	w := &wecomWorld{T: t, data: t.TempDir(), WeCom: wecomtest.New(t, wecomtest.Config{
		Retries: []time.Duration{200 * time.Millisecond, 200 * time.Millisecond},
	})}
	w.SetServicer(wecomtest.DefaultAccount, wecomtest.ServicerStatus{ID: "mei"})
	return w
}

// launch starts the program, again if it was there before; more are further
// variables of its environment.
func (w *wecomWorld) launch(more ...string) {
	w.Helper()
	c := w.Config()
	settings := append([]string{
		"DECLINE61_WECOM_API_URL=" + w.URL(), "DECLINE61_WECOM_CORP_ID=" + c.CorpID, "DECLINE61_WECOM_KF_SECRET=" + c.KfSecret,
		"DECLINE61_WECOM_CALLBACK_TOKEN=" + c.Token, "DECLINE61_WECOM_ENCODING_AES_KEY=" + c.AESKey,
		"DECLINE61_WECOM_BOT_ID=" + c.BotID, "DECLINE61_WECOM_BOT_SECRET=" + c.BotSecret, "DECLINE61_WECOM_BOT_URL=" + w.SocketURL(),
		"DECLINE61_WECOM_WEBHOOK_URL=" + w.WebhookURL(),
	}, more...)
	w.p = launch(w.T, w.data, "export '"+strings.Join(settings, "' '")+"';")
	w.CallBack(w.p.url+"/wecom/kf", "", "")
}

// start is launch, until everything runs.
func (w *wecomWorld) start() {
	w.Helper()
	w.launch()
	w.p.until(http.StatusOK)
	w.until("both ways are there", func() bool {
		says := w.p.get("/readyz")
		return strings.Contains(says, `"kf": "ok"`) && strings.Contains(says, `"aibot": "ok"`)
	})
}

func (w *wecomWorld) until(what string, happened func() bool) {
	w.Helper()
	for began := time.Now(); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 45*time.Second {
			w.Fatalf("waited in vain: %s; the program says:\n%s", what, w.p.out)
		}
	}
}

// of names the conversation of the customer in the transcript.
var kfOf = "kf/" + wecomtest.DefaultAccount + "/" + wecomCustomer

// TestServeWeCom: the real program as a merchant in WeChat and a colleague in
// WeCom meet it, killed in the middle and started again.
func TestServeWeCom(t *testing.T) {
	t.Parallel()
	w := newWecomWorld(t)
	w.start()
	if said := w.p.out.String(); !strings.Contains(said, "WeCom customer service") || !strings.Contains(said, "AI bot") {
		t.Errorf("the greeting does not name WeCom:\n%s", said)
	}
	account := wecomtest.DefaultAccount
	w.Open(account, wecomCustomer, "pos61", "T-4711")
	w.until("the welcome", func() bool { return len(w.Sent(kfOf)) == 1 })
	w.Say(account, wecomCustomer, "刷卡显示61")
	w.until("an answer", func() bool { return len(w.Sent(kfOf)) == 2 })
	w.p.kill()
	w.Say(account, wecomCustomer, "换了张建行的卡也不行") // while nobody is there
	w.start()
	w.until("an answer to what was said meanwhile", func() bool { return len(w.Sent(kfOf)) == 3 })
	if said := w.Sent(kfOf)[2].Text; !strings.Contains(said, "收单机构") {
		t.Errorf("after the restart: %s", said)
	}
	w.Say(account, wecomCustomer, "转人工")
	w.until("a person has it", func() bool { return w.Session(account, wecomCustomer).State == wecomtest.Served })
	w.until("the group is told", func() bool { return len(w.Sent("webhook")) == 1 })
	w.Speak(account, wecomCustomer, "mei", "您好")
	w.Say(account, wecomCustomer, "还是61")
	time.Sleep(2 * time.Second)
	before := len(w.Sent(kfOf))
	w.End(account, wecomCustomer)
	w.until("closing words", func() bool { return len(w.Sent(kfOf)) > before })
	w.Say(account, wecomCustomer, "显示51")
	w.until("the bot again", func() bool { return strings.Contains(w.Sent(kfOf)[len(w.Sent(kfOf))-1].Text, "51") })

	for i := range 5 { // and colleagues, each with a stream that ends
		member := wecomtest.DefaultMembers[i%len(wecomtest.DefaultMembers)]
		w.Ask(member, member, fmt.Sprintf("第%d台机器刷卡显示61", i+1))
	}
	w.until("every stream ends", func() bool {
		n := 0
		for _, member := range wecomtest.DefaultMembers {
			for _, s := range w.Sent("bot/" + member) {
				if s.Finished {
					n++
				}
			}
		}
		return n >= 5
	})
	w.until("no stream is left open", func() bool {
		return !slices.ContainsFunc(w.Invariants(), func(s string) bool { return strings.HasPrefix(s, "stream ") })
	})
	if faults := w.Invariants(); len(faults) > 0 {
		t.Errorf("WeCom's rules are broken: %q", faults)
	}
	if code := w.p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d on SIGTERM", code)
	}
	said := w.p.out.String()
	for _, secret := range append(w.Secrets(), "换了张建行") {
		if secret != "" && strings.Contains(said, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// TestDoctorWeCom: doctor asks WeCom about each way that is configured, also of
// a server on this machine when it is told to ask nobody, and names the fix.
func TestDoctorWeCom(t *testing.T) {
	w := newWecomWorld(t)
	c := w.Config()
	flags := []string{
		"--wecom-api-url", w.URL(), "--wecom-corp-id", c.CorpID, "--wecom-kf-secret", c.KfSecret, "--wecom-callback-token", c.Token,
		"--wecom-encoding-aes-key", c.AESKey, "--wecom-bot-id", c.BotID, "--wecom-bot-secret", c.BotSecret, "--wecom-bot-url", w.SocketURL(),
	}
	x, _, code := doctored(t, t.TempDir(), flags...)
	if code != 0 {
		t.Errorf("exit code %d: %+v", code, x.Findings)
	}
	kf := 0
	for _, f := range x.Findings {
		if strings.Contains(f.Check, "kf") || strings.Contains(f.Says, "微信客服") {
			kf++
		}
	}
	if kf == 0 {
		t.Errorf("nothing is said about 微信客服: %+v", x.Findings)
	}
	w.Fail(wecomtest.Fault{On: "gettoken|kf/account/list|kf/servicer/list", Code: 60020, Times: 100})
	x, _, code = doctored(t, t.TempDir(), flags...)
	says := fmt.Sprint(x.Findings)
	if code == 0 || !strings.Contains(says, "IP") {
		t.Errorf("exit code %d: %s", code, says)
	}
	for _, secret := range w.Secrets() {
		if secret != "" && strings.Contains(says, secret) {
			t.Errorf("doctor tells %q", secret)
		}
	}
}

// TestWeComLinks: a link for each terminal, which the bot hears of when it is
// scanned.
func TestWeComLinks(t *testing.T) {
	w := newWecomWorld(t)
	c := w.Config()
	var out, talk strings.Builder
	err := run(t.Context(), []string{"wecom", "links", "--wecom-api-url", w.URL(), "--wecom-corp-id", c.CorpID, "--wecom-kf-secret", c.KfSecret,
		"--account", wecomtest.DefaultAccount, "T-1", "T-2"}, func(string) string { return "" }, strings.NewReader(""), &out, &talk)
	if err != nil {
		t.Fatal(err, talk.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "T-1\thttp") || !strings.HasPrefix(lines[1], "T-2\thttp") {
		t.Errorf("links are %q", lines)
	}
}

// TestServeWeComCallbacks: the app and the AI bot by callbacks, in the real
// program, with a kill between two questions.
func TestServeWeComCallbacks(t *testing.T) {
	t.Parallel()
	w := newWecomWorld(t)
	c := w.Config()
	member := wecomtest.DefaultMembers[0]
	begin := func() {
		w.p = launch(t, w.data, fmt.Sprintf("export DECLINE61_WECOM_API_URL=%s DECLINE61_WECOM_CORP_ID=%s DECLINE61_WECOM_APP_SECRET=%s DECLINE61_WECOM_APP_AGENT_ID=%d DECLINE61_WECOM_CALLBACK_TOKEN=%s DECLINE61_WECOM_ENCODING_AES_KEY=%s DECLINE61_WECOM_BOT_TOKEN=%s DECLINE61_WECOM_BOT_ENCODING_AES_KEY=%s;",
			w.URL(), c.CorpID, c.AppSecret, c.AgentID, c.Token, c.AESKey, c.BotToken, c.BotAESKey))
		w.CallBack("", w.p.url+"/wecom/app", w.p.url+"/wecom/bot")
		w.p.until(http.StatusOK)
		for _, path := range []string{"/wecom/app", "/wecom/bot"} {
			if err := w.VerifyURL(t.Context(), w.p.url+path); err != nil {
				t.Errorf("WeCom does not take the address %s: %v", path, err)
			}
		}
	}
	said := func(conversation, what string) func() bool {
		return func() bool {
			return slices.ContainsFunc(w.Sent(conversation), func(s wecomtest.Said) bool {
				return strings.Contains(s.Text, what) && (s.Type != "stream" || s.Finished)
			})
		}
	}
	begin()
	w.Write(member, "商户刷卡显示61")
	w.Ask(member, member, "商户刷卡显示61")
	w.until("the app's answer", said("app/"+member, "交易金额超限"))
	w.until("the AI bot's answer", said("bot/"+member, "交易金额超限"))
	said51 := func(conversation string) int { // answers that begin with what 51 means
		n := 0
		for _, s := range w.Sent(conversation) {
			if strings.HasPrefix(strings.TrimLeft(s.Text, "*# "), "51") && (s.Type != "stream" || s.Finished) {
				n++
			}
		}
		return n
	}
	w.p.kill()
	begin()
	w.Write(member, "显示51是什么意思")
	w.Ask(member, member, "显示51是什么意思")
	w.until("the app's second answer", func() bool { return said51("app/"+member) == 1 })
	w.until("the AI bot's second answer", func() bool { return said51("bot/"+member) == 1 })
	w.until("no stream is left open", func() bool { return len(w.Invariants()) == 0 })
	if code := w.p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d on SIGTERM", code)
	}
}
