package wecomtest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"
)

// Write is a member who writes to the application.
func (w *WeCom) Write(member, text string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(member, "text", text, "Content", text)
}

// WriteImage is a member who sends a picture.
func (w *WeCom) WriteImage(member string) *Delivery {
	id := w.AddMedia("image/jpeg", []byte("\xff\xd8\xff no picture"))
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(member, "image", "", "PicUrl", w.URL()+"/file/"+id, "MediaId", id)
}

// WriteVoice is a member who sends a voice message.
func (w *WeCom) WriteVoice(member string) *Delivery {
	id := w.AddMedia("audio/amr", []byte("#!AMR\n"))
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(member, "voice", "", "MediaId", id, "Format", "amr")
}

// write is a member's message. The caller holds mu.
func (w *WeCom) write(member, msgtype, text string, fields ...any) *Delivery {
	if !w.app.members[member] {
		return refused("%s is not in the company", member)
	}
	w.serial++
	id := fmt.Sprint(6_100_000_000_000_000_000 + w.serial)
	return w.tellApp(id, w.written(member, id, msgtype, text, fields...)...)
}

// written notes a member's message and says how the bot is told. The caller
// holds mu.
func (w *WeCom) written(member, id, msgtype, text string, fields ...any) []any {
	w.say(Said{Conversation: "app/" + member, ID: id, From: Colleague, Who: member, Type: msgtype, Text: text})
	fields = append([]any{"ToUserName", w.config.CorpID, "FromUserName", member, "CreateTime", w.now().Unix(), "MsgType", msgtype}, fields...)
	return append(fields, "MsgId", numeric(id), "AgentID", w.config.AgentID)
}

// numeric is a MsgId as WeCom has it: a number of 64 bits.
func numeric(id string) rawXML {
	for _, r := range id {
		if r < '0' || r > '9' {
			h := fnv.New64a()
			h.Write([]byte(id))
			return rawXML(fmt.Sprint(h.Sum64() >> 1))
		}
	}
	return rawXML(id)
}

func (w *WeCom) tellApp(id string, fields ...any) *Delivery {
	d := newDelivery(id)
	c := callback{url: w.config.AppURL, seal: w.sealOf(w.config.AppURL), plain: xmlOf(fields...)}
	w.background(func() { w.deliver(d, c) })
	return d
}

// EnterApp is a member who opens the application; as an event it has no MsgId.
func (w *WeCom) EnterApp(member string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.app.members[member] {
		return refused("%s is not in the company", member)
	}
	w.say(Said{Conversation: "app/" + member, From: System, Who: member, Type: "enter_agent"})
	return w.tellApp("", "ToUserName", w.config.CorpID, "FromUserName", member, "CreateTime", w.now().Unix(),
		"MsgType", "event", "Event", "enter_agent", "EventKey", "", "AgentID", w.config.AgentID)
}

// PressCard is a member who presses a button of a card that the application has
// shown them. The event has a ResponseCode by which the card can be updated.
func (w *WeCom) PressCard(member, key string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.transcript) - 1; i >= 0; i-- {
		s := w.transcript[i]
		if s.Conversation != "app/"+member || s.Type != "template_card" || s.Dropped != "" || s.Finished {
			continue
		}
		var m appMessage
		_ = json.Unmarshal(s.Body, &m) // messageSend has done it before
		if c, err := readCard(m.Card); err == nil && c.button(key) {
			w.say(Said{Conversation: "app/" + member, From: System, Who: member, Type: "template_card_event", Text: key})
			code := w.id("responsecode-")
			w.app.responses[code] = &response{task: c.Task, until: w.now().Add(72 * time.Hour)}
			return w.tellApp("", "ToUserName", w.config.CorpID, "FromUserName", member, "CreateTime", w.now().Unix(),
				"MsgType", "event", "Event", "template_card_event", "EventKey", key, "TaskId", c.Task, "CardType", c.Type,
				"ResponseCode", code, "AgentID", w.config.AgentID)
		}
	}
	return refused("%s sees no card with button %s", member, key)
}
