package wecomtest

import (
	"encoding/json"
	"strings"
)

// card is a template card, as far as it matters here.
type card struct {
	Type  string `json:"card_type"`
	Task  string `json:"task_id"`
	Title struct {
		Title string `json:"title"`
		Desc  string `json:"desc"`
	} `json:"main_title"`
	Sub     string `json:"sub_title_text"`
	Buttons []struct {
		Type  int    `json:"type"`
		Text  string `json:"text"`
		Style int    `json:"style"`
		Key   string `json:"key"`
		URL   string `json:"url"`
	} `json:"button_list"`
	Rows []struct {
		Key   string `json:"keyname"`
		Value string `json:"value"`
	} `json:"horizontal_content_list"`
	Jumps []struct {
		Type     int    `json:"type"`
		Title    string `json:"title"`
		Question string `json:"question"`
	} `json:"jump_list"`
	Action json.RawMessage `json:"card_action"`

	raw json.RawMessage
}

// readCard checks a card against what WeCom documents.
func readCard(raw json.RawMessage) (card, error) {
	var c card
	bad := func(why string) (card, error) { return card{}, refuse(40058, "invalid template_card: "+why) }
	if json.Unmarshal(raw, &c) != nil {
		return bad("no JSON of one")
	}
	c.raw = raw
	switch c.Type {
	case "text_notice", "news_notice":
		if len(c.Action) < 3 {
			return bad("card_action missing")
		}
	case "button_interaction":
		if len(c.Buttons) == 0 || len(c.Buttons) > 6 {
			return bad("one to six buttons")
		}
	case "vote_interaction", "multiple_interaction":
	default:
		return bad("card_type " + c.Type)
	}
	if c.interactive() && c.Task == "" || !idLike(c.Task, 128, "_-@") {
		return bad("task_id")
	}
	if c.Title.Title == "" && c.Sub == "" {
		return bad("neither main_title.title nor sub_title_text")
	}
	keys := map[string]bool{}
	for _, b := range c.Buttons {
		if b.Text == "" || b.Style < 0 || b.Style > 4 || b.Type == 0 && (b.Key == "" || len(b.Key) > 1024 || keys[b.Key]) {
			return bad("button " + b.Text)
		}
		keys[b.Key] = true
	}
	if len(c.Rows) > 6 || len(c.Jumps) > 3 {
		return bad("more than six rows, or three jumps")
	}
	for _, j := range c.Jumps {
		if j.Title == "" || j.Type == 3 && (j.Question == "" || len(j.Question) > 200) {
			return bad("jump " + j.Title)
		}
	}
	return c, nil
}

func (c card) interactive() bool { return strings.HasSuffix(c.Type, "_interaction") }

func (c card) text() string {
	var body object
	_ = json.Unmarshal(c.raw, &body) // readCard has done it before
	return textOf(object{"msgtype": "card", "card": body})
}

// button finds a button by its key.
func (c card) button(key string) bool {
	for _, b := range c.Buttons {
		if b.Key == key {
			return true
		}
	}
	return false
}
