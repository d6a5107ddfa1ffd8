package main

import (
	"context"
	"net/url"

	"decline61/bot/slack"
)

// slack asks Slack whether what is configured works there. A server on this
// machine in Slack's place is asked even offline, as the database is.
func (x *examination) slack(ctx context.Context, c *config, offline bool) {
	u, err := url.Parse(c.SlackAPIURL)
	if err != nil || !c.set("SLACK_BOT_TOKEN") {
		return // off, or a fault of the configuration
	}
	for _, f := range slack.Examine(ctx, slack.ExamineOptions{
		BotToken: c.SlackBotToken.value(), AppToken: c.SlackAppToken.value(), SigningSecret: c.SlackSigningSecret.value(),
		APIURL: c.SlackAPIURL, Modes: c.modes, Agents: c.agents, Triage: c.SlackTriageChannel, Offline: offline && !loopback(u.Hostname()),
	}) {
		switch f.Severity {
		case slack.Problem:
			x.problem(f.Check, exitFindings, f.Fix, "%s", f.Says)
		case slack.Warning:
			x.warn(f.Check, f.Fix, "%s", f.Says)
		default:
			x.ok(f.Check, "%s", f.Says)
		}
	}
}
