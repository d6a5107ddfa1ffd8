package store

import (
	"context"
	"database/sql"
	"errors"
)

// engine is what differs between SQLite and Postgres. All SQL but the few
// statements in their two files is the same for both.
type engine interface {
	// update runs one transaction and returns when it is durable. It may be run
	// again after a failure, so run must begin with nothing left from before.
	update(ctx context.Context, run func(ctx context.Context, q querier) error) error
	// once is update for a single statement, which needs no transaction around it.
	once(ctx context.Context, run func(ctx context.Context, q querier) error) error
	// view reads outside of transactions.
	view() querier
	// snapshot reads inside of one.
	snapshot(ctx context.Context, run func(ctx context.Context, q querier) error) error
	// claim begins to see to a conversation.
	claim(ctx context.Context) (claim, error)
	// skipLocked is added to a SELECT of rows that are then changed, so that two
	// processes don't wait for each other.
	skipLocked() string
	// changed tells other processes of it.
	changed(conversations []string)
	listen(ctx context.Context, changed func(conversation string)) error
	// scrub removes what was overwritten from where it may still be read.
	scrub()
	// damage is what a check in the background has found.
	damage() error
	check(ctx context.Context) error
	backup(ctx context.Context, db *DB, path string) error
	// close ends it; an unclean close is as if the process had died.
	close(clean bool) error
}

// claim holds conversations for one process, until its end or the process's.
type claim interface {
	view() querier
	// lock takes the first of the conversations that no other process has, "" if
	// all are taken. The watchdog takes them apart from those who are at work,
	// even if one of them hangs.
	lock(ctx context.Context, conversations []string, watchdog bool) (string, error)
	// update is engine.update, once, for whoever holds the claim.
	update(ctx context.Context, run func(ctx context.Context, q querier) error) error
	// end gives up what was locked. It works whatever has happened before.
	end()
}

// querier is a database, a connection or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// changes gives the number of rows that a statement has changed.
func changes(ctx context.Context, q querier, query string, args ...any) (int64, error) {
	r, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// list reads all rows of a query.
func list[T any](ctx context.Context, q querier, scan func(scan func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		t, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// one reads a row of one value for list.
func one[T any](scan func(...any) error) (v T, err error) { return v, scan(&v) }

// found reads a row into the places given, and reports whether there is one.
func found(row *sql.Row, into ...any) (bool, error) {
	err := row.Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
