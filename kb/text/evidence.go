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

// What Evidence finds.
const (
	idAmount    = "amount_matches_bill"
	idOther     = "other_card"
	idMode      = "entry_mode"
	idChip      = "insert_chip_works"
	idType      = "transaction_type"
	idTerminal  = "terminal_state"
	idBank      = "issuer_message"
	idForeign   = "foreign_card"
	idElsewhere = "same_card_elsewhere"
	idAcquirer  = "acquirer_notice"
)

// Evidence returns the facts stated in t, at most one for each evidence (the
// last statement wins, except that "not tried", "unknown" and "none" take
// nothing back), in order of appearance. The code that the terminal shows is
// not among them: [Codes] reads that.
//
// Only statements count. A question (换卡能行吗), a condition (如果换卡), a plan
// (想换张卡) and hearsay (网上说换卡就行) state nothing; but why and what-to-do
// questions take the rest for granted (为什么换卡也不行). Precision goes before
// recall: a fact that was not found is asked for, a wrong one misleads the
// diagnosis.
//
// A message is cut into clauses, and a clause into the words of evidenceWords;
// negation, doubt and question marks are those of the clause. Three readers
// then look for facts:
//
//   - What is tried or spoken of (another card, the chip, a refund) opens an
//     episode, which takes the next result (能刷, 61, declined) in its clause or,
//     if that has none, the one that begins the next clause.
//   - The amount and the terminal are read by evidenceRules.
//   - What bank and acquirer tell is read as a source and a content.
func Evidence(t Text) []Finding {
	codes := Codes(t)
	m := evMessage{s: t.Norm, clauses: readClauses(t.Norm, codes), amount: -1}
	if !m.survey(codes) {
		return nil
	}
	for i := range m.clauses {
		c := &m.clauses[i]
		m.rules(c)
		m.notices(c)
		m.episodes(c)
	}
	m.tell()
	slices.SortStableFunc(m.found, func(a, b Finding) int { return a.Start - b.Start })
	return m.found
}

// evMessage is a message while its evidence is read.
type evMessage struct {
	s       string
	clauses []evClause
	found   []Finding

	words     classSet // of all clauses
	chinese   bool     // at least in part
	about61   bool     // names 61 or what it says
	aboutCode bool     // names another code
	failed    bool     // something has failed
	unread    bool     // cards are not read
	short     bool     // says little else than what it mentions
	complete  bool     // speaks of completing a pre-authorisation

	all  []evEpisode // of all clauses
	open []int       // in all: those that wait for a result

	// what the clause before said
	subject      bool     // only a person or a card
	ought, typed evWord   // the number that should have been charged, and that was
	shown        evWord   // its last number
	amount       int      // where it named the amount, -1 if it did not
	source       evSource // who has sent a message
}

// survey prepares the clauses and looks at the message as a whole. It reports
// whether there is anything to read.
func (m *evMessage) survey(codes []Code) bool {
	unknown := 0      // words that the lexicon does not have
	why := false      // the sentence asks why
	supposed := false // the clause before was a condition
	for i := range m.clauses {
		c := &m.clauses[i]
		c.join(m.s)
		c.judge(m.s)
		m.words = m.words.or(c.set)
		unknown += c.tail
		for k, w := range c.words {
			unknown += w.gap
			switch w.class {
			case wOver:
				m.about61 = m.about61 || !c.negated(k)
			case wFail:
				m.unread = m.unread || isUnread(m.text(w))
			case wComplete:
				m.complete = m.complete || !c.negated(k)
			}
		}
		why = why || c.why || c.how || c.much
		if c.mark == '?' && !why {
			c.whole = true
			if c.so && i > 0 {
				m.clauses[i-1].whole = true // 因为是外卡所以61?
			}
		}
		if i > 0 && c.isTag() {
			m.clauses[i-1].whole = true // 是外卡,对吗
		}
		follows := supposed && !c.why // 如果换卡, 能过
		supposed = c.cond < len(c.words) && c.mark == ','
		c.supposed = c.supposed || c.cond < len(c.words) || follows
		if c.mark == '?' || c.mark == '.' {
			why = false
		}
	}
	for _, code := range codes {
		m.about61 = m.about61 || code.Value == "61" && !code.Negated
		m.aboutCode = m.aboutCode || code.Value != "61" && !code.Negated
	}
	m.about61 = m.about61 || m.words.has(wCode61)
	m.failed = m.about61 || m.aboutCode || m.words.meets(oneOf(wFail, wOver, wError))
	m.complete = m.complete || m.words.has(wPreauthOK)
	m.short = unknown <= 6
	m.chinese = strings.ContainsFunc(m.s, isHan)
	return m.words != classSet{}
}

// isUnread tells a card that is not read from one that is declined.
func isUnread(fail string) bool {
	for _, word := range []string{"读", "识别", "反应", "认不出", "read", "recogni", "respon"} {
		if strings.Contains(fail, word) {
			return true
		}
	}
	return false
}

// isWeak reports whether a value says only that nothing is known; it takes no
// other value back.
func isWeak(value string) bool {
	return value == "unknown" || value == "not_tried" || value == "none"
}

// add notes a fact.
func (m *evMessage) add(id, value string, start, end int, hedged bool) {
	f := Finding{id, value, start, end, hedged}
	i := slices.IndexFunc(m.found, func(f Finding) bool { return f.ID == id })
	if i < 0 {
		m.found = append(m.found, f)
		return
	}
	old := m.found[i]
	switch {
	case old.Value == value && hedged && !old.Hedged:
	case isWeak(value) && !isWeak(old.Value):
	case value == "normal" && old.Value != "normal": // a new terminal can work well
	default:
		m.found[i] = f
	}
}

// knows reports whether a fact has been found.
func (m *evMessage) knows(id string) bool {
	return slices.ContainsFunc(m.found, func(f Finding) bool { return f.ID == id })
}

// text is what w stands for in the message.
func (m *evMessage) text(w evWord) string { return m.s[w.start:w.end] }
