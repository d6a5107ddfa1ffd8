package text

import "slices"

// disguises lists words of the trade that are written wrongly on purpose (to
// get past filters: 刷KA卡) or by mistake, after Latin letters were made small.
// What is only a guess is not here: nobody can say what 正规POSS易说 meant.
//
// A rewritten word must not begin or end with a letter that the text goes on
// with: poss is a word, the poss of possible is none.
var disguises = []struct{ from, to string }{
	// a character masked by its own reading
	{"ka卡", "卡"}, {"xi息", "息"}, {"zheng证", "证"},
	{"刷ka", "刷卡"}, {"刷ka卡", "刷卡"}, {"换ka", "换卡"}, {"换ka卡", "换卡"},
	{"插ka", "插卡"}, {"插ka卡", "插卡"}, {"银行ka", "银行卡"}, {"银行ka卡", "银行卡"},
	{"信用ka", "信用卡"}, {"信用ka卡", "信用卡"}, {"借记ka", "借记卡"}, {"借记ka卡", "借记卡"},
	// a character masked by one that sounds or looks like it
	{"积芬", "积分"}, {"七咋", "欺诈"},
	{"涮卡", "刷卡"}, {"涮不", "刷不"}, {"涮信用卡", "刷信用卡"}, {"涮银行卡", "刷银行卡"},
	{"核淮", "核准"}, {"就答码", "应答码"}, {"应达码", "应答码"}, {"错误马", "错误码"}, {"代马", "代码"},
	// the machine itself
	{"poss", "pos"}, {"p0s", "pos"}, {"pso机", "pos机"}, {"poes机", "pos机"}, {"pose机", "pos机"},
}

// disguise is one entry of disguises in the form the scan needs.
type disguise struct{ from, to []rune }

// disguisesByRune holds the entries by their first rune, the longest first.
var disguisesByRune = func() map[rune][]disguise {
	m := make(map[rune][]disguise)
	for _, d := range disguises {
		from := []rune(d.from)
		m[from[0]] = append(m[from[0]], disguise{from, []rune(d.to)})
	}
	for _, ds := range m {
		slices.SortStableFunc(ds, func(a, b disguise) int { return len(b.from) - len(a.from) })
	}
	return m
}()

// undisguise rewrites the words of disguises, in place. One rewriting can make
// room for another (涮KA卡, 涮卡, 刷卡), so it goes on until none is left; the
// table bounds how often that can be. No rewriting is longer than what it
// replaces, so the write position never overtakes the read position.
func undisguise(g []glyph) []glyph {
	for {
		n, changed := 0, false
		for i := 0; i < len(g); {
			d, ok := disguiseAt(g, i)
			if !ok {
				g[n] = g[i]
				n, i = n+1, i+1
				continue
			}
			changed = true
			n += rewrite(g[n:], g[i:i+len(d.from)], d)
			i += len(d.from)
		}
		g = g[:n]
		if !changed {
			return g
		}
	}
}

// rewrite puts d.to where out begins and gives its length; word is what it
// replaces. A rune that both have at the same place keeps its own origin; behind
// those, every new rune stands for all that is left of the word, unless there is
// one old for one new.
func rewrite(out, word []glyph, d disguise) int {
	end := word[len(word)-1].to
	same := 0
	for same < len(d.to) && d.to[same] == d.from[same] {
		same++
	}
	rest := word[min(same, len(word)-1)].from
	for k, r := range d.to {
		origin := word[k].span
		if len(d.to) < len(word) && k >= same {
			origin = span{rest, end}
		}
		out[k] = glyph{r, origin}
	}
	out[len(d.to)-1].to = end
	return len(d.to)
}

// disguiseAt finds the longest disguised word that begins at g[i].
func disguiseAt(g []glyph, i int) (disguise, bool) {
	for _, d := range disguisesByRune[g[i].r] {
		if hasRunes(g[i:], d.from) && !splitsWord(g, i) && !splitsWord(g, i+len(d.from)) {
			return d, true
		}
	}
	return disguise{}, false
}

func hasRunes(g []glyph, word []rune) bool {
	if len(g) < len(word) {
		return false
	}
	for i, r := range word {
		if g[i].r != r {
			return false
		}
	}
	return true
}

// splitsWord reports whether there are letters on both sides of position i.
func splitsWord(g []glyph, i int) bool {
	return 0 < i && i < len(g) && isLetter(g[i-1].r) && isLetter(g[i].r)
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' }
func isDigit(r rune) bool  { return '0' <= r && r <= '9' }
