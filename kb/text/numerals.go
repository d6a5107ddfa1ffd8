package text

import (
	"strconv"
	"strings"
)

// A numeral is rewritten only as a whole: 一百六十一 must not leave a 61 behind.
// So the runs of numeral characters are found first, and one that does not
// read as a number from end to end (七八百, 一五一十, 两三千) is left as it is,
// and so is one that is part of a word (万一, 星期六, 一直) or only a name
// (五一假期). A single character (一下, 十分, 六月一日, 二清) is never a number.

// numeral classes of one rune
const (
	plainDigit  = 1 << iota // 零〇一二三四五六七八九两幺
	formalDigit             // 壹贰叁肆伍陆柒捌玖
	plainUnit               // 十百千
	formalUnit              // 拾佰仟
	bigUnit                 // 万亿

	digitClass = plainDigit | formalDigit
)

// numeralValue gives class and value of a numeral character, class 0 for any
// other. 幺 is one, as it is said on the telephone.
func numeralValue(r rune) (class int, value int64) {
	switch r {
	case '零', '〇':
		return plainDigit, 0
	case '一', '幺':
		return plainDigit, 1
	case '二', '两':
		return plainDigit, 2
	case '三':
		return plainDigit, 3
	case '四':
		return plainDigit, 4
	case '五':
		return plainDigit, 5
	case '六':
		return plainDigit, 6
	case '七':
		return plainDigit, 7
	case '八':
		return plainDigit, 8
	case '九':
		return plainDigit, 9
	case '壹':
		return formalDigit, 1
	case '贰':
		return formalDigit, 2
	case '叁':
		return formalDigit, 3
	case '肆':
		return formalDigit, 4
	case '伍':
		return formalDigit, 5
	case '陆':
		return formalDigit, 6
	case '柒':
		return formalDigit, 7
	case '捌':
		return formalDigit, 8
	case '玖':
		return formalDigit, 9
	case '十':
		return plainUnit, 10
	case '百':
		return plainUnit, 100
	case '千':
		return plainUnit, 1000
	case '拾':
		return formalUnit, 10
	case '佰':
		return formalUnit, 100
	case '仟':
		return formalUnit, 1000
	case '万':
		return bigUnit, 1e4
	case '亿':
		return bigUnit, 1e8
	}
	return 0, 0
}

func isNumeral(r rune) bool {
	class, _ := numeralValue(r)
	return class != 0
}

// The words around a run that decide how it is read. Each is looked for right
// before or right after it.
var (
	// weekdays take the first character: 星期六一直, 周五一早, 初二
	beforeDay = []string{"星期", "礼拜", "周", "初"}
	// words that end in 一 take it likewise: 统一, 不一
	beforeOne = []string{"统", "唯", "单", "专", "同", "不", "之"}
	// "some": 几十万 is no number
	beforeTen = []string{"几", "数"}
	// words that begin with 一 take the last character: 六一一直 is 六一 一直
	afterOne = []string{"直", "共", "样", "般", "定", "些", "起", "边", "旦", "律", "概", "会", "次性"}
	// measure words, which need a proper number (六十一张), so that after bare
	// digits 一 is theirs: 六五一张卡 is 六五 一张卡
	afterOneMeasure = []string{"张", "个", "下", "次", "笔", "天", "台", "家", "遍", "刷", "点", "条", "种", "回", "分"}
	// days and places that are called by a number, and shares: 五五开
	afterName = []string{"节", "假", "放假", "期间", "黄金周", "长假", "小长假", "儿童", "劳动", "国庆", "建军",
		"建党", "妇女", "青年", "开", "分成", "分账", "路", "街", "大道", "广场", "中路", "村", "小区", "桥", "公园", "大厦"}
	// what is said before a code; after it even 一二 and 五一 are codes
	beforeCode = []string{"码", "报", "跳", "示", "出", "误", "错", "败", "弹"}
)

// chineseNumerals rewrites numbers in Chinese characters as digits.
func chineseNumerals(g []glyph) []glyph {
	var out []glyph
	done := 0 // g[:done] is in out
	for i := 0; i < len(g); {
		if !isNumeral(g[i].r) {
			i++
			continue
		}
		from, to := i, i+1
		for to < len(g) && isNumeral(g[to].r) {
			to++
		}
		i = to
		from, to, digits := readNumeral(g, from, to)
		if digits == "" {
			continue
		}
		if out == nil {
			out = make([]glyph, 0, len(g)+16)
		}
		out = append(out, g[done:from]...)
		whole := span{g[from].from, g[to-1].to}
		for _, d := range digits {
			out = append(out, glyph{d, whole})
		}
		done = to
	}
	if out == nil {
		return g
	}
	return append(out, g[done:]...)
}

// readNumeral reads the run g[from:to] of numeral characters, whose neighbours
// are none. It gives the part of it that is a number, and its digits, or "".
func readNumeral(g []glyph, from, to int) (start, end int, digits string) {
	if to-from < 2 || touchesDigit(g, from, to) || afterPoint(g, from) {
		return from, to, ""
	}
	coded := endsIn(g[:from], beforeCode)
	switch {
	case endsIn(g[:from], beforeDay):
		from++
	case g[from].r == '一' && endsIn(g[:from], beforeOne):
		from++
	case g[from].r == '万' && g[from+1].r == '一':
		from += 2
	case g[from].r == '十' && endsIn(g[:from], beforeTen):
		return from, to, ""
	}
	run := g[from:to]
	if len(run) > 0 && run[len(run)-1].r == '一' {
		if startsIn(g[to:], afterOne) || onlyDigits(run) && startsIn(g[to:], afterOneMeasure) {
			to--
			run = g[from:to]
		}
	}
	if len(run) < 2 {
		return from, to, ""
	}
	if !coded && len(run) == 2 && startsIn(g[to:], afterName) {
		return from, to, ""
	}
	if !onlyDigits(run) {
		return from, to, numberOf(run)
	}
	if !coded && (countsUp(run) || isPair(run, "一一") || isPair(run, "三五")) {
		return from, to, ""
	}
	return from, to, digitsOf(run)
}

// touchesDigit reports whether the run continues a number that is already
// written in digits, as in 5千 or in what is left behind a rewritten number.
func touchesDigit(g []glyph, from, to int) bool {
	return from > 0 && isDigit(g[from-1].r) || to < len(g) && isDigit(g[to].r)
}

// afterPoint reports whether the run stands behind a 点 that is a decimal
// point or an hour: 六点六一万, 九点五十一.
func afterPoint(g []glyph, from int) bool {
	return from >= 2 && g[from-1].r == '点' && (isDigit(g[from-2].r) || isNumeral(g[from-2].r))
}

// onlyDigits reports whether run spells a number digit by digit. 两 never does.
func onlyDigits(run []glyph) bool {
	var seen int
	for _, c := range run {
		class, _ := numeralValue(c.r)
		if c.r == '两' {
			return false
		}
		if c.r != '零' && c.r != '〇' {
			seen |= class
		}
	}
	return seen == plainDigit || seen == formalDigit
}

func digitsOf(run []glyph) string {
	b := make([]byte, len(run))
	for i, c := range run {
		_, v := numeralValue(c.r)
		b[i] = byte('0' + v)
	}
	return string(b)
}

// countsUp reports whether each digit is one more than that before it, which is
// how "about" is said (五六个) and how people count (一二三).
func countsUp(run []glyph) bool {
	for i := 1; i < len(run); i++ {
		_, a := numeralValue(run[i-1].r)
		_, b := numeralValue(run[i].r)
		if a == 0 || b != a+1 {
			return false
		}
	}
	return true
}

func isPair(run []glyph, pair string) bool {
	want := []rune(pair)
	return len(run) == 2 && run[0].r == want[0] && run[1].r == want[1]
}

// numberOf reads a number with units: 六十一, 八千五, 一万零五十, 陆拾壹. It
// gives "" for what is none, and for a single unit character.
func numberOf(run []glyph) string {
	if mixesForms(run) {
		return ""
	}
	var (
		total, section int64        // what is closed by 亿 or 万; what is read since
		held           int64 = -1   // a digit that waits for its unit
		unit           int64 = 1e4  // the last unit of this section: they must fall
		big            int64 = 1e16 // likewise the last of 亿, 万
		last           int64        // the unit right before the held digit, for 八千五
	)
	for i, c := range run {
		class, v := numeralValue(c.r)
		switch {
		case class&digitClass != 0 && v == 0: // 零 only bridges a gap
			if held >= 0 || i == 0 || i == len(run)-1 {
				return ""
			}
			last = 0
		case class&digitClass != 0:
			if held >= 0 {
				return ""
			}
			held = v
		case class == bigUnit:
			if v >= big || held < 0 && section == 0 {
				return ""
			}
			total += (section + max(held, 0)) * v
			section, held, unit, big, last = 0, -1, 1e4, v, v
		default:
			if held < 0 && (v != 10 || section > 0 || total > 0) || v >= unit {
				return "" // only 十 does without a digit, and only at the start
			}
			if held < 0 {
				held = 1
			}
			section += held * v
			held, unit, last = -1, v, v
		}
	}
	if held >= 0 {
		if last > 10 {
			held *= last / 10 // 八千五 is 8500, 一百六 is 160
		}
		section += held
	}
	return strconv.FormatInt(total+section, 10)
}

// mixesForms reports whether run has banker's and plain characters in it:
// 收拾一下 and 大陆一家 are words, 陆拾壹 is a number.
func mixesForms(run []glyph) bool {
	var seen int
	for _, c := range run {
		if class, v := numeralValue(c.r); class&digitClass == 0 || v != 0 {
			seen |= class
		}
	}
	return seen&(formalDigit|formalUnit) != 0 && seen&(plainDigit|plainUnit) != 0
}

// endsIn reports whether g ends in one of words.
func endsIn(g []glyph, words []string) bool {
	for _, w := range words {
		if n := len(g) - runeLen(w); n >= 0 && startsWith(g[n:], w) {
			return true
		}
	}
	return false
}

// startsIn reports whether g starts with one of words.
func startsIn(g []glyph, words []string) bool {
	for _, w := range words {
		if startsWith(g, w) {
			return true
		}
	}
	return false
}

func startsWith(g []glyph, word string) bool {
	i := 0
	for _, r := range word {
		if i >= len(g) || g[i].r != r {
			return false
		}
		i++
	}
	return true
}

func runeLen(s string) (n int) {
	for range s {
		n++
	}
	return n
}

var englishTens = map[string]byte{"twenty": '2', "thirty": '3', "forty": '4', "fourty": '4', "fifty": '5',
	"sixty": '6', "seventy": '7', "eighty": '8', "ninety": '9'}

var englishOnes = map[string]byte{"one": '1', "two": '2', "three": '3', "four": '4', "five": '5',
	"six": '6', "seven": '7', "eight": '8', "nine": '9'}

// englishNumerals rewrites sixty-one, sixty one and sixtyone as 61, in place,
// unless a hundred or a thousand stands before them.
func englishNumerals(g []glyph) []glyph {
	n := 0
	for i := 0; i < len(g); {
		end := wordEnd(g, i)
		if end == i {
			g[n] = g[i]
			n, i = n+1, i+1
			continue
		}
		digits, length := englishNumber(g[:n], g[i:])
		if digits == "" {
			n += copy(g[n:], g[i:end])
			i = end
			continue
		}
		stop := i + length
		whole := span{g[i].from, g[stop-1].to}
		for _, d := range digits {
			g[n] = glyph{d, whole}
			n++
		}
		i = stop
	}
	return g[:n]
}

// englishNumber reads a number of two digits from the start of g, which is the
// start of a word, and gives the length that it takes up.
func englishNumber(before, g []glyph) (digits string, length int) {
	if n := len(before); n > 0 && (isDigit(before[n-1].r) || before[n-1].r == '-') {
		return "", 0
	}
	length = wordEnd(g, 0)
	word := letters(g[:length])
	for _, ty := range []int{7, 6, 5} { // seventy, twenty, forty
		if len(word) < ty {
			continue
		}
		tens, ok := englishTens[word[:ty]]
		if !ok {
			continue
		}
		ones := word[ty:]
		if ones == "" && length < len(g) && (g[length].r == ' ' || g[length].r == '-') {
			end := wordEnd(g, length+1)
			ones = letters(g[length+1 : end])
			length = end
		}
		one, ok := englishOnes[ones]
		if !ok || length < len(g) && isDigit(g[length].r) || afterHundred(before) {
			return "", 0
		}
		return string([]byte{tens, one}), length
	}
	return "", 0
}

// afterHundred reports whether g ends in hundred or thousand, with or without
// "and" behind it.
func afterHundred(g []glyph) bool {
	const longest = len("thousand and ")
	before := strings.TrimRight(letters(g[max(0, len(g)-longest):]), " ")
	before = strings.TrimRight(strings.TrimSuffix(before, " and"), " ")
	return strings.HasSuffix(before, "hundred") || strings.HasSuffix(before, "thousand")
}

// wordEnd gives the end of the Latin word that begins at g[i], i for none.
func wordEnd(g []glyph, i int) int {
	for i < len(g) && isLetter(g[i].r) {
		i++
	}
	return i
}

// letters is the text of g, ASCII only: it is for comparing with words.
func letters(g []glyph) string {
	const longest = 32 // no word that is looked for is longer
	var b [longest]byte
	if len(g) > longest {
		return ""
	}
	for i, c := range g {
		if c.r > 'z' {
			return ""
		}
		b[i] = byte(c.r)
	}
	return string(b[:len(g)])
}

// leadingZeros drops, in place, the zero of a code that is written with three
// digits, as some hosts do: 061 is 61. Two digits keep theirs (05), and so do
// longer numbers (0612, 2061) and parts of numbers, dates and times (1,061,
// 2.061, 010-061). What is left of the code stands for all of it.
func leadingZeros(g []glyph) []glyph {
	n := 0
	for i := 0; i < len(g); i++ {
		if isZeroOfCode(g[:n], g[i:]) {
			g[i+1].from = g[i].from
			continue
		}
		g[n] = g[i]
		n++
	}
	return g[:n]
}

// isZeroOfCode reports whether g starts with a zero and the two digits of a
// code that it is to be dropped from.
func isZeroOfCode(before, g []glyph) bool {
	if g[0].r != '0' || len(g) < 3 || !isDigit(g[1].r) || !isDigit(g[2].r) {
		return false
	}
	if after := g[3:]; len(after) > 0 {
		if isDigit(after[0].r) || isLetter(after[0].r) {
			return false
		}
		if len(after) > 1 && isDigit(after[1].r) && strings.ContainsRune(".,:- ", after[0].r) {
			return false
		}
	}
	return standsAlone(before)
}

// standsAlone reports whether a number that follows before is not the tail of
// a longer one or of an identifier.
func standsAlone(before []glyph) bool {
	n := len(before)
	if n == 0 {
		return true
	}
	switch r := before[n-1].r; {
	case isDigit(r):
		return false
	case isLetter(r):
		from := n
		for from > 0 && isLetter(before[from-1].r) {
			from--
		}
		return codePrefixes[letters(before[from:])]
	case strings.ContainsRune("*$¥€£+", r):
		return false
	case n > 1 && isDigit(before[n-2].r):
		return !strings.ContainsRune(".,:- ", r)
	}
	return true
}
