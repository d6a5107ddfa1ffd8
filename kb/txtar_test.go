package kb

import (
	"os"
	"regexp"
)

// archive is a text archive in the txtar format: a comment, then files, each
// under a line "-- name --". The library of that name would do; it pulls all
// of golang.org/x/tools into the module for these lines.
type archive struct {
	comment string
	files   []sourceFile
}

var archiveMarker = regexp.MustCompile(`(?m)^-- (.+) --\n`)

func readArchive(file string) (*archive, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	a := &archive{}
	at := archiveMarker.FindAllSubmatchIndex(src, -1)
	end := len(src)
	if len(at) > 0 {
		end = at[0][0]
	}
	a.comment = string(src[:end])
	for i, m := range at {
		end := len(src)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		a.files = append(a.files, sourceFile{string(src[m[2]:m[3]]), src[m[1]:end]})
	}
	return a, nil
}

func (a *archive) write(file string) error {
	out := a.comment
	for _, f := range a.files {
		out += "-- " + f.name + " --\n" + string(f.data)
	}
	return os.WriteFile(file, []byte(out), 0o644)
}
