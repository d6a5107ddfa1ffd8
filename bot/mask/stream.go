package mask

import (
	"strings"
	"unicode"
)

// A token is what the rules see of a text.
type token struct {
	kind     tokenKind
	is       flag // of a word
	n        int  // of a word: the length of its number; of digits: which group
	r        rune // of a separator or anything else
	from, to int  // glyphs
}

type tokenKind uint8

const (
	other     tokenKind = iota // a letter or Chinese character that means nothing to us
	separator                  // punctuation, symbols, spaces
	aWord                      // of the vocabulary, or 后四位
	number                     // a group of digits
	barrier                    // a marker of ours: nothing reaches across it
)

// group is a number of digits with nothing between them.
type group struct {
	at, n    int // in message.digits
	token    int
	from, to int // bytes
	script   script

	apart    bool // an amount, a quantity, a date: never part of a longer number
	labelled bool // a label says that it is a number of the business
	tied     bool // it and the word behind it look like 一直, 三张
}

// gap is what stands between a group and the next.
type gap struct {
	joins bool // they may be parts of one number
	loose bool // they may, but for words that mean nothing to us
	kind  rune // what joins them: tight, wordy, or the separator that stands for its kind
}

const (
	tight = 0    // nothing: the script changes
	wordy = 'w'  // words such as 然后
	comma = ','  // , and ;
	enum  = '、'  // 、 and 和: two numbers of one kind
	line  = '\n' // a new line
)

// message is a text as the rules read it.
type message struct {
	s      string
	glyphs []glyph
	tokens []token
	groups []group
	gaps   []gap  // gaps[i] is between groups[i] and groups[i+1]
	digits []byte // the values of all digits, group after group
	spans  []span // what has been found

	crowded bool // the run that is searched has many small groups
	amounts bool // it is said to be amounts

	room struct { // what most messages need, so that they don't need the heap
		glyphs [96]glyph
		tokens [64]token
	}
}

// read makes a message of s.
func read(s string) *message {
	m := &message{s: s}
	m.glyphs = fold(m.room.glyphs[:0], s)
	m.tokenise()
	if len(m.digits) >= fewest {
		m.measureGaps()
		m.setApart()
		m.setLabelled()
	}
	return m
}

func (m *message) tokenise() {
	m.tokens = m.room.tokens[:0]
	g := m.glyphs
	for i := 0; i < len(g); {
		t := token{from: i, to: i + 1, r: g[i].r}
		if n := m.markerAt(i); n > 0 {
			t.kind, t.to = barrier, n
		} else if n := header(g, i); n > 0 {
			t.kind, t.r, t.to = separator, line, n
		} else if end, n := counting(g, i); end > 0 {
			t.kind, t.is, t.n, t.to = aWord, fill|join|count, n, end
		} else if g[i].digit >= 0 && g[i].script != noDigit && !startsWord(g, i) {
			end := digitsEnd(g, i)
			if cut := besideTime(g, i, end); cut > i {
				m.addGroup(i, cut)
				i = cut
			}
			m.addGroup(i, end)
			i = m.tokens[len(m.tokens)-1].to
			continue
		} else if w, end := wordAt(g, i); w != nil {
			t.kind, t.is, t.n, t.to = aWord, w.is, w.n, end
		} else if end, d := spelledAt(g, i); end > 0 {
			g[i].digit, g[i].script = d, spelled
			m.addGroup(i, end)
			i = end
			continue
		} else if isSeparator(g[i].r) {
			t.kind = separator
		}
		m.tokens = append(m.tokens, t)
		i = t.to
	}
}

// startsWord reports whether the digit at g[i] begins a word of the vocabulary
// that outweighs it: 六位密码, 一次性密码, 3位安全码.
func startsWord(g []glyph, i int) bool {
	w, _ := wordAt(g, i)
	return w != nil
}

// addGroup adds the digits of glyphs i to end as one group.
func (m *message) addGroup(i, end int) {
	g := m.glyphs
	d := group{at: len(m.digits), token: len(m.tokens), from: g[i].from, to: g[end-1].to, script: g[i].script}
	if d.script == spelled {
		m.digits = append(m.digits, byte(g[i].digit))
		d.n = 1
	} else {
		for _, c := range g[i:end] {
			m.digits = append(m.digits, byte(c.digit))
		}
		d.n = end - i
	}
	d.tied = d.script == han && d.n == 1 && end < len(g) && strings.ContainsRune(afterNumeral, g[end].r)
	m.tokens = append(m.tokens, token{kind: number, n: len(m.groups), from: i, to: end})
	m.groups = append(m.groups, d)
}

// digitsEnd gives the end of the group that begins at g[i].
func digitsEnd(g []glyph, i int) int {
	end := i + 1
	for end < len(g) && g[end].script == g[i].script {
		end++
	}
	if end < len(g) && g[end].r == '年' && (end-i == 2 || end-i == 4) {
		return end // 二七年
	}
	if g[i].script == han && end-i > 1 && end < len(g) && strings.ContainsRune(afterNumeral, g[end].r) {
		end--
	}
	return end
}

// besideTime gives where the digits of a time of day begin or end that touches
// the other digits of glyphs i to end, or i if none does: 622202123456789411:06,
// 11:066222021234567894.
func besideTime(g []glyph, i, end int) int {
	const hours, minutes = 24, 60
	at := func(k, below int) bool { // two digits, and no more before or behind
		return k >= 0 && k+1 < len(g) && g[k].script == decimal && g[k+1].script == decimal && int(10*g[k].digit+g[k+1].digit) < below
	}
	if end-i > 2 && end < len(g) && g[end].r == ':' && (i == 0 || g[i-1].r != ':') && at(end-2, hours) && at(end+1, minutes) && (end+3 == len(g) || g[end+3].script != decimal) {
		return end - 2
	}
	if end-i > shortestCard && i > 2 && g[i-1].r == ':' && at(i-3, hours) && at(i, minutes) && (i == 3 || g[i-4].script != decimal) {
		return i + 2
	}
	return i
}

// spelledAt reads a digit that is spelled out at g[i]: six, liu.
func spelledAt(g []glyph, i int) (end int, digit int8) {
	if !isLatin(g[i].r) || i > 0 && isLatin(g[i-1].r) {
		return 0, 0
	}
	var buf [8]byte
	for end = i; end < len(g) && isLatin(g[end].r); end++ {
		if end-i == len(buf) {
			return 0, 0
		}
		buf[end-i] = byte(g[end].r)
	}
	if d, ok := spelledDigits[string(buf[:end-i])]; ok {
		return end, d
	}
	return 0, 0
}

// markerAt gives the glyph after a marker of ours that begins at glyph i, or 0.
func (m *message) markerAt(i int) int {
	g := m.glyphs
	if g[i].r != '[' && g[i].r != '1' || g[i].r == '1' && i > 0 && g[i-1].script != noDigit {
		return 0
	}
	n := marker(m.s[g[i].from:])
	if n == 0 {
		return 0
	}
	end := i
	for end < len(g) && g[end].from < g[i].from+n {
		end++
	}
	return end
}

func isSeparator(r rune) bool {
	if r < 128 {
		return r < '0' || '9' < r && !isLatin(r)
	}
	return !isHan(r) && (unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsSpace(r))
}

// endsSentence reports whether nothing after r belongs to what is before it.
func endsSentence(r rune) bool { return strings.ContainsRune("。!?;…", r) }

// kindOf gives the separator that stands for all of the kind of r.
func kindOf(r rune) rune {
	switch r {
	case ',', ';', '，', '；':
		return comma
	case '、':
		return enum
	case '\n', '\r', '\u2028', '\u2029':
		return line
	case '/', '\\', '|', '丨':
		return '/'
	case '.', '·', '•', '・', '‧', '∙', '。':
		return '.'
	}
	if unicode.IsSpace(r) {
		return ' '
	}
	if unicode.Is(unicode.Pd, r) || r == '−' {
		return '-'
	}
	return r
}

// strength orders kinds of separators: the strongest names a gap.
func strength(kind rune) int {
	switch kind {
	case tight:
		return 0
	case ' ':
		return 1
	case '.':
		return 2
	case '-':
		return 3
	case '/':
		return 5
	case line:
		return 6
	case comma:
		return 7
	case enum:
		return 8
	}
	return 4
}

func (m *message) measureGaps() {
	m.gaps = make([]gap, max(0, len(m.groups)-1))
	for i := range m.gaps {
		m.gaps[i] = m.measure(i)
	}
}

// measure looks at what stands between group i and the next. Parts of a number
// have at most four separators between them, of which each may be repeated, or a
// word or two.
func (m *message) measure(i int) gap {
	const most, mostWithWords, mostWords, mostOthers, mostLetters = 4, 8, 4, 4, 10
	between := m.tokens[m.groups[i].token+1 : m.groups[i+1].token]
	if len(between) > 24 {
		return gap{}
	}
	var seps, words, lists, colons, others, letters int
	var kind, previous rune
	for n, t := range between {
		switch {
		case t.kind == aWord && t.is&list != 0:
			lists++
		case t.kind == aWord && t.is&join != 0:
			words++
		case t.kind == separator && !strings.ContainsRune("=^%"+currency, t.r):
			k := kindOf(t.r)
			if t.r == ':' {
				colons++
			}
			if k != previous {
				seps++
			}
			if strength(k) > strength(kind) {
				kind = k
			}
			previous = k
		case t.kind == aWord && t.is&fill != 0 && t.is&(named|money|entry) == 0:
			others++
		case t.kind == other && isHan(t.r) && !(n == 0 && strings.ContainsRune(units+coins+powers, t.r)):
			others++
		case isLetter(t):
			letters++
		default:
			return gap{}
		}
	}
	switch {
	case others+letters > 0:
		return gap{loose: others <= mostOthers && letters <= mostLetters && words+lists <= mostWithWords && seps <= mostWithWords}
	case words > 0:
		return gap{joins: words+lists <= mostWords && seps <= mostWithWords, kind: wordy}
	case lists > 0:
		return gap{joins: lists == 1 && seps <= most, kind: enum}
	case colons > 0: // a time of day is no separated number
		return gap{joins: seps <= most && (m.groups[i].n > 2 || m.groups[i+1].n != 2), kind: ':'}
	}
	return gap{joins: seps <= most, kind: kind}
}

// joined reports whether groups i and i+1 may be parts of one number.
func (m *message) joined(i int) bool {
	if i < 0 || i >= len(m.gaps) || !m.gaps[i].joins {
		return false
	}
	g, next := m.groups[i], m.groups[i+1]
	return !g.apart && !next.apart && (next.labelled || !g.labelled)
}

// gapAfter gives the kind of the gap behind group i, tight if it is the last.
func (m *message) gapAfter(i int) rune {
	if i < len(m.gaps) {
		return m.gaps[i].kind
	}
	return tight
}

// runEnd gives the end of the run that begins at group i.
func (m *message) runEnd(i int) int {
	for m.joined(i) {
		i++
	}
	return i + 1
}

// stretchEnd gives the end of the part of a run, from group i, that one kind of
// separator joins.
func (m *message) stretchEnd(i int) int {
	end := i + 1
	for m.joined(end-1) && m.gaps[end-1].kind == m.gaps[i].kind {
		end++
	}
	return end
}

// length is the number of digits of groups i to end.
func (m *message) length(i, end int) int {
	last := m.groups[end-1]
	return last.at + last.n - m.groups[i].at
}

// value gives the digits of groups i to end, which must be consecutive.
func (m *message) value(i, end int) []byte {
	last := m.groups[end-1]
	return m.digits[m.groups[i].at : last.at+last.n]
}

// add notes that groups i to end must go.
func (m *message) add(i, end int, kind Kind, rank int) {
	s := span{from: m.groups[i].from, to: m.groups[end-1].to, kind: kind, rank: rank, group: i, end: end}
	s.keep = kept(m.value(i, end), kind)
	m.spans = append(m.spans, s)
}

// touchesName reports whether the first of the Chinese digits of group i may be
// the last character of a name before them, as in 张三一三八….
func (m *message) touchesName(i int) bool {
	at := m.tokens[m.groups[i].token].from
	return m.groups[i].script == han && at > 0 && isHan(m.glyphs[at-1].r)
}

// addPart notes that n digits of group i must go, from the at-th on.
func (m *message) addPart(i, at, n int, kind Kind) {
	first := m.tokens[m.groups[i].token].from + at
	s := span{from: m.glyphs[first].from, to: m.glyphs[first+n-1].to, kind: kind, rank: whole, group: i, end: i + 1}
	s.keep = kept(m.value(i, i+1)[at:at+n], kind)
	m.spans = append(m.spans, s)
}

// kept gives the digits of v that may be shown.
func kept(v []byte, kind Kind) string {
	switch kind {
	case Card:
		return decimals(v[len(v)-4:])
	case Mobile:
		v = v[len(v)-11:] // without 86
		return decimals(v[:3]) + decimals(v[7:])
	}
	return ""
}

func decimals(v []byte) string {
	out := make([]byte, len(v))
	for i, d := range v {
		out[i] = '0' + d
	}
	return string(out)
}
