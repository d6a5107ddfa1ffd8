package index

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// To build bleve's index in memory takes 20 to 40 ms for the embedded knowledge
// base, most of a start. To open a finished one takes less than one. But bleve
// opens nothing except a folder on disk; so "kb build" packs up the files of
// such a folder, and a start unpacks them into a temporary one, opens it and
// removes it again. Where that cannot be done, in a container without any
// writable folder say, the index is built in memory and answers the same.

// pack builds bleve's index on disk and returns its files.
func pack(m *Model) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "decline61-pack-")
	if err != nil {
		return nil, fmt.Errorf("index: packing bleve: %w", err)
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "index") // bleve wants to make the folder itself
	x, err := bleve.NewUsing(dir, newMapping(), scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("index: packing bleve: %w", err)
	}
	if err := fill(x, m); err != nil {
		x.Close()
		return nil, fmt.Errorf("index: packing bleve: %w", err)
	}
	if err := x.Close(); err != nil {
		return nil, fmt.Errorf("index: packing bleve: %w", err)
	}

	var b []byte
	add := func(part []byte) { b = append(binary.AppendUvarint(b, uint64(len(part))), part...) }
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		add([]byte(path))
		add(content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("index: packing bleve: %w", err)
	}
	return b, nil
}

// unpack opens what pack returned. The folder returned is gone already, except
// on systems that keep what is open; there it is to be removed after Close.
func unpack(packed []byte) (x bleve.Index, dir string, err error) {
	dir, err = os.MkdirTemp("", "decline61-")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(dir)
	for d := (decoder{b: packed}); d.at < len(d.b); {
		path := filepath.Join(dir, string(d.bytes(d.num(len(packed)))))
		content := d.bytes(d.num(len(packed)))
		if d.bad {
			return nil, "", errDamaged
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, "", err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, "", err
		}
	}
	// Without read_only bleve would start goroutines that write; without the
	// timeout it would wait for ever for a file that someone else has locked.
	x, err = bleve.OpenUsing(dir, map[string]any{"read_only": true, "bolt_timeout": "100ms"})
	return x, dir, err
}
