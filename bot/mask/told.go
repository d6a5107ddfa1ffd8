package mask

import "slices"

// This file finds card numbers that somebody tells in words of his own.

// findTold looks at the groups of four for numbers with unknown words between
// them, and for numbers that are told from behind.
func (m *message) findTold() {
	for i, g := range m.groups {
		if g.n != 4 {
			continue
		}
		m.findScattered(i)
		if m.isTail(i) {
			m.findFront(i)
		}
	}
}

// isTail reports whether group i is said to be the last four digits of a number:
// 尾号0128, 最后四个是0128.
func (m *message) isTail(i int) bool {
	for t := m.groups[i].token - 1; t >= max(0, m.groups[i].token-maxFill); t-- {
		switch k := m.tokens[t]; {
		case k.is&tail != 0, k.is&count != 0 && k.n == 4:
			return true
		case k.kind == separator && kindOf(k.r) != comma, k.is&fill != 0:
		default:
			return false
		}
	}
	return false
}

// findFront finds a card number that is told from behind, 尾号0128的卡,前面是
// 622202123456: a number that makes one with the last four digits, which are
// group i.
func (m *message) findFront(i int) {
	const most = 6 // groups
	for first := max(0, i-most); first <= min(len(m.groups)-1, i+most); first++ {
		if g := m.groups[first]; g.labelled || g.apart {
			continue
		}
		for k := first + 1; k <= len(m.groups) && m.length(first, k) <= longestCard-4; k++ {
			if first <= i && i < k || !m.oneSentence(min(k-1, i), max(first, i)) {
				break
			}
			v := slices.Concat(m.value(first, k), m.value(i, i+1))
			if issued(v) && luhn(v) && !m.isList(first, k) {
				m.add(first, k, Card, regular)
				m.spans[len(m.spans)-1].keep = decimals(v[len(v)-4:])
			}
			if !m.joined(k - 1) {
				break
			}
		}
	}
}

// oneSentence reports whether groups i and k are in one line and sentence.
func (m *message) oneSentence(i, k int) bool {
	for _, t := range m.tokens[m.groups[i].token:m.groups[k].token] {
		if t.kind == separator && (endsSentence(t.r) || kindOf(t.r) == line) {
			return false
		}
	}
	return true
}

// findScattered finds a number of groups of four that begins with group i,
// whatever few words stand between them: 6222那什么0212…. The check digit and
// the size of the groups tell it from other numbers.
func (m *message) findScattered(i int) {
	const size = 4
	words := false
	for k := i; k < len(m.groups); k++ {
		g := m.groups[k]
		if g.apart || g.labelled || g.n > size || k > i && !m.gaps[k-1].joins && !m.gaps[k-1].loose {
			return
		}
		words = words || k > i && !m.gaps[k-1].joins
		n := m.length(i, k+1)
		if n > longestCard {
			return
		}
		if v := m.value(i, k+1); words && n >= 16 && issued(v) && luhn(v) && !m.isList(i, k+1) {
			m.add(i, k+1, Card, regular)
			return
		}
		if g.n != size {
			return
		}
	}
}
