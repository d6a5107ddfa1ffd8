package wecomtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// line is a client of the long connection.
type line struct {
	t    testing.TB
	conn *websocket.Conn
	n    int
}

// got is a frame that came.
type got struct {
	Cmd     string
	Headers struct {
		ReqID string `json:"req_id"`
	}
	Errcode int
	Errmsg  string
	Body    struct {
		MsgID   string
		MsgType string
		Text    struct{ Content string }
		Event   struct{ EventType string }
		Chat    string `json:"chatid"`
		ID      string `json:"upload_id"`
		Media   string `json:"media_id"`
	}
}

func dial(t testing.TB, w *WeCom) *line {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(w.SocketURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &line{t: t, conn: conn}
}

// connect dials and subscribes.
func (w *WeCom) connect(t testing.TB) *line {
	t.Helper()
	l := dial(t, w)
	if a := l.ask("aibot_subscribe", answer{"bot_id": w.config.BotID, "secret": w.config.BotSecret}); a.Errcode != 0 {
		t.Fatalf("subscribing: %+v", a)
	}
	if !w.Await(soon(t), func() bool { return w.Live() != nil }) {
		t.Fatal("no connection is live")
	}
	return l
}

func (l *line) read() (f got) {
	l.t.Helper()
	_ = l.conn.SetReadDeadline(time.Now().Add(patience))
	if err := l.conn.ReadJSON(&f); err != nil {
		l.t.Fatalf("reading a frame: %v", err)
	}
	return f
}

func (l *line) write(cmd, reqID string, body any) {
	l.t.Helper()
	if err := l.conn.WriteJSON(answer{"cmd": cmd, "headers": answer{"req_id": reqID}, "body": body}); err != nil {
		l.t.Fatalf("writing a frame: %v", err)
	}
}

// ask sends a frame under an id of its own and waits for its acknowledgement.
func (l *line) ask(cmd string, body any) got {
	l.t.Helper()
	l.n++
	return l.reply(fmt.Sprint(cmd, l.n), cmd, body)
}

func (l *line) reply(reqID, cmd string, body any) got {
	l.t.Helper()
	l.write(cmd, reqID, body)
	f := l.read()
	if f.Headers.ReqID != reqID || f.Cmd != "" {
		l.t.Fatalf("%s is acknowledged by %+v", cmd, f)
	}
	return f
}

func wantAck(t testing.TB, what string, f got, code int) {
	t.Helper()
	if f.Errcode != code {
		t.Errorf("%s: %d %s, want %d", what, f.Errcode, f.Errmsg, code)
	}
}

func frameOf(id string, finish bool, content string) answer {
	return answer{"msgtype": "stream", "stream": answer{"id": id, "finish": finish, "content": content}}
}

func TestSocket(t *testing.T) {
	clock := &Clock{}
	w := start(t, Config{Clock: clock})
	if ack := w.Ask("li", "li", "有人吗").Wait(soon(t)); ack.Acknowledged {
		t.Error("without a connection somebody is told")
	}
	l := dial(t, w)
	wantAck(t, "before subscribing", l.ask("ping", nil), 853000)
	wantAck(t, "a wrong secret", l.ask("aibot_subscribe", answer{"bot_id": w.config.BotID, "secret": "guess"}), 853000)
	l = w.connect(t)
	wantAck(t, "ping", l.ask("ping", nil), 0)
	wantAck(t, "an unknown command", l.ask("aibot_dance", nil), 40058)

	w.EnterChat("li")
	enter := l.read()
	if enter.Cmd != "aibot_event_callback" || enter.Body.Event.EventType != "enter_chat" {
		t.Fatalf("entering is told as %+v", enter)
	}
	hello := answer{"msgtype": "text", "text": answer{"content": "您好"}}
	wantAck(t, "a message to an event", l.reply(enter.Headers.ReqID, "aibot_respond_msg", frameOf("s0", true, "x")), 846605)
	wantAck(t, "welcome", l.reply(enter.Headers.ReqID, "aibot_respond_welcome_msg", hello), 0)
	wantAck(t, "welcome twice", l.reply(enter.Headers.ReqID, "aibot_respond_welcome_msg", hello), 846605)
	w.EnterChat("li") // again today: nobody is told

	w.DoubleCallbacks(1)
	w.Ask("li", "li", "61")
	first, second := l.read(), l.read()
	if first != second || first.Cmd != "aibot_msg_callback" || first.Body.Text.Content != "61" {
		t.Fatalf("a frame that comes twice is %+v and %+v", first, second)
	}
	req := first.Headers.ReqID
	respond := func(body answer) got { return l.reply(req, "aibot_respond_msg", body) }
	wantAck(t, "text", respond(hello), 40008)
	wantAck(t, "too long", respond(frameOf("s1", false, strings.Repeat("x", 20481))), 45002)
	wantAck(t, "first frame", respond(frameOf("s1", false, "<think>查一下</think>")), 0)
	wantAck(t, "another stream", respond(frameOf("s2", false, "x")), 40058)
	wantAck(t, "second frame", respond(frameOf("s1", false, "61 是")), 0)
	if sent := w.Sent("bot/li"); len(sent) != 2 || sent[1].Text != "61 是" || sent[1].Finished {
		t.Errorf("in the middle there is %+v", sent)
	}
	if got := w.Invariants(); len(got) != 1 {
		t.Errorf("a stream that is not finished: %q", got)
	}
	wantAck(t, "last frame", respond(frameOf("s1", true, "61 是超限")), 0)
	wantAck(t, "last frame again", respond(frameOf("s1", true, "61 是超限")), 0)
	wantAck(t, "after the last frame", respond(frameOf("s1", true, "别的")), 846608)
	wantAck(t, "a made-up req_id", l.reply("guess", "aibot_respond_msg", frameOf("s9", true, "x")), 846605)

	w.Ask("li", "li", "慢慢来")
	late := l.read().Headers.ReqID
	wantAck(t, "in time", l.reply(late, "aibot_respond_msg", frameOf("s3", false, "等等")), 0)
	clock.Advance(6*time.Minute + time.Second)
	wantAck(t, "after six minutes", l.reply(late, "aibot_respond_msg", frameOf("s3", true, "好了")), 846608)
	push := func(chat string, kind int, m string) got {
		return l.ask("aibot_send_msg", answer{"chatid": chat, "chat_type": kind, "msgtype": "markdown", "markdown": answer{"content": m}})
	}
	wantAck(t, "a push", push("li", 1, "**好了**"), 0)
	wantAck(t, "a push to a group that is none", push("li", 2, "x"), 93006)
	wantAck(t, "a push to who never wrote", push("wang", 1, "x"), 93006)
	for i := range 28 { // with the late frame and the first push
		wantAck(t, "within the limit", push("li", 1, fmt.Sprint(i)), 0)
	}
	wantAck(t, "31 in a minute", push("li", 1, "x"), 45009)
	if got := w.Invariants(); len(got) != 1 || !strings.Contains(got[0], "s3 is not finished") {
		t.Errorf("broken rules: %q", got)
	}
}

func TestSocketCards(t *testing.T) {
	clock := &Clock{}
	w := start(t, Config{Clock: clock})
	w.AddGroup("g1", "li", "wang")
	l := w.connect(t)
	w.Ask("g1", "li", "转人工")
	q := l.read()
	if q.Body.Text.Content != "@"+BotName+" 转人工" || q.Body.Chat != "g1" {
		t.Errorf("in a group the bot is told %+v", q.Body)
	}
	both := frameOf("s1", true, "已记录")
	both["msgtype"], both["template_card"] = "stream_with_template_card", buttons("esc-1")
	both["stream"].(answer)["feedback"] = answer{"id": "f1"}
	wantAck(t, "stream with card", l.reply(q.Headers.ReqID, "aibot_respond_msg", both), 0)
	w.Click("g1", "wang", "take")
	event := l.read()
	update := func(task string) got {
		card := buttons(task)
		card["main_title"] = answer{"title": "王已接单"}
		return l.reply(event.Headers.ReqID, "aibot_respond_update_msg", answer{"response_type": "update_template_card", "template_card": card})
	}
	wantAck(t, "another card", update("esc-2"), 40058)
	wantAck(t, "update", update("esc-1"), 0)
	if sent := w.Sent("bot/g1"); len(sent) != 2 || !strings.Contains(sent[0].Text, "王已接单") {
		t.Errorf("the group sees %+v", sent)
	}
	w.Click("g1", "wang", "done")
	event = l.read()
	clock.Advance(6 * time.Second)
	wantAck(t, "update after 5 s", update("esc-1"), 846605)
	if d := w.Feedback("g1", "li", 2, "不对", 3); d.Err != nil {
		t.Fatal(d.Err)
	}
	event = l.read()
	if event.Body.Event.EventType != "feedback_event" {
		t.Errorf("feedback is told as %+v", event)
	}
	wantAck(t, "an answer to feedback", l.reply(event.Headers.ReqID, "aibot_respond_msg", frameOf("s2", true, "谢谢")), 846605)
	init := l.ask("aibot_upload_media_init", answer{"type": "file", "filename": "a.txt", "total_size": 6, "total_chunks": 2})
	for i, part := range []string{"YWJj", "ZGVm"} {
		wantAck(t, "a piece", l.ask("aibot_upload_media_chunk", answer{"upload_id": init.Body.ID, "chunk_index": i, "base64_data": part}), 0)
	}
	if done := l.ask("aibot_upload_media_finish", answer{"upload_id": init.Body.ID}); done.Body.Media == "" {
		t.Errorf("an upload ends with %+v", done)
	}
}

func TestSocketKick(t *testing.T) {
	w := start(t, Config{SubscribeMinute: 3})
	one := w.connect(t)
	w.Ask("li", "li", "61")
	req := one.read().Headers.ReqID
	two := w.connect(t)
	if f := one.read(); f.Body.Event.EventType != "disconnected_event" {
		t.Errorf("who is replaced is told %+v", f)
	}
	if _, _, err := one.conn.ReadMessage(); err == nil {
		t.Error("who is replaced stays connected")
	}
	wantAck(t, "the old connection's req_id", two.reply(req, "aibot_respond_msg", frameOf("s1", true, "x")), 846605)
	w.KickSoftly(true)
	three := w.connect(t)
	two.read()
	wantAck(t, "a half-alive connection's ping", two.ask("ping", nil), 0)
	two.write("aibot_send_msg", "p1", answer{"chatid": "li"})
	wantAck(t, "a fourth subscription", dial(t, w).ask("aibot_subscribe", answer{"bot_id": w.config.BotID, "secret": w.config.BotSecret}), 45009)
	w.Ask("li", "li", "谁在")
	if f := three.read(); f.Body.Text.Content != "谁在" {
		t.Errorf("the new connection is told %+v", f)
	}
	_ = two.conn.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	if _, data, err := two.conn.ReadMessage(); err == nil {
		t.Errorf("a half-alive connection is told %s", data)
	}
}

func TestSocketFaults(t *testing.T) {
	w := start(t, Config{PingTimeout: 150 * time.Millisecond})
	l := w.connect(t)
	w.Ask("li", "li", "61")
	req := l.read().Headers.ReqID
	w.Fail(Fault{On: "aibot_respond_msg", Stored: true, Mute: true})
	l.write("aibot_respond_msg", req, frameOf("s1", false, "一"))
	wantAck(t, "after a frame without acknowledgement", l.reply(req, "aibot_respond_msg", frameOf("s1", false, "二")), 0)
	w.Fail(Fault{On: "aibot_respond_msg", Stored: true, Delay: 50 * time.Millisecond})
	l.write("aibot_respond_msg", req, frameOf("s1", false, "三"))
	wantAck(t, "two frames at once", l.reply(req, "aibot_respond_msg", frameOf("s1", false, "四")), 45033)
	l.read()
	w.Fail(Fault{On: "aibot_respond_msg", Code: 846608})
	f := l.reply(req, "aibot_respond_msg", frameOf("s1", true, "完"))
	wantAck(t, "a code", f, 846608)
	if !strings.Contains(f.Errmsg, `"完"`) {
		t.Error("an error does not repeat what was sent")
	}
	w.Fail(Fault{On: "aibot_respond_msg", Cut: true})
	l.write("aibot_respond_msg", req, frameOf("s1", true, "完"))
	if _, _, err := l.conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseAbnormalClosure) {
		t.Errorf("a broken connection ends with %v", err)
	}
	l = w.connect(t)
	live := w.Live()
	live.HalfAlive()
	if w.Ask("li", "li", "在吗").Wait(soon(t)).Acknowledged {
		t.Error("a half-alive connection is told something")
	}
	wantAck(t, "its ping", l.ask("ping", nil), 0)
	live.HalfOpen()
	l.write("ping", "p1", nil)
	_ = l.conn.SetReadDeadline(time.Now().Add(patience))
	if _, data, err := l.conn.ReadMessage(); err == nil {
		t.Errorf("a half-open connection says %s", data)
	}
	if !w.Await(soon(t), func() bool { return w.Live() == nil }) {
		t.Error("a connection without pings stays")
	}
}

func TestTranscript(t *testing.T) {
	w := start(t, Config{})
	w.Say(DefaultAccount, "wm1", "61")
	data, err := json.Marshal(w.Transcript(""))
	if err != nil || !strings.Contains(string(data), `"conversation":"kf/wkDECLINE61/wm1"`) {
		t.Errorf("as JSON it is %s %v", data, err)
	}
	if left := w.Unanswered(); len(left) != 1 || left[0].Text != "61" {
		t.Errorf("unanswered is %+v", left)
	}
}

// TestInvariants: what the checker is for, it must find.
func TestInvariants(t *testing.T) {
	d := newKfTest(t)
	d.Say(kfid, "wm1", "61")
	d.send("核对金额")
	d.call("service_state/trans", answer{"service_state": 1})
	if got := d.Invariants(); len(got) != 0 {
		t.Errorf("one answer breaks rules: %q", got)
	}
	d.send("核对金额")
	if got := d.Invariants(); len(got) != 1 || !strings.Contains(got[0], "just said") {
		t.Errorf("the same answer twice: %q", got)
	}
	d.Say(kfid, "wm1", "61")
	d.send("核对金额")
	if got := d.Invariants(); len(got) != 1 {
		t.Errorf("the same answer to another message: %q", got)
	}
	l := d.connect(t)
	d.DoubleCallbacks(1)
	d.Ask("li", "li", "61")
	one, two := l.read(), l.read()
	wantAck(t, "a blank answer", l.reply(one.Headers.ReqID, "aibot_respond_msg", frameOf("s1", true, "<think>想</think> ")), 0)
	if got := d.Invariants(); len(got) != 2 || !strings.Contains(got[0], "without a visible word") {
		t.Errorf("a blank answer: %q", got)
	}
	wantAck(t, "a second answer", l.reply(two.Headers.ReqID, "aibot_respond_msg", answer{"msgtype": "markdown", "markdown": answer{"content": "又一个"}}), 0)
	d.Ask("li", "li", "62")
	wantAck(t, "another's stream", l.reply(l.read().Headers.ReqID, "aibot_respond_msg", frameOf("s1", true, "x")), 40058)
	if got := d.Invariants(); len(got) != 4 {
		t.Errorf("two answers, and a stream for two messages: %q", got)
	}
}
