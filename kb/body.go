package kb

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// section is one part of an entry's body. Names in both languages, in the
// order in which they stand.
type section struct {
	name Bilingual
	form byte // 'p' one paragraph, 's' numbered steps, 'b' bans
	max  limits
}

// limits is a greatest length in characters for each language.
type limits struct{ ZH, EN int }

func (b limits) in(l Lang) int {
	if l == EN {
		return b.EN
	}
	return b.ZH
}

const (
	secTitle      = "title"
	secMeaning    = "Meaning"
	secDoNow      = "Do now"
	secCustomer   = "Tell the customer"
	secSteps      = "Steps"
	secNever      = "Never"
	secPrevention = "Prevention"
)

var sections = []section{
	{Bilingual{"含义", secMeaning}, 'p', limits{90, 260}},
	{Bilingual{"现在做", secDoNow}, 'p', limits{90, 240}},
	{Bilingual{"对顾客说", secCustomer}, 'p', limits{80, 220}},
	{Bilingual{"步骤", secSteps}, 's', limits{120, 320}},
	{Bilingual{"别做", secNever}, 'b', limits{}},
	{Bilingual{"预防", secPrevention}, 'p', limits{}},
}

// role is somebody who can do a step.
type role struct {
	id   string
	name Bilingual
}

// Roles are those who can do a step, by id, with the words that the body uses.
var roles = []role{
	{"cashier", Bilingual{"收银员", "cashier"}},
	{"cardholder", Bilingual{"持卡人", "cardholder"}},
	{"merchant", Bilingual{"商户", "merchant"}},
	{"acquirer", Bilingual{"收单机构", "acquirer"}},
	{"vendor", Bilingual{"厂商", "vendor"}},
}

// Roles returns who can do a step: the id and the word for it in both languages.
func Roles() map[string]Bilingual {
	m := map[string]Bilingual{}
	for _, r := range roles {
		m[r.id] = r.name
	}
	return m
}

// bodyReader walks the lines of a body. The body is plain text by design, with
// headings and two kinds of list; a Markdown parser would accept, and drop or
// restyle, what no merchant's chat can show.
type bodyReader struct {
	reporter
	d     *document
	lang  Lang
	sec   *section // nil before the first section
	items []placed // of the current section
	gap   bool     // a blank line came since the last text
	// A fault was reported in this section; lost: what follows is passed over.
	faulty, lost bool
}

func (d *document) readBody(rep reporter, body string, before int) {
	b := &bodyReader{reporter: rep, d: d}
	for i, line := range strings.Split(body, "\n") {
		at := place{before + i + 1, 1 + utf8.RuneCountInString(line[:len(line)-len(strings.TrimLeft(line, " \t"))])}
		line = strings.Join(strings.FieldsFunc(line, unicode.IsControl), " ")
		text := strings.TrimSpace(line)
		switch {
		case text == "":
			b.gap = true
		case strings.HasPrefix(text, "##"):
			b.startSection(text, at)
		case strings.HasPrefix(text, "#"):
			b.startLanguage(text, at)
		default:
			b.text(text, at)
			b.gap = false
		}
	}
	b.finish()
	for _, lang := range []Lang{ZH, EN} {
		if _, ok := d.order[lang]; !ok {
			rep.add(place{before + 1, 1}, "missing-language", lang)
		}
	}
	d.sameSections(rep)
}

var languageHeading = regexp.MustCompile(`^#\s+(zh|en)\s+(\S.*)$`)

func (b *bodyReader) startLanguage(text string, at place) {
	b.finish()
	m := languageHeading.FindStringSubmatch(text)
	if m == nil {
		b.add(at, "bad-heading", text)
		b.lang, b.lost = "", true
		return
	}
	b.lang, b.lost = Lang(m[1]), false
	if _, again := b.d.order[b.lang]; again || (b.lang == ZH && b.d.order[EN] != nil) {
		b.add(at, "language-order")
	}
	b.d.order[b.lang] = []string{}
	b.d.setText(placed{lang: b.lang, section: secTitle, text: strings.TrimSpace(m[2]), place: at})
}

func (b *bodyReader) startSection(text string, at place) {
	b.finish()
	name := strings.TrimSpace(strings.TrimPrefix(text, "##"))
	for i := range sections {
		if b.lang != "" && sections[i].name.In(b.lang) == name {
			b.sec = &sections[i]
		}
	}
	if b.sec == nil {
		if b.lang != "" || !b.lost { // else the language's heading is the fault
			b.add(at, "bad-heading", text)
		}
		b.lost = true
		return
	}
	b.lost = false
	order := b.d.order[b.lang]
	switch {
	case slices.Contains(order, b.sec.name.EN):
		b.add(at, "section-twice", name)
	case len(order) > 0 && sectionIndex(order[len(order)-1]) > sectionIndex(b.sec.name.EN):
		b.add(at, "section-order", name)
	}
	b.d.order[b.lang] = append(order, b.sec.name.EN)
	b.d.places["section/"+string(b.lang)+"/"+b.sec.name.EN] = at
}

func sectionIndex(name string) int {
	return slices.IndexFunc(sections, func(s section) bool { return s.name.EN == name })
}

var (
	stepLine = regexp.MustCompile(`^\d+\.\s+(.*)$`)
	banLine  = regexp.MustCompile(`^[-*+]\s+(.*)$`)
)

// text takes one line of text into the current section.
func (b *bodyReader) text(line string, at place) {
	switch {
	case b.lost:
	case b.sec == nil:
		b.fault(at, "stray-text", line)
	case b.sec.form == 'p':
		b.paragraph(line, at)
	case b.sec.form == 's':
		b.item(line, at, stepLine, "step-form")
	default:
		b.item(line, at, banLine, "ban-form")
	}
}

func (b *bodyReader) paragraph(line string, at place) {
	switch {
	case stepLine.MatchString(line) || banLine.MatchString(line) || (b.gap && len(b.items) > 0):
		b.fault(at, "one-paragraph", b.sec.name.In(b.lang))
	case len(b.items) == 0:
		b.begin(line, at)
	default:
		b.items[0].text = join(b.items[0].text, line, b.lang)
	}
}

// item takes a line of a list. A line that goes on with the item before must
// be indented: "2、" under "1." would else end up inside the first step.
func (b *bodyReader) item(line string, at place, form *regexp.Regexp, rule string) {
	m, last := form.FindStringSubmatch(line), len(b.items)-1
	switch {
	case m != nil:
		b.begin(m[1], at)
	case last >= 0 && !b.gap && at.col > 1:
		b.items[last].text = join(b.items[last].text, line, b.lang)
	default:
		b.fault(at, rule, line)
	}
}

func (b *bodyReader) begin(text string, at place) {
	b.items = append(b.items, placed{lang: b.lang, section: b.sec.name.EN, n: len(b.items), text: text, place: at})
}

func (b *bodyReader) fault(at place, rule string, args ...any) {
	b.add(at, rule, args...)
	b.faulty = true
	b.lost = b.sec == nil || b.sec.form == 'p' // a list has more lines to check
}

// join puts two lines of a paragraph together. Chinese has no space there.
func join(a, b string, lang Lang) string {
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	if lang == ZH && (last > unicode.MaxASCII || first > unicode.MaxASCII) {
		return a + b
	}
	return a + " " + b
}

// finish hands the items of the section that ends to the document.
func (b *bodyReader) finish() {
	if b.sec != nil && len(b.items) == 0 && !b.faulty {
		b.add(b.d.at("section/"+string(b.lang)+"/"+b.sec.name.EN), "empty-section", b.sec.name.In(b.lang))
	}
	for _, it := range b.items {
		b.d.setText(it)
	}
	b.sec, b.items, b.gap, b.faulty = nil, nil, false, false
}

// setText records a text and puts it into the entry's field. Steps wait for
// pairSteps: both languages must be there to pair them.
func (d *document) setText(p placed) {
	d.texts = append(d.texts, p)
	switch p.section {
	case secTitle:
		d.Title.set(p.lang, p.text)
	case secMeaning:
		d.Meaning.set(p.lang, p.text)
	case secDoNow:
		d.DoNow.set(p.lang, p.text)
	case secCustomer:
		d.Customer.set(p.lang, p.text)
	case secPrevention:
		d.Prevention.set(p.lang, p.text)
	case secNever:
		for len(d.Never) <= p.n {
			d.Never = append(d.Never, Bilingual{})
		}
		d.Never[p.n].set(p.lang, p.text)
	}
}

func (b *Bilingual) set(lang Lang, s string) {
	if lang == EN {
		b.EN = s
	} else {
		b.ZH = s
	}
}

// sameSections holds that both languages have the same sections, and as many
// bans; everything is shown in either language.
func (d *document) sameSections(rep reporter) {
	zh, en := d.order[ZH], d.order[EN]
	if zh == nil || en == nil {
		return
	}
	for _, s := range sections {
		inZH, inEN := slices.Contains(zh, s.name.EN), slices.Contains(en, s.name.EN)
		if inZH && !inEN {
			rep.add(d.title(EN), "missing-section", s.name.EN, s.name.ZH)
		}
		if inEN && !inZH {
			rep.add(d.title(ZH), "missing-section", s.name.ZH, s.name.EN)
		}
	}
	if nz, ne := d.count(ZH, secNever), d.count(EN, secNever); nz != ne && nz > 0 && ne > 0 {
		rep.add(d.at("section/en/"+secNever), "never-count", nz, ne)
	}
}

func (d *document) count(lang Lang, section string) int {
	n := 0
	for _, t := range d.texts {
		if t.lang == lang && t.section == section {
			n++
		}
	}
	return n
}

// pairSteps brings the facts of the front matter and the two languages of each
// step together. A step that is missing somewhere would leave a merchant with
// an empty line, so it is a fault that Load refuses.
func (d *document) pairSteps(rep reporter) {
	zh, en := d.steps(rep, ZH), d.steps(rep, EN)
	nz, ne := len(zh), len(en)
	if nz != ne && d.order[ZH] != nil && d.order[EN] != nil {
		rep.add(d.at("section/en/"+secSteps), "step-count", nz, ne)
	}
	if d.front != nil && len(d.Steps) != max(nz, ne) {
		at := d.at("steps")
		if at.line == 0 {
			at = place{2, 1}
		}
		rep.add(at, "step-facts", len(d.Steps), max(nz, ne))
	}
	for i := range min(nz, ne) {
		if zh[i].who != "" && en[i].who != "" && zh[i].who != en[i].who {
			rep.add(en[i].place, "step-roles", i+1, zh[i].who, en[i].who)
		}
	}
	for len(d.Steps) < max(nz, ne) {
		d.Steps = append(d.Steps, Step{})
	}
	for i := range d.Steps {
		d.Steps[i].ID = fmt.Sprintf("%s#s%d", d.ID, i+1)
		if i < nz {
			d.Steps[i].Who, d.Steps[i].Text.ZH = zh[i].who, zh[i].text
		}
		if i < ne {
			d.Steps[i].Text.EN = en[i].text
		}
	}
}

// stepText is a step of one language, its role cut off.
type stepText struct {
	who, text string
	place
}

var stepRole = regexp.MustCompile(`^\[([^\]]*)\]\s*(.*)$`)

// steps returns the steps of one language and cuts the roles off the texts.
func (d *document) steps(rep reporter, lang Lang) (out []stepText) {
	for i, t := range d.texts {
		if t.lang != lang || t.section != secSteps {
			continue
		}
		st := stepText{text: t.text, place: t.place}
		if m := stepRole.FindStringSubmatch(t.text); m != nil {
			st.text = m[2]
			for _, r := range roles {
				if r.name.In(lang) == m[1] {
					st.who = r.id
				}
			}
		}
		switch {
		case st.who == "":
			rep.add(t.place, "step-role", t.text, roleNames(lang))
		case st.text == "":
			rep.add(t.place, "empty-text")
		}
		d.texts[i].text = st.text
		out = append(out, st)
	}
	return out
}

func roleNames(lang Lang) string {
	var names []string
	for _, r := range roles {
		names = append(names, "["+r.name.In(lang)+"]")
	}
	return strings.Join(names, " ")
}
