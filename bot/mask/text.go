package mask

import (
	"database/sql/driver"
	"fmt"
	"log/slog"
)

// Text is a text from which card data and other secrets have been removed.
// Only this package makes one, so a function that takes a Text cannot be given
// what a merchant typed: that does not compile. Whatever keeps or passes on
// words of a person takes a Text: store, logger, relay, index, model, metrics.
//
// A Text is valid UTF-8 without NUL, so every database takes it. The zero Text
// is the empty text. Texts compare with ==.
//
// Two Texts put together are a string again, not a Text: each may hold one half
// of a card number. Mask the whole, or use [Join].
type Text struct{ s string }

// Of is Mask for those who don't need to know what was found.
func Of(s string) Text {
	t, _ := Mask(s)
	return t
}

// String gives the masked text.
func (t Text) String() string { return t.s }

// Len is the length in bytes.
func (t Text) Len() int { return len(t.s) }

// IsZero reports whether the text is empty; encoding/json's omitzero uses it.
func (t Text) IsZero() bool { return t.s == "" }

// Equal is ==, for go-cmp, which may not look into the struct.
func (t Text) Equal(u Text) bool { return t == u }

// LogValue gives the length. Message text is not logged above Debug, and a
// slog.LogValuer does not know its level; who wants the words at Debug logs
// t.String().
func (t Text) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("text of %d bytes", len(t.s)))
}

// MarshalText makes a Text a string in JSON.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.s), nil }

// UnmarshalText masks what it reads: JSON comes from outside, and must not be
// a way around Mask. For what MarshalText wrote it changes nothing.
func (t *Text) UnmarshalText(b []byte) error {
	*t = Of(string(b))
	return nil
}

// Value stores the text as a string.
func (t Text) Value() (driver.Value, error) { return t.s, nil }

// Scan reads a text from a database, and masks it. Nothing but Texts is ever
// written there, and masking one again changes nothing; doing so all the same
// costs microseconds, keeps Scan from being a way around Mask, and lets better
// rules of a newer version clean what an older one let pass.
func (t *Text) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = Text{}
	case string:
		*t = Of(v)
	case []byte:
		*t = Of(string(v))
	default:
		return fmt.Errorf("mask: a text is read from %T", src)
	}
	return nil
}
