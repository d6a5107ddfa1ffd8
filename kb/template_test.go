package kb

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// A new entry is readable and formatted, and lint finds nothing wrong with it
// but what its author has to fill in.
func TestTemplate(t *testing.T) {
	for _, tt := range []struct {
		id    string
		kind  Kind
		draft []Entry
	}{
		{"new-cause", Cause, nil},
		{"new-incident", Incident, nil},
		{"new-policy", Policy, nil},
		{"new-topic", Topic, nil},
		{"code-A7", Code, nil},
		{"drafted", Cause, []Entry{{
			Codes: []string{"51"}, Prior: 20, Title: Bilingual{"标题", "Title"},
			Likelihood: map[string]map[string]float64{"amount_matches_bill": {"yes": 0.5, "no": 0.5}},
			Phrasings:  []string{`他说 "不行" #2`},
			Steps:      []Step{{Who: "merchant", Text: Bilingual{ZH: "看小票。"}, Fix: 0.3, Minutes: 1}, {Who: "vendor"}},
			Prevention: Bilingual{"预防。", "Prevent it."},
		}}},
	} {
		t.Run(tt.id, func(t *testing.T) {
			src, err := Template(tt.id, tt.kind, testNow, tt.draft...)
			if err != nil {
				t.Fatal(err)
			}
			file := EntryPath(tt.id, tt.kind)
			if again, err := Format(file, src); err != nil || !bytes.Equal(src, again) {
				t.Errorf("not formatted (%v): %s", err, cmp.Diff(string(src), string(again)))
			}
			fsys := goodFS(t)
			fsys[file] = &fstest.MapFile{Data: src}
			filled := 0
			for _, p := range Lint(fsys, LintOptions{Now: testNow}) {
				if p.Rule != "fill-me" {
					t.Error(p)
				}
				filled++
			}
			if filled == 0 {
				t.Error("nothing is left to fill in")
			}
		})
	}
}

func TestTemplateRefuses(t *testing.T) {
	for _, tt := range []struct {
		id   string
		kind Kind
	}{{"Weekend", Cause}, {"../x", Cause}, {"周末", Topic}, {"a--b", Topic}, {"code-51", Cause}, {"limit", Code}, {"limit", "reason"}, {"code-5", Code}} {
		if _, err := Template(tt.id, tt.kind, testNow); err == nil {
			t.Errorf("%s as %s was taken", tt.id, tt.kind)
		}
	}
}

func TestExport(t *testing.T) {
	k, err := Load(goodFS(t))
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if err := k.Export(&first); err != nil {
		t.Fatal(err)
	}
	if err := k.Export(&second); err != nil || first.String() != second.String() {
		t.Fatalf("two exports differ (%v)", err)
	}
	var doc struct {
		Schema  string
		Version string
		Entries []struct {
			ID     string
			DoNow  Bilingual `json:"do_now"`
			Steps  []struct{ ID, Who string }
			Never  []Bilingual
			Prior  float64
			Status string
		}
		Evidence   []struct{ Values []struct{ Value string } }
		Background []struct{ Topic string }
	}
	if err := json.Unmarshal(first.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	limit := doc.Entries[1]
	if doc.Schema != ExportSchema || doc.Version != k.Version || limit.ID != "limit" ||
		limit.Steps[1].ID != "limit#s2" || limit.DoNow.EN == "" || limit.Prior != 100 ||
		doc.Evidence[0].Values[0].Value != "approved" || doc.Background[0].Topic != "fees" {
		t.Errorf("the export lacks something: %+v", doc)
	}
	if strings.Contains(first.String(), "lovepos") || strings.Contains(first.String(), "null") {
		t.Error("the export has a quarantined span or a null")
	}
}

func TestStats(t *testing.T) {
	k, err := Load(goodFS(t))
	if err != nil {
		t.Fatal(err)
	}
	got := k.Stats()
	got.PerEntry = got.PerEntry[1:]
	want := Stats{
		Version: k.Version, Entries: 2,
		ByKind: map[Kind]int{Cause: 1, Code: 1}, ByStatus: map[string]int{"approved": 2},
		Phrasings: 9, PhrasingsByLang: map[Lang]int{ZH: 7, EN: 2},
		PerEntry: []EntryStats{{
			ID: "limit", Kind: Cause, Phrasings: map[Lang]int{ZH: 6, EN: 2}, Evidence: 2, Steps: 2, Sources: 2,
			Reviewed: "2026-11-22", NextReview: "2027-05-21",
		}},
		Evidence: []EvidenceStats{{"other_card", 1}, {"amount_matches_bill", 1}},
		Routes:   1, RoutePhrasings: 2, BackgroundLines: minBackground + 1,
		Review: ReviewStats{Oldest: "2026-11-22", Next: "2027-05-21"},
		Seed:   SeedStats{Lines: 2, Cited: 1, Filler: 1, Uncovered: []int{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var text bytes.Buffer
	if err := got.Write(&text); err != nil || !strings.Contains(text.String(), "limit") {
		t.Errorf("as text (%v):\n%s", err, text.String())
	}
}
