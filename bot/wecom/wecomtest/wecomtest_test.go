package wecomtest

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) } // bleve has workers from the start

// patience bounds everything that should happen soon.
const patience = 5 * time.Second

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// start starts a platform whose callbacks come quickly.
func start(t testing.TB, c Config) *WeCom {
	if c.Retries == nil {
		c.Retries = []time.Duration{0, 0}
	}
	if c.Poll == 0 {
		c.Poll = 2 * time.Millisecond
	}
	return New(t, c)
}

// answer is what any request is answered by.
type answer map[string]any

func (a answer) code() int { n, _ := a["errcode"].(float64); return int(n) }

func (a answer) str(key string) string { s, _ := a[key].(string); return s }

// post makes one request to the API.
func post(t testing.TB, w *WeCom, path string, body any) answer {
	t.Helper()
	var resp *http.Response
	var err error
	if body == nil {
		resp, err = http.Get(w.URL() + "/cgi-bin/" + path)
	} else {
		data, _ := json.Marshal(body)
		resp, err = http.Post(w.URL()+"/cgi-bin/"+path, "application/json", bytes.NewReader(data))
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return a
}

func (w *WeCom) login(t testing.TB, secret string) string {
	t.Helper()
	a := post(t, w, "gettoken?corpid="+w.config.CorpID+"&corpsecret="+secret, nil)
	if a.code() != 0 {
		t.Fatalf("no token: %v", a)
	}
	return a.str("access_token")
}

// kfCall makes a request of kf.
func kfCall(t testing.TB, w *WeCom, name string, body any) answer {
	t.Helper()
	path := "kf/" + name + "?access_token=" + w.login(t, w.config.KfSecret)
	if name == "servicer/list" {
		path, body = path+"&open_kfid="+DefaultAccount, nil
	}
	return post(t, w, path, body)
}

// want checks an errcode.
func want(t testing.TB, what string, a answer, code int) answer {
	t.Helper()
	if a.code() != code {
		t.Errorf("%s: %v, want %d", what, a, code)
	}
	return a
}

// received is one callback of kf or app, as it came.
type received struct {
	Token, OpenKfId, Event, EventKey, MsgType, Content, ResponseCode, TaskId string
	FromUserName                                                             string
	MsgId                                                                    int64
	CreateTime                                                               int64

	plain string
}

// bell is the bot's callback address.
type bell struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	status func(n int) int // for the n-th callback
	wait   time.Duration
}

func newBell(t testing.TB, w *WeCom) *bell {
	b := &bell{}
	s := newSeal(w.config.Token, w.config.AESKey, w.config.CorpID)
	b.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if echo := q.Get("echostr"); echo != "" {
			plain, err := s.decrypt(echo)
			if err != nil || s.sign(q.Get("timestamp"), q.Get("nonce"), echo) != q.Get("msg_signature") {
				http.Error(rw, "no", http.StatusForbidden)
				return
			}
			_, _ = rw.Write(plain)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var sealed struct{ Encrypt string }
		if err := xml.Unmarshal(body, &sealed); err != nil {
			t.Errorf("a callback is no XML: %v", err)
		}
		if s.sign(q.Get("timestamp"), q.Get("nonce"), sealed.Encrypt) != q.Get("msg_signature") {
			http.Error(rw, "wrong signature", http.StatusForbidden)
			return
		}
		plain, err := s.decrypt(sealed.Encrypt)
		if err != nil {
			t.Errorf("a callback cannot be decrypted: %v", err)
		}
		var got received
		if err := xml.Unmarshal(plain, &got); err != nil {
			t.Errorf("a callback's message is no XML: %v\n%s", err, plain)
		}
		got.plain = string(plain)
		b.mu.Lock()
		b.got = append(b.got, got)
		n, status, wait := len(b.got), b.status, b.wait
		b.mu.Unlock()
		time.Sleep(wait)
		if status != nil {
			rw.WriteHeader(status(n))
		}
	}))
	t.Cleanup(b.Close)
	w.CallBack(b.URL, b.URL, "")
	return b
}

func (b *bell) all() []received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

func TestSeal(t *testing.T) {
	for _, receiver := range []string{"ww1", ""} {
		s := newSeal("token", newAESKey(), receiver)
		for n := range 40 {
			message := bytes.Repeat([]byte("六"), n)[:n]
			got, err := s.decrypt(s.encrypt(message))
			if err != nil || !bytes.Equal(got, message) {
				t.Fatalf("%d bytes for %q become %d: %v", n, receiver, len(got), err)
			}
		}
	}
	// The sample of the documentation.
	s := newSeal("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
	echo := "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
	if got, err := s.decrypt(echo); err != nil || string(got) != "1616140317555161061" {
		t.Errorf("the sample becomes %q: %v", got, err)
	}
	if got := s.sign("1409659589", "263014780", echo); got != "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3" {
		t.Errorf("the sample's signature is %s", got)
	}
}

func TestToken(t *testing.T) {
	clock := &Clock{}
	w := start(t, Config{Clock: clock, TokenMinute: 6})
	ask := func(corp, secret string) answer {
		return post(t, w, "gettoken?corpid="+corp+"&corpsecret="+secret, nil)
	}
	want(t, "another company", ask("ww0", w.config.KfSecret), 40013)
	want(t, "another secret", ask(w.config.CorpID, "guess"), 40001)
	first := ask(w.config.CorpID, w.config.KfSecret).str("access_token")
	if again := ask(w.config.CorpID, w.config.KfSecret).str("access_token"); again != first || first == "" {
		t.Errorf("while it is valid, the token is %q and %q", first, again)
	}
	list := func(token string) answer { return post(t, w, "kf/account/list?access_token="+token, answer{}) }
	want(t, "a good token", list(first), 0)
	want(t, "no token", list(""), 41001)
	want(t, "a made-up token", list("guess"), 40014)
	clock.Advance(2 * time.Hour)
	want(t, "after two hours", list(first), 42001)
	second := ask(w.config.CorpID, w.config.KfSecret).str("access_token")
	w.ExpireTokens(40014)
	want(t, "invalidated early", list(second), 40014)
	want(t, "another application's", post(t, w, "message/send?access_token="+w.login(t, w.config.KfSecret), answer{}), 48002)
	for range 6 {
		ask(w.config.CorpID, w.config.KfSecret)
	}
	want(t, "too often", ask(w.config.CorpID, w.config.KfSecret), 45009)
}

func TestFaults(t *testing.T) {
	w := start(t, Config{})
	token := w.login(t, w.config.KfSecret)
	get := func() (*http.Response, error) {
		return http.Post(w.URL()+"/cgi-bin/kf/account/list?access_token="+token, "application/json", strings.NewReader(`{"limit":7}`))
	}
	defer http.DefaultClient.CloseIdleConnections()
	w.Fail(Fault{On: "kf/account/list", Status: 502})
	w.Fail(Fault{Code: 45009})
	w.Fail(Fault{On: "kf/account/list", Cut: true})
	w.Fail(Fault{On: "gettoken", Code: -1})
	want(t, "gettoken", post(t, w, "gettoken?corpid="+w.config.CorpID+"&corpsecret="+w.config.KfSecret, nil), -1)
	resp, err := get()
	if err != nil || resp.StatusCode != 502 {
		t.Fatalf("%v %v", resp, err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	for _, leak := range []string{token, `"limit":7`} {
		if !strings.Contains(string(body), leak) {
			t.Errorf("an error does not repeat %s", leak)
		}
	}
	want(t, "a code", post(t, w, "kf/account/list?access_token="+token, answer{}), 45009)
	if resp, err := get(); err == nil {
		resp.Body.Close()
		t.Error("a broken connection answers")
	}
	want(t, "afterwards", post(t, w, "kf/account/list?access_token="+token, answer{}), 0)
	c := w.Counters()
	if c.Requests["kf/account/list"] != 4 || c.Refused[502] != 1 || c.Refused[45009] != 1 {
		t.Errorf("counted %+v", c)
	}
}

func TestCallbacks(t *testing.T) {
	w := start(t, Config{Patience: 80 * time.Millisecond})
	b := newBell(t, w)
	if err := w.VerifyURL(soon(t), b.URL); err != nil {
		t.Errorf("verifying: %v", err)
	}
	b.status = func(n int) int { return map[bool]int{true: 200, false: 500}[n%3 == 0] }
	ack := w.Say(DefaultAccount, "wm1", "61").Wait(soon(t))
	if !ack.Acknowledged || ack.Tries != 3 {
		t.Errorf("refused twice: %+v", ack)
	}
	got := b.all()
	if len(got) != 3 || got[0].plain != got[2].plain || got[0].Event != "kf_msg_or_event" || got[0].OpenKfId != DefaultAccount {
		t.Fatalf("three tries were %+v", got)
	}
	b.mu.Lock()
	b.status = func(int) int { return 500 }
	b.mu.Unlock()
	if ack := w.Say(DefaultAccount, "wm1", "还在吗").Wait(soon(t)); ack.Acknowledged || ack.Tries != 3 || ack.Status != 500 {
		t.Errorf("always refused: %+v", ack)
	}
	b.mu.Lock()
	b.status, b.wait = nil, 200*time.Millisecond
	b.mu.Unlock()
	if ack := w.Write("zhang", "61").Wait(soon(t)); ack.Acknowledged || ack.Tries != 3 || ack.Status != 0 {
		t.Errorf("answered too late: %+v", ack)
	}
	b.mu.Lock()
	b.wait, b.got = 0, nil
	b.mu.Unlock()
	w.LoseCallbacks(1)
	w.DoubleCallbacks(1)
	if ack := w.Write("zhang", "lost").Wait(soon(t)); ack.Tries != 0 {
		t.Errorf("a lost callback: %+v", ack)
	}
	w.Write("zhang", "double").Wait(soon(t))
	w.ParallelRetries(true)
	w.Write("zhang", "parallel").Wait(soon(t))
	w.ParallelRetries(false)
	if !w.Await(soon(t), func() bool { return len(b.all()) == 4 }) {
		t.Errorf("with parallel retries, %d arrived", len(b.all()))
	}
	release := w.HoldCallbacks()
	held := w.Write("li", "held")
	if n := len(b.all()); n != 4 {
		t.Errorf("one lost, two double, one held: %d arrived", n)
	}
	release()
	if !held.Wait(soon(t)).Acknowledged {
		t.Error("what was held does not arrive")
	}
	w.ForgeCallbacks(true)
	if ack := w.Write("zhang", "forged").Wait(soon(t)); ack.Acknowledged || ack.Status != http.StatusForbidden {
		t.Errorf("a forged callback: %+v", ack)
	}
	if err := w.VerifyURL(soon(t), w.URL()+"/nowhere"); err == nil {
		t.Error("an address that answers something else is verified")
	}
}

func TestWebhook(t *testing.T) {
	clock := &Clock{}
	w := start(t, Config{Clock: clock})
	path := strings.TrimPrefix(w.WebhookURL(), w.URL()+"/cgi-bin/")
	text := func(s string) answer { return answer{"msgtype": "text", "text": answer{"content": s}} }
	want(t, "another key", post(t, w, "webhook/send?key=guess", text("61")), 93000)
	want(t, "too long", post(t, w, path, text(strings.Repeat("六", 700))), 45002)
	want(t, "a card with buttons", post(t, w, path, answer{"msgtype": "template_card", "template_card": buttons("t1")}), 40058)
	for i := range 20 {
		want(t, "within the limit", post(t, w, path, text(fmt.Sprint(i))), 0)
	}
	want(t, "over the limit", post(t, w, path, text("21")), 45009)
	clock.Advance(time.Minute)
	want(t, "a minute later", post(t, w, path, text("22")), 0)
	if n := len(w.Sent("webhook")); n != 21 {
		t.Errorf("%d messages are shown", n)
	}
}

// buttons is a card with two.
func buttons(task string) answer {
	return answer{
		"card_type": "button_interaction", "task_id": task, "main_title": answer{"title": "商户要人工"},
		"button_list": []answer{{"text": "接单", "style": 1, "key": "take"}, {"text": "已解决", "style": 2, "key": "done"}},
	}
}

func TestApp(t *testing.T) {
	clock := &Clock{}
	w := start(t, Config{Clock: clock})
	b := newBell(t, w)
	send := func(m answer) answer {
		m["agentid"] = w.config.AgentID
		return post(t, w, "message/send?access_token="+w.login(t, w.config.AppSecret), m)
	}
	text := func(to, s string) answer {
		return answer{"touser": to, "msgtype": "text", "text": answer{"content": s}}
	}
	want(t, "nobody", send(text("ghost", "61")), 81013)
	want(t, "too long", send(text("li", strings.Repeat("六", 683))), 45002)
	if a := want(t, "one of two", send(text("li|ghost", "61")), 0); a.str("invaliduser") != "ghost" || a.str("msgid") == "" {
		t.Errorf("one of two: %v", a)
	}
	checked := text("li", "真的")
	checked["enable_duplicate_check"] = 1
	send(checked)
	send(checked)
	clock.Advance(31 * time.Minute)
	send(checked)
	if n := len(w.Sent("app/li")); n != 3 {
		t.Errorf("with a duplicate check, %d messages are shown, want 3", n)
	}
	for i := range 40 {
		want(t, "many", send(text("wang", fmt.Sprint(i))), 0)
	}
	if c := w.Counters(); len(w.Sent("app/wang")) != 30 || c.Dropped != 11 {
		t.Errorf("of 40 in a minute, %d are shown: %+v", len(w.Sent("app/wang")), c)
	}

	card := want(t, "a card", send(answer{"touser": "zhang|li", "msgtype": "template_card", "template_card": buttons("esc-1")}), 0)
	if card.str("response_code") == "" {
		t.Fatalf("a card gives no response_code: %v", card)
	}
	if d := w.PressCard("li", "nothing"); d.Err == nil {
		t.Error("a button that is not there can be pressed")
	}
	w.PressCard("li", "take").Wait(soon(t))
	event := b.all()[0]
	if event.Event != "template_card_event" || event.EventKey != "take" || event.TaskId != "esc-1" || event.ResponseCode == "" {
		t.Fatalf("pressing is told as %+v", event)
	}
	update := func(code string) answer {
		return post(t, w, "message/update_template_card?access_token="+w.login(t, w.config.AppSecret), answer{
			"userids": []string{"zhang", "li"}, "agentid": w.config.AgentID, "response_code": code, "button": answer{"replace_name": "李已接单"},
		})
	}
	want(t, "updating", update(event.ResponseCode), 0)
	want(t, "updating twice", update(event.ResponseCode), 42045)
	clock.Advance(73 * time.Hour)
	want(t, "after 72 hours", update(card.str("response_code")), 42045)
	for _, s := range w.Sent("app/zhang") {
		if !strings.Contains(s.Text, "李已接单") {
			t.Errorf("the updated card says %q", s.Text)
		}
	}
	w.EnterApp("zhang").Wait(soon(t))
	w.WriteImage("zhang").Wait(soon(t))
	if d := w.Write("zhang", "]]> & <b>"); !d.Wait(soon(t)).Acknowledged {
		t.Error("a message is not acknowledged")
	}
	got := b.all()
	if last := got[len(got)-1]; last.Content != "]]> & <b>" || last.FromUserName != "zhang" || fmt.Sprint(last.MsgId) == "0" {
		t.Errorf("a message is told as %+v", last)
	}
}

func TestMedia(t *testing.T) {
	clock := &Clock{}
	w := start(t, Config{Clock: clock})
	token := w.login(t, w.config.KfSecret)
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	part, _ := parts.CreateFormFile("media", "log.txt")
	_, _ = part.Write([]byte("61 61 61"))
	parts.Close()
	defer http.DefaultClient.CloseIdleConnections()
	resp, err := http.Post(w.URL()+"/cgi-bin/media/upload?type=file&access_token="+token, parts.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	var up answer
	_ = json.NewDecoder(resp.Body).Decode(&up)
	resp.Body.Close()
	get := func(id string) string {
		resp, err := http.Get(w.URL() + "/cgi-bin/media/get?access_token=" + token + "&media_id=" + id)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		return string(data)
	}
	if got := get(up.str("media_id")); got != "61 61 61" {
		t.Errorf("what was uploaded as %v comes back as %q", up, got)
	}
	if got := get("guess"); !strings.Contains(got, "40007") {
		t.Errorf("an unknown file is %q", got)
	}
}
