package mask

import (
	"unicode"
	"unicode/utf8"
)

// script is the way a digit is written. A group of digits is written in one
// script: "6222021234567894一直不行" is a number of sixteen digits and a word.
type script uint8

const (
	noDigit script = iota
	decimal        // 6, ６, ٦, 𝟔: all that Unicode counts as decimal digits
	circled        // ⑥, ⁶, Ⅵ, ㊅ and the like
	han            // 六, 陆, 幺
	spelled        // six, liu
)

// glyph is one visible character in the form in which it is compared.
type glyph struct {
	r        rune // half width, lower case, simplified; decimal and circled digits are 0-9
	from, to int  // its bytes, with those of invisible characters behind it
	digit    int8 // its value
	script   script
}

// fold appends the glyphs of s. Invisible characters (zero width, bidi
// controls, combining marks, the keycap around 6️⃣) are part of the glyph before
// them, so they neither hide a digit nor stay behind when it goes.
func fold(g []glyph, s string) []glyph {
	for i, r := range s {
		c := glyph{r: r, from: i, to: i + utf8.RuneLen(r)}
		if 0xff01 <= r && r <= 0xff5e {
			c.r = r - 0xfee0
		}
		switch {
		case '0' <= c.r && c.r <= '9':
			c.digit, c.script = int8(c.r-'0'), decimal
		case 'A' <= c.r && c.r <= 'Z':
			c.r += 'a' - 'A'
		case c.r < utf8.RuneSelf && (c.r >= ' ' && c.r != 0x7f || unicode.IsSpace(c.r)):
		default:
			if invisible(c.r) {
				if len(g) > 0 {
					g[len(g)-1].to = c.to
				}
				continue
			}
			if !c.setHan() && !c.setDecimal() {
				c.setCircled()
			}
		}
		g = append(g, c)
	}
	lookalikes(g)
	return g
}

func invisible(r rune) bool {
	if 0x3000 <= r && r <= 0x9fff {
		return r == 0x3164 // Hangul filler
	}
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn, unicode.Me) && !unicode.IsSpace(r)
}

func (c *glyph) setHan() bool {
	if !isHan(c.r) {
		return false
	}
	if d, ok := hanDigits[c.r]; ok {
		c.digit, c.script = d, han
	}
	if s, ok := simplified[c.r]; ok {
		c.r = s
	}
	return true
}

func isHan(r rune) bool { return 0x4e00 <= r && r <= 0x9fff || r == '〇' || r == '○' || r == '◯' }

func (c *glyph) setDecimal() bool {
	if !unicode.Is(unicode.Nd, c.r) {
		return false
	}
	// Every range of Nd begins with a zero and holds whole tens.
	var lo rune
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= c.r && c.r <= rune(t.Hi) {
			lo = rune(t.Lo)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= c.r && c.r <= rune(t.Hi) {
			lo = rune(t.Lo)
		}
	}
	c.digit, c.script = int8((c.r-lo)%10), decimal
	c.r = '0' + rune(c.digit)
	return true
}

func (c *glyph) setCircled() {
	for _, t := range circledDigits {
		if t.from <= c.r && c.r <= t.to {
			c.digit, c.script = int8(t.value+c.r-t.from), circled
			c.r = '0' + rune(c.digit)
			return
		}
	}
}

// lookalikes takes letters for digits where they stand between digits:
// 62220O12345l7894.
func lookalikes(g []glyph) {
	for i := 1; i < len(g); i++ {
		if g[i-1].script != decimal || lookalike(g[i].r) < 0 {
			continue
		}
		end := i
		for end < len(g) && end < i+longestCard && lookalike(g[end].r) >= 0 {
			end++
		}
		if end == len(g) || g[end].script != decimal {
			i = end - 1 // no digit before these either
			continue
		}
		for ; i < end; i++ {
			g[i].digit, g[i].script = lookalike(g[i].r), decimal
			g[i].r = '0' + rune(g[i].digit)
		}
	}
}

func lookalike(r rune) int8 {
	switch r {
	case 'o':
		return 0
	case 'l', 'i':
		return 1
	}
	return -1
}

// isLatin reports whether r is a letter of an English word or of pinyin.
func isLatin(r rune) bool { return 'a' <= r && r <= 'z' }

var hanDigits = map[rune]int8{
	'〇': 0, '零': 0, '○': 0, '◯': 0, '洞': 0,
	'一': 1, '壹': 1, '幺': 1, '弌': 1,
	'二': 2, '贰': 2, '貳': 2, '两': 2, '兩': 2, '弍': 2,
	'三': 3, '叁': 3, '叄': 3, '參': 3, '弎': 3,
	'四': 4, '肆': 4,
	'五': 5, '伍': 5,
	'六': 6, '陆': 6, '陸': 6,
	'七': 7, '柒': 7, '拐': 7,
	'八': 8, '捌': 8,
	'九': 9, '玖': 9, '勾': 9,
}

var circledDigits = []struct{ from, to, value rune }{
	{'①', '⑨', 1}, {'⓪', '⓪', 0}, {'⑴', '⑼', 1}, {'⒈', '⒐', 1}, {'⓵', '⓽', 1}, {'⓿', '⓿', 0},
	{'❶', '❾', 1}, {'➀', '➈', 1}, {'➊', '➒', 1}, {'🄋', '🄋', 0}, {'🄌', '🄌', 0},
	{'⁰', '⁰', 0}, {'¹', '¹', 1}, {'²', '³', 2}, {'⁴', '⁹', 4}, {'₀', '₉', 0},
	{'㊀', '㊈', 1}, {'㈠', '㈨', 1}, {'〡', '〩', 1}, {'Ⅰ', 'Ⅸ', 1}, {'ⅰ', 'ⅸ', 1},
	{'🄀', '🄀', 0}, {'🄁', '🄊', 0},
}

// spelledDigits are read where they stand as words of their own.
var spelledDigits = map[string]int8{
	"zero": 0, "oh": 0, "o": 0, "one": 1, "two": 2, "three": 3, "four": 4,
	"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
	"ling": 0, "dong": 0, "yi": 1, "yao": 1, "er": 2, "liang": 2, "san": 3, "si": 4,
	"wu": 5, "liu": 6, "qi": 7, "guai": 7, "ba": 8, "jiu": 9, "gou": 9,
}
