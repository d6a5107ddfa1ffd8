package kb

import (
	"bytes"
	"io/fs"
	"os"
	"slices"
	"testing"
)

// The knowledge base that ships has no error. What is listed here is for its
// authors: decline61 kb lint says the same with the fixes.
func TestEmbeddedLints(t *testing.T) {
	for _, p := range Lint(Embedded(), LintOptions{}) {
		what, fix := p.In(ZH)
		if p.Severity == SeverityError {
			t.Errorf("%v\n\t%s\n\t-> %s", p, what, fix)
		} else {
			t.Log(p)
		}
	}
}

// expected are the ids that other programs may rely on (the contract of the
// project). Ids never change, so this list only grows.
var expected = map[Kind][]string{
	Cause: {
		"issuer-limit", "acquirer-limit", "channel-limit", "amount-typo", "issuer-risk", "foreign-card-limit",
		"preauth-limit", "code-mismatch", "card-not-read", "card-damaged", "card-restricted",
		"insufficient-balance", "card-expired", "wrong-card-number", "wrong-pin", "wrong-sequence",
		"accidental-touch", "network-unstable", "weak-signal", "outdated-software", "software-crash",
		"terminal-fault", "bank-maintenance", "merchant-account-abnormal", "transaction-type-not-allowed",
		"out-of-region", "too-many-transactions",
	},
	Incident: {"charged-but-failed", "card-captured-or-fraud"},
	Policy:   {"split-request"},
	Topic: {
		"meaning-of-61", "who-to-contact", "maintenance", "staff-training", "customer-education",
		"know-limits", "one-clear-check",
	},
}

var expectedEvidence = map[string][]string{
	"code_shown":          {"unknown"}, // and any code
	"amount_matches_bill": {"yes", "no", "unknown"},
	"other_card":          {"approved", "declined_61", "declined_other", "not_tried", "unknown"},
	"entry_mode":          {"chip", "contactless", "stripe", "qr", "keyed", "unknown"},
	"insert_chip_works":   {"yes", "no", "not_tried", "unknown"},
	"transaction_type":    {"sale", "preauth", "preauth_completion", "refund", "unknown"},
	"terminal_state":      {"new", "idle_long", "normal", "unknown"},
	"issuer_message":      {"names_limit", "names_risk", "names_balance", "none", "unknown"},
	"foreign_card":        {"yes", "no", "unknown"},
	"same_card_elsewhere": {"approved", "declined", "not_tried", "unknown"},
	"acquirer_notice":     {"limit", "risk_control", "none", "unknown"},
}

func TestEmbeddedIDs(t *testing.T) {
	k, err := Load(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	for kind, ids := range expected {
		for _, id := range ids {
			if e := k.Entry(id); e == nil {
				t.Errorf("the entry %s is missing", id)
			} else if e.Kind != kind || e.Status != "approved" {
				t.Errorf("%s is a %s %s, want an approved %s", id, e.Status, e.Kind, kind)
			}
		}
	}
	for id, values := range expectedEvidence {
		e := k.EvidenceByID(id)
		if e == nil {
			t.Errorf("the evidence %s is missing", id)
			continue
		}
		for _, v := range values {
			if e.value(v) == nil {
				t.Errorf("the evidence %s has no value %s", id, v)
			}
		}
	}
	for _, e := range k.Entries {
		for _, c := range e.Codes {
			if c != Local && c != "61" && k.Entry("code-"+c) == nil && !slices.Contains(expected[e.Kind], e.ID) {
				t.Errorf("%s names code %s, which has no entry", e.ID, c)
			}
		}
	}
}

// parsed.bin is what makes a quick start; a stale one only costs time, but it
// should not ship so.
func TestParsedIsFresh(t *testing.T) {
	fresh, err := Build(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	old, err := fs.ReadFile(Embedded(), parsedFile)
	switch {
	case err != nil:
		t.Fatal(err)
	case bytes.Equal(fresh, old):
	case !*update:
		t.Error("parsed.bin is out of date: run decline61 kb build kb, or go test ./kb -run Fresh -update")
	default:
		if err := os.WriteFile(parsedFile, fresh, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
