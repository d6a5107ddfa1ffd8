package aibot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"decline61/bot/wecom"

	"decline61/bot"
)

// ExamineOptions are the settings to look at.
type ExamineOptions struct {
	BotID, Secret, URL    string // of the long connection
	Token, EncodingAESKey string // of the callback
	Offline               bool   // ask WeCom nothing
	Now                   func() time.Time
}

const (
	examineTimeout = 10 * time.Second
	clockWarning   = time.Minute
)

// Examine looks at the settings and whether WeCom can be reached, and says what
// to do where it cannot. It does not subscribe: that would push a running bot
// off its connection. So a wrong secret shows when the bot starts.
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
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Token != "" || o.EncodingAESKey != "" {
		const check = "wecom bot callback"
		if _, err := wecom.NewCrypt(wecom.Keys{Token: o.Token, EncodingAESKey: o.EncodingAESKey}); err != nil {
			add(check, bot.Problem, "智能机器人 → API 模式 → 使用 URL 回调: copy Token and EncodingAESKey again", "%v", err)
		} else {
			add(check, bot.Fine, "", "Token and EncodingAESKey have the right form; whether they are this bot's shows when the URL is saved in WeCom")
		}
	}
	if o.BotID == "" && o.Secret == "" {
		return found
	}
	const check = "wecom bot connection"
	if o.BotID == "" || o.Secret == "" {
		add(check, bot.Problem, "智能机器人 → API 模式 → 使用长连接: copy both Bot ID and Secret", "of Bot ID and Secret one is missing")
		return found
	}
	if o.URL == "" {
		o.URL = SocketURL
	}
	if err := wecom.CheckURL("WECOM_BOT_URL", o.URL, "wss"); err != nil {
		add(check, bot.Problem, "leave WECOM_BOT_URL out: it is "+SocketURL, "%v", err)
		return found
	}
	if o.Offline {
		add(check, bot.Fine, "", "WeCom was not asked")
		return found
	}
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	d := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: examineTimeout}
	ws, resp, err := d.DialContext(ctx, o.URL, nil)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			add(check, bot.Problem, "see that this machine reaches "+hostOf(o.URL)+" over wss: network, firewall, HTTPS_PROXY; where long connections are forbidden use the URL callback",
				"no long connection: %v", undialled(err, resp))
		}
		return found
	}
	ws.Close()
	add(check, bot.Fine, "", "%s takes long connections; the secret shows when the bot starts", hostOf(o.URL))
	if theirs, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		if off := o.Now().Sub(theirs).Abs().Round(time.Second); off > clockWarning {
			add("wecom bot clock", bot.Warning, "set the clock, for example with NTP", "this machine is %v away from WeCom's time", off)
		}
	}
	return found
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "WECOM_BOT_URL"
}
