package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"decline61/bot/store"
)

const (
	littleSpace = 1 << 30   // a warning below it
	noSpace     = 100 << 20 // a problem
	longWait    = 30 * time.Second
	longUnsent  = 5 * time.Minute
	mostLetters = 20 // dead letters that are listed
	recent      = 7 * day
)

// folder looks at the data folder without leaving anything there.
func (x *examination) folder(c *config) {
	const name = "data folder"
	if c.databaseFile() == "" {
		x.ok(name, "not needed: conversations are in Postgres")
		return
	}
	info, err := os.Stat(c.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.ok(name, "%s is not there yet; serve makes it", c.Data)
		return
	case err != nil:
		x.problem(name, exitFindings, "let this account open it, or name another one with --data", "%v", err)
		return
	case !info.IsDir():
		return // a fault of the configuration
	}
	f, err := os.CreateTemp(c.Data, ".doctor-*")
	if err != nil {
		x.problem(name, exitFindings, "let this account write there, or name another folder with --data", "%v", err)
		return
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		x.problem(name, exitFindings, "look at the disk", "%v", err)
		return
	}
	switch free, err := freeSpace(c.Data); {
	case err != nil:
		x.ok(name, "%s can be written to", c.Data)
	case free < noSpace:
		x.problem(name, exitFindings, "make room: without it no message can be stored, and none is accepted", "%s has only %s left", c.Data, bytesText(free))
	case free < littleSpace:
		x.warn(name, "make room", "%s has only %s left", c.Data, bytesText(free))
	default:
		x.ok(name, "%s can be written to, %s free", c.Data, bytesText(free))
	}
	if runtime.GOOS == "windows" {
		return
	}
	var open []string
	for _, name := range []string{c.databaseFile(), c.databaseFile() + "-wal"} {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o077 != 0 {
			open = append(open, name)
		}
	}
	// A folder that is closed to others closes what is in it.
	if len(open) > 0 && info.Mode().Perm()&0o077 != 0 {
		x.warn("permissions", "chmod 700 "+c.Data, "other accounts of this machine can reach %s", strings.Join(open, " and "))
	}
}

// serve asks a running serve how it is, by its address in the configuration,
// and reports whether there is one.
func (x *examination) serve(ctx context.Context, c *config) (serving bool) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	address := reachable(c.Listen)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false // the address is a fault of the configuration
	}
	// No proxy of the environment: this is about the machine itself.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		x.ok("serve", "does not run on %s", c.Listen)
		return false
	}
	defer response.Body.Close()
	var report struct {
		Ready  bool              `json:"ready"`
		Checks map[string]string `json:"checks"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&report)
	if err != nil || report.Checks == nil {
		x.problem("serve", exitFindings, "end that program, or choose another address with --listen", "something else listens on %s", c.Listen)
		return false
	}
	if !report.Ready {
		x.problem("serve", exitFindings, "look at its log", "runs on %s and is not ready: %s", c.Listen, sick(report.Checks))
		return true
	}
	if bad := sick(report.Checks); bad != "" {
		x.warn("serve", "look at its log", "runs on %s and is ready, but: %s", c.Listen, bad)
		return true
	}
	x.ok("serve", "runs on %s and is ready", c.Listen)
	return true
}

// database opens the database without changing it and looks at all of it.
func (x *examination) database(ctx context.Context, c *config, serving, offline bool) {
	const name = "database"
	file := c.databaseFile()
	if file == "" {
		if u, err := url.Parse(c.DatabaseURL.value()); err != nil || offline && !loopback(u.Hostname()) && u.Hostname() != "" {
			x.ok(name, "Postgres was not asked")
			return
		}
	} else if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		x.ok(name, "%s is not there yet; serve makes it", file)
		return
	}
	db, err := c.asItIs(ctx)
	if err != nil {
		x.broken(name, c, err)
		return
	}
	defer db.Close()
	if err := db.Check(ctx); err != nil {
		x.broken(name, c, err)
		return
	}
	if file != "" {
		x.ok(name, "%s: every page is in order", file)
	} else {
		x.ok(name, "%s answers, and its rows fit together", c.databaseText())
	}
	x.waiting(ctx, db, serving)
}

// broken reports a database that cannot be read.
func (x *examination) broken(check string, c *config, err error) {
	code, fix := exitFindings, "see that it runs and that DATABASE_URL is right"
	switch {
	case errors.Is(err, store.ErrLocked):
		code, fix = exitData, "end the other process, or name another folder with --data"
	case errors.Is(err, store.ErrDamaged):
		code, fix = exitData, "stop serve, move the files of the database away, and decline61 restore the last backup"
	case errors.Is(err, store.ErrVersion):
		code, fix = exitData, "use the newer decline61"
	case c.databaseFile() != "":
		code, fix = exitData, "let this account read it"
	}
	x.problem(check, code, fix, "%s: %v", c.databaseText(), err)
}

// waiting looks at the merchants who have no answer yet.
func (x *examination) waiting(ctx context.Context, db *store.DB, serving bool) {
	s, err := db.Stats(ctx, time.Now())
	if err != nil {
		x.problem("messages", exitData, "", "they cannot be counted: %v", err)
		return
	}
	fix := "look at serve's log: a conversation is stuck"
	if !serving {
		fix = "start serve"
	}
	switch {
	case s.Unanswered > 0 && (!serving || s.OldestUnanswered > longWait):
		x.problem("messages", exitFindings, fix, "%d wait for an answer, the oldest for %s", s.Unanswered, short(s.OldestUnanswered))
	case s.Unsent > 0 && (!serving || s.OldestUnsent > longUnsent):
		x.problem("messages", exitFindings, fix, "%d wait for their sending, the oldest for %s", s.Unsent, short(s.OldestUnsent))
	default:
		x.ok("messages", "%d conversations, %d with a person's turn; none waits too long", s.Conversations, s.Waiting)
	}
	if s.Dead > 0 {
		x.warn("fallbacks", "", "%d messages could not be answered properly and got the fallback answer", s.Dead)
	}
	x.letters(ctx, db, s.Failed)
}

// letters lists messages that were given up. Old ones are no problem any more,
// only history.
func (x *examination) letters(ctx context.Context, db *store.DB, n int) {
	failed, err := db.Failed(ctx, mostLetters)
	if err != nil {
		x.problem("dead letters", exitData, "", "they cannot be listed: %v", err)
		return
	}
	fresh := false
	for _, f := range failed {
		x.DeadLetters = append(x.DeadLetters, deadLetter{f.Conversation, f.To.Channel, f.Why, f.Tries, f.Time})
		fresh = fresh || time.Since(f.Time) < recent
	}
	const fix = "see why in the list below; these merchants have seen no reply"
	switch {
	case n == 0 && len(failed) == 0:
		x.ok("dead letters", "none")
	case fresh:
		x.problem("dead letters", exitFindings, fix, "%d messages were given up", max(n, len(failed)))
	default:
		x.warn("dead letters", fix, "%d messages were given up, none in the last 7 days", max(n, len(failed)))
	}
}

func short(d time.Duration) string {
	if d > time.Second {
		d = d.Round(time.Second)
	}
	return d.String()
}

// sick names the checks that are not ok.
func sick(checks map[string]string) string {
	var bad []string
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		if checks[name] != "ok" {
			bad = append(bad, fmt.Sprintf("%s: %s", name, checks[name]))
		}
	}
	return strings.Join(bad, "; ")
}
