package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// document is a page as a browser without JavaScript has it.
type document struct {
	t      *testing.T
	url    string
	status int
	header http.Header
	source string
	root   *html.Node
}

// browse fetches a page, following redirects.
func browse(t *testing.T, method, url, body string, header ...string) *document {
	t.Helper()
	if method == "POST" {
		header = append(header, "Content-Type", "application/x-www-form-urlencoded")
	}
	res, source := do(t, method, url, body, header...)
	if res.StatusCode == http.StatusSeeOther {
		next, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		return browse(t, "GET", next.String(), "")
	}
	root, err := html.ParseWithOptions(strings.NewReader(source), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	return &document{t, url, res.StatusCode, res.Header, source, root}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// all gives the elements of that name, in order.
func (d *document) all(name string) []*html.Node { return within(d.root, name) }

func within(root *html.Node, name string) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// fields are what submitting form sends, without its buttons.
func fields(form *html.Node) url.Values {
	v := url.Values{}
	for _, in := range within(form, "input") {
		v.Add(attr(in, "name"), attr(in, "value"))
	}
	for _, area := range within(form, "textarea") {
		v.Add(attr(area, "name"), textOf(area))
	}
	return v
}

// press submits the form with a button of that label, with text typed if the
// form has a place for it.
func (d *document) press(label, text string) *document {
	d.t.Helper()
	for _, form := range d.all("form") {
		for _, b := range within(form, "button") {
			if textOf(b) != label {
				continue
			}
			v := fields(form)
			if text != "" {
				v.Set("text", strings.ReplaceAll(text, "\n", "\r\n"))
			}
			if name := attr(b, "name"); name != "" {
				v.Set(name, attr(b, "value"))
			}
			base, _ := url.Parse(d.url)
			to, err := base.Parse(attr(form, "action"))
			if err != nil {
				d.t.Fatal(err)
			}
			return browse(d.t, "POST", to.String(), v.Encode(), "Sec-Fetch-Site", "same-origin")
		}
	}
	d.t.Fatalf("no button %q on %s:\n%s", label, d.url, d.source)
	return nil
}

// follow goes where the link with that label leads.
func (d *document) follow(label string) *document {
	d.t.Helper()
	for _, a := range d.all("a") {
		if textOf(a) == label {
			base, _ := url.Parse(d.url)
			to, err := base.Parse(attr(a, "href"))
			if err != nil {
				d.t.Fatal(err)
			}
			return browse(d.t, "GET", to.String(), "")
		}
	}
	d.t.Fatalf("no link %q on %s", label, d.url)
	return nil
}

func (d *document) has(label string) bool {
	for _, b := range d.all("button") {
		if textOf(b) == label {
			return true
		}
	}
	return false
}

// lines is the transcript: role, then what was said.
func (d *document) lines() []string {
	var out []string
	for _, n := range d.all("div") {
		if role, ok := strings.CutPrefix(attr(n, "class"), "line "); ok {
			out = append(out, role+": "+textOf(within(n, "p")[0]))
		}
	}
	return out
}

// id is that of the message which the form sends.
func (d *document) id() string {
	for _, form := range d.all("form") {
		if len(within(form, "textarea")) > 0 {
			return fields(form).Get("id")
		}
	}
	return ""
}

func (d *document) refreshes() bool {
	for _, m := range d.all("meta") {
		if attr(m, "http-equiv") == "refresh" {
			return true
		}
	}
	return false
}

func (d *document) alert() string {
	for _, p := range d.all("p") {
		if attr(p, "role") == "alert" {
			return textOf(p)
		}
	}
	return ""
}

// check is what holds for every page.
func (d *document) check() {
	d.t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy":    policy,
		"X-Content-Type-Options":     "nosniff",
		"Referrer-Policy":            "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Cache-Control":              "no-store",
		"Content-Type":               "text/html; charset=utf-8",
	} {
		if got := d.header.Get(name); got != want {
			d.t.Errorf("%s: %s is %q", d.url, name, got)
		}
	}
	if d.header.Get("Set-Cookie") != "" {
		d.t.Errorf("%s sets a cookie", d.url)
	}
	lang := attr(d.all("html")[0], "lang")
	w := words[kb.Lang(lang)]
	if w == nil {
		d.t.Fatalf("%s: lang is %q", d.url, lang)
	}
	if !d.has(w["person"]) || !strings.Contains(d.source, w["secrets"]) || !d.has(w["send"]) {
		d.t.Errorf("%s has no way to a person, no warning or no way to send", d.url)
	}
	labels := map[string]bool{}
	for _, l := range d.all("label") {
		labels[attr(l, "for")] = true
	}
	ids := map[string]bool{}
	for n := range d.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				d.t.Errorf("%s: id %s twice", d.url, id)
			}
			ids[id] = true
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				d.t.Errorf("%s: %s has %s, which the policy forbids", d.url, n.Data, a.Key)
			}
			if (a.Key == "src" || a.Key == "href") && !strings.HasPrefix(a.Val, "/") && a.Val != "data:," {
				d.t.Errorf("%s loads %s from elsewhere", d.url, a.Val)
			}
		}
		if n.Data == "textarea" && !labels[attr(n, "id")] {
			d.t.Errorf("%s: a field has no label", d.url)
		}
		if n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil) {
			d.t.Errorf("%s has a script in it", d.url)
		}
	}
	for _, area := range d.all("textarea") {
		for _, id := range strings.Fields(attr(area, "aria-describedby")) {
			if !ids[id] {
				d.t.Errorf("%s: no element %s", d.url, id)
			}
		}
	}
	live := false
	for _, n := range d.all("div") {
		live = live || attr(n, "role") == "log" && attr(n, "aria-live") == "polite"
	}
	if !live {
		d.t.Errorf("%s: the transcript is not announced", d.url)
	}
}

func TestPageWithoutJavaScript(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	home := browse(t, "GET", srv.URL+"/", "", "Accept-Language", "zh-CN,zh;q=0.9")
	home.check()
	if home.refreshes() || len(home.lines()) != 0 || f.kept() != 0 {
		t.Errorf("the first page: %s", home.source)
	}

	page := home.press("发送", "刷卡显示61\n别的卡? <b>&")
	page.check()
	want := "merchant: 刷卡显示61\n别的卡? <b>&|bot: 回答:刷卡显示61\n别的卡? <b>&"
	if got := strings.Join(page.lines(), "|"); got != want {
		t.Fatalf("transcript: %s", got)
	}
	if strings.Contains(page.url, "61") && strings.Contains(page.url, "%E5") {
		t.Errorf("text in the URL: %s", page.url)
	}
	if kept := f.deliveries[0].Messages[0].Text.String(); kept != "刷卡显示61\n别的卡? <b>&" {
		t.Errorf("kept %q", kept)
	}
	if page.refreshes() {
		t.Error("nothing is awaited, but the page reloads")
	}
	conversation := strings.TrimPrefix(page.url, srv.URL+"/c/")
	if len(conversation) < 26 {
		t.Errorf("the conversation %s can be guessed", conversation)
	}

	thanks := page.press("没帮助", "")
	thanks.check()
	if !strings.Contains(thanks.source, words["zh"]["thanks"]) || len(f.feedback) != 1 || f.feedback[0].Helped || f.feedback[0].Conversation != "web:"+conversation || f.feedback[0].Message != f.deliveries[0].Messages[0].ID {
		t.Errorf("feedback: %+v", f.feedback)
	}

	page = page.press(`都是61 <"&>`, "") // an option
	page.check()
	if got := page.lines(); len(got) != 4 || got[2] != `merchant: 都是61 <"&>` || page.has("别的卡能刷") {
		t.Errorf("after the option: %v", got)
	}
	page = page.press("转人工", "")
	if got := page.lines(); len(got) != 6 || got[4] != "merchant: 转人工" {
		t.Errorf("after asking for a person: %v", got)
	}
	page.check()

	// A reload, and the back button, send nothing again.
	if page.follow("看看有没有新消息"); f.kept() != 3 {
		t.Errorf("kept %d", f.kept())
	}
	if home.press("发送", "刷卡显示61"); f.kept() != 3 {
		t.Errorf("the same form sent twice was kept twice")
	}

	f.add("web:"+conversation, "您好,我是小王")
	page = page.follow("看看有没有新消息")
	if got := page.lines(); got[len(got)-1] != "agent: 您好,我是小王" || page.has("有帮助") {
		t.Errorf("after the agent: %v", got)
	}
	f.set(func() { f.dialog("web:" + conversation).agent = true })
	page = page.press("发送", "在吗")
	if !strings.Contains(page.source, words["zh"]["with_person"]) || page.refreshes() {
		t.Errorf("with a person: %s", page.source)
	}
	page.check()
}

func TestPageLanguage(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	for header, want := range map[string]string{"": "zh", "zh-TW": "zh", "en-GB,en;q=0.9": "en", "fr": "zh", "de, en;q=0.5": "en", strings.Repeat("x-,", 500): "zh"} {
		d := browse(t, "GET", srv.URL+"/", "", "Accept-Language", header)
		d.check()
		if got := attr(d.all("html")[0], "lang"); got != want {
			t.Errorf("%.20q: %s", header, got)
		}
	}
	// A browser's language is not the merchant's choice; the switch is.
	d := browse(t, "GET", srv.URL+"/", "", "Accept-Language", "en")
	d.press("Send", "61")
	if lang := f.deliveries[0].Messages[0].Lang; lang != "" {
		t.Errorf("language %q was not chosen", lang)
	}
	d = browse(t, "GET", srv.URL+"/", "").follow("English")
	d = d.press("Send", "61?")
	if lang := f.deliveries[1].Messages[0].Lang; lang != "en" {
		t.Errorf("language %q", lang)
	}
	if !strings.HasSuffix(d.url, "?lang=en") || attr(d.all("html")[0], "lang") != "en" || len(d.lines()) != 2 {
		t.Errorf("%s", d.url)
	}
	d = d.press("别的卡能刷", "").press("It helped", "").press("Talk to a person", "")
	d.check()
	if m := f.deliveries[3].Messages[0]; m.Text.String() != "agent" || m.Lang != "en" {
		t.Errorf("%+v", m)
	}
	if d = d.follow("中文"); attr(d.all("html")[0], "lang") != "zh" || len(d.lines()) != 6 {
		t.Errorf("the switch loses the conversation: %s", d.url)
	}
}

func TestPageWaits(t *testing.T) {
	f := newFake()
	f.hold = true
	_, srv := start(t, f, func(s *Server) { s.pagePatience = 20 * time.Millisecond })
	page := browse(t, "GET", srv.URL+"/", "").press("发送", "61?")
	page.check()
	if !page.refreshes() || !strings.Contains(page.source, words["zh"]["waiting"]) || page.has("别的卡能刷") || page.has("有帮助") {
		t.Errorf("while the answer is awaited: %s", page.source)
	}
	f.release()
	page = page.follow("看看有没有新消息")
	if page.refreshes() || !page.has("别的卡能刷") || !page.has("有帮助") || len(page.lines()) != 2 {
		t.Errorf("after it came: %s", page.source)
	}
}

func TestPageRefuses(t *testing.T) {
	f := newFake()
	c := &clock{time.Now()}
	_, srv := start(t, f, func(s *Server) { s.now = c.now })
	home := browse(t, "GET", srv.URL+"/", "")
	typed := func(d *document) string { return textOf(d.all("textarea")[0]) }
	w := words["zh"]

	long := "第一句\n" + strings.Repeat("很长", 4000)
	d := home.press("发送", long)
	d.check()
	if d.status != 400 || d.alert() != w["too_long"] || typed(d) != long {
		t.Errorf("long: %d %q, kept %d bytes", d.status, d.alert(), len(typed(d)))
	}
	d = home.press("发送", strings.Repeat("很长", 40000))
	d.check()
	if d.status != 413 || d.alert() != w["too_large"] {
		t.Errorf("very long: %d %q", d.status, d.alert())
	}
	d = home.press("发送", " ")
	if d.status != 400 || d.alert() != w["empty"] {
		t.Errorf("empty: %d %q", d.status, d.alert())
	}
	for _, b := range []struct {
		err  error
		word string
	}{{bot.ErrBusy, "busy"}, {errDisk, "trouble"}} {
		f.set(func() { f.busy = b.err })
		d = home.press("发送", "卡号4111111111111111,61")
		d.check()
		if d.id() != home.id() {
			t.Error("sent again, it would be another message")
		}
		if d.status != 503 || d.alert() != w[b.word] || d.header.Get("Retry-After") == "" || typed(d) != mask.Of("卡号4111111111111111,61").String() {
			t.Errorf("%s: %d %q %q", b.word, d.status, d.alert(), typed(d))
		}
	}
	f.set(func() { f.busy = nil })
	d = d.press("发送", typed(d)) // again, as the page says
	if d.status != 200 || len(d.lines()) != 2 || f.kept() != 1 {
		t.Errorf("sent again: %d %v", d.status, d.lines())
	}
	for range firstMessages {
		d = d.press("发送", "又来了")
	}
	d.check()
	if d.status != 429 || d.alert() != w["too_fast"] || d.header.Get("Retry-After") != "1" || typed(d) != "又来了" || len(d.lines()) != 2*firstMessages {
		t.Errorf("too fast: %d %q %v", d.status, d.alert(), d.lines())
	}
	f.set(func() { f.down = errors.New("gone") })
	d = browse(t, "GET", srv.URL+"/c/xyz", "")
	d.check()
	if d.status != 503 || d.alert() != w["unreadable"] {
		t.Errorf("store down: %d %q", d.status, d.alert())
	}
	if d = browse(t, "GET", srv.URL+"/c/"+strings.Repeat("x", maxID+1), ""); d.status != 404 {
		t.Errorf("a wrong name: %d", d.status)
	}
	d.check()
	if d = browse(t, "POST", srv.URL+"/", url.Values{"id": {strings.Repeat("x", maxID+1)}, "text": {"61"}}.Encode()); d.status != 400 || d.alert() != w["wrong_form"] {
		t.Errorf("a wrong form: %d %q", d.status, d.alert())
	}
	d.check()
}

func TestFeedbackRefused(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	post(t, srv, `{"id":"q1","conversation":"c1","text":"61"}`)
	for _, c := range []struct {
		form   string
		status int
	}{
		{"conversation=c1&id=q2&helped=yes", 400}, // no such message
		{"conversation=c2&id=q1&helped=yes", 400},
		{"conversation=c1&id=q1&helped=perhaps", 400},
		{"conversation=c1&id=q1&helped=yes", 200},
		{"helped=yes", 400},
	} {
		if d := browse(t, "POST", srv.URL+"/feedback", c.form); d.status != c.status {
			t.Errorf("%s: %d", c.form, d.status)
		}
	}
	if len(f.feedback) != 1 || !f.feedback[0].Helped {
		t.Errorf("%+v", f.feedback)
	}
	last := 0
	for range 10 {
		last = browse(t, "POST", srv.URL+"/feedback", "conversation=c1&id=q1&helped=yes").status
	}
	if last != 429 {
		t.Errorf("feedback without end: %d", last)
	}
}

func TestLongTranscript(t *testing.T) {
	f := newFake()
	f.talk("web:c1", 1000)
	f.set(func() {
		d := f.dialog("web:c1")
		d.known["m499"], d.replies["m499"] = true, bot.Reply{ID: "m499", Text: "x"}
	})
	_, srv := start(t, f)
	d := browse(t, "GET", srv.URL+"/c/c1", "")
	got := d.lines()
	if len(got) != mostLines || got[mostLines-1] != "bot: 第 999 句\n<两行>" || !strings.Contains(d.source, words["zh"]["earlier"]) {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}

// TestScriptFollows: the stream that the script opens begins where the page ends.
func TestScriptFollows(t *testing.T) {
	f := newFake()
	f.talk("web:a/b?c", 3)
	_, srv := start(t, f)
	d := browse(t, "GET", srv.URL+"/c/a%2Fb%3Fc", "")
	for _, n := range d.all("div") {
		if u := attr(n, "data-events"); u != "" {
			f.add("web:a/b?c", "您好")
			if _, events := do(t, "GET", srv.URL+u+"&follow=0", ""); strings.Count(events, "data: ") != 1 || !strings.Contains(events, "您好") {
				t.Errorf("%s: %q", u, events)
			}
			return
		}
	}
	t.Errorf("no stream: %s", d.source)
}

// TestCardLikeConversation: such a name does not get into a browser's history.
func TestCardLikeConversation(t *testing.T) {
	f := newFake()
	_, srv := start(t, f)
	d := browse(t, "POST", srv.URL+"/", url.Values{"conversation": {"4111111111111111"}, "id": {"5500005555555559"}, "text": {"61"}}.Encode())
	if d.status != 200 || len(d.lines()) != 2 || strings.Contains(d.url, "4111") || strings.Contains(f.stored(), "4111111111111111") || strings.Contains(f.stored(), "5500005555555559") {
		t.Errorf("%s %v", d.url, d.lines())
	}
}

func TestStatic(t *testing.T) {
	_, srv := start(t, newFake())
	d := browse(t, "GET", srv.URL+"/", "")
	var urls []string
	for _, n := range append(d.all("link"), d.all("script")...) {
		if u := attr(n, "href") + attr(n, "src"); u != "data:," {
			urls = append(urls, u)
		}
	}
	if len(urls) != 2 {
		t.Fatalf("%v", urls)
	}
	for _, u := range urls {
		res, body := do(t, "GET", srv.URL+u, "")
		if res.StatusCode != 200 || body == "" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/") {
			t.Errorf("%s: %d %v", u, res.StatusCode, res.Header)
		}
	}
	for _, path := range []string{"/static/", "/static/none", "/static/..%2fweb.go", "/templates/page.html", "/nothing"} {
		if res, _ := do(t, "GET", srv.URL+path, ""); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// BenchmarkMessage is the cost of a message without store and bot.
func BenchmarkMessage(b *testing.B) {
	f := newFake()
	s := New(Config{Loop: f, Journal: f})
	h := s.Handler()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		req := httptest.NewRequest("POST", "/api/v1/messages", strings.NewReader(fmt.Sprintf(`{"id":"q%d","conversation":"c%d","text":"刷卡显示61,换了张卡也不行"}`, i, i)))
		rec := httptest.NewRecorder()
		if h.ServeHTTP(rec, req); rec.Code != 200 {
			b.Fatal(rec.Code)
		}
	}
}
