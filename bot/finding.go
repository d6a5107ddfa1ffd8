package bot

// Finding is one thing that a channel's doctor has looked at.
type Finding struct {
	Check    string
	Severity Severity
	Says     string // never holds a secret
	Fix      string // what to do about it; a Problem has one
}

// Severity is how bad a Finding is.
type Severity int

// The severities.
const (
	Fine    Severity = iota
	Warning          // works, but look at it
	Problem          // does not work
)
