package wecomtest

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// told is a line of the judge.
type told struct {
	ID     int
	Client string
	Event  string
	Frame  int
	Body   json.RawMessage
	Ack    *struct {
		Errcode int
		Body    json.RawMessage
		Media   string `json:"media_id"`
		Buffer  struct{ Data octets }
	}
	Error *struct {
		Errcode int
		Errmsg  string
	}
}

// octets are bytes as Node writes them: numbers in a list.
type octets []byte

func (o *octets) UnmarshalJSON(data []byte) error {
	var numbers []int
	err := json.Unmarshal(data, &numbers)
	for _, n := range numbers {
		*o = append(*o, byte(n))
	}
	return err
}

// judge is Tencent's own client in a process of its own.
type judge struct {
	t     testing.TB
	in    io.Writer
	lines chan told
	early []told // what came while something else was waited for
	n     int
}

func newJudge(t testing.TB) *judge {
	dir := os.Getenv("DECLINE61_TEST_JUDGES")
	if dir == "" {
		t.Skip("DECLINE61_TEST_JUDGES names no folder with node_modules: npm ci in a copy of bot/wecom/testdata/judges makes one")
	}
	node := exec.CommandContext(t.Context(), "node", "testdata/judges/sdk.mjs")
	node.Env = append(os.Environ(), "DECLINE61_TEST_JUDGES="+dir)
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	j := &judge{t: t, in: in, lines: make(chan told, 1000)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var l told
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				t.Errorf("the judge says %q", lines.Text())
				continue
			}
			j.lines <- l
		}
	}()
	t.Cleanup(func() {
		in.Close()
		<-ended
		_ = node.Wait()
	})
	return j
}

// until gives the first line that fits.
func (j *judge) until(what string, fits func(told) bool) told {
	j.t.Helper()
	for i, l := range j.early {
		if fits(l) {
			j.early = append(j.early[:i:i], j.early[i+1:]...)
			return l
		}
	}
	for {
		select {
		case l := <-j.lines:
			if fits(l) {
				return l
			}
			j.early = append(j.early, l)
		case <-time.After(2 * patience):
			j.t.Fatalf("%s does not come; instead %+v", what, j.early)
		}
	}
}

// event is the next of a kind that a client was told.
func (j *judge) event(client, event string) told {
	j.t.Helper()
	return j.until(client+" "+event, func(l told) bool { return l.Client == client && l.Event == event })
}

// do gives a command and waits for what comes of it.
func (j *judge) do(command answer) told {
	j.t.Helper()
	j.n++
	command["id"] = j.n
	data, _ := json.Marshal(command)
	if _, err := fmt.Fprintf(j.in, "%s\n", data); err != nil {
		j.t.Fatal(err)
	}
	return j.until("the outcome", func(l told) bool { return l.ID == j.n })
}

// noAnswer stands for an errcode where a connection broke.
const noAnswer = -999

// call calls a method of a client with the frame of something that it was told.
func (j *judge) call(client string, about told, method string, args ...any) int {
	j.t.Helper()
	got := j.do(answer{"client": client, "call": method, "frame": about.Frame, "args": args})
	switch {
	case got.Error != nil && got.Error.Errcode == 0:
		return noAnswer
	case got.Error != nil:
		return got.Error.Errcode
	}
	return got.Ack.Errcode
}

// TestJudge lets the official SDK talk to the long connection: it must find
// there what it finds at Tencent's. With node 20 or later:
//
//	dir=$(mktemp -d); cp bot/wecom/testdata/judges/package*.json "$dir"; (cd "$dir" && npm ci)
//	DECLINE61_TEST_JUDGES="$dir" go test -run Judge ./bot/wecom/wecomtest
func TestJudge(t *testing.T) {
	clock := &Clock{}
	w := start(t, Config{Clock: clock, PingTimeout: 2 * time.Second, SubscribeMinute: 100})
	j := newJudge(t)
	check := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: errcode %d, want %d", what, got, want)
		}
	}
	open := func(name, secret string) {
		j.do(answer{"client": name, "open": answer{
			"botId": w.config.BotID, "secret": secret, "wsUrl": w.SocketURL(), "heartbeatInterval": 400, // it gives a connection up after two without an answer
			"reconnectInterval": 1, "maxAuthFailureAttempts": 2,
		}})
	}
	open("wrong", "guess")
	j.until("giving up", func(l told) bool {
		return l.Event == "error" && strings.Contains(string(l.Body), "WS_AUTH_FAILURE_EXHAUSTED")
	})
	open("one", w.config.BotSecret)
	j.event("one", "authenticated")
	w.Await(soon(t), func() bool { return w.Live() != nil })

	w.EnterChat("li")
	enter := j.event("one", "event")
	check("welcome", j.call("one", enter, "replyWelcome", answer{"msgtype": "text", "text": answer{"content": "您好"}}), 0)

	w.DoubleCallbacks(1)
	w.Ask("li", "li", "刷卡显示61")
	question := j.event("one", "message")
	if twice := j.event("one", "message"); string(twice.Body) != string(question.Body) {
		t.Errorf("the message comes again as %s", twice.Body)
	}
	check("text", j.call("one", question, "reply", answer{"msgtype": "text", "text": answer{"content": "x"}}), 40008)
	check("too long", j.call("one", question, "replyStream", "s1", strings.Repeat("六", 7000), false), 45002)
	check("first frame", j.call("one", question, "replyStream", "s1", "查", false, nil, answer{"id": "f1"}), 0)
	check("second frame", j.call("one", question, "replyStream", "s1", "61 是", false), 0)
	check("last frame", j.call("one", question, "replyStream", "s1", "61 是超限", true), 0)
	if sent := w.Sent("bot/li"); len(sent) != 2 || sent[1].Text != "61 是超限" || !sent[1].Finished {
		t.Errorf("li sees %+v", sent)
	}
	w.Feedback("li", "li", 1, "")
	check("an answer to feedback", j.call("one", j.event("one", "event"), "reply", answer{"msgtype": "stream", "stream": answer{"id": "s5", "finish": true, "content": "谢谢"}}), 846605)

	w.Ask("li", "li", "转人工")
	question = j.event("one", "message")
	check("card", j.call("one", question, "replyTemplateCard", buttons("esc-1")), 0)
	w.Click("li", "li", "take")
	updated := buttons("esc-1")
	updated["main_title"] = answer{"title": "李已接单"}
	check("card update", j.call("one", j.event("one", "event"), "updateTemplateCard", updated), 0)
	if sent := w.Sent("bot/li"); !strings.Contains(sent[2].Text, "李已接单") {
		t.Errorf("the card says %q", sent[2].Text)
	}

	w.Ask("li", "li", "慢")
	question = j.event("one", "message")
	check("in time", j.call("one", question, "replyStream", "s2", "…", false), 0)
	clock.Advance(7 * time.Minute)
	check("too late", j.call("one", question, "replyStream", "s2", "好了", true), 846608)
	pushed := j.do(answer{"client": "one", "call": "sendMessage", "args": []any{"li", answer{"msgtype": "markdown", "markdown": answer{"content": "好了"}}}})
	if pushed.Ack == nil || pushed.Ack.Errcode != 0 {
		t.Errorf("a push: %+v", pushed)
	}
	file := j.do(answer{"client": "one", "call": "uploadMedia", "args": []any{
		answer{"base64": base64.StdEncoding.EncodeToString(make([]byte, 600<<10))}, answer{"type": "file", "filename": "log.txt"},
	}})
	if file.Ack == nil || file.Ack.Media == "" {
		t.Fatalf("an upload: %+v", file)
	}
	sent := j.do(answer{"client": "one", "call": "sendMediaMessage", "args": []any{"li", "file", file.Ack.Media}})
	if sent.Error != nil {
		t.Errorf("sending the file: %+v", sent.Error)
	}

	w.AskImage("li", "li")
	var image struct {
		Image struct{ URL, AESKey string }
	}
	if err := json.Unmarshal(j.event("one", "message").Body, &image); err != nil {
		t.Fatal(err)
	}
	picture := j.do(answer{"client": "one", "call": "downloadFile", "args": []any{image.Image.URL, image.Image.AESKey}})
	if picture.Ack == nil || string(picture.Ack.Buffer.Data) != "\xff\xd8\xff no picture" {
		t.Errorf("a picture: %+v", picture)
	}

	before := len(w.Calls("ping"))
	if !w.Await(soon(t), func() bool { return len(w.Calls("ping")) >= before+3 }) || w.Live() == nil {
		t.Error("the connection is not kept alive")
	}

	w.Ask("li", "li", "还有")
	question = j.event("one", "message")
	w.Fail(Fault{On: "aibot_respond_msg", Cut: true})
	check("a connection that breaks", j.call("one", question, "replyStream", "s3", "一", false), noAnswer)
	j.event("one", "authenticated")
	check("the req_id of a connection that is gone", j.call("one", question, "replyStream", "s3", "一", true), 846605)

	open("two", w.config.BotSecret)
	j.event("two", "authenticated")
	if kicked := j.event("one", "event"); !strings.Contains(string(kicked.Body), "disconnected_event") {
		t.Errorf("who is replaced is told %s", kicked.Body)
	}
	w.Ask("li", "li", "谁在")
	check("the new connection", j.call("two", j.event("two", "message"), "replyStream", "s4", "我在", true), 0)
	if n := len(w.Sockets()); n != 1 {
		t.Errorf("%d connections are open", n)
	}
	if got := w.Invariants(); len(got) != 1 || !strings.Contains(got[0], "s2 is not finished") {
		t.Errorf("broken rules: %q", got)
	}
	for _, c := range w.Complaints() {
		if !strings.Contains(c, "chat_type") { // which the SDK leaves out
			t.Errorf("complaint: %s", c)
		}
	}
	j.do(answer{"client": "two", "close": true})
}

// TestSealJudge compares the callbacks' encryption with @wecom/crypto, Tencent's
// own, over all lengths of padding: each reads what the other wrote.
func TestSealJudge(t *testing.T) {
	dir := os.Getenv("DECLINE61_TEST_JUDGES")
	if dir == "" {
		t.Skip("DECLINE61_TEST_JUDGES names no folder with node_modules: npm ci in a copy of bot/wecom/testdata/judges makes one")
	}
	key := newAESKey()
	var cases []answer
	for _, receiver := range []string{"ww1234567890abcdef", ""} {
		for n := range 33 {
			plain := strings.Repeat("x", n) + "六"
			cases = append(cases, answer{
				"plain": plain, "receiver": receiver, "random": "0123456789abcdef",
				"ours": newSeal("token", key, receiver).encrypt([]byte(plain)),
			})
		}
	}
	in, _ := json.Marshal(answer{"key": key, "token": "token", "timestamp": "1", "nonce": "2", "cases": cases})
	node := exec.CommandContext(t.Context(), "node", "../testdata/judges/crypt.mjs")
	node.Env = append(os.Environ(), "DECLINE61_TEST_JUDGES="+dir)
	node.Stdin, node.Stderr = strings.NewReader(string(in)), os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var verdicts []struct{ Encrypted, Signature, Message, ID string }
	if err := json.Unmarshal(out, &verdicts); err != nil || len(verdicts) != len(cases) {
		t.Fatalf("%d verdicts on %d cases: %v", len(verdicts), len(cases), err)
	}
	for i, v := range verdicts {
		s := newSeal("token", key, cases[i].str("receiver"))
		theirs, err := s.decrypt(v.Encrypted)
		if v.Message != cases[i].str("plain") || v.ID != s.receiver || string(theirs) != v.Message || err != nil || v.Signature != s.sign("1", "2", v.Encrypted) {
			t.Errorf("%q for %q: the judge reads %q for %q, we read %q of its: %v", cases[i].str("plain"), s.receiver, v.Message, v.ID, theirs, err)
		}
	}
}
