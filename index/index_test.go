package index

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decline61/kb"
)

// testKB is small enough to read and has all that a knowledge base has.
func testKB() *kb.KB {
	return &kb.KB{
		Version: "test",
		Entries: []*kb.Entry{
			{ID: "issuer-limit", Status: "approved",
				Title:     kb.Bilingual{ZH: "卡的限额", EN: "The card's own limit"},
				Phrasings: []string{"额度够但是报61", "卡里明明有钱却提示超限", "刷大额就超限额", "换张卡就能刷", "银行单笔限额", "card over its limit", "declined 61 but the card has money"}},
			{ID: "wrong-pin", Status: "approved",
				Title:     kb.Bilingual{ZH: "密码错误", EN: "Wrong PIN"},
				Phrasings: []string{"密码输错了", "提示密码错误55", "顾客忘记密码", "输了三次密码锁了", "wrong pin entered", "customer forgot the pin"}},
			{ID: "weak-signal", Status: "approved",
				Title:     kb.Bilingual{ZH: "信号弱", EN: "Weak signal"},
				Phrasings: []string{"机器没信号", "流量卡没网", "信号只有一格", "地下室收不到信号", "no signal on the terminal", "sim card has no network"}},
			{ID: "card-expired", Status: "draft", Phrasings: []string{"卡过期了", "expired card"}},
		},
		Routes: []kb.Route{
			{ID: "human", Phrasings: []string{"转人工", "找客服", "我要跟人说话", "talk to a person"}},
			{ID: "thanks", Phrasings: []string{"谢谢", "多谢了", "thank you"}},
		},
		Background: []kb.Background{
			{Topic: "weather", Lines: []string{"明天下雨吗", "今天天气怎么样", "will it rain tomorrow"}},
			{Topic: "fees", Lines: []string{"费率是多少", "手续费怎么算", "what are your fees"}},
		},
	}
}

func newIndex(t testing.TB, k *kb.KB, opts ...Option) *Index {
	t.Helper()
	x, err := New(k, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func match(t testing.TB, x *Index, text string) Match {
	t.Helper()
	m, err := x.Match(t.Context(), text)
	if err != nil {
		t.Fatalf("Match(%.40q): %v", text, err)
	}
	return m
}

func TestMatch(t *testing.T) {
	x := newIndex(t, testKB())
	for _, tt := range []struct{ text, want string }{
		{"POS机刷卡提示超限额", "issuer-limit"},
		{"明明有钱就是报61", "issuer-limit"},
		{"为啥又说密码不对", "wrong-pin"},
		{"mima cuowu", "wrong-pin"},
		{"蜜码错误", "wrong-pin"},
		{"chao xian e le", "issuer-limit"},
		{"The customer entered wrong PINs", "wrong-pin"},
		{"no sinal at all", "weak-signal"},
		{"機器沒信號", "weak-signal"},
	} {
		m := match(t, x, tt.text)
		if len(m.Hits) == 0 || m.Hits[0].ID != tt.want {
			t.Errorf("Match(%q) = %+v, want %s first", tt.text, m.Hits, tt.want)
		}
	}
}

// TestMatchIsWhole checks what holds for every Match.
func TestMatchIsWhole(t *testing.T) {
	x := newIndex(t, testKB())
	for _, text := range []string{"额度够但是报61", "转人工", "明天会下雨吗", "卡过期了", "zzz qqq 鑫鑫鑫"} {
		m := match(t, x, text)
		sum := m.Background
		for _, r := range m.Routes {
			sum += r.P
		}
		for i, h := range m.Hits {
			sum += h.P
			if h.Score < 0 || h.Score > 1 || h.P < 0 || h.P > 1 || h.Cos < 0 || h.Cos > 1 || h.BM25 < 0 {
				t.Errorf("%q: out of range: %+v", text, h)
			}
			if i > 0 && h.Score > m.Hits[i-1].Score {
				t.Errorf("%q: hits are not in order: %+v", text, m.Hits)
			}
			if h.ID == "card-expired" {
				t.Errorf("%q: a draft is shown", text)
			}
		}
		if len(m.Hits) == x.model.entries && math.Abs(sum-1) > 1e-6 {
			t.Errorf("%q: probabilities sum to %v", text, sum)
		}
		if len(m.Routes) != 2 || m.Confidence < 0 || m.Confidence > 1 {
			t.Errorf("%q: %+v", text, m)
		}
	}
	exact := match(t, x, "密码输错了")
	if h := exact.Hits[0]; h.Cos < 0.999 || exact.Confidence < 0.6 {
		t.Errorf("a phrasing itself: %+v, confidence %v", h, exact.Confidence)
	}
	if diff := cmp.Diff([]string{"密码输错了"}, exact.Hits[0].Terms); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
	if m := match(t, x, "请转人工客服"); m.Routes[0].ID != "human" || m.Routes[0].P < m.Hits[0].P {
		t.Errorf("转人工: %+v", m)
	}
	if m := match(t, x, "后天下雨吗"); m.Topic != "weather" || m.Background < 0.5 {
		t.Errorf("下雨: %+v", m)
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		text string
		want string
	}{
		{"", ""},
		{"刷卡报61了", "刷 刷卡 卡 卡报 报 61 了"},
		{"POS机,超限!", "pos 机 机超 超 超限 限"},
		{"The cards were DECLINED", "the card were declin"},
		{"don't", "dont"},
		{"error61", "error 61"},
		{"+-:~^\"/*", ""},
		{"\xff\xfe", ""},
	} {
		var got []string
		for _, w := range words(units(tt.text)) {
			got = append(got, w.text)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("words(%q) (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestFeaturesShareSounds(t *testing.T) {
	e := newExtractor()
	sounds := func(s string) (fs []feature) {
		for _, f := range e.features(units(s)) {
			if f&3 == pinyinFeature {
				fs = append(fs, f)
			}
		}
		return fs
	}
	want := sounds("刷卡超限")
	if len(want) != 3 {
		t.Fatalf("刷卡超限 has %d pairs of sounds, want 3", len(want))
	}
	for _, s := range []string{"shuaka chaoxian", "shua ka chao xian", "suaka caoxian", "涮卡抄线"} {
		if diff := cmp.Diff(want, sounds(s)); diff != "" {
			t.Errorf("%s sounds unlike 刷卡超限 (-want +got):\n%s", s, diff)
		}
	}
	if fs := sounds("please change the machine"); len(fs) > 0 {
		t.Errorf("English was taken for pinyin: %d pairs", len(fs))
	}
}

// TestBM25 makes sure that bleve scores by BM25: other ways of opening an index
// in memory fall back to tf-idf without a word.
func TestBM25(t *testing.T) {
	x := newIndex(t, testKB())
	req := request(newQuery(words(units("密码错误"))))
	req.Explain = true
	res, err := x.bleve.Search(req)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Hits) == 0 || !strings.Contains(res.Hits[0].Expl.String(), "bm25 model") {
		t.Errorf("not scored by BM25: %v", res.Hits)
	}
}

// TestQueryIsBounded: the rarest terms are kept and what they touch is limited.
func TestQueryIsBounded(t *testing.T) {
	k := &kb.KB{}
	for i := range 3 * maxPostings / 2 {
		k.Entries = append(k.Entries, &kb.Entry{ID: fmt.Sprintf("e%d", i), Status: "approved", Phrasings: []string{"刷卡"}})
	}
	k.Entries[0].Phrasings = []string{"刷卡退货"}
	k.Entries[1].Phrasings = []string{"刷卡退货"}
	x := newIndex(t, k)
	res, err := x.bleve.Search(request(newQuery(words(units("刷卡退货")))))
	if err != nil {
		t.Fatal(err)
	}
	if res.Total != 2 {
		t.Errorf("%d documents were read, want the 2 that have a rare term", res.Total)
	}
	if m := match(t, x, "刷卡退货"); len(m.Hits) < 2 || m.Hits[0].ID != "e0" || m.Hits[1].ID != "e1" {
		t.Errorf("hits %+v", m.Hits)
	}
}

// TestDeterministic: bleve walks its batch in random order, and equal scores
// came in any order before the second sort key.
func TestDeterministic(t *testing.T) {
	k := testKB()
	for i := range 15 {
		k.Entries = append(k.Entries, &kb.Entry{ID: fmt.Sprintf("same-%02d", i), Status: "approved", Phrasings: []string{"打印机卡纸", "出票口吐白纸"}})
	}
	texts := []string{"打印机卡纸了", "额度够但是报61", "信号", "卡", "mima", "what is the fee"}
	var want string
	for build := range 20 {
		x, err := New(k, Weights(nil))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, text := range texts {
			got += fmt.Sprintf("%+v\n", match(t, x, text))
		}
		x.Close()
		if build == 0 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("build %d differs (-first +now):\n%s", build, diff)
		}
	}
	res, err := newIndex(t, k).bleve.Search(request(newQuery(words(units("打印机卡纸")))))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		if got, want := res.Hits[i].ID, fmt.Sprintf("same-%02d", i); got != want {
			t.Errorf("bleve's hit %d is %s, want %s: equal scores go by id", i, got, want)
		}
	}
}

func TestBadInput(t *testing.T) {
	x := newIndex(t, testKB())
	for _, text := range []string{
		"", " ", "\n\t", "???!!!", "+-:~^\"/*", "😀👍🏽", "\xff\xfe\xfd", "\x00", "…",
	} {
		if m := match(t, x, text); len(m.Hits) > 0 || m.Confidence != 0 {
			t.Errorf("Match(%q) = %+v, want no hits", text, m)
		}
	}
	for _, text := range []string{
		strings.Repeat("刷卡超限", 1<<18), strings.Repeat("a", 1<<20), strings.Repeat("a b ", 1<<18),
		strings.Repeat("\xff", 1<<20), "刷\xff卡\xc3(超限", "😀刷卡超限😀", "密码" + strings.Repeat(" ", 5000),
	} {
		match(t, x, text)
	}
	plain := match(t, x, "密码错误 signal")
	for _, text := range []string{`+密码错误 -signal`, `密码错误~2 signal^4`, `"密码错误" /signal/`, `all:密码错误 signal*`, `(密码错误) AND... signal`} {
		m := match(t, x, text)
		if len(m.Hits) == 0 || m.Hits[0].ID != plain.Hits[0].ID {
			t.Errorf("Match(%q): an operator was obeyed: %+v", text, m.Hits)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Match(ctx, "密码"); !errors.Is(err, context.Canceled) {
		t.Errorf("Match after cancel: error %v", err)
	}
	empty := newIndex(t, &kb.KB{})
	if m := match(t, empty, "密码"); len(m.Hits) > 0 {
		t.Errorf("an empty knowledge base has hits: %+v", m)
	}
}

func TestWeights(t *testing.T) {
	k := testKB()
	trained := newIndex(t, k, Weights(nil))
	b, err := trained.Model().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	loaded := newIndex(t, k, Weights(b))
	if !trained.Trained() || loaded.Trained() {
		t.Errorf("Trained() = %v without weights and %v with them", trained.Trained(), loaded.Trained())
	}
	for _, text := range []string{"额度够但是报61", "mima cuowu", "转人工", "下雨"} {
		if diff := cmp.Diff(match(t, trained, text), match(t, loaded, text)); diff != "" {
			t.Errorf("%s: loaded weights answer otherwise (-trained +loaded):\n%s", text, diff)
		}
	}
	if !slices.Equal(trained.Model().encode(), loaded.Model().encode()) {
		t.Error("weights change when they are written and read")
	}

	stale := testKB()
	stale.Version = "another"
	if x := newIndex(t, stale, Weights(b)); !x.Trained() {
		t.Error("weights of another version were taken")
	}
	unversioned := testKB()
	unversioned.Version = ""
	if x := newIndex(t, unversioned, Weights(b)); !x.Trained() {
		t.Error("weights were taken for a knowledge base without a version")
	}
	if x := newIndex(t, k, Weights(b[:len(b)-1])); !x.Trained() || len(match(t, x, "密码").Hits) == 0 {
		t.Error("damaged weights were taken")
	}
	for n := 0; n < len(b); n += 1 + n/100 {
		flipped := slices.Clone(b)
		flipped[n] ^= 0xFF
		if new(Model).UnmarshalBinary(b[:n]) == nil || n > len(magic)+10 && new(Model).UnmarshalBinary(flipped) == nil {
			t.Fatalf("weights damaged at byte %d of %d were taken", n, len(b))
		}
	}
	for n, code := 0, trained.Model().encode(); n < len(code); n++ {
		m := Model{ext: newExtractor()}
		m.decode(code[:n])
		code[n] ^= 0xFF
		m = Model{ext: newExtractor()}
		m.decode(code) // may well succeed, must not panic
		code[n] ^= 0xFF
	}
}

// TestNowhereToUnpack: without a writable folder the index is built in memory,
// and nothing stays behind where there is one.
func TestNowhereToUnpack(t *testing.T) {
	k := testKB()
	weights, err := Train(k).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	unpacked := newIndex(t, k, Weights(weights))
	if unpacked.dir == "" {
		t.Error("bleve's index was not unpacked")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v (error %v)", left, err)
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "none"))
	built := newIndex(t, k, Weights(weights))
	if built.Trained() || built.dir != "" {
		t.Errorf("without a folder: trained %v, unpacked to %q", built.Trained(), built.dir)
	}
	for _, text := range []string{"额度够但是报61", "mima cuowu", "no signal", "卡"} {
		if diff := cmp.Diff(match(t, unpacked, text), match(t, built, text)); diff != "" {
			t.Errorf("%s (-unpacked +built in memory):\n%s", text, diff)
		}
	}
}

// TestEmbedded holds the embedded weights against the embedded knowledge base.
func TestEmbedded(t *testing.T) {
	k, err := kb.Load(kb.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	if !fits(embedded, k) {
		t.Fatal("weights.bin is of another version of the knowledge base or the code: run go run ./cmd/decline61 kb build kb --weights index/weights.bin")
	}
	var m Model
	if err := m.UnmarshalBinary(embedded); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.encode(), Train(k).encode()) {
		t.Error("training gives other weights than weights.bin under the same key: raise modelVersion and run decline61 kb build")
	}
}

// TestUntrained: a knowledge base that is too large to train still finds.
func TestUntrained(t *testing.T) {
	k := syntheticKB(3000)
	x := newIndex(t, k)
	if x.model.trained() {
		t.Fatal("3,000 entries were trained")
	}
	right := 0
	qs := syntheticQuestions(k, 200)
	for _, q := range qs {
		h := match(t, x, q.text).Hits[0]
		if h.ID == q.category {
			right++
		}
		if h.P < 0 || h.P > 1 || h.Cos <= 0 || h.Cos > 1 {
			t.Fatalf("%q: %+v", q.text, h)
		}
	}
	if right < 190 {
		t.Errorf("%d of %d found", right, len(qs))
	}
}

// TestBanking77 runs when DECLINE61_TEST_BANKING77 names the directory of the
// data set, as it does in .ci/run.
func TestBanking77(t *testing.T) {
	dir := os.Getenv("DECLINE61_TEST_BANKING77")
	if dir == "" {
		t.Skip("DECLINE61_TEST_BANKING77 is not set")
	}
	for _, tt := range []struct {
		shots int
		least float64
	}{{5, 0.68}, {10, 0.76}, {0, 0.92}} {
		accuracy, n, err := Banking77(t.Context(), dir, tt.shots, 3)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("shots %d: accuracy %.4f of %d", tt.shots, accuracy, n)
		if accuracy < tt.least {
			t.Errorf("shots %d: accuracy %.4f, want at least %.2f", tt.shots, accuracy, tt.least)
		}
	}
}
