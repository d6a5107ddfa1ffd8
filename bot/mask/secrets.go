package mask

import "strings"

// findSecrets finds what a word announces: CVV 123, 密码是123456, 验证码 1234,
// 有效期12/25, and the other way round: 123456 是验证码.
func (m *message) findSecrets() {
	for t, k := range m.tokens {
		if k.kind != aWord || k.is&secretWord == 0 {
			continue
		}
		if k.is&unsure != 0 && !m.expiryBefore(t) {
			continue
		}
		kind := kindOfSecret(k.is)
		if v, ok := m.announced(t); ok {
			switch {
			case !v.copula && m.failureBefore(t): // 忘记密码 4532
			case v.group < 0:
				if kind == PIN || kind == Code {
					m.addPassword(v.token, kind)
				}
			case kind == Expiry:
				m.addExpiry(v.group)
			default:
				m.addSecret(v, kind)
			}
			continue
		}
		m.findNamedAfter(t, kind)
	}
}

// expiryBefore reports whether an expiry date is spoken of before token t.
func (m *message) expiryBefore(t int) bool {
	for k := t - 1; k >= 0 && k >= t-reach; k-- {
		if m.tokens[k].is&expiryWord != 0 {
			return true
		}
	}
	return false
}

func kindOfSecret(is flag) Kind {
	switch {
	case is&cvvWord != 0:
		return CVV
	case is&codeWord != 0:
		return Code
	case is&pinWord != 0:
		return PIN
	}
	return Expiry
}

// lengths that a secret may have
func secretLength(kind Kind) (shortest, longest int) {
	switch kind {
	case CVV:
		return 3, 4
	case PIN:
		return 4, 12
	}
	return 4, 8
}

// announcement is where a word's value begins.
type announcement struct {
	group  int  // its first group, or -1
	token  int  // where the search ended
	copula bool // 是, : or = stands between
}

// announced looks for the value that the word at token t announces. Only words
// that can stand between may do so: 密码错误 55 announces nothing.
func (m *message) announced(t int) (a announcement, ok bool) {
	seps := 0
	for a.token = t + 1; a.token < len(m.tokens) && a.token <= t+maxFill+seps; a.token++ {
		switch k := m.tokens[a.token]; k.kind {
		case number:
			a.group = k.n
			return a, true
		case separator:
			if endsSentence(k.r) {
				return a, false
			}
			if strings.ContainsRune(":=>", k.r) {
				a.copula = true
			}
			if seps++; seps > 6 {
				return a, false
			}
		case aWord:
			if k.is&copula != 0 {
				a.copula = true
			} else if k.is&count != 0 {
				a.copula = false // 密码是6位数 8000
			}
			if k.is&tail != 0 || k.is&(fill|join) == 0 && k.is&secretWord&m.tokens[t].is == 0 {
				return a, false
			}
		case other:
			a.group = -1
			return a, a.copula && isLatin(k.r)
		case barrier: // its value has been replaced
			a.group = -1
			return a, true
		}
	}
	return a, false
}

// addSecret adds the value at v if it is as long as values of its kind are. It
// may be written in parts: 1 2 3 4 5 6, 123-456.
func (m *message) addSecret(v announcement, kind Kind) {
	shortest, longest := secretLength(kind)
	i := v.group
	k, ok := m.secretEnd(i, shortest, longest)
	if !ok || m.groups[i].apart || m.counted(k-1) || kind == PIN && !v.copula && m.looksLikeAmount(i, k) {
		return
	}
	m.add(i, k, kind, 0)
	for k < len(m.groups) && m.gaps[k-1].joins && strings.ContainsRune("、/,w", m.gaps[k-1].kind) { // 123456 或 654321
		next, ok := m.secretEnd(k, shortest, longest)
		if !ok || m.counted(next-1) || m.length(k, next) != m.length(i, i+next-k) {
			return
		}
		m.add(k, next, kind, 0)
		k = next
	}
}

// secretEnd gives the end of the value that begins with group i. Parts belong to
// it until it is long enough, and beyond that what goes on in the same way. Pairs
// rather are response codes: of them it takes three.
func (m *message) secretEnd(i, shortest, longest int) (end int, ok bool) {
	size := m.groups[i].n
	n := size
	for end = i + 1; end < len(m.groups) && m.gaps[end-1].joins; end++ {
		g, kind := m.groups[end], m.gaps[end-1].kind
		goesOn := n < shortest && !strings.ContainsRune("、,w\n", kind) ||
			kind == tight && !g.tied ||
			size < shortest && g.n <= size && kind == m.gaps[i].kind
		if !goesOn || n+g.n > longest {
			break
		}
		n += g.n
	}
	if size == 2 && m.gapAfter(i) != tight && end-i < 3 {
		return end, false
	}
	return end, shortest <= n && n <= longest
}

// counted reports whether a unit follows group i: 3次, 5分钟, 8000元.
func (m *message) counted(i int) bool {
	g := m.groups[i]
	r, next := m.glyphAfter(i)
	switch {
	case r == 0:
		return false
	case strings.ContainsRune(coins, r), strings.ContainsRune(powers, r):
		return !(r == '元' && next == '旦')
	}
	if g.script == han {
		return r == '年' // 二〇二四年
	}
	return g.n <= 5 && strings.ContainsRune("次遍位个秒分天小年月笔张", r) && next != '别' // 分别
}

// looksLikeAmount is for a value that nothing but space joins to its word:
// 输密码 8000 不行.
func (m *message) looksLikeAmount(i, k int) bool {
	g := m.groups[i]
	return k == i+1 && g.n <= 5 && m.number(i)%100 == 0 && m.digits[g.at] != 0
}

// addPassword adds letters and digits mixed from token t on.
func (m *message) addPassword(t int, kind Kind) {
	const shortest, longest = 6, 32
	first := m.tokens[t].from
	end, digits := first, 0
	for end < len(m.glyphs) && end-first <= longest {
		c := m.glyphs[end]
		if c.script == decimal {
			digits++
		} else if !isLatin(c.r) && !strings.ContainsRune("@#$!_-.&*", c.r) {
			break
		}
		end++
	}
	if n := end - first; digits == 0 || n < shortest || n > longest {
		return
	}
	m.spans = append(m.spans, span{from: m.glyphs[first].from, to: m.glyphs[end-1].to, kind: kind})
}

// addExpiry adds the month and year that begin with group i: 12/25, 1225,
// 2025-12, 25年12月. A date with a day is a date of the business and stays.
func (m *message) addExpiry(i int) {
	touches := func(k int) bool { // group k follows its predecessor at arm's length
		return k < len(m.groups) && m.groups[k].token-m.groups[k-1].token <= 4 && m.expirySeparated(k-1)
	}
	first := m.groups[i]
	switch {
	case touches(i+1) && first.n+m.groups[i+1].n <= 6 && first.n != 3 && !touches(i+2):
		a, b := m.number(i), m.number(i+1)
		if isMonth(a) && b >= 20 || isMonth(b) && a >= 20 {
			m.add(i, i+2, Expiry, 0)
		}
	case touches(i + 1):
	case first.n == 4 && isMonthYear(m.number(i)):
		m.add(i, i+1, Expiry, 0)
	case first.n == 6: // 122025, 202512
		if v := m.number(i); isMonth(v/10000) && v/100%100 == 20 || v/10000 == 20 && isMonth(v%100) {
			m.add(i, i+1, Expiry, 0)
		}
	}
}

// expirySeparated reports whether nothing but signs and 年, 月 stand between
// group i and the next.
func (m *message) expirySeparated(i int) bool {
	for _, t := range m.tokens[m.groups[i].token+1 : m.groups[i+1].token] {
		if t.kind == separator && strings.ContainsRune("/-. \\", t.r) || t.kind == other && strings.ContainsRune("年月", t.r) || t.is&join != 0 {
			continue
		}
		return false
	}
	return true
}

// findNamedAfter finds a value that stands before the word at token t:
// 123456 是验证码, 123456(动态码). It needs the 是 or the bracket.
func (m *message) findNamedAfter(t int, kind Kind) {
	if kind == Expiry || m.failureFollows(t) {
		return
	}
	linked := false
	for k := t - 1; k >= 0 && k >= t-maxFill; k-- {
		switch p := m.tokens[k]; p.kind {
		case number:
			if !linked {
				return
			}
			m.addSecretBefore(p.n, kind)
			return
		case separator:
			if endsSentence(p.r) || kindOf(p.r) == comma {
				return
			}
			if strings.ContainsRune("(:=[", p.r) {
				linked = true
			}
		case aWord:
			if p.is&(fill|join) == 0 || p.is&tail != 0 {
				return
			}
			if p.is&copula != 0 {
				linked = true
			}
		case other:
			if !strings.ContainsRune("卡这那张", p.r) {
				return
			}
		default:
			return
		}
	}
}

// addSecretBefore adds the value that ends with group i.
func (m *message) addSecretBefore(i int, kind Kind) {
	shortest, longest := secretLength(kind)
	size := m.groups[i].n
	first, n := i, size
	for first > 0 && m.gaps[first-1].joins && m.groups[first-1].n == size && (n < shortest || size == 1) && n+size <= longest {
		first--
		n += size
	}
	if n < shortest || n > longest || m.groups[first].apart || kind == PIN && m.looksLikeAmount(first, i+1) {
		return
	}
	m.add(first, i+1, kind, 0)
}

// failureBefore reports whether the word at token t is what is wrong or missing.
func (m *message) failureBefore(t int) bool {
	return t > 0 && m.tokens[t-1].is&wrong != 0 && m.tokens[t-1].is&fill == 0
}

// failureFollows reports whether the word at token t is said to be wrong,
// expired or locked.
func (m *message) failureFollows(t int) bool {
	for k := t + 1; k < len(m.tokens) && k <= t+3; k++ {
		if m.tokens[k].is&wrong != 0 {
			return true
		}
	}
	return false
}
