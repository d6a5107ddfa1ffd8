package mask

import "strings"

// findSecrets finds what a word announces: CVV 123, 密码是123456, 验证码 1234,
// 有效期12/25, and the other way round: 123456 是验证码.
func (m *message) findSecrets() {
	for t, k := range m.tokens {
		if k.kind == aWord && k.is&count != 0 && (k.n == 3 || k.n == 4) && m.onBack(t) {
			k.is = cvvWord
		}
		if k.kind != aWord || k.is&secretWord == 0 {
			continue
		}
		kind := kindOfSecret(k.is)
		v, ok := m.announced(t)
		if k.is&unsure != 0 && !m.borneOut(t, kind, v) || kind == Expiry && m.ofPaper(t) {
			continue
		}
		if ok {
			before := len(m.spans)
			switch {
			case !v.copula && m.failureBefore(t): // 忘记密码 4532
				continue
			case v.group < 0:
				if kind == PIN || kind == Code {
					m.addPassword(v.token, kind)
				}
			case kind == Expiry:
				m.addExpiry(v.group)
			default:
				m.addSecret(v, kind)
			}
			if len(m.spans) > before || v.copula {
				continue
			}
		}
		m.findNamedAfter(t, kind)
	}
}

// onBack reports whether the words around token t, 三位 or "3 digits", are about
// the back of a card: 背面那三位, 3 digits on the back, three digit code.
func (m *message) onBack(t int) bool {
	const near = 8
	for k := max(0, t-near); k < min(len(m.tokens), t+near); k++ {
		if m.tokens[k].is&back != 0 || k > t && m.tokens[k].is == codeWord|fill|unsure && k <= t+2 {
			return k == 0 || m.tokens[k-1].is&label == 0 // 机器背面
		}
	}
	return false
}

// borneOut reports whether the word at token t, which is unsure, means what it
// may mean: 后三位 where the back or the expiry date of a card or its number is
// beside it, 到期 where a card is, "code" where a text message is. What begins
// with "code是" needs nothing else, but "error code is" does.
func (m *message) borneOut(t int, kind Kind, v announcement) bool {
	if t > 0 && (m.tokens[t-1].is&(label|phoneWord) != 0 || isLetter(m.tokens[t-1])) {
		return false // 订单号后三位, POS背面
	}
	witness := card | cardNo
	switch kind {
	case CVV:
		witness = expiryWord | back
		if m.tokens[t].is&back != 0 { // 背面是123
			witness |= card | cardNo
			if v.copula && v.group >= 0 && m.codeSized(v.group) {
				return true
			}
		}
	case Code:
		if v.copula && (t == 0 || m.tokens[t-1].kind == separator && m.tokens[t-1].r != ' ') {
			return true
		}
		witness = sms | codeWord
	}
	return m.witnessed(t, -1, kind, witness) || m.witnessed(t, 1, kind, witness)
}

// ofPaper reports whether it is a contract or a certificate that the word at
// token t says to expire.
func (m *message) ofPaper(t int) bool {
	for k := t - 1; k >= max(0, t-maxFill); k-- {
		if w := m.tokens[k]; w.is&(cardNo|card) != 0 && w.is&paper == 0 {
			return false
		} else if w.is&paper != 0 {
			return true
		}
	}
	return false
}

// witnessed looks from token t in the direction of step for a word that is of
// witness, or for a card number.
func (m *message) witnessed(t, step int, kind Kind, witness flag) bool {
	for k, n := t+step, 0; k >= 0 && k < len(m.tokens) && n < 2*reach; k, n = k+step, n+1 {
		switch w := m.tokens[k]; w.kind {
		case aWord:
			if w.is&witness != 0 && (w.is&unsure == 0 || w.is&back != 0) {
				return true
			}
		case barrier:
			if kind != Code {
				return true
			}
		case number:
			if kind != Code && m.groups[w.n].n >= shortestCard && !m.groups[w.n].labelled {
				return true
			}
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
	seps, aside, is := 0, 0, m.tokens[t].is
	for a.token = t + 1; a.token < len(m.tokens) && a.token <= t+maxFill+seps+aside; a.token++ {
		switch k := m.tokens[a.token]; k.kind {
		case number:
			a.group = k.n
			return a, true
		case separator:
			if endsSentence(k.r) {
				return a, false
			}
			if end := m.asideEnd(a.token); end > 0 {
				aside += end - a.token
				a.token = end
				continue
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
			if k.is&tail != 0 || k.is&(fill|join) == 0 && k.is&secretWord&is == 0 && (is&(cvvWord|count) == 0 || k.is&(back|card) == 0) && (is&expiryWord == 0 || k.is&month == 0) {
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

// codeSized reports whether group i is three digits, or three groups of one.
func (m *message) codeSized(i int) bool {
	end, ok := m.secretEnd(i, 3, 3)
	return ok && (end == i+1 || end == i+3)
}

// asideEnd gives the closing bracket of words in brackets that begin at token t,
// or 0 if there is a digit among them: 密码（别跟别人说）160896.
func (m *message) asideEnd(t int) int {
	const most = 12
	var closing rune
	switch m.tokens[t].r {
	case '(':
		closing = ')'
	case '[', '【':
		closing = map[rune]rune{'[': ']', '【': '】'}[m.tokens[t].r]
	default:
		return 0
	}
	for k := t + 1; k < len(m.tokens) && k <= t+most; k++ {
		switch {
		case m.tokens[k].r == closing:
			return k
		case m.tokens[k].kind == number, m.tokens[k].kind == barrier:
			return 0
		}
	}
	return 0
}

// addSecret adds the value at v if it is as long as values of its kind are. It
// may be written in parts: 1 2 3 4 5 6, 123-456.
func (m *message) addSecret(v announcement, kind Kind) {
	shortest, longest := secretLength(kind)
	i := v.group
	k, ok := m.secretEnd(i, shortest, longest)
	if k-i > 1 && m.counted(k-1) { // 1 2 3 4,5分钟内有效
		k--
		ok = m.length(i, k) >= shortest
	}
	if !ok || m.groups[i].apart || m.counted(k-1) || m.isBeginning(k-1) || kind == PIN && !v.copula && m.looksLikeAmount(i, k) {
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

// isBeginning reports whether group i is said to begin or end other numbers:
// 验证码短信是1069开头的.
func (m *message) isBeginning(i int) bool {
	at := m.tokens[m.groups[i].token].to
	if at+1 >= len(m.glyphs) || m.glyphs[at+1].r != '头' && m.glyphs[at+1].r != '尾' {
		return false
	}
	return strings.ContainsRune("开打起抬结收", m.glyphs[at].r)
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
