package text

import (
	"slices"
	"strings"
	"unicode/utf8"
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
	topic      wordClass
	result     evResult
	detail     classSet // words of the result: wCode61, wError, wSame
	start, end int
	at, seen   int // the words of topic and result

	asked   bool      // only asked or supposed
	denied  wordClass // wNot, wNotYet before the topic
	hedged  bool
	past    bool // 昨天 before the result
	also    bool // 也
	person  bool // the clause is about a person or a card
	own     bool // the clause is about the merchant himself
	limit   bool // 扫码限额: a thing, nothing that happened
	general bool // 怎么插卡: a question about things in general
	testing bool // 插卡试试
	other   bool // with another card or elsewhere
	done    bool // 做退货
	isnt    bool // denied with 是: 不是预授权
	by      bool // the bank did it: 银行换过卡
	bare    bool // the clause says nothing else
	guess   bool // 换卡应该能过: not tried yet, unless a 了 says so
	away    bool // in another shop
	there   bool // 在 before the topic
	small   bool // 小额: that it works says nothing
}

var (
	// evTopics open an episode.
	evTopics = classes(wOther, wOthers, wSome, wOwn, wMany, wEvery, wNoCard, wOnly, wThis, wBankCard, wSwipe, wInsert, wChip, wTap, wStripe, wQR, wWallet, wKeyed,
		wPreauth, wPreauthOK, wRefund, wSale, wSaleWord, wForeign, wForeigner, wNetwork, wLocal, wElse, wShop, wMachine2)
	evModes   = classes(wSwipe, wInsert, wChip, wTap, wStripe, wQR, wWallet, wKeyed, wPreauth, wPreauthOK, wRefund, wSale, wSaleWord)
	evResults = classes(wOK, wFine, wClear, wOnlyThen, wFail, wUseless, wCode61, wCode, wOver, wError, wBalance, wSame)
	evOthers  = classes(wOther, wOthers, wSome, wOwn, wMany, wEvery, wNoCard, wBankCard)
	// evBlocks keep a result from the topic of the clause before: 机器没问题
	evBlocks = classes(wMachine, wScreen, wThing, wPast, wJust, wAlways, wPerson, wBankWord, wBankApp, wSMS, wApp, wAcquirer, wBack, wAmount, wBill, wNew)
)

// episodes reads the episodes of a clause and passes results on.
func (m *evMessage) episodes(c *evClause) {
	from := len(m.all)
	m.collect(c)
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
	if slices.ContainsFunc(here, func(e evEpisode) bool { return e.result != evOpen }) || c.mark == '?' {
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
	if !c.has(evTopics, 0, len(c.words)) && !c.has(evResults, 0, len(c.words)) && !c.has(classes(wUntried, wUnused, wComplete), 0, len(c.words)) {
		return
	}
	from := len(m.all)
	e := evEpisode{at: -1, seen: -1, asked: c.whole || c.supposed}
	if len(c.words) > 0 {
		e.start = c.words[0].start
	}
	other, past, prompt := false, false, false
	small := c.has(classes(wSmall), 0, len(c.words))
	for i, w := range c.words {
		switch {
		case w.class == wComplete && m.preauth && !c.has(classes(wPreauth, wPreauthOK), 0, len(c.words)):
			w.class = wPreauthOK
			fallthrough
		case evTopics.has(w.class):
			m.all = append(m.all, e)
			e = evEpisode{topic: w.class, at: i, seen: -1, start: w.start, end: w.end, other: other, past: past, small: small}
			if k := c.negation(i, 2); k >= 0 {
				e.denied, e.start = c.words[k].class, c.words[k].start
				e.isnt = saysIsNot(m.s[c.words[k].start:c.words[k].end])
			}
			e.asked = c.dead(i) || prompt || c.blank < i
			e.general = c.how || c.much || c.why && evModes.has(w.class)
			e.guess = c.guess && w.start < len(m.s) && m.s[w.start] >= utf8.RuneSelf && (w.class == wInsert || strings.HasPrefix(m.s[w.start:], "换"))
			e.by = c.has(classes(wBankWord), 0, i)
			e.away = c.has(classes(wElse), 0, i)
			e.there = i > 0 && c.words[i-1].class == wAt && w.gap == 0
			e.done = i > 0 && c.words[i-1].class == wDo && w.gap <= 2
			if k := i - 1; k >= 0 && (c.words[k].class == wUntried || c.words[k].class == wUnused) && w.gap <= 3 && !e.asked {
				e.result, e.start = evUntried, c.words[k].start
			}
			if k := i - 1; (w.class == wElse || w.class == wShop) && k >= 0 && !e.asked {
				for k > 0 && (c.words[k].class == wAt || c.words[k].class == wThis) {
					k--
				}
				if c.words[k].class == wDone && !c.negated(k) && isLetter(rune(m.s[w.start])) { // used it at another shop
					e.result, e.seen, e.start = evWorked, k, c.words[k].start
				}
			}
			e.limit = c.has(classes(wLimit), 0, len(c.words))
			other = other || evOthers.has(w.class) && w.class != wBankCard || w.class == wElse
			if c.wish < i && w.class != wForeign && w.class != wLocal && w.class != wForeigner && w.class != wNetwork {
				e.testing = true
			}
		case w.class == wPrompt:
			prompt = true
		case w.class == wTesting:
			e.testing = true
		case w.class == wPast || w.class == wAlways || w.class == wJust:
			past = true
			e.past = e.past || e.result == evOpen
		case w.class == wNow:
			past = false
			e.past = e.past && e.result != evOpen
		case w.class == wAlso:
			e.also = e.also || e.result == evOpen
		case evResults.has(w.class) || w.class == wUntried || w.class == wUnused || w.class == wDone:
			m.result(c, &e, i)
		}
	}
	if n := len(c.words); n > 0 && e.result == evOpen && e.at == n-2 && c.words[n-1].class == wNot && c.words[n-1].latin && c.tail == 0 && !e.asked {
		e.result, e.seen, e.end = evFailed, n-1, c.words[n-1].end // inserting does not
	}
	e.bare = e.at == 0 && len(c.words) == 1 && c.tail == 0
	m.all = append(m.all, e)
	person := c.has(classes(wPerson, wThis, wCard), 0, len(c.words))
	own := c.has(classes(wSelf), 0, len(c.words))
	for i := from; i < len(m.all); i++ {
		e := &m.all[i]
		e.hedged = e.hedged || c.doubt
		e.person, e.own = person, own
		if e.result == evOpen && (c.ask < len(c.words) || c.blank < len(c.words)) {
			e.asked = true
		}
		if e.topic == wForeigner && !m.pays {
			e.topic = wNone // 老外要订餐
		}
	}
}

// result gives word i to the episode, as its result or a detail of that.
func (m *evMessage) result(c *evClause, e *evEpisode, i int) {
	w := c.words[i]
	r, negated := evOpen, c.negated(i)
	switch w.class {
	case wClear:
		r = evWorked
	case wOK, wFine, wOnlyThen:
		if i+1 < len(c.words) && c.words[i+1].class == wMuch && c.words[i+1].gap <= 1 {
			return // 能刷多少
		}
		if e.guess && !strings.Contains(m.s[e.start:w.start], "了") && !strings.Contains(m.s[e.start:w.start], "过") {
			e.asked = true
			return
		}
		r = evWorked
		if negated {
			r = evFailed
		}
	case wSame:
		if i+1 < len(c.words) && (c.words[i+1].class == wOK || c.words[i+1].class == wFine) && c.words[i+1].gap <= 1 {
			return // 一样能刷
		}
		r = evFailed
		if negated { // 没这个问题
			r, e.hedged = evWorked, true
		}
	case wOver:
		if negated {
			return // 没超限
		}
		r = evFailed
	case wFail, wUseless, wCode61, wCode, wError, wBalance:
		r = evFailed
		if negated && w.class == wFail {
			r = evWorked
		}
	case wDone:
		paid := strings.HasPrefix(m.s[w.start:w.end], "付") || m.s[w.start:w.end] == "paid"
		if e.topic != wElse && e.topic != wShop && !(paid && evModes.has(e.topic)) {
			return
		}
		r = evWorked
		if negated {
			r = evUntried
		}
	case wUntried, wUnused:
		if e.topic == wNone && w.class == wUnused || i+1 < len(c.words) && c.words[i+1].gap <= 3 && evTopics.has(c.words[i+1].class) {
			return // belongs to the topic behind it
		}
		r = evUntried
	}
	switch {
	case c.whole || c.supposed || c.ask < i && e.result == evOpen:
		e.asked = true
		if r != evUntried || c.supposed {
			return
		}
		fallthrough
	case e.result == evOpen:
		e.result, e.seen, e.end = r, i, w.end
	case e.result != r:
		return
	}
	if r == evFailed {
		e.detail = e.detail.with(w.class)
		e.end = max(e.end, w.end)
	}
}

// carry gives the result that begins this clause to what the clause before
// tried: 换了张建行的卡,还是61.
func (m *evMessage) carry(c *evClause, here []evEpisode) {
	first := &here[0]
	if first.topic != wNone || first.result == evOpen || first.asked && first.result != evUntried {
		return
	}
	gap := 0
	for k := 0; k <= first.seen; k++ {
		gap += c.words[k].gap
	}
	blocked := c.has(evBlocks, 0, first.seen)
	same := first.detail == classes(wSame) // 一样 alone could be of anything
	if first.result == evFailed && !same {
		blocked = c.has(classes(wThing, wPast, wJust, wAlways, wBankWord, wBankApp, wSMS, wAmount), 0, first.seen)
	}
	if blocked && first.result != evUntried || gap > 4 && (first.result == evWorked || same) || gap > 8 {
		return
	}
	for _, k := range m.open {
		e := &m.all[k]
		if e.asked && first.result != evUntried {
			if e.topic != wOther || c.words[0].class != wChange {
				continue
			}
			e.asked = false // 你说换卡就行,换了还是61
		}
		if e.topic == wChip && first.result != evWorked && !first.detail.has(wCode61) {
			continue // the chip is dirty, the card won't read
		}
		if (e.topic == wElse || e.topic == wShop) && c.has(classes(wSelf), 0, first.seen) {
			continue // 别的店..., 我这不行
		}
		e.result, e.detail, e.end, e.also = first.result, first.detail, first.end, e.also || first.also
		e.hedged = e.hedged || first.hedged
	}
	// 换了一张也不行,报51: the second clause says how
	if len(m.open) == 0 && first.result == evFailed {
		for k := len(m.all) - len(here) - 1; k >= 0; k-- {
			e := &m.all[k]
			if e.topic == wNone {
				break
			}
			if e.result == evFailed && evOthers.has(e.topic) {
				for n, bits := range first.detail {
					e.detail[n] |= bits
				}
				e.end = first.end
				break
			}
		}
	}
}

// inherit gives the result of a way of paying to what it was tried with:
// 换了张卡插卡也不行; and of the last of a list to all of it: 插卡挥卡都不行.
func inherit(c *evClause, here []evEpisode) {
	for i := len(here) - 2; i >= 0; i-- {
		e, next := &here[i], &here[i+1]
		if e.topic == wNone || e.result != evOpen || next.result == evOpen || next.result == evUntried || next.denied != wNone {
			continue
		}
		listed := c.words[next.at].gap <= 1 && next.at == e.at+1
		switch e.topic {
		case wForeign, wLocal, wForeigner, wNetwork:
			continue
		case wElse, wShop:
			if evOthers.has(next.topic) {
				continue // 别的店所有卡都61
			}
		}
		if evModes.has(e.topic) && classes(wThis, wBankCard, wForeign, wForeigner, wLocal, wNetwork).has(next.topic) || evModes.has(next.topic) || listed || e.topic == wThis || e.topic == wOnly {
			e.result, e.detail, e.end, e.seen, e.also = next.result, next.detail, next.end, next.seen, e.also || next.also
		}
	}
}

// lookBack gives a result to the topic behind it: it works with another card,
// 刷不了别的卡.
func (m *evMessage) lookBack(c *evClause, here []evEpisode) {
	for i := 1; i < len(here); i++ {
		e, prev := &here[i], &here[i-1]
		if evOthers.has(e.topic) && e.result == evOpen && evModes.has(prev.topic) && prev.result == evWorked && hasPreposition(m.s[prev.end:e.start]) {
			prev.other = true // the chip works for other customers
		}
		if e.result != evOpen || prev.result == evOpen || prev.result == evUntried || prev.asked || e.denied != wNone || prev.topic != wNone && prev.topic != wThis && prev.topic != wSwipe && prev.topic != wSaleWord {
			continue
		}
		between := m.s[c.words[prev.seen].end:e.start]
		latin := len(between) > 0 && len(between) < 24 && isLetter(rune(m.s[e.start])) && (e.topic == wElse || hasPreposition(between))
		result := m.s[c.words[prev.seen].start:c.words[prev.seen].end]
		adjacent := between == "" && (strings.HasPrefix(result, "能刷") || strings.HasPrefix(result, "刷不") || strings.HasPrefix(result, "不能刷")) &&
			(e.topic == wOther || e.topic == wForeign) && !strings.HasPrefix(m.s[e.start:], "换")
		if latin || adjacent {
			e.result, e.detail = prev.result, prev.detail
			e.start = c.words[prev.seen].start
			e.past = e.past || prev.past
		}
	}
}

// saysIsNot tells 不是 from 不 and can't.
func saysIsNot(negation string) bool {
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

// tell turns all episodes into facts.
func (m *evMessage) tell() {
	chip := false // a sale with the chip has failed
	banks := map[string]evResult(nil)
	for i := range m.all {
		e := &m.all[i]
		switch e.topic {
		case wOther, wOthers, wSome, wOwn, wMany, wEvery, wNoCard, wOnly:
			m.tellOther(e)
		case wBankCard:
			if e.asked || e.result != evWorked && e.result != evFailed {
				break
			}
			if banks == nil {
				banks = make(map[string]evResult)
			}
			name := m.s[e.start:min(e.end, e.start+6)]
			for other, r := range banks {
				if other == name {
					continue
				}
				if r == evFailed && e.result == evFailed {
					m.tellOther(&evEpisode{topic: wMany, result: evFailed, detail: e.detail, start: e.start, end: e.end, also: true, hedged: e.hedged})
				} else if r != e.result {
					m.add("other_card", "approved", e.start, e.end, e.hedged)
				}
			}
			banks[name] = e.result
		case wInsert, wChip, wTap, wStripe, wQR, wWallet, wKeyed:
			chip = m.tellMode(e, chip) || chip
		case wPreauth, wPreauthOK, wRefund, wSale, wSaleWord:
			m.tellType(e)
		case wForeign, wForeigner, wNetwork, wLocal:
			m.tellForeign(e)
		case wElse, wShop:
			m.tellElsewhere(e)
		}
	}
}

// tellOther reads how another card did.
func (m *evMessage) tellOther(e *evEpisode) {
	value, hedged := "", e.hedged
	switch {
	case e.away || e.small && e.result == evWorked || e.topic == wSome && e.result != evWorked:
		return
	case e.by && strings.HasPrefix(m.s[e.start:], "换"):
		return // 银行换过卡
	case e.topic == wNoCard:
		switch {
		case e.asked || e.result == evOpen && !strings.Contains(m.s[e.start:e.end], "other"):
			return
		case e.result == evWorked:
			value, hedged = m.declined(e, hedged)
		case e.result == evFailed:
			value = "approved"
		default:
			value = "not_tried"
		}
	case e.result == evUntried || e.denied == wNotYet && e.topic != wOnly && e.result == evOpen && !e.asked:
		value = "not_tried"
	case e.asked || e.denied != wNone:
		return
	case e.topic == wOnly:
		switch {
		case e.result == evFailed:
			value = "approved"
		case e.result != evOpen:
		case e.person || strings.Contains(m.s[e.start:e.end], "带"):
			value, hedged = "not_tried", true // 客人只有一张卡
		default:
			value, hedged = "approved", true
		}
	case e.topic == wMany && e.result == evOpen && e.bare && m.about61:
		value = "declined_61" // 61! Every single card!
	case e.result == evWorked:
		if e.topic == wEvery || e.topic == wOwn && !e.also && m.s[e.start] >= 0x80 {
			hedged = true
		}
		value = "approved"
		hedged = hedged || e.topic == wOthers && !m.only
	case e.result == evFailed:
		if e.topic == wOwn && !e.also {
			return // 我自己的卡刷不了: it may be the only one
		}
		if e.topic == wOthers && !m.about61 {
			hedged = true
		}
		value, hedged = m.declined(e, hedged || e.topic == wEvery)
	}
	if value != "" {
		m.add("other_card", value, e.start, e.end, hedged)
	}
}

// declined says which code another card got.
func (m *evMessage) declined(e *evEpisode, hedged bool) (string, bool) {
	switch {
	case e.detail.has(wError) || e.detail.has(wBalance):
		return "declined_other", hedged
	case e.detail.has(wCode61) || e.detail.has(wOver):
		return "declined_61", hedged
	case e.detail.has(wCode):
		return "declined_other", hedged
	case m.about61:
		return "declined_61", hedged
	case m.aboutCode:
		return "declined_other", hedged
	case e.detail.has(wSame):
		return "declined_61", hedged
	}
	return "declined_61", true
}

// tellMode reads how the card was read and how the chip did; it reports
// whether the chip failed.
func (m *evMessage) tellMode(e *evEpisode, chip bool) bool {
	if e.other {
		return false // with another card, or elsewhere
	}
	failed := false
	if e.topic == wInsert || e.topic == wChip {
		switch {
		case e.result == evUntried || e.denied == wNotYet && !e.asked && e.result == evOpen && e.topic == wInsert:
			m.add("insert_chip_works", "not_tried", e.start, e.end, e.hedged)
			return false
		case e.asked || e.denied != wNone:
			return false
		case e.result == evWorked && (e.past || e.small):
			return false
		case e.result == evWorked:
			m.add("insert_chip_works", "yes", e.start, e.end, e.hedged)
			return false
		case e.result == evFailed && !e.limit:
			m.add("insert_chip_works", "no", e.start, e.end, e.hedged)
			failed = true
		}
	}
	if e.asked || e.denied != wNone || e.result == evWorked || e.result == evUntried {
		return failed
	}
	if e.result == evOpen && (m.mentions(e) || e.topic == wWallet && !m.about61 && !m.aboutCode && !e.bare) {
		return false
	}
	if e.topic == wChip && !e.detail.has(wCode61) && !e.detail.has(wOver) {
		return false // a bad chip
	}
	if chip && !failed {
		return false // a chip's failure says most
	}
	mode := ""
	switch e.topic {
	case wInsert, wChip:
		mode = "chip"
	case wTap:
		mode = "contactless"
	case wStripe:
		mode = "stripe"
	case wQR:
		mode = "qr"
	case wWallet:
		mode = "contactless"
		if name := m.s[e.start:]; strings.HasPrefix(name, "支付宝") || strings.HasPrefix(name, "微信") || strings.HasPrefix(name, "alipay") || strings.HasPrefix(name, "wechat") {
			mode = "qr"
		}
	case wKeyed:
		mode = "keyed"
	}
	m.add("entry_mode", mode, e.start, e.end, e.hedged)
	return failed
}

// mentions reports whether an episode without a result only mentions its topic,
// and does not say that it happened: 扫码限额, 怎么插卡, 插卡试试, or one word of
// many in a message in which nothing fails.
func (m *evMessage) mentions(e *evEpisode) bool {
	return e.limit || e.general || e.testing && e.topic != wForeign && e.topic != wLocal || !m.failed && !m.short
}

// tellType reads which kind of transaction it was.
func (m *evMessage) tellType(e *evEpisode) {
	if e.asked || e.result == evWorked || e.result == evUntried || e.result == evOpen && m.mentions(e) {
		return
	}
	value, hedged := "", e.hedged
	switch e.topic {
	case wPreauth:
		value = "preauth"
		if m.complete {
			value = "preauth_completion"
		}
	case wPreauthOK:
		value = "preauth_completion"
	case wRefund:
		if e.result != evFailed && !e.done && !strings.Contains(m.s[e.start:e.end], "不了") && !strings.HasPrefix(m.s[e.start:], "是") {
			return // 客人要退货
		}
		value = "refund"
	case wSale:
		value = "sale"
	default:
		return
	}
	if e.denied == wNot && e.isnt && strings.HasPrefix(value, "preauth") {
		if m.knows("transaction_type") {
			return
		}
		value, hedged = "sale", true
	} else if e.denied != wNone && (e.isnt || e.denied == wNotYet) {
		return
	}
	m.add("transaction_type", value, e.start, e.end, hedged)
}

// tellForeign reads whether the card is a foreign one. That the other kind of
// card works says that another card works.
func (m *evMessage) tellForeign(e *evEpisode) {
	if e.asked || e.limit || e.result == evOpen && m.mentions(e) {
		return
	}
	if e.result == evWorked && e.denied == wNone && e.topic != wForeigner && e.topic != wNetwork {
		if e.small {
			value := "yes"
			if e.topic == wLocal {
				value = "no"
			}
			m.add("foreign_card", value, e.start, e.end, e.hedged)
		} else if !e.past {
			m.add("other_card", "approved", e.start, e.end, e.hedged)
		}
		return
	}
	foreign, hedged := e.topic != wLocal, e.hedged
	switch e.topic {
	case wForeigner, wNetwork:
		if e.denied != wNone || m.local || e.topic == wNetwork && !m.chinese {
			return
		}
		if m.knows("foreign_card") {
			return
		}
		hedged = true
	}
	if e.denied == wNotYet || e.result == evOpen && !foreign && e.denied == wNone && m.knows("foreign_card") {
		return
	}
	value := "no"
	if foreign == (e.denied == wNone) {
		value = "yes"
	}
	m.add("foreign_card", value, e.start, e.end, hedged)
}

// knows reports whether a fact has been found.
func (m *evMessage) knows(id string) bool {
	return slices.ContainsFunc(m.found, func(f Finding) bool { return f.ID == id })
}

// tellElsewhere reads how the same card did in another shop.
func (m *evMessage) tellElsewhere(e *evEpisode) {
	value, hedged := "", e.hedged
	switch {
	case e.other && e.topic == wElse:
		return // another card in another shop
	case e.result == evUntried || e.denied == wNotYet && !e.asked && (e.result == evOpen || e.result == evWorked):
		if e.topic == wShop {
			return
		}
		value = "not_tried"
	case e.asked || e.denied != wNone || e.result == evOpen:
		return
	case e.topic == wShop && (e.own || e.result == evFailed && !e.also):
		return
	case e.topic == wShop && e.result == evWorked && !e.person && !e.past && !e.there:
		return
	case e.result == evWorked:
		value = "approved"
	default:
		value = "declined"
		hedged = hedged || !e.also && !e.person
	}
	m.add("same_card_elsewhere", value, e.start, e.end, hedged)
}
