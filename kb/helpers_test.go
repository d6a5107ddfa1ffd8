package kb

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// mapFS puts files into memory, where a test can change them.
func mapFS(files []sourceFile) fstest.MapFS {
	m := fstest.MapFS{}
	for _, f := range files {
		m[f.name] = &fstest.MapFile{Data: f.data}
	}
	return m
}

var update = flag.Bool("update", false, "write golden files and parsed.bin anew")

// goodFS is the knowledge base of testdata/good.txtar, which has no fault.
func goodFS(t testing.TB) fstest.MapFS {
	t.Helper()
	a, err := readArchive("testdata/good.txtar")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, f := range a.files {
		fsys[f.name] = &fstest.MapFile{Data: f.data}
	}
	var lines strings.Builder
	for i := range minBackground {
		fmt.Fprintf(&lines, "无关的问题第%d个\n", i+1000)
	}
	fsys[backgroundFile].Data = append(fsys[backgroundFile].Data, lines.String()...)
	return fsys
}
