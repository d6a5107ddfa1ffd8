package text

import (
	"slices"
	"strings"
)

// evResult is how something that was tried came out.
type evResult uint8

const (
	evOpen    evResult = iota // not said
	evWorked                  // 能刷
	evFailed                  // 不行, 61
	evUntried                 // 没试
)

// evEpisode is one thing tried or spoken of, with its result.
type evEpisode struct {
	topic      wordClass // wNone for what stands before the first topic
	at         int       // its word in the clause
	start, end int       // bytes of Norm

	result evResult
	seen   int      // the word of the result, -1 if there is none
	detail classSet // all words of a failure: wCode61, wError, wSame

	denied wordClass // wNot, wNotYet before the topic
	isnt   bool      // by 不是, not by 不 or can't
	asked  bool      // only asked or supposed
	hedged bool

	// the words around it
	limit   bool // 扫码限额: a thing, nothing that happened
	general bool // 怎么插卡: a question about things in general
	testing bool // 插卡试试
	guess   bool // 换卡应该能过
	small   bool // 小额: that it works says nothing
	past    bool // 昨天
	also    bool // 也
	do      bool // 做退货
	in      bool // 在超市
	person  bool // 客人, 这张卡
	own     bool // 我们店
	bank    bool // 银行换过卡
	another bool // with another card, or elsewhere
	away    bool // elsewhere
	bare    bool // the clause says nothing else
}

var (
	evModes = oneOf(wSwipe, wInsert, wChip, wTap, wStripe, wQR, wWallet, wKeyed, wPreauth, wPreauthOK, wRefund, wSale, wSaleWord)
	// evOthers are other cards.
	evOthers = oneOf(wOther, wOthers, wSome, wOwn, wMany, wEvery, wNoCard, wBankCard)
	// evKinds say which card it is.
	evKinds = oneOf(wForeign, wForeigner, wNetwork, wLocal)
	// evTopics open an episode.
	evTopics = evModes.or(evOthers).or(evKinds).or(oneOf(wOnly, wThis, wElse, wShop, wMachine2))

	evResults = oneOf(wOK, wFine, wClear, wOnlyThen, wFail, wUseless, wCode61, wCode, wOver, wError, wBalance, wSame)

	// Words that keep a result from the topic of the clause before: 机器没问题,
	// and those that keep a failure from it, which is less often of something else.
	evBlocks     = oneOf(wMachine, wScreen, wThing, wPast, wJust, wAlways, wPerson, wBankWord, wBankApp, wSMS, wApp, wAcquirer, wBack, wAmount, wBill, wNew)
	evFailBlocks = oneOf(wThing, wPast, wJust, wAlways, wBankWord, wBankApp, wSMS, wAmount)
)

// episodes reads the episodes of a clause and passes results on.
func (m *evMessage) episodes(c *evClause) {
	from := len(m.all)
	if c.has(evTopics.or(evResults).or(oneOf(wUntried, wUnused, wComplete))) {
		m.collect(c)
	}
	here := m.all[from:]
	if len(here) == 0 {
		if c.tail+len(c.words) > 4 || c.blank < len(c.words) {
			m.open = m.open[:0]
		}
		return
	}
	m.carry(c, here)
	inherit(c, here)
	m.lookBack(c, here)
	if c.mark == '?' || slices.ContainsFunc(here, func(e evEpisode) bool { return e.result != evOpen }) {
		m.open = m.open[:0] // else it goes on with the list: 插卡,挥卡,都不行
	}
	for i := len(here) - 1; i >= 0 && here[i].result == evOpen && here[i].topic != wNone; i-- {
		if here[i].denied == wNone && !here[i].limit {
			m.open = append(m.open, from+i)
		}
	}
}

// collect appends the clause's episodes to m.all. The first has no topic and
// holds the results before the first topic.
func (m *evMessage) collect(c *evClause) {
	from := len(m.all)
	e := evEpisode{at: -1, seen: -1, start: c.start, asked: c.whole || c.supposed}
	another, past, prompt := false, false, false
	for i, w := range c.words {
		class := w.class
		if class == wComplete && m.words.meets(oneOf(wPreauth, wPreauthOK, wDeposit)) && !c.has(oneOf(wPreauth, wPreauthOK)) {
			class = wPreauthOK
		}
		switch {
		case evTopics.has(class):
			m.all = append(m.all, e)
			e = m.episode(c, i, class)
			e.another, e.past, e.asked = another, past, e.asked || prompt
			another = another || class == wElse || evOthers.has(class) && class != wBankCard
		case class == wPrompt:
			prompt = true
		case class == wTesting:
			e.testing = true
		case class == wPast || class == wAlways || class == wJust:
			past = true
			e.past = e.past || e.result == evOpen
		case class == wNow:
			past = false
			e.past = e.past && e.result != evOpen
		case class == wAlso:
			e.also = e.also || e.result == evOpen
		default:
			m.result(c, &e, i)
		}
	}
	if n := len(c.words) - 1; e.result == evOpen && e.at == n-1 && c.tail == 0 && !e.asked && n > 0 && c.words[n].class == wNot && c.words[n].latin {
		e.result, e.seen, e.end = evFailed, n, c.words[n].end // inserting does not
	}
	m.all = append(m.all, e)
	for i := from; i < len(m.all); i++ {
		e := &m.all[i]
		e.hedged = e.hedged || c.doubt
		if e.result == evOpen && (c.ask < len(c.words) || c.blank < len(c.words)) {
			e.asked = true
		}
	}
}

// episode opens an episode at word i.
func (m *evMessage) episode(c *evClause, i int, topic wordClass) evEpisode {
	w := c.words[i]
	e := evEpisode{
		topic: topic, at: i, seen: -1, start: w.start, end: w.end,
		asked:   c.dead(i) || c.blank < i,
		limit:   c.has(oneOf(wLimit)),
		general: c.how || c.much || c.why && evModes.has(topic) || c.has(oneOf(wTopic)),
		testing: c.wish < i && !evKinds.has(topic),
		guess:   c.guess && !w.latin && (topic == wInsert || strings.HasPrefix(m.text(w), "换")),
		small:   c.has(oneOf(wSmall)),
		do:      c.prev(i, 2) == wDo,
		in:      c.prev(i, 0) == wAt,
		person:  c.has(oneOf(wPerson, wThis, wCard)),
		own:     c.has(oneOf(wSelf)),
		bank:    c.before(i, oneOf(wBankWord)),
		away:    c.before(i, oneOf(wElse)),
		bare:    len(c.words) == 1 && w.gap+c.tail == 0,
	}
	if k := c.negation(i); k >= 0 {
		e.denied, e.isnt, e.start = c.words[k].class, isIsNot(m.text(c.words[k])), c.words[k].start
	}
	if c.prev(i, 0) == wUseless { // 没用闪付
		e.denied, e.start = wNotYet, c.words[i-1].start
	}
	if e.asked {
		return e
	}
	switch before := c.prev(i, 3); {
	case before == wUntried || before == wUnused: // 没试过插卡
		e.result, e.start = evUntried, c.words[i-1].start
	case w.latin && (topic == wElse || topic == wShop): // used the card at another shop
		k := i - 1
		for k > 0 && (c.words[k].class == wAt || c.words[k].class == wThis) {
			k--
		}
		if k >= 0 && c.words[k].class == wDone && !c.negated(k) {
			e.result, e.seen, e.start = evWorked, k, c.words[k].start
		}
	case topic == wElse && c.prev(i, 0) == wDone && !c.negated(i-1): // 刚刷过别家
		e.result, e.seen, e.start = evWorked, i-1, c.words[i-1].start
	}
	return e
}

// result gives word i to the episode if it is its result or a detail of that.
func (m *evMessage) result(c *evClause, e *evEpisode, i int) {
	r := m.resultOf(c, e, i)
	if r == evOpen {
		return
	}
	w := c.words[i]
	switch {
	case c.supposed || (c.whole || c.ask < i && e.result == evOpen) && r != evUntried:
		e.asked = true
		return
	case e.result == evOpen:
		e.result, e.seen, e.end = r, i, w.end
	case e.result != r:
		return
	}
	if r == evFailed {
		e.detail = e.detail.or(oneOf(w.class))
		e.end = max(e.end, w.end)
	}
}

// resultOf says which result word i is to the episode, evOpen for none.
func (m *evMessage) resultOf(c *evClause, e *evEpisode, i int) evResult {
	w, negated := c.words[i], c.negated(i)
	either := func(plain, denied evResult) evResult {
		if negated {
			return denied
		}
		return plain
	}
	switch w.class {
	case wClear:
		return evWorked
	case wOK, wFine, wOnlyThen:
		if c.next(i, 1) == wMuch {
			return evOpen // 能刷多少
		}
		if said := m.s[e.start:w.start]; e.guess && !strings.Contains(said, "了") && !strings.Contains(said, "过") {
			e.asked = true // 换卡应该能过
			return evOpen
		}
		return either(evWorked, evFailed)
	case wSame:
		if next := c.next(i, 1); next == wOK || next == wFine {
			return evOpen // 一样能刷
		}
		e.hedged = e.hedged || negated // 没这个问题
		return either(evFailed, evWorked)
	case wFail:
		return either(evFailed, evWorked)
	case wOver:
		return either(evFailed, evOpen)
	case wUseless, wCode61, wCode, wError, wBalance:
		return evFailed
	case wDone:
		said := m.text(w)
		paid := evModes.has(e.topic) && (strings.HasPrefix(said, "付") || said == "paid")
		if e.topic != wElse && e.topic != wShop && !paid {
			return evOpen
		}
		return either(evWorked, evUntried)
	case wUntried, wUnused:
		if e.topic == wNone && w.class == wUnused || evTopics.has(c.next(i, 3)) {
			return evOpen // it belongs to the topic behind it
		}
		return evUntried
	}
	return evOpen
}

// carry gives the result that begins this clause to what the clause before
// tried: 换了张建行的卡,还是61.
func (m *evMessage) carry(c *evClause, here []evEpisode) {
	first := &here[0]
	untried := first.result == evUntried
	if first.result == evOpen || first.asked && !untried {
		return
	}
	gap := 0
	for _, w := range c.words[:first.seen+1] {
		gap += w.gap
	}
	most, blocks := 4, evBlocks
	switch {
	case untried:
		most, blocks = 8, classSet{}
	case first.result == evFailed && first.detail != oneOf(wSame): // 一样 alone could be of anything
		most, blocks = 8, evFailBlocks
	}
	if gap > most || c.before(first.seen, blocks) {
		return
	}
	for _, k := range m.open {
		if e := &m.all[k]; m.takes(c, e, first) {
			e.asked = e.asked && untried
			e.result, e.detail, e.end = first.result, first.detail, first.end
			e.also, e.hedged = e.also || first.also, e.hedged || first.hedged
		}
	}
	if len(m.open) > 0 || first.result != evFailed {
		return
	}
	// 换了一张也不行,报51: the second clause says how
	for k := len(m.all) - len(here) - 1; k >= 0 && m.all[k].topic != wNone; k-- {
		if e := &m.all[k]; e.result == evFailed && evOthers.has(e.topic) {
			e.detail, e.end = e.detail.or(first.detail), first.end
			break
		}
	}
}

// takes reports whether first, the result that begins a clause, can be that of
// e in the clause before.
func (m *evMessage) takes(c *evClause, e, first *evEpisode) bool {
	switch {
	case e.asked && first.result != evUntried:
		return e.topic == wOther && c.words[0].class == wChange // 你说换卡就行,换了还是61
	case e.topic == wChip:
		return first.result == evWorked || first.detail.has(wCode61) // but not: chip is dirty, card won't read
	case e.topic == wElse || e.topic == wShop:
		return !c.before(first.seen, oneOf(wSelf)) // but not 别的店..., 我这不行
	}
	return true
}

// inherit gives the result of a way of paying to what it was tried with:
// 换了张卡插卡也不行; and of the last of a list to all of it: 插卡挥卡都不行.
func inherit(c *evClause, here []evEpisode) {
	for i := len(here) - 2; i >= 0; i-- {
		e, next := &here[i], &here[i+1]
		if e.result != evOpen || next.result != evWorked && next.result != evFailed || next.denied != wNone {
			continue
		}
		listed := next.at == e.at+1 && c.words[next.at].gap <= 1
		switch {
		case e.topic == wNone || evKinds.has(e.topic):
			continue
		case (e.topic == wElse || e.topic == wShop) && evOthers.has(next.topic):
			continue // 别的店所有卡都61
		case e.topic == wMany && next.topic == wOnly:
			continue // 三张卡只有这张61
		case listed, evModes.has(next.topic), e.topic == wThis, e.topic == wOnly,
			evModes.has(e.topic) && (evKinds.has(next.topic) || next.topic == wThis || next.topic == wBankCard):
			e.result, e.detail, e.end, e.seen = next.result, next.detail, next.end, next.seen
			e.also = e.also || next.also
		}
	}
}

// lookBack gives a result to the topic behind it: it works with another card,
// 刷不了别的卡.
func (m *evMessage) lookBack(c *evClause, here []evEpisode) {
	for i := 1; i < len(here); i++ {
		e, prev := &here[i], &here[i-1]
		if e.result != evOpen || e.denied != wNone || prev.result != evWorked && prev.result != evFailed {
			continue
		}
		latin := isLetter(rune(m.s[e.start]))
		if latin && evModes.has(prev.topic) && evOthers.has(e.topic) && hasPreposition(m.s[prev.end:e.start]) {
			prev.another = true // the chip works for other customers
		}
		if prev.asked || !oneOf(wNone, wThis, wSwipe, wSaleWord).has(prev.topic) {
			continue
		}
		result := c.words[prev.seen]
		between := m.s[result.end:e.start]
		if latin {
			if !isWhichever(m.s[e.start:e.end]) && (between == "" || len(between) > 24 || e.topic != wElse && !hasPreposition(between)) {
				continue
			}
		} else if between != "" || e.topic != wOther && e.topic != wForeign || !canTakeObject(m.text(result)) || strings.HasPrefix(m.s[e.start:], "换") {
			continue
		}
		e.result, e.detail, e.start = prev.result, prev.detail, result.start
		e.past = e.past || prev.past
	}
}

// isWhichever finds 61 no matter whose card.
func isWhichever(topic string) bool {
	return strings.Contains(topic, "matter") || strings.HasPrefix(topic, "regardless") || strings.HasPrefix(topic, "irrespective") || strings.HasPrefix(topic, "which")
}

// canTakeObject tells 刷不了别的卡 from 61换了张卡.
func canTakeObject(result string) bool {
	return strings.HasPrefix(result, "能刷") || strings.HasPrefix(result, "刷不") || strings.HasPrefix(result, "不能刷")
}

// isIsNot tells 不是 from 不 and can't.
func isIsNot(negation string) bool {
	switch negation {
	case "不是", "并不是", "也不是", "not", "isn't", "isnt", "wasn't", "wasnt", "is not", "was not", "aren't", "唔系":
		return true
	}
	return false
}

// hasPreposition tells "61 on another card" from "61 tried another card".
func hasPreposition(between string) bool {
	for word := range strings.FieldsSeq(between) {
		switch word {
		case "with", "on", "for", "when", "by", "using", "after", "at", "from", "to":
			return true
		}
	}
	return false
}
