package index

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"

	"decline61/kb"
)

// embedded is the model, with bleve's index, of the knowledge base that ships
// inside the binary, so that a start neither trains nor indexes. "decline61 kb
// build" writes it.
//
//go:embed weights.bin
var embedded []byte

// modelVersion changes when code does that decides what training gives:
// features, weights, hyper-parameters, or the format below.
const modelVersion = "4"

const magic = "decline61 weights\n"

// modelKey says what a model was trained from.
func modelKey(k *kb.KB) string { return modelVersion + " " + k.Version }

// fits reports whether weights are those of k. A knowledge base without a
// version fits none.
func fits(weights []byte, k *kb.KB) bool {
	return k.Version != "" && bytes.HasPrefix(weights, []byte(magic+modelKey(k)+"\n"))
}

// MarshalBinary returns the model and bleve's index of its entries, about 160
// bytes a line: a text header of the magic and the key, a checksum of what
// follows it, the length of the model, the model, and the files of the index.
// The latter differ from time to time, since bleve has no fixed order.
func (m *Model) MarshalBinary() ([]byte, error) {
	packed, err := pack(m)
	if err != nil {
		return nil, err
	}
	model := m.encode()
	body := binary.AppendUvarint(nil, uint64(len(model)))
	body = append(append(body, model...), packed...)
	b := binary.LittleEndian.AppendUint32([]byte(magic+m.key+"\n"), crc32.Checksum(body, castagnoli))
	return append(b, body...), nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode writes the model as numbers, ascending ones as differences.
func (m *Model) encode() []byte {
	var b []byte
	num := func(n int) { b = binary.AppendUvarint(b, uint64(n)) }
	num(len(m.classes))
	num(m.entries)
	line := 0
	for c, name := range m.classes {
		num(len(name))
		b = append(b, name...)
		n := 0
		for line+n < len(m.lines) && m.lines[line+n] == uint32(c) {
			n++
		}
		num(n)
		line += n
	}
	num(len(m.features))
	num(len(m.postings))
	for _, f := range m.features {
		b = binary.LittleEndian.AppendUint32(b, f)
	}
	for f := range m.features {
		num(m.count(uint32(f)))
	}
	for f := range m.features {
		last := 0
		for _, i := range m.postings[m.start[f]:m.start[f+1]] {
			num(int(i) - last)
			last = int(i)
		}
	}
	num(len(m.terms))
	last := 0
	for _, t := range m.terms {
		num(int(t.f) - last)
		last = int(t.f)
		num(len(t.text))
		b = append(b, t.text...)
	}
	num(len(m.pull))
	for i := range m.lines {
		if !m.trained() {
			break
		}
		from, to := m.pullStart[i], m.pullStart[i+1]
		num(int(to - from))
		last := 0
		for j := from; j < to; j++ {
			num(int(m.pullClass[j]) - last)
			last = int(m.pullClass[j])
			b = append(b, byte(m.pull[j]))
		}
	}
	return b
}

var errDamaged = errors.New("index: weights are damaged")

// UnmarshalBinary reads what MarshalBinary made. The error is for bytes that
// it did not make, and the model is then unusable. The model keeps using b.
func (m *Model) UnmarshalBinary(b []byte) error {
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	key, rest, found := bytes.Cut(rest, []byte("\n"))
	if !ok || !found || len(rest) < 4 {
		return errDamaged
	}
	sum, body := binary.LittleEndian.Uint32(rest), rest[4:]
	if crc32.Checksum(body, castagnoli) != sum {
		return errDamaged
	}
	d := decoder{b: body}
	model := d.bytes(d.num(len(body)))
	if d.bad {
		return errDamaged
	}
	*m = Model{key: string(key), packed: body[d.at:], ext: newExtractor()}
	return m.decode(model)
}

// decode reads what encode wrote.
func (m *Model) decode(b []byte) error {
	d := decoder{b: b}
	classes := d.num(len(d.b))
	m.entries = d.num(classes)
	m.classes = make([]string, 0, classes)
	for c := range classes {
		m.classes = append(m.classes, string(d.bytes(d.num(len(d.b)))))
		m.lines = append(m.lines, slices.Repeat([]uint32{uint32(c)}, d.num(len(b)-len(m.lines)))...)
		if c < m.entries {
			m.entryLines = len(m.lines)
		}
	}
	features, postings := d.num(len(d.b)), d.num(len(d.b))
	hashes := d.bytes(4 * features)
	if d.bad {
		return errDamaged
	}
	m.features = make([]feature, features)
	for f := range m.features {
		m.features[f] = binary.LittleEndian.Uint32(hashes[4*f:])
		if m.features[f]&3 >= kinds {
			return errDamaged
		}
	}
	m.start = make([]uint32, features+1)
	for f := range features {
		m.start[f+1] = m.start[f] + uint32(d.num(postings))
	}
	if int(m.start[features]) != postings {
		return errDamaged
	}
	m.postings = make([]uint32, postings)
	for f := range features {
		last := 0
		list := m.postings[m.start[f]:m.start[f+1]]
		for j := range list {
			last += d.num(len(m.lines))
			list[j] = uint32(last)
		}
		if last >= len(m.lines) {
			return errDamaged
		}
	}
	m.terms = make([]modelTerm, d.num(features))
	last := 0
	for i := range m.terms {
		last += d.num(features)
		if last >= features {
			return errDamaged
		}
		m.terms[i] = modelTerm{uint32(last), string(d.bytes(d.num(len(d.b))))}
	}
	if pulls := d.num(len(d.b)); pulls > 0 {
		m.pullStart = make([]uint32, len(m.lines)+1)
		m.pullClass = make([]uint16, 0, pulls)
		m.pull = make([]int8, 0, pulls)
		for i := range m.lines {
			last := 0
			for range d.num(classes) {
				last += d.num(classes)
				p := d.bytes(1)
				if d.bad || last >= classes {
					return errDamaged
				}
				m.pullClass = append(m.pullClass, uint16(last))
				m.pull = append(m.pull, int8(p[0]))
			}
			m.pullStart[i+1] = uint32(len(m.pull))
		}
	}
	if d.bad || d.at < len(d.b) {
		return errDamaged
	}
	m.derive()
	return nil
}

// decoder reads numbers from b, beginning at at. After the first that is not
// there, or is more than it can be, it is bad and gives zeros.
type decoder struct {
	b   []byte
	at  int
	bad bool
}

// num reads a number from 0 to most.
func (d *decoder) num(most int) int {
	n, size := binary.Uvarint(d.b[d.at:])
	if size <= 0 || n > uint64(most) {
		d.fail()
		return 0
	}
	d.at += size
	return int(n)
}

// bytes reads n bytes.
func (d *decoder) bytes(n int) []byte {
	if n > len(d.b)-d.at {
		d.fail()
		return nil
	}
	d.at += n
	return d.b[d.at-n : d.at]
}

func (d *decoder) fail() { d.bad, d.at = true, len(d.b) }
