package mask

import "strings"

// findPeople finds resident ids and mobile numbers.
func (m *message) findPeople() {
	for i := range m.groups {
		m.findID(i)
		m.findMobile(i)
	}
}

// findID finds the resident id that begins with group i: eighteen characters
// with province, date of birth and check character, in any grouping; or, where
// it is called one, fifteen or eighteen with whatever check character.
func (m *message) findID(i int) {
	const length, old = 18, 15
	called := false
	if a := m.before(i); a.direct&idWord != 0 {
		called = true
	}
	for k := i + 1; k <= len(m.groups); k++ {
		n := m.length(i, k)
		if n > length {
			return
		}
		if v := m.value(i, k); n == length && (called || isID(v, v[length-1])) {
			m.add(i, k, ID, whole)
			return
		} else if end := m.xAfter(k - 1); n == length-1 && end > 0 && (called || isID(v, 10)) {
			m.spans = append(m.spans, span{from: m.groups[i].from, to: end, kind: ID})
			return
		} else if n == old && called && !m.joined(k-1) {
			m.add(i, k, ID, whole)
			return
		}
		if k-1 >= len(m.gaps) || !m.gaps[k-1].joins {
			return
		}
	}
}

// xAfter gives the end, in bytes, of the X that follows group i, or 0.
func (m *message) xAfter(i int) int {
	at := m.tokens[m.groups[i].token].to
	if at < len(m.glyphs) && isSeparator(m.glyphs[at].r) {
		at++
	}
	if at < len(m.glyphs) && (m.glyphs[at].r == 'x' || m.glyphs[at].r == '×' || m.glyphs[at].r == '叉') {
		return m.glyphs[at].to
	}
	return 0
}

// isID checks seventeen digits of v and a check value (10 is X), by GB 11643.
func isID(v []byte, check byte) bool {
	switch v[0]*10 + v[1] {
	case 11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46,
		50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83, 91:
	default:
		return false
	}
	year := int(v[6])*1000 + int(v[7])*100 + int(v[8])*10 + int(v[9])
	month, day := v[10]*10+v[11], v[12]*10+v[13]
	if year < 1890 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	sum, weight := 0, 1
	for k := 16; k >= 0; k-- {
		weight = weight * 2 % 11
		sum += int(v[k]) * weight
	}
	return (sum+int(check))%11 == 1
}

// findMobile finds the mobile number that begins with group i.
func (m *message) findMobile(i int) {
	const length = 11
	if m.groups[i].apart || m.groups[i].labelled {
		return
	}
	first := m.value(i, i+1)
	if n := len(first); n == length+2 && first[0] == 8 && first[1] == 6 && isMobile(first[2:]) || n == length+4 && string(first[:4]) == "\x00\x00\x08\x06" && isMobile(first[4:]) {
		m.add(i, i+1, Mobile, whole)
		return
	}
	if n := len(first); n == length+1 && isMobile(first[1:]) && m.touchesName(i) {
		m.addPart(i, 1, length, Mobile)
		return
	}
	if first[0] != 1 {
		return
	}
	for k := i + 1; k <= len(m.groups); k++ {
		n := m.length(i, k)
		if n > length {
			return
		}
		if n == length && isMobile(m.value(i, k)) && m.mobileShape(i, k) {
			m.add(i, k, Mobile, whole)
			return
		}
		if !m.joined(k - 1) {
			return
		}
	}
}

func isMobile(v []byte) bool { return v[0] == 1 && v[1] >= 3 }

// mobileShape reports whether groups i to k are divided as mobile numbers are.
// What is called a mobile number may be divided in any way.
func (m *message) mobileShape(i, k int) bool {
	a := m.before(i)
	if a.direct&phoneWord != 0 {
		return true
	}
	if a.direct&(label|cardNo) != 0 {
		return false
	}
	var sizes [3]int
	if k-i > len(sizes) {
		return m.shape(i, k) == regular && m.groups[i].n == 1
	}
	even := true // one kind of separator
	for j := i; j < k; j++ {
		sizes[j-i] = m.groups[j].n
		even = even && (j+1 == k || m.gaps[j].kind == m.gaps[i].kind && strings.ContainsRune(" -.", m.gaps[j].kind))
	}
	round := m.number(k-1)%100 == 0
	switch {
	case k-i == 1:
		return !m.partOfCode(i)
	case sizes == [3]int{3, 8}:
		return true
	case sizes == [3]int{3, 4, 4}, sizes == [3]int{4, 4, 3}:
		return !round || m.number(i+1)%100 != 0 // 150 2000 3000
	case sizes == [3]int{7, 4}, sizes[0] == 3 && sizes[1] >= 3 && even:
		return !round
	}
	return even && !round && (a.near|m.after(k-1).near)&phoneWord != 0
}

// partOfCode reports whether letters touch group i that make it part of a
// serial number or an account.
func (m *message) partOfCode(i int) bool {
	const most = 8
	at := m.tokens[m.groups[i].token].from
	from := at
	for from > 0 && at-from < most && isLatin(m.glyphs[from-1].r) {
		from--
	}
	if from == at {
		return false
	}
	letters := make([]byte, 0, most)
	for _, c := range m.glyphs[from:at] {
		letters = append(letters, byte(c.r))
	}
	return !latinBefore[string(letters)]
}
