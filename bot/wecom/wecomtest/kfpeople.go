package wecomtest

import (
	"encoding/json"
	"net/url"
	"time"
)

// Open is a customer who opens an account by its link or QR code. The bot is
// told by enter_session, with a welcome_code if nothing was said for 48 hours.
func (w *WeCom) Open(account, customer, scene, sceneParam string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.kf.accounts[account]
	if a == nil {
		return refused("there is no account %s", account)
	}
	s := w.session(a, customer)
	fields := object{"external_userid": customer, "scene": scene, "scene_param": sceneParam}
	s.scene = object{"scene": scene, "scene_param": sceneParam}
	quiet := func(t time.Time) bool { return t.IsZero() || w.now().Sub(t) > sessionLife }
	if quiet(s.Wrote) && quiet(s.welcomed) && s.State == Ended {
		fields["welcome_code"] = w.code(a, customer, "welcome", Ended, 20*time.Second)
	}
	w.say(Said{Conversation: kfConversation(account, customer), From: System, Who: customer, Type: "enter_session", Text: scene + " " + sceneParam})
	return w.event(a, "enter_session", fields)
}

// OpenLink is Open by a link that add_contact_way gave, with whatever
// scene_param was put behind it.
func (w *WeCom) OpenLink(customer, address string) *Delivery {
	u, err := url.Parse(address)
	if err != nil {
		return refused("the link is none")
	}
	w.mu.Lock()
	l, known := w.kf.links[u.Query().Get("enc_scene")]
	w.mu.Unlock()
	if !known {
		return refused("the link leads nowhere")
	}
	return w.Open(l.account, customer, l.scene, u.Query().Get("scene_param"))
}

// Say is a customer who writes.
func (w *WeCom) Say(account, customer, text string) *Delivery {
	return w.Send(account, customer, "text", map[string]any{"content": text})
}

// Menu is a customer who taps the item of a menu that the bot has shown them.
// It arrives as a text with menu_id.
func (w *WeCom) Menu(account, customer, item string) *Delivery {
	content := ""
	for _, s := range w.Sent(kfConversation(account, customer)) {
		var body struct {
			MsgMenu struct {
				List []menuItem `json:"list"`
			} `json:"msgmenu"`
		}
		_ = json.Unmarshal(s.Body, &body)
		for _, i := range body.MsgMenu.List {
			if i.Type == "click" && i.Click.ID == item {
				content = i.Click.Content
			}
		}
	}
	if content == "" {
		return refused("%s sees no menu with %s", customer, item)
	}
	return w.Send(account, customer, "text", map[string]any{"content": content, "menu_id": item})
}

// Image, Voice, File and Location are a customer who sends something else.
func (w *WeCom) Image(account, customer string) *Delivery {
	return w.Send(account, customer, "image", map[string]any{"media_id": w.AddMedia("image/jpeg", []byte("\xff\xd8\xff no picture"))})
}

// Voice is a voice message: sound without words.
func (w *WeCom) Voice(account, customer string) *Delivery {
	return w.Send(account, customer, "voice", map[string]any{"media_id": w.AddMedia("audio/amr", []byte("#!AMR\n"))})
}

// File is any file.
func (w *WeCom) File(account, customer string) *Delivery {
	return w.Send(account, customer, "file", map[string]any{"media_id": w.AddMedia("application/pdf", []byte("%PDF-"))})
}

// Location is a place on the map.
func (w *WeCom) Location(account, customer string) *Delivery {
	return w.Send(account, customer, "location", map[string]any{"latitude": 39.9, "longitude": 116.4, "name": "门店", "address": "长安街61号"})
}

// Send is a customer who sends a message of any type, known or not.
func (w *WeCom) Send(account, customer, msgtype string, content map[string]any) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.kf.accounts[account]
	if a == nil {
		return refused("there is no account %s", account)
	}
	return w.announce(a, w.says(a, customer, w.kfID("msg"), msgtype, content))
}

// says puts a customer's message into the log. The caller holds mu.
func (w *WeCom) says(a *desk, customer, id, msgtype string, content object) string {
	s := w.session(a, customer)
	text, _ := content["content"].(string)
	w.say(Said{Conversation: kfConversation(a.ID, customer), ID: id, From: Customer, Who: customer, Type: msgtype, Text: text})
	s.Wrote, s.Quota = w.now(), quota
	if s.State == Ended {
		if free := a.free(); a.People && free != nil {
			w.enter(a, customer, s, Served, free.ID)
		} else {
			w.enter(a, customer, s, Unhandled, "")
		}
	}
	return w.keep(a, object{
		"msgid": id, "open_kfid": a.ID, "external_userid": customer, "origin": 3,
		"msgtype": msgtype, msgtype: content,
	})
}

// Recall is a customer who takes a message back.
func (w *WeCom) Recall(account, customer, msgid string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.kf.accounts[account]
	if a == nil {
		return refused("there is no account %s", account)
	}
	for i, s := range w.transcript {
		if s.ID == msgid && s.From == Customer {
			w.transcript[i].Recalled = true
		}
	}
	return w.event(a, "user_recall_msg", object{"external_userid": customer, "recall_msgid": msgid})
}

// TakeOver is a servicer who takes a customer over in the WeCom client.
func (w *WeCom) TakeOver(account, customer, servicer string) *Delivery {
	return w.serve(account, customer, func(a *desk, s *session) *Delivery {
		change, old := 1, s.Servicer
		switch {
		case a.servicer(servicer) == nil:
			return refused("%s is no servicer", servicer)
		case s.State == Served && old == servicer:
			return refused("%s serves %s already", servicer, customer)
		case s.State == Served:
			change = 2
		case s.State == Ended:
			change = 4
		}
		w.enter(a, customer, s, Served, servicer)
		fields := object{"external_userid": customer, "change_type": change, "new_servicer_userid": servicer}
		if change == 1 {
			fields["msg_code"] = w.code(a, customer, "state", Served, sessionLife)
		}
		if change == 2 {
			fields["old_servicer_userid"] = old
		}
		return w.event(a, "session_status_change", fields)
	})
}

// Speak is a servicer who writes to a customer, and so serves them from then
// on.
func (w *WeCom) Speak(account, customer, servicer, text string) *Delivery {
	if s := w.Session(account, customer); s.State != Served || s.Servicer != servicer {
		if d := w.TakeOver(account, customer, servicer); d.Err != nil {
			return d
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.kf.accounts[account]
	return w.announce(a, w.speaks(a, customer, servicer, w.kfID("msg"), text))
}

// speaks puts a servicer's words into the log. The caller holds mu.
func (w *WeCom) speaks(a *desk, customer, servicer, id, text string) string {
	w.say(Said{Conversation: kfConversation(a.ID, customer), ID: id, From: Servicer, Who: servicer, Type: "text", Text: text})
	return w.keep(a, object{
		"msgid": id, "open_kfid": a.ID, "external_userid": customer, "origin": 5, "servicer_userid": servicer,
		"msgtype": "text", "text": object{"content": text},
	})
}

// RecallSpoken is a servicer who takes a message back.
func (w *WeCom) RecallSpoken(account, customer, servicer, msgid string) *Delivery {
	return w.serve(account, customer, func(a *desk, s *session) *Delivery {
		return w.event(a, "servicer_recall_msg", object{"external_userid": customer, "recall_msgid": msgid, "servicer_userid": servicer})
	})
}

// End is a servicer who ends a session in the WeCom client. The event has a
// msg_code for one closing message within 20 s.
func (w *WeCom) End(account, customer string) *Delivery {
	return w.serve(account, customer, func(a *desk, s *session) *Delivery {
		if s.State != Served {
			return refused("nobody serves %s", customer)
		}
		old := s.Servicer
		w.enter(a, customer, s, Ended, "")
		return w.event(a, "session_status_change", object{
			"external_userid": customer, "change_type": 3, "old_servicer_userid": old,
			"msg_code": w.code(a, customer, "end", Ended, 20*time.Second),
		})
	})
}

// Reject is a customer who wants no more messages, or wants them again.
func (w *WeCom) Reject(account, customer string, on bool) *Delivery {
	return w.serve(account, customer, func(a *desk, s *session) *Delivery {
		value := 0
		if on {
			value = 1
		}
		return w.event(a, "reject_customer_msg_switch_change", object{"external_userid": customer, "reject_switch": value})
	})
}

// FailSend is WeCom finding out that a message, which it had accepted from the
// bot, did not arrive: failType 4 is more than 48 hours, 10 that the customer
// refuses messages, 13 that they broke a rule.
func (w *WeCom) FailSend(account, customer, msgid string, failType int) *Delivery {
	return w.serve(account, customer, func(a *desk, s *session) *Delivery {
		for i := range w.transcript {
			if t := &w.transcript[i]; t.ID == msgid && t.From == Bot {
				t.Dropped = "msg_send_fail"
				return w.event(a, "msg_send_fail", object{"external_userid": customer, "fail_msgid": msgid, "fail_type": failType})
			}
		}
		return refused("the bot has sent no message %s", msgid)
	})
}

// serve does something with a session.
func (w *WeCom) serve(account, customer string, do func(*desk, *session) *Delivery) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.kf.accounts[account]
	if a == nil || a.sessions[customer] == nil {
		return refused("%s has never come to %s", customer, account)
	}
	return do(a, w.session(a, customer))
}

// code gives one to send a message by. The caller holds mu.
func (w *WeCom) code(a *desk, customer, kind string, state int, life time.Duration) string {
	value := w.id("CODE")
	w.kf.codes[value] = &code{account: a.ID, customer: customer, kind: kind, state: state, until: w.now().Add(life)}
	return value
}
