package kb

import (
	"encoding/json"
	"fmt"
	"io"
)

// ExportSchema names the form of [KB.Export]'s document. It changes only when
// a field goes or means something else; new fields may appear at any time.
const ExportSchema = "decline61/kb/1"

// Export writes the whole knowledge base as one JSON document: the same bytes
// for the same [KB.Version].
//
//	{
//	  "schema": "decline61/kb/1",
//	  "version": "12 hex digits over all files",
//	  "entries": [{                       sorted by id
//	    "id", "kind", "codes", "status", "file",
//	    "prior", "likelihood": {evidence: {value: probability}},
//	    "retry", "handoff": {"to", "after"},
//	    "phrasings": [text],
//	    "sources": [{"line", "quote"} or {"basis"}],
//	    "title", "meaning", "do_now", "customer", "prevention": {"zh", "en"},
//	    "steps": [{"id", "who", "text": {"zh", "en"}, "fix", "minutes"}],
//	    "never": [{"zh", "en"}],
//	    "reviewed": "2006-01-02", "review_every_days"
//	  }],
//	  "evidence": [{"id", "ask": {"zh", "en"}, "cost", "open",
//	                "values": [{"value", "label": {"zh", "en"}, "base"}]}],
//	  "code_weights": {code: share},
//	  "routes": [{"id", "phrasings"}],
//	  "background": [{"topic", "lines"}]
//	}
//
// The seed is left out: it is provenance, and part of it is quarantined.
func (k *KB) Export(w io.Writer) error {
	doc := exportDoc{
		Schema: ExportSchema, Version: k.Version, CodeWeights: k.CodeWeights, Routes: orEmpty(k.Routes),
		Entries: []exportEntry{}, Evidence: []exportEvidence{}, Background: []exportBackground{},
	}
	for _, e := range k.Entries {
		doc.Entries = append(doc.Entries, exportOf(e))
	}
	for _, e := range k.Evidence {
		x := exportEvidence{ID: e.ID, Ask: e.Ask, Cost: e.Cost, Open: e.Open, Values: []exportValue{}}
		for _, v := range e.Values {
			x.Values = append(x.Values, exportValue(v))
		}
		doc.Evidence = append(doc.Evidence, x)
	}
	for _, b := range k.Background {
		doc.Background = append(doc.Background, exportBackground{b.Topic, orEmpty(b.Lines)})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("exporting the knowledge base: %w", err)
	}
	return nil
}

type exportDoc struct {
	Schema      string             `json:"schema"`
	Version     string             `json:"version"`
	Entries     []exportEntry      `json:"entries"`
	Evidence    []exportEvidence   `json:"evidence"`
	CodeWeights map[string]float64 `json:"code_weights"`
	Routes      []Route            `json:"routes"`
	Background  []exportBackground `json:"background"`
}

type exportEntry struct {
	ID              string                        `json:"id"`
	Kind            Kind                          `json:"kind"`
	Codes           []string                      `json:"codes"`
	Status          string                        `json:"status"`
	File            string                        `json:"file"`
	Prior           float64                       `json:"prior,omitempty"`
	Likelihood      map[string]map[string]float64 `json:"likelihood,omitempty"`
	Retry           Retry                         `json:"retry"`
	Handoff         exportHandoff                 `json:"handoff"`
	Phrasings       []string                      `json:"phrasings"`
	Sources         []exportSource                `json:"sources"`
	Title           Bilingual                     `json:"title"`
	Meaning         Bilingual                     `json:"meaning"`
	DoNow           Bilingual                     `json:"do_now"`
	Customer        Bilingual                     `json:"customer"`
	Steps           []exportStep                  `json:"steps"`
	Never           []Bilingual                   `json:"never"`
	Prevention      Bilingual                     `json:"prevention"`
	Reviewed        string                        `json:"reviewed"`
	ReviewEveryDays int                           `json:"review_every_days"`
}

type exportHandoff struct {
	To    string `json:"to"`
	After int    `json:"after"`
}

type exportSource struct {
	Line  int    `json:"line,omitempty"`
	Quote string `json:"quote,omitempty"`
	Basis string `json:"basis,omitempty"`
}

type exportStep struct {
	ID      string    `json:"id"`
	Who     string    `json:"who"`
	Text    Bilingual `json:"text"`
	Fix     float64   `json:"fix"`
	Minutes float64   `json:"minutes"`
}

type exportEvidence struct {
	ID     string        `json:"id"`
	Ask    Bilingual     `json:"ask"`
	Cost   float64       `json:"cost"`
	Values []exportValue `json:"values"`
	Open   bool          `json:"open"`
}

type exportValue struct {
	Value string    `json:"value"`
	Label Bilingual `json:"label"`
	Base  float64   `json:"base,omitempty"`
}

type exportBackground struct {
	Topic string   `json:"topic"`
	Lines []string `json:"lines"`
}

func exportOf(e *Entry) exportEntry {
	x := exportEntry{
		ID: e.ID, Kind: e.Kind, Codes: orEmpty(e.Codes), Status: e.Status, File: e.File,
		Prior: e.Prior, Likelihood: e.Likelihood, Retry: e.Retry, Handoff: exportHandoff(e.Handoff),
		Phrasings: orEmpty(e.Phrasings), Sources: []exportSource{}, Title: e.Title, Meaning: e.Meaning,
		DoNow: e.DoNow, Customer: e.Customer, Steps: []exportStep{}, Never: orEmpty(e.Never),
		Prevention: e.Prevention, Reviewed: e.Reviewed, ReviewEveryDays: e.ReviewEveryDays,
	}
	for _, s := range e.Sources {
		x.Sources = append(x.Sources, exportSource(s))
	}
	for _, s := range e.Steps {
		x.Steps = append(x.Steps, exportStep(s))
	}
	return x
}

// orEmpty makes nil an empty list, which is [] in JSON and not null.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
