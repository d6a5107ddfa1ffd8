package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"decline61/bot/mask"
)

// full is a notice with everything, some of it in the words of somebody who
// would like to call everybody.
func full(f Form) Notice {
	return Notice{
		Form: f, Title: mask.Of("商户要人工"), Text: mask.Of("刷卡 *61* <@all> [看](http://evil.example)\n# 大字"),
		Facts:    []Fact{{"原因", mask.Of("两次 <没解决>")}, {"终端", mask.Of("T-1\nT-2")}},
		URL:      "https://example.com/staff/c(1)",
		Mentions: []string{"zhang", "li"},
	}
}

func TestForms(t *testing.T) {
	for form, want := range map[Form]string{
		Text:     `{"msgtype":"text","text":{"content":"商户要人工\n刷卡 *61* ＜@all> [看](http://evil.example)\n# 大字\n原因：两次 <没解决>\n终端：T-1 T-2\nhttps://example.com/staff/c(1)","mentioned_list":["li","zhang"]}}`,
		Markdown: `{"msgtype":"markdown","markdown":{"content":"**商户要人工**\n刷卡 ＊61＊ ＜@all＞ ［看］(http://evil.example)\n＃ 大字\n原因：<font color=\"comment\">两次 ＜没解决＞</font>\n终端：<font color=\"comment\">T-1 T-2</font>\n[详情](https://example.com/staff/c(1%29)\n<@zhang><@li>"}}`,
		Card:     `{"msgtype":"template_card","template_card":{"card_type":"text_notice","main_title":{"title":"商户要人工"},"sub_title_text":"刷卡 *61* <@all> [看](http://evil.example)\n# 大字","horizontal_content_list":[{"keyname":"原因","value":"两次 <没解决>"},{"keyname":"终端","value":"T-1 T-2"}],"card_action":{"type":1,"url":"https://example.com/staff/c(1)"}}}`,
	} {
		m, n := compose([]Notice{full(form)})
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(m); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if diff := cmp.Diff(want+"\n", b.String()); diff != "" {
			t.Errorf("form %d: %s", form, diff)
		}
	}
}

// TestMerged: cards become markdown, plain ones stay plain, and who alerts
// everybody gets a text of which he is the first.
func TestMerged(t *testing.T) {
	short := func(f Form, s string, mentions ...string) Notice {
		return Notice{Form: f, Text: mask.Of(s), Mentions: mentions, URL: "u"}
	}
	for name, tc := range map[string]struct {
		notices []Notice
		kind    string
		content string
		n       int
	}{
		"plain":          {[]Notice{short(Text, "a", "x"), short(Text, "b", "y", Everybody)}, "text", "a\nu\n\nb\nu", 2},
		"cards":          {[]Notice{short(Card, "a"), short(Text, "b", "y")}, "markdown", "a\n[详情](u)\n\nb\n[详情](u)\n<@y>", 2},
		"everybody":      {[]Notice{short(Markdown, "a", Everybody), short(Card, "b")}, "text", "a\nu\n\nb\nu", 2},
		"everybody next": {[]Notice{short(Markdown, "a"), short(Card, "b"), short(Text, "c", Everybody), short(Text, "d")}, "markdown", "a\n[详情](u)\n\nb\n[详情](u)", 2},
		"card, no URL":   {[]Notice{{Form: Card, Text: mask.Of("a")}}, "markdown", "a", 1},
	} {
		m, n := compose(tc.notices)
		if got := (post{message: m}).content(); m.Type != tc.kind || got != tc.content || n != tc.n {
			t.Errorf("%s: %d in %s %q", name, n, m.Type, got)
		}
	}
}

// TestSizes: whatever is in it, a message is within WeCom's limits, whole
// characters, and holds at least one notice.
func TestSizes(t *testing.T) {
	long := func(n int) mask.Text { return mask.Of(strings.Repeat("额<", n)) }
	for form := Text; form <= Card; form++ {
		for _, n := range []int{0, 1, 60, 300, 510, 511, 512, 513, 2000} {
			notice := Notice{Form: form, Title: long(n), Text: long(n), URL: "https://example.com/"}
			for range 9 {
				notice.Facts = append(notice.Facts, Fact{"原因", long(n)})
			}
			m, k := compose([]Notice{notice, notice, notice})
			content := post{message: m}.content()
			limit := maxMarkdown
			if form == Text {
				limit = maxText
			}
			if k < 1 || len(content) > limit || !utf8.ValidString(content) || !strings.Contains(content, notice.URL) {
				t.Errorf("form %d, %d: %d notices in %d bytes: %q", form, n, k, len(content), content)
			}
			if n == 2000 && len(content) < limit/2 {
				t.Errorf("form %d: only %d bytes are used", form, len(content))
			}
		}
	}
	for n := range 12 {
		if s := cut("额额额", n); len(s) > n || !utf8.ValidString(s) {
			t.Errorf("cut to %d: %q", n, s)
		}
	}
}
