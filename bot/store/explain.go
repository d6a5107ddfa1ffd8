package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// doing says what failed, and what the operator can do about it.
func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, explain(err))
}

// explain adds to an error of a database what it means and what can be done.
func explain(err error) error {
	for _, known := range []error{ErrLocked, ErrDamaged, ErrVersion, ErrReadOnly} {
		if errors.Is(err, known) {
			return err
		}
	}
	var lite *sqlite.Error
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &lite):
		return explainSQLite(lite.Code()&0xff, err)
	case errors.As(err, &server):
		return explainPostgres(server.Code, err)
	case errors.As(err, &connect):
		return unreachable{connect}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, driver.ErrBadConn), strings.Contains(err.Error(), "conn closed"):
		return fmt.Errorf("the connection to the Postgres server was lost (%w): the program connects again by itself", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w (%w): make the directory writable for this user, or name another", ErrReadOnly, err)
	}
	return err
}

// unreachable says in one line what pgx says in several, and leaves out the
// account, because /readyz shows it to everybody.
type unreachable struct{ err *pgconn.ConnectError }

func (u unreachable) Unwrap() error { return u.err }

func (u unreachable) Error() string {
	why := "see its log"
	var server *pgconn.PgError
	var network *net.OpError
	switch {
	case errors.As(u.err, &server):
		why = server.Message
		switch server.Code {
		case "28P01", "28000": // password, user: the message names the account
			why = "it does not let this account in"
		case "3D000":
			why = "it has no such database"
		}
	case errors.As(u.err, &network):
		why = network.Err.Error()
		var system *os.SyscallError
		if errors.As(network.Err, &system) {
			why = system.Err.Error()
		}
	case errors.Is(u.err, context.DeadlineExceeded):
		why = "it does not answer"
	}
	return "the Postgres server cannot be reached (" + why + "): start it, or correct the database URL"
}

func explainSQLite(code int, err error) error {
	switch code {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w (%w): stop the program, keep the file for repair, and restore the last backup", ErrDamaged, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("there is no room to store anything (%w): make room on the disk; the program goes on by itself then", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%w (%w): make the file and its directory writable for this user", ErrReadOnly, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the disk does not do what it should (%w): look into the system's log", err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("the database is %w, which is writing to it (%w): end that program", ErrLocked, err)
	}
	return err
}

func explainPostgres(code string, err error) error {
	switch code {
	case "53100": // disk_full
		return fmt.Errorf("there is no room to store anything (%w): make room on the disk of Postgres; the program goes on by itself then", err)
	case "25006", "42501": // read_only_sql_transaction, insufficient_privilege
		return fmt.Errorf("%w (%w): connect to the primary server, as a user who may create and write tables", ErrReadOnly, err)
	case "28P01", "28000", "3D000": // password, user, no such database
		return fmt.Errorf("the Postgres server lets nobody in (%w): correct the database URL", err)
	case "XX001", "XX002": // data or index corrupted
		return fmt.Errorf("%w (%w): stop the program and restore the last backup", ErrDamaged, err)
	}
	return err
}
