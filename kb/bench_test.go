package kb

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// bigFS is a knowledge base of the size that is planned: 105 entries with 45
// phrasings each.
func bigFS(b *testing.B) fstest.MapFS {
	files, err := readFiles(Embedded())
	if err != nil {
		b.Fatal(err)
	}
	fsys := mapFS(files)
	model := string(fsys["entries/issuer-limit.md"].Data)
	for name := range fsys {
		if isEntryFile(name) {
			delete(fsys, name)
		}
	}
	for i := range 105 {
		id := fmt.Sprintf("entry-%03d", i)
		var phrasings strings.Builder
		for j := range 45 {
			fmt.Fprintf(&phrasings, "  - \"第%d条说法:刷卡的时候机器提示%d超限额怎么办\"\n", j, i)
		}
		s := strings.ReplaceAll(model, "issuer-limit", id)
		head, tail, _ := strings.Cut(s, "phrasings:\n")
		_, tail, _ = strings.Cut(tail, "sources:")
		fsys["entries/"+id+".md"] = &fstest.MapFile{Data: []byte(head + "phrasings:\n" + phrasings.String() + "sources:" + tail)}
	}
	return fsys
}

func BenchmarkLoad(b *testing.B) {
	fsys := bigFS(b)
	files, err := readFiles(fsys)
	if err != nil {
		b.Fatal(err)
	}
	k, err := Load(fsys)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read-and-hash", func(b *testing.B) {
		for b.Loop() {
			files, err := readFiles(fsys)
			if err != nil {
				b.Fatal(err)
			}
			versionOf(files)
		}
	})
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			parse(files, k.Version)
		}
	})
	b.Run("gob", func(b *testing.B) {
		var buf bytes.Buffer
		if err := gob.NewEncoder(&buf).Encode(k); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := gob.NewDecoder(bytes.NewReader(buf.Bytes())).Decode(new(KB)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		data, err := json.Marshal(k)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := json.Unmarshal(data, new(KB)); err != nil {
				b.Fatal(err)
			}
		}
	})
	data, err := Build(fsys)
	if err != nil {
		b.Fatal(err)
	}
	fsys[parsedFile] = &fstest.MapFile{Data: data}
	b.Run("parsed.bin-alone", func(b *testing.B) {
		for b.Loop() {
			if k, _ := loadParsed(fsys, k.Version); k == nil {
				b.Fatal("not taken")
			}
		}
		b.ReportMetric(float64(len(data)), "bytes")
	})
	b.Run("Load-with-parsed.bin", func(b *testing.B) {
		for b.Loop() {
			if _, err := Load(fsys); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkLint(b *testing.B) {
	for b.Loop() {
		Lint(Embedded(), LintOptions{})
	}
}
