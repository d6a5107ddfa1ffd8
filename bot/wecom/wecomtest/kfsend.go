package wecomtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// endCode is how long the code of an ended session is good.
const endCode = 20 * time.Second

// lookAge is how old the bot's knowledge of a session's state may be when it
// writes: what changes within it, it could not know.
const lookAge = 10 * time.Second

// kfMessage is what send_msg and send_msg_on_event take.
type kfMessage struct {
	To       string          `json:"touser"`
	Account  string          `json:"open_kfid"`
	Code     string          `json:"code"`
	ID       string          `json:"msgid"`
	Type     string          `json:"msgtype"`
	Text     *kfText         `json:"text"`
	Menu     *kfMenu         `json:"msgmenu"`
	Image    *kfMedia        `json:"image"`
	Voice    *kfMedia        `json:"voice"`
	Video    *kfMedia        `json:"video"`
	File     *kfMedia        `json:"file"`
	Link     json.RawMessage `json:"link"`
	Mini     json.RawMessage `json:"miniprogram"`
	Location json.RawMessage `json:"location"`
}

type kfText struct {
	Content string `json:"content"`
}

type kfMedia struct {
	ID string `json:"media_id"`
}

type kfMenu struct {
	Head string     `json:"head_content"`
	List []menuItem `json:"list"`
	Tail string     `json:"tail_content"`
}

type menuItem struct {
	Type  string `json:"type"`
	Click struct {
		ID      string `json:"id"`
		Content string `json:"content"`
	} `json:"click"`
	View struct {
		URL     string `json:"url"`
		Content string `json:"content"`
	} `json:"view"`
	Mini struct {
		App     string `json:"appid"`
		Path    string `json:"pagepath"`
		Content string `json:"content"`
	} `json:"miniprogram"`
	Text struct {
		Content   string `json:"content"`
		NoNewline int    `json:"no_newline"`
	} `json:"text"`
}

// content checks what a message says.
func (m *kfMessage) content(w *WeCom) error {
	given := func(media *kfMedia) error {
		if media == nil || w.media[media.ID].data == nil {
			return refuse(40007, "invalid media_id")
		}
		return nil
	}
	some := func(raw json.RawMessage) error {
		if len(raw) < 3 {
			return refuse(40058, "invalid "+m.Type)
		}
		return nil
	}
	switch m.Type {
	case "text":
		switch {
		case m.Text == nil || strings.TrimSpace(m.Text.Content) == "":
			return refuse(44004, "empty content")
		case len(m.Text.Content) > 2048 || !utf8.ValidString(m.Text.Content):
			return refuse(45002, "content size out of limit")
		}
		return nil
	case "msgmenu":
		return m.Menu.check()
	case "image":
		return given(m.Image)
	case "voice":
		return given(m.Voice)
	case "video":
		return given(m.Video)
	case "file":
		return given(m.File)
	case "link":
		return some(m.Link)
	case "miniprogram":
		return some(m.Mini)
	case "location":
		return some(m.Location)
	default:
		return refuse(40008, "invalid message type")
	}
}

func (m *kfMenu) check() error {
	if m == nil || len(m.List) == 0 || len(m.List) > 10 {
		return refuse(95008, "invalid msgmenu: one to ten items")
	}
	if len(m.Head) > 1024 || len(m.Tail) > 1024 {
		return refuse(45002, "content size out of limit")
	}
	ids := map[string]bool{}
	for _, i := range m.List {
		ok := false
		switch i.Type {
		case "click":
			ok = i.Click.Content != "" && len(i.Click.Content) <= 128 && len(i.Click.ID) <= 64 && (i.Click.ID == "" || !ids[i.Click.ID])
			ids[i.Click.ID] = true
		case "view":
			ok = i.View.URL != "" && len(i.View.URL) <= 2048 && i.View.Content != "" && len(i.View.Content) <= 1024
		case "miniprogram":
			ok = i.Mini.App != "" && i.Mini.Path != "" && i.Mini.Content != "" && len(i.Mini.Content) <= 1024
		case "text":
			ok = i.Text.Content != "" && len(i.Text.Content) <= 256
		}
		if !ok {
			return refuse(95009, "invalid msgmenu item "+i.Type)
		}
	}
	return nil
}

// repeated looks at a msgid that the bot chose itself: WeCom takes each once.
// The same id for something else is more than a retry.
func (w *WeCom) repeated(c *call, m *kfMessage) error {
	if m.ID == "" {
		return nil
	}
	if !idLike(m.ID, 32, "_-") {
		return refuse(40058, "invalid msgid")
	}
	sum := sha256.Sum256(c.body)
	said := hex.EncodeToString(sum[:])
	key := m.Account + "/" + m.ID
	if before, used := w.kf.used[key]; used {
		if before != said {
			w.violate("%s: msgid %s is used for two different messages", c.name, m.ID)
		}
		return refuse(w.config.RepeatedMsgID, "msgid was used before")
	}
	return nil
}

func (w *WeCom) use(c *call, m *kfMessage) {
	sum := sha256.Sum256(c.body)
	w.kf.used[m.Account+"/"+m.ID] = hex.EncodeToString(sum[:])
}

func sendMsg(w *WeCom, c *call) (object, error) {
	var m kfMessage
	if err := w.read(c, &m); err != nil {
		return nil, err
	}
	a, s, err := w.kfCustomer(m.Account, m.To)
	if err != nil {
		return nil, err
	}
	if err := m.content(w); err != nil {
		return nil, err
	}
	if err := w.repeated(c, &m); err != nil {
		return nil, err
	}
	switch {
	case !s.Wrote.IsZero() && w.now().Sub(s.Wrote) > sessionLife:
		return nil, refuse(95002, "more than 48 hours after the customer's last message")
	case s.State == Queued || s.State == Served:
		if !s.looked.Before(s.Since) || w.now().Sub(s.looked) > lookAge {
			w.violate("kf/send_msg to %s in state %d, which the bot knew or could have known", m.To, s.State)
		}
		return nil, refuse(95018, "the session's state does not allow this")
	case s.State == Ended && s.Wrote.IsZero():
		return nil, refuse(95018, "the session's state does not allow this")
	case s.State == Ended:
		return nil, refuse(95013, "the session has ended")
	case s.Quota == 0:
		w.violate("kf/send_msg to %s although all %d messages are used", m.To, quota)
		return nil, refuse(95001, "message count out of limit")
	}
	s.Quota--
	return w.kfSay(a, m.To, c, &m), nil
}

// kfSay shows a message of the bot to a customer.
func (w *WeCom) kfSay(a *desk, customer string, c *call, m *kfMessage) object {
	if m.ID == "" {
		m.ID = w.kfID("own")
	}
	w.use(c, m)
	var body object
	_ = json.Unmarshal(c.body, &body) // read has done it before
	w.say(Said{
		Conversation: kfConversation(a.ID, customer), ID: m.ID, From: Bot, Type: m.Type, Text: textOf(body),
		Body: json.RawMessage(c.body), Via: c.name,
	})
	return object{"msgid": m.ID}
}

// sendOnEvent sends one message by the code of an event, in whatever state.
func sendOnEvent(w *WeCom, c *call) (object, error) {
	var m kfMessage
	if err := w.read(c, &m); err != nil {
		return nil, err
	}
	by := w.kf.codes[m.Code]
	switch {
	case by == nil:
		return nil, refuse(95007, "invalid code")
	case by.used:
		return nil, refuse(95007, "the code was used before")
	case w.now().After(by.until):
		return nil, refuse(95007, "the code has expired")
	case m.Type != "text" && (m.Type != "msgmenu" || by.kind == "state"):
		return nil, refuse(40008, "invalid message type")
	}
	m.Account = by.account
	if err := m.content(w); err != nil {
		return nil, err
	}
	if err := w.repeated(c, &m); err != nil {
		return nil, err
	}
	a, s, err := w.kfCustomer(by.account, by.customer)
	if err != nil {
		return nil, err
	}
	if by.kind == "state" && s.State != by.state {
		if s.State == Ended {
			return nil, refuse(95013, "the session has ended")
		}
		return nil, refuse(95018, "the session is no longer in the state that gave the code")
	}
	by.used = true
	if by.kind == "welcome" {
		s.welcomed = w.now()
	}
	return w.kfSay(a, by.customer, c, &m), nil
}

// idLike says whether s has only letters, digits and those of others, and no
// more than n of them.
func idLike(s string, n int, others string) bool {
	if len(s) > n {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return true
}
