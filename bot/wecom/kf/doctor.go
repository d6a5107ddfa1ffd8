package kf

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
)

// ExamineOptions are the settings to look at.
type ExamineOptions struct {
	CorpID         string
	Secret         string
	Token          string
	EncodingAESKey string
	APIURL         string // without path; "" is WeCom's
	Offline        bool   // ask WeCom nothing
	Now            func() time.Time
}

// How wrong the clock may be. WeCom's own callbacks are not refused for their
// time, but a callback's token, a welcome's 20 s and the hours are measured.
const (
	examineTimeout = 10 * time.Second
	clockWarning   = 10 * time.Second
	clockProblem   = 2 * time.Minute
)

// examiner is one run of Examine.
type examiner struct {
	ExamineOptions
	client *wecom.Client
	dates  *dates
	found  []bot.Finding
}

// Examine asks WeCom whether the settings work, and says what to do where they
// do not. It changes nothing, and may run beside a running bot.
func Examine(ctx context.Context, o ExamineOptions) []bot.Finding {
	if o.Now == nil {
		o.Now = time.Now
	}
	x := &examiner{ExamineOptions: o, dates: &dates{now: o.Now}}
	x.keys()
	if o.Offline {
		x.add("kf", bot.Fine, "", "WeCom was not asked")
		return x.found
	}
	if x.secret(ctx) {
		x.accounts(ctx)
	}
	x.clock()
	return x.found
}

// add notes a finding.
func (x *examiner) add(check string, s bot.Severity, fix, format string, args ...any) {
	says := fmt.Sprintf(format, args...)
	for _, secret := range []string{x.Secret, x.Token, x.EncodingAESKey} {
		if secret != "" {
			says = strings.ReplaceAll(says, secret, "(secret)")
		}
	}
	x.found = append(x.found, bot.Finding{Check: check, Severity: s, Says: says, Fix: fix})
}

// keys looks at the form of what WeCom says nowhere: a wrong key is only seen
// when no callback can be read.
func (x *examiner) keys() {
	const check = "kf callback"
	_, err := wecom.NewCrypt(wecom.Keys{Token: x.Token, EncodingAESKey: x.EncodingAESKey, Receiver: x.CorpID})
	switch {
	case err != nil:
		x.add(check, bot.Problem, "接收消息 → 设置API接收:重新复制 Token 和 EncodingAESKey(43 位) (copy both again)", "%v", err)
	case x.Token != strings.TrimSpace(x.Token):
		x.add(check, bot.Problem, "删掉 Token 前后的空白 (remove the blanks around the Token)", "the Token of the callback has blanks around it")
	default:
		x.add(check, bot.Fine, "", "Token and EncodingAESKey have the right form; whether they are right shows when WeCom verifies the address")
	}
	if !strings.HasPrefix(x.CorpID, "ww") && !strings.HasPrefix(x.CorpID, "wx") {
		x.add("kf corp id", bot.Warning, "我的企业 → 企业信息 → 企业ID (copy it from there)", "the corp id does not begin with ww or wx")
	}
}

// secret asks for an access token.
func (x *examiner) secret(ctx context.Context) bool {
	const check = "kf secret"
	var err error
	x.client, err = wecom.NewClient(wecom.Config{
		BaseURL: x.APIURL, CorpID: x.CorpID, Secret: x.Secret, Timeout: examineTimeout,
		HTTP: &http.Client{Transport: x.dates},
	})
	if err == nil {
		err = x.client.Renew(ctx)
	}
	if err != nil {
		x.failed(check, err)
		return false
	}
	x.add(check, bot.Fine, "", "WeCom gives an access token")
	return true
}

// accounts looks at each account: what the API may do with it, and who serves.
func (x *examiner) accounts(ctx context.Context) {
	const check = "kf accounts"
	all, err := accounts(ctx, x.client)
	if err != nil {
		x.failed(check, err)
		return
	}
	managed := 0
	for _, a := range all {
		if !a.Managed {
			x.add(check, bot.Warning, "微信客服 → 通过API管理微信客服账号 → 选中该账号 (put the account there, if the bot is to answer on it)",
				"%s (%s) is not managed by the API: nothing can be read or sent there", a.Name, a.ID)
			continue
		}
		managed++
		x.servicers(ctx, a)
	}
	if managed == 0 {
		x.add(check, bot.Problem, "微信客服 → 客服账号:新建一个,再到 通过API管理微信客服账号 选中它 (make an account and put it there)",
			"of %d accounts none is managed by the API", len(all))
	}
}

func (x *examiner) servicers(ctx context.Context, a Account) {
	const check = "kf servicers"
	name := a.Name + " (" + a.ID + ")"
	all, err := servicers(ctx, x.client, a.ID)
	if err != nil {
		x.failed(check, fmt.Errorf("%s: %w", name, err))
		return
	}
	online := 0
	for _, s := range all {
		if s.Online {
			online++
		}
	}
	switch {
	case len(all) == 0:
		x.add(check, bot.Warning, "微信客服 → 客服账号 → 接待人员:添加,并让他们在应用可见范围内 (add servicers, within the app's visible range); or leave it so: 转人工 makes tickets then",
			"%s has no servicers that the app can see", name)
	case online == 0:
		x.add(check, bot.Fine, "", "%s has %d servicers, none of them takes customers now: 转人工 makes tickets", name, len(all))
	default:
		// The API tells nobody how an account is set; this is the first cause of 95018 in the field.
		x.add(check, bot.Warning, "若每次发送都报 95018:微信客服 → 客服账号 → 接待方式 改为由 API/智能助手接待 (if every answer fails with 95018, set the account to be served by the API first); otherwise all is well",
			"%s has %d servicers, of whom %d take customers now: an account that is set to 人工接待 gives them every new session, and the bot may not say a word", name, len(all), online)
	}
}

// failed says why WeCom refused, and what to do.
func (x *examiner) failed(check string, err error) {
	var e *wecom.Error
	fix := "看这台机器能否访问 qyapi.weixin.qq.com:443 (see that this machine reaches WeCom's API: network, firewall, WECOM_API_URL)"
	if errors.As(err, &e) {
		switch {
		case e.Hint != "":
			fix = e.Hint
		case e.Class == bot.Backoff && e.After > 0:
			fix = "稍后再试 (try again later)"
		}
	}
	x.add(check, bot.Problem, fix, "%v", err)
}

// clock compares our clock with WeCom's.
func (x *examiner) clock() {
	const check = "kf clock"
	ahead, told := x.dates.ahead()
	if !told {
		return // WeCom was not reached, which has been said
	}
	off, way := ahead, "ahead of"
	if off < 0 {
		off, way = -off, "behind"
	}
	const fix = "校准时间,例如用 NTP (set the clock)"
	switch off = off.Round(time.Second); {
	case off > clockProblem:
		x.add(check, bot.Problem, fix, "this machine is %v %s WeCom: welcomes come too late or not at all, and history is taken for news", off, way)
	case off > clockWarning:
		x.add(check, bot.Warning, fix, "this machine is %v %s WeCom", off, way)
	default:
		x.add(check, bot.Fine, "", "is within %v of WeCom's", max(off, time.Second))
	}
}

// dates reads the time out of WeCom's answers.
type dates struct {
	now func() time.Time

	mu     sync.Mutex
	off    time.Duration
	anyone bool
}

// RoundTrip makes a request.
func (d *dates) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if theirs, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.off, d.anyone = d.now().Sub(theirs), true
	}
	return resp, nil
}

func (d *dates) ahead() (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off, d.anyone
}
