package text

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// evWord is a word of the lexicon where it stands in a message.
type evWord struct {
	class      wordClass
	latin      bool
	gap        int // other words between this one and the one before it in the clause
	start, end int // bytes of Norm
}

// evClause is a piece of a message that holds one statement or question. It
// ends at punctuation and before a conjunction such as 但是.
type evClause struct {
	words []evWord
	tail  int  // other words behind the last one
	mark  byte // what ended it: ? . or , (also for a conjunction)
	start int  // bytes of Norm
	end   int
	so    bool // it began with 所以: its question mark is for the clause before as well

	whole bool // all of it is a question
	ask   int  // the first word that asks; len(words) if none does
	cond  int  // likewise 如果
	wish  int  // likewise 想, 建议
	doubt bool // 好像
	guess bool // 应该, 我觉得: of what has not been tried, no fact
	blank int  // likewise 不知道
	why   bool // 为什么, 怎么办: asks, but takes the rest for granted
	how   bool // 怎么: asks about things in general, unless something failed
	much  bool // 多少: asks about things in general

	choice   bool // 插卡还是挥卡: asks, without a result
	hearsay  bool // 网上说, 以为
	supposed bool // it has 如果, or follows a clause that has

	set classSet // of its words
}

// has reports whether the clause has a word of the set.
func (c *evClause) has(set classSet) bool { return c.set.meets(set) }

// before reports whether a word of the set stands before word i.
func (c *evClause) before(i int, set classSet) bool {
	return slices.ContainsFunc(c.words[:max(i, 0)], func(w evWord) bool { return set.has(w.class) })
}

// after reports whether a word of the set stands at or behind word i.
func (c *evClause) after(i int, set classSet) bool {
	return slices.ContainsFunc(c.words[i:], func(w evWord) bool { return set.has(w.class) })
}

// next gives the class of the word behind word i if at most gap others stand
// between them, else wNone.
func (c *evClause) next(i, gap int) wordClass {
	if i+1 < len(c.words) && c.words[i+1].gap <= gap {
		return c.words[i+1].class
	}
	return wNone
}

// prev gives the class of the word before word i if at most gap others stand
// between them, else wNone.
func (c *evClause) prev(i, gap int) wordClass {
	if i > 0 && c.words[i].gap <= gap {
		return c.words[i-1].class
	}
	return wNone
}

// asks reports whether anything in the clause asks.
func (c *evClause) asks() bool { return c.whole || c.ask < len(c.words) }

// dead reports whether what the words up to word i say is no statement.
func (c *evClause) dead(i int) bool {
	return c.whole || c.supposed || c.choice || c.ask <= i
}

// negated reports whether a negation stands right before word i.
func (c *evClause) negated(i int) bool { return c.negation(i) >= 0 }

// negation gives the place of the negation before word i, across words like 也
// and one other word (two, after a Latin negation: not on a foreign card); -1
// for none.
func (c *evClause) negation(i int) int {
	between := 0
	for k := i; k > 0; k-- {
		between += c.words[k].gap
		switch prev := c.words[k-1]; prev.class {
		case wNot, wNotYet:
			if between <= 1 || between == 2 && prev.latin {
				return k - 1
			}
			return -1
		case wAlso, wAt, wHedge, wDo:
		default:
			return -1
		}
	}
	return -1
}

// isTag reports whether the clause only asks whether the one before it is
// right: 对吗, 是不是, right?
func (c *evClause) isTag() bool {
	return c.end-c.start < 12 && (c.mark == '?' || c.has(oneOf(wAsk, wAskTail))) &&
		len(c.words) > 0 && c.tail == 0 && !c.has(oneOf(wAsk, wAskTail, wRight, wOK, wNot).not())
}

// evEntry is one word of the lexicon.
type evEntry struct {
	word   string
	class  wordClass
	closes bool // $: wants the end of the clause behind it
	begins bool // ^: wants the start of the clause before it
}

// evLexicon finds words by their first character, the longest first.
type evLexicon struct {
	ascii [utf8.RuneSelf][]evEntry
	other map[rune][]evEntry
}

var evLookup = sync.OnceValue(func() *evLexicon {
	l := &evLexicon{other: make(map[rune][]evEntry, 400)}
	for _, row := range evidenceWords {
		for w := range strings.SplitSeq(row.words, "|") {
			e := evEntry{class: row.class}
			e.word, e.begins = strings.CutPrefix(w, "^")
			e.word, e.closes = strings.CutSuffix(e.word, "$")
			if e.word == "" {
				continue
			}
			if r, _ := utf8.DecodeRuneInString(e.word); r < utf8.RuneSelf {
				l.ascii[r] = append(l.ascii[r], e)
			} else {
				l.other[r] = append(l.other[r], e)
			}
		}
	}
	// Of two equal words the one with a condition goes first.
	longest := func(a, b evEntry) int {
		if d := len(b.word) - len(a.word); d != 0 {
			return d
		}
		return weight(b) - weight(a)
	}
	for _, es := range l.ascii {
		slices.SortStableFunc(es, longest)
	}
	for _, es := range l.other {
		slices.SortStableFunc(es, longest)
	}
	return l
})

func weight(e evEntry) int {
	if e.begins || e.closes {
		return 1
	}
	return 0
}

// at finds the longest word at s[i:]. start says that nothing of the clause
// stands before it.
func (l *evLexicon) at(s string, i int, r rune, start bool) (evEntry, bool) {
	var es []evEntry
	if r < utf8.RuneSelf {
		es = l.ascii[r]
	} else {
		es = l.other[r]
	}
	rest := s[i:]
	for _, e := range es {
		if !strings.HasPrefix(rest, e.word) || e.begins && !start {
			continue
		}
		end := i + len(e.word)
		if insideWord(s, i) || insideWord(s, end) || e.closes && !endsClause(s, end) {
			continue
		}
		return e, true
	}
	return evEntry{}, false
}

// insideWord reports whether a Latin word or a number goes on across byte i.
func insideWord(s string, i int) bool {
	return 0 < i && i < len(s) && isAlnum(s[i-1]) && isAlnum(s[i]) && isLetter(rune(s[i-1])) == isLetter(rune(s[i]))
}

// endsClause reports whether only particles stand between s[i:] and the end of
// the clause.
func endsClause(s string, i int) bool {
	for _, r := range s[i:] {
		switch r {
		case '了', '的', '啊', '呀', '哦', '哈', '啦', '呗', '嘞', '哇', '喔', '诶', '噢':
		default:
			return isBreak(r) || r == ' '
		}
	}
	return true
}

// isBreak reports whether r ends a clause. 、 and / only list things.
func isBreak(r rune) bool {
	switch r {
	case ',', '.', '?', '!', ';', ':', '。', '(', ')', '[', ']', '{', '}', '"', '~', '…', '|', '<', '>', '《', '》', '“', '”', '「', '」', '【', '】', '=':
		return true
	}
	return false
}

// evReader cuts a message into words and clauses.
type evReader struct {
	s       string
	words   []evWord
	clauses []evClause
	cuts    []int // where in words the clauses begin
	codes   []Code
	gap     int
	so      bool // the clause began with 所以
	begun   bool // the clause has words
	start   int
}

// readClauses finds the words of s, which holds codes, and cuts them into clauses.
func readClauses(s string, codes []Code) []evClause {
	l := evLookup()
	r := evReader{s: s, words: make([]evWord, 0, 32), clauses: make([]evClause, 0, 8), codes: codes}
	for i := 0; i < len(s); {
		c, n := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRuneInString(s[i:])
		}
		if e, ok := l.at(s, i, c, !r.begun); ok {
			end := i + len(e.word)
			switch e.class {
			case wFill:
			case wBut:
				if e.word == "不过" && r.followsCard(i) {
					r.add(wFail, i, end)
				} else {
					r.close(i, end, ',')
					r.so = e.word == "所以" || e.word == "because" || e.word == "so"
				}
			default:
				r.add(e.class, i, end)
			}
			i = end
			continue
		}
		switch {
		case '0' <= c && c <= '9':
			i = r.number(i)
		case c == ' ':
			if i > 0 && i+1 < len(s) && s[i-1] >= utf8.RuneSelf && s[i+1] >= utf8.RuneSelf {
				r.close(i, i+1, ',')
			}
			i++
		case isBreak(c):
			mark := byte(',')
			switch c {
			case '?':
				mark = '?'
			case '.', '!', '。':
				mark = '.'
			}
			r.close(i, i+n, mark)
			i += n
		case isLetter(c):
			for i < len(s) && (isLetter(rune(s[i])) || s[i] == '\'') {
				i++
			}
			r.pass()
		case c == '、' || c == '/' || c == '+' || c == '-' || c == '&' || c == '\'':
			i += n
		default:
			if unicode.IsLetter(c) {
				r.pass()
			}
			i += n
		}
	}
	r.close(len(s), len(s), '.')
	return r.clauses
}

// pass counts a word that the lexicon does not know.
func (r *evReader) pass() {
	r.gap++
	r.begun = true
}

func (r *evReader) add(c wordClass, start, end int) {
	const most = 40 // words of a clause, which bounds the work for it
	if len(r.words)-r.from() == most {
		r.close(start, start, ',')
	}
	r.words = append(r.words, evWord{c, r.s[start] < utf8.RuneSelf, r.gap, start, end})
	r.gap, r.begun = 0, true
}

// followsCard tells 换卡不过 (fails) from 换卡61,不过...
func (r *evReader) followsCard(i int) bool {
	if len(r.words) == 0 || r.gap > 0 || r.words[len(r.words)-1].end != i {
		return false
	}
	switch r.words[len(r.words)-1].class {
	case wCard, wOther, wInsert, wTap, wAlso:
		return true
	}
	return false
}

// afterTopic reports whether the clause so far ends with something tried.
func (r *evReader) afterTopic() bool {
	return r.gap == 0 && len(r.words) > r.from() && evTopics.has(r.words[len(r.words)-1].class)
}

// from is where the clause begins in words.
func (r *evReader) from() int {
	if n := len(r.cuts); n > 0 {
		return r.cuts[n-1]
	}
	return 0
}

// close ends the clause at byte end; the next one begins at next. The mark of
// an empty clause goes to the one before it (61?!).
func (r *evReader) close(end, next int, mark byte) {
	from := r.from()
	if r.begun || len(r.words) > from {
		c := evClause{words: r.words[from:len(r.words):len(r.words)], tail: r.gap, mark: mark, start: r.start, end: end, so: r.so}
		r.clauses = append(r.clauses, c)
		r.cuts = append(r.cuts, len(r.words))
	} else if n := len(r.clauses); n > 0 && mark == '?' {
		r.clauses[n-1].mark = mark
	}
	r.gap, r.begun, r.so, r.start = 0, false, false, next
}

// number reads the digits at s[i:] and gives where they end.
func (r *evReader) number(i int) int {
	s := r.s
	end := i
	for end < len(s) && (isDigit(rune(s[end])) || (s[end] == '.' || s[end] == ',' && digitsAfter(s, end+1) == 3) && digitsAfter(s, end+1) > 0) {
		end++
	}
	class := wNumber
	if s[i:end] == "61" && (endsClause(s, end) && (!r.begun || r.afterTopic()) || comesBack(s[:i])) {
		class = wCode61 // a clause of its own, or samsung pay 61
	}
	for _, c := range r.codes {
		if c.Start == i && c.End == end {
			switch {
			case c.Value != "61":
				class = wCode
			case c.Negated && isClear(s[:i]):
				class = wClear // 不61, 没报61
			case c.Negated:
				class = wError // 不是61
			default:
				class = wCode61
			}
			if c.Negated && c.Value != "61" {
				class = wNumber
			}
			break
		}
	}
	if strings.Trim(s[i:end], "0") == "" && end-i <= 3 && class == wNumber {
		class = wZero
	}
	r.add(class, i, end)
	return end
}

// comesBack reports whether s ends like "every card is coming back".
func comesBack(s string) bool {
	s = strings.TrimSuffix(strings.TrimSuffix(s, " "), " as")
	return endsInAny(s, " coming back", " comes back", " come back", " came back")
}

// isClear reports whether a negation before 61 says that it does not come
// (没报61), not that something else does (不是61).
func isClear(before string) bool {
	before = strings.TrimRight(before, " ")
	return !strings.HasSuffix(before, "是") && !strings.HasSuffix(before, "not") && !strings.HasSuffix(before, "n't")
}

// classSet is a set of word classes.
type classSet [3]uint64

func oneOf(cs ...wordClass) (s classSet) {
	for _, c := range cs {
		s[c/64] |= 1 << (c % 64)
	}
	return s
}

func (s classSet) has(c wordClass) bool { return s[c/64]&(1<<(c%64)) != 0 }

func (s classSet) meets(t classSet) bool { return s[0]&t[0]|s[1]&t[1]|s[2]&t[2] != 0 }

func (s classSet) or(t classSet) classSet { return classSet{s[0] | t[0], s[1] | t[1], s[2] | t[2]} }

func (s classSet) not() classSet { return classSet{^s[0], ^s[1], ^s[2]} }

// evCompound makes one word of several: a head, then words of the body with at
// most gap others between two of them, at least one of which is needed.
type evCompound struct {
	head, body, need classSet
	gap              int
	apart            bool // 是, from or the like must stand between head and body (卡是香港的)
	to               wordClass
}

var evCompounds = []evCompound{
	{head: oneOf(wChange), body: oneOf(wCard, wSheet, wSheets, wBank, wBankWord, wNumber, wOther, wMany, wThis, wOthers, wOwn, wLocal),
		need: oneOf(wCard, wSheet, wSheets, wBank, wOther, wMany, wOthers, wOwn, wLocal), gap: 2, to: wOther}, // 换了张建行的卡
	{head: oneOf(wNumber), body: oneOf(wSheet, wCard), need: oneOf(wSheet, wCard), gap: 0, to: wMany},                           // 3张卡
	{head: oneOf(wSheets), body: oneOf(wBank, wCard, wAlso, wMany), need: oneOf(wBank, wCard, wAlso, wMany), gap: 3, to: wMany}, // 两张卡
	{head: oneOf(wSeveral), body: oneOf(wPerson, wCard, wBank, wBankWord), need: oneOf(wPerson, wCard, wBankWord), gap: 2, to: wMany},
	{head: oneOf(wMany), body: oneOf(wCard, wSheet, wSheets), need: oneOf(wCard), gap: 1, to: wMany}, // 不同银行的卡
	{head: oneOf(wThis, wOther), body: oneOf(wBank, wCard), need: oneOf(wCard), gap: 1},              // 这张建行的卡: stays what it is
	{head: oneOf(wBank), body: oneOf(wCard), need: oneOf(wCard), gap: 1, to: wBankCard},
	{head: oneOf(wPlace, wForeigner), body: oneOf(wPlace, wForeigner, wPerson, wBankWord, wNetwork, wCard, wThis),
		need: oneOf(wCard, wThis, wNetwork), gap: 2, to: wForeign}, // 香港客人的卡
	{head: oneOf(wPlace), body: oneOf(wPerson), need: oneOf(wPerson), gap: 1, to: wForeigner},                                     // 韩国游客
	{head: oneOf(wCard, wThis, wNetwork), body: oneOf(wPlace), need: oneOf(wPlace), gap: 3, apart: true, to: wForeign},            // 卡是香港的
	{head: oneOf(wPerson), body: oneOf(wPlace, wForeigner), need: oneOf(wPlace, wForeigner), gap: 2, apart: true, to: wForeigner}, // 客人是韩国人
	{head: oneOf(wElse, wShop), body: oneOf(wElse, wShop), need: oneOf(wElse, wShop), gap: 0, to: wElse},                          // 隔壁超市
	{head: oneOf(wNetwork), body: oneOf(wCard), need: oneOf(wCard), gap: 0, to: wNetwork},
	{head: oneOf(wPreauth), body: oneOf(wComplete), need: oneOf(wComplete), gap: 3, to: wPreauthOK},
	{head: oneOf(wComplete), body: oneOf(wPreauth), need: oneOf(wPreauth), gap: 2, to: wPreauthOK},
	{head: oneOf(wExceed), body: oneOf(wLimit), need: oneOf(wLimit), gap: 4, to: wOver},  // 超过单笔限额
	{head: oneOf(wLimit), body: oneOf(wExceed), need: oneOf(wExceed), gap: 2, to: wOver}, // limit reached
	{head: oneOf(wThing), body: oneOf(wOK, wFine, wFail, wRight, wWrong), need: oneOf(wOK, wFine, wFail, wRight, wWrong), gap: 2},
}

// join replaces what the compounds describe, in place.
func (c *evClause) join(s string) {
	out := c.words[:0]
	for i := 0; i < len(c.words); {
		w, n := c.words[i], 1
		for _, k := range evCompounds {
			if !k.head.has(w.class) || w.class == wNumber && !isSeveral(s[w.start:w.end]) {
				continue
			}
			length, needed := 1, false
			for i+length < len(c.words) {
				next := c.words[i+length]
				if !k.body.has(next.class) || next.gap > k.gap || next.class == wBank && isSole(s[:next.start]) || k.apart && !saysOrigin(s[c.words[i+length-1].end:next.start], s[next.start:next.end]) {
					break
				}
				length++
				needed = needed || k.need.has(next.class)
			}
			if needed {
				n = length
				if k.to != wNone {
					w.class = k.to
				}
				w.end = c.words[i+n-1].end
				break
			}
		}
		// 建行和工行的卡: two banks in a row are more than one card
		if w.class == wBankCard || w.class == wBank {
			if m := len(out); m > 0 && (out[m-1].class == wBank || out[m-1].class == wBankCard) && w.gap <= 1 && s[out[m-1].start:out[m-1].end] != s[w.start:w.end] {
				out[m-1].class, out[m-1].end = wMany, w.end
				i += n
				continue
			}
		}
		// 三张卡只有兴业那张61
		if m := soleCard(c.words[i:], s); m > 0 && n <= m && isSole(s[:w.start]) {
			w.class, w.end, n = wOnly, c.words[i+m-1].end, m
		}
		// 换了还是不行
		if w.class == wChange && i == 0 && len(c.words) > 1 && c.words[1].gap == 0 && (c.words[1].class == wAlso || evResults.has(c.words[1].class)) {
			w.class = wOthers
		}
		// 建行的不行,工行的可以
		if w.class == wBank && i+1 < len(c.words) && evResults.has(c.words[i+1].class) && (strings.HasPrefix(s[w.end:], "的") && c.words[i+1].gap == 1 || w.latin && c.words[i+1].gap == 0) {
			w.class = wBankCard
		}
		if w.class == wCard {
			switch s[w.start:w.end] {
			case "信用卡", "储蓄卡", "借记卡", "credit card", "debit card": // as different as two banks
				w.class = wBankCard
			}
		}
		out = append(out, w)
		i += n
	}
	c.words = out
}

// isSole reports whether s ends with only.
func isSole(s string) bool {
	return endsInAny(s, "只有", "就", "唯独", "单单", "偏偏", "仅", "only the ", "just the ")
}

// soleCard says how many words name one bank's card: 兴业那张, the hsbc one; 0
// if they do not.
func soleCard(words []evWord, s string) int {
	w := words[0]
	if w.class != wBank && w.class != wBankWord && w.class != wBankCard || w.class == wBankWord && !w.latin {
		return 0
	}
	switch {
	case len(words) > 1 && words[1].class == wMachine:
		return 0 // 就建行的机器
	case len(words) > 1 && words[1].gap <= 1 && (words[1].class == wThis || words[1].class == wCard && strings.HasPrefix(s[words[0].end:], "的")):
		return 2
	case w.class == wBankCard || strings.HasPrefix(s[w.end:], "的") || strings.HasPrefix(s[w.end:], "卡") || strings.HasPrefix(s[w.end:], " one") || strings.HasPrefix(s[w.end:], " card"):
		return 1
	}
	return 0
}

// isImpression tells 好像, which is said of what was seen, from a guess.
func isImpression(hedge string) bool {
	switch hedge {
	case "好像", "好象", "貌似", "似乎", "听说", "据说", "印象中", "haoxiang":
		return true
	}
	return false
}

// isSeveral reports whether number is one that cards are counted with.
func isSeveral(number string) bool {
	return len(number) == 1 && number > "1" || len(number) == 2 && number < "31"
}

// saysOrigin reports whether the words between a card or a person and a place,
// as in 卡是香港的, say where it is from.
func saysOrigin(between, place string) bool {
	between = strings.Trim(strings.TrimSuffix(strings.Trim(between, " "), " the"), " ")
	return strings.HasPrefix(place, "from ") || strings.HasPrefix(place, "in ") || between == "是" || between == "就是" || between == "都是" || between == "is" || between == "is from" || between == "from" ||
		strings.HasPrefix(between, "issued") || strings.HasSuffix(between, " from") || strings.HasSuffix(between, "issued in")
}

// asksWhether tells 收到短信没有 and 试了没, which are questions, from 短信没有.
func (c *evClause) asksWhether(s string, i int) bool {
	before := s[:c.words[i].start]
	return strings.HasSuffix(before, "了") || strings.HasSuffix(before, "过") ||
		c.prev(i, 9) != wAlso && c.before(i, oneOf(wSay, wDone, wOK, wFine))
}

// judge finds out what kind of speech the clause is.
func (c *evClause) judge(s string) {
	n := len(c.words)
	c.ask, c.cond, c.wish, c.blank = n, n, n, n
	for i, w := range c.words {
		switch w.class {
		case wAsk:
			c.ask = min(c.ask, i)
		case wAskTail:
			if strings.HasPrefix(s[w.start:], "没") && !c.asksWhether(s, i) {
				c.words[i].class, w.class = wNotYet, wNotYet // 短信也没有
				break
			}
			c.whole = true
		case wIf:
			if c.blank == n { // but don't know if ...
				c.cond = min(c.cond, i)
			}
		case wHearsay:
			c.supposed, c.hearsay = true, true
		case wHope:
			c.supposed = true
		case wWish:
			c.wish = min(c.wish, i)
		case wHedge:
			c.doubt = true
			c.guess = c.guess || !isImpression(s[w.start:w.end])
		case wShould:
			if i+1 == n || c.words[i+1].class != wNumber {
				c.doubt, c.guess = true, true
			}
		case wUnknown:
			if i+1 < n && c.words[i+1].gap <= 1 && (c.words[i+1].class == wWhy || c.words[i+1].class == wHow || c.words[i+1].class == wMuch) {
				continue // 不知道为什么: the rest is known
			}
			c.blank = min(c.blank, i)
		case wWhy:
			c.why = true
		case wHow:
			c.how = true
		case wMuch:
			c.much = true
		case wOr:
			c.choice = true
		case wAlso:
			c.choice = c.choice || s[w.start:w.end] == "还是" && i > 0 && i+1 < n
		}
		c.set = c.set.or(oneOf(w.class))
	}
	if c.has(oneOf(wOnlyThen)) {
		c.wish = n // 要插卡才能过
	}
	c.choice = c.choice && !c.has(oneOf(wOK, wFine, wFail, wCode61, wOver, wCode))
	if n > 1 && c.tail == 0 && c.mark != '?' { // 能刷不: a question without a mark
		last := c.words[n-1]
		if last.class == wNot && last.gap == 0 && (c.words[n-2].class == wOK || c.words[n-2].class == wFine) {
			c.whole = true
		}
	}
}
