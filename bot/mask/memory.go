package mask

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Window is how long after one part of a card number the other may come.
const Window = time.Minute

// Bounds on what is read together. A person who sends a card number in pieces
// sends short messages, one after the other.
const (
	mostEarlier      = 8
	mostEarlierBytes = 4096
	mostTries        = 2000 // combinations of pieces
)

// Earlier is a message that the same person sent before.
type Earlier struct {
	ID   string
	Text Text
}

// Join masks s as Mask does, and reads it together with what the same person
// sent in the last Window, oldest first: a card number may be split over
// messages, and the word that announces a code may be in the message before it.
// Where it is, changed holds the earlier messages that must be replaced where
// they are stored, with their new texts; the last four digits are shown in the
// message that completes the number.
//
// Join keeps nothing. Where several bots serve one conversation, give it what
// the store holds; [Memory] is for one process.
func Join(earlier []Earlier, s string) (t Text, found Found, changed []Earlier) {
	s = clean(s)
	earlier = lately(earlier)
	if len(earlier) == 0 {
		t, found = Mask(s)
		return t, found, nil
	}
	var b strings.Builder
	starts := make([]int, 0, len(earlier)+1) // of messages in what is read
	for _, e := range earlier {
		starts = append(starts, b.Len())
		b.WriteString(e.Text.s)
		b.WriteByte('\n')
	}
	starts = append(starts, b.Len())
	b.WriteString(s)

	m := read(b.String())
	m.separate(starts)
	m.find()
	m.findSplit(starts)
	for _, sp := range find(s) { // whatever the messages before make of it
		sp.from, sp.to, sp.end = sp.from+b.Len()-len(s), sp.to+b.Len()-len(s), 0
		m.spans = append(m.spans, sp)
	}
	parts := m.byMessage(starts)

	for i, e := range earlier {
		if len(parts[i]) == 0 {
			continue
		}
		var f Found
		e.Text, _ = Mask(replace(e.Text.s, parts[i], &f))
		changed = append(changed, e)
		found = found.Plus(f)
	}
	t, f := Mask(replace(s, parts[len(earlier)], &found))
	return t, found.Plus(f), changed
}

// lately leaves out what is too long ago or too long.
func lately(earlier []Earlier) []Earlier {
	first, size := len(earlier), 0
	for first > 0 && len(earlier)-first < mostEarlier {
		size += earlier[first-1].Text.Len()
		if size > mostEarlierBytes {
			break
		}
		first--
	}
	return earlier[first:]
}

// byMessage gives the spans of every message, counted from its start. Of what
// lies in several messages, all parts but the last are halves.
func (m *message) byMessage(starts []int) [][]span {
	of := func(at int) int { // the message that byte at is in
		i, _ := slices.BinarySearch(starts, at+1)
		return i - 1
	}
	parts := make([][]span, len(starts))
	add := func(s span) {
		i := of(s.from)
		s.from -= starts[i]
		s.to -= starts[i]
		parts[i] = append(parts[i], s)
	}
	for _, s := range m.spans {
		for s.group < s.end && of(s.from) != of(s.to-1) {
			half := s
			half.kind, half.keep, half.rank = Card, "", -1
			for s.group < s.end && of(m.groups[s.group].from) == of(half.from) {
				half.to = m.groups[s.group].to
				s.group++
			}
			add(half)
			s.from = m.groups[s.group].from
		}
		for of(s.from) != of(s.to-1) { // not made of groups: track data
			half := s
			half.kind, half.keep, half.rank = Card, "", -1
			half.to = starts[of(s.from)+1] - 1
			s.from = half.to + 1
			if half.from < half.to {
				add(half)
			}
		}
		add(s)
	}
	for i := range parts {
		parts[i] = merge(parts[i])
	}
	return parts
}

// separate keeps numbers of different messages apart for all rules but
// findSplit, which knows better when they belong together.
func (m *message) separate(starts []int) {
	for i := range m.gaps {
		if at, _ := slices.BinarySearch(starts, m.groups[i].to); at < len(starts) && starts[at] <= m.groups[i+1].from {
			m.gaps[i].joins, m.gaps[i].loose = false, false
		}
	}
}

// piece is a run of groups in one message, which may be part of a card number.
type piece struct {
	message  int
	from, to int  // groups
	amount   bool // it is round, so rather an amount
}

// findSplit finds card numbers and resident ids whose parts are in several
// messages, the last in the newest, whatever words stand between.
func (m *message) findSplit(starts []int) {
	pieces := m.pieces(starts)
	newest := len(starts) - 1
	tries := 0
	for i, p := range pieces {
		if p.message != newest {
			continue
		}
		for k := p.from + 1; k <= p.to; k++ {
			if m.length(p.from, k) < longestCard && m.cuts(p, k) {
				last := p
				last.to = k
				m.prepend(pieces[:i], []piece{last}, &tries)
			}
		}
	}
}

// pieces gives the runs of every message that can be parts of a card number.
func (m *message) pieces(starts []int) []piece {
	var out []piece
	for i := 0; i < len(m.groups); {
		end := m.runEnd(i)
		msg, _ := slices.BinarySearch(starts, m.groups[i].from+1)
		p := piece{message: msg - 1, from: i, to: end}
		v := m.value(i, end)
		p.amount = m.isRound(i, end)
		switch {
		case m.groups[i].apart, m.groups[i].labelled, m.isHotline(i, end), end-i == 1 && (len(v) < 3 || len(v) >= longestCard), m.isList(i, end),
			m.before(i).direct&(tail|phoneWord|idWord|label) != 0:
		default:
			out = append(out, p)
		}
		i = end
	}
	return out
}

// isRound takes groups i to end for an amount: 8000, 12000.
func (m *message) isRound(i, end int) bool {
	v := m.value(i, end)
	n := len(v)
	return end-i == 1 && 4 <= n && n <= 5 && v[0] != 0 && v[n-1] == 0 && v[n-2] == 0
}

// isHotline finds 95516, a list that begins with one, and 010-62345678.
func (m *message) isHotline(i, end int) bool {
	g := m.groups[i]
	if v := m.value(i, i+1); g.n == 5 && v[0] == 9 && v[1] == 5 && v[2] == 5 && m.before(i).direct&cardNo == 0 {
		return true
	}
	if end-i != 2 || m.gaps[i].kind != '-' || m.digits[g.at] != 0 {
		return false
	}
	n := m.groups[i+1].n
	return (g.n == 3 || g.n == 4) && (n == 7 || n == 8)
}

// cuts reports whether a number may end with group k-1 and another begin with
// group k though they are in one run: where the size of groups or the separator
// changes, or where the separator is a comma.
func (m *message) cuts(p piece, k int) bool {
	if k == p.from || k == p.to {
		return true
	}
	kind := m.gaps[k-1].kind
	return kind == comma || kind == wordy || m.groups[k].n != m.groups[k-1].n ||
		k-2 >= p.from && m.gaps[k-2].kind != kind || k+1 < p.to && m.gaps[k].kind != kind
}

// prepend tries what the pieces of earlier messages make of the number that ends
// with chain. A chain has one piece of a message, and of every message that has
// any, except where they look like amounts.
func (m *message) prepend(pieces, chain []piece, tries *int) {
	skipped := -1 // a message with a piece that cannot be skipped
	for i := len(pieces) - 1; i >= 0; i-- {
		p := pieces[i]
		if p.message >= chain[0].message {
			continue
		}
		if skipped >= 0 && p.message < skipped {
			return
		}
		if !p.amount {
			skipped = p.message
		}
		for from := p.from; from < p.to; from++ {
			if *tries++; *tries > mostTries {
				return
			}
			if !m.cuts(p, from) {
				continue
			}
			first := p
			first.from, first.amount = from, m.isRound(from, p.to)
			next := append([]piece{first}, chain...)
			n := m.chainLength(next)
			if n > longestCard {
				continue
			}
			if n >= shortestCard {
				m.considerSplit(next)
			}
			if from == p.from {
				m.prepend(pieces[:i], next, tries)
			}
		}
	}
}

func (m *message) chainLength(chain []piece) int {
	n := 0
	for _, p := range chain {
		n += m.length(p.from, p.to)
	}
	return n
}

// considerSplit adds the pieces of chain if they make up a card number or a
// resident id. 8000 in one message and a reference number in the next don't,
// whatever the check digit; 4000 1234 5678 9010 in four messages does.
func (m *message) considerSplit(chain []piece) {
	var v []byte
	amounts, fours := 0, true
	for i, p := range chain {
		n := m.length(p.from, p.to)
		if p.amount {
			amounts++
		}
		fours = fours && (n == 4 || i == len(chain)-1 && n < 4)
		v = append(v, m.value(p.from, p.to)...)
	}
	n := len(v)
	switch called := m.before(chain[0].from).direct&cardNo != 0; {
	case amounts == len(chain), amounts > 0 && !fours && !called:
	case n == 18 && isID(v, v[17]):
		m.addSplit(chain, ID)
	case issued(v) && luhn(v), called && (n == 16 || n == 19 || n > 16 && v[0] == 6 && v[1] == 2):
		m.addSplit(chain, Card)
	}
}

// addSplit notes the pieces of a number.
func (m *message) addSplit(chain []piece, kind Kind) {
	var v []byte
	for i, p := range chain {
		v = append(v, m.value(p.from, p.to)...)
		s := span{from: m.groups[p.from].from, to: m.groups[p.to-1].to, kind: Card, rank: -1}
		if i == len(chain)-1 {
			s.kind, s.keep = kind, kept(v, kind)
		}
		m.spans = append(m.spans, s)
	}
}

// Memory is Join with the last Window of every conversation at hand. The zero
// Memory is ready for use, and safe for use by several goroutines.
//
// What it holds are Texts, at most eight a conversation, for at most a Window:
// nothing that the store does not hold as well. The first half of a card number
// is among them in clear, because nobody can know yet what it is; the second
// half takes it away, here and, through changed, in the store.
type Memory struct {
	mu    sync.Mutex
	of    map[string][]remembered // by conversation
	queue []remembered            // all, oldest first, from head on
	head  int
}

type remembered struct {
	Earlier
	conversation string
	at           time.Time
}

// mostRemembered bounds a Memory under a flood; the oldest are forgotten first.
const mostRemembered = 100_000

// Mask masks the message s with the given id, as Join does.
func (m *Memory) Mask(now time.Time, conversation, id, s string) (t Text, found Found, changed []Earlier) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	if m.of == nil {
		m.of = make(map[string][]remembered)
	}
	// A message that a platform delivers twice is no second half of itself.
	kept := slices.DeleteFunc(m.of[conversation], func(r remembered) bool { return r.ID == id })
	earlier := make([]Earlier, len(kept))
	for i, r := range kept {
		earlier[i] = r.Earlier
	}
	t, found, changed = Join(earlier, s)
	for _, c := range changed {
		for i := range kept {
			if kept[i].ID == c.ID {
				kept[i].Text = c.Text
			}
		}
	}
	r := remembered{Earlier{id, t}, conversation, now}
	kept = append(kept, r)
	m.of[conversation] = kept[max(0, len(kept)-mostEarlier):]
	r.Text = Text{} // the queue only tells what to forget
	m.queue = append(m.queue, r)
	return t, found, changed
}

// forget drops what is older than a Window.
func (m *Memory) forget(now time.Time) {
	for ; m.head < len(m.queue); m.head++ {
		q := m.queue[m.head]
		if now.Sub(q.at) <= Window && len(m.queue)-m.head < mostRemembered {
			break
		}
		left := slices.DeleteFunc(m.of[q.conversation], func(r remembered) bool { return r.ID == q.ID && r.at.Equal(q.at) })
		if len(left) == 0 {
			delete(m.of, q.conversation)
		} else {
			m.of[q.conversation] = left
		}
	}
	if m.head > len(m.queue)/2 {
		m.queue = slices.Delete(m.queue, 0, m.head)
		m.head = 0
	}
}
