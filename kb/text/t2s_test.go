package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TestT2SFile checks what simplified and Normalise rely on: pairs of Han
// characters, sorted, each once, no character simplified further, and NFKC has
// nothing to add.
func TestT2SFile(t *testing.T) {
	last, n := rune(0), 0
	for line := range strings.Lines(t2sTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		from, to, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || utf8.RuneCountInString(from) != utf8.RuneCountInString(to) {
			t.Fatalf("line does not pair: %q", line)
		}
		for _, r := range from {
			if r <= last {
				t.Errorf("%c is out of order", r)
			}
			last = r
			n++
		}
		for _, r := range from + to {
			if !isHan(r) || !norm.NFKC.IsNormalString(string(r)) {
				t.Errorf("%c (%U) is no plain Han character", r, r)
			}
		}
	}
	if n < 3000 {
		t.Errorf("only %d pairs", n)
	}
	for from, to := range loadT2S() {
		if again := simplified(to); again != to {
			t.Errorf("%c becomes %c and then %c", from, to, again)
		}
	}
}

func TestSimplified(t *testing.T) {
	const traditional = "機碼顯額卡銀應還沒錯誤報單撥處當髮發麵裡裏為爲臺後餘帳賬"
	const simple = "机码显额卡银应还没错误报单拨处当发发面里里为为台后余账账"
	want := []rune(simple)
	for i, r := range []rune(traditional) {
		if got := simplified(r); got != want[i] {
			t.Errorf("%c: got %c, want %c", r, got, want[i])
		}
	}
}

func BenchmarkLoadT2S(b *testing.B) {
	for b.Loop() {
		makeT2S()
	}
}
