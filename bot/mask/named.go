package mask

import "strings"

// findNamedAfter finds a value that stands before the word at token t:
// 123456 是验证码, 123456(动态码). It needs the 是 or the bracket, or that it was
// typed in: 输了三次000000都是密码错误.
func (m *message) findNamedAfter(t int, kind Kind) {
	failed := m.failureFollows(t)
	linked := kind == Expiry && m.tokens[t].is&unsure != 0 // 12/27到期
	for k := t - 1; k >= 0 && k >= t-maxFill; k-- {
		switch p := m.tokens[k]; p.kind {
		case number:
			switch {
			case kind == Expiry:
				if linked {
					m.addExpiryBefore(p.n)
				}
			case linked && !failed:
				m.addSecretBefore(p.n, kind)
			case kind == PIN || kind == Code:
				m.addTyped(p.n, kind)
			}
			return
		case separator:
			if endsSentence(p.r) || kindOf(p.r) == comma {
				return
			}
			if strings.ContainsRune("(:=[", p.r) {
				linked = true
			}
		case aWord:
			if p.is&(fill|join|card|back) == 0 || p.is&tail != 0 {
				return
			}
			if p.is&copula != 0 || kind == Code && p.r == '这' {
				linked = true
			}
		case other:
			if !strings.ContainsRune("卡这那张", p.r) && !(kind == Expiry && strings.ContainsRune("年月", p.r)) {
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
	first, n := m.secretStart(i, shortest, longest)
	if n < shortest || n > longest || m.groups[first].apart || kind == PIN && m.looksLikeAmount(first, i+1) {
		return
	}
	m.add(first, i+1, kind, 0)
}

// addTyped adds the six digits that end with group i, if they were typed in.
func (m *message) addTyped(i int, kind Kind) {
	const length = 6
	first, n := m.secretStart(i, length, length)
	if n != length || m.groups[first].apart || m.groups[first].labelled {
		return
	}
	for t := m.groups[first].token - 1; t >= 0 && t >= m.groups[first].token-maxFill; t-- {
		switch k := m.tokens[t]; {
		case k.is&entry != 0:
			m.add(first, i+1, kind, 0)
			return
		case k.is&fill != 0, k.kind == separator && !endsSentence(k.r) && kindOf(k.r) != comma, k.kind == number && m.groups[k.n].n == 1, k.kind == other && strings.ContainsRune("次遍回", k.r):
		default:
			return
		}
	}
}

// secretStart gives the first group of the value that ends with group i, and how
// many digits it has. Single digits and pairs go on as long as they can.
func (m *message) secretStart(i, shortest, longest int) (first, n int) {
	size := m.groups[i].n
	first, n = i, size
	for first > 0 && m.gaps[first-1].joins && m.groups[first-1].n == size && (n < shortest || size <= 2) && n+size <= longest {
		first--
		n += size
	}
	return first, n
}
