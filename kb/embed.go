package kb

import (
	"embed"
	"io/fs"
)

// Patterns are folders and fixed names, so that a new entry needs no change
// here. parsed.bin is what Build made of all of it; it may be out of date.
//
//go:embed entries codes *.yaml background.txt seed.txt parsed.bin
var embedded embed.FS

// Embedded returns the files of the knowledge base that ships in the binary.
func Embedded() fs.FS { return embedded }
