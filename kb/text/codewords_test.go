package text

import (
	"strings"
	"testing"
)

// Every word has one role; a second would silently win.
func TestLexiconsHaveNoDuplicates(t *testing.T) {
	for name, l := range map[string]*lexicon{"before": before(), "behind": behind(), "joins": joins()} {
		n := 0
		for _, row := range l.rows {
			seen := map[string]bool{}
			for _, w := range strings.Fields(row.words) {
				n++
				if seen[w] {
					t.Errorf("%s: %q twice in one row", name, w)
				}
				seen[w] = true
				if got := l.roles[strings.ReplaceAll(w, "_", " ")]; got != row.role {
					t.Errorf("%s: %q has role %d and %d", name, w, row.role, got)
				}
			}
		}
	}
}

func BenchmarkLexicons(b *testing.B) {
	rows := append(before().rows, behind().rows...)
	for b.Loop() {
		newLexicon(rows)
	}
}
