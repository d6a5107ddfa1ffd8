package wecomtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// DefaultAccount is the 微信客服 account that is there from the start.
const DefaultAccount = "wkDECLINE61"

// The states of a session.
const (
	Unhandled = 0 // 未处理
	Assistant = 1 // 智能助手
	Queued    = 2 // 排队
	Served    = 3 // 人工
	Ended     = 4 // 已结束, or not begun
)

// sessionLife is how long a session lasts at most, and how long after a
// customer's message one may write to them.
const sessionLife = 48 * time.Hour

// quota is how many messages there are for each message of a customer.
const quota = 5

// Account is one 微信客服 account.
type Account struct {
	ID, Name string
	// Unmanaged says that nobody has put it under 通过API管理.
	Unmanaged bool
	// People says that it is set to 人工接待: while a servicer is there, new
	// sessions begin with them, and the API may not say a word.
	People bool
}

// ServicerStatus is whether a servicer takes customers.
type ServicerStatus struct {
	ID        string
	Stopped   bool // 停止接待
	Suspended bool // 暂时挂起
	Inactive  bool // has never activated WeCom, or is out of the application's sight
}

// Session is what is between an account and a customer.
type Session struct {
	State    int
	Servicer string    // in state 3
	Quota    int       // messages left
	Since    time.Time // when the state began
	Wrote    time.Time // when the customer last did
}

type kf struct {
	accounts map[string]*desk
	tokens   map[string]kfToken
	cursors  map[string]cursor
	codes    map[string]*code
	links    map[string]link // by what enc_scene says
	used     map[string]string
	pulls    map[string]*window

	generation int // raised when cursors are forgotten
	lenient    bool
	page       int // most items of one, 0 is what was asked for
	empty      int // pages to come that are empty and say that there is more
	overlap    int // items of the last page that the next one has again
}

// desk is an account with what has happened there.
type desk struct {
	Account
	log       []item
	sessions  map[string]*session
	servicers []*ServicerStatus
	pulled    map[string]*pull // by msgid, of items that a Platform follows
}

// item is a message or an event as sync_msg hands it out.
type item struct {
	at   time.Time
	id   string
	json object
}

type session struct {
	Session
	began    time.Time
	welcomed time.Time
	scene    object    // how the customer came
	looked   time.Time // when the bot last asked for the state
}

// kfToken is the one in a callback.
type kfToken struct {
	account string
	until   time.Time
}

type cursor struct {
	account    string
	position   int
	generation int
}

// code lets one message be sent because of an event.
type code struct {
	account, customer string
	kind              string // "welcome", "state", "end"
	state             int
	until             time.Time
	used              bool
}

type link struct{ account, scene string }

func newKf() kf {
	return kf{
		accounts: map[string]*desk{DefaultAccount: newDesk(Account{ID: DefaultAccount, Name: "61 客服"})},
		tokens:   map[string]kfToken{}, cursors: map[string]cursor{}, codes: map[string]*code{},
		links: map[string]link{}, used: map[string]string{}, pulls: map[string]*window{},
	}
}

func newDesk(a Account) *desk {
	return &desk{Account: a, sessions: map[string]*session{}, pulled: map[string]*pull{}}
}

// AddAccount adds an account, or replaces what an old one is set to.
func (w *WeCom) AddAccount(a Account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old := w.kf.accounts[a.ID]; old != nil {
		old.Account = a
		return
	}
	w.kf.accounts[a.ID] = newDesk(a)
}

// SetServicer adds a servicer to an account, or changes their status, which the
// bot is told of.
func (w *WeCom) SetServicer(account string, s ServicerStatus) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.kf.accounts[account]
	if a == nil {
		return refused("there is no account %s", account)
	}
	if old := a.servicer(s.ID); old != nil {
		*old = s
		status, stop := 1, 0
		if s.Stopped || s.Suspended {
			status = 2
		}
		if s.Suspended {
			stop = 1
		}
		return w.event(a, "servicer_status_change", object{"servicer_userid": s.ID, "status": status, "stop_type": stop})
	}
	a.servicers = append(a.servicers, &s)
	d := newDelivery("")
	d.finish(Ack{})
	return d
}

func (a *desk) servicer(id string) *ServicerStatus {
	for _, s := range a.servicers {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// free is a servicer who takes customers.
func (a *desk) free() *ServicerStatus {
	for _, s := range a.servicers {
		if !s.Stopped && !s.Suspended && !s.Inactive {
			return s
		}
	}
	return nil
}

// Session is how an account and a customer stand. A customer who never came has
// the state Ended.
func (w *WeCom) Session(account, customer string) Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := w.kf.accounts[account]; a != nil && a.sessions[customer] != nil {
		return w.session(a, customer).Session
	}
	return Session{State: Ended}
}

// session is that of a customer, who is new where there is none. It ends by
// itself after 48 hours. The caller holds mu.
func (w *WeCom) session(a *desk, customer string) *session {
	s := a.sessions[customer]
	if s == nil {
		s = &session{Session: Session{State: Ended, Since: w.now()}}
		a.sessions[customer] = s
	}
	if s.State != Ended && w.now().Sub(s.began) > sessionLife {
		w.enter(a, customer, s, Ended, "")
	}
	return s
}

// enter changes a session's state. The caller holds mu.
func (w *WeCom) enter(a *desk, customer string, s *session, state int, servicer string) {
	if s.State == Ended && state != Ended {
		s.began = w.now()
	}
	s.State, s.Servicer, s.Since = state, servicer, w.now()
	text := "state " + strconv.Itoa(state)
	if servicer != "" {
		text += " " + servicer
	}
	w.say(Said{Conversation: kfConversation(a.ID, customer), From: System, Type: "state", Text: text})
}

func kfConversation(account, customer string) string { return "kf/" + account + "/" + customer }

// kfID makes a msgid like WeCom's. The caller holds mu.
func (w *WeCom) kfID(prefix string) string {
	w.serial++
	sum := sha256.Sum256(fmt.Append(nil, w.config.CorpID, w.serial))
	return prefix + hex.EncodeToString(sum[:])[:24]
}

// event puts an event into the log and tells the bot. The caller holds mu.
func (w *WeCom) event(a *desk, kind string, fields object) *Delivery {
	fields["event_type"], fields["open_kfid"] = kind, a.ID
	return w.announce(a, w.keep(a, object{"msgid": w.kfID("ev"), "origin": 4, "msgtype": "event", "event": fields}))
}

// keep puts an item into the log. The caller holds mu.
func (w *WeCom) keep(a *desk, content object) (id string) {
	now := w.now()
	content["send_time"] = now.Unix()
	id = content["msgid"].(string)
	a.log = append(a.log, item{at: now, id: id, json: content})
	w.touch()
	return id
}

// announce tells the bot that an account has something, but not what. The
// caller holds mu.
func (w *WeCom) announce(a *desk, id string) *Delivery {
	d := newDelivery(id)
	c := w.kfCallback(a.ID)
	w.background(func() { w.deliver(d, c) })
	return d
}

// kfCallback is the callback that says that an account has something. The
// caller holds mu.
func (w *WeCom) kfCallback(account string) callback {
	token := w.id("ENC")
	w.kf.tokens[token] = kfToken{account: account, until: w.now().Add(10 * time.Minute)}
	return callback{url: w.config.KfURL, seal: w.sealOf(w.config.KfURL), plain: xmlOf(
		"ToUserName", w.config.CorpID, "CreateTime", w.now().Unix(), "MsgType", "event",
		"Event", "kf_msg_or_event", "Token", token, "OpenKfId", account,
	)}
}

// Announce makes n callbacks for an account, whether or not there is anything:
// a burst, or the bell again for what is there already.
func (w *WeCom) Announce(account string, n int) []*Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.kf.accounts[account]
	if a == nil {
		return []*Delivery{refused("there is no account %s", account)}
	}
	var all []*Delivery
	for range n {
		all = append(all, w.announce(a, ""))
	}
	return all
}

// RepeatItem hands out a message again, as if it had come a second time.
func (w *WeCom) RepeatItem(account, msgid string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.kf.accounts[account]
	if a != nil {
		for _, it := range a.log {
			if it.id == msgid {
				a.log = append(a.log, it)
				return w.announce(a, msgid)
			}
		}
	}
	return refused("there is no message %s", msgid)
}

// ForgetCursors makes all cursors given so far unknown. If quietly, whoever
// shows one is given everything from the oldest of three days on; else it is an
// error.
func (w *WeCom) ForgetCursors(quietly bool) {
	w.set(func() { w.kf.generation++; w.kf.lenient = quietly })
}

// SetPages makes pages have at most n items, the next empty ones have none and
// say that there is more, and each page have the last overlap items of the one
// before again.
func (w *WeCom) SetPages(n, empty, overlap int) {
	w.set(func() { w.kf.page, w.kf.empty, w.kf.overlap = n, empty, overlap })
}
