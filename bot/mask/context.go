package mask

import "strings"

// This file says what the words around a group make of it.

// setApart finds the groups that are numbers of their own whatever stands next
// to them: amounts, quantities, dates, hotlines.
func (m *message) setApart() {
	for i := range m.groups {
		g := &m.groups[i]
		switch {
		case m.isAmount(i), m.isQuantity(i):
			g.apart = true
		case g.n == 10 && (m.digits[g.at] == 4 || m.digits[g.at] == 8) && m.digits[g.at+1] == 0 && m.digits[g.at+2] == 0:
			g.apart = !m.completes(i) // 4008200000
		}
		if m.starred(i) {
			g.apart = true
		}
		if m.isDecimal(i) {
			g.apart, m.groups[i+1].apart = true, true
		}
		if m.isDate(i) {
			g.apart, m.groups[i+1].apart, m.groups[i+2].apart = true, true, true
		}
	}
}

// completes reports whether group i and the six digits before it are a valid
// card number: 480333-4002130148.
func (m *message) completes(i int) bool {
	if i == 0 || m.groups[i-1].n != 6 || !m.gaps[i-1].joins {
		return false
	}
	v := m.value(i-1, i+1)
	return issued(v) && luhn(v)
}

// glyphAfter gives what follows group i, past one space.
func (m *message) glyphAfter(i int) (r, next rune) {
	at := m.tokens[m.groups[i].token].to
	if at < len(m.glyphs) && m.glyphs[at].r == ' ' {
		at++
	}
	if at < len(m.glyphs) {
		r = m.glyphs[at].r
	}
	if at+1 < len(m.glyphs) {
		next = m.glyphs[at+1].r
	}
	return r, next
}

func (m *message) isAmount(i int) bool {
	g := m.groups[i]
	at := m.tokens[g.token].from
	if at > 0 && m.glyphs[at-1].r == ' ' {
		at--
	}
	if at > 0 && strings.ContainsRune(currency, m.glyphs[at-1].r) {
		return true
	}
	r, next := m.glyphAfter(i)
	switch {
	case strings.ContainsRune(coins, r):
		return !(r == '元' && next == '旦')
	case strings.ContainsRune(currency, r) && g.n <= 8:
		return true
	case strings.ContainsRune(powers, r):
		return g.n <= 4 && !(r == '万' && next == '事') // 万事达
	}
	return g.n <= 8 && (r == 'r' && next == 'm' || r == 'c' && next == 'n' || r == 'y' && next == 'u') // rmb cny yuan
}

// isQuantity finds 3次, 12月, 2024年, but not the end of a number that is
// written in pairs: three parts of one size in a row are no quantity.
func (m *message) isQuantity(i int) bool {
	g := m.groups[i]
	r, _ := m.glyphAfter(i)
	if r == '年' && g.n == 4 {
		return m.digits[g.at] == 2 && m.digits[g.at+1] == 0 || m.digits[g.at] == 1 && m.digits[g.at+1] == 9
	}
	if g.n > 2 || g.tied || r == 0 || !strings.ContainsRune(units, r) {
		return false
	}
	for k := i; k > i-3; k-- {
		if k == 0 || !m.gaps[k-1].joins || m.groups[k-1].n != g.n {
			return true
		}
	}
	return false
}

// starred reports whether three asterisks or more stand at group i, touching it
// or a space away. It is what a slip shows of a card number: 622202******0128,
// **** **** **** 0128.
func (m *message) starred(i int) bool {
	const few = 3
	stars := func(t, step int) bool {
		at := func(t int) rune {
			if t < 0 || t >= len(m.tokens) {
				return 0
			}
			return m.tokens[t].r
		}
		if at(t) == ' ' {
			t += step
		}
		for n := range few {
			if r := at(t + n*step); r != '*' && r != 'x' {
				return false
			}
		}
		return true
	}
	return stars(m.groups[i].token+1, 1) || stars(m.groups[i].token-1, -1)
}

// isDecimal finds 128.50 between spaces, commas or words.
func (m *message) isDecimal(i int) bool {
	return m.point(i) && m.groups[i+1].n == 2 && m.groups[i].script == decimal && m.loose(i-1) && m.loose(i+1)
}

// point reports whether a full stop and nothing else is between group i and the
// next.
func (m *message) point(i int) bool {
	if i+1 >= len(m.groups) || m.groups[i+1].token != m.groups[i].token+2 {
		return false
	}
	return m.tokens[m.groups[i].token+1].r == '.'
}

// loose reports whether group i and the next need not be parts of one number.
func (m *message) loose(i int) bool {
	if i < 0 || i >= len(m.gaps) || !m.gaps[i].joins {
		return true
	}
	switch m.gaps[i].kind {
	case ' ', line, comma, enum, wordy:
		return true
	}
	return false
}

// isDate finds 2024-01-15 with any separator, alone.
func (m *message) isDate(i int) bool {
	if i+2 >= len(m.groups) || m.groups[i].n != 4 || m.groups[i+1].n > 2 || m.groups[i+2].n > 2 ||
		!m.gaps[i].joins || !m.gaps[i+1].joins || m.gaps[i].kind != m.gaps[i+1].kind {
		return false
	}
	if m.gaps[i].kind == ' ' || m.gaps[i].kind == tight || i > 0 && m.gaps[i-1].joins && m.gaps[i-1].kind == m.gaps[i].kind {
		return false
	}
	year, month, day := m.number(i), m.number(i+1), m.number(i+2)
	return 1990 <= year && year <= 2099 && 1 <= month && month <= 12 && 1 <= day && day <= 31
}

// number is the value of a short group.
func (m *message) number(i int) int {
	v := 0
	for _, d := range m.value(i, i+1) {
		v = v*10 + int(d)
	}
	return v
}

// around is what the words before or after a number say.
type around struct {
	direct flag // of the word that announces it
	n      int  // the length that a label announces
	near   flag // of all words in the neighbourhood
	copula bool // 是, : or = links word and number
}

// how far we look
const (
	reach     = 18 // tokens, for near
	maxFill   = 9  // tokens between a word and its number
	maxPrefix = 24 // tokens at the head of a number: SF1234567890, WX20240115-A1234
)

// before says what stands before a group.
func (m *message) before(i int) around {
	var a around
	t := m.groups[i].token - 1
	for n := 0; t >= 0 && n < maxPrefix && m.isPrefix(t); n++ {
		t--
	}
	direct := true
	for n := 0; t >= 0 && n < reach; t, n = t-1, n+1 {
		switch k := m.tokens[t]; k.kind {
		case barrier:
			return a
		case number:
			if m.groups[k.n].n > 4 || m.starred(k.n) {
				return a // what is said before it is said of it
			}
			direct = false
		case separator:
			if endsSentence(k.r) {
				return a
			}
			if direct && strings.ContainsRune(":=", k.r) {
				a.copula = true
			}
		case aWord:
			a.near |= k.is
			if !direct {
				continue
			}
			if k.is&copula != 0 {
				a.copula = true
			}
			if k.is&named != 0 {
				a.direct |= k.is
				a.n = k.n
			}
			direct = k.is&fill != 0 && n < maxFill
		case other:
			direct = false
		}
	}
	return a
}

// isPrefix reports whether token t, directly before a number, is part of it:
// letters, a hyphen, and more digits before these.
func (m *message) isPrefix(t int) bool {
	k := m.tokens[t]
	return isLetter(k) || k.kind == separator && (k.r == '-' || k.r == '_') || k.kind == number && m.groups[k.n].n > 2
}

func isLetter(t token) bool { return t.kind == other && isLatin(t.r) }

// after says what stands behind a group, unless it belongs to the number that
// follows: in "6222… 订单号 123" the order number is 123.
func (m *message) after(i int) around {
	var a around
	direct := true
	for t, n := m.groups[i].token+1, 0; t < len(m.tokens) && n < reach/2; t, n = t+1, n+1 {
		switch k := m.tokens[t]; k.kind {
		case barrier, number:
			return a
		case separator:
			if endsSentence(k.r) || kindOf(k.r) == line {
				return a
			}
			if direct && strings.ContainsRune("(:=<[", k.r) {
				a.copula = true
			}
			if kindOf(k.r) == comma {
				direct = false
			}
		case aWord:
			if k.is&named != 0 && m.announces(t) {
				return a
			}
			a.near |= k.is
			if !direct {
				continue
			}
			if k.is&copula != 0 {
				a.copula = true
			}
			if k.is&named != 0 {
				a.direct, a.n = k.is, k.n
			}
			direct = k.is&(fill|wrong) != 0 // 订单号6222…(不对,是卡号)
		case other:
			// 这张卡, 我那张卡: a word of ours may begin one character later
			direct = direct && strings.ContainsRune("这那张个就我他她它", k.r)
		}
	}
	return a
}

// announces reports whether the word at token t has its number behind it.
func (m *message) announces(t int) bool {
	opened := false
	for n := 1; n <= maxFill && t+n < len(m.tokens); n++ {
		switch k := m.tokens[t+n]; {
		case k.kind == number, k.kind == barrier:
			return true
		case k.r == '(':
			opened = true
		case k.r == ')' && !opened: // what is in brackets is said of what is before them
			return false
		case k.kind == separator && !endsSentence(k.r) && kindOf(k.r) != comma, k.kind == aWord && k.is&(fill|named) != 0, isLetter(k):
		default:
			return false
		}
	}
	return false
}

// setLabelled finds the groups that a label says are numbers of the business,
// directly or as parts or companions of one that is: 订单号 1234 5678 9012,
// 终端号 12345678、12345679.
func (m *message) setLabelled() {
	closed := false // the label's number is complete, only a list goes on
	for i := range m.groups {
		g := &m.groups[i]
		a := m.before(i)
		if a.direct&label != 0 && a.direct&cardNo == 0 {
			g.labelled = a.direct&exact == 0 || g.n == a.n
			closed = a.n == 6 || g.n == a.n
			continue
		}
		if i == 0 || a.direct != 0 || !m.gaps[i-1].joins || g.apart || !m.groups[i-1].labelled || m.groups[i-1].n != g.n {
			continue
		}
		switch kind := m.gaps[i-1].kind; {
		case kind == enum:
			g.labelled = true
		case g.n < 13:
			g.labelled = !closed || kind == comma || kind == line || g.n >= 6
		default:
			g.labelled = m.sharesPrefix(i-1, i)
		}
	}
}

// sharesPrefix reports whether two groups begin alike, as numbers that one
// system gives out do.
func (m *message) sharesPrefix(i, k int) bool {
	return string(m.digits[m.groups[i].at:][:4]) == string(m.digits[m.groups[k].at:][:4])
}
