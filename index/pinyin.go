package index

import (
	_ "embed"
	"encoding/binary"
	"strings"
)

// pinyinData is written by TestPinyinTable -update from go-pinyin: a line of
// all toneless syllables, then for each rune from U+4E00 to U+9FFF the number
// of its commonest syllable as two bytes, little endian; 0xFFFF where it has
// none. The table of go-pinyin itself is a map of 41,000 strings that would be
// built at each start of the program.
//
//go:embed pinyin.bin
var pinyinData string

const (
	hanFirst, hanLast = 0x4E00, 0x9FFF
	noSyllable        = 0xFFFF
)

// pinyin knows the sound of Han characters and of Latin words that are pinyin.
// Sounds that typists confuse are one: zh z, ch c, sh s, and ng n at the end.
type pinyin struct {
	byRune string            // two bytes a rune
	fold   []uint32          // syllable number -> hash of its folded form
	number map[string]uint16 // syllable -> number
}

func newPinyin() *pinyin {
	line, table, _ := strings.Cut(pinyinData, "\n")
	names := strings.Fields(line)
	p := &pinyin{byRune: table, fold: make([]uint32, len(names)), number: make(map[string]uint16, len(names))}
	for i, n := range names {
		f := foldSyllable(n)
		p.fold[i] = hashString(f)
		if strings.ContainsAny(n, "aeiouv") { // m, n and hm are sounds, but nobody spells a word with them
			p.number[f] = uint16(i) // suaka is how some type shuaka
			p.number[n] = uint16(i)
		}
	}
	return p
}

// rune returns the folded sound of a Han character.
func (p *pinyin) rune(r rune) (sound uint32, ok bool) {
	if r < hanFirst || r > hanLast {
		return 0, false
	}
	i := 2 * int(r-hanFirst)
	n := binary.LittleEndian.Uint16([]byte{p.byRune[i], p.byRune[i+1]})
	if n == noSyllable {
		return 0, false
	}
	return p.fold[n], true
}

// word appends the sounds of a Latin word that is pinyin throughout, such as
// "shuaka", in the reading with the fewest syllables. It reports false, and
// appends nothing, for any other word.
func (p *pinyin) word(w string, sounds []uint32) ([]uint32, bool) {
	const maxSyllable, maxWord = 6, 40
	if len(w) < 2 || len(w) > maxWord {
		return sounds, false
	}
	// cost[i] is the least number of syllables that make up w[:i], last[i] the
	// length of the last of them.
	var cost, last [maxWord + 1]int
	for i := 1; i <= len(w); i++ {
		cost[i] = maxWord + 1
		for n := min(i, maxSyllable); n >= 1; n-- {
			if c := cost[i-n] + 1; c < cost[i] {
				if _, ok := p.number[w[i-n:i]]; ok {
					cost[i], last[i] = c, n
				}
			}
		}
	}
	if cost[len(w)] > maxWord {
		return sounds, false
	}
	n := len(sounds)
	for i := len(w); i > 0; i -= last[i] {
		sounds = append(sounds, p.fold[p.number[w[i-last[i]:i]]])
	}
	for i, j := n, len(sounds)-1; i < j; i, j = i+1, j-1 {
		sounds[i], sounds[j] = sounds[j], sounds[i]
	}
	return sounds, true
}

func foldSyllable(s string) string {
	if len(s) > 1 && s[1] == 'h' && strings.IndexByte("zcs", s[0]) >= 0 {
		s = s[:1] + s[2:]
	}
	if strings.HasSuffix(s, "ng") {
		s = s[:len(s)-1]
	}
	return s
}
