package wecomtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// botBell is the AI bot's callback address. What it answers is up to the test.
type botBell struct {
	*httptest.Server
	mu   sync.Mutex
	got  []map[string]any
	says func(body map[string]any) any
}

func newBotBell(t testing.TB, w *WeCom, says func(body map[string]any) any) *botBell {
	b := &botBell{says: says}
	s := newSeal(w.config.BotToken, w.config.BotAESKey, "")
	b.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		var sealed struct{ Encrypt string }
		if err := json.NewDecoder(r.Body).Decode(&sealed); err != nil || s.sign(q.Get("timestamp"), q.Get("nonce"), sealed.Encrypt) != q.Get("msg_signature") {
			http.Error(rw, "wrong signature", http.StatusForbidden)
			return
		}
		plain, err := s.decrypt(sealed.Encrypt)
		if err != nil {
			t.Errorf("a callback cannot be decrypted: %v", err)
		}
		var body map[string]any
		_ = json.Unmarshal(plain, &body)
		b.mu.Lock()
		b.got = append(b.got, body)
		reply := b.says(body)
		b.mu.Unlock()
		if reply == nil {
			return
		}
		if status, ok := reply.(int); ok {
			rw.WriteHeader(status)
			return
		}
		data, _ := json.Marshal(reply)
		encrypted := s.encrypt(data)
		now := time.Now().Unix()
		_ = json.NewEncoder(rw).Encode(answer{
			"encrypt": encrypted, "timestamp": now, "nonce": q.Get("nonce"),
			"msgsignature": s.sign(strconv.FormatInt(now, 10), q.Get("nonce"), encrypted),
		})
	}))
	t.Cleanup(b.Close)
	w.CallBack("", "", b.URL)
	return b
}

func (b *botBell) all() []map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]map[string]any{}, b.got...)
}

func TestStream(t *testing.T) {
	clock := &Clock{}
	w := start(t, Config{Clock: clock})
	polls := 0
	b := newBotBell(t, w, func(body map[string]any) any {
		if body["msgtype"] == "stream" {
			polls++
			return frameOf("s1", polls == 3, fmt.Sprint("第", polls, "次"))
		}
		return frameOf("s1", false, "")
	})
	if !w.Ask("li", "li", "61").Wait(soon(t)).Acknowledged {
		t.Error("a question is not acknowledged")
	}
	if !w.Await(soon(t), func() bool { s := w.Sent("bot/li"); return len(s) == 1 && s[0].Finished }) {
		t.Fatalf("the stream does not end: %+v", w.Sent(""))
	}
	if s := w.Sent("bot/li")[0]; s.Text != "第3次" || len(b.all()) != 4 {
		t.Errorf("after %d callbacks it says %q", len(b.all()), s.Text)
	}
	if got := append(w.Invariants(), w.Complaints()...); len(got) != 0 {
		t.Errorf("broken rules: %q", got)
	}

	address, _ := b.all()[0]["response_url"].(string)
	later := func(body any) answer {
		return post(t, w, "../"+strings.TrimPrefix(address, w.URL()+"/"), body)
	}
	markdown := answer{"msgtype": "markdown", "markdown": answer{"content": "补充"}}
	want(t, "text by response_url", later(answer{"msgtype": "text", "text": answer{"content": "x"}}), 40008)
	want(t, "response_url", later(markdown), 0)
	want(t, "response_url twice", later(markdown), 40058)

	b.mu.Lock()
	b.says = func(map[string]any) any { return frameOf("s2", false, "还在想") }
	b.mu.Unlock()
	w.Ask("li", "li", "第二个")
	w.Await(soon(t), func() bool { return len(w.Sent("bot/li")) == 3 })
	clock.Advance(6*time.Minute + time.Second)
	if !w.Await(soon(t), func() bool { return w.Counters().Unreached == 1 }) {
		t.Error("a stream is polled for ever")
	}
	if got := w.Invariants(); len(got) != 1 {
		t.Errorf("a stream that never ends: %q", got)
	}
	if got := w.PollUnknown(soon(t), "li", "s99"); !strings.Contains(string(got), "还在想") {
		t.Errorf("an unknown stream is answered by %s", got)
	}
}

func TestThreeInFlight(t *testing.T) {
	w := start(t, Config{})
	newBotBell(t, w, func(map[string]any) any { return frameOf("s", false, "想") })
	w.set(func() { w.config.Poll = time.Hour })
	b := newBotBell(t, w, func(body map[string]any) any { return frameOf(fmt.Sprint("s", body["msgid"]), false, "想") })
	for range 3 {
		if d := w.Ask("li", "li", "61"); d.Err != nil || !d.Wait(soon(t)).Acknowledged {
			t.Fatal("a question is refused")
		}
	}
	if d := w.Ask("li", "li", "61"); d.Err == nil {
		t.Error("a fourth question can be asked before one is answered")
	}
	if d := w.Ask("wang", "wang", "61"); d.Err != nil {
		t.Error("somebody else cannot ask")
	}
	b.mu.Lock()
	b.says = func(body map[string]any) any { return 500 }
	b.mu.Unlock()
	if ack := w.Ask("zhang", "zhang", "61").Wait(soon(t)); ack.Acknowledged || ack.Tries != 3 {
		t.Errorf("refused by the bot: %+v", ack)
	}
}

func TestCardByCallback(t *testing.T) {
	w := start(t, Config{})
	updated := buttons("c1")
	updated["main_title"] = answer{"title": "李已接单"}
	status := 0
	newBotBell(t, w, func(body map[string]any) any {
		event, _ := body["event"].(map[string]any)
		switch {
		case body["msgtype"] == "text":
			return answer{"msgtype": "template_card", "template_card": buttons("c1")}
		case event["eventtype"] == "enter_chat":
			return answer{"msgtype": "text", "text": answer{"content": "您好"}}
		case status != 0:
			return status
		default:
			return answer{"response_type": "update_template_card", "template_card": updated}
		}
	})
	w.EnterChat("li").Wait(soon(t))
	w.Ask("li", "li", "转人工").Wait(soon(t))
	status = 500
	if ack := w.Click("li", "li", "take").Wait(soon(t)); ack.Tries != 1 {
		t.Errorf("a card's event is told %d times", ack.Tries)
	}
	status = 0
	w.Click("li", "li", "take").Wait(soon(t))
	if sent := w.Sent("bot/li"); len(sent) != 2 || !strings.Contains(sent[1].Text, "李已接单") {
		t.Errorf("li sees %+v", sent)
	}
	if got := w.Complaints(); len(got) != 0 {
		t.Errorf("complaints: %q", got)
	}
}
