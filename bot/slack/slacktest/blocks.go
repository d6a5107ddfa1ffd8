package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// where is what blocks are part of.
type where string

const (
	inMessage where = "message"
	inModal   where = "modal"
	inHome    where = "home"
)

// problems are what is wrong with blocks, each with its place.
type problems []string

func (p *problems) add(at, format string, args ...any) {
	*p = append(*p, "[ERROR] "+fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

func (p *problems) want(ok bool, at, format string, args ...any) {
	if !ok {
		p.add(at, format, args...)
	}
}

func (p problems) err(code string) error {
	if len(p) == 0 {
		return nil
	}
	return invalid(code, p...)
}

func invalid(code string, messages ...string) error {
	return &apiError{code: code, extra: object{"response_metadata": object{"messages": messages}}}
}

// text is a text object.
type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// plain checks an optional text that may not be formatted.
func (p *problems) plain(at string, t *text, most int) {
	if t == nil {
		return
	}
	p.want(t.Type == "plain_text", at, "is %q, want plain_text", t.Type)
	p.length(at, t.Text, most)
}

// formatted checks a text that may be.
func (p *problems) formatted(at string, t *text, most int) {
	if t == nil {
		p.add(at, "is missing")
		return
	}
	p.want(t.Type == "plain_text" || t.Type == "mrkdwn", at, "is %q, want plain_text or mrkdwn", t.Type)
	p.length(at, t.Text, most)
}

func (p *problems) length(at, s string, most int) {
	n := utf8.RuneCountInString(s)
	p.want(n >= 1 && n <= most, at, "has %d characters, want 1 to %d", n, most)
}

// node is a block or an element: what many have, by the names that Slack gives.
type node struct {
	Type          string            `json:"type"`
	BlockID       string            `json:"block_id"`
	ActionID      string            `json:"action_id"`
	Text          json.RawMessage   `json:"text"` // an object, but a string in markdown
	Fields        []*text           `json:"fields"`
	Accessory     json.RawMessage   `json:"accessory"`
	Element       json.RawMessage   `json:"element"`
	Elements      []json.RawMessage `json:"elements"`
	Actions       []json.RawMessage `json:"actions"`
	Label         *text             `json:"label"`
	Hint          *text             `json:"hint"`
	Title         json.RawMessage   `json:"title"`
	Placeholder   *text             `json:"placeholder"`
	AltText       string            `json:"alt_text"`
	ImageURL      string            `json:"image_url"`
	SlackFile     json.RawMessage   `json:"slack_file"`
	Accessibility *string           `json:"accessibility_label"`
	Style         any               `json:"style"`
	Value         *string           `json:"value"`
	URL           string            `json:"url"`
	Options       []option          `json:"options"`
	OptionGroups  []json.RawMessage `json:"option_groups"`
	Rows          [][]any           `json:"rows"`
	Status        string            `json:"status"`
	TaskID        string            `json:"task_id"`
	Positive      *feedback         `json:"positive_button"`
	Negative      *feedback         `json:"negative_button"`
	Icon          json.RawMessage   `json:"icon"`
	Subtitle      *text             `json:"subtitle"`
	Body          *text             `json:"body"`
	Level         *int              `json:"level"`
}

type option struct {
	Text  *text  `json:"text"`
	Value string `json:"value"`
}

type feedback struct {
	Text          *text   `json:"text"`
	Value         string  `json:"value"`
	Accessibility *string `json:"accessibility_label"`
}

func (n *node) object() *text {
	var t text
	if len(n.Text) == 0 || json.Unmarshal(n.Text, &t) != nil {
		return nil
	}
	return &t
}

func (n *node) titleText() *text {
	var t text
	if len(n.Title) == 0 || json.Unmarshal(n.Title, &t) != nil {
		return nil
	}
	return &t
}

// readBlocks checks blocks as Slack does, and gives those an id that have none.
// The caller holds mu.
func (s *Slack) readBlocks(raw json.RawMessage, place where) (json.RawMessage, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var all []object
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fail("invalid_blocks_format")
	}
	if len(all) == 0 {
		return nil, nil
	}
	most := 100
	if place == inMessage {
		most = 50
	}
	var p problems
	p.want(len(all) <= most, "/blocks", "are %d, want at most %d", len(all), most)
	ids := map[string]bool{}
	markdown := 0
	for i, o := range all {
		at := fmt.Sprintf("/blocks/%d", i)
		n, err := decode(o)
		if err != nil {
			p.add(at, "has a field of a wrong type")
			continue
		}
		p.block(at, n, place)
		if n.Type == "markdown" {
			var words string
			_ = json.Unmarshal(n.Text, &words)
			markdown += utf8.RuneCountInString(words)
		}
		if n.BlockID == "" {
			o["block_id"] = s.nextID("b")
		}
		id := o["block_id"].(string)
		p.want(!ids[id], at+"/block_id", "%q is there twice", id)
		ids[id] = true
		s.nameActions(o)
	}
	p.want(markdown <= mostMarkdown, "/blocks", "have %d characters of markdown, want at most %d", markdown, mostMarkdown)
	if err := p.err("invalid_blocks"); err != nil {
		return nil, err
	}
	data, err := json.Marshal(all)
	if err != nil {
		return nil, fail("invalid_blocks_format")
	}
	return data, nil
}

func decode(o any) (*node, error) {
	data, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var n node
	return &n, json.Unmarshal(data, &n)
}

// interactive are the elements that somebody can use, and that thus have an
// action_id.
var interactive = []string{
	"button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker",
	"static_select", "users_select", "conversations_select", "channels_select", "external_select",
	"multi_static_select", "multi_users_select", "multi_conversations_select", "multi_channels_select", "multi_external_select",
	"plain_text_input", "rich_text_input", "email_text_input", "url_text_input", "number_input", "file_input",
	"feedback_buttons", "icon_button", "workflow_button",
}

// elements are those of a block that somebody can use.
func elements(block object) []object {
	var all []object
	for _, name := range []string{"elements", "actions"} {
		list, _ := block[name].([]any)
		for _, e := range list {
			if o, ok := e.(object); ok {
				all = append(all, o)
			}
		}
	}
	for _, name := range []string{"accessory", "element"} {
		if o, ok := block[name].(object); ok {
			all = append(all, o)
		}
	}
	return slices.DeleteFunc(all, func(o object) bool {
		kind, _ := o["type"].(string)
		return !slices.Contains(interactive, kind)
	})
}

// nameActions gives an action_id to elements that have none.
func (s *Slack) nameActions(block object) {
	for _, e := range elements(block) {
		if e["action_id"] == nil {
			e["action_id"] = s.nextID("a")
		}
	}
}
