package mask

import "strings"

// This file reads the words that count digits rather than are some: 后四位,
// 第一组, last four, 3 digits.

// counting gives the end of such a word at g[i], or 0, and how many it counts.
func counting(g []glyph, i int) (end, n int) {
	if isLatin(g[i].r) || g[i].script == decimal {
		if end, n := countingEnglish(g, i); end > 0 {
			return end, n
		}
	}
	return countingChinese(g, i)
}

// countingChinese reads 四位, 4位数字, 三个数, 几位, 第一组.
func countingChinese(g []glyph, i int) (end, n int) {
	followers := countedBy
	switch {
	case g[i].r == '第':
		followers = ordinalOf
		i++
	case i > 0 && g[i-1].script != noDigit && g[i-1].script == g[i].script:
		return 0, 0
	}
	at := i
	for i < len(g) && (g[i].script != noDigit || g[i].r == '几' || g[i].r == '十') && i-at < 2 {
		n = 10*n + max(0, int(g[i].digit))
		i++
	}
	if i == at || i == len(g) {
		return 0, 0
	}
	switch r := g[i].r; {
	case strings.ContainsRune(followers, r):
	case r == '个' && (i+1 < len(g) && strings.ContainsRune("数号字", g[i+1].r) || at > 0 && strings.ContainsRune("那后前末头尾", g[at-1].r)):
	default:
		return 0, 0
	}
	for _, r := range "数字" { // 四位数字
		if i+1 < len(g) && g[i+1].r == r {
			i++
		}
	}
	return i + 1, n
}

// countingEnglish reads "last four", "first 6 digits", "3 numbers".
func countingEnglish(g []glyph, i int) (end, n int) {
	if i > 0 && (isLatin(g[i-1].r) || g[i-1].script != noDigit) {
		return 0, 0
	}
	which, end := englishWord(g, i)
	led := whichDigits[which]
	if led {
		if end = afterGap(g, end); end == 0 {
			return 0, 0
		}
		i = end
	}
	if g[i].script == decimal {
		for end = i; end < len(g) && g[end].script == decimal; end++ {
			n = 10*n + int(g[end].digit)
			if end-i == 2 {
				return 0, 0
			}
		}
	} else {
		var w string
		w, end = englishWord(g, i)
		d, ok := spelledDigits[w]
		if !ok {
			return 0, 0
		}
		n = int(d)
	}
	if next := afterGap(g, end); next > 0 {
		if w, e := englishWord(g, next); countedDigits[w] {
			return e, n
		}
	}
	if !led || end-i > 1 && g[i].script == decimal { // next 94
		return 0, 0
	}
	return end, n
}

// englishWord gives the short word at g[i] and its end.
func englishWord(g []glyph, i int) (string, int) {
	var buf [10]byte
	end := i
	for end < len(g) && isLatin(g[end].r) {
		if end-i == len(buf) {
			return "", i
		}
		buf[end-i] = byte(g[end].r)
		end++
	}
	return string(buf[:end-i]), end
}

// afterGap gives what follows the space or hyphen at g[i], or 0.
func afterGap(g []glyph, i int) int {
	if i+1 < len(g) && (g[i].r == ' ' || g[i].r == '-') {
		return i + 1
	}
	return 0
}
