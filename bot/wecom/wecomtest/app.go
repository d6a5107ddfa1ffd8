package wecomtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultMembers are in the company, and in sight of the application and of the
// AI bot, from the start.
var DefaultMembers = []string{"zhang", "li", "wang"}

type app struct {
	members   map[string]bool
	paces     map[string]*window // by member
	sends     window
	said      map[string]time.Time // what must not be repeated, and until when
	responses map[string]*response // by response_code
	cards     map[string]int       // place in the transcript, by task_id and member
}

// response lets a card be updated once.
type response struct {
	task  string
	until time.Time
	used  bool
}

type medium struct {
	kind  string
	data  []byte
	until time.Time
}

func newApp() app {
	a := app{
		members: map[string]bool{}, paces: map[string]*window{}, said: map[string]time.Time{},
		responses: map[string]*response{}, cards: map[string]int{},
	}
	for _, m := range DefaultMembers {
		a.members[m] = true
	}
	return a
}

// AddMember puts somebody into the company.
func (w *WeCom) AddMember(id string) { w.set(func() { w.app.members[id] = true }) }

var appMethods = map[string]method{
	"message/send":                 {"app", http.MethodPost, messageSend},
	"message/update_template_card": {"app", http.MethodPost, updateTemplateCard},
	"media/upload":                 {"any", http.MethodPost, mediaUpload},
	"media/get":                    {"any", http.MethodGet, mediaGet},
}

// appMessage is what message/send takes.
type appMessage struct {
	To        string `json:"touser"`
	Party     string `json:"toparty"`
	Tag       string `json:"totag"`
	Agent     int    `json:"agentid"`
	Type      string `json:"msgtype"`
	Safe      int    `json:"safe"`
	Trans     int    `json:"enable_id_trans"`
	Duplicate int    `json:"enable_duplicate_check"`
	Interval  *int   `json:"duplicate_check_interval"`

	Text     *kfText         `json:"text"`
	Markdown *kfText         `json:"markdown"`
	Card     json.RawMessage `json:"template_card"`
	TextCard *struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		URL         string `json:"url"`
		Button      string `json:"btntxt"`
	} `json:"textcard"`
	Image *kfMedia        `json:"image"`
	File  *kfMedia        `json:"file"`
	News  json.RawMessage `json:"news"`
}

func (m *appMessage) content(w *WeCom) error {
	size := func(t *kfText) error {
		switch {
		case t == nil || t.Content == "":
			return refuse(44004, "empty content")
		case len(t.Content) > 2048:
			return refuse(45002, "content size out of limit")
		}
		return nil
	}
	switch m.Type {
	case "text":
		return size(m.Text)
	case "markdown":
		return size(m.Markdown)
	case "textcard":
		if c := m.TextCard; c == nil || c.Title == "" || c.Description == "" || c.URL == "" || len(c.Title) > 128 || len(c.Description) > 512 {
			return refuse(40058, "invalid textcard")
		}
	case "template_card":
		_, err := readCard(m.Card)
		return err
	case "image", "file":
		if media := map[string]*kfMedia{"image": m.Image, "file": m.File}[m.Type]; media == nil || w.media[media.ID].data == nil {
			return refuse(40007, "invalid media_id")
		}
	case "news":
		if len(m.News) < 3 {
			return refuse(40058, "invalid news")
		}
	default:
		return refuse(40008, "invalid message type")
	}
	return nil
}

// messageSend shows a message to members. A member who had thirty within a
// minute is not shown it, and nobody is told.
func messageSend(w *WeCom, c *call) (object, error) {
	var m appMessage
	if err := w.read(c, &m); err != nil {
		return nil, err
	}
	if m.Agent != w.config.AgentID {
		return nil, refuse(40056, "invalid agentid")
	}
	if m.Party != "" || m.Tag != "" {
		return nil, refuse(81013, "no party and no tag here")
	}
	if err := m.content(w); err != nil {
		return nil, err
	}
	var to, invalid []string
	for _, id := range strings.Split(m.To, "|") {
		switch {
		case id == "@all":
			for member := range w.app.members {
				to = append(to, member)
			}
		case w.app.members[id]:
			to = append(to, id)
		case id != "":
			invalid = append(invalid, id)
		}
	}
	if len(to) == 0 {
		return nil, refuse(81013, "user & party & tag all invalid")
	}
	for range to {
		if !w.app.sends.take(w.now(), w.config.MembersTimes, 24*time.Hour) {
			return nil, refuse(45009, "api freq out of limit")
		}
	}
	id := w.id("appmsg")
	answer := object{"msgid": id, "invaliduser": strings.Join(invalid, "|")}
	card, _ := readCard(m.Card)
	if card.interactive() {
		code := w.id("responsecode-")
		w.app.responses[code] = &response{task: card.Task, until: w.now().Add(72 * time.Hour)}
		answer["response_code"] = code
	}
	var body object
	_ = json.Unmarshal(c.body, &body) // read has done it before
	for _, member := range to {
		w.appSay(member, id, c, &m, body, card.Task)
	}
	return answer, nil
}

func (w *WeCom) appSay(member, id string, c *call, m *appMessage, body object, task string) {
	s := Said{Conversation: "app/" + member, ID: id, From: Bot, Who: member, Type: m.Type, Text: textOf(body), Body: json.RawMessage(c.body), Via: c.name}
	if m.Duplicate == 1 {
		interval := 1800
		if m.Interval != nil {
			interval = min(*m.Interval, 4*3600)
		}
		sum := sha256.Sum256([]byte(member + m.Type + s.Text + string(m.Card)))
		key := hex.EncodeToString(sum[:])
		if w.now().Before(w.app.said[key]) {
			s.Dropped = "duplicate"
		}
		w.app.said[key] = w.now().Add(time.Duration(interval) * time.Second)
	}
	pace := w.app.paces[member]
	if pace == nil {
		pace = &window{}
		w.app.paces[member] = pace
	}
	if s.Dropped == "" && (pace.within(w.now(), time.Hour) >= 1000 || !pace.take(w.now(), 30, time.Minute)) {
		s.Dropped = "more than 30 a minute or 1000 an hour to one member"
	}
	w.say(s)
	if task != "" && s.Dropped == "" {
		w.app.cards[task+"/"+member] = len(w.transcript) - 1
	}
}

// updateTemplateCard changes a card that members were shown. A response_code is
// good once, for 72 hours.
func updateTemplateCard(w *WeCom, c *call) (object, error) {
	var in struct {
		Users   []string `json:"userids"`
		Parties []int    `json:"partyids"`
		Tags    []int    `json:"tagids"`
		All     int      `json:"atall"`
		Agent   int      `json:"agentid"`
		Code    string   `json:"response_code"`
		Trans   int      `json:"enable_id_trans"`
		Button  *struct {
			Name string `json:"replace_name"`
		} `json:"button"`
		Card json.RawMessage `json:"template_card"`
	}
	if err := w.read(c, &in); err != nil {
		return nil, err
	}
	r := w.app.responses[in.Code]
	switch {
	case in.Agent != w.config.AgentID:
		return nil, refuse(40056, "invalid agentid")
	case r == nil || r.used || w.now().After(r.until):
		return nil, refuse(42045, "the response_code is unknown, used or too old")
	case in.Button == nil && len(in.Card) == 0 || in.Button != nil && in.Button.Name == "":
		return nil, refuse(40058, "neither button nor template_card")
	}
	var text string
	if in.Button == nil {
		card, err := readCard(in.Card)
		if err != nil {
			return nil, err
		}
		text = card.text()
	}
	r.used = true
	var invalid []string
	for key, i := range w.app.cards {
		task, member, _ := strings.Cut(key, "/")
		if task != r.task || in.All == 0 && len(in.Users) > 0 && !slices.Contains(in.Users, member) {
			continue
		}
		if in.Button != nil {
			text = w.transcript[i].Text + "\n[" + in.Button.Name + "]"
		}
		w.transcript[i].Text, w.transcript[i].Finished = text, true
	}
	for _, u := range in.Users {
		if !w.app.members[u] {
			invalid = append(invalid, u)
		}
	}
	return object{"invaliduser": invalid}, nil
}

// AddMedia keeps a file as if somebody had sent it, and gives its media_id.
func (w *WeCom) AddMedia(kind string, data []byte) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.id("media")
	w.media[id] = medium{kind, data, w.now().Add(3 * 24 * time.Hour)}
	return id
}

func mediaUpload(w *WeCom, c *call) (object, error) {
	file, header, err := c.form.FormFile("media")
	if err != nil {
		return nil, refuse(41005, "media data missing")
	}
	data, err := io.ReadAll(file)
	if err != nil || len(data) < 5 || len(data) > 20<<20 {
		return nil, refuse(40006, "invalid media size")
	}
	kind := c.query.Get("type")
	if !slices.Contains([]string{"image", "voice", "video", "file"}, kind) {
		return nil, refuse(40004, "invalid media type")
	}
	id := w.id("media")
	w.media[id] = medium{header.Header.Get("Content-Type"), data, w.now().Add(3 * 24 * time.Hour)}
	return object{"type": kind, "media_id": id, "created_at": strconv.FormatInt(w.now().Unix(), 10)}, nil
}

func mediaGet(w *WeCom, c *call) (object, error) {
	m, known := w.media[c.query.Get("media_id")]
	if !known || w.now().After(m.until) {
		return nil, refuse(40007, "invalid media_id")
	}
	return object{"raw": m}, nil
}

// serveFile is where the AI bot's messages have their files: for five minutes,
// and encrypted.
func (w *WeCom) serveFile(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	m, known := w.media[r.PathValue("id")]
	gone := w.now().After(m.until)
	w.mu.Unlock()
	if !known || gone {
		http.Error(rw, "gone", http.StatusNotFound)
		return
	}
	_, _ = rw.Write(m.data)
}
