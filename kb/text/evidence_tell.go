package text

import "strings"

// tell turns all episodes into facts.
func (m *evMessage) tell() {
	chip := false         // a sale with the chip has failed
	tapped := false       // and before that, one by tapping
	var banks []evEpisode // those of cards named by their bank
	for i := range m.all {
		e := &m.all[i]
		switch e.topic {
		case wOther, wOthers, wSome, wOwn, wMany, wEvery, wNoCard, wOnly:
			m.tellOther(e)
		case wBankCard:
			if !e.asked && (e.result == evWorked || e.result == evFailed) {
				m.tellBanks(banks, e)
				banks = append(banks, *e)
			}
		case wInsert, wChip:
			chip = m.tellChip(e, tapped) || chip
		case wTap, wStripe, wQR, wWallet, wKeyed:
			if !chip { // the chip's failure says most
				m.tellMode(e)
				tapped = tapped || e.topic == wTap && e.result == evFailed && !e.asked && !e.another && isAct(m.s[e.start:e.end])
			}
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
	name := m.s[e.start:e.end]
	switch {
	case e.away || e.bank && strings.HasPrefix(name, "换"):
		return
	case e.topic == wOnly:
		m.tellOnly(e)
		return
	case e.topic == wNoCard:
		m.tellNoCard(e)
		return
	case e.result == evUntried || e.denied == wNotYet && e.result == evOpen && !e.asked:
		m.add(idOther, "not_tried", e.start, e.end, e.hedged)
		return
	case e.asked || e.denied != wNone:
		return
	}
	switch e.result {
	case evWorked:
		if e.small {
			return
		}
		vague := e.topic == wEvery || e.topic == wOthers && !m.words.meets(oneOf(wOnly, wThis)) || e.topic == wOwn && !e.also && m.chinese
		m.add(idOther, "approved", e.start, e.end, e.hedged || vague)
	case evFailed:
		switch e.topic {
		case wSome:
			return
		case wOwn:
			if !e.also {
				return // 我自己的卡刷不了: it may be the only one
			}
		}
		value, sure := m.declined(e)
		vague := e.topic == wEvery || e.topic == wOthers && !m.about61
		m.add(idOther, value, e.start, e.end, e.hedged || !sure || vague)
	case evOpen:
		if e.topic == wMany && e.bare && m.about61 { // 61! Every single card!
			m.add(idOther, "declined_61", e.start, e.end, e.hedged)
		}
	}
}

// tellOnly reads 就这一张: if it fails alone, other cards work.
func (m *evMessage) tellOnly(e *evEpisode) {
	switch {
	case e.asked || e.denied != wNone || e.result == evWorked:
	case e.result == evFailed:
		m.add(idOther, "approved", e.start, e.end, e.hedged)
	case e.result == evUntried || e.person || strings.Contains(m.s[e.start:e.end], "带"):
		m.add(idOther, "not_tried", e.start, e.end, true) // 客人只有一张卡
	default:
		m.add(idOther, "approved", e.start, e.end, true)
	}
}

// tellNoCard reads "no card works" and "no other card".
func (m *evMessage) tellNoCard(e *evEpisode) {
	switch {
	case e.asked:
	case e.result == evWorked:
		value, sure := m.declined(e)
		m.add(idOther, value, e.start, e.end, e.hedged || !sure)
	case e.result == evFailed:
		m.add(idOther, "approved", e.start, e.end, e.hedged)
	case strings.Contains(m.s[e.start:e.end], "other"):
		m.add(idOther, "not_tried", e.start, e.end, e.hedged)
	}
}

// tellBanks compares a bank's card with those named before: 建行卡61,工行卡能刷.
func (m *evMessage) tellBanks(before []evEpisode, e *evEpisode) {
	name := func(e *evEpisode) string { return m.s[e.start:min(e.end, e.start+len("建行"))] }
	value, sure := "", true
	for i := range before {
		switch b := &before[i]; {
		case name(b) == name(e):
		case b.result != e.result:
			value, sure = "approved", true
		case e.result == evFailed && value == "":
			value, sure = m.declined(e)
		}
	}
	if value != "" {
		m.add(idOther, value, e.start, e.end, e.hedged || !sure)
	}
}

// declined says which code another card got, and whether that was said.
func (m *evMessage) declined(e *evEpisode) (value string, sure bool) {
	switch {
	case e.detail.meets(oneOf(wError, wBalance)):
		return "declined_other", true
	case e.detail.meets(oneOf(wCode61, wOver)):
		return "declined_61", true
	case e.detail.has(wCode):
		return "declined_other", true
	case m.about61:
		return "declined_61", true
	case m.aboutCode, m.unread:
		return "declined_other", true
	}
	return "declined_61", e.detail.has(wSame)
}

// isAct tells 碰一下 and tapped, which happened, from 挥卡, the name of a mode.
func isAct(tap string) bool {
	return strings.Contains(tap, "一下") || strings.Contains(tap, "了") || strings.HasPrefix(tap, "tapped") || strings.HasPrefix(tap, "waved")
}

// tellChip reads how the chip did; it reports whether it failed. After a failed
// tap, the chip was a second try and does not say how the card was read.
func (m *evMessage) tellChip(e *evEpisode, tapped bool) (failed bool) {
	switch {
	case e.another:
		return false
	case e.result == evUntried || e.denied == wNotYet && !e.asked && e.result == evOpen && e.topic == wInsert:
		m.add(idChip, "not_tried", e.start, e.end, e.hedged)
		return false
	case e.asked || e.denied != wNone:
		return false
	case e.result == evWorked:
		if !e.past && !e.small {
			m.add(idChip, "yes", e.start, e.end, e.hedged)
		}
		return false
	case e.result == evFailed && !e.limit:
		m.add(idChip, "no", e.start, e.end, e.hedged)
		failed = true
	}
	if !tapped && (e.topic == wInsert || e.detail.meets(oneOf(wCode61, wOver))) { // else the chip may be bad
		m.tellMode(e)
	}
	return failed
}

// tellMode reads how the card was read, from what failed or is only named.
func (m *evMessage) tellMode(e *evEpisode) {
	switch {
	case e.another || e.asked || e.denied != wNone || e.result == evWorked || e.result == evUntried:
		return
	case e.result == evOpen && (m.mentions(e) || e.topic == wWallet && !e.bare && !m.words.meets(evResults)):
		return
	}
	m.add(idMode, m.modeOf(e), e.start, e.end, e.hedged)
}

func (m *evMessage) modeOf(e *evEpisode) string {
	switch e.topic {
	case wInsert, wChip:
		return "chip"
	case wStripe:
		return "stripe"
	case wQR:
		return "qr"
	case wKeyed:
		return "keyed"
	case wWallet:
		for _, code := range []string{"支付宝", "微信", "alipay", "wechat"} {
			if strings.HasPrefix(m.s[e.start:], code) {
				return "qr"
			}
		}
	}
	return "contactless"
}

// mentions reports whether an episode without a result only mentions its topic,
// and does not say that it happened: 扫码限额, 怎么插卡, 插卡试试, or one word of
// many in a message in which nothing fails.
func (m *evMessage) mentions(e *evEpisode) bool {
	return e.limit || e.general || e.testing || !m.failed && !m.short
}

// tellType reads which kind of transaction it was.
func (m *evMessage) tellType(e *evEpisode) {
	if e.asked || e.result == evWorked || e.result == evUntried || e.result == evOpen && m.mentions(e) {
		return
	}
	denied := e.denied == wNotYet || e.denied != wNone && e.isnt
	name := m.s[e.start:e.end]
	switch e.topic {
	case wPreauth, wPreauthOK:
		switch {
		case e.isnt && m.knows(idType) || e.denied == wNotYet:
		case e.isnt: // 不是预授权
			m.add(idType, "sale", e.start, e.end, true)
		case m.complete:
			m.add(idType, "preauth_completion", e.start, e.end, e.hedged)
		default:
			m.add(idType, "preauth", e.start, e.end, e.hedged)
		}
	case wRefund: // but not 客人要退货
		if !denied && (e.result == evFailed || e.do || strings.HasPrefix(name, "是") || strings.Contains(name, "不了")) {
			m.add(idType, "refund", e.start, e.end, e.hedged)
		}
	case wSale:
		if !denied {
			m.add(idType, "sale", e.start, e.end, e.hedged)
		}
	}
}

// tellForeign reads whether the card is a foreign one. That the other kind of
// card works says that another card works.
func (m *evMessage) tellForeign(e *evEpisode) {
	if e.asked || e.limit || e.denied == wNotYet || e.result == evOpen && m.mentions(e) {
		return
	}
	foreign := (e.topic != wLocal) == (e.denied == wNone)
	value := "no"
	if foreign {
		value = "yes"
	}
	switch e.topic {
	case wForeigner, wNetwork: // only a sign of it
		pays := m.words.meets(evModes.or(evResults).or(oneOf(wCard, wThis, wNetwork)))
		domestic := m.words.meets(oneOf(wLocal, wBank, wBankCard))
		if pays && !domestic && e.denied == wNone && !m.knows(idForeign) && (e.topic == wForeigner || m.chinese) {
			m.add(idForeign, value, e.start, e.end, true)
		}
		return
	}
	switch {
	case e.result == evWorked && e.denied == wNone && !e.small:
		if !e.past {
			m.add(idOther, "approved", e.start, e.end, e.hedged) // 外卡61,国内卡没问题
		}
	case e.topic == wLocal && e.result == evOpen && e.denied == wNone && m.knows(idForeign):
	default:
		m.add(idForeign, value, e.start, e.end, e.hedged)
	}
}

// tellElsewhere reads how the same card did in another shop.
func (m *evMessage) tellElsewhere(e *evEpisode) {
	shop := e.topic == wShop // it may be the merchant's own
	switch {
	case e.another && !shop:
		// another card in another shop
	case e.result == evUntried || e.denied == wNotYet && !e.asked && e.result != evFailed:
		if !shop {
			m.add(idElsewhere, "not_tried", e.start, e.end, e.hedged)
		}
	case e.asked || e.denied != wNone || shop && e.own:
	case e.result == evWorked:
		if !shop || e.person || e.past || e.in {
			m.add(idElsewhere, "approved", e.start, e.end, e.hedged)
		}
	case e.result == evFailed:
		if !shop || e.also {
			m.add(idElsewhere, "declined", e.start, e.end, e.hedged || !e.also && !e.person)
		}
	}
}
