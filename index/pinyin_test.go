package index

import (
	"encoding/binary"
	"flag"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gopinyin "github.com/mozillazg/go-pinyin"
)

var update = flag.Bool("update", false, "rewrite pinyin.bin and golden files")

// TestPinyinTable holds pinyin.bin against go-pinyin, from which it is made.
func TestPinyinTable(t *testing.T) {
	args := gopinyin.NewArgs() // toneless, commonest reading
	seen := map[string]bool{}
	sound := make([]string, hanLast-hanFirst+1)
	for r := rune(hanFirst); r <= hanLast; r++ {
		if py := gopinyin.SinglePinyin(r, args); len(py) > 0 {
			s := strings.ReplaceAll(py[0], "ü", "v")
			ascii := strings.IndexFunc(s, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
			if ascii {
				sound[r-hanFirst], seen[s] = s, true
			}
		}
	}
	names := make([]string, 0, len(seen))
	for s := range seen {
		names = append(names, s)
	}
	sort.Strings(names)
	number := map[string]uint16{"": noSyllable}
	for i, s := range names {
		number[s] = uint16(i)
	}
	want := []byte(strings.Join(names, " ") + "\n")
	for _, s := range sound {
		want = binary.LittleEndian.AppendUint16(want, number[s])
	}
	if *update {
		if err := os.WriteFile("pinyin.bin", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if pinyinData != string(want) {
		t.Fatal("pinyin.bin is not what go-pinyin says; run go test -run TestPinyinTable -update")
	}
}

func TestPinyinWord(t *testing.T) {
	p := newPinyin()
	for _, tt := range []struct {
		word, same string // the Han text that must sound the same; "" = no pinyin
	}{
		{"shuaka", "刷卡"},
		{"suaka", "刷卡"},
		{"chaoxian", "超限"},
		{"mima", "密码"},
		{"declined", ""},
		{"pos", ""},
		{"", ""},
		{strings.Repeat("ka", 30), ""},
	} {
		got, ok := p.word(tt.word, nil)
		var want []uint32
		for _, r := range tt.same {
			s, _ := p.rune(r)
			want = append(want, s)
		}
		if ok != (tt.same != "") || !cmp.Equal(got, want) {
			t.Errorf("word(%q) = %v, %v; want %v", tt.word, got, ok, want)
		}
	}
}
