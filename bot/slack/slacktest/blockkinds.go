package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// block checks one block against the limits of its type.
func (p *problems) block(at string, n *node, place where) {
	if n.BlockID != "" {
		p.length(at+"/block_id", n.BlockID, 255)
	}
	switch n.Type {
	case "section":
		p.section(at, n)
	case "header":
		p.want(n.object() != nil, at+"/text", "is missing")
		p.plain(at+"/text", n.object(), 150)
		p.want(n.Level == nil || *n.Level >= 1 && *n.Level <= 4, at+"/level", "want 1 to 4")
	case "context":
		p.list(at, n.Elements, 1, 10, []string{"image", "plain_text", "mrkdwn"})
	case "context_actions":
		p.want(place == inMessage, at, "context_actions are for messages")
		p.list(at, n.Elements, 1, 5, []string{"feedback_buttons", "icon_button"})
	case "actions":
		p.list(at, n.Elements, 1, 25, interactive)
	case "input":
		p.want(n.Label != nil, at+"/label", "is missing")
		p.plain(at+"/label", n.Label, 2000)
		p.plain(at+"/hint", n.Hint, 2000)
		p.element(at+"/element", n.Element, interactive)
	case "image":
		p.image(at, n)
	case "markdown":
		var words string
		_ = json.Unmarshal(n.Text, &words)
		p.length(at+"/text", words, mostMarkdown)
	case "rich_text":
		p.want(len(n.Elements) > 0, at+"/elements", "are missing")
		for i, e := range n.Elements {
			p.rich(fmt.Sprintf("%s/elements/%d", at, i), e, 0)
		}
	case "table":
		p.want(place == inMessage, at, "tables are for messages")
		p.want(len(n.Rows) >= 1 && len(n.Rows) <= 100, at+"/rows", "are %d, want 1 to 100", len(n.Rows))
		for _, row := range n.Rows {
			p.want(len(row) <= 20, at+"/rows", "one has %d cells, want at most 20", len(row))
		}
	case "card":
		p.card(at, n)
	case "carousel":
		p.want(len(n.Elements) >= 1 && len(n.Elements) <= 10, at+"/elements", "are %d, want 1 to 10", len(n.Elements))
	case "task_card":
		p.want(n.TaskID != "", at+"/task_id", "is missing")
		p.want(slices.Contains([]string{"pending", "in_progress", "complete", "error"}, n.Status), at+"/status", "is %q", n.Status)
	case "divider", "file", "call", "video", "data_table", "data_visualization", "plan", "alert", "container", "layout":
	default:
		p.add(at+"/type", "unsupported type: %s", n.Type)
	}
}

func (p *problems) section(at string, n *node) {
	if len(n.Text) > 0 || len(n.Fields) == 0 {
		p.formatted(at+"/text", n.object(), 3000)
	}
	p.want(len(n.Fields) <= 10, at+"/fields", "are %d, want at most 10", len(n.Fields))
	for i, f := range n.Fields {
		p.formatted(fmt.Sprintf("%s/fields/%d", at, i), f, 2000)
	}
	if len(n.Accessory) > 0 {
		p.element(at+"/accessory", n.Accessory, append([]string{"image"}, interactive...))
	}
}

func (p *problems) card(at string, n *node) {
	if t := n.titleText(); t != nil {
		p.want(t.Type == "mrkdwn", at+"/title", "is %q, want mrkdwn", t.Type)
		p.length(at+"/title", t.Text, 150)
	}
	if n.Subtitle != nil {
		p.formatted(at+"/subtitle", n.Subtitle, 150)
	}
	if n.Body != nil {
		p.formatted(at+"/body", n.Body, 200)
	}
	if len(n.Actions) > 0 {
		p.list(at, n.Actions, 1, 5, interactive)
	}
}

// list checks the elements of a block; no two may have the same action_id.
func (p *problems) list(at string, list []json.RawMessage, least, most int, kinds []string) {
	p.want(len(list) >= least && len(list) <= most, at+"/elements", "are %d, want %d to %d", len(list), least, most)
	ids := map[string]bool{}
	for i, e := range list {
		here := fmt.Sprintf("%s/elements/%d", at, i)
		if id := p.element(here, e, kinds); id != "" {
			p.want(!ids[id], here+"/action_id", "%q is there twice", id)
			ids[id] = true
		}
	}
}

// element checks one element, which is of one of kinds, and gives its action_id.
func (p *problems) element(at string, raw json.RawMessage, kinds []string) string {
	var n node
	if err := json.Unmarshal(raw, &n); err != nil {
		p.add(at, "is no element")
		return ""
	}
	if !slices.Contains(kinds, n.Type) {
		p.add(at+"/type", "unsupported type: %s", n.Type)
		return ""
	}
	if n.ActionID != "" {
		p.length(at+"/action_id", n.ActionID, 255)
	}
	if n.Accessibility != nil {
		p.length(at+"/accessibility_label", *n.Accessibility, 75)
	}
	p.plain(at+"/placeholder", n.Placeholder, 150)
	switch {
	case n.Type == "plain_text" || n.Type == "mrkdwn":
		var words string
		_ = json.Unmarshal(n.Text, &words)
		p.length(at+"/text", words, 3000)
	case n.Type == "image":
		p.image(at, &n)
	case n.Type == "button" || n.Type == "workflow_button":
		p.want(n.object() != nil, at+"/text", "is missing")
		p.plain(at+"/text", n.object(), 75)
		p.want(n.Style == nil || n.Style == "primary" || n.Style == "danger", at+"/style", "is %v", n.Style)
		p.want(len(n.URL) <= 3000, at+"/url", "is longer than 3000")
		if n.Value != nil {
			p.length(at+"/value", *n.Value, 2000)
		}
	case n.Type == "icon_button":
		p.want(len(n.Icon) > 0, at+"/icon", "is missing")
		p.want(n.object() != nil, at+"/text", "is missing")
		p.plain(at+"/text", n.object(), 75)
	case n.Type == "feedback_buttons":
		p.feedback(at+"/positive_button", n.Positive)
		p.feedback(at+"/negative_button", n.Negative)
	case n.Type == "overflow":
		p.options(at, n.Options, 5)
	case n.Type == "checkboxes" || n.Type == "radio_buttons":
		p.options(at, n.Options, 10)
	case strings.HasSuffix(n.Type, "static_select") && len(n.OptionGroups) == 0:
		p.options(at, n.Options, 100)
	}
	return n.ActionID
}

func (p *problems) feedback(at string, b *feedback) {
	if b == nil || b.Text == nil {
		p.add(at, "is missing")
		return
	}
	p.plain(at+"/text", b.Text, 75)
	p.length(at+"/value", b.Value, 2000)
	if b.Accessibility != nil {
		p.length(at+"/accessibility_label", *b.Accessibility, 75)
	}
}

func (p *problems) options(at string, all []option, most int) {
	p.want(len(all) >= 1 && len(all) <= most, at+"/options", "are %d, want 1 to %d", len(all), most)
	for i, o := range all {
		here := fmt.Sprintf("%s/options/%d", at, i)
		p.formatted(here+"/text", o.Text, 75)
		p.length(here+"/value", o.Value, 150)
	}
}

func (p *problems) image(at string, n *node) {
	p.length(at+"/alt_text", n.AltText, 2000)
	p.want((n.ImageURL != "") != (len(n.SlackFile) > 0), at, "has one of image_url and slack_file")
}

// richKinds are the parts of a rich_text block; the first four hold others.
var richKinds = []string{
	"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote",
	"text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color", "team", "citation",
}

// rich checks a part of a rich_text block: which types there are, that texts are
// not empty, and that parts stand where they may.
func (p *problems) rich(at string, raw json.RawMessage, depth int) {
	var n struct {
		Type     string            `json:"type"`
		Text     *string           `json:"text"`
		URL      string            `json:"url"`
		Name     string            `json:"name"`
		Style    any               `json:"style"`
		Elements []json.RawMessage `json:"elements"`
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		p.add(at, "is no rich text")
		return
	}
	kind := slices.Index(richKinds, n.Type)
	p.want(kind >= 0, at+"/type", "unsupported type: %s", n.Type)
	p.want(kind < 4 == (depth == 0) || n.Type == "rich_text_section", at+"/type", "%s may not stand here", n.Type)
	switch n.Type {
	case "text":
		p.want(n.Text != nil && *n.Text != "", at+"/text", "is empty")
	case "link":
		p.want(n.URL != "", at+"/url", "is missing")
	case "emoji":
		p.want(n.Name != "", at+"/name", "is missing")
	case "rich_text_list":
		p.want(n.Style == "bullet" || n.Style == "ordered", at+"/style", "is %v, want bullet or ordered", n.Style)
	}
	if kind < 4 {
		p.want(n.Elements != nil, at+"/elements", "are missing")
	}
	for i, e := range n.Elements {
		p.rich(fmt.Sprintf("%s/elements/%d", at, i), e, depth+1)
	}
}
