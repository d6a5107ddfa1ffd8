package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestBackupAndRestore: a backup is made beside whoever holds the database, and
// brings everything back.
func TestBackupAndRestore(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
	db := openStore(t, data) // as serve would, with its lock
	receive(t, db, time.Now())

	_, stderr, code := command(t, "backup", "--data", data, file)
	if code != 0 || !regexp.MustCompile(`backup\.db: \d+ KB, 1 conversations, 1 messages in, 0 out, checked, in `).MatchString(stderr) {
		t.Fatalf("backup: exit code %d: %s", code, stderr)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the backup there is %v, %v", entries, err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := command(t, "backup", "--data", data, file); code != exitUsage || !strings.Contains(stderr, "exists already") {
		t.Errorf("over a file: exit code %d: %s", code, stderr)
	}

	// What happens after the backup is not in it.
	giveUp(t, db, time.Now())
	if _, stderr, code := command(t, "restore", "--data", data, file); code != exitData || !strings.Contains(stderr, "in use") {
		t.Errorf("into a database in use: exit code %d: %s", code, stderr)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := command(t, "restore", "--data", data, file); code != exitUsage || !strings.Contains(stderr, "holds 1 conversations already") {
		t.Errorf("over conversations: exit code %d: %s", code, stderr)
	}
	other := filepath.Join(t.TempDir(), "other")
	_, stderr, code = command(t, "restore", "--data", other, file)
	if code != 0 || !strings.Contains(stderr, "1 conversations, 1 messages wait for an answer, 0 for their sending") {
		t.Errorf("restore: exit code %d: %s", code, stderr)
	}
	after, err := os.ReadFile(file)
	if err != nil || string(after) != string(before) {
		t.Errorf("restore changes the backup: %v", err)
	}
	db = openStore(t, other)
	events, err := db.Events(t.Context(), "test:t1", 0, 10)
	if err != nil || len(events) != 1 || events[0].Text.String() != merchantsWords {
		t.Errorf("restored events: %v, %v", events, err)
	}
}

func TestBackupFaults(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	harmed := filepath.Join(dir, "harmed")
	if err := os.Mkdir(harmed, 0o700); err != nil {
		t.Fatal(err)
	}
	write("harmed/"+databaseName, strings.Repeat("not a database ", 1000))
	for _, tt := range []struct {
		args   []string
		stderr string
		code   int
	}{
		{[]string{"backup", "--data", filepath.Join(dir, "nowhere"), filepath.Join(dir, "b")}, "there is no database to read", exitUsage},
		{[]string{"backup", "--data", harmed, filepath.Join(dir, "b")}, "damaged", exitData},
		{[]string{"backup", "--data", harmed, filepath.Join(dir, "nowhere", "b")}, "is no folder", exitUsage},
		{[]string{"backup", "--data", write("file", "x"), filepath.Join(dir, "b")}, "--data", exitInvalid},
		{[]string{"backup"}, "see decline61 backup --help", exitUsage},
		{[]string{"restore", "--data", filepath.Join(dir, "new1"), filepath.Join(dir, "nowhere")}, "opening the backup", exitUsage},
		{[]string{"restore", "--data", filepath.Join(dir, "new2"), dir}, "is no file", exitUsage},
		{[]string{"restore", "--data", filepath.Join(dir, "new3"), write("text", strings.Repeat("no backup ", 1000))}, "", exitData},
		// A wrong token of Slack keeps nobody from his data, a wrong database does.
		{[]string{"restore", "--database-url", "mysql://db", "x"}, "postgres://ACCOUNT", exitInvalid},
	} {
		_, stderr, code := command(t, tt.args...)
		if code != tt.code || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("%q exits with %d, want %d and %q: %s", tt.args, code, tt.code, tt.stderr, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "b")); err == nil {
		t.Error("a failed backup leaves a file")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".backup-*")); len(left) > 0 {
		t.Errorf("a failed backup leaves %v", left)
	}
}

func TestStoreCopy(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "to", "copy.db")
	db := openStore(t, from)
	receive(t, db, time.Now())
	if _, stderr, code := command(t, "store", "copy", from, to); code != exitData || !strings.Contains(stderr, "opening FROM") {
		t.Errorf("from a database in use: exit code %d: %s", code, stderr)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := command(t, "store", "copy", from, to)
	if code != 0 || !regexp.MustCompile(`(?m)^inbox +1$`).MatchString(out) || !strings.Contains(out, "the same on both sides") {
		t.Errorf("exit code %d:\n%s%s", code, out, stderr)
	}
	if !strings.Contains(stderr, "inbox: 1 rows") {
		t.Errorf("progress: %s", stderr)
	}
	for _, tt := range []struct {
		from, to, stderr string
		code             int
	}{
		{from, to, "already", exitUsage}, // TO is not empty any more
		{from, from, "the same database", exitUsage},
		{filepath.Join(from, "nowhere"), to + "2", "there is no database to copy", exitUsage},
		{from, "postgres://u@127.0.0.1:1/x?connect_timeout=2", "opening TO", exitRefused},
	} {
		if _, stderr, code := command(t, "store", "copy", tt.from, tt.to); code != tt.code || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("from %s to %s: exit code %d, want %d and %q: %s", tt.from, tt.to, code, tt.code, tt.stderr, stderr)
		}
	}
}
