package mask

import "strings"

// This file reads what people paste: chats and lists, in which a number goes on
// behind a name, a time or the number of a line.

const longestHeader = 40 // of glyphs

// header gives the end of what heads the line at g[i], or 0:
//
//	李娜 9:31            [9:31] 李娜: 62220212     1. 6222
//	62220212             [9:32] 李娜: 34567894     2. 0212
//	李娜 9:32
//	34567894
func header(g []glyph, i int) int {
	if i > 0 && kindOf(g[i-1].r) != line {
		return 0
	}
	if end := listNumber(g, i); end > 0 && (listGoesOn(g, i, end) || listWentOn(g, i)) {
		return end
	}
	return chatHeader(g, i)
}

// chatHeader reads a name and a time, alone in a line or before a colon, or a
// name and a colon if the next or the previous line begins alike.
func chatHeader(g []glyph, i int) int {
	letters, digits, times := 0, 0, 0
	for end := i; end < len(g) && end-i < longestHeader; end++ {
		switch c := g[end]; {
		case kindOf(c.r) == line:
			if letters > 0 && times > 0 && digits <= 14 {
				return end
			}
			return 0
		case c.script == decimal:
			digits++
		case c.r == ':':
			if end > i && g[end-1].script == decimal && end+2 < len(g) && g[end+1].script == decimal && g[end+2].script == decimal {
				times++
				continue
			}
			if letters > 0 && (times > 0 && digits <= 14 || digits == 0 && repeated(g, i, end)) {
				return end + 1
			}
			return 0
		case isHan(c.r), isLatin(c.r):
			if w, _ := wordAt(g, end); w != nil && w.is&^(fill|join) != 0 {
				return 0
			}
			letters++
		case strings.ContainsRune(" -/.[]()", c.r):
		default:
			return 0
		}
	}
	return 0
}

// repeated reports whether the line after the one at g[i], or the line before,
// begins with glyphs i to end as well.
func repeated(g []glyph, i, end int) bool {
	alike := func(k int) bool {
		for n := i; n <= end; n++ {
			if k+n-i >= len(g) || g[k+n-i].r != g[n].r {
				return false
			}
		}
		return true
	}
	next := lineEnd(g, end) + 1
	return next < len(g) && alike(next) || i > 0 && alike(lineStart(g, i-1))
}

// listNumber reads "1." and the like before a number.
func listNumber(g []glyph, i int) int {
	if i < len(g) && (g[i].r == '(' || g[i].r == '[') {
		i++
	}
	if i+2 >= len(g) || g[i].script == noDigit || g[i].script == spelled || !strings.ContainsRune(".)、:]", g[i+1].r) {
		return 0
	}
	end := i + 2
	for end < len(g) && g[end].r == ' ' {
		end++
	}
	if end+1 < len(g) && g[end].script == decimal && g[end+1].script == decimal {
		return end
	}
	return 0
}

// listGoesOn reports whether the next line has the next number of a list, and
// listWentOn whether the previous line has the previous one.
func listGoesOn(g []glyph, i, end int) bool {
	next := lineEnd(g, end) + 1
	return next < len(g) && listNumber(g, next) > 0 && listed(g, next) == listed(g, i)+1
}

func listWentOn(g []glyph, i int) bool {
	if i == 0 {
		return false
	}
	previous := lineStart(g, i-1)
	return listNumber(g, previous) > 0 && listed(g, previous) == listed(g, i)-1
}

func listed(g []glyph, i int) int {
	if g[i].script == noDigit {
		i++
	}
	return int(g[i].digit)
}

// lineEnd and lineStart give where the line of g[i] ends and begins, or i if
// that is too far away.
func lineEnd(g []glyph, i int) int {
	for end := i; end < len(g) && end-i < longestHeader; end++ {
		if kindOf(g[end].r) == line {
			return end
		}
	}
	return len(g)
}

func lineStart(g []glyph, i int) int {
	for start := i; start > 0 && i-start < longestHeader; start-- {
		if kindOf(g[start-1].r) == line {
			return start
		}
	}
	return 0
}
