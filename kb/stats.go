package kb

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"decline61/kb/text"
)

// Stats says how large and how complete a knowledge base is.
type Stats struct {
	Version  string         `json:"version"`
	Entries  int            `json:"entries"`
	ByKind   map[Kind]int   `json:"by_kind"`
	ByStatus map[string]int `json:"by_status"`

	Phrasings       int             `json:"phrasings"`
	PhrasingsByLang map[Lang]int    `json:"phrasings_by_lang"`
	PerEntry        []EntryStats    `json:"per_entry"` // in the order of ids
	Evidence        []EvidenceStats `json:"evidence"`  // in the order of questions.yaml
	Routes          int             `json:"routes"`
	RoutePhrasings  int             `json:"route_phrasings"`
	BackgroundLines int             `json:"background_lines"`
	Review          ReviewStats     `json:"review"`
	Seed            SeedStats       `json:"seed"`
}

// EntryStats is about one entry.
type EntryStats struct {
	ID         string       `json:"id"`
	Kind       Kind         `json:"kind"`
	Phrasings  map[Lang]int `json:"phrasings"`
	Evidence   int          `json:"evidence"` // kinds of evidence with a likelihood
	Steps      int          `json:"steps"`
	Sources    int          `json:"sources"`
	Reviewed   string       `json:"reviewed"`
	NextReview string       `json:"next_review"` // "" if the date cannot be read
}

// EvidenceStats says how many causes an evidence can tell apart.
type EvidenceStats struct {
	ID     string `json:"id"`
	Causes int    `json:"causes"` // that name a likelihood for it
}

// ReviewStats is about dates, as 2006-01-02.
type ReviewStats struct {
	Oldest string `json:"oldest"` // the longest-ago review
	Next   string `json:"next"`   // the first review that falls due
}

// SeedStats says how the lines of the seed are accounted for.
type SeedStats struct {
	Lines       int   `json:"lines"`
	Cited       int   `json:"cited"`
	Quarantined int   `json:"quarantined"` // and not cited
	Filler      int   `json:"filler"`
	Uncovered   []int `json:"uncovered"` // neither; empty lines do not count
}

// Stats counts.
func (k *KB) Stats() Stats {
	s := Stats{
		Version: k.Version, Entries: len(k.Entries), Routes: len(k.Routes),
		ByKind: map[Kind]int{}, ByStatus: map[string]int{}, PhrasingsByLang: map[Lang]int{},
		PerEntry: []EntryStats{}, Evidence: []EvidenceStats{},
	}
	for _, e := range k.Entries {
		one := statsOf(e)
		s.PerEntry = append(s.PerEntry, one)
		s.ByKind[e.Kind]++
		s.ByStatus[e.Status]++
		for lang, n := range one.Phrasings {
			s.PhrasingsByLang[lang] += n
			s.Phrasings += n
		}
		s.Review.Oldest = earlier(s.Review.Oldest, e.Reviewed)
		s.Review.Next = earlier(s.Review.Next, one.NextReview)
	}
	for _, e := range k.Evidence {
		s.Evidence = append(s.Evidence, EvidenceStats{e.ID, k.causesWith(e.ID)})
	}
	for _, r := range k.Routes {
		s.RoutePhrasings += len(r.Phrasings)
	}
	for _, b := range k.Background {
		s.BackgroundLines += len(b.Lines)
	}
	s.Seed = k.seedStats()
	return s
}

// Write writes the figures as text for people.
func (s Stats) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "version\t%s\n", s.Version)
	fmt.Fprintf(t, "entries\t%d\t%s\n", s.Entries, counts(s.ByKind))
	fmt.Fprintf(t, "status\t\t%s\n", counts(s.ByStatus))
	fmt.Fprintf(t, "phrasings\t%d\t%s\n", s.Phrasings, counts(s.PhrasingsByLang))
	fmt.Fprintf(t, "routes\t%d\tphrasings %d\n", s.Routes, s.RoutePhrasings)
	fmt.Fprintf(t, "background\t%d\n", s.BackgroundLines)
	fmt.Fprintf(t, "review\t\toldest %s, next due %s\n", s.Review.Oldest, s.Review.Next)
	fmt.Fprintf(t, "seed\t%d\tcited %d, quarantined %d, filler %d, uncovered %d\n",
		s.Seed.Lines, s.Seed.Cited, s.Seed.Quarantined, s.Seed.Filler, len(s.Seed.Uncovered))
	fmt.Fprintf(t, "\nevidence\tcauses\n")
	for _, e := range s.Evidence {
		fmt.Fprintf(t, "%s\t%d\n", e.ID, e.Causes)
	}
	fmt.Fprintf(t, "\nentry\tkind\tzh\ten\tevidence\tsteps\tsources\tnext review\n")
	for _, e := range s.PerEntry {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n",
			e.ID, e.Kind, e.Phrasings[ZH], e.Phrasings[EN], e.Evidence, e.Steps, e.Sources, e.NextReview)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	return nil
}

// counts writes a map as "cause 27, code 89".
func counts[K ~string](m map[K]int) string {
	var parts []string
	for _, k := range sortedKeys(m) {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}

func statsOf(e *Entry) EntryStats {
	one := EntryStats{
		ID: e.ID, Kind: e.Kind, Phrasings: map[Lang]int{}, Evidence: len(e.Likelihood),
		Steps: len(e.Steps), Sources: len(e.Sources), Reviewed: e.Reviewed,
	}
	for _, p := range e.Phrasings {
		one.Phrasings[Lang(text.Lang(p))]++
	}
	if day, err := time.Parse(time.DateOnly, e.Reviewed); err == nil {
		one.NextReview = day.AddDate(0, 0, e.ReviewEveryDays).Format(time.DateOnly)
	}
	return one
}

// earlier returns the earlier of two dates; an empty one is no date.
func earlier(a, b string) string {
	if a == "" || (b != "" && b < a) {
		return b
	}
	return a
}

func (k *KB) causesWith(evidence string) (n int) {
	for _, e := range k.Entries {
		if _, named := e.Likelihood[evidence]; named && e.Kind == Cause {
			n++
		}
	}
	return n
}

func (k *KB) seedStats() SeedStats {
	s := SeedStats{Lines: len(k.Seed.Lines), Uncovered: []int{}}
	covered := k.SeedCoverage()
	for i, line := range k.Seed.Lines {
		switch covered[i+1] {
		case "cited":
			s.Cited++
		case "quarantined":
			s.Quarantined++
		case "filler":
			s.Filler++
		default:
			if line != "" {
				s.Uncovered = append(s.Uncovered, i+1)
			}
		}
	}
	return s
}
