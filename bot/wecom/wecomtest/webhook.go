package wecomtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

var webhookMethods = map[string]method{"webhook/send": {"", http.MethodPost, webhookSend}}

// webhookSend shows a message in the group of the webhook.
func webhookSend(w *WeCom, c *call) (object, error) {
	var m struct {
		Type string `json:"msgtype"`
		Text *struct {
			Content   string   `json:"content"`
			Mentioned []string `json:"mentioned_list"`
			Mobiles   []string `json:"mentioned_mobile_list"`
		} `json:"text"`
		Markdown   *kfText         `json:"markdown"`
		MarkdownV2 *kfText         `json:"markdown_v2"`
		Card       json.RawMessage `json:"template_card"`
		News       json.RawMessage `json:"news"`
		Image      json.RawMessage `json:"image"`
		File       *kfMedia        `json:"file"`
	}
	if c.query.Get("key") != w.config.WebhookKey {
		return nil, refuse(93000, "invalid webhook url")
	}
	if err := w.read(c, &m); err != nil {
		return nil, err
	}
	size := func(content *kfText, most int) error {
		switch {
		case content == nil || strings.TrimSpace(content.Content) == "":
			return refuse(44004, "empty content")
		case len(content.Content) > most:
			return refuse(45002, "content size out of limit")
		}
		return nil
	}
	var err error
	switch m.Type {
	case "text":
		var content *kfText
		if m.Text != nil {
			content = &kfText{m.Text.Content}
		}
		err = size(content, 2048)
	case "markdown":
		err = size(m.Markdown, 4096)
	case "markdown_v2":
		err = size(m.MarkdownV2, 4096)
	case "template_card":
		var card card
		if card, err = readCard(m.Card); err == nil && card.interactive() {
			err = refuse(40058, "a webhook shows no card with buttons")
		}
	case "news", "image", "file":
	default:
		err = refuse(40008, "invalid message type")
	}
	if err != nil {
		return nil, err
	}
	if !w.webhook.take(w.now(), 20, time.Minute) {
		return nil, refuse(w.config.WebhookBusy, "api freq out of limit")
	}
	var body object
	_ = json.Unmarshal(c.body, &body) // read has done it before
	w.say(Said{Conversation: "webhook", From: Bot, Type: m.Type, Text: textOf(body), Body: json.RawMessage(c.body), Via: c.name})
	return nil, nil
}
