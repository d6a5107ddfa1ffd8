package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver
)

// file is a SQLite file that belongs to this process.
type file struct {
	path    string
	log     *slog.Logger
	lock    *flock.Flock
	readers *sql.DB
	reader  *prepared
	writers *sql.DB // of one connection

	*writer

	broken  atomic.Pointer[error] // what a check found
	suspect atomic.Bool           // not closed properly, and not checked since
	stop    context.CancelFunc    // ends quick_check
	wait    sync.WaitGroup        // until it has ended
	closed  sync.Once
}

// Every connection waits for the disk at each commit, zeroes what it deletes,
// and keeps sorting in memory, so that no text is left in a temporary file.
const pragmas = "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)" +
	"&_pragma=secure_delete(1)&_pragma=temp_store(MEMORY)&_pragma=journal_size_limit(67108864)"

func openSQLite(ctx context.Context, path string, log *slog.Logger) (_ engine, fresh time.Duration, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, 0, err
	}
	f := &file{path: path, log: log}
	if f.lock, err = lockFile(path); err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			f.letGo()
		}
	}()
	if err := touch(path); err != nil {
		return nil, 0, err
	}
	// WAL lets readers read while the writer writes.
	if f.writers, err = sql.Open("sqlite", address(path)+pragmas+"&_pragma=journal_mode(WAL)"); err != nil {
		return nil, 0, err
	}
	f.writers.SetMaxOpenConns(1)
	conn, err := f.writers.Conn(ctx)
	if err != nil {
		return nil, 0, err
	}
	clean, err := begin(ctx, conn)
	if err != nil {
		return nil, 0, errors.Join(err, conn.Close())
	}
	if f.readers, err = sql.Open("sqlite", address(path)+pragmas+"&_pragma=query_only(1)"); err != nil {
		return nil, 0, errors.Join(err, conn.Close())
	}
	f.readers.SetMaxOpenConns(4)
	f.readers.SetMaxIdleConns(4)
	f.reader = &prepared{on: f.readers}
	f.writer = newWriter(conn)
	background, stop := context.WithCancel(context.Background())
	f.stop = stop
	if !clean {
		f.suspect.Store(true)
		f.wait.Go(func() { f.quickCheck(background) })
	}
	return f, 0, nil
}

// begin migrates, and marks the file as in use. It reports whether it was
// closed properly the last time.
func begin(ctx context.Context, conn *sql.Conn) (clean bool, err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if err := migrate(ctx, tx); err != nil {
		return false, err
	}
	if err := tx.QueryRowContext(ctx, `SELECT clean FROM schema_version`).Scan(&clean); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE schema_version SET clean = 0`); err != nil {
		return false, err
	}
	return clean, tx.Commit()
}

// address is path as SQLite takes it with parameters behind.
func address(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// lockFile takes path.lock, which says whose it is.
func lockFile(path string) (*flock.Flock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	name := path + ".lock"
	l := flock.New(name, flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", name, err)
	}
	if !ok {
		l.Close()
		owner, _ := os.ReadFile(name)
		return nil, fmt.Errorf("%s is %w (process %s holds %s): stop it, or give this one a data directory of its own",
			path, ErrLocked, orUnknown(strings.TrimSpace(string(owner))), name)
	}
	if err := os.WriteFile(name, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// touch creates the file for its owner alone; SQLite gives the files beside it
// the same mode.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// quickCheck looks for damage after the process or the machine has died.
func (f *file) quickCheck(ctx context.Context) {
	start := time.Now()
	err := pragmaCheck(ctx, f.readers, "quick_check")
	switch {
	case ctx.Err() != nil:
	case err != nil:
		f.log.Error("the database was not closed properly and does not read as it should", "file", f.path, "error", doing("checking", err))
		f.broken.Store(&err)
	default:
		f.suspect.Store(false)
		f.log.Info("the database was not closed properly and has been checked", "file", f.path, "took", time.Since(start).Round(time.Millisecond))
	}
}

// pragmaCheck runs quick_check or integrity_check.
func pragmaCheck(ctx context.Context, q querier, pragma string) error {
	said, err := list(ctx, q, one[string], "PRAGMA "+pragma+"(3)")
	if err != nil {
		return err
	}
	if len(said) != 1 || said[0] != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, strings.Join(said, "; "))
	}
	return nil
}

func (f *file) damage() error {
	if err := f.broken.Load(); err != nil {
		return *err
	}
	return nil
}

func (f *file) check(ctx context.Context) error {
	err := pragmaCheck(ctx, f.readers, "integrity_check")
	if errors.Is(err, ErrDamaged) {
		f.broken.Store(&err)
	}
	return err
}

// once shares its transaction with others, like everything.
func (f *file) once(ctx context.Context, run func(context.Context, querier) error) error {
	return f.update(ctx, run)
}

func (f *file) view() querier { return f.reader }

func (f *file) snapshot(ctx context.Context, run func(context.Context, querier) error) error {
	tx, err := f.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return run(ctx, tx)
}

func (f *file) skipLocked() string { return "" }
func (f *file) changed([]string)   {}

// listen has nobody to listen to.
func (f *file) listen(ctx context.Context, _ func(string)) error {
	<-ctx.Done()
	return ctx.Err()
}

func (f *file) claim(context.Context) (claim, error) { return fileClaim{f}, nil }

// fileClaim has no other process to ask.
type fileClaim struct{ *file }

func (fileClaim) lock(_ context.Context, conversations []string, _ bool) (string, error) {
	return conversations[0], nil
}

func (fileClaim) end() {}

func (f *file) close(clean bool) (err error) {
	f.closed.Do(func() {
		f.stop()
		f.wait.Wait()
		// What has not been found sound is looked at again after the next start.
		err = f.writer.end(clean && !f.suspect.Load() && f.broken.Load() == nil)
		err = errors.Join(err, f.letGo())
	})
	return err
}

// letGo closes what is open; the last connection empties the WAL.
func (f *file) letGo() error {
	var errs []error
	for _, db := range []*sql.DB{f.readers, f.writers} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, f.lock.Close())...)
}
