package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"decline61/bot"
	"decline61/bot/wecom"
)

// ExamineOptions are the settings to look at.
type ExamineOptions struct {
	CorpID, Secret        string
	AgentID               int
	Token, EncodingAESKey string
	APIURL                string // "" is WeCom's
	Offline               bool   // ask WeCom nothing
}

// Examine asks WeCom whether the settings work, and says what to do where they
// do not. It changes nothing, and may run beside a running bot.
func Examine(ctx context.Context, o ExamineOptions) (found []bot.Finding) {
	add := func(check string, s bot.Severity, fix, format string, args ...any) {
		says := fmt.Sprintf(format, args...)
		for _, secret := range []string{o.Secret, o.Token, o.EncodingAESKey} {
			if secret != "" {
				says, fix = strings.ReplaceAll(says, secret, "(secret)"), strings.ReplaceAll(fix, secret, "(secret)")
			}
		}
		found = append(found, bot.Finding{Check: check, Severity: s, Says: says, Fix: fix})
	}
	if _, err := wecom.NewCrypt(wecom.Keys{Token: o.Token, EncodingAESKey: o.EncodingAESKey, Receiver: o.CorpID}); err != nil {
		add("wecom app callback", bot.Problem, "应用 → 接收消息 → 设置API接收: copy Token and EncodingAESKey again", "%v", err)
	} else {
		add("wecom app callback", bot.Fine, "", "Token and EncodingAESKey have the right form; whether they are this app's shows when the URL is saved in WeCom")
	}
	client, err := wecom.NewClient(wecom.Config{BaseURL: o.APIURL, CorpID: o.CorpID, Secret: o.Secret})
	if err != nil {
		add("wecom app token", bot.Problem, "我的企业 → 企业信息 → 企业ID; 应用管理 → 应用 → Secret", "%v", err)
		return found
	}
	if o.Offline {
		add("wecom app token", bot.Fine, "", "WeCom was not asked")
		return found
	}
	if err := client.Renew(ctx); err != nil {
		add("wecom app token", bot.Problem, fixOf(err), "%v", err)
		return found
	}
	add("wecom app token", bot.Fine, "", "corp id and secret are right")
	var agent struct {
		Name string `json:"name"`
	}
	err = client.Call(ctx, "agent/get", url.Values{"agentid": {strconv.Itoa(o.AgentID)}}, nil, &agent)
	var e *wecom.Error
	switch {
	case err == nil:
		add("wecom app", bot.Fine, "", "app %q, agent id %d", agent.Name, o.AgentID)
	case errors.As(err, &e) && (e.Class == bot.MayHaveArrived || e.Class == bot.Backoff):
		add("wecom app", bot.Warning, "try again in a minute", "%v", err)
	default:
		add("wecom app", bot.Problem, fixOf(err), "%v", err)
	}
	return found
}

// fixOf is what to do about an error: WeCom's code says it, or the network is
// to be looked at.
func fixOf(err error) string {
	var e *wecom.Error
	if errors.As(err, &e) && e.Hint != "" {
		return e.Hint
	}
	return "see that this machine reaches WeCom over https: network, firewall, HTTPS_PROXY, WECOM_API_URL"
}
