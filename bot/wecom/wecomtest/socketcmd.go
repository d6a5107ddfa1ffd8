package wecomtest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

// replyLife is how long a message may be answered by its req_id.
const replyLife = 24 * time.Hour

// answer does what a frame asks for.
func (s *Socket) answer(f *frame) (object, error) {
	w := s.w
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case f.Cmd == "aibot_subscribe":
		return nil, s.subscribe(f)
	case !s.subscribed:
		return nil, refuse(853000, "not subscribed")
	}
	switch f.Cmd {
	case "ping":
		return nil, nil
	case "aibot_respond_msg", "aibot_respond_welcome_msg", "aibot_respond_update_msg":
		return nil, s.respond(f)
	case "aibot_send_msg":
		return nil, w.push(f)
	case "aibot_upload_media_init", "aibot_upload_media_chunk", "aibot_upload_media_finish":
		return w.uploading(f)
	default:
		return nil, refuse(40058, "unknown cmd "+f.Cmd)
	}
}

func (s *Socket) subscribe(f *frame) error {
	w := s.w
	var in struct {
		ID     string `json:"bot_id"`
		Secret string `json:"secret"`
	}
	switch {
	case json.Unmarshal(f.Body, &in) != nil:
		return refuse(47001, "no JSON")
	case !w.bot.subscribe.take(w.now(), w.config.SubscribeMinute, time.Minute):
		return refuse(45009, "subscribed too often")
	case in.ID != w.config.BotID || in.Secret != w.config.BotSecret:
		return refuse(853000, "invalid bot_id or secret")
	}
	s.subscribed = true
	return nil
}

// subscribed makes s the one connection that is told. The one before it is told
// so, and ends.
func (w *WeCom) subscribed(s *Socket) {
	w.mu.Lock()
	old := w.bot.live
	w.bot.live = s
	softly := w.bot.softly
	if old == s {
		old = nil
	}
	var last object
	if old != nil {
		last = object{"cmd": "aibot_event_callback", "headers": object{"req_id": w.id("req")}, "body": object{
			"msgid": w.id("BOTEVT"), "create_time": w.now().Unix(), "aibotid": w.config.BotID,
			"msgtype": "event", "event": object{"eventtype": "disconnected_event"},
		}}
		old.requests = map[string]*request{}
	}
	w.touch()
	w.mu.Unlock()
	switch {
	case old == nil:
	case softly:
		old.Send(last)
		old.HalfAlive()
	default:
		old.Send(last)
		old.Close(websocket.CloseNormalClosure)
	}
}

// tellBySocket sends what happened over the live connection. There is no
// acknowledgement in the protocol: what is sent while there is no connection,
// or a half-alive one, is lost. The caller holds mu.
func (w *WeCom) tellBySocket(d *Delivery, rq *request, body object) {
	s, reqID := w.bot.live, w.id("req")
	f := object{"cmd": "aibot_msg_callback", "headers": object{"req_id": reqID}, "body": body}
	if rq.kind != "message" {
		f["cmd"] = "aibot_event_callback"
	}
	lost, twice, holding := s == nil || w.sender.lose > 0, w.sender.double > 0, w.sender.holding
	if w.sender.lose > 0 {
		w.sender.lose--
	} else if twice {
		w.sender.double--
	}
	if lost {
		rq.done()
		d.finish(Ack{})
		return
	}
	s.requests[reqID] = rq
	send := func() {
		sent := s.tell(f)
		if twice {
			s.tell(f)
		}
		d.finish(Ack{Acknowledged: sent, Tries: 1})
	}
	if holding {
		w.sender.held = append(w.sender.held, send)
		return
	}
	send() // under mu, so that what was said first comes first
}

// tell is Send of what happened; of that, a half-alive connection hears nothing.
func (s *Socket) tell(f object) bool {
	s.mu.Lock()
	deaf := s.deaf
	s.mu.Unlock()
	return !deaf && s.Send(f)
}

// respond shows an answer to what the bot was told over this connection.
func (s *Socket) respond(f *frame) error {
	w, rq := s.w, s.requests[f.Headers.ReqID]
	var r botReply
	switch {
	case rq == nil || w.now().Sub(rq.at) > replyLife:
		return refuse(846605, "invalid req_id")
	case json.Unmarshal(f.Body, &r) != nil:
		return refuse(47001, "no JSON")
	case rq.busy:
		w.complain("%s: a frame before the acknowledgement of the one before", f.Cmd)
		return refuse(45033, "the frame before is not acknowledged yet")
	}
	if err := w.paced(rq.chat); err != nil {
		return err
	}
	switch f.Cmd {
	case "aibot_respond_welcome_msg":
		return w.answerWelcome(rq, &r, f.Body, f.Cmd)
	case "aibot_respond_update_msg":
		return w.answerUpdate(rq, &r)
	default:
		return w.answerMessage(rq, &r, f.Body, f.Cmd)
	}
}

// paced counts a frame against what one chat may be sent, answers and pushes
// together.
func (w *WeCom) paced(c *chat) error {
	if c.pace.within(w.now(), time.Hour) >= 1000 || !c.pace.take(w.now(), w.config.ChatMinute, time.Minute) {
		return refuse(45009, "api freq out of limit in one chat")
	}
	return nil
}

// push shows something in a chat that nobody has just asked for. Somebody must
// have written to the bot there before.
func (w *WeCom) push(f *frame) error {
	var r botReply
	if json.Unmarshal(f.Body, &r) != nil || r.Chat == "" {
		return refuse(40058, "chatid missing")
	}
	if r.Kind == nil {
		w.complain("aibot_send_msg: without chat_type WeCom guesses")
		r.Kind = new(int)
	}
	c := w.bot.chats[r.Chat]
	switch {
	case *r.Kind < 0 || *r.Kind > 2:
		return refuse(40058, "invalid chat_type")
	case c == nil || c.wrote.IsZero() || *r.Kind == 1 && c.group || *r.Kind == 2 && !c.group:
		return refuse(93006, "invalid chatid: nobody has written to the bot there")
	}
	if err := w.paced(c); err != nil {
		return err
	}
	switch r.Type {
	case "markdown", "image", "file", "voice", "video":
		return w.showPush(c, &r, f.Body, f.Cmd, "")
	case "template_card":
		return w.showCard(c, r.Card, f.Body, f.Cmd, "")
	default:
		return refuse(40008, "invalid message type")
	}
}

// upload is a file that comes in pieces.
type upload struct {
	kind, md5   string
	size, total int
	pieces      map[int][]byte
	until       time.Time
}

func (w *WeCom) uploading(f *frame) (object, error) {
	var in struct {
		Type   string `json:"type"`
		Name   string `json:"filename"`
		Size   int    `json:"total_size"`
		Chunks int    `json:"total_chunks"`
		MD5    string `json:"md5"`
		ID     string `json:"upload_id"`
		Index  int    `json:"chunk_index"`
		Data   string `json:"base64_data"`
	}
	if json.Unmarshal(f.Body, &in) != nil {
		return nil, refuse(47001, "no JSON")
	}
	if f.Cmd == "aibot_upload_media_init" {
		if in.Name == "" || in.Size < 5 || in.Chunks < 1 || in.Chunks > 100 || !slices.Contains([]string{"image", "voice", "video", "file"}, in.Type) {
			return nil, refuse(40058, "invalid type, filename, total_size or total_chunks")
		}
		id := w.id("upload")
		w.bot.uploads[id] = &upload{kind: in.Type, md5: in.MD5, size: in.Size, total: in.Chunks, pieces: map[int][]byte{}, until: w.now().Add(30 * time.Minute)}
		return object{"upload_id": id}, nil
	}
	u := w.bot.uploads[in.ID]
	if u == nil || w.now().After(u.until) {
		return nil, refuse(40058, "invalid upload_id")
	}
	if f.Cmd == "aibot_upload_media_chunk" {
		data, err := base64.StdEncoding.DecodeString(in.Data)
		if err != nil || in.Index < 0 || in.Index >= u.total || len(data) > 512<<10 {
			return nil, refuse(40058, "invalid chunk_index or base64_data")
		}
		u.pieces[in.Index] = data
		return nil, nil
	}
	var whole []byte
	for i := range u.total {
		whole = append(whole, u.pieces[i]...)
	}
	if sum := md5.Sum(whole); len(whole) != u.size || u.md5 != "" && hex.EncodeToString(sum[:]) != u.md5 {
		return nil, refuse(40058, "the pieces are not the whole")
	}
	delete(w.bot.uploads, in.ID)
	id := w.id("media")
	w.media[id] = medium{u.kind, whole, w.now().Add(3 * 24 * time.Hour)}
	return object{"type": u.kind, "media_id": id, "created_at": strconv.FormatInt(w.now().Unix(), 10)}, nil
}
