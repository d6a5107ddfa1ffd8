// Package mask removes card data and other secrets from what people type,
// before anything else sees it.
//
// Of a card number at most the last four digits survive ("[卡号 尾号0128]"), of
// a mobile number the first three and last four ("138****5678"), and nothing of
// track data, CVV, PIN, one-time codes, expiry dates of cards and resident ids
// ("[已屏蔽]"). Numbers that support works with stay: merchant, terminal,
// reference, trace and order numbers, amounts, dates, hotlines, last four digits
// of a card.
//
// # How it reads
//
// A message becomes characters (glyphs.go: half width, lower case, simplified,
// without invisible ones, with the value of every kind of digit), and these
// become tokens (stream.go): groups of digits, words of words.go, separators,
// the rest. Groups that only separators and words like 然后 stand between form a
// run. Card numbers are looked for among the sequences of whole groups of a run
// (card.go), so that neither spaces nor a second number in the same run hide
// one, and a number of another length never contains one: a merchant number of
// 15 digits or an order number of 28 is safe by construction. Track and chip
// data are in track.go; what a word announces (CVV 123, 密码是123456) in
// secrets.go, and what it is said of afterwards (123456是密码) in named.go;
// expiry dates, and the codes beside them, in expiry.go; ids and mobiles in
// people.go; numbers told in somebody's own words in told.go; cards split over
// messages in memory.go. What counts digits (后四位) is read in count.go, what
// heads the lines of a pasted chat or list in chat.go.
//
// Some words are unsure: 到期 is said of contracts as well, "code" of errors.
// They count only where a word or number beside them bears them out.
//
// Everything looks a bounded way forward and back, so time is linear.
//
// # When in doubt
//
// A number that has an issuer's prefix and length and a right check digit, and
// that no label calls something else, is a card. About 2 % of random numbers of
// 16 to 19 digits are. Where two readings overlap, both are masked.
package mask

import (
	"slices"
	"strings"
)

// Kind is what was found in a text.
type Kind uint8

// The kinds, in the order in which one hides another where they overlap: the
// first that leaves least wins.
const (
	Track  Kind = iota // magnetic stripe or chip data
	CVV                // the three or four digits on the back
	PIN                // PINs and passwords
	Code               // one-time codes
	Expiry             // the expiry date of a card
	ID                 // a resident id
	Card               // a card number
	Mobile             // a mobile number
	kinds
)

var kindNames = [kinds]string{"track", "cvv", "pin", "code", "expiry", "id", "card", "mobile"}

// String gives a short name, fit for a metric's label.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// Found counts what was replaced, by Kind. It says nothing about the values.
type Found [kinds]int

// Any reports whether anything was replaced.
func (f Found) Any() bool { return f != Found{} }

// Kinds lists the kinds that were found.
func (f Found) Kinds() []Kind {
	var ks []Kind
	for k, n := range f {
		if n > 0 {
			ks = append(ks, Kind(k))
		}
	}
	return ks
}

// Plus adds up.
func (f Found) Plus(g Found) Found {
	for k, n := range g {
		f[k] += n
	}
	return f
}

// Notify reports whether the sender is to be told to delete the message. A
// mobile number alone is no reason to.
func (f Found) Notify() bool {
	f[Mobile] = 0
	return f.Any()
}

// Notice is what a sender of card data is told, in "zh" or "en". It is said
// once a conversation: the second time helps nobody.
func Notice(lang string) string {
	if lang == "en" {
		return "Your message contained card details or another secret. We have not kept them. Please delete that message, and don't send such details: they are never needed to solve this."
	}
	return "您发的消息里有卡号、密码一类的信息,我们没有保存。请把那条消息撤回或删除,以后也不要发送:处理问题用不到这些。"
}

// What replaces a value. Whoever changes these must see to it that marker
// recognises them, or masking twice is not masking once.
const (
	hidden     = "[已屏蔽]"
	cardPrefix = "[卡号 尾号"
	cardSuffix = "]"
)

// passes bounds how often a text is read again after something was replaced.
// Of 300,000 contrived ones ten needed three (TestScraps), and none four.
const passes = 4

// Mask removes card data and other secrets from s. Masking a masked text
// changes nothing.
func Mask(s string) (Text, Found) {
	s = clean(s)
	var found Found
	for range passes {
		spans := find(s)
		if len(spans) == 0 {
			return Text{s}, found
		}
		s = replace(s, spans, &found)
	}
	// No text is known that comes here. If there is one, it loses its digits
	// rather than a secret: without digits nothing is found again.
	if len(find(s)) > 0 {
		s = withoutDigits(s)
	}
	return Text{s}, found
}

// clean makes s valid UTF-8 without NUL.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}

// span is a piece of a text that must go.
type span struct {
	from, to int // bytes
	kind     Kind
	keep     string // the digits that may be shown, of Card and Mobile; "" is half a card
	rank     int    // how sure we are that a card number begins and ends here

	group, end int // the groups of a card number
}

// find gives the spans of s that must go, in order and apart from each other.
func find(s string) []span {
	m := read(s)
	m.find()
	return merge(m.spans)
}

// fewest is how many digits a text must have to hold anything: Dec 28.
const fewest = 2

func (m *message) find() {
	if len(m.digits) < fewest {
		return
	}
	m.findCards()
	m.findTracks()
	m.findSecrets()
	m.findPeople()
}

// merge makes spans that overlap one. The kind that leaves least wins, and
// among card numbers the likeliest gives the last four digits.
func merge(spans []span) []span {
	slices.SortStableFunc(spans, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	out := spans[:0]
	for _, s := range spans {
		if len(out) == 0 || s.from >= out[len(out)-1].to {
			out = append(out, s)
			continue
		}
		last := &out[len(out)-1]
		last.to, last.end = max(last.to, s.to), max(last.end, s.end)
		if s.kind < last.kind || s.kind == last.kind && s.rank > last.rank {
			last.kind, last.keep, last.rank = s.kind, s.keep, s.rank
		}
	}
	return out
}

// replace puts markers in place of spans, and counts them.
func replace(s string, spans []span, found *Found) string {
	var b strings.Builder
	b.Grow(len(s))
	at := 0
	for _, sp := range spans {
		b.WriteString(s[at:sp.from])
		b.WriteString(sp.marker())
		if !sp.isHalf() {
			found[sp.kind]++
		}
		at = sp.to
	}
	b.WriteString(s[at:])
	return b.String()
}

// isHalf is for the part of a card number that was in an earlier message. It is
// counted with the part that completes it.
func (s span) isHalf() bool { return s.kind == Card && s.keep == "" }

func (s span) marker() string {
	switch {
	case s.isHalf():
		return hidden
	case s.kind == Card:
		return cardPrefix + s.keep + cardSuffix
	case s.kind == Mobile:
		return s.keep[:3] + "****" + s.keep[3:]
	}
	return hidden
}

// marker gives the length in bytes of the marker that s begins with, or 0.
func marker(s string) int {
	switch {
	case strings.HasPrefix(s, hidden):
		return len(hidden)
	case strings.HasPrefix(s, cardPrefix):
		n := len(cardPrefix) + 4
		if len(s) > n && digitsOnly(s[len(cardPrefix):n]) && s[n:n+1] == cardSuffix {
			return n + 1
		}
	case len(s) >= 11 && s[0] == '1' && s[3:7] == "****" && digitsOnly(s[:3]) && digitsOnly(s[7:11]):
		if len(s) == 11 || s[11] < '0' || s[11] > '9' {
			return 11
		}
	}
	return 0
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// withoutDigits replaces every group of digits outside markers.
func withoutDigits(s string) string {
	m := read(s)
	var spans []span
	for _, g := range m.groups {
		spans = append(spans, span{from: g.from, to: g.to, kind: Track})
	}
	var ignored Found
	return replace(s, spans, &ignored)
}
