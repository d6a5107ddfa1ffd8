package mask

import (
	"slices"
	"strings"
)

// addExpiry adds the month and year that begin with group i, where a word says
// that a card expires then.
func (m *message) addExpiry(i int) {
	end := m.expiryEnd(i)
	if end == i {
		return
	}
	m.addDate(i, end)
	if end == len(m.groups) {
		return
	}
	if code := m.codeEnd(end, 3); code > 0 && m.cardBefore(i) && m.number(end)%100 != 0 { // 6222… exp 12/28 123
		m.add(end, code, CVV, 0)
	}
	for _, t := range m.tokens[m.groups[end-1].token+1 : m.groups[end].token] { // from 08/22 to 08/27
		if t.is&fill == 0 && !(t.kind == separator && strings.ContainsRune(" -~", t.r)) && !strings.ContainsRune("至到月", t.r) {
			return
		}
	}
	if next := m.expiryEnd(end); next-end == 2 || next-end == end-i {
		m.addDate(end, max(end+1, next))
	}
}

// addExpiryBefore adds the month and year that end with group i.
func (m *message) addExpiryBefore(i int) {
	for first := max(0, i-1); first <= i; first++ {
		if m.expiryEnd(first) == i+1 && !m.dateGoesOn(first-1) {
			m.addDate(first, i+1)
			return
		}
	}
}

// addDate adds groups i to end, with the name of a month beside them.
func (m *message) addDate(i, end int) {
	m.add(i, end, Expiry, 0)
	if t := m.monthBefore(i); t >= 0 {
		m.spans[len(m.spans)-1].from = m.glyphs[m.tokens[t].from].from
	} else if t := m.monthAfter(i); t >= 0 {
		m.spans[len(m.spans)-1].to = m.glyphs[m.tokens[t].to-1].to
	}
}

// expiryEnd gives the end of the month and year that begin with group i, or i if
// there are none: 12/25, 1225, 2025-12, 25年12月, Dec 2025. A date with a day is
// a date of the business and no expiry date.
func (m *message) expiryEnd(i int) int {
	first := m.groups[i]
	if m.monthBefore(i) >= 0 {
		day := m.dateGoesOn(i) && m.groups[i+1].n == 4 && m.number(i+1)/100 == 20 // Dec 12 2025
		if first.n == 2 && !day || first.n == 4 && m.number(i)/100 == 20 {
			return i + 1
		}
		return i
	}
	if m.monthAfter(i) >= 0 && (first.n == 2 || first.n == 4 && m.number(i)/100 == 20) {
		return i + 1
	}
	switch {
	case m.dateGoesOn(i) && !m.isCode(i+1) && (first.n <= 2 || m.groups[i+1].n <= 2):
		if next := m.groups[i+1]; first.n+next.n > 6 || first.n == 3 || next.n == 3 || m.dateGoesOn(i+1) && m.groups[i+2].n <= 2 && !m.isCode(i+2) {
			return i
		}
		a, b := m.number(i), m.number(i+1)
		if isMonth(a) && isYear(b) || isMonth(b) && isYear(a) {
			return i + 2
		}
	case first.n == 4 && isMonthYear(m.number(i)):
		return i + 1
	case first.n == 6: // 122025, 202512
		if v := m.number(i); isMonth(v/10000) && v/100%100 == 20 || v/10000 == 20 && isMonth(v%100) {
			return i + 1
		}
	}
	return i
}

// isCode reports whether three single digits begin with group i: 12/28 1 2 3.
func (m *message) isCode(i int) bool {
	end, ok := m.secretEnd(i, 3, 3)
	return ok && end == i+3 && m.groups[i].n == 1
}

// isYear takes v for the year of an expiry date.
func isYear(v int) bool { return 20 <= v && v < 100 || 2000 <= v && v < 2100 }

// monthBefore gives the token of the name of a month before group i, or -1.
func (m *message) monthBefore(i int) int {
	t := m.groups[i].token - 1
	for n := 0; t >= 0 && n < 2 && m.tokens[t].kind == separator && strings.ContainsRune(" -/.,'", m.tokens[t].r); n++ {
		t--
	}
	if t >= 0 && m.tokens[t].is&month != 0 {
		return t
	}
	return -1
}

// monthAfter gives the token of the name of a month after group i and 年, or -1.
func (m *message) monthAfter(i int) int {
	t := m.groups[i].token + 1
	if t+1 < len(m.tokens) && m.tokens[t].r == '年' && m.tokens[t+1].is&month != 0 {
		return t + 1
	}
	return -1
}

// dateGoesOn reports whether group i and the next may be parts of one date:
// nothing but signs and 年, 月 stand between them, or the name of the other part.
func (m *message) dateGoesOn(i int) bool {
	const most = 10
	if i < 0 || i+1 >= len(m.groups) || m.groups[i+1].token-m.groups[i].token > most+1 {
		return false
	}
	between := m.tokens[m.groups[i].token+1 : m.groups[i+1].token]
	named := slices.ContainsFunc(between, func(t token) bool { return t.is&expiryWord != 0 }) // exp_month=12&exp_year=28
	for _, t := range between {
		if named && (t.kind == separator && !endsSentence(t.r) || t.is&expiryWord != 0) {
			continue
		}
		if t.kind == separator && (strings.ContainsRune("/-. \\|", t.r) || t.r == ',' && i > 0 && m.gaps[i-1].kind == comma) || t.kind == other && strings.ContainsRune("年月", t.r) || t.is&join != 0 {
			continue
		}
		return false
	}
	return named || len(between) <= 4
}

// addTrailers adds the expiry date and the code that people paste beside a card
// number, 6222… 12/25 123. Ends are where the readings of numbers end in the run
// that ends at group end, and cards what they were merged to: a number that goes
// on with a date by chance hides no code behind that date.
func (m *message) addTrailers(cards []span, ends []int, end int) {
	slices.Sort(ends)
	ends = slices.Compact(ends)
	for i, c := range cards {
		limit := min(len(m.groups), end+3) // 年 and Dec end a run
		if i+1 < len(cards) {
			limit = cards[i+1].group
		}
		size := 3
		if m.length(c.group, c.end) == 15 {
			size = 4 // American Express
		}
		for ; len(ends) > 0 && ends[0] <= c.end; ends = ends[1:] {
			before := len(m.spans)
			m.addTrailer(ends[0], limit, end, size)
			added := slices.DeleteFunc(m.spans[before:], func(s span) bool { return s.from < c.to })
			m.spans = m.spans[:before+len(added)]
		}
		m.addLeader(c.group)
	}
}

// addTrailer looks at groups k to limit, which follow a card number whose run
// ends at group end. Dates of the business stand there as well: 10-28 is an
// expiry date only if a code follows, 10/28 in any case.
func (m *message) addTrailer(k, limit, end, size int) {
	if k >= limit || !m.follows(k) {
		return
	}
	dated := false
	if date := m.expiryEnd(k); date > k && date <= limit {
		slash := date == k+2 && m.groups[k].n == 2 && m.groups[k+1].n == 2 && m.gaps[k].kind == '/'
		if slash || date == k+1 && m.groups[k].n == 4 && date <= end || m.codeEnd(date, size) > 0 || m.cvvWordAfter(date-1) {
			m.addDate(k, date)
			dated, k = true, date
		}
	}
	if !dated { // 123 12/28
		if code := m.codeEnd(k, 3); code > 0 && code < limit && m.follows(code) && m.gaps[k-1].kind != comma {
			if date := m.expiryEnd(code); date == code+2 && date <= limit && m.gaps[code].kind == '/' {
				m.add(k, code, CVV, 0)
				m.addDate(code, date)
				return
			}
		}
	}
	longest := 3
	if dated {
		longest = 4
	}
	code := m.codeEnd(k, longest)
	if code == 0 {
		return
	}
	if kind := m.gaps[k-1].kind; dated || k < end && code == k+1 && (kind == ' ' || kind == '/') && m.number(k)%50 != 0 {
		m.add(k, code, CVV, 0)
	}
}

// addLeader adds the expiry date and the code that stand before a card number
// that begins with group i: 12/28 123 6222…. A date alone may be any.
func (m *message) addLeader(i int) {
	if i < 2 || m.groups[i-1].n != 3 || m.groups[i-1].apart || !m.follows(i) || !m.follows(i-1) {
		return
	}
	for first := max(0, i-3); first < i-1; first++ {
		if m.expiryEnd(first) == i-1 && !m.dateGoesOn(first-1) {
			m.addDate(first, i-1)
			m.add(i-1, i, CVV, 0)
			return
		}
	}
}

// cvvWordAfter reports whether a word for the code on the back follows group i.
func (m *message) cvvWordAfter(i int) bool {
	const near = 4
	for t := m.groups[i].token + 1; t < len(m.tokens) && t <= m.groups[i].token+near; t++ {
		switch k := m.tokens[t]; {
		case k.is&cvvWord != 0:
			return true
		case k.kind == separator, k.kind == other && strings.ContainsRune("年月", k.r), k.is&month != 0:
		default:
			return false
		}
	}
	return false
}

// cardBefore reports whether a card number, or what it was replaced by, stands
// before group i.
func (m *message) cardBefore(i int) bool {
	for t := m.groups[i].token - 1; t >= max(0, m.groups[i].token-reach); t-- {
		switch k := m.tokens[t]; k.kind {
		case barrier:
			return true
		case number:
			return m.groups[k.n].n >= shortestCard || m.joined(k.n-1)
		}
	}
	return false
}

// codeEnd gives the end of the three digits, or up to longest, that begin with
// group k, or 0.
func (m *message) codeEnd(k, longest int) int {
	if k >= len(m.groups) || !m.follows(k) || m.groups[k].apart || m.point(k) {
		return 0
	}
	if end, ok := m.secretEnd(k, 3, longest); ok && (end == k+1 || m.groups[k].n == 1) && !m.counted(end-1) {
		return end
	}
	return 0
}

// follows reports whether nothing but separators, 年, 月 and the name of a month
// stand between group i and the one before it.
func (m *message) follows(i int) bool {
	const most = 5
	between := m.tokens[m.groups[i-1].token+1 : m.groups[i].token]
	if len(between) > most {
		return false
	}
	for _, t := range between {
		if t.kind != separator && t.is&month == 0 && !(t.kind == other && strings.ContainsRune("年月", t.r)) {
			return false
		}
	}
	return true
}

func isMonth(v int) bool { return 1 <= v && v <= 12 }

// isMonthYear takes v for an expiry date of this half of the century, as MMYY
// or YYMM.
func isMonthYear(v int) bool {
	a, b := v/100, v%100
	return isMonth(a) && 20 <= b && b < 50 || isMonth(b) && 20 <= a && a < 50
}
