package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/slack"
	"decline61/bot/store"
	"decline61/bot/wecom"
	"decline61/bot/wecom/aibot"
	"decline61/bot/wecom/app"
	"decline61/bot/wecom/kf"
	"decline61/bot/wecom/webhook"
)

// mounted is a channel to a chat platform: serve runs it, and puts its handler,
// if its platform calls it, at path.
type mounted struct {
	channel bot.Channel
	path    string
	handler http.Handler
	beside  func(context.Context) error // what runs as long as the channel; nil is nothing
}

// platform is one way to people: it starts where its settings are there.
type platform struct {
	name string
	set  func(c *config) bool
	open func(platformParts) (mounted, error)
}

// platformParts is what channels are made of.
type platformParts struct {
	config   *config
	answerer *bot.Bot
	db       *store.DB
	log      *slog.Logger
}

// platforms are all that serve can run.
var platforms = []platform{
	{"Slack", func(c *config) bool { return c.set("SLACK_BOT_TOKEN") }, openSlack},
	{"WeCom customer service", func(c *config) bool { return c.set("WECOM_KF_SECRET") }, openKF},
	{"WeCom app", func(c *config) bool { return c.set("WECOM_APP_SECRET") }, openApp},
	{"WeCom AI bot", func(c *config) bool { return c.set("WECOM_BOT_ID") || c.set("WECOM_BOT_TOKEN") }, openAIBot},
}

// configured opens the channels whose settings are there.
func configured(p platformParts, more []mounted) ([]mounted, error) {
	all := more
	for _, way := range platforms {
		if !way.set(p.config) {
			continue
		}
		m, err := way.open(p)
		if err != nil {
			return nil, fmt.Errorf("starting %s: %w", way.name, err)
		}
		all = append(all, m)
	}
	return all, nil
}

func openSlack(p platformParts) (mounted, error) {
	c := p.config
	s, err := slack.New(slack.Config{
		BotToken: c.SlackBotToken.value(), AppToken: c.SlackAppToken.value(), SigningSecret: c.SlackSigningSecret.value(), APIURL: c.SlackAPIURL,
		Modes: c.modes, Agents: c.agents, Journal: p.db, Bot: p.answerer, Log: p.log,
	})
	return mounted{channel: s, path: "/slack/", handler: s}, err
}

// openKF opens customer service. The group behind the webhook, if there is one,
// is told of each conversation that needs a person.
func openKF(p platformParts) (m mounted, err error) {
	c := p.config
	k := kf.Config{
		CorpID: c.WeComCorpID, Secret: c.WeComKFSecret.value(), Token: c.WeComCallbackToken.value(), EncodingAESKey: c.WeComEncodingAESKey.value(), APIURL: c.WeComAPIURL,
		Hours: c.hours, HoursText: c.Hours, Brief: p.answerer.Brief, Feedback: p.db.AddFeedback, Unshown: p.db.Unshown, Log: p.log,
	}
	if url := c.WeComWebhookURL.value(); url != "" {
		group, err := webhook.New(webhook.Config{URL: url, Log: p.log})
		if err != nil {
			return m, err
		}
		k.Handed = func(ctx context.Context, h kf.Handed) {
			if err := group.Notify(ctx, noticeOf(h)); err != nil {
				p.log.Error("a group was not told of a conversation that needs a person", "error", err)
			}
		}
		m.beside = group.Run
	}
	s, err := kf.New(k)
	m.channel, m.path, m.handler = s, "/wecom/kf", s
	return m, err
}

// noticeOf is what a group is told of a conversation that needs a person.
func noticeOf(h kf.Handed) webhook.Notice {
	n := webhook.Notice{Form: webhook.Markdown, Title: mask.Of("需要人工 / a person is needed"), Text: h.Summary}
	if h.Ticket != "" {
		n.Facts = append(n.Facts, webhook.Fact{Label: "编号", Value: mask.Of(h.Ticket)})
	}
	if h.Servicer != "" {
		n.Facts = append(n.Facts, webhook.Fact{Label: "接待人员", Value: mask.Of(h.Servicer)})
		n.Mentions = []string{h.Servicer}
	}
	return n
}

func openApp(p platformParts) (mounted, error) {
	c := p.config
	agent, err := strconv.Atoi(c.WeComAppAgentID)
	if err != nil {
		return mounted{}, fmt.Errorf("WECOM_APP_AGENT_ID is %q: it is the number on the app's page", c.WeComAppAgentID)
	}
	client, err := wecom.NewClient(wecom.Config{BaseURL: c.WeComAPIURL, CorpID: c.WeComCorpID, Secret: c.WeComAppSecret.value()})
	if err != nil {
		return mounted{}, err
	}
	s, err := app.New(app.Config{
		CorpID: c.WeComCorpID, AgentID: agent, Token: c.WeComCallbackToken.value(), EncodingAESKey: c.WeComEncodingAESKey.value(), Client: client,
		Bot: p.answerer, Log: p.log,
	})
	return mounted{channel: s, path: "/wecom/app", handler: s}, err
}

func openAIBot(p platformParts) (mounted, error) {
	c := p.config
	s, err := aibot.New(aibot.Config{
		BotID: c.WeComBotID, Secret: c.WeComBotSecret.value(), URL: c.WeComBotURL, BotName: c.WeComBotName, Token: c.WeComBotToken.value(), EncodingAESKey: c.WeComBotEncodingAESKey.value(),
		Journal: p.db, Bot: p.answerer, Log: p.log,
	})
	return mounted{channel: s, path: "/wecom/bot", handler: s}, err
}
