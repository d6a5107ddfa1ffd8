// Package text puts what a merchant typed into one normal form, and reads
// response codes out of it.
//
// Knowledge-base lint, index, triage and card masking all see a message
// through [Normalise], so that "ＰＯＳ機顯示６１", "POS机显示六十一" and
// "pos机显示061" are one question to all of them. The way back to the typed
// text is kept: [Text.Span] says which bytes of the original a piece of the
// normal form came from, which is what highlighting and masking need.
//
// [Codes] parses response codes instead of searching for them: 61 is a code
// in "又是61" and is none in 610, 1961, 61元, 6.1万, 6月1日 or 尾号51.
//
// The package imports nothing of ours and keeps no state besides tables that
// are built once, on first use.
package text

import (
	"unicode/utf8"
)

// Text is a message in its normal form together with the way back to what was
// typed. The zero Text is the empty message.
type Text struct {
	Original string
	Norm     string

	// spans holds, for every byte of Norm, the bytes of Original that it
	// stands for. It is nil when Norm equals Original.
	spans []span
}

// span is a byte range of Text.Original.
type span struct{ from, to uint32 }

// glyph is one rune on its way to the normal form, with the bytes of the
// original that it stands for. Every step of Normalise takes and gives a slice
// of these, so none of them has to know about offsets of another.
type glyph struct {
	r rune
	span
}

// Normalise puts s into its normal form:
//
//   - NFKC, lower case; full-width forms become ASCII, 、 and 。 stay
//   - control, bidi, zero-width and enclosing characters go, invalid UTF-8
//     becomes U+FFFD, a run of white space becomes one space
//   - traditional characters become simplified ones
//   - disguised and misspelt words of the trade are put right (刷KA卡, POSS机)
//   - numbers in words become digits (六十一, 六一, 陆拾壹, sixty-one)
//   - a three-digit code loses its leading zero (061, but not 05)
//
// It takes linear time, and normalising a normal form changes nothing.
func Normalise(s string) Text {
	var room [128]glyph // most messages fit and never reach the heap
	g := fold(room[:0], s)
	g = spaces(g)
	g = undisguise(g)
	g = chineseNumerals(g)
	g = englishNumerals(g)
	g = leadingZeros(g)
	return render(s, g)
}

// render writes the glyphs out as the normal form of s.
func render(s string, g []glyph) Text {
	norm := make([]byte, 0, len(s)+8)
	for _, c := range g {
		norm = utf8.AppendRune(norm, c.r)
	}
	if string(norm) == s {
		return Text{Original: s, Norm: s}
	}
	spans := make([]span, 0, len(norm))
	for _, c := range g {
		for range utf8.RuneLen(c.r) {
			spans = append(spans, c.span)
		}
	}
	return Text{Original: s, Norm: string(norm), spans: spans}
}

// Span gives the byte range of t.Original that t.Norm[start:end] stands for.
// Both ends lie on rune boundaries; what is out of range is clamped, and a
// range that cuts a rune, or one of several runes that stand for one (六十一
// for 61), grows to hold all of it. An empty range gives an empty range.
func (t Text) Span(start, end int) (int, int) {
	start = min(max(start, 0), len(t.Norm))
	end = min(max(end, start), len(t.Norm))
	empty := start == end
	for start > 0 && start < len(t.Norm) && !utf8.RuneStart(t.Norm[start]) {
		start--
	}
	for end > 0 && end < len(t.Norm) && !utf8.RuneStart(t.Norm[end]) {
		end++
	}
	if t.spans == nil {
		// Norm is Original; a Text put together by hand may be neither.
		return t.inOriginal(start, end, empty)
	}
	if empty {
		at := len(t.Original)
		if start < len(t.spans) {
			at = int(t.spans[start].from)
		} else if n := len(t.spans); n > 0 {
			at = int(t.spans[n-1].to)
		}
		return at, at
	}
	return int(t.spans[start].from), int(t.spans[end-1].to)
}

// inOriginal clamps a range that is the same in both texts.
func (t Text) inOriginal(start, end int, empty bool) (int, int) {
	start, end = min(start, len(t.Original)), min(end, len(t.Original))
	if empty {
		end = start
	}
	return start, end
}
