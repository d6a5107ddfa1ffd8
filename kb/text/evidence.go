package text

import (
	"slices"
	"strings"
)

// Finding is a fact that a message states about the case.
type Finding struct {
	ID, Value  string
	Start, End int  // span in Norm that says so
	Hedged     bool // said with a doubt: 好像, I think
}

// Evidence returns the facts stated in t, at most one for each evidence (the
// last statement wins, except that "not tried", "unknown" and "none" take
// nothing back), in order of their first appearance. The code that the terminal
// shows is not among them: [Codes] reads that.
//
// Only statements count. A question (换卡能行吗), a condition (如果换卡) and a
// plan (想换张卡) state nothing; but why and what-to-do questions take the rest
// for granted (为什么换卡也不行). Precision goes before recall: a fact that was
// not found is asked for, a wrong one misleads the diagnosis.
//
// A message is cut into clauses, and a clause into the words of evidenceWords.
// What is tried or spoken of (another card, the chip, a refund) opens an
// episode, which takes the next result (能刷, 61, declined) in its clause or, if
// that has none, the one that begins the next clause. Amount and terminal are
// read by evidenceRules, messages of bank and acquirer by source and content.
func Evidence(t Text) []Finding {
	codes := Codes(t)
	m := evMessage{s: t.Norm, clauses: readClauses(t.Norm, codes), chinese: strings.ContainsFunc(t.Norm, isHan)}
	if !m.survey(codes) {
		return nil
	}
	for i := range m.clauses {
		c := &m.clauses[i]
		m.rules(c)
		m.notices(c)
		m.episodes(c)
	}
	m.conclude()
	return m.found
}

// evMessage is a message while its evidence is read.
type evMessage struct {
	s       string
	clauses []evClause
	found   []Finding

	chinese   bool // at least in part
	about61   bool // the message names 61 or what it says
	aboutCode bool // the message names another code
	preauth   bool // the message speaks of pre-authorisation
	complete  bool // and of completing it
	failed    bool // something has failed
	short     bool // it says little else than what it mentions
	local     bool // it names a domestic bank or card
	pays      bool // the message speaks of a card or a payment
	only      bool // the message says that it is this card only

	all     []evEpisode // of all clauses
	open    []int       // in all: those of the clause before that wait for a result
	subject bool        // the clause before only named a person or a card
	typed   evWord      // likewise what was charged
	ought   evWord      // what ought to have been charged, said in the clause before
	amount  int         // where the amount was named in the clause before, -1 if it was not
	source  evSource    // who was said, in the clause before, to have sent a message
}

// survey prepares the clauses and looks at the message as a whole. It reports
// whether there is anything to read.
func (m *evMessage) survey(codes []Code) bool {
	words, other := 0, 0
	why := false // in this sentence
	var cond bool
	for i := range m.clauses {
		c := &m.clauses[i]
		c.join(m.s)
		c.judge(m.s)
		words += len(c.words)
		other += c.tail
		for k, w := range c.words {
			m.pays = m.pays || evModes.has(w.class) || evResults.has(w.class) || w.class == wCard || w.class == wThis || w.class == wNetwork
			other += w.gap
			m.failed = m.failed || w.class == wFail || w.class == wOver || w.class == wError
			m.local = m.local || w.class == wLocal || w.class == wBank || w.class == wBankCard
			switch w.class {
			case wCode61:
				m.about61 = true
			case wOver:
				m.about61 = m.about61 || !c.negated(k)
			case wPreauth, wDeposit:
				m.preauth = true
			case wPreauthOK:
				m.preauth, m.complete = true, true
			case wComplete:
				m.complete = m.complete || !c.negated(k)
			case wOnly, wThis:
				m.only = true
			}
		}
		why = why || c.why || c.how || c.much
		if c.mark == '?' && !why {
			c.whole = true
			if c.so && i > 0 {
				m.clauses[i-1].whole = true
			}
		}
		if i > 0 && c.isTag() {
			m.clauses[i-1].whole = true // 是外卡,对吗
		}
		// what follows "if ..., " is part of the supposition
		supposed := cond && !c.why
		cond = c.cond < len(c.words) && c.mark == ','
		if c.cond < len(c.words) || supposed {
			c.supposed = true
		}
		if c.mark == '?' || c.mark == '.' {
			why = false
		}
	}
	for _, code := range codes {
		if !code.Negated {
			m.about61 = m.about61 || code.Value == "61"
			m.aboutCode = m.aboutCode || code.Value != "61"
		}
	}
	m.failed = m.failed || m.about61 || m.aboutCode
	m.short = other <= 6
	m.amount = -1
	return words > 0
}

// isTag reports whether the clause only asks whether the one before it is
// right: 对吗, 是不是, right?
func (c *evClause) isTag() bool {
	return c.end-c.start < 12 && (c.mark == '?' || c.has(classes(wAsk, wAskTail), 0, len(c.words))) &&
		len(c.words) > 0 && c.tail == 0 && !c.has(classes(wAsk, wAskTail, wRight, wOK, wNot).not(), 0, len(c.words))
}

// weak values say that nothing is known; they take no other value back.
func isWeak(value string) bool {
	return value == "unknown" || value == "not_tried" || value == "none"
}

// add notes a fact.
func (m *evMessage) add(id, value string, start, end int, hedged bool) {
	f := Finding{id, value, start, end, hedged}
	for i := range m.found {
		if m.found[i].ID == id {
			if old := m.found[i]; old.Value == value && hedged && !old.Hedged {
				return
			}
			if old := m.found[i].Value; (!isWeak(value) || isWeak(old)) && !(value == "normal" && old != "normal") {
				m.found[i] = f
			}
			return
		}
	}
	m.found = append(m.found, f)
}

// conclude turns the episodes into facts and puts all facts in order.
func (m *evMessage) conclude() {
	m.tell()
	slices.SortStableFunc(m.found, func(a, b Finding) int { return a.Start - b.Start })
}

// negated reports whether a negation stands right before word i.
func (c *evClause) negated(i int) bool { return c.negation(i, 2) >= 0 }

// negation gives the place of the negation before word i, across at most gap
// unknown words (half as many in Chinese) and words like 也; -1 for none.
func (c *evClause) negation(i, gap int) int {
	between := 0
	for k := i; k > 0; k-- {
		between += c.words[k].gap
		switch c.words[k-1].class {
		case wNot, wNotYet:
			if prev := c.words[k-1]; between > gap || between > gap/2 && !prev.latin {
				return -1
			}
			return k - 1
		case wAlso, wAt, wHedge, wDo:
		default:
			return -1
		}
	}
	return -1
}

// has reports whether the clause has a word of the set among words[from:to].
func (c *evClause) has(set classSet, from, to int) bool {
	for _, w := range c.words[from:to] {
		if set.has(w.class) {
			return true
		}
	}
	return false
}

// dead reports whether what the words up to i say is no statement.
func (c *evClause) dead(i int) bool {
	return c.whole || c.supposed || c.choice || c.ask <= i
}

// evRule reads a fact from words that follow each other in a clause.
type evRule struct {
	id, value string
	denied    string // the value if one of the words is negated, "" for no fact
	words     []classSet
	gap       int      // at most so many other words between two of them
	unless    classSet // no fact if the clause has one of these before the last of them
	hedged    bool
	alone     bool // no fact if the clause says much else
}

var evNobody = classes(wCard, wThis, wPerson, wOther, wOthers, wOwn, wElse, wShop, wBankCard, wForeign, wOnly, wMany, wBank)

var evidenceRules = []evRule{
	{id: "amount_matches_bill", value: "no", denied: "yes", words: []classSet{classes(wMiskey), classes(wZero, wPoint, wDigit)}, gap: 3, unless: classes(wCardNo, wKeyed, wThing)}, // 多按了一个零
	{id: "amount_matches_bill", value: "no", denied: "yes", words: []classSet{classes(wExtra), classes(wZero, wDigit, wPoint)}, gap: 2, unless: classes(wCardNo, wThing)},          // 多了个零
	{id: "amount_matches_bill", value: "no", denied: "yes", words: []classSet{classes(wTypo)}},                                                                                     // extra zero
	{id: "amount_matches_bill", value: "no", words: []classSet{classes(wInto), classes(wAmount)}, gap: 8},
	{id: "amount_matches_bill", value: "no", words: []classSet{classes(wZero), classes(wWrong, wMiskey)}, gap: 1},
	{id: "amount_matches_bill", value: "no", words: []classSet{classes(wInto), classes(wNumber)}},                                                   // 输成8000
	{id: "amount_matches_bill", value: "no", words: []classSet{classes(wNumber), classes(wInstead, wNot), classes(wNumber)}, gap: 1},                // 1000 instead of 100
	{id: "amount_matches_bill", value: "no", words: []classSet{classes(wType, wDone), classes(wNumber), classes(wOught), classes(wNumber)}, gap: 1}, // 输入8000实际800
	{id: "amount_matches_bill", value: "no", denied: "yes", words: []classSet{classes(wPoint), classes(wWrong, wMiskey)}, gap: 3},
	{id: "amount_matches_bill", value: "yes", denied: "no", words: []classSet{classes(wPoint), classes(wRight, wFine)}, gap: 2},
	{id: "amount_matches_bill", value: "no", denied: "yes", words: []classSet{classes(wWrong), classes(wAmount, wPoint, wZero)}, gap: 3, unless: classes(wShow, wMessage)},
	{id: "amount_matches_bill", value: "no", denied: "yes", words: []classSet{classes(wAmount), classes(wWrong)}, gap: 5, unless: classes(wShow, wMessage)},
	{id: "amount_matches_bill", denied: "yes", words: []classSet{classes(wAmount), classes(wMiskey)}, gap: 4}, // 金额没多按
	{id: "amount_matches_bill", value: "yes", words: []classSet{classes(wAmountOK)}, hedged: true},
	{id: "amount_matches_bill", value: "yes", words: []classSet{classes(wScreen), classes(wAmount), classes(wSame, wRight)}, gap: 4},
	{id: "amount_matches_bill", value: "yes", words: []classSet{classes(wAmount), classes(wScreen), classes(wSame, wRight)}, gap: 4},
	{id: "amount_matches_bill", value: "no", words: []classSet{classes(wAmount, wBill), classes(wDiffers)}, gap: 8, unless: classes(wShow, wMessage)},
	{id: "amount_matches_bill", value: "no", words: []classSet{classes(wBill), classes(wUnlike)}, gap: 6},
	{id: "amount_matches_bill", value: "yes", words: []classSet{classes(wChecked), classes(wAmount, wBill)}, gap: 3, hedged: true},
	{id: "amount_matches_bill", value: "yes", words: []classSet{classes(wAmount), classes(wChecked)}, gap: 3, hedged: true},
	{id: "amount_matches_bill", value: "yes", denied: "no", words: []classSet{classes(wAmount), classes(wRight)}, gap: 6},
	{id: "amount_matches_bill", value: "yes", denied: "no", words: []classSet{classes(wAmount), classes(wFine)}, gap: 3},
	{id: "amount_matches_bill", value: "yes", denied: "no", words: []classSet{classes(wRight), classes(wAmount, wBill)}, gap: 3},
	{id: "amount_matches_bill", value: "yes", denied: "no", words: []classSet{classes(wBill), classes(wRight, wSame)}, gap: 5},

	{id: "terminal_state", value: "normal", words: []classSet{classes(wNever)}, unless: classes(wCard, wThis, wPerson), hedged: true},
	{id: "terminal_state", value: "normal", words: []classSet{classes(wMachine), classes(wFine)}, gap: 1, unless: evNobody, hedged: true},
	{id: "terminal_state", value: "normal", words: []classSet{classes(wMachine), classes(wInUse)}, gap: 4, unless: evNobody},
	{id: "terminal_state", value: "normal", words: []classSet{classes(wAlways, wPast), classes(wOK, wFine, wInUse)}, gap: 4, unless: evNobody},
	{id: "terminal_state", value: "normal", words: []classSet{classes(wJust), classes(wAlso), classes(wOK, wFine)}, gap: 3, unless: evNobody},
	{id: "terminal_state", value: "normal", words: []classSet{classes(wOK, wFine, wInUse), classes(wAlways, wPast)}, gap: 2, unless: evNobody},
	{id: "terminal_state", value: "normal", words: []classSet{classes(wInUse)}, unless: evNobody, alone: true},
	{id: "terminal_state", value: "idle_long", words: []classSet{classes(wLong), classes(wUnused, wUseless, wIdle)}, gap: 3, unless: evNobody},
	{id: "terminal_state", value: "idle_long", words: []classSet{classes(wIdle), classes(wLong)}, gap: 3, unless: evNobody},
	{id: "terminal_state", value: "idle_long", words: []classSet{classes(wMachine), classes(wIdle)}, gap: 2, unless: evNobody},
	{id: "terminal_state", value: "new", words: []classSet{classes(wNew)}},
	{id: "terminal_state", value: "new", words: []classSet{classes(wNewish, wOpened, wFresh), classes(wMachine)}, gap: 3},
	{id: "terminal_state", value: "new", words: []classSet{classes(wMachine), classes(wNewish, wOpened)}, gap: 3},
	{id: "terminal_state", value: "new", words: []classSet{classes(wMachine), classes(wFresh)}, gap: 1},
	{id: "terminal_state", value: "new", words: []classSet{classes(wFirst), classes(wMachine)}, gap: 2, hedged: true},
	{id: "terminal_state", value: "new", words: []classSet{classes(wOpened)}, unless: classes(wCard, wThis, wPerson, wForeign, wApp, wSMS, wQR, wTap), alone: true},
}

// evBetween are words that must not stand between the words of a rule: with
// them, the clause has gone on to something else.
var evBetween = classes(wOther, wOthers, wOwn, wMany, wEvery, wNoCard, wOnly, wThis, wBankCard, wForeign, wLocal, wElse, wCode61, wOver, wFail, wBankWord, wSMS, wPerson)

// rules applies evidenceRules to a clause.
func (m *evMessage) rules(c *evClause) {
	first := -1 // where the amount was named
	for i, w := range c.words {
		if (w.class == wAmount || w.class == wBill) && first < 0 {
			first = i
		}
	}
	if c.blank < len(c.words) {
		m.unknowns(c)
	} else {
		for i := range evidenceRules {
			m.rule(c, &evidenceRules[i])
		}
	}
	// 金额核对过,没错
	if m.amount >= 0 && len(c.words) > 0 && c.words[0].gap <= 2 && !c.dead(0) {
		w := c.words[0]
		if w.class == wNotYet || w.class == wAlso || w.class == wHedge || w.class == wChecked {
			if len(c.words) > 1 && c.words[1].gap == 0 {
				w = c.words[1]
			}
		}
		switch w.class {
		case wRight:
			m.add("amount_matches_bill", "yes", m.amount, w.end, c.doubt)
		case wWrong, wDiffers:
			m.add("amount_matches_bill", "no", m.amount, w.end, c.doubt)
		}
	}
	m.instead(c)
	m.subject = c.mark == ',' && c.has(evNobody, 0, len(c.words)) && !c.has(evResults, 0, len(c.words)) && c.end-c.start < 24
	m.amount = -1
	if first >= 0 && (!c.dead(first) || c.hearsay) && c.mark != '?' {
		m.amount = c.words[first].start
	}
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
			m.ought = number
			m.ought.start = w.start
			ought = m.ought
			m.differ(ought, typed, c.doubt)
		case wType, wDone, wMiskey:
			m.typed = number
			typed = number
			m.differ(ought, typed, c.doubt)
		}
	}
}

// differ notes that what was typed is not what ought to have been, if both are
// known.
func (m *evMessage) differ(ought, typed evWord, doubt bool) {
	if ought.end > 0 && typed.end > 0 && !strings.HasSuffix(m.s[ought.start:ought.end], m.s[typed.start:typed.end]) {
		m.add("amount_matches_bill", "no", min(ought.start, typed.start), max(ought.end, typed.end), doubt)
	}
}

// rule applies one rule, at most once.
func (m *evMessage) rule(c *evClause, r *evRule) {
	for i, w := range c.words {
		if !r.words[0].has(w.class) {
			continue
		}
		last, negated := i, c.negated(i)
		for _, set := range r.words[1:] {
			next, gap := last+1, 0
			for ; next < len(c.words); next++ {
				gap += c.words[next].gap
				if gap > r.gap || set.has(c.words[next].class) || evBetween.has(c.words[next].class) {
					break
				}
			}
			if next >= len(c.words) || gap > r.gap || !set.has(c.words[next].class) {
				last = -1
				break
			}
			last = next
			negated = negated || c.negated(next) && next > 0
		}
		if last < 0 || c.dead(last) || c.wish < i && !c.how || c.has(r.unless, 0, last+1) {
			continue
		}
		if r.id == "terminal_state" {
			if r.value == "normal" && m.subject {
				continue // 老客户了,以前都能刷
			}
			failed := c.has(classes(wFail, wCode61, wOver, wCode), 0, len(c.words))
			if c.much || c.how && !failed || last+1 < len(c.words) && c.words[last+1].class == wCard && m.of(c.words[last], c.words[last+1]) {
				continue // 长期不用的机器怎么存放, 长期不用的卡
			}
		} else if m.machineSays(c, i) || c.has(classes(wPast), 0, i) {
			continue // 机器说金额不对, 昨天金额输错
		}
		if c.ask < len(c.words) && !strings.Contains(m.s[w.start:c.words[c.ask].start], "了") {
			continue
		}
		if r.alone && (c.tail > 3 || w.gap > 3 || len(c.words) > last+3 || c.has(r.unless, last, len(c.words))) {
			continue
		}
		value := r.value
		if negated {
			value = r.denied
		}
		if value == "" {
			continue
		}
		m.add(r.id, value, w.start, c.words[last].end, c.doubt || r.hedged)
		for k := i; k <= last && r.id == "amount_matches_bill"; k++ {
			if c.words[k].class == wFine { // it is no result of a card
				c.words[k].class = wNone
			}
		}
		return
	}
}

// of reports whether nothing but 的 stands between a and b.
func (m *evMessage) of(a, b evWord) bool {
	between := m.s[a.end:b.start]
	return between == "" || between == "的"
}

// machineSays reports whether the words before i are those of the terminal.
func (m *evMessage) machineSays(c *evClause, i int) bool {
	machine := false
	for _, w := range c.words[:i] {
		switch w.class {
		case wMachine, wScreen:
			machine = true
		case wSay:
			if said := m.s[w.start:w.end]; machine && !strings.HasPrefix(said, "看") && !strings.HasPrefix(said, "查") {
				return true
			}
		}
	}
	return false
}

// evUnknowns says which fact is unknown if a word is what somebody does not know.
var evUnknowns = map[wordClass]string{
	wAmount: "amount_matches_bill", wBill: "amount_matches_bill",
	wOther: "other_card", wMany: "other_card", wInsert: "insert_chip_works", wHowPaid: "entry_mode", wTap: "entry_mode", wStripe: "entry_mode", wQR: "entry_mode", wKeyed: "entry_mode",
	wSale: "transaction_type", wPreauth: "transaction_type", wNew: "terminal_state", wIdle: "terminal_state",
	wForeign: "foreign_card", wLocal: "foreign_card", wElse: "same_card_elsewhere",
	wSMS: "issuer_message", wBankWord: "issuer_message", wBankApp: "issuer_message", wAcquirer: "acquirer_notice", wBack: "acquirer_notice",
}

// unknowns reads a clause that says what is not known: 不知道金额对不对.
func (m *evMessage) unknowns(c *evClause) {
	if c.whole && c.mark == '?' || c.supposed {
		return
	}
	for i, w := range c.words {
		id, ok := evUnknowns[w.class]
		if w.class == wInsert && (c.choice || i > 0 && c.words[i-1].class == wAsk) {
			id = "entry_mode" // 不知道是不是插卡
		}
		if !ok || i < c.blank && !c.has(classes(wAsk, wHow, wMuch), 0, c.blank) && c.has(evResults, i, c.blank) {
			continue // 别的卡能刷,不知道...
		}
		if i > 0 && c.words[i-1].class == wAsk && w.gap <= 1 && (w.class == wOther || w.class == wInsert || w.class == wMany) && isModal(m.s[c.words[i-1].start:c.words[i-1].end]) {
			continue // 不知道要不要换卡
		}
		switch w.class {
		case wTap, wStripe, wQR, wKeyed:
			if !c.choice && (i == 0 || c.words[i-1].class != wAsk && c.words[i-1].class != wUnknown) {
				continue
			}
		}
		if classes(wAcquirer, wBack, wBankWord, wBankApp).has(w.class) && !c.has(classes(wSMS, wMessage, wShow, wSay, wLimit, wRisk), 0, len(c.words)) {
			continue // 不知道收单机构是谁
		}
		start, end := w.start, c.words[c.blank].end
		if start > c.words[c.blank].start {
			start, end = c.words[c.blank].start, w.end
		}
		m.add(id, "unknown", start, end, false)
		return
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
