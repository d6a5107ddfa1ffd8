package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// glance is a SQLite file that is only read, as it is: beside the process that
// it belongs to, and whatever its schema is.
type glance struct {
	path    string
	readers *sql.DB
}

var errAsItIs = fmt.Errorf("%w: it was opened to be read as it is", ErrReadOnly)

func glanceAt(ctx context.Context, path string, _ *slog.Logger) (engine, time.Duration, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, 0, err
	}
	db, err := sql.Open("sqlite", address(path)+"?mode=ro&_pragma=busy_timeout(5000)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return nil, 0, err
	}
	if err := ours(ctx, db); err != nil {
		return nil, 0, errors.Join(err, db.Close())
	}
	return &glance{path, db}, 0, nil
}

// ours tells our databases from others and from those of newer programs.
func ours(ctx context.Context, q querier) error {
	version, err := schemaVersion(ctx, q)
	var lite *sqlite.Error
	var server *pgconn.PgError
	const undefinedTable = "42P01"
	if errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_ERROR || errors.As(err, &server) && server.Code == undefinedTable || err == nil && version == 0 {
		return errors.New("it is a database, but not of this program's conversations")
	}
	return err
}

func (g *glance) view() querier { return g.readers }

func (g *glance) update(context.Context, func(context.Context, querier) error) error {
	return errAsItIs
}

func (g *glance) once(context.Context, func(context.Context, querier) error) error { return errAsItIs }

func (g *glance) snapshot(ctx context.Context, run func(context.Context, querier) error) error {
	tx, err := g.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return run(ctx, tx)
}

func (g *glance) check(ctx context.Context) error {
	return pragmaCheck(ctx, g.readers, "integrity_check")
}

// backup reads with one statement, so what it writes is of one moment.
func (g *glance) backup(ctx context.Context, _ *DB, path string) error {
	if err := touch(path); err != nil { // for its owner alone
		return err
	}
	_, err := g.readers.ExecContext(ctx, `VACUUM INTO $1`, path)
	return err
}

func (g *glance) claim(context.Context) (claim, error) { return nil, errAsItIs }
func (g *glance) skipLocked() string                   { return "" }
func (g *glance) changed([]string)                     {}
func (g *glance) scrub()                               {}
func (g *glance) damage() error                        { return nil }
func (g *glance) close(bool) error                     { return g.readers.Close() }

func (g *glance) listen(ctx context.Context, _ func(string)) error {
	<-ctx.Done()
	return ctx.Err()
}
