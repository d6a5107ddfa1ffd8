package wecomtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

var kfMethods = map[string]method{
	"kf/sync_msg":          {"kf", http.MethodPost, syncMsg},
	"kf/send_msg":          {"kf", http.MethodPost, sendMsg},
	"kf/send_msg_on_event": {"kf", http.MethodPost, sendOnEvent},
}

// history is how long WeCom keeps what can be pulled.
const history = 3 * 24 * time.Hour

// mostPage is how many items a page has at most.
const mostPage = 1000

// syncMsg hands out a page of what customers and servicers said and of what
// happened. What the API sent is not in it.
func syncMsg(w *WeCom, c *call) (object, error) {
	var in struct {
		Cursor  string `json:"cursor"`
		Token   string `json:"token"`
		Limit   int    `json:"limit"`
		Voice   int    `json:"voice_format"`
		Account string `json:"open_kfid"`
	}
	if err := w.read(c, &in); err != nil {
		return nil, err
	}
	a, err := w.kfAccount(in.Account)
	if err != nil {
		return nil, err
	}
	if in.Limit < 0 || in.Limit > mostPage || in.Voice < 0 || in.Voice > 1 || len(in.Cursor) > 64 || len(in.Token) > 128 {
		return nil, refuse(40058, "invalid limit, voice_format, cursor or token")
	}
	if err := w.pullToken(a, in.Token); err != nil {
		return nil, err
	}
	from, err := w.position(a, in.Cursor)
	if err != nil {
		return nil, err
	}
	for from < len(a.log) && w.now().Sub(a.log[from].at) > history {
		from++
	}
	for at := range a.pulled {
		a.pulled[at].asked(from)
	}
	if w.kf.empty > 0 {
		w.kf.empty--
		return object{"next_cursor": w.cursor(a, from), "has_more": 1, "msg_list": []object{}}, nil
	}
	limit := in.Limit
	if limit == 0 {
		limit = mostPage
	}
	if w.kf.page > 0 {
		limit = min(limit, w.kf.page)
	}
	to := min(from+limit, len(a.log))
	first := from
	if in.Cursor != "" {
		first = max(0, from-w.kf.overlap)
	}
	list := []object{}
	for _, it := range a.log[first:to] {
		list = append(list, it.json)
	}
	for at := range a.pulled {
		a.pulled[at].handed(from, to)
	}
	more := 0
	if to < len(a.log) {
		more = 1
	}
	return object{"next_cursor": w.cursor(a, to), "has_more": more, "msg_list": list}, nil
}

// pullToken looks at the token of a callback. Without one, pulling is for now
// and then only.
func (w *WeCom) pullToken(a *desk, token string) error {
	if token == "" {
		l := w.kf.pulls[a.ID]
		if l == nil {
			l = &window{}
			w.kf.pulls[a.ID] = l
		}
		if !l.take(w.now(), w.config.PullMinute, time.Minute) {
			return refuse(45009, "api freq out of limit: pulled without token")
		}
		return nil
	}
	if t, known := w.kf.tokens[token]; !known || t.account != a.ID || w.now().After(t.until) {
		return refuse(95007, "invalid msg token")
	}
	return nil
}

// position is where a cursor points to. Without one, reading begins with the
// oldest that is kept.
func (w *WeCom) position(a *desk, value string) (int, error) {
	if value == "" {
		return 0, nil
	}
	c, known := w.kf.cursors[value]
	if known && c.account == a.ID && c.generation == w.kf.generation {
		return c.position, nil
	}
	if w.kf.lenient {
		return 0, nil
	}
	return 0, refuse(40058, "invalid cursor")
}

func (w *WeCom) cursor(a *desk, position int) string {
	sum := sha256.Sum256(fmt.Append(nil, w.config.CorpID, a.ID, position, w.kf.generation))
	value := hex.EncodeToString(sum[:])[:48]
	w.kf.cursors[value] = cursor{account: a.ID, position: position, generation: w.kf.generation}
	return value
}

// pull follows one item until the bot has asked for what comes after it, which
// is its word that it has kept the item. It is how [Platform] knows.
type pull struct {
	position int
	given    int  // how often it was handed out
	kept     bool // the bot has asked from behind it
	again    int  // how often the bot has asked for it although it was handed out
}

func (p *pull) asked(from int) {
	if from > p.position {
		p.kept = true
	} else if p.given > 0 {
		p.again++
	}
}

func (p *pull) handed(from, to int) {
	if from <= p.position && p.position < to {
		p.given++
	}
}
