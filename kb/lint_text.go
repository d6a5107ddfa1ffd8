package kb

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The checks of what a merchant sees: length, markup and forbidden advice.

const maxAnswerBytes = 2048 // WeCom cuts a passive reply there

// needed are the sections that an entry must have, by kind.
func needed(k Kind) []string {
	if k == Topic || k == Code {
		return []string{secMeaning, secDoNow, secSteps}
	}
	return []string{secMeaning, secDoNow, secCustomer, secSteps, secNever}
}

// needSections reports what is missing in both languages; what only one of
// them has is a fault of reading.
func (l *linter) needSections(d *document) {
	for _, name := range needed(d.Kind) {
		if d.count(ZH, name) == 0 && d.count(EN, name) == 0 {
			l.rep(d.File).add(d.title(ZH), "need-section", sections[sectionIndex(name)].name.ZH, name, string(d.Kind))
		}
	}
}

func (d *document) title(lang Lang) place {
	for _, t := range d.texts {
		if t.lang == lang && t.section == secTitle {
			return t.place
		}
	}
	return place{}
}

func (l *linter) lengths(d *document) {
	rep := l.rep(d.File)
	size := map[Lang]int{}
	for _, t := range d.texts {
		n := utf8.RuneCountInString(t.text)
		i := sectionIndex(t.section)
		if i < 0 {
			continue // titles have no limit of their own
		}
		if most := sections[i].max.in(t.lang); most > 0 && n > most {
			rep.add(t.place, "too-long", sections[i].name.In(t.lang), n, most)
		}
		if t.section != secPrevention {
			size[t.lang] += len("1. [cashier] ") + len(t.text) + 1
		}
	}
	for lang, n := range size {
		if n > maxAnswerBytes {
			rep.add(d.title(lang), "answer-bytes", string(lang), n, maxAnswerBytes)
		}
	}
}

// bans holds that a line of 别做 says by itself that it is a ban. A chat shows
// it without its heading, where "拆成几笔刷" would read as advice.
func (l *linter) bans(d *document) {
	for _, t := range d.texts {
		if t.section == secNever && !banWord.In(t.lang).MatchString(undone(t.lang, fold(t.text))) {
			l.rep(d.File).add(t.place, "never-ban", t.text)
		}
	}
}

func (l *linter) entryTexts(d *document) {
	rep := l.rep(d.File)
	for _, t := range d.texts {
		l.text(rep, t, d.Kind)
		l.insufficient61(rep, d, t)
	}
}

func (l *linter) questionTexts() {
	for _, t := range l.questions.texts {
		l.text(l.rep(questionsFile), t, "")
	}
}

// text holds one text against all rules of content.
func (l *linter) text(rep reporter, t placed, kind Kind) {
	for _, m := range markup {
		if found := m.FindString(t.text); found != "" {
			rep.add(t.place, "markup", found)
			break
		}
	}
	l.unfilled(rep, t.text, t.place)
	l.links(rep, t.text, t.place)
	l.numbers(rep, t.text, t.place)
	if found := maskedWord.FindString(t.text); found != "" {
		rep.add(t.place, "masked-word", found)
	}
	for _, c := range clausesOf(t, kind) {
		for _, r := range adviceRules {
			if found := r.find(c); found != "" {
				rep.add(t.place, r.rule, found)
			}
		}
	}
}

// fillMe marks what [Template] leaves to the author.
var fillMe = Bilingual{ZH: "待填", EN: "FILL ME"}

func (l *linter) unfilled(rep reporter, text string, at place) {
	if strings.Contains(text, fillMe.ZH) || strings.Contains(text, fillMe.EN) {
		rep.add(at, "fill-me", text)
	}
}

var (
	markup = []*regexp.Regexp{
		regexp.MustCompile(`\*\*|__|~~`),
		regexp.MustCompile("`"),
		regexp.MustCompile(`!?\[[^\]]*\]\([^)]*\)`),
		regexp.MustCompile(`</?[A-Za-z][^>]*>|<!--`),
		regexp.MustCompile(`&[a-z]+;|&#\d+;`),
	}
	// Words that the seed's publisher masked to pass filters; we write them out.
	maskedWord = regexp.MustCompile(`POSS|(?i:poss机|ka卡)|积芬`)

	linkForm = regexp.MustCompile(`(?i)(?:https?://|www\.)[^\s,。、;)]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|gov|edu|top|vip|xyz|info|io|cc|me|shop|site|app)\b`)
	hostForm = regexp.MustCompile(`(?i)^(?:https?://)?([a-z0-9.-]+)`)

	allowedHosts = []string{"pbc.gov.cn", "95516.com"}
)

func (l *linter) links(rep reporter, text string, at place) {
	for _, link := range linkForm.FindAllString(norm.NFKC.String(text), -1) {
		host := strings.ToLower(hostForm.FindStringSubmatch(link)[1])
		allowed := false
		for _, h := range allowedHosts {
			allowed = allowed || host == h || strings.HasSuffix(host, "."+h)
		}
		if !allowed {
			rep.add(at, "link", link, strings.Join(allowedHosts, ", "))
		}
	}
}

var (
	longNumber = regexp.MustCompile(`\d(?:[ -]?\d){12,}`)
	mobile     = regexp.MustCompile(`(?:^|\D)(1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?:\D|$)`)
	landline   = regexp.MustCompile(`(?:^|\D)((?:400|800)[ -]?\d{3}[ -]?\d{4}|0\d{2,3}[ -]\d{7,8})(?:\D|$)`)
	residentID = regexp.MustCompile(`(?:^|\D)(\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?:\D|$)`)
)

// numbers reports numbers that belong to a person: no text of ours and no
// phrasing may carry a real one, and nobody can tell a made-up one from it.
func (l *linter) numbers(rep reporter, text string, at place) {
	s := norm.NFKC.String(text)
	if m := residentID.FindStringSubmatch(s); m != nil {
		rep.add(at, "resident-id", m[1])
	}
	for _, run := range longNumber.FindAllString(s, -1) {
		digits := strings.NewReplacer(" ", "", "-", "").Replace(run)
		if len(digits) <= 19 && luhn(digits) {
			rep.add(at, "card-number", digits[len(digits)-4:])
		}
	}
	for _, form := range []*regexp.Regexp{mobile, landline} {
		if m := form.FindStringSubmatch(s); m != nil {
			rep.add(at, "phone", m[1])
		}
	}
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			n *= 2
			if n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// fold makes letters small and widths equal, so that one pattern is enough.
func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }
