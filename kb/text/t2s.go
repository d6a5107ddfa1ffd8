package text

import (
	_ "embed"
	"strings"
	"sync"
)

// t2sTable is OpenCC's character table; t2s.NOTICE says where it is from and
// how to rebuild it. Characters are enough here: what the phrase table of
// OpenCC adds are rare readings (乾坤, 瞭望) that no question turns on.
//
//go:embed t2s.txt
var t2sTable string

// t2sExtra are variants that are no traditional characters but are written
// for one another all the time: 到帐 and 到账, 帐户 and 账户.
var t2sExtra = map[rune]rune{'帐': '账'}

// loadT2S waits for the first text that has Chinese in it.
var loadT2S = sync.OnceValue(makeT2S)

func makeT2S() map[rune]rune {
	table := make(map[rune]rune, 3300)
	for line := range strings.Lines(t2sTable) {
		from, to, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		simple := []rune(to)
		for i, r := range []rune(from) {
			table[r] = simple[i]
		}
	}
	for r, s := range t2sExtra {
		table[r] = s
	}
	for r, s := range table { // 帳 -> 帐 -> 账
		if s, ok := t2sExtra[s]; ok {
			table[r] = s
		}
	}
	return table
}

// simplified gives the simplified form of a Han character.
func simplified(r rune) rune {
	if s, ok := loadT2S()[r]; ok {
		return s
	}
	return r
}
