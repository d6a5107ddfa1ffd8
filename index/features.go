package index

import (
	"slices"
	"unicode/utf8"
)

// A feature is the hash of something that a text contains. Its two lowest bits
// say what kind it is, because the kinds weigh differently.
//
// 32 bits are enough: among 100,000 features one pair or two collide, and a
// collision only adds a little noise to two of them.
type feature = uint32

const (
	wordFeature   = 0 // one or two neighbouring units
	charFeature   = 1 // letters inside a Latin word, with its ends marked
	pinyinFeature = 2 // two neighbouring syllables
	kinds         = 3

	maxGram            = 2 // units in a word feature
	minChars, maxChars = 3, 4
)

// extractor turns units into features. It is read-only after newExtractor.
type extractor struct {
	pinyin *pinyin
}

func newExtractor() *extractor { return &extractor{pinyin: newPinyin()} }

// features returns what a text contains, ascending and each once. How often
// does not matter: merchants write a line, not a page.
func (e *extractor) features(us []unit) []feature {
	fs := make([]feature, 0, 8*len(us)+16)
	for i := range us {
		for n := 1; n <= maxGram && i+n <= len(us); n++ {
			fs = append(fs, gram(us[i:i+n]))
		}
		if !us[i].han {
			fs = appendChars(fs, us[i].text)
		}
	}
	fs = e.appendPinyin(fs, us)
	slices.Sort(fs)
	return slices.Compact(fs)
}

// gram is the feature of neighbouring units.
func gram(us []unit) feature {
	h := uint32(wordFeature)
	for _, u := range us {
		h = mix(h, u.hash)
	}
	return h&^3 | wordFeature
}

// appendChars appends the pieces of a word, three or four letters long, which
// forgive misspelling and inflection.
func appendChars(fs []feature, w string) []feature {
	if len(w) < 2 || len(w) > 40 {
		return fs
	}
	w = "^" + w + "$"
	for i := range w {
		h, n := uint32(charFeature), 0
		for _, r := range w[i:] {
			h = mix(h, uint32(r))
			if n++; n >= minChars {
				fs = append(fs, h&^3|charFeature)
			}
			if n == maxChars {
				break
			}
		}
	}
	return fs
}

// appendPinyin appends pairs of neighbouring syllables. A Latin word counts as
// pinyin only in a text whose Latin words mostly are: "change" alone could be
// "chan ge".
func (e *extractor) appendPinyin(fs []feature, us []unit) []feature {
	sounds := make([]uint32, 0, 2*len(us))
	latin, spelt := 0, 0
	mark := make([]int, 0, len(us)+1) // where each unit's sounds begin
	for _, u := range us {
		mark = append(mark, len(sounds))
		if u.han {
			r, _ := utf8.DecodeRuneInString(u.text)
			if s, ok := e.pinyin.rune(r); ok {
				sounds = append(sounds, s)
			}
			continue
		}
		if u.text[0] < 'a' || u.text[0] > 'z' {
			continue
		}
		var ok bool
		latin += len(u.text)
		if sounds, ok = e.pinyin.word(u.text, sounds); ok {
			spelt += len(u.text)
		}
	}
	mark = append(mark, len(sounds))
	isPinyin := 3*spelt > 2*latin
	prev := uint32(0)
	for i, u := range us {
		if !u.han && !isPinyin || mark[i] == mark[i+1] {
			prev = 0
			continue
		}
		for _, s := range sounds[mark[i]:mark[i+1]] {
			if prev != 0 {
				fs = append(fs, mix(mix(pinyinFeature, prev), s)&^3|pinyinFeature)
			}
			prev = s
		}
	}
	return fs
}

// hashString is FNV-1a.
func hashString(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// mix folds the next part of a sequence into h.
func mix(h, next uint32) uint32 {
	x := uint64(h^0x9E3779B9)*0xFF51AFD7ED558CCD ^ uint64(next)*0xC4CEB9FE1A85EC53
	x ^= x >> 29
	x *= 0xBF58476D1CE4E5B9
	return uint32(x >> 32)
}
