package text

import (
	"slices"
	"strings"
)

// evSource is who is said to have sent a message: the cardholder's bank, the
// merchant's acquirer, or both.
type evSource struct {
	bank, acquirer bool
	hedged         bool // only an app was named, or nobody
	start          int  // byte of Norm
	at             int  // the word that names it, -1 in the clause behind it
}

func (s evSource) known() bool { return s.bank || s.acquirer }

var (
	evContents = oneOf(wOver, wLimit, wRisk, wBalance)
	evReports  = oneOf(wSay, wShow, wMessage, wSMS, wApp, wBankApp, wNothing, wSilent)
	evNouns    = oneOf(wSMS, wMessage, wSilent)
	evSenders  = oneOf(wSMS, wBankWord, wBank, wBankApp, wAcquirer, wBack, wBrand)
	evSources  = oneOf(wAcquirer, wBack, wBrand)
	evTerminal = oneOf(wMachine, wScreen)
)

// notices reads what the cardholder's bank and the acquirer have told.
func (m *evMessage) notices(c *evClause) {
	src := m.sourceOf(c)
	if !src.known() && !c.has(evTerminal.or(oneOf(wOther, wThis, wMany))) {
		src = m.source // 客人收到短信,说超过单笔限额
	}
	m.source = evSource{}
	asking := src.at >= 0 && src.at < c.cond && c.cond < len(c.words) && !c.hearsay // texted asking if it was him
	if c.has(oneOf(wTransfer)) || c.blank < len(c.words) || c.whole || c.supposed && !asking {
		return
	}
	start, end, silent := m.silence(c)
	silent = silent && !c.asks()
	if !src.known() {
		if silent && c.has(evNouns) && !c.has(evTerminal) {
			m.add(idBank, "none", start, end, c.doubt)
		}
		return
	}
	if i := c.lowered(m.s); src.bank && i >= 0 && !c.asks() {
		m.add(idBank, "names_limit", min(src.start, c.words[i].start), max(c.words[i].end, c.words[max(src.at, 0)].end), c.doubt)
		return
	}
	content, at, denied := m.content(c, src)
	switch {
	case at >= 0:
		m.names(c, src, content, at)
	case content == toldAside:
	case silent:
		m.none(src, min(start, src.start), end, c.doubt)
	case c.asks():
	case (denied || saysFine(c, src)) && (src.at < 0 || c.has(evReports)):
		m.none(src, src.start, c.words[len(c.words)-1].end, c.doubt || !src.acquirer)
	case src.at >= 0:
		m.source = src
		m.source.at = -1
	}
}

// sourceOf finds out who speaks in the clause.
func (m *evMessage) sourceOf(c *evClause) evSource {
	src := evSource{at: -1}
	if !c.has(evSenders.or(oneOf(wApp, wPhone, wMerchant))) {
		return src
	}
	bank, sms, phone, app := -1, -1, -1, -1
	merchant := false
	for i, w := range c.words {
		acquirer := false
		switch w.class {
		case wAcquirer, wBack:
			acquirer = true
		case wMerchant: // 商户被风控
			if evContents.has(c.next(i, 1)) && strings.Contains(m.s[w.end:c.words[i+1].end], "被") {
				acquirer, merchant = true, !src.acquirer
			}
		case wBrand: // 拉卡拉说, but not 拉卡拉显示, which is the terminal
			acquirer = m.speaks(c, i) || c.prev(i, 1) == wAsked
		case wBankApp:
			src.bank, src.at = true, i
		case wBankWord, wBank:
			if bank < 0 {
				bank = i
			}
		case wSMS:
			sms = i
		case wPhone:
			phone = i
		case wApp:
			app = i
		}
		if acquirer {
			src.acquirer, src.at = true, i
		}
	}
	src.hedged = merchant
	switch {
	case bank >= 0 && (c.has(evReports) && !m.swiped(c, bank) || c.lowered(m.s) >= 0):
		src.bank, src.at = true, max(src.at, bank)
	case sms >= 0 && !src.acquirer:
		src.bank, src.at = true, max(src.at, sms)
	case phone >= 0 && c.has(evReports) && !src.acquirer:
		src.bank, src.at = true, max(src.at, phone)
	case app >= 0 && !src.known():
		src.bank = c.has(oneOf(wPerson))
		src.acquirer, src.at, src.hedged = !src.bank, app, true
	}
	if src.known() {
		src.start = c.words[src.at].start
		for _, w := range c.words[:src.at] {
			if evSenders.has(w.class) {
				src.start = w.start
				break
			}
		}
	}
	return src
}

// swiped reports whether the bank at word i only names a card that is used, so
// that the terminal speaks: 社保卡里的银行账户刷八百也说超限.
func (m *evMessage) swiped(c *evClause, i int) bool {
	for _, w := range c.words[i+1:] {
		if evReports.has(w.class) {
			return strings.ContainsAny(m.s[c.words[i].end:w.start], "刷插挥")
		}
	}
	return false
}

// lowered finds what says that somebody has lowered a limit, -1 for nothing:
// 银行调低了限额.
func (c *evClause) lowered(s string) int {
	if c.wish < len(c.words) || c.how || c.supposed || c.has(evSources.or(oneOf(wMerchant, wSelf, wBankApp, wApp))) {
		return -1
	}
	limit := c.has(oneOf(wLimit)) || slices.ContainsFunc(c.words, func(w evWord) bool { return w.class == wThing && strings.HasPrefix(s[w.start:w.end], "额度") })
	for i, w := range c.words {
		switch {
		case w.class == wBankWord && endsInAny(s[:w.start], "给", "找", "跟", "向", "叫", "求", "with ", "at "):
			return -1 // 打电话给银行调低限额
		case w.class == wLower && limit && !c.negated(i):
			return i
		case w.class == wLimit && strings.Contains(s[w.start:w.end], "降") && !c.negated(i):
			return i
		}
	}
	return -1
}

func endsInAny(s string, ends ...string) bool {
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(s, end) })
}

// What a message can name. toldOver is a limit, by words that the terminal shows
// as well; with toldAside the clause is about something else.
const (
	toldLimit   = "limit"
	toldOver    = "over"
	toldRisk    = "risk"
	toldBalance = "balance"
	toldAside   = "aside"
)

// speaks reports whether the brand at word i is said to have told something.
func (m *evMessage) speaks(c *evClause, i int) bool {
	for i++; i < len(c.words) && c.words[i].gap <= 2; i++ {
		switch c.words[i].class {
		case wSay, wSMS, wApp:
			return true
		case wSelf, wAlso, wPerson, wMerchant: // 拉卡拉给我发短信
		default:
			return false
		}
	}
	return false
}

// content finds what the source names and the word that does it, -1 for none;
// denied says that it names what is not so.
func (m *evMessage) content(c *evClause, src evSource) (name string, at int, denied bool) {
	for i, w := range c.words {
		if !evContents.has(w.class) || c.ask < i || i < src.at && (w.class == wLimit || !c.has(evNouns)) {
			continue
		}
		if src.at < 0 && i == 0 && w.gap > 6 {
			return "", -1, false
		}
		if w.class == wLimit && m.asideLimit(c, src, i) {
			return toldAside, -1, false
		}
		if c.negated(i) || w.class == wLimit && oneOf(wNotYet, wNot, wOK, wFine, wRight).has(c.next(i, 2)) {
			denied = true // 没有限额, 限额没超
			continue
		}
		if src.acquirer && c.before(i, oneOf(wBankWord, wCard, wThis, wBank, wForeign)) {
			return toldAside, -1, false // 服务商说是银行限额
		}
		switch said := m.text(w); w.class {
		case wRisk:
			return toldRisk, i, false
		case wBalance:
			if src.acquirer && strings.Contains(said, "额度") {
				return toldLimit, i, false
			}
			return toldBalance, i, false
		case wOver:
			if !strings.Contains(said, "限额") && !strings.Contains(said, "上限") && !strings.Contains(said, "limit") {
				return toldOver, i, false
			}
		}
		return toldLimit, i, false
	}
	return "", -1, denied
}

// asideLimit reports whether the limit at word i is not what a message names.
func (m *evMessage) asideLimit(c *evClause, src evSource, i int) bool {
	general := c.much || c.how
	switch {
	case general && !c.before(i, oneOf(wSay, wShow)):
		return true // 拉卡拉app怎么看限额
	case c.next(i, 2) == wNumber && !strings.HasPrefix(m.text(c.words[i]), "被"):
		return true // 银行说限额5万
	case src.bank:
		told := src.at < 0 || c.has(oneOf(wSay, wShow, wSMS, wMessage))
		return general || !told || c.has(oneOf(wAdjust, wLower)) && !c.has(oneOf(wExceed)) // 在银行app里调限额
	}
	return false
}

// names notes what a source has named by word at.
func (m *evMessage) names(c *evClause, src evSource, name string, at int) {
	start, end := min(src.start, c.words[at].start), c.words[max(at, src.at)].end
	vague := name == toldOver
	if vague {
		name = toldLimit
	}
	switch {
	case src.bank:
		m.add(idBank, "names_"+name, start, end, c.doubt)
	case src.at >= 0 && !c.has(evReports.or(oneOf(wSelf, wAdjust, wLower))) && !strings.Contains(m.s[c.start:c.end], "被"):
		// 收单机构限额
	case name == toldLimit:
		m.add(idAcquirer, "limit", start, end, c.doubt || src.hedged || vague)
	case name == toldRisk:
		m.add(idAcquirer, "risk_control", start, end, c.doubt || src.hedged)
	}
}

// none notes that a source has named nothing.
func (m *evMessage) none(src evSource, start, end int, hedged bool) {
	if src.bank {
		m.add(idBank, "none", start, end, hedged)
	}
	if src.acquirer {
		m.add(idAcquirer, "none", start, end, hedged)
	}
}

// saysFine finds 银行说没问题, app显示正常.
func saysFine(c *evClause, src evSource) bool {
	if src.at < 0 || !c.after(src.at, oneOf(wFine)) {
		return false
	}
	return c.after(src.at, oneOf(wSay)) && c.has(oneOf(wBankWord, wAcquirer, wBrand, wBack)) ||
		c.after(src.at, oneOf(wShow)) && c.has(oneOf(wApp, wBack))
}

var (
	// evSpoken can be missing: 没收到短信, 银行没说.
	evSpoken = oneOf(wSMS, wMessage, wSay, wShow)
	// evLight may stand between 没 and what is missing.
	evLight = evSpoken.or(oneOf(wBankWord, wBank, wAlso, wAt, wPerson, wPhone, wApp, wBankApp, wMuch, wHedge, wAcquirer, wBack, wBrand))
)

// silence finds 没收到短信, 短信也没有, no message.
func (m *evMessage) silence(c *evClause) (start, end int, ok bool) {
	for i, w := range c.words {
		gap, most := 0, 2
		switch {
		case w.class == wNothing || w.class == wSilent:
			return w.start, w.end, true
		case w.class == wNot && w.latin || w.class == wNotYet && w.latin:
			most = 3
		case w.class != wNotYet:
			continue
		}
		for _, w2 := range c.words[i+1:] {
			if gap += w2.gap; gap > most || !evLight.has(w2.class) {
				break
			}
			if evSpoken.has(w2.class) && m.text(w2) != "电话" {
				return w.start, w2.end, true
			}
		}
		if c.after(i+1, evLight.not()) || c.tail > 3 {
			continue // 提示没有原交易
		}
		gap = w.gap
		for k := i - 1; k >= 0 && gap <= 2 && evLight.has(c.words[k].class); k-- {
			if evNouns.has(c.words[k].class) {
				return c.words[k].start, w.end, true
			}
			gap += c.words[k].gap
		}
	}
	return 0, 0, false
}
