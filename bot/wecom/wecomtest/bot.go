package wecomtest

import (
	"slices"
	"time"
)

// BotName is how the AI bot is called in groups: what is said to it there
// begins with it.
const BotName = "61助手"

// mostContent is how long a stream or a markdown message of the AI bot may be.
const mostContent = 20480

type aibot struct {
	chats     map[string]*chat
	streams   map[string]*stream
	responses map[string]*responseURL
	cards     map[string]*shownCard // by task_id
	sockets   []*Socket
	live      *Socket // the one that is told
	subscribe window
	softly    bool // a kicked connection stays open
	uploads   map[string]*upload
	answered  map[string]bool // by msgid
}

// chat is where the AI bot is talked to: with one member, or in a group.
type chat struct {
	id      string
	group   bool
	members []string
	wrote   time.Time // when somebody last wrote to the bot
	entered string    // the day on which the member last opened it
	pace    window
	open    map[string][]*request // by member: what is not answered yet
}

// request is something that the AI bot was told and may answer.
type request struct {
	kind     string // "message" or the type of the event
	id       string // msgid
	chat     *chat
	user     string
	task     string // of a card
	at       time.Time
	stream   *stream
	answered bool
	card     bool // an answer had a card
	busy     bool // a frame waits for its acknowledgement
	done     func()
}

// stream is an answer that grows.
type stream struct {
	id       string
	request  *request
	entry    int // in the transcript
	finished bool
	expired  bool
	frames   int
	feedback string
}

type shownCard struct {
	card  card
	chat  *chat
	entry int
}

func newAibot() aibot {
	return aibot{
		chats: map[string]*chat{}, streams: map[string]*stream{}, responses: map[string]*responseURL{},
		cards: map[string]*shownCard{}, uploads: map[string]*upload{}, answered: map[string]bool{},
	}
}

// AddGroup makes a group chat that the AI bot is in.
func (w *WeCom) AddGroup(id string, members ...string) {
	w.set(func() {
		w.bot.chats[id] = &chat{id: id, group: true, members: members, open: map[string][]*request{}}
	})
}

// chatOf is the chat that a member writes in: a group, or the one with the bot
// alone under the member's own id. The caller holds mu.
func (w *WeCom) chatOf(id, member string) *chat {
	c := w.bot.chats[id]
	if c == nil && id == member && w.app.members[member] {
		c = &chat{id: id, members: []string{member}, open: map[string][]*request{}}
		w.bot.chats[id] = c
	}
	if c == nil || !slices.Contains(c.members, member) {
		return nil
	}
	return c
}

// Ask is a member who writes to the AI bot: in a group, or alone with it where
// chat is the member's own id.
func (w *WeCom) Ask(chat, member, text string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.chatOf(chat, member); c != nil && c.group {
		text = "@" + BotName + " " + text
	}
	return w.ask(chat, member, "text", object{"content": text})
}

// AskWith is a member who sends something else: an image, a voice message (its
// words as content), mixed, a file. Some are for single chats only.
func (w *WeCom) AskWith(chat, member, msgtype string, content map[string]any) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.chatOf(chat, member); c != nil && c.group && msgtype != "text" && msgtype != "mixed" {
		return refused("%s cannot be sent to the bot in a group", msgtype)
	}
	return w.ask(chat, member, msgtype, content)
}

// AskImage is a member who sends a picture. Its file is encrypted, by the
// callback with the callback's own key, over the long connection with one that
// comes along, and gone after five minutes.
func (w *WeCom) AskImage(chat, member string) *Delivery {
	w.mu.Lock()
	content, key := object{}, w.config.BotAESKey
	if w.config.BotURL == "" {
		key = newAESKey()
		content["aeskey"] = key
	}
	file := newSeal("", key, "").file([]byte("\xff\xd8\xff no picture"))
	id := w.id("file")
	w.media[id] = medium{"image/jpeg", file, w.now().Add(5 * time.Minute)}
	content["url"] = w.URL() + "/file/" + id
	w.mu.Unlock()
	return w.AskWith(chat, member, "image", content)
}

// AskAbout is Ask with a message that is quoted.
func (w *WeCom) AskAbout(chat, member, text, quoted string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ask(chat, member, "text", object{"content": text}, "quote", object{"msgtype": "text", "text": object{"content": quoted}})
}

// ask tells the bot of a message. The caller holds mu.
func (w *WeCom) ask(chat, member, msgtype string, content object, more ...any) *Delivery {
	c := w.chatOf(chat, member)
	if c == nil {
		return refused("%s is not in %s", member, chat)
	}
	if w.config.BotURL != "" && len(c.open[member]) >= 3 {
		return refused("%s waits for three answers already", member)
	}
	rq, body := w.question(c, member, w.id("BOTMSG"), msgtype, content)
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return w.tellBot(rq, body)
}

// question notes a message to the bot and says how the bot is told. The caller
// holds mu.
func (w *WeCom) question(c *chat, member, id, msgtype string, content object) (*request, object) {
	c.wrote = w.now()
	rq := &request{kind: "message", id: id, chat: c, user: member, at: w.now()}
	c.open[member] = append(c.open[member], rq)
	rq.done = func() {
		c.open[member] = slices.DeleteFunc(c.open[member], func(o *request) bool { return o == rq })
	}
	text, _ := content["content"].(string)
	w.say(Said{Conversation: "bot/" + c.id, ID: id, From: Colleague, Who: member, Type: msgtype, Text: text})
	body := w.envelope(rq)
	body["msgtype"], body[msgtype] = msgtype, content
	return rq, body
}

// envelope is what all that the bot is told has.
func (w *WeCom) envelope(rq *request) object {
	body := object{"msgid": rq.id, "aibotid": w.config.BotID, "chattype": "single", "from": object{"userid": rq.user}}
	if rq.chat.group {
		body["chattype"], body["chatid"] = "group", rq.chat.id
	}
	return body
}

// happened tells the bot of an event in a chat. The caller holds mu.
func (w *WeCom) happened(c *chat, member, task, kind string, fields object) *Delivery {
	w.say(Said{Conversation: "bot/" + c.id, From: System, Who: member, Type: kind, Text: task})
	rq := &request{kind: kind, id: w.id("BOTEVT"), chat: c, user: member, task: task, at: w.now(), done: func() {}}
	body := w.envelope(rq)
	body["msgtype"], body["create_time"] = "event", w.now().Unix()
	body["event"] = object{"eventtype": kind, kind: fields}
	return w.tellBot(rq, body)
}

// EnterChat is a member who opens the chat with the bot. The bot is told of the
// first time on a day.
func (w *WeCom) EnterChat(member string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.chatOf(member, member)
	if c == nil {
		return refused("%s is not in the company", member)
	}
	if day := w.now().Format(time.DateOnly); c.entered != day {
		c.entered = day
		return w.happened(c, member, "", "enter_chat", object{})
	}
	d := newDelivery("")
	d.finish(Ack{})
	return d
}

// Click is a member who presses a button of the latest card in a chat that has
// it. The bot is told once, and not again.
func (w *WeCom) Click(chat, member, key string) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.chatOf(chat, member)
	var latest *shownCard
	for _, s := range w.bot.cards {
		if s.chat == c && c != nil && s.card.button(key) && (latest == nil || s.entry > latest.entry) {
			latest = s
		}
	}
	if latest == nil {
		return refused("%s sees no card with button %s", member, key)
	}
	return w.happened(c, member, latest.card.Task, "template_card_event", object{
		"card_type": latest.card.Type, "event_key": key, "task_id": latest.card.Task,
	})
}

// Feedback is a member's thumb on the latest answer in a chat that asked for
// one: kind 1 is good, 2 is bad, 3 takes it back; reasons are 1 irrelevant, 2
// incomplete, 3 wrong, 4 data.
func (w *WeCom) Feedback(chat, member string, kind int, words string, reasons ...int) *Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.chatOf(chat, member)
	var latest *stream
	for _, s := range w.bot.streams {
		if s.request.chat == c && s.feedback != "" && s.finished && (latest == nil || s.entry > latest.entry) {
			latest = s
		}
	}
	if latest == nil {
		return refused("%s sees no answer that asks for feedback", member)
	}
	return w.happened(c, member, "", "feedback_event", object{
		"id": latest.feedback, "type": kind, "content": words, "inaccurate_reason_list": reasons,
	})
}

// tellBot tells the bot by the way that is set up. The caller holds mu.
func (w *WeCom) tellBot(rq *request, body object) *Delivery {
	d := newDelivery(rq.id)
	if w.config.BotURL != "" {
		w.tellByHTTP(d, rq, body)
	} else {
		w.tellBySocket(d, rq, body)
	}
	return d
}
