package mask

// issuers are the card numbers that exist: their first digits and lengths, as the
// card schemes publish them.
var issuers = []struct {
	from, to int // the range of the first digits
	width    int // how many these are
	lengths  uint
}{
	{62, 62, 2, fromTo(16, 19)},        // UnionPay
	{81, 81, 2, fromTo(16, 19)},        // UnionPay
	{4, 4, 1, 1<<13 | 1<<16 | 1<<19},   // Visa
	{51, 55, 2, 1 << 16},               // Mastercard
	{2221, 2720, 4, 1 << 16},           // Mastercard
	{34, 34, 2, 1 << 15},               // American Express
	{37, 37, 2, 1 << 15},               // American Express
	{3528, 3589, 4, fromTo(16, 19)},    // JCB
	{300, 305, 3, 1 << 14},             // Diners Club
	{36, 36, 2, 1 << 14},               // Diners Club
	{38, 39, 2, 1 << 14},               // Diners Club
	{6011, 6011, 4, fromTo(16, 19)},    // Discover
	{644, 649, 3, fromTo(16, 19)},      // Discover
	{65, 65, 2, fromTo(16, 19)},        // Discover
	{60, 60, 2, 1<<16 | 1<<18 | 1<<19}, // domestic, from before 62
	{68, 69, 2, 1<<16 | 1<<18 | 1<<19}, // domestic
	{9, 9, 1, 1<<16 | 1<<19},           // domestic; 17 and 18 digits would raise false alarms by a quarter
}

// fromTo is the set of lengths from a to b, as bits.
func fromTo(a, b int) uint { return 1<<(b+1) - 1<<a }

const (
	shortestCard = 13
	longestCard  = 19
)

// issued reports whether an issuer gives out numbers that begin like v and are
// as long.
func issued(v []byte) bool {
	if len(v) < shortestCard || len(v) > longestCard {
		return false
	}
	for _, is := range issuers {
		if is.lengths>>len(v)&1 == 0 {
			continue
		}
		head := 0
		for _, d := range v[:is.width] {
			head = head*10 + int(d)
		}
		if is.from <= head && head <= is.to {
			return true
		}
	}
	return false
}

// luhn reports whether the last digit of v is its check digit.
func luhn(v []byte) bool {
	sum := 0
	for i := range v {
		d := int(v[len(v)-1-i])
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// How sure we are of where a card number begins and ends.
const (
	irregular = iota // groups of all sizes
	regular          // groups as people write card numbers: 4-4-4-4, 1-1-1-…
	whole            // one group
)

// findCards looks for card numbers among all sequences of whole groups of a
// run. What overlaps is masked together: a number of nineteen digits may begin
// with sixteen that are valid by chance, and either may be the right one.
func (m *message) findCards() {
	for i := 0; i < len(m.groups); {
		end := m.runEnd(i)
		before := len(m.spans)
		m.crowded, m.amounts = m.isCrowded(i, end), m.areAmounts(i, end)
		m.findValid(i, end)
		m.findSpoken(i, end)
		var ends []int
		for _, s := range m.spans[before:] {
			ends = append(ends, s.end)
		}
		m.spans = append(m.spans[:before], merge(m.spans[before:])...)
		m.addTrailers(m.spans[before:], ends, end)
		i = end
	}
	m.findTold()
}

// findValid finds sequences with the prefix and length of an issuer and a right
// check digit, in the run of groups from to end.
func (m *message) findValid(from, end int) {
	for i := from; i < end; i++ {
		if n := m.groups[i].n; n > shortestCard && m.touchesName(i) {
			if v := m.value(i, i+1)[1:]; issued(v) && luhn(v) {
				m.addPart(i, 1, n-1, Card)
			}
		}
		for k := i + 1; k <= end; k++ {
			n := m.length(i, k)
			if n > longestCard {
				break
			}
			if v := m.value(i, k); n >= shortestCard && issued(v) && luhn(v) {
				m.consider(from, end, i, k)
			}
		}
	}
}

// consider adds groups i to k, a valid number in the run from to end, unless
// something speaks against it.
func (m *message) consider(from, end, i, k int) {
	shape := m.shape(i, k)
	if shape == irregular && m.crowded && k-i > 2 && !m.bounded(from, end, i, k) {
		return // some sequence in a long list of numbers is always valid
	}
	if k-i > 1 && m.groups[k-1].tied && m.sameButLast(i, k) {
		return // 6222021234567894一直不行
	}
	if m.groups[i].labelled || m.isList(i, k) || m.amounts && k-i > 2 {
		b := m.after(k - 1)
		corrected := b.near&wrong != 0 && b.near&cardNo != 0 // 订单号6222…说错了,是卡号
		if m.before(i).near&cardNo == 0 && b.direct&cardNo == 0 && !corrected {
			return
		}
	} else if b := m.after(k - 1); b.direct&label != 0 && b.direct&fill == 0 && b.copula && m.before(i).near&(cardNo|card) == 0 {
		return // 6222… 是订单号
	}
	m.add(i, k, Card, shape)
}

// sameButLast reports whether groups i to k without the last are a valid number
// already.
func (m *message) sameButLast(i, k int) bool {
	v := m.value(i, k-1)
	return issued(v) && luhn(v)
}

func (m *message) shape(i, k int) int {
	if k-i == 1 {
		return whole
	}
	size := m.groups[i].n
	for _, g := range m.groups[i+1 : k-1] {
		if g.n != size {
			return irregular
		}
	}
	if m.groups[k-1].n > size {
		return irregular
	}
	return regular
}

// isCrowded reports whether the run of groups from to end holds much more than
// one card number in small groups.
func (m *message) isCrowded(from, end int) bool {
	const much = longestCard + 8
	n := 0
	for i := from; i < end && n <= much; i++ {
		if m.groups[i].n < shortestCard {
			n += m.groups[i].n
		}
	}
	return n > much
}

// areAmounts reports whether words say that the groups from to end are amounts:
// 金额 4863 9306 8326, or 4021,7041,766这三笔, which counts them.
func (m *message) areAmounts(from, end int) bool {
	const fewest, longest = 3, 5
	for _, g := range m.groups[from:end] {
		if g.n > longest {
			return false
		}
	}
	t := m.groups[from].token - 1
	for t >= 0 && (m.tokens[t].r == ' ' || m.tokens[t].r == ':') {
		t--
	}
	if t >= 0 && m.tokens[t].is&money != 0 {
		return end-from >= fewest
	}
	if last := m.groups[end-1]; last.tied && last.n == 1 { // 1097、40005四笔
		end--
	}
	if end-from < fewest {
		return false
	}
	g := m.glyphs
	at := m.tokens[m.groups[end-1].token].to
	if at < len(g) && g[at].r == '这' {
		at++
	}
	if at+1 >= len(g) || g[at+1].r != '笔' {
		return false
	}
	return int(g[at].digit) == end-from && g[at].script != noDigit || g[at].r == '几' && m.gaps[from].kind != ' '
}

// bounded reports whether groups i to k begin and end where their run does, or
// where the kind of separator changes.
func (m *message) bounded(from, end, i, k int) bool {
	inside := func(kind rune) bool {
		for _, g := range m.gaps[i : k-1] {
			if g.kind == kind {
				return true
			}
		}
		return false
	}
	return (i == from || !inside(m.gaps[i-1].kind)) && (k == end || !inside(m.gaps[k-1].kind))
}

// isList reports whether groups i to k are a list of amounts or of response
// codes rather than the parts of one number.
func (m *message) isList(i, k int) bool {
	if k-i < 3 {
		return false
	}
	var hundreds, tens int // how many are multiples
	codes, rising := true, true
	var seen [100]bool
	for j := i; j < k; j++ {
		g := m.groups[j]
		if g.n > 5 || g.script != decimal {
			return false
		}
		if v := m.value(j, j+1); g.n >= 3 && v[0] != 0 && v[g.n-1] == 0 {
			tens++
			if v[g.n-2] == 0 {
				hundreds++
			}
		}
		if g.n != 2 {
			codes = false
		} else {
			v := m.number(j)
			codes = codes && !seen[v]
			seen[v] = true
			rising = rising && (j == i || v > m.number(j-1))
		}
	}
	commas := 0
	for _, g := range m.gaps[i : k-1] {
		if g.kind == enum || g.kind == comma || g.kind == '/' {
			commas++
		}
	}
	enumerated := 2*commas > k-1-i
	if codes {
		return enumerated || rising
	}
	return hundreds == k-i || enumerated && (hundreds >= k-i-1 || tens == k-i)
}

// findSpoken finds numbers that are no valid card numbers, but are called so:
// people mistype, and some old UnionPay numbers have no check digit.
func (m *message) findSpoken(from, end int) {
	for i := from; i < end; i++ {
		switch n := m.groups[i].n; {
		case n >= shortestCard:
			m.considerSpoken(i, i+1)
		case n < shortestCard && (i == from || m.gaps[i-1].kind != m.gaps[min(i, len(m.gaps)-1)].kind):
			k := m.stretchEnd(i)
			m.considerSpoken(i, k)
			if k < end && i == from {
				m.considerSpoken(i, end)
			}
		}
	}
}

// considerSpoken adds groups i to k if they are called a card number, and could
// be one but for the check digit.
func (m *message) considerSpoken(i, k int) {
	n := m.length(i, k)
	if m.groups[i].labelled || n < shortestCard || m.isList(i, k) {
		return
	}
	a := m.before(i)
	if a.direct&cardNo != 0 {
		// Called a card number to its face: any length goes, and of a longer
		// sequence what makes up a card.
		for k-i > 1 && n > longestCard {
			k--
			n = m.length(i, k)
		}
		if n >= shortestCard {
			m.add(i, k, Card, regular)
		}
		return
	}
	v := m.value(i, k)
	unionPay := v[0] == 6 && v[1] == 2 && 16 <= n && n <= longestCard
	if n != 16 && n != 19 && !unionPay {
		return
	}
	b := m.after(k - 1)
	near, direct := a.near|b.near, a.direct|b.direct
	switch {
	case direct&label != 0:
	case b.direct&cardNo != 0,
		near&cardNo != 0 && !beginsWithDate(v),
		direct&card != 0 && issued(v),
		near&card != 0 && unionPay:
		m.add(i, k, Card, irregular)
	}
}

// beginsWithDate finds 20240115…, as order numbers begin.
func beginsWithDate(v []byte) bool {
	month, day := v[4]*10+v[5], v[6]*10+v[7]
	return v[0] == 2 && v[1] == 0 && 1 <= month && month <= 12 && 1 <= day && day <= 31
}
