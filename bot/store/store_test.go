package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/goleak"

	"decline61/bot/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Database { return newTestFile(t) })
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Database { return newTestSchema(t) })
}

// kinds are both kinds of database, for tests that storetest cannot have.
var kinds = map[string]func(testing.TB) testDatabase{
	"sqlite":   func(t testing.TB) testDatabase { return newTestFile(t) },
	"postgres": func(t testing.TB) testDatabase { return newTestSchema(t) },
}

type testDatabase interface {
	storetest.Database
	options() Options
}

// eachKind runs a test on an empty database of each kind.
func eachKind(t *testing.T, test func(t *testing.T, d testDatabase)) {
	for name, fresh := range kinds {
		t.Run(name, func(t *testing.T) { test(t, fresh(t)) })
	}
}

// TestCloseEndsAll: nothing goes on behind a closed store, also with a task open.
func TestCloseEndsAll(t *testing.T) {
	eachKind(t, func(t *testing.T, d testDatabase) {
		before := goleak.IgnoreCurrent()
		db := openTest(t, d, 0)
		fill(t, db, 3)
		if task, err := db.Claim(t.Context(), time.Now(), 0); task == nil || err != nil {
			t.Fatal(task, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
	})
}

// testFile is a SQLite file in a directory of its own.
type testFile struct{ path string }

func newTestFile(t testing.TB) testFile { return testFile{filepath.Join(t.TempDir(), "bot.db")} }

func (f testFile) options() Options { return Options{URL: f.path, Pull: []string{storetest.Pulled}} }

func (f testFile) Open(t *testing.T, waiting int) storetest.Store { return openTest(t, f, waiting) }

func (f testFile) Crash(t *testing.T, s storetest.Store) { crash(t, s) }

// Holds searches the bytes of all files. What was overwritten may take the
// writer a moment to rub out.
func (f testFile) Holds(t *testing.T, s string) bool {
	for range 50 {
		if inFiles(t, filepath.Dir(f.path), s) == "" {
			return false
		}
		time.Sleep(50 * time.Millisecond)
	}
	return true
}

func (f testFile) Shared() bool { return false }

// inFiles names a file below dir that has s in it.
func inFiles(t *testing.T, dir, s string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err == nil && bytes.Contains(b, []byte(s)) {
			return f.Name()
		}
	}
	return ""
}

// testSchema is a schema in the Postgres that the environment names.
type testSchema struct {
	url string
	db  *sql.DB
}

var schemas atomic.Int64

func newTestSchema(t testing.TB) testSchema {
	base := os.Getenv("DECLINE61_TEST_POSTGRES")
	if base == "" {
		t.Skip("DECLINE61_TEST_POSTGRES is not set")
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal("DECLINE61_TEST_POSTGRES is no URL")
	}
	db, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return testSchema{url: u.String(), db: db}
}

func (s testSchema) options() Options { return Options{URL: s.url, Pull: []string{storetest.Pulled}} }

func (s testSchema) Open(t *testing.T, waiting int) storetest.Store { return openTest(t, s, waiting) }

func (s testSchema) Crash(t *testing.T, store storetest.Store) { crash(t, store) }

// Holds searches all rows that can be seen.
func (s testSchema) Holds(t *testing.T, text string) bool {
	db := openTest(t, s, 0)
	defer db.Close()
	for _, table := range tables {
		rows, err := db.engine.view().QueryContext(t.Context(), `SELECT CAST(t.* AS text) FROM `+table+` t`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(row, text) {
				return true
			}
		}
		rows.Close()
	}
	return false
}

func (s testSchema) Shared() bool { return true }

func openTest(t *testing.T, d testDatabase, waiting int) *DB {
	t.Helper()
	o := d.options()
	o.MaxWaiting = waiting
	db, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// crash ends a store as the death of its process does: connections are cut,
// the lock is gone, and nothing is tidied up.
func crash(t *testing.T, s storetest.Store) {
	t.Helper()
	s.(*DB).engine.close(false)
}
