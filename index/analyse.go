package index

import (
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"

	"decline61/kb/text"
)

const (
	// maxText is how much of a message is read. Nobody asks a question in more
	// than 4 KB; without the limit a pasted log would cost its length in every
	// engine.
	maxText = 4 << 10
	// maxUnits bounds the words and characters taken from one text.
	maxUnits = 1024
)

// unit is the smallest piece that matching looks at: one Han character, or one
// run of letters or of digits.
type unit struct {
	text string // normalised; Latin words in lower case
	stem string // what stands for it in both engines: a Latin word's stem, else text
	hash uint32 // of stem
	han  bool
}

func newUnit(text string, han bool) unit {
	u := unit{text: text, stem: text, han: han}
	if !han {
		u.text = lower(text)
		u.stem = stem(u.text)
	}
	u.hash = hashString(u.stem)
	return u
}

// clip cuts s to maxText bytes at a rune boundary.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// units normalises s and cuts it up. Punctuation, symbols and bytes that are no
// UTF-8 only separate. "刷卡报61了" gives 刷 卡 报 61 了.
func units(s string) []unit {
	s = text.Normalise(clip(s)).Norm
	us := make([]unit, 0, len(s)/3+4)
	start, kind := 0, byte(0) // the open run: 0 none, 'a' letters, '1' digits
	flush := func(end int) {
		if kind != 0 && len(us) < maxUnits {
			us = append(us, newUnit(s[start:end], false))
		}
		kind = 0
	}
	for i, r := range s {
		var k byte
		switch {
		case unicode.Is(unicode.Han, r):
			flush(i)
			if len(us) < maxUnits {
				us = append(us, newUnit(s[i:i+utf8.RuneLen(r)], true))
			}
			continue
		case r == '\'' || r == '’':
			if kind == 'a' {
				k = 'a' // don't is one word
			}
		case unicode.IsLetter(r) || unicode.IsMark(r):
			k = 'a'
		case unicode.IsDigit(r):
			k = '1'
		}
		if k != kind {
			flush(i)
			start, kind = i, k
		}
	}
	flush(len(s))
	return us
}

// lower drops apostrophes and upper case from a word.
func lower(w string) string {
	plain := true
	for i := 0; i < len(w); i++ {
		if c := w[i]; c >= utf8.RuneSelf || c == '\'' || 'A' <= c && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return w
	}
	b := make([]byte, 0, len(w))
	for _, r := range w {
		if r != '\'' && r != '’' {
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	return string(b)
}

// stem reduces an English word to its stem, so that "declined" meets
// "declines". Words that are too short or not English pass unchanged.
func stem(w string) string {
	if len(w) < 4 || w[0] >= utf8.RuneSelf || w[0] < 'a' {
		return w
	}
	env := snowballstem.NewEnv(w)
	english.Stem(env)
	return env.Current()
}

// word is a term of bleve's index, and the feature that stands for it in the
// model.
type word struct {
	text string
	f    feature
	pair bool // of Han characters
}

// words gives the terms of a text for bleve: Latin words as stems, Han
// characters alone and in pairs. Single characters matter: with pairs only,
// hit@1 on short merchant questions was 18 points lower.
func words(us []unit) []word {
	ws := make([]word, 0, 2*len(us))
	for i, u := range us {
		ws = append(ws, word{text: u.stem, f: gram(us[i : i+1])})
		if u.han && i+1 < len(us) && us[i+1].han {
			ws = append(ws, word{u.text + us[i+1].text, gram(us[i : i+2]), true})
		}
	}
	return ws
}
