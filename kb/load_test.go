package kb

import (
	"bytes"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// What Build writes is what parsing gives; bot and index see no difference.
func TestParsedEqualsFiles(t *testing.T) {
	files, err := readFiles(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	want, err := parse(files, versionOf(files)).result()
	if err != nil {
		t.Fatal(err)
	}
	data, err := Build(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	fsys := mapFS(files)
	fsys[parsedFile] = &fstest.MapFile{Data: data}
	got, _ := loadParsed(fsys, want.Version)
	if got == nil {
		t.Fatal("parsed.bin was not taken")
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(KB{})); diff != "" {
		t.Error(diff)
	}
}

// A parsed.bin that does not fit is passed over, whatever is wrong with it.
func TestParsedRefused(t *testing.T) {
	fsys := goodFS(t)
	data, err := Build(fsys)
	if err != nil {
		t.Fatal(err)
	}
	fsys[parsedFile] = &fstest.MapFile{Data: data}
	k, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Build(fsys); err != nil || !bytes.Equal(data, again) {
		t.Errorf("Build changes a parsed.bin that is right (%v)", err)
	}
	flipped := bytes.Clone(data)
	flipped[len(flipped)/2] ^= 1
	for name, bad := range map[string][]byte{
		"empty": {}, "cut": data[:len(data)/2], "flipped": flipped, "header only": data[:bytes.IndexByte(data, '\n')+1],
	} {
		fsys[parsedFile] = &fstest.MapFile{Data: bad}
		if got, _ := loadParsed(fsys, k.Version); got != nil {
			t.Errorf("%s: taken", name)
		}
		if got, err := Load(fsys); err != nil || got.Version != k.Version {
			t.Errorf("%s: Load failed: %v", name, err)
		}
	}
	fsys[parsedFile] = &fstest.MapFile{Data: data}
	fsys[seedFile].Data = append(fsys[seedFile].Data, "another line\n"...)
	if got, err := Load(fsys); err != nil || len(got.Seed.Lines) != 3 {
		t.Errorf("a changed file is not read (%v)", err)
	}
}
