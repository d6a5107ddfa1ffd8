package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestBlockLimits: each kind of block passes at its limit and fails beyond it.
func TestBlockLimits(t *testing.T) {
	s, _ := world(t, short())
	raw := func(blocks string) string {
		resp, err := http.PostForm(s.APIURL()+"chat.postMessage", url.Values{"token": {s.BotToken()}, "channel": {"C1"}, "text": {"x"}, "blocks": {blocks}})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var answer struct{ Error string }
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return answer.Error
	}
	words := func(n int) string { return strings.Repeat("字", n) }
	plain := func(n int) string { return fmt.Sprintf(`{"type":"plain_text","text":%q}`, words(n)) }
	list := func(n int, each string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = strings.ReplaceAll(each, "#", fmt.Sprint(i))
		}
		return strings.Join(all, ",")
	}
	button := func(text, value, label int) string {
		return fmt.Sprintf(`{"type":"button","action_id":"a#","text":%s,"value":%q,"accessibility_label":%q}`, plain(text), words(value), words(label))
	}
	actions := func(elements string) string {
		return `{"type":"actions","elements":[` + elements + `]}`
	}
	choice := func(text, value int) string {
		return actions(fmt.Sprintf(`{"type":"static_select","action_id":"s","options":[{"text":%s,"value":%q}]}`, plain(text), words(value)))
	}
	feedback := func(n int) string {
		return list(n, fmt.Sprintf(`{"type":"feedback_buttons","action_id":"f#","positive_button":{"text":%s,"value":"1"},"negative_button":{"text":%s,"value":"0"}}`, plain(75), plain(75)))
	}
	rich := func(elements string) string {
		return `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[` + elements + `]}]}`
	}
	row := "[" + list(20, `{"type":"raw_text","text":"x"}`) + "]"
	for name, f := range map[string][2]string{
		"section text":    {`{"type":"section","text":` + plain(3000) + `}`, `{"type":"section","text":` + plain(3001) + `}`},
		"empty text":      {`{"type":"section","text":` + plain(1) + `}`, `{"type":"section","text":` + plain(0) + `}`},
		"fields":          {`{"type":"section","fields":[` + list(10, plain(2000)) + `]}`, `{"type":"section","fields":[` + list(11, plain(1)) + `]}`},
		"header":          {`{"type":"header","text":` + plain(150) + `}`, `{"type":"header","text":` + plain(151) + `}`},
		"block_id":        {`{"type":"divider","block_id":"` + words(255) + `"}`, `{"type":"divider","block_id":"` + words(256) + `"}`},
		"same block_id":   {`{"type":"divider","block_id":"x"},{"type":"divider","block_id":"y"}`, `{"type":"divider","block_id":"x"},{"type":"divider","block_id":"x"}`},
		"blocks":          {list(50, `{"type":"divider"}`), list(51, `{"type":"divider"}`)},
		"actions":         {actions(list(25, button(75, 2000, 75))), actions(list(26, button(1, 1, 1)))},
		"same action_id":  {actions(list(2, button(1, 1, 1))), actions(list(2, strings.ReplaceAll(button(1, 1, 1), "#", "")))},
		"button text":     {actions(button(75, 1, 1)), actions(button(76, 1, 1))},
		"button value":    {actions(button(1, 2000, 1)), actions(button(1, 2001, 1))},
		"label":           {actions(button(1, 1, 75)), actions(button(1, 1, 76))},
		"option text":     {choice(75, 150), choice(76, 150)},
		"option value":    {choice(75, 150), choice(75, 151)},
		"context":         {`{"type":"context","elements":[` + list(10, plain(1)) + `]}`, `{"type":"context","elements":[` + list(11, plain(1)) + `]}`},
		"context_actions": {`{"type":"context_actions","elements":[` + feedback(5) + `]}`, `{"type":"context_actions","elements":[` + feedback(6) + `]}`},
		"markdown":        {`{"type":"markdown","text":"` + words(12_000) + `"}`, `{"type":"markdown","text":"` + words(12_001) + `"}`},
		"image":           {`{"type":"image","image_url":"https://x","alt_text":"x"}`, `{"type":"image","image_url":"https://x","alt_text":""}`},
		"table":           {`{"type":"table","rows":[` + list(100, row) + `]}`, `{"type":"table","rows":[` + list(101, row) + `]}`},
		"task card":       {`{"type":"task_card","task_id":"1","title":"x","status":"complete"}`, `{"type":"task_card","task_id":"1","title":"x"}`},
		"card":            {`{"type":"card","title":{"type":"mrkdwn","text":"x"}}`, `{"type":"card","title":` + plain(1) + `}`},
		"rich text":       {rich(`{"type":"text","text":"x","style":{"bold":true}}`), rich(`{"type":"text","text":""}`)},
		"block type":      {`{"type":"divider"}`, `{"type":"curtain"}`},
		"element type":    {actions(button(1, 1, 1)), actions(`{"type":"lever","action_id":"x"}`)},
	} {
		if got := raw("[" + f[0] + "]"); got != "" {
			t.Errorf("%s, at the limit: %s", name, got)
		}
		if got := raw("[" + f[1] + "]"); got != "invalid_blocks" {
			t.Errorf("%s, beyond the limit: %q", name, got)
		}
	}
	if n := len(s.Messages("C1")); n != 24 {
		t.Errorf("%d messages are shown", n)
	}
}
