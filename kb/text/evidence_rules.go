package text

import (
	"slices"
	"strconv"
	"strings"
)

// evRule reads a fact from words that follow each other in a clause.
type evRule struct {
	id, value string
	denied    string     // the value if one of the words is negated, "" for no fact
	words     []classSet // in this order
	gap       int        // at most so many other words between two of them
	unless    classSet   // no fact if the clause has one of these before the last of them
	hedged    bool
	alone     bool // no fact if the clause says much else
}

// evNobody: the terminal is not spoken of when these are.
var evNobody = oneOf(wCard, wThis, wPerson, wOther, wOthers, wOwn, wElse, wShop, wBankCard, wForeign, wOnly, wMany, wBank)

// evUnusedThing: it is these that are seldom used, not the terminal.
var evUnusedThing = evNobody.or(oneOf(wSwipe, wInsert, wChip, wTap, wStripe, wQR, wWallet, wKeyed, wPreauth, wRefund, wAmount, wThing, wApp, wSMS))

// evShown: 显示金额错误 is what the terminal says.
var evShown = oneOf(wShow, wMessage)

var evidenceRules = []evRule{
	// the amount was keyed wrongly, or was not
	{id: idAmount, value: "no", denied: "yes", words: evRow(oneOf(wMiskey), oneOf(wZero, wPoint, wDigit)), gap: 3, unless: oneOf(wCardNo, wKeyed, wThing)}, // 多按了一个零
	{id: idAmount, value: "no", denied: "yes", words: evRow(oneOf(wExtra), oneOf(wZero, wDigit, wPoint)), gap: 2, unless: oneOf(wCardNo, wThing)},          // 多了个零
	{id: idAmount, value: "no", denied: "yes", words: evRow(oneOf(wZero), oneOf(wWrong, wMiskey)), gap: 1},                                                 // 零按多了
	{id: idAmount, value: "no", denied: "yes", words: evRow(oneOf(wTypo))},                                                                                 // extra zero
	{id: idAmount, value: "no", denied: "yes", words: evRow(oneOf(wPoint), oneOf(wWrong, wMiskey)), gap: 3},                                                // 小数点点错
	{id: idAmount, value: "yes", denied: "no", words: evRow(oneOf(wPoint), oneOf(wRight, wFine)), gap: 2},                                                  // 小数点没错
	{id: idAmount, value: "no", words: evRow(oneOf(wInto), oneOf(wNumber))},                                                                                // 输成8000
	{id: idAmount, value: "no", words: evRow(oneOf(wInto), oneOf(wAmount)), gap: 8},                                                                        // 输成上一位的金额
	{id: idAmount, value: "no", words: evRow(oneOf(wNumber), oneOf(wInstead, wNot), oneOf(wNumber)), gap: 1},                                               // 1000 instead of 100
	{id: idAmount, value: "no", words: evRow(oneOf(wPaste), oneOf(wAmount)), gap: 3},                                                                       // 粘进金额
	{id: idAmount, value: "no", denied: "yes", words: evRow(oneOf(wWrong), oneOf(wAmount, wPoint, wZero)), gap: 3, unless: evShown},                        // 输错金额
	{id: idAmount, value: "no", denied: "yes", words: evRow(oneOf(wAmount), oneOf(wWrong)), gap: 5, unless: evShown},                                       // 金额输错
	{id: idAmount, value: "no", words: evRow(oneOf(wAmount, wBill), oneOf(wDiffers)), gap: 8, unless: evShown},                                             // 金额和账单不一致
	{id: idAmount, value: "no", words: evRow(oneOf(wBill), oneOf(wUnlike)), gap: 6},                                                                        // 与账单不符
	{id: idAmount, denied: "yes", words: evRow(oneOf(wAmount), oneOf(wMiskey)), gap: 4},                                                                    // 金额没多按
	// the amount is right, or is not
	{id: idAmount, value: "yes", words: evRow(oneOf(wAmountOK)), hedged: true},
	{id: idAmount, value: "yes", words: evRow(oneOf(wChecked), oneOf(wAmount, wBill)), gap: 3, hedged: true}, // 核对过金额
	{id: idAmount, value: "yes", words: evRow(oneOf(wAmount), oneOf(wChecked)), gap: 3, hedged: true},        // 金额核对过
	{id: idAmount, value: "yes", words: evRow(oneOf(wScreen), oneOf(wAmount), oneOf(wSame, wRight)), gap: 4}, // 跟单子上的金额一样
	{id: idAmount, value: "yes", words: evRow(oneOf(wAmount), oneOf(wScreen), oneOf(wSame, wRight)), gap: 4}, // 金额跟小票一样
	{id: idAmount, value: "yes", denied: "no", words: evRow(oneOf(wAmount), oneOf(wRight)), gap: 6},          // 金额没错
	{id: idAmount, value: "yes", denied: "no", words: evRow(oneOf(wAmount), oneOf(wFine)), gap: 3},           // 金额没问题
	{id: idAmount, value: "yes", denied: "no", words: evRow(oneOf(wRight), oneOf(wAmount, wBill)), gap: 3},   // matches the bill
	{id: idAmount, value: "yes", denied: "no", words: evRow(oneOf(wBill), oneOf(wRight, wSame)), gap: 5},     // 跟账单一样

	{id: idTerminal, value: "normal", words: evRow(oneOf(wNever)), unless: oneOf(wCard, wThis, wPerson), hedged: true},
	{id: idTerminal, value: "normal", words: evRow(oneOf(wMachine), oneOf(wFine)), gap: 1, unless: evNobody, hedged: true},       // 机器没问题
	{id: idTerminal, value: "normal", words: evRow(oneOf(wMachine), oneOf(wInUse)), gap: 4, unless: evNobody},                    // 机器天天在用
	{id: idTerminal, value: "normal", words: evRow(oneOf(wAlways, wPast), oneOf(wOK, wFine, wInUse)), gap: 4, unless: evNobody},  // 昨天还能刷
	{id: idTerminal, value: "normal", words: evRow(oneOf(wJust), oneOf(wAlso), oneOf(wOK, wFine)), gap: 3, unless: evNobody},     // 刚才还能刷
	{id: idTerminal, value: "normal", words: evRow(oneOf(wOK, wFine, wInUse), oneOf(wAlways, wPast)), gap: 2, unless: evNobody},  // was fine yesterday
	{id: idTerminal, value: "normal", words: evRow(oneOf(wInUse)), unless: evNobody, alone: true},                                // 天天在用
	{id: idTerminal, value: "idle_long", words: evRow(oneOf(wLong), oneOf(wUnused, wUseless, wIdle)), gap: 3, unless: evNobody},  // 半年没用
	{id: idTerminal, value: "idle_long", words: evRow(oneOf(wIdle), oneOf(wLong)), gap: 3, unless: evNobody},                     // 放了半年
	{id: idTerminal, value: "idle_long", words: evRow(oneOf(wMachine), oneOf(wIdle)), gap: 2, unless: evNobody},                  // 机器闲置
	{id: idTerminal, value: "idle_long", words: evRow(oneOf(wLong), oneOf(wTimes)), gap: 1, unless: evUnusedThing},               // 一年用一两次
	{id: idTerminal, value: "idle_long", words: evRow(oneOf(wRarely), oneOf(wTimes, wUse)), gap: 7, unless: evUnusedThing},       // 一年也就收麦那阵子用
	{id: idTerminal, value: "idle_long", words: evRow(oneOf(wSeldom)), unless: evUnusedThing},                                    // 平时很少用
	{id: idTerminal, value: "new", words: evRow(oneOf(wShopNew)), unless: evNobody},                                              // 刚开业
	{id: idTerminal, value: "new", words: evRow(oneOf(wNew))},                                                                    // 新装的
	{id: idTerminal, value: "new", words: evRow(oneOf(wNewish, wOpened, wFresh), oneOf(wMachine)), gap: 3},                       // 刚换的机器
	{id: idTerminal, value: "new", words: evRow(oneOf(wMachine), oneOf(wNewish, wOpened)), gap: 3},                               // 机器刚激活
	{id: idTerminal, value: "new", words: evRow(oneOf(wMachine), oneOf(wFresh)), gap: 1},                                         // 机器是新的
	{id: idTerminal, value: "new", words: evRow(oneOf(wFirst), oneOf(wMachine)), gap: 2, hedged: true},                           // 第一次用这台机器
	{id: idTerminal, value: "new", words: evRow(oneOf(wOpened)), unless: evNobody.or(oneOf(wApp, wSMS, wQR, wTap)), alone: true}, // 昨天才开通
}

func evRow(words ...classSet) []classSet { return words }

// evBetween are words that must not stand between those of a rule: with them,
// the clause has gone on to something else.
var evBetween = oneOf(wOther, wOthers, wOwn, wMany, wEvery, wNoCard, wOnly, wThis, wBankCard, wForeign, wLocal, wElse, wCode61, wOver, wFail, wBankWord, wSMS, wPerson)

// rules reads amount and terminal from a clause.
func (m *evMessage) rules(c *evClause) {
	if c.blank < len(c.words) {
		m.unknowns(c)
	} else {
		for i := range evidenceRules {
			if c.has(evidenceRules[i].words[0]) {
				m.rule(c, &evidenceRules[i])
			}
		}
	}
	m.noChip(c)
	m.stillAmount(c)
	m.instead(c)
	m.shifted(c)
	m.subject = c.mark == ',' && c.has(evNobody) && !c.has(evResults) && c.end-c.start < 24
}

// rule applies one rule, at most once.
func (m *evMessage) rule(c *evClause, r *evRule) {
	for i := range c.words {
		last, negated := r.match(c, i)
		if last < 0 || c.dead(last) || c.wish < i && !c.how || c.before(last+1, r.unless) || m.excuses(c, r, i, last) {
			continue
		}
		value := r.value
		if negated {
			value = r.denied
		}
		if value == "" {
			continue
		}
		m.add(r.id, value, c.words[i].start, c.words[last].end, c.doubt || r.hedged)
		for k := i; k <= last && r.id == idAmount; k++ {
			if c.words[k].class == wFine {
				c.words[k].class = wNone // 金额没问题 is no result of a card
			}
		}
		return
	}
}

// match finds the words of r from word i on: the last of them, -1 if they are
// not there, and whether one is negated.
func (r *evRule) match(c *evClause, i int) (last int, negated bool) {
	if !r.words[0].has(c.words[i].class) {
		return -1, false
	}
	last, negated = i, c.negated(i)
	for _, set := range r.words[1:] {
		k, gap := last+1, 0
		for ; k < len(c.words); k++ {
			w := c.words[k]
			if gap += w.gap; gap > r.gap || set.has(w.class) {
				break
			}
			if evBetween.has(w.class) {
				return -1, false
			}
		}
		if k == len(c.words) || gap > r.gap {
			return -1, false
		}
		last, negated = k, negated || c.negated(k)
	}
	return last, negated
}

// excuses reports whether the clause, whose words[first:last+1] fit r, does not
// say what r takes it for.
func (m *evMessage) excuses(c *evClause, r *evRule, first, last int) bool {
	switch {
	case c.ask < len(c.words) && !strings.Contains(m.s[c.words[first].start:c.words[c.ask].start], "了"):
		return true // 金额输错会不会61, but not 金额输错了能不能改
	case r.alone && (c.tail > 3 || c.words[first].gap > 3 || len(c.words) > last+3 || c.after(last, r.unless)):
		return true
	case r.id == idAmount:
		return m.machineSays(c, first) || c.before(first, oneOf(wPast)) // 机器说金额不对, 昨天金额输错
	case c.words[first].class == wShopNew && m.knows(idTerminal):
		return true // 停业三个月,今天刚开业
	case r.value == "normal" && m.subject:
		return true // 老客户了,以前都能刷
	}
	general := c.much || c.how && !c.has(oneOf(wFail, wCode61, wOver, wCode)) // 长期不用的机器怎么存放
	return general || c.next(last, 1) == wCard && m.of(c.words[last], c.words[last+1])
}

// of reports whether nothing but 的 stands between a and b: 长期不用的卡.
func (m *evMessage) of(a, b evWord) bool {
	between := m.s[a.end:b.start]
	return between == "" || between == "的"
}

// machineSays reports whether the words before word i are those of the terminal.
func (m *evMessage) machineSays(c *evClause, i int) bool {
	machine := false
	for _, w := range c.words[:i] {
		switch w.class {
		case wMachine, wScreen:
			machine = true
		case wSay:
			if said := m.text(w); machine && !strings.HasPrefix(said, "看") && !strings.HasPrefix(said, "查") {
				return true
			}
		}
	}
	return false
}

// stillAmount reads what the next clause says of the amount: 金额核对过,没错.
func (m *evMessage) stillAmount(c *evClause) {
	if m.amount >= 0 && len(c.words) > 0 && c.words[0].gap <= 2 && !c.dead(0) {
		w := c.words[0]
		if oneOf(wNotYet, wAlso, wHedge, wChecked).has(w.class) && c.next(0, 0) != wNone {
			w = c.words[1]
		}
		switch w.class {
		case wRight:
			m.add(idAmount, "yes", m.amount, w.end, c.doubt)
		case wWrong, wDiffers:
			m.add(idAmount, "no", m.amount, w.end, c.doubt)
		}
	}
	m.amount = -1
	for i, w := range c.words {
		if w.class == wAmount || w.class == wBill {
			if (!c.dead(i) || c.hearsay) && c.mark != '?' {
				m.amount = w.start
			}
			return
		}
	}
}

// noChip reads 卡没芯片的,刷一下: only the stripe is left.
func (m *evMessage) noChip(c *evClause) {
	i := slices.IndexFunc(c.words, func(w evWord) bool { return w.class == wNoChip })
	if i < 0 || c.asks() || c.dead(i) || c.wish < i || c.blank < len(c.words) || c.has(evOthers) || !m.failed || !strings.Contains(m.s, "刷") ||
		m.words.meets(oneOf(wInsert, wTap, wQR, wWallet, wKeyed)) {
		return
	}
	m.add(idMode, "stripe", c.words[i].start, c.words[i].end, c.doubt)
}

// shifted reads 显示2200元,应该22 and 4,500.00, not 4.50: two numbers that differ
// only in where the point stands.
func (m *evMessage) shifted(c *evClause) {
	shown := m.shown
	m.shown = evWord{}
	for i, w := range c.words {
		if w.class != wNumber {
			continue
		}
		meant := i > 0 && w.gap <= 1 && oneOf(wOught, wShould, wNot, wInstead).has(c.words[i-1].class)
		if meant && shown.end > 0 && !c.dead(i) && isShifted(m.text(shown), m.text(w)) {
			m.add(idAmount, "no", shown.start, w.end, c.doubt && c.words[i-1].class != wShould)
		}
		if !meant && !c.dead(i) {
			shown = w
			m.shown = w
		}
	}
}

// isShifted reports whether a is b with the point moved to the right.
func isShifted(a, b string) bool {
	clean := strings.NewReplacer(",", "")
	a, b = clean.Replace(a), clean.Replace(b)
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	digits := func(s string) string {
		return strings.Trim(strings.ReplaceAll(s, ".", ""), "0")
	}
	return errA == nil && errB == nil && x > y && len(digits(a)) > 1 && digits(a) == digits(b)
}

// instead reads 应该是380,结果刷了3800, over one clause or two.
func (m *evMessage) instead(c *evClause) {
	ought, typed := m.ought, m.typed
	m.ought, m.typed = evWord{}, evWord{}
	for i := 1; i < len(c.words); i++ {
		w, number := c.words[i-1], c.words[i]
		if number.class != wNumber || number.gap > 1 || number.end-number.start < 2 || c.dead(i) {
			continue
		}
		switch w.class {
		case wOught, wShould:
			ought = number
			m.ought = number
		case wType, wDone, wMiskey:
			typed = number
			m.typed = number
		default:
			continue
		}
		if ought.end > 0 && typed.end > 0 && m.text(ought) != m.text(typed) {
			m.add(idAmount, "no", min(ought.start, typed.start), max(ought.end, typed.end), c.doubt)
		}
	}
}

// evUnknowns says which fact is unknown if a word is what somebody does not know.
var evUnknowns = map[wordClass]string{
	wAmount: idAmount, wBill: idAmount,
	wOther: idOther, wMany: idOther,
	wInsert:  idChip,
	wHowPaid: idMode, wTap: idMode, wStripe: idMode, wQR: idMode, wKeyed: idMode,
	wSale: idType, wPreauth: idType,
	wNew: idTerminal, wIdle: idTerminal,
	wForeign: idForeign, wLocal: idForeign,
	wElse: idElsewhere,
	wSMS:  idBank, wBankWord: idBank, wBankApp: idBank,
	wAcquirer: idAcquirer, wBack: idAcquirer,
}

// unknowns reads a clause that says what is not known: 不知道金额对不对.
func (m *evMessage) unknowns(c *evClause) {
	if c.supposed || c.whole && c.mark == '?' {
		return
	}
	blank := c.words[c.blank]
	for i, w := range c.words {
		id, ok := evUnknowns[w.class]
		if !ok {
			continue
		}
		known := i < c.blank && !c.before(c.blank, oneOf(wAsk, wHow, wMuch)) && c.after(i, evResults) // 别的卡能刷,不清楚...
		asked := c.prev(i, 1) == wAsk
		switch w.class {
		case wOther, wMany:
			known = known || asked && isModal(m.text(c.words[i-1])) // 不知道要不要换卡
		case wInsert:
			known = known || asked && isModal(m.text(c.words[i-1]))
			if c.choice || asked {
				id = idMode // 不知道是不是插卡
			}
		case wTap, wStripe, wQR, wKeyed:
			known = !c.choice && !asked && c.prev(i, 1) != wUnknown
		case wAcquirer, wBack, wBankWord, wBankApp:
			known = !c.has(oneOf(wSMS, wMessage, wShow, wSay, wLimit, wRisk)) // 不知道收单机构是谁
		}
		if !known {
			m.add(id, "unknown", min(w.start, blank.start), max(w.end, blank.end), false)
			return
		}
	}
}

// isModal tells what one may do from what is so.
func isModal(ask string) bool {
	switch ask {
	case "要不要", "能不能", "可不可以", "该不该", "需不需要", "用不用", "能否", "可否":
		return true
	}
	return false
}
