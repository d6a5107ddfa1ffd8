package kf

import (
	"strings"
	"testing"
	"time"

	"decline61/bot/wecom/wecomtest"

	"decline61/bot"
)

// TestExamine: each cause that is known from the field is named with its fix.
func TestExamine(t *testing.T) {
	for name, tc := range map[string]struct {
		world   func(*wecomtest.WeCom)
		options func(*ExamineOptions)
		check   string
		bad     bot.Severity
		says    string
		fix     string
	}{
		"all is well":    {nil, nil, "kf secret", bot.Fine, "access token", ""},
		"clock is right": {nil, nil, "kf clock", bot.Fine, "within", ""},
		"key length": {nil, func(o *ExamineOptions) { o.EncodingAESKey = "short" },
			"kf callback", bot.Problem, "43", "EncodingAESKey"},
		"no token":     {nil, func(o *ExamineOptions) { o.Token = "" }, "kf callback", bot.Problem, "Token", "接收消息"},
		"wrong secret": {nil, func(o *ExamineOptions) { o.Secret = "wrong" }, "kf secret", bot.Problem, "gettoken", "Secret"},
		"wrong corp":   {nil, func(o *ExamineOptions) { o.CorpID = "wx0" }, "kf secret", bot.Problem, "gettoken", "企业ID"},
		"address not allowed": {func(w *wecomtest.WeCom) { w.Fail(wecomtest.Fault{On: "kf/account/list", Code: 60020}) },
			nil, "kf accounts", bot.Problem, "60020", "127.0.0.1"},
		"app not listed": {func(w *wecomtest.WeCom) { w.Fail(wecomtest.Fault{On: "kf/account/list", Code: 48002}) },
			nil, "kf accounts", bot.Problem, "48002", "可调用接口的应用"},
		"switched off": {func(w *wecomtest.WeCom) { w.Fail(wecomtest.Fault{On: "kf/servicer/list", Code: 95017}) },
			nil, "kf servicers", bot.Problem, "95017", "通过API管理"},
		"not verified": {func(w *wecomtest.WeCom) { w.Fail(wecomtest.Fault{On: "kf/account/list", Code: 95003}) },
			nil, "kf accounts", bot.Problem, "95003", "认证"},
		"not managed": {func(w *wecomtest.WeCom) {
			w.AddAccount(wecomtest.Account{ID: account, Name: "61", Unmanaged: true})
		}, nil, "kf accounts", bot.Problem, "none is managed", "通过API管理"},
		"no servicers": {nil, nil, "kf servicers", bot.Warning, "no servicers", "接待人员"},
		"servicers online (95018)": {func(w *wecomtest.WeCom) { w.SetServicer(account, wecomtest.ServicerStatus{ID: "mei"}) },
			nil, "kf servicers", bot.Warning, "人工接待", "接待方式"},
		"clock is wrong": {nil, func(o *ExamineOptions) { o.Now = func() time.Time { return time.Now().Add(-time.Hour) } },
			"kf clock", bot.Problem, "behind", "NTP"},
		"nobody there": {nil, func(o *ExamineOptions) { o.APIURL = "http://127.0.0.1:1" }, "kf secret", bot.Problem, "", "443"},
		"offline":      {nil, func(o *ExamineOptions) { o.Offline = true }, "kf", bot.Fine, "not asked", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := wecomtest.New(t, wecomtest.Config{})
			c := w.Config()
			o := ExamineOptions{CorpID: c.CorpID, Secret: c.KfSecret, Token: c.Token, EncodingAESKey: c.AESKey, APIURL: w.URL()}
			if tc.world != nil {
				tc.world(w)
			}
			if tc.options != nil {
				tc.options(&o)
			}
			found := Examine(t.Context(), o)
			seen := false
			for _, f := range found {
				for _, secret := range w.Secrets() {
					if strings.Contains(f.Says+f.Fix, secret) {
						t.Errorf("a secret is in %+v", f)
					}
				}
				if f.Severity == bot.Problem && f.Fix == "" {
					t.Errorf("no fix: %+v", f)
				}
				seen = seen || f.Check == tc.check && f.Severity == tc.bad && strings.Contains(f.Says, tc.says) && strings.Contains(f.Fix, tc.fix)
			}
			if !seen {
				t.Errorf("want %s %q %q, found %+v", tc.check, tc.says, tc.fix, found)
			}
		})
	}
}
