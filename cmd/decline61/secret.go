package main

import (
	"fmt"
	"log/slog"
)

// secret is a token or a password. However it is printed, logged or encoded, it
// only says whether it is set; whoever needs it calls value.
type secret struct{ text string }

const secretSet = "(set)"

func (s secret) value() string { return s.text }

func (s secret) String() string {
	if s.text == "" {
		return ""
	}
	return secretSet
}

// Format answers every verb, so that %#v and %x give nothing away either.
func (s secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue is for slog.
func (s secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is for JSON and YAML.
func (s secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes everything: what a secret must look like is checked
// where its error cannot show it.
func (s *secret) UnmarshalText(b []byte) error {
	s.text = string(b)
	return nil
}
