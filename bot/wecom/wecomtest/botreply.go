package wecomtest

import (
	"encoding/json"
	"strings"
	"time"
)

// botReply is what the bot answers, by whichever way.
type botReply struct {
	Type   string `json:"msgtype"`
	Stream *struct {
		ID      string `json:"id"`
		Finish  bool   `json:"finish"`
		Content string `json:"content"`
		Items   []struct {
			Type  string `json:"msgtype"`
			Image *struct {
				Data string `json:"base64"`
				MD5  string `json:"md5"`
			} `json:"image"`
		} `json:"msg_item"`
		Feedback *struct {
			ID string `json:"id"`
		} `json:"feedback"`
	} `json:"stream"`
	Card     json.RawMessage `json:"template_card"`
	Markdown *kfText         `json:"markdown"`
	Text     *kfText         `json:"text"`
	Image    *kfMedia        `json:"image"`
	File     *kfMedia        `json:"file"`
	Voice    *kfMedia        `json:"voice"`
	Video    *kfMedia        `json:"video"`

	Update string   `json:"response_type"`
	Users  []string `json:"userids"`
	Chat   string   `json:"chatid"`
	Kind   *int     `json:"chat_type"`
}

// answerMessage shows what the bot says to a message. markdown and media are
// not for the callback's way.
func (w *WeCom) answerMessage(rq *request, r *botReply, raw json.RawMessage, via string) error {
	if rq.kind != "message" {
		return refuse(846605, "invalid req_id: "+rq.kind+" is not answered so")
	}
	switch r.Type {
	case "stream", "stream_with_template_card":
		return w.stream(rq, r, raw, via)
	case "template_card":
		if err := w.showCard(rq.chat, r.Card, raw, via, rq.id); err != nil {
			return err
		}
	case "markdown", "image", "file", "voice", "video":
		if via == "callback" {
			return refuse(40008, "invalid message type")
		}
		if err := w.showPush(rq.chat, r, raw, via, rq.id); err != nil {
			return err
		}
	default:
		return refuse(40008, "invalid message type")
	}
	w.answered(rq)
	return nil
}

// answered notes a whole answer to a message. The caller holds mu.
func (w *WeCom) answered(rq *request) {
	if w.bot.answered[rq.id] {
		w.violate("message %s to the AI bot is answered twice", rq.id)
	}
	rq.answered, w.bot.answered[rq.id] = true, true
	rq.done()
}

// stream shows one state of an answer that grows: what is there is replaced.
func (w *WeCom) stream(rq *request, r *botReply, raw json.RawMessage, via string) error {
	in := r.Stream
	switch {
	case in == nil || in.ID == "":
		return refuse(40058, "stream.id missing")
	case len(in.Content) > mostContent:
		return refuse(45002, "content size out of limit")
	case len(in.Items) > 0 && !in.Finish || len(in.Items) > 10:
		return refuse(40058, "msg_item is for the last frame, ten at most")
	case in.Feedback != nil && len(in.Feedback.ID) > 256:
		return refuse(40058, "invalid feedback.id")
	case w.now().Sub(rq.at) > w.config.StreamLife:
		if rq.stream != nil {
			rq.stream.expired = true
		}
		rq.done()
		return refuse(846608, "the stream has expired")
	}
	s := w.bot.streams[in.ID]
	switch {
	case s != nil && s.request.id != rq.id:
		w.violate("stream %s belongs to message %s and is used for %s", in.ID, s.request.id, rq.id)
		return refuse(40058, "stream.id is another message's")
	case s == nil && rq.stream != nil:
		return refuse(40058, "the message has another stream already")
	case s != nil && s.finished && w.transcript[s.entry].Finished && w.transcript[s.entry].Text == visible(in.Content) && in.Finish:
		return nil // the same last frame again, whose acknowledgement may have got lost
	case s != nil && s.finished:
		return refuse(846608, "the stream is finished")
	}
	if r.Type == "stream_with_template_card" && len(r.Card) > 0 {
		if rq.card {
			return refuse(40058, "a message is answered by one card")
		}
		if err := w.showCard(rq.chat, r.Card, raw, via, rq.id); err != nil {
			return err
		}
		rq.card = true
	}
	if s == nil {
		w.say(Said{Conversation: "bot/" + rq.chat.id, ID: in.ID, From: Bot, Who: rq.user, Type: "stream", Via: via, Answers: rq.id})
		s = &stream{id: in.ID, request: rq, entry: len(w.transcript) - 1}
		w.bot.streams[in.ID] = s
	}
	rq.stream = s
	if in.Feedback != nil && s.frames == 0 {
		s.feedback = in.Feedback.ID
	}
	s.frames++
	entry := &w.transcript[s.entry]
	entry.Text, entry.Finished, entry.Body = visible(in.Content), in.Finish, raw
	if in.Finish {
		s.finished = true
		if strings.TrimSpace(entry.Text) == "" && len(in.Items) == 0 {
			w.violate("stream %s is finished without a visible word", in.ID)
		}
		w.answered(rq)
	}
	w.touch()
	return nil
}

// showCard shows a template card in a chat.
func (w *WeCom) showCard(c *chat, raw, body json.RawMessage, via, answers string) error {
	card, err := readCard(raw)
	if err != nil {
		return err
	}
	if card.Task != "" && w.bot.cards[card.Task] != nil {
		return refuse(40058, "task_id was used before")
	}
	w.say(Said{Conversation: "bot/" + c.id, ID: card.Task, From: Bot, Type: "template_card", Text: card.text(), Body: body, Via: via, Answers: answers, Finished: true})
	if card.Task != "" {
		w.bot.cards[card.Task] = &shownCard{card: card, chat: c, entry: len(w.transcript) - 1}
	}
	return nil
}

// showPush shows markdown or a file in a chat.
func (w *WeCom) showPush(c *chat, r *botReply, raw json.RawMessage, via, answers string) error {
	text := ""
	switch r.Type {
	case "markdown":
		switch {
		case r.Markdown == nil || strings.TrimSpace(r.Markdown.Content) == "":
			return refuse(44004, "empty content")
		case len(r.Markdown.Content) > mostContent:
			return refuse(45002, "content size out of limit")
		}
		text = r.Markdown.Content
	default:
		media := map[string]*kfMedia{"image": r.Image, "file": r.File, "voice": r.Voice, "video": r.Video}[r.Type]
		if media == nil || w.media[media.ID].data == nil {
			return refuse(40007, "invalid media_id")
		}
	}
	w.say(Said{Conversation: "bot/" + c.id, From: Bot, Type: r.Type, Text: text, Body: raw, Via: via, Answers: answers, Finished: true})
	return nil
}

// eventLife is how long an event may be answered.
const eventLife = 5 * time.Second

// answerWelcome greets who has opened the chat.
func (w *WeCom) answerWelcome(rq *request, r *botReply, raw json.RawMessage, via string) error {
	switch {
	case rq.kind != "enter_chat" || rq.answered || w.now().Sub(rq.at) > eventLife:
		return refuse(846605, "invalid req_id: nothing is to be welcomed, or no longer")
	case r.Type == "template_card":
		if err := w.showCard(rq.chat, r.Card, raw, via, ""); err != nil {
			return err
		}
	case r.Type != "text":
		return refuse(40008, "invalid message type")
	case r.Text == nil || r.Text.Content == "":
		return refuse(44004, "empty content")
	case len(r.Text.Content) > 2048:
		return refuse(45002, "content size out of limit")
	default:
		w.say(Said{Conversation: "bot/" + rq.chat.id, From: Bot, Type: "text", Text: r.Text.Content, Body: raw, Via: via, Finished: true})
	}
	rq.answered = true
	return nil
}

// answerUpdate changes the card of which a button was pressed.
func (w *WeCom) answerUpdate(rq *request, r *botReply) error {
	if rq.kind != "template_card_event" || rq.answered || w.now().Sub(rq.at) > eventLife {
		return refuse(846605, "invalid req_id: no card is to be updated, or no longer")
	}
	card, err := readCard(r.Card)
	switch {
	case r.Update != "update_template_card":
		return refuse(40058, "invalid response_type")
	case err != nil:
		return err
	case card.Task != rq.task:
		return refuse(40058, "task_id is not that of the event")
	}
	shown := w.bot.cards[rq.task]
	shown.card = card
	entry := &w.transcript[shown.entry]
	entry.Text, entry.Body, entry.Finished = card.text(), r.Card, true
	rq.answered = true
	w.touch()
	return nil
}
