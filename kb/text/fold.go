package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many combining marks may follow one character. Text needs
// two or three; more is decoration, and beyond thirty the Unicode algorithm
// would begin to insert characters of its own.
const maxMarks = 8

// fold appends the runes of s in NFKC, lower case and simplified, without
// those that carry no text. The steps feed each other (lower case can make a
// new composition possible, NFKC can yield capitals and spaces), so they are
// repeated until nothing changes; ordinary messages pass once.
func fold(g []glyph, s string) []glyph {
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		g = append(g, glyph{r, span{uint32(i), uint32(i + n)}})
	}
	for {
		var simple bool
		g, simple = clean(g)
		if simple {
			return g
		}
		var changed bool
		g, changed = compose(g)
		if !changed {
			return g
		}
	}
}

// clean maps every rune by plain and drops what plain drops, in place. It
// reports whether all that is left is simple, which means NFKC cannot change
// it.
func clean(g []glyph) (out []glyph, simple bool) {
	out, simple = g[:0], true
	marks := 0
	for _, c := range g {
		c.r = plain(c.r)
		if c.r < 0 {
			continue
		}
		if inert(c.r) {
			marks = 0
		} else {
			simple = false
			if startsSegment(c.r) {
				marks = 0
			} else if marks++; marks > maxMarks {
				continue
			}
		}
		out = append(out, c)
	}
	return out, simple
}

// plain gives the rune that stands for r in the normal form, or -1 for none.
// plain(plain(r)) == plain(r).
func plain(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return plainASCII(r)
	case isHan(r):
		return simplified(r)
	case 0xff01 <= r && r <= 0xff5e: // full-width ASCII
		return plainASCII(r - 0xfee0)
	case r == '、' || r == '。':
		return r
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Me,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return -1
	case unicode.Is(unicode.Nd, r):
		return digit(r)
	}
	switch r {
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return '-'
	case '‘', '’', '‛', '′':
		return '\''
	case '“', '”', '„', '″':
		return '"'
	}
	return unicode.ToLower(r)
}

func plainASCII(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r == ' ' || '\t' <= r && r <= '\r':
		return ' '
	case r < ' ' || r == 0x7f:
		return -1
	}
	return r
}

// digit gives the ASCII form of a decimal digit of any script. Unicode lays
// each script's ten digits out in a row, zero first.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}

// isHan reports whether r is a unified ideograph (compatibility ones, at
// F900, become unified ones by NFKC).
func isHan(r rune) bool {
	return 0x4e00 <= r && r <= 0x9fff || 0x3400 <= r && r <= 0x4dbf || 0x20000 <= r && r <= 0x2f7ff || 0x30000 <= r && r <= 0x3ffff
}

// inert reports whether NFKC leaves r alone whatever stands around it, as long
// as no combining mark follows. It need not find all such runes, only the
// common ones, cheaply.
func inert(r rune) bool {
	return r < utf8.RuneSelf || isHan(r) || r == '、' || r == '。'
}

// startsSegment reports whether nothing before r can combine with it.
func startsSegment(r rune) bool {
	var b [utf8.UTFMax]byte
	n := utf8.EncodeRune(b[:], r)
	return norm.NFKC.Properties(b[:n]).BoundaryBefore()
}

// compose brings g into NFKC, segment by segment: a segment is a character
// with the marks after it, and all that comes out of it stands for all of it.
func compose(g []glyph) (out []glyph, changed bool) {
	raw := make([]byte, 0, 4*len(g))
	for _, c := range g {
		raw = utf8.AppendRune(raw, c.r)
	}
	if norm.NFKC.IsNormal(raw) {
		return g, false
	}
	out = make([]glyph, 0, len(g)+len(g)/4)
	var segment, composed []byte
	for i := 0; i < len(g); {
		j := i + 1
		for j < len(g) && g[j].r >= utf8.RuneSelf && !isHan(g[j].r) && !startsSegment(g[j].r) {
			j++
		}
		if j == i+1 && inert(g[i].r) {
			out = append(out, g[i])
			i = j
			continue
		}
		segment = segment[:0]
		for _, c := range g[i:j] {
			segment = utf8.AppendRune(segment, c.r)
		}
		composed = norm.NFKC.Append(composed[:0], segment...)
		whole := span{g[i].from, g[j-1].to}
		for _, r := range string(composed) {
			out = append(out, glyph{r, whole})
		}
		i = j
	}
	return out, true
}

// spaces makes one space of every run of them and none at either end, in
// place. The one that is left stands for the whole run.
func spaces(g []glyph) []glyph {
	out := g[:0]
	for _, c := range g {
		if c.r != ' ' {
			out = append(out, c)
		} else if n := len(out); n > 0 && out[n-1].r == ' ' {
			out[n-1].to = c.to
		} else if n > 0 {
			out = append(out, c)
		}
	}
	if n := len(out); n > 0 && out[n-1].r == ' ' {
		out = out[:n-1]
	}
	return out
}
