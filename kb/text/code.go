package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Code is a two-character response code that a message speaks of.
type Code struct {
	Value      string // "61", "A0": two characters, upper case
	Start, End int    // byte range of Text.Norm: the two characters, or the phrase that means the code
	Negated    bool   // 不是61, not 61
	Named      bool   // a label stood next to it: 代码, 错误码, 报, 显示, 码, 超限, code, declined, E61
}

// maxCodes is how many codes are reported; a message with more is a table.
const maxCodes = 8

// Codes reads the response codes of a message, in order of appearance, at most
// eight of them, every mention for itself ("这张61,换了一张也是61" has two).
//
// A number is a code when its neighbourhood says so. Each candidate is asked,
// in this order: is it part of something longer (6.1, 10:51, ****61, 6222 02 61)?
// What stands before it, what stands behind it? An amount, a measure word or an
// identifier on either side refuses it; a label on either side makes it a code;
// otherwise how much goodwill both sides must show depends on the number: most
// for those below 32, which are hours, days and counts as well, least for 61.
func Codes(t Text) []Code {
	var found []Code
	s := t.Norm
	for i := 0; i < len(s) && len(found) < maxCodes; {
		if !isAlnum(s[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(s) && isAlnum(s[end]) {
			end++
		}
		c, ok := codeInWord(s, i, end, found)
		if !ok {
			c, ok = codeInPhrase(s, i, end)
		}
		if ok {
			end = max(end, c.End)
			if !repeats(found, c) {
				found = append(found, c)
			}
		}
		i = end
	}
	return found
}

// candidate is a word of s that may be a code: [start,end) are its two
// characters, [from,to) is all of it (e61, 61error).
type candidate struct {
	start, end int
	from, to   int
	value      string // as in s, small letters
	named      bool   // by what else is in the word
}

// codeInWord judges the word s[from:to] of letters and digits.
func codeInWord(s string, from, to int, found []Code) (Code, bool) {
	c, ok := candidateIn(s, from, to)
	if !ok || partOfNumber(s, c) {
		return Code{}, false
	}
	left, right := lookBefore(s, c), lookBehind(s, c)
	if prev := len(found) - 1; prev >= 0 && isConjunction(s[found[prev].End:c.from]) {
		// 代码61和65, 不是61、65: what was said of the first holds for both
		left.grip = max(left.grip, likely)
		if found[prev].Named {
			left.grip = label
		}
		left.negated = left.negated || found[prev].Negated && isAlternative(s[found[prev].End:c.from])
	}
	if !isCode(c, left, right) {
		return Code{}, false
	}
	return Code{
		Value: strings.ToUpper(c.value),
		Start: c.start, End: c.end,
		Negated: left.negated && !right.rhetorical,
		Named:   c.named || left.grip >= verb || right.grip >= verb,
	}, true
}

// candidateIn finds the code in a word: 61, a0, e61, code61, 61error.
func candidateIn(s string, from, to int) (candidate, bool) {
	word := s[from:to]
	digits := strings.IndexFunc(word, isDigit)
	if len(word) == 2 && (digits == 0 && isDigit(rune(word[1])) || digits == 1) {
		return candidate{start: from, end: to, from: from, to: to, value: word}, true
	}
	if len(word) == 2 && letterCodes[word] != 0 {
		return candidate{start: from, end: to, from: from, to: to, value: word}, true
	}
	if n := len(word) - 2; n > 0 && digits == n && isDigit(rune(word[n+1])) {
		prefix := word[:n]
		if codePrefixes[prefix] || machinePrefixes[prefix] {
			return candidate{to - 2, to, from, to, word[n:], codePrefixes[prefix]}, true
		}
	}
	if len(word) > 2 && digits == 0 && isDigit(rune(word[1])) && codeSuffixes[word[2:]] {
		return candidate{from, from + 2, from, to, word[:2], true}, true
	}
	return candidate{}, false
}

// partOfNumber reports whether c is tied to its neighbours by what writes
// amounts, times, dates, ranges, masks and addresses, or is a group of a longer
// number that is written with spaces.
func partOfNumber(s string, c candidate) bool {
	return tiedBefore(s, c) || tiedBehind(s, c) || inSpacedNumber(s, c)
}

// tiedBefore looks at the rune before c, and at the one before that.
func tiedBefore(s string, c candidate) bool {
	at, r := runeBefore(s, c.from)
	_, beyond := runeBefore(s, at)
	switch r {
	case '$', '¥', '€', '£', '*', '%', '+', '@', '&', '^', '~', '•', '●', '×':
		return true
	case ' ': // $ 61
		return strings.ContainsRune("$¥€£", beyond)
	case '.', ':', '-': // 6.61, 10:61, 05-12
		return isDigit(beyond)
	case '/':
		return isLetter(beyond) || beyond == '/' || beyond == '.' || isDigit(beyond) && !slashList(s, at, c)
	case '点', '时', '月', '年':
		return isDigit(beyond) || isNumeral(beyond)
	}
	return false
}

// tiedBehind looks at the rune after c, and at the byte after that.
func tiedBehind(s string, c candidate) bool {
	r, n := utf8.DecodeRuneInString(s[c.to:])
	beyond := byte(0)
	if c.to+n < len(s) {
		beyond = s[c.to+n]
	}
	switch r {
	case '%', '‰', '°', '*', '@', '^', '$', '¥', '€', '£', '×':
		return true
	case ':', '-', '~', '+', '=':
		return isDigit(rune(beyond))
	case '.': // 61.5, 61.com
		return isAlnum(beyond)
	case '/':
		return isDigit(rune(beyond)) && !slashList(s, c.to+1, c)
	case ',': // 61,000
		return digitsAfter(s, c.to+1) == 3
	}
	return false
}

// slashList reports whether the number at the other side of the slash at or
// before pos is a code beside which c is listed: 61/65, but not 11/05 or 61/100.
func slashList(s string, pos int, c candidate) bool {
	other := ""
	if pos > c.from {
		if digitsAfter(s, pos) == 2 {
			other = s[pos : pos+2]
		}
	} else if digitsBefore(s, pos) == 2 {
		other = s[pos-2 : pos]
	}
	return other > "31" && c.value > "31"
}

// inSpacedNumber reports whether c stands in a row of digit groups (138 0013 61,
// 6222 02 61). An amount beside it (8000 61) makes no row, and neither do
// other codes (61 65).
func inSpacedNumber(s string, c candidate) bool {
	const far = 3 // groups on either side
	odd := 0
	pos := c.from
	for range far {
		n := 0
		if pos > 0 && s[pos-1] == ' ' {
			n = digitsBefore(s, pos-1)
		}
		if n == 0 {
			break
		}
		pos -= n + 1
		odd += oddity(s[pos : pos+n])
	}
	pos = c.to
	for range far {
		n := 0
		if pos < len(s) && s[pos] == ' ' {
			n = digitsAfter(s, pos+1)
		}
		if n == 0 {
			break
		}
		odd += oddity(s[pos+1 : pos+1+n])
		pos += n + 1
	}
	return odd > 0 && odd+oddity(c.value) >= 2
}

// oddity says how much a digit group speaks for a long number: 2 is enough.
func oddity(group string) int {
	switch {
	case len(group) == 2 && group > "31" && knownCodes[group]:
		return 0
	case len(group) == 3 || len(group) == 4:
		if group[0] == '0' || !strings.HasSuffix(group, "00") {
			return 2
		}
		return 0 // an amount
	case len(group) > 4:
		return 0 // a number of its own
	}
	return 1
}

// grip is what one side of a candidate says of it, from worst to best.
type grip int

const (
	refused grip = iota // 刷了51, 61元, 尾号61
	counted             // 61本, 61 beers; only a label can outweigh it
	stray               // a Latin word that says nothing
	near                // likewise Chinese
	open                // the edge of the message or of a clause
	likely              // 又是61, 61怎么办
	verb                // 报61, declined 61, 61超限
	label               // 代码61, error 61
)

// side is what lookBefore and lookBehind find out.
type side struct {
	grip
	edge       bool // the message has nothing else on this side, but 是 perhaps
	onScreen   bool // before: the label is 显示 or the like
	latin      bool // before: there is a Latin word
	negated    bool // before: 不是61
	rhetorical bool // behind: 不是61吗, 不是61就是51
}

// isCode weighs both sides.
func isCode(c candidate, left, right side) bool {
	switch {
	case left.grip == refused || right.grip == refused:
		return false
	case left.grip == label: // of any value, but 显示T0 is about settlement
		return !left.onScreen || isDigit(rune(c.value[0])) || letterCodes[c.value] != 0
	case c.named:
		return knownCodes[c.value]
	case right.grip == counted:
		return false
	case letterCodes[c.value] == sureLetters:
		return isSureLetterCode(left, right)
	case letterCodes[c.value] == vagueLetters:
		return isVagueLetterCode(c, left, right)
	case !knownCodes[c.value]:
		return false
	case left.grip >= verb || right.grip == label:
		return true
	case right.grip == verb:
		return left.edge || left.grip >= likely || !isCount(c.value) && left.grip >= near
	case approvals[c.value]:
		return false
	}
	return isBareCode(c.value, left, right)
}

// isBareCode decides on a number without any label.
func isBareCode(value string, left, right side) bool {
	switch {
	case left.edge && (right.edge || right.grip >= likely): // the whole message, more or less
		return true
	case isCount(value):
		return false
	case left.edge: // the message begins with it: 98,刚才我误按了
		return right.grip >= near
	case value[0] == '0': // no count begins so, but days and months do
		return left.grip >= likely && right.grip >= near
	case value == "61":
		return left.grip >= likely || left.grip >= near && right.grip >= open || right.grip >= likely ||
			left.grip >= open && right.grip >= near
	}
	return left.grip >= likely && right.grip >= near || left.grip >= open && right.grip >= likely
}

// isSureLetterCode and isVagueLetterCode decide on codes that begin with a
// letter: the former look like nothing else in this trade, the latter are
// settlement terms (T1), model names (L1) or words (er).
func isSureLetterCode(left, right side) bool {
	return left.edge && (right.edge || right.grip >= likely) || left.grip >= verb || right.grip >= verb ||
		left.grip >= likely && right.grip >= near || left.grip >= open && right.grip >= likely
}

func isVagueLetterCode(c candidate, left, right side) bool {
	word := !isDigit(rune(c.value[1]))
	return left.edge && right.edge || left.grip == verb && !(word && left.latin) || left.edge && right.grip == label
}

// isCount reports whether a number is as likely a day, an hour, a count or a
// round amount, so that bare it is a code only as the whole message.
func isCount(value string) bool {
	return '1' <= value[0] && value < "32" || value[1] == '0' && value != "00"
}

// lookBefore reads back from the candidate, word by word, as far as the words
// say something.
func lookBefore(s string, c candidate) (found side) {
	const unset = grip(-1)
	found.grip = unset
	soft := true  // no word has come yet that an amount could not stand before
	plain := true // no word has come yet but is, 是
	pos := c.from
	for range 7 {
		start, edge := skipBack(s, pos)
		gap := start < pos
		if edge {
			found.edge = start == 0 && plain
			if found.grip == unset {
				found.grip = open
			}
			return found
		}
		if gap && found.grip >= verb && !isLetter(rune(s[start-1])) {
			return found // a new clause, with no say in this one
		}
		word, role := before().endOf(s[:start])
		if role == pass && found.grip >= verb {
			return found // 不了显示61 must not find 不
		}
		pos = start - len(word)
		found.latin = found.latin || word != "" && word[0] < utf8.RuneSelf
		plain = plain && role == copula
		switch role {
		case money, identifier:
			if soft {
				return side{grip: refused}
			}
			return found
		case noun:
			found.grip, found.onScreen, soft = label, false, false
		case screen:
			found.onScreen = found.grip < label
			found.grip, soft = label, false
		case shows:
			found.grip, soft = max(found.grip, verb), false
		case lead:
			found.grip, soft = max(found.grip, likely), false
		case copula:
			found.grip = max(found.grip, likely)
		case half:
			found.grip = max(found.grip, open)
		case pass:
			found.grip = max(found.grip, stray)
		case negation:
			found.grip, found.negated = max(found.grip, likely), true
			return found
		default:
			if found.grip == unset {
				found.grip = strangerBefore(s[:start], gap)
			}
			return found
		}
	}
	return found
}

// strangerBefore rates the end of a text that no word of ours is at.
func strangerBefore(s string, gap bool) grip {
	_, r := runeBefore(s, len(s))
	switch {
	case isLetter(r):
		return rateStranger(lastWord(s))
	case gap:
		return open
	case unicode.Is(unicode.Han, r):
		return near
	}
	return stray
}

// skipBack skips what may stand between a label and its code: spaces, quotes,
// brackets, colons. It reports an edge where a clause or the message begins.
func skipBack(s string, pos int) (start int, edge bool) {
	for pos > 0 {
		at, r := runeBefore(s, pos)
		switch {
		case strings.ContainsRune(" \"'`:=#_-|([{<>)]}【】「」『』〔〕《》“”/\\", r):
			pos = at
		case r == '.' && at > 0 && isLetter(rune(s[at-1])): // err. 61, resp.61
			pos = at
		case unicode.Is(unicode.Han, r) || r < utf8.RuneSelf && isAlnum(byte(r)):
			return pos, false
		default:
			return pos, true
		}
	}
	return 0, true
}

// lookBehind reads what follows the candidate.
func lookBehind(s string, c candidate) (found side) {
	rest := s[c.to:]
	word, role := behind().startOf(rest)
	spaced := strings.TrimLeft(rest, " ")
	gap := len(spaced) < len(rest)
	if gap {
		word, role = behind().startOf(spaced)
		if role == measure { // 61 本 is no count of books
			word, role = "", none
		}
	}
	if role == none {
		beyond := strings.TrimLeft(spaced, " \"'`:=_-|([{<>)]}【】「」『』〔〕《》“”,.。")
		if len(beyond) < len(spaced) {
			gap, spaced = true, beyond
			word, role = behind().startOf(beyond)
			if role == measure || role == unit || role == ordinal {
				word, role = "", none
			}
		}
	}
	tail := spaced[len(word):]
	found.edge = (role == none || role == question) && endsSoon(tail)
	found.rhetorical = role == question || strings.HasPrefix(spaced, "就是")
	found.grip = gripBehind(c, role, spaced, tail, gap)
	return found
}

// gripBehind rates the word that follows c, by its role.
func gripBehind(c candidate, role role, spaced, tail string, gap bool) grip {
	switch role {
	case unit:
		return refused
	case measure:
		return counted
	case noun:
		return label
	case shows:
		return verb
	case lead, question:
		return likely
	case half:
		return open
	case conjunction: // 51和61有什么区别; 51和60块 are amounts
		next := strings.TrimLeft(tail, " ")
		if digitsAfter(next, 0) != 2 {
			return open
		}
		if _, role := behind().startOf(strings.TrimLeft(next[2:], " ")); role == unit || role == measure {
			return refused
		}
		return likely
	case ordinal: // 61号 is a way to say code 61; 21号 is a day, 61号店 a shop
		if c.value > "31" && mayFollowOrdinal(tail) {
			return verb
		}
		return refused
	case when: // 显示61时
		if c.value > "24" {
			return likely
		}
		return refused
	}
	r, _ := utf8.DecodeRuneInString(spaced)
	switch {
	case spaced == "" || gap && !isLetter(r):
		return open
	case isLetter(r):
		word := firstWord(spaced)
		if isPlural(word) {
			return counted
		}
		return rateStranger(word)
	case unicode.Is(unicode.Han, r):
		return near
	}
	return open // punctuation
}

// mayFollowOrdinal reports whether s may follow 61号 when that is a code.
func mayFollowOrdinal(s string) bool {
	if startsClause(s) {
		return true
	}
	switch _, role := behind().startOf(s); role {
	case lead, question, conjunction, noun, shows:
		return true
	}
	return false
}

// firstWord gives the Latin letters that s starts with, up to a length that no
// word has.
func firstWord(s string) string {
	const longest = 24
	n := 0
	for n < len(s) && n < longest && isLetter(rune(s[n])) {
		n++
	}
	return s[:n]
}

// lastWord likewise gives those that s ends in.
func lastWord(s string) string {
	const longest = 24
	n := len(s)
	for n > 0 && len(s)-n < longest && isLetter(rune(s[n-1])) {
		n--
	}
	return s[n:]
}

// rateStranger rates a Latin word that no lexicon has, before or behind a
// number: pinyin is as good as a Chinese word.
func rateStranger(word string) grip {
	if isPinyin(word) && !wordList().english[word] {
		return near
	}
	return stray
}

// isPlural reports whether word looks like a plural, which after a number is
// what it counts: 61 beers. Verbs that end so (means) are in the lexicon and
// never get here.
func isPlural(word string) bool {
	n := len(word)
	return n > 3 && word[n-1] == 's' && !strings.ContainsRune("suia", rune(word[n-2]))
}

// endsSoon reports whether s holds no word, only a little punctuation.
func endsSoon(s string) bool {
	const enough = 16
	return len(s) < enough && !strings.ContainsFunc(s, isWordRune)
}

// startsClause reports whether s is over or goes on with punctuation.
func startsClause(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n == 0 || !isWordRune(r)
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isConjunction reports whether between, the text between two codes, only
// joins them.
func isConjunction(between string) bool { return joining(between) != none }

// isAlternative reports whether a negation before the first of two joined
// codes holds for the second: 不是61或65, but not 不是61是51.
func isAlternative(between string) bool { return joining(between) == conjunction }

// joining gives the role that between has between two codes.
func joining(between string) role {
	const longest = 16
	if len(between) > longest {
		return none
	}
	word := strings.Trim(between, " \"'“”")
	if word == "" && between != "" { // 61 65
		return lead
	}
	return joins().roles[word]
}

// codeInPhrase finds a display text that means a code without its number and
// starts with the word s[from:to].
func codeInPhrase(s string, from, to int) (Code, bool) {
	for _, p := range phrases()[s[from:to]] {
		if end, ok := p.matches(s, to); ok {
			left := lookBefore(s, candidate{start: from, from: from, end: end, to: end})
			return Code{Value: p.code, Start: from, End: end, Negated: left.negated, Named: true}, true
		}
	}
	return Code{}, false
}

// repeats reports whether c says the same as the code right before it, one by
// number and one by phrase: "61: exceeds withdrawal limit" is one code.
func repeats(found []Code, c Code) bool {
	if len(found) == 0 {
		return false
	}
	const beside = 24 // bytes
	prev := found[len(found)-1]
	byPhrase := prev.End-prev.Start > 2 || c.End-c.Start > 2
	return byPhrase && prev.Value == c.Value && c.Start-prev.End < beside
}

// phrase is what follows its first word.
type phrase struct {
	code string
	rest [][]string // alternatives for each further word
}

// matches reports whether the rest of p follows s[:pos], and where it ends.
func (p phrase) matches(s string, pos int) (end int, ok bool) {
	for _, alternatives := range p.rest {
		word := strings.TrimLeft(s[pos:], " -_.,:")
		pos = len(s) - len(word)
		matched := ""
		for _, a := range alternatives {
			if strings.HasPrefix(word, a) && (len(word) == len(a) || !isLetter(rune(word[len(a)]))) {
				matched = a
				break
			}
		}
		if matched == "" {
			return 0, false
		}
		pos += len(matched)
	}
	return pos, true
}

// phrases holds codePhrases by their first words.
var phrases = sync.OnceValue(func() map[string][]phrase {
	m := make(map[string][]phrase)
	for _, row := range codePhrases {
		var words [][]string
		for _, w := range strings.Fields(row.words) {
			words = append(words, strings.Split(w, "|"))
		}
		for _, first := range words[0] {
			m[first] = append(m[first], phrase{row.code, words[1:]})
		}
	}
	return m
})

func isAlnum(b byte) bool { return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' }

// runeBefore gives the rune that ends at pos and where it starts; 0 for none.
func runeBefore(s string, pos int) (int, rune) {
	if pos <= 0 {
		return 0, 0
	}
	r, n := utf8.DecodeLastRuneInString(s[:pos])
	return pos - n, r
}

// digitsAfter counts the digits from pos on, up to 20.
func digitsAfter(s string, pos int) (n int) {
	for pos+n < len(s) && n < 20 && isDigit(rune(s[pos+n])) {
		n++
	}
	return n
}

// digitsBefore counts the digits that end at pos, up to 20.
func digitsBefore(s string, pos int) (n int) {
	for pos-n > 0 && n < 20 && isDigit(rune(s[pos-n-1])) {
		n++
	}
	return n
}
