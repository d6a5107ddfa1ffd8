package wecomtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"decline61/bot"
	"decline61/bot/channeltest"
	"decline61/bot/mask"
)

// These channels do no more than the suite asks for. They are here to show that
// a channel can pass on each Platform.

// simple is what they share.
type simple struct {
	w    *WeCom
	name string

	mu    sync.Mutex
	inbox bot.Inbox
	token string
}

func (c *simple) use(in bot.Inbox) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = in
}

func (c *simple) in() bot.Inbox {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inbox
}

func (c *simple) Manner() bot.Manner {
	return bot.Manner{Name: c.name, MaxText: 2048, Timeout: 700 * time.Millisecond}
}

func (c *simple) Find(context.Context, bot.Outgoing) (bot.Receipt, bool, error) {
	return bot.Receipt{}, false, nil
}

func (c *simple) receive(ctx context.Context, thread, id, text string, role bot.Role, cursor string) error {
	in := c.in()
	if in == nil {
		return errors.New("not running")
	}
	d := bot.Delivery{Channel: c.name, CursorName: "cursor", CursorValue: cursor}
	if id != "" {
		masked, found := mask.Mask(text)
		d.Messages = []bot.Message{{ID: id, From: bot.Address{Channel: c.name, Thread: thread}, Role: role, Text: masked, Found: found, Time: time.Now()}}
	}
	_, err := in.Receive(ctx, d)
	return err
}

// call makes a request and gives its errcode.
func (c *simple) call(ctx context.Context, path string, body, into any) (int, error) {
	c.mu.Lock()
	token := c.token
	c.mu.Unlock()
	data, _ := json.Marshal(body)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.w.URL()+"/cgi-bin/"+path+"?access_token="+token, bytes.NewReader(data))
	if body == nil {
		r, err = http.NewRequestWithContext(ctx, http.MethodGet, c.w.URL()+"/cgi-bin/"+path, nil)
	}
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, errors.New("no answer")
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	var got struct{ Errcode int }
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(raw, &got) != nil {
		return 0, errors.New("no good answer")
	}
	return got.Errcode, json.Unmarshal(raw, into)
}

func (c *simple) login(ctx context.Context) error {
	secret := c.w.config.KfSecret
	if c.name == "app" {
		secret = c.w.config.AppSecret
	}
	var got struct {
		Token string `json:"access_token"`
	}
	_, err := c.call(ctx, "gettoken?corpid="+c.w.config.CorpID+"&corpsecret="+secret, nil, &got)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = got.Token
	return err
}

func (c *simple) Recover(ctx context.Context, class bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	if class == bot.OtherRoute {
		return o, errors.New("there is no other")
	}
	return o, c.login(ctx)
}

// sent reads what a request to send came to.
func sent(code int, err error) error {
	classes := map[int]bot.Class{40008: bot.Never, 45002: bot.Never, 42001: bot.NeedsCredentials, 95018: bot.StateMoved, 95002: bot.OtherRoute, 846608: bot.OtherRoute}
	if err != nil || code == 0 {
		return err
	}
	return &bot.SendError{Class: classes[code], Err: fmt.Errorf("errcode %d", code)}
}

// kfChannel is 微信客服.
type kfChannel struct {
	simple
	ring   chan string
	pulled string // cursor
}

func (c *kfChannel) Run(ctx context.Context, in bot.Inbox) error {
	defer http.DefaultClient.CloseIdleConnections()
	if err := c.login(ctx); err != nil {
		return err
	}
	c.use(in)
	defer c.use(nil)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case token := <-c.ring:
			_ = c.pull(ctx, token) // the next ring tries again
		}
	}
}

func (c *kfChannel) pull(ctx context.Context, token string) error {
	for {
		var got struct {
			Next string `json:"next_cursor"`
			More int    `json:"has_more"`
			List []struct {
				ID       string `json:"msgid"`
				Account  string `json:"open_kfid"`
				Customer string `json:"external_userid"`
				Origin   int
				Text     struct{ Content string }
			} `json:"msg_list"`
		}
		code, err := c.call(ctx, "kf/sync_msg", answer{"open_kfid": kfid, "cursor": c.pulled, "token": token, "limit": 1}, &got)
		if err != nil || code != 0 {
			return errors.New("not pulled")
		}
		for _, m := range got.List {
			role := bot.Merchant
			if m.Origin == 5 {
				role = bot.Agent
			}
			if err := c.receive(ctx, m.Account+"/"+m.Customer, m.ID, m.Text.Content, role, got.Next); err != nil {
				return err
			}
		}
		c.pulled = got.Next
		if got.More == 0 {
			return nil
		}
	}
}

func (c *kfChannel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	account, customer := splitKf(o.To.Thread)
	sum := sha256.Sum256([]byte(o.Key))
	id := base32.StdEncoding.EncodeToString(sum[:])[:32]
	code, err := c.call(ctx, "kf/send_msg", answer{
		"touser": customer, "open_kfid": account, "msgid": id, "msgtype": "text", "text": answer{"content": o.Text.String()},
	}, &struct{}{})
	if code == 40058 { // it is there
		code = 0
	}
	return bot.Receipt{ID: id}, sent(code, err)
}

// unseal takes a callback of kf and app apart.
func unseal(w *WeCom, r *http.Request) ([]byte, error) {
	q := r.URL.Query()
	s := newSeal(w.config.Token, w.config.AESKey, w.config.CorpID)
	var sealed struct{ Encrypt string }
	if err := xml.NewDecoder(r.Body).Decode(&sealed); err != nil {
		return nil, err
	}
	if s.sign(q.Get("timestamp"), q.Get("nonce"), sealed.Encrypt) != q.Get("msg_signature") {
		return nil, errors.New("wrong signature")
	}
	return s.decrypt(sealed.Encrypt)
}

func (c *kfChannel) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	plain, err := unseal(c.w, r)
	var got received
	if err == nil {
		err = xml.Unmarshal(plain, &got)
	}
	if err == nil { // that there is something is kept before it is acknowledged
		err = c.receive(r.Context(), "", "", "", "", "rung")
	}
	if err != nil {
		http.Error(rw, "not kept", http.StatusServiceUnavailable)
		return
	}
	select {
	case c.ring <- got.Token:
	default:
	}
}

func TestKfPlatform(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Setup{
		Threads: [2]string{kfid + "/wm1", kfid + "/wm2"},
		Keyed:   true,
		Open: func(t testing.TB) (bot.Channel, channeltest.Platform) {
			w := start(t, Config{TokenMinute: 1000})
			c := &kfChannel{simple: simple{w: w, name: "kf"}, ring: make(chan string, 1)}
			s := httptest.NewServer(c)
			t.Cleanup(s.Close)
			w.CallBack(s.URL, "", "")
			p := w.KfPlatform(kfid+"/wm1", kfid+"/wm2")
			p.Again = 0
			return c, p
		},
	})
}

// appChannel is the self-built application.
type appChannel struct{ simple }

func (c *appChannel) Run(ctx context.Context, in bot.Inbox) error {
	defer http.DefaultClient.CloseIdleConnections()
	if err := c.login(ctx); err != nil {
		return err
	}
	c.use(in)
	defer c.use(nil)
	<-ctx.Done()
	return ctx.Err()
}

func (c *appChannel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	var got struct{ MsgID string }
	code, err := c.call(ctx, "message/send", answer{
		"touser": o.To.Thread, "agentid": c.w.config.AgentID, "msgtype": "text", "text": answer{"content": o.Text.String()},
		"enable_duplicate_check": 1, "duplicate_check_interval": 1800,
	}, &got)
	return bot.Receipt{ID: got.MsgID}, sent(code, err)
}

func (c *appChannel) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	plain, err := unseal(c.w, r)
	var got received
	if err == nil {
		err = xml.Unmarshal(plain, &got)
	}
	if err == nil {
		err = c.receive(r.Context(), got.FromUserName, fmt.Sprint(got.MsgId), got.Content, bot.Merchant, "")
	}
	if err != nil {
		http.Error(rw, "not kept", http.StatusServiceUnavailable)
	}
}

func TestAppPlatform(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Setup{
		Threads: [2]string{"zhang", "li"}, Keyed: true, NoAgents: true,
		Open: func(t testing.TB) (bot.Channel, channeltest.Platform) {
			w := start(t, Config{})
			c := &appChannel{simple{w: w, name: "app"}}
			s := httptest.NewServer(c)
			t.Cleanup(s.Close)
			w.CallBack("", s.URL, "")
			p := w.AppPlatform()
			p.Again = 0
			return c, p
		},
	})
}

// socketChannel is the AI bot over the long connection. An answer is the last
// frame of the stream of what was asked last in its thread, or a push.
type socketChannel struct {
	simple
	conn  *websocket.Conn
	open  map[string]string // thread -> req_id
	acks  map[string]chan int
	count int
	turn  sync.Mutex
}

func (c *socketChannel) Run(ctx context.Context, in bot.Inbox) error {
	conn, _, err := websocket.DefaultDialer.DialContext(ctx, c.w.SocketURL(), nil)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	c.mu.Lock()
	c.conn, c.inbox, c.open, c.acks = conn, in, map[string]string{}, map[string]chan int{}
	c.mu.Unlock()
	defer c.use(nil)
	_ = c.write("aibot_subscribe", "sub", answer{"bot_id": c.w.config.BotID, "secret": c.w.config.BotSecret})
	var work sync.WaitGroup
	defer work.Wait()
	for {
		var f struct {
			Cmd     string
			Headers struct {
				ReqID string `json:"req_id"`
			}
			Errcode int
			Body    struct {
				MsgID  string
				ChatID string
				From   struct{ UserID string }
				Text   struct{ Content string }
			}
		}
		if err := conn.ReadJSON(&f); err != nil {
			return ctx.Err()
		}
		if f.Cmd == "aibot_msg_callback" {
			thread := f.Body.From.UserID
			if f.Body.ChatID != "" {
				thread = f.Body.ChatID + "/" + thread
			}
			work.Go(func() {
				err := c.receive(ctx, thread, f.Body.MsgID, f.Body.Text.Content, bot.Merchant, "")
				c.mu.Lock()
				c.open[thread] = f.Headers.ReqID
				c.mu.Unlock()
				_, _ = c.ask(ctx, "aibot_respond_msg", f.Headers.ReqID, frameOf("s-"+f.Headers.ReqID, err != nil, "请再发一次"))
			})
			continue
		}
		c.mu.Lock()
		if wait := c.acks[f.Headers.ReqID]; wait != nil {
			select {
			case wait <- f.Errcode:
			default:
			}
		}
		c.mu.Unlock()
	}
}

func (c *socketChannel) write(cmd, reqID string, body any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn.WriteJSON(answer{"cmd": cmd, "headers": answer{"req_id": reqID}, "body": body})
}

// ask writes a frame and waits for its acknowledgement, one after the other.
func (c *socketChannel) ask(ctx context.Context, cmd, reqID string, body any) (int, error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	wait := make(chan int, 1)
	c.mu.Lock()
	c.acks[reqID] = wait
	c.mu.Unlock()
	if c.write(cmd, reqID, body) != nil {
		return 0, errors.New("not written")
	}
	select {
	case code := <-wait:
		return code, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (c *socketChannel) Manner() bot.Manner {
	return bot.Manner{Name: c.name, MaxText: mostContent, Timeout: 700 * time.Millisecond}
}

func (c *socketChannel) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	c.mu.Lock()
	reqID, asked := c.open[o.To.Thread]
	c.count++
	push := fmt.Sprint("push", c.count)
	c.mu.Unlock()
	if asked {
		code, err := c.ask(ctx, "aibot_respond_msg", reqID, frameOf("s-"+reqID, true, o.Text.String()))
		return bot.Receipt{ID: "s-" + reqID}, sent(code, err)
	}
	code, err := c.ask(ctx, "aibot_send_msg", push, answer{"chatid": o.To.Thread, "chat_type": 1, "msgtype": "markdown", "markdown": answer{"content": o.Text.String()}})
	return bot.Receipt{}, sent(code, err)
}

func TestBotPlatform(t *testing.T) {
	t.Parallel()
	for name, greet := range map[string][]string{"streams": {"g1/zhang"}, "pushes": nil} {
		threads := [2]string{"zhang", "li"}
		if greet != nil {
			threads[0] = greet[0]
		}
		t.Run(name, func(t *testing.T) {
			channeltest.Run(t, channeltest.Setup{
				Threads: threads, Keyed: true, NoAgents: true, Unsigned: true,
				Open: func(t testing.TB) (bot.Channel, channeltest.Platform) {
					w := start(t, Config{})
					p := w.BotPlatform(threads[:]...)
					p.Greet = greet
					p.Cannot = []channeltest.Fault{channeltest.Cut} // it does not connect again
					return &socketChannel{simple: simple{w: w, name: "aibot"}}, p
				},
			})
		})
	}
}

// httpChannel is the AI bot by callback. An answer is what is polled next.
type httpChannel struct {
	simple
	streams map[string]string // thread -> id
	texts   map[string]string // id -> what it says when it is finished
}

func (c *httpChannel) Run(ctx context.Context, in bot.Inbox) error {
	c.use(in)
	defer c.use(nil)
	<-ctx.Done()
	return ctx.Err()
}

func (c *httpChannel) Send(_ context.Context, o bot.Outgoing) (bot.Receipt, error) {
	if o.Text.Len() > mostContent {
		return bot.Receipt{}, &bot.SendError{Class: bot.Never, Err: errors.New("too long")}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.streams[o.To.Thread]
	c.texts[id] = o.Text.String()
	return bot.Receipt{ID: id}, nil
}

func (c *httpChannel) Manner() bot.Manner {
	return bot.Manner{Name: c.name, MaxText: mostContent, Timeout: 700 * time.Millisecond}
}

func TestBotPlatformByCallback(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Setup{
		Threads: [2]string{"zhang", "li"}, Keyed: true, NoAgents: true,
		Open: func(t testing.TB) (bot.Channel, channeltest.Platform) {
			w := start(t, Config{Poll: time.Minute})
			c := &httpChannel{simple: simple{w: w, name: "aibot"}, streams: map[string]string{}, texts: map[string]string{}}
			newBotBell(t, w, func(body map[string]any) any {
				thread := body["from"].(map[string]any)["userid"].(string)
				if body["msgtype"] == "stream" {
					c.mu.Lock()
					defer c.mu.Unlock()
					id := body["stream"].(map[string]any)["id"].(string)
					return frameOf(id, c.texts[id] != "", c.texts[id])
				}
				id := body["msgid"].(string)
				if c.receive(t.Context(), thread, id, body["text"].(map[string]any)["content"].(string), bot.Merchant, "") != nil {
					return http.StatusServiceUnavailable
				}
				c.mu.Lock()
				defer c.mu.Unlock()
				c.streams[thread] = "s-" + id
				return frameOf("s-"+id, false, "")
			})
			p := w.BotPlatform("zhang", "li")
			p.Greet = []string{"zhang"}
			return c, p
		},
	})
}
