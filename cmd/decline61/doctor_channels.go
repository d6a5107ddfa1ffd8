package main

import (
	"context"
	"net/url"
	"strconv"

	"decline61/bot"
	"decline61/bot/slack"
	"decline61/bot/wecom/aibot"
	"decline61/bot/wecom/app"
	"decline61/bot/wecom/kf"
)

// slack asks Slack whether what is configured works there. A server on this
// machine in Slack's place is asked even offline, as the database is.
func (x *examination) slack(ctx context.Context, c *config, offline bool) {
	u, err := url.Parse(c.SlackAPIURL)
	if err != nil || !c.set("SLACK_BOT_TOKEN") {
		return // off, or a fault of the configuration
	}
	x.findings(slack.Examine(ctx, slack.ExamineOptions{
		BotToken: c.SlackBotToken.value(), AppToken: c.SlackAppToken.value(), SigningSecret: c.SlackSigningSecret.value(),
		APIURL: c.SlackAPIURL, Modes: c.modes, Agents: c.agents, Triage: c.SlackTriageChannel, Offline: offline && !loopback(u.Hostname()),
	}))
}

// wecom asks WeCom the same of each way that is configured.
func (x *examination) wecom(ctx context.Context, c *config, offline bool) {
	away := func(address string) bool {
		u, err := url.Parse(address)
		return offline && (err != nil || !loopback(u.Hostname()))
	}
	if c.set("WECOM_KF_SECRET") {
		x.findings(kf.Examine(ctx, kf.ExamineOptions{
			CorpID: c.WeComCorpID, Secret: c.WeComKFSecret.value(), Token: c.WeComCallbackToken.value(), EncodingAESKey: c.WeComEncodingAESKey.value(),
			APIURL: c.WeComAPIURL, Offline: away(c.WeComAPIURL),
		}))
	}
	if agent, err := strconv.Atoi(c.WeComAppAgentID); err == nil && c.set("WECOM_APP_SECRET") {
		x.findings(app.Examine(ctx, app.ExamineOptions{
			CorpID: c.WeComCorpID, Secret: c.WeComAppSecret.value(), AgentID: agent, Token: c.WeComCallbackToken.value(), EncodingAESKey: c.WeComEncodingAESKey.value(),
			APIURL: c.WeComAPIURL, Offline: away(c.WeComAPIURL),
		}))
	}
	if c.set("WECOM_BOT_ID") || c.set("WECOM_BOT_TOKEN") {
		x.findings(aibot.Examine(ctx, aibot.ExamineOptions{
			BotID: c.WeComBotID, Secret: c.WeComBotSecret.value(), URL: c.WeComBotURL, Token: c.WeComBotToken.value(), EncodingAESKey: c.WeComBotEncodingAESKey.value(),
			Offline: away(c.WeComBotURL),
		}))
	}
}

// findings shows what a channel's own doctor has found.
func (x *examination) findings(found []bot.Finding) {
	for _, f := range found {
		switch f.Severity {
		case bot.Problem:
			x.problem(f.Check, exitFindings, f.Fix, "%s", f.Says)
		case bot.Warning:
			x.warn(f.Check, f.Fix, "%s", f.Says)
		default:
			x.ok(f.Check, "%s", f.Says)
		}
	}
}
