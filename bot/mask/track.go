package mask

import (
	"strings"
	"unicode"
)

// longestTrack is more than a stripe holds.
const longestTrack = 120

// findTracks finds magnetic stripe data and the tags of chip data that hold it:
// a number of thirteen digits or more that =, D or ^ and further data follow
// directly, and the tag 5A. Nothing of them stays.
func (m *message) findTracks() {
	for i, g := range m.groups {
		at := m.tokens[g.token].to
		if at+1 < len(m.glyphs) && m.glyphs[at].r == ' ' && m.glyphs[at+1].r == '=' {
			at++
		}
		if at < len(m.glyphs) && strings.ContainsRune("=d^", m.glyphs[at].r) {
			if first := m.numberBefore(i); first >= 0 {
				m.addTrack(first, at)
			}
		}
		m.findTag(i)
	}
}

// numberBefore gives the first group of the number that ends with group i, or
// -1 if it is too short for a card number.
func (m *message) numberBefore(i int) int {
	if m.groups[i].n >= shortestCard {
		return i
	}
	first := i
	for m.joined(first-1) && m.length(first-1, i+1) <= longestCard {
		first--
		if v := m.value(first, i+1); issued(v) && luhn(v) {
			return first
		}
	}
	if m.length(first, i+1) < shortestCard {
		return -1
	}
	return first
}

// addTrack adds the track whose number begins at group first and whose
// separator is glyph sep, if what follows looks like one.
func (m *message) addTrack(first, sep int) {
	g := m.glyphs
	limit := min(len(g), sep+longestTrack)
	end := sep + 1
	if g[sep].r == '^' { // track 1: a name stands between
		for end < limit && g[end].r != '^' && g[end].r != '?' && g[end].r != '\n' {
			end++
		}
		if end < limit && g[end].r == '^' {
			end++
		}
		for end < limit && (g[end].script == decimal || isLatin(g[end].r) || g[end].r == '?' || g[end].r == '^') {
			end++
		}
	} else {
		n := 0 // digits behind the separator
		for end < limit {
			r := g[end].r
			switch {
			case g[end].script == decimal:
				n++
			case strings.ContainsRune("=dfabce?", r):
			case n == 0 && unicode.IsSpace(r) && end+1 < limit && g[end+1].script == decimal:
			case r == ' ' && end+1 < limit && (g[end+1].script == decimal || strings.ContainsRune("df?", g[end+1].r)): // 94 D2 51 2
			default:
				limit = end
				continue
			}
			end++
		}
		if n < 4 || g[end-1].r != '?' && n < 7 && !m.dateAt(sep+1) {
			return
		}
	}
	from := m.tokens[m.groups[first].token].from
	for from > 0 && strings.ContainsRune("%;b", g[from-1].r) {
		from--
	}
	m.spans = append(m.spans, span{from: g[from].from, to: g[end-1].to, kind: Track})
}

// dateAt reports whether the digits from glyph i begin with a year and a month,
// YYMM.
func (m *message) dateAt(i int) bool {
	g := m.glyphs
	if i+3 >= len(g) || g[i+2].script != decimal || g[i+3].script != decimal {
		return false
	}
	return isMonth(int(g[i+2].digit*10 + g[i+3].digit))
}

// findTag finds the tags of chip data that the other rules don't see, because
// tag and value are one group of digits: 5A 08 6222021234567894, the tag of the
// card number with its length in bytes, and 5F24 03 251231, the expiry date.
func (m *message) findTag(i int) {
	const tagLength, dateLength = 2, 6
	g := m.groups[i]
	if g.n < tagLength+dateLength || g.script != decimal {
		return
	}
	at := m.tokens[g.token].from
	for n := 0; n < 2 && at > 0 && strings.ContainsRune(": ", m.glyphs[at-1].r); n++ {
		at--
	}
	if at < 2 || m.glyphs[at-2].r != '5' {
		return
	}
	v := m.value(i, i+1)
	switch bytes := int(v[0]*10 + v[1]); m.glyphs[at-1].r {
	case 'a':
		if bytes < 7 || bytes > 10 || len(v) < tagLength+2*bytes-1 {
			return
		}
		n := min(2*bytes, len(v)-tagLength)
		if number := v[tagLength : tagLength+n]; issued(number) || luhn(number) {
			m.addPart(i, tagLength, n, Card)
		}
	case 'f':
		if len(v) >= 4+dateLength && string(v[:4]) == "\x02\x04\x00\x03" {
			m.addPart(i, 4, dateLength, Expiry)
		}
	}
}
