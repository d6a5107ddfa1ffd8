package text

import "strings"

// evSource is who is said to have sent a message: the cardholder's bank, the
// merchant's acquirer, or both.
type evSource struct {
	bank, acquirer bool
	hedged         bool // only an app was named
	start          int
}

var (
	evContents = classes(wOver, wLimit, wRisk, wBalance)
	evReports  = classes(wSay, wShow, wMessage, wSMS, wApp, wBankApp, wNothing, wSilent)
	evNouns    = classes(wSMS, wMessage, wSilent)
)

// sourceOf finds out who speaks in the clause.
func sourceOf(s string, c *evClause) (src evSource, at int, ok bool) {
	at = -1
	phone, app, sms, bank, machine, person := -1, -1, -1, -1, -1, -1
	for i, w := range c.words {
		switch w.class {
		case wAcquirer, wBack:
			src.acquirer = true
			at = max(at, i)
		case wMerchant: // 商户被风控
			if i+1 < len(c.words) && c.words[i+1].gap <= 1 && evContents.has(c.words[i+1].class) && strings.Contains(s[w.end:c.words[i+1].end], "被") {
				src.hedged = src.hedged || !src.acquirer
				src.acquirer = true
				at = max(at, i)
			}
		case wBrand: // 拉卡拉说, but not 拉卡拉显示, which is the terminal
			if i+1 < len(c.words) && c.words[i+1].gap <= 2 && classes(wSay, wSMS, wApp).has(c.words[i+1].class) || i > 0 && c.words[i-1].class == wAsked && w.gap <= 1 {
				src.acquirer = true
				at = max(at, i)
			}
		case wApp:
			app = i
		case wSMS:
			sms = i
		case wBankApp:
			src.bank = true
			at = max(at, i)
		case wBankWord, wBank:
			if bank < 0 {
				bank = i
			}
		case wPhone:
			phone = i
		case wPerson:
			person = i
		case wMachine, wScreen:
			if machine < 0 {
				machine = i
			}
		}
	}
	reports := c.has(evReports, 0, len(c.words))
	switch {
	case bank >= 0 && reports:
		src.bank = true
		at = max(at, bank)
	case sms >= 0 && !src.acquirer:
		src.bank = true
		at = max(at, sms)
	case phone >= 0 && reports && !src.acquirer:
		src.bank = true
		at = max(at, phone)
	case app >= 0 && !src.bank && !src.acquirer:
		at = app
		src.bank = person >= 0
		src.acquirer = !src.bank
		src.hedged = true
	}
	ok = src.bank || src.acquirer
	if ok {
		src.start = c.words[at].start
		for _, w := range c.words {
			if w.class == wSMS || w.class == wBankWord || w.class == wBankApp || w.class == wAcquirer || w.class == wBack || w.class == wBrand || w.class == wBank {
				src.start = min(src.start, w.start)
				break
			}
		}
	}
	return src, at, ok
}

// notices reads what the cardholder's bank and the acquirer have told.
func (m *evMessage) notices(c *evClause) {
	src, at, ok := sourceOf(m.s, c)
	carried := false
	if !ok && (m.source.bank || m.source.acquirer) && !c.has(classes(wMachine, wScreen, wOther, wThis, wMany), 0, len(c.words)) {
		src, carried = m.source, true
	}
	m.source = evSource{}
	if c.has(classes(wTransfer), 0, len(c.words)) {
		return
	}
	if c.blank < len(c.words) || c.whole || c.supposed && !(at >= 0 && at < c.cond && c.cond < len(c.words) && !c.hearsay) {
		return
	}
	if !ok && !carried {
		if start, end, silent := m.silence(c); silent && c.has(evNouns, 0, len(c.words)) && !c.has(classes(wMachine, wScreen), 0, len(c.words)) && c.ask == len(c.words) {
			m.add("issuer_message", "none", start, end, c.doubt)
		}
		return
	}
	seen, value, end, weak := false, "", 0, false
	for i, w := range c.words {
		if !evContents.has(w.class) || i < at && !(c.has(evNouns, 0, len(c.words)) && w.class != wLimit) || c.ask < i {
			continue
		}
		if carried && i == 0 && w.gap > 6 {
			break
		}
		if w.class == wLimit && (c.much || c.how) && !c.has(classes(wSay, wShow), 0, i) {
			return // 拉卡拉app怎么看限额
		}
		if w.class == wLimit && src.bank && (c.much || c.how || c.has(classes(wAdjust), 0, len(c.words)) && !c.has(classes(wExceed), 0, len(c.words)) || !carried && !c.has(classes(wSay, wShow, wSMS, wMessage), 0, len(c.words))) {
			return // 在银行app里调限额
		}
		if w.class == wLimit && i+1 < len(c.words) && c.words[i+1].gap <= 2 && c.words[i+1].class == wNumber && !strings.HasPrefix(m.s[w.start:], "被") {
			return // 银行说限额5万
		}
		if c.negated(i) || w.class == wLimit && i+1 < len(c.words) && c.words[i+1].gap <= 2 && classes(wNotYet, wNot, wOK, wFine, wRight).has(c.words[i+1].class) {
			seen = true
			continue
		}
		if src.acquirer && c.has(classes(wBankWord, wCard, wThis, wBank, wForeign), 0, i) {
			return // 服务商说是银行限额
		}
		value, end = "limit", max(w.end, c.words[max(at, 0)].end)
		src.start = min(src.start, w.start)
		switch w.class {
		case wRisk:
			value = "risk"
		case wBalance:
			if !src.acquirer || !strings.Contains(m.s[w.start:w.end], "额度") {
				value = "balance"
			}
		case wOver:
			said := m.s[w.start:w.end]
			weak = !strings.Contains(said, "限额") && !strings.Contains(said, "上限") && !strings.Contains(said, "limit")
		}
		break
	}
	if value == "" {
		if start, end, silent := m.silence(c); silent && c.ask == len(c.words) {
			if src.bank {
				m.add("issuer_message", "none", min(start, src.start), end, c.doubt)
			}
			if src.acquirer {
				m.add("acquirer_notice", "none", min(start, src.start), end, c.doubt)
			}
			return
		}
	}
	reports := carried || c.has(evReports, 0, len(c.words))
	if src.acquirer && value != "" && !reports && !c.has(classes(wSelf, wAdjust), 0, len(c.words)) && !strings.Contains(m.s[c.start:c.end], "被") {
		return // 收单机构限额
	}
	fine := at >= 0 && c.has(classes(wFine), at, len(c.words)) &&
		(c.has(classes(wSay), at, len(c.words)) && c.has(classes(wBankWord, wAcquirer, wBrand, wBack), 0, len(c.words)) ||
			c.has(classes(wShow), at, len(c.words)) && c.has(classes(wApp, wBack), 0, len(c.words)))
	switch {
	case value == "" && (seen || fine) && reports && c.ask == len(c.words):
		end := c.words[len(c.words)-1].end
		if src.acquirer {
			m.add("acquirer_notice", "none", src.start, end, c.doubt)
		} else {
			m.add("issuer_message", "none", src.start, end, true)
		}
	case value == "":
		if !carried && c.ask == len(c.words) {
			m.source = src
		}
	case src.bank:
		m.add("issuer_message", "names_"+value, src.start, end, c.doubt)
	case value == "limit":
		m.add("acquirer_notice", "limit", src.start, end, c.doubt || src.hedged || weak)
	case value == "risk":
		m.add("acquirer_notice", "risk_control", src.start, end, c.doubt || src.hedged)
	}
}

// silence finds 没收到短信, 短信也没有, no message.
func (m *evMessage) silence(c *evClause) (start, end int, ok bool) {
	light := classes(wBankWord, wBank, wAlso, wAt, wPerson, wPhone, wApp, wBankApp, wSay, wMuch, wSMS, wMessage, wShow, wHedge, wAcquirer, wBack, wBrand)
	nouns := classes(wSMS, wMessage, wSay, wShow)
	for i, w := range c.words {
		if w.class == wNothing || w.class == wSilent {
			return w.start, w.end, true
		}
		near := 2
		if isLetter(rune(m.s[w.start])) {
			near = 3
		}
		if w.class != wNotYet && (w.class != wNot || near == 2) {
			continue
		}
		gap := 0
		for k := i + 1; k < len(c.words) && light.has(c.words[k].class); k++ {
			if gap += c.words[k].gap; gap > near {
				break
			}
			if nouns.has(c.words[k].class) && m.s[c.words[k].start:c.words[k].end] != "电话" {
				return w.start, c.words[k].end, true
			}
		}
		if c.has(light.not(), i+1, len(c.words)) || c.tail > 3 {
			continue // 提示没有原交易
		}
		gap = w.gap
		for k := i - 1; k >= 0 && gap <= 2 && light.has(c.words[k].class); k-- {
			if evNouns.has(c.words[k].class) {
				return c.words[k].start, w.end, true
			}
			gap += c.words[k].gap
		}
	}
	return 0, 0, false
}
