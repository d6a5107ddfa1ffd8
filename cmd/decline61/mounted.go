package main

import (
	"fmt"
	"log/slog"
	"net/http"

	"decline61/bot"
	"decline61/bot/slack"
	"decline61/bot/store"
)

// mounted is a channel whose platform calls it: serve runs the channel and
// puts its handler at path.
type mounted struct {
	channel bot.Channel
	path    string
	handler http.Handler
}

// platforms are the channels to chat platforms that are configured, one line
// each.
func platforms(getenv func(string) string, c config, answerer *bot.Bot, db *store.DB, log *slog.Logger) ([]mounted, error) {
	all := soakChannels(getenv, log)
	if c.SlackBotToken.value() != "" {
		s, err := slack.New(slack.Config{
			BotToken: c.SlackBotToken.value(), AppToken: c.SlackAppToken.value(), SigningSecret: c.SlackSigningSecret.value(), APIURL: c.SlackAPIURL,
			Modes: c.modes, Agents: c.agents, Journal: db, Bot: answerer, Log: log,
		})
		if err != nil {
			return nil, fmt.Errorf("starting Slack: %w", err)
		}
		all = append(all, mounted{s, "/slack/", s})
	}
	return all, nil
}
