package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// tables are those that are copied, referred ones first.
var tables = []string{"conversation", "inbox", "outbox", "timer", "decision", "cursor", "feedback"}

// Counts tell what a database holds.
type Counts struct {
	Rows   map[string]int64 // by table
	MaxSeq int64            // the highest that any conversation has given out
}

func count(ctx context.Context, q querier) (Counts, error) {
	c := Counts{Rows: map[string]int64{}}
	for _, table := range tables {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT count(*) FROM `+table).Scan(&n); err != nil {
			return c, err
		}
		c.Rows[table] = n
	}
	err := q.QueryRowContext(ctx, `SELECT coalesce(max(next_seq), 1) - 1 FROM conversation`).Scan(&c.MaxSeq)
	return c, err
}

// Count counts what is kept, as it is at one moment.
func (db *DB) Count(ctx context.Context) (c Counts, err error) {
	err = db.engine.snapshot(ctx, func(ctx context.Context, q querier) (err error) {
		c, err = count(ctx, q)
		return err
	})
	return c, doing("counting", err)
}

// Copy copies everything from one store to another, which must be empty, as it
// was at one moment. It all arrives or nothing does: the counts of what was
// written are compared with those of what was read before it is committed.
func Copy(ctx context.Context, from, to *DB, progress func(table string, rows int64)) (Counts, error) {
	if progress == nil {
		progress = func(string, int64) {}
	}
	var got Counts
	err := to.engine.update(ctx, func(writing context.Context, w querier) error {
		before, err := count(writing, w)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if n := before.Rows[table]; n > 0 {
				return fmt.Errorf("the target holds %d rows in table %s already: copy into an empty database", n, table)
			}
		}
		return from.engine.snapshot(ctx, func(reading context.Context, r querier) error {
			for _, table := range tables {
				if err := copyTable(reading, r, writing, w, table, progress); err != nil {
					return fmt.Errorf("table %s: %w", table, err)
				}
			}
			want, err := count(reading, r)
			if err != nil {
				return err
			}
			if got, err = count(writing, w); err != nil {
				return err
			}
			for _, table := range tables {
				if want.Rows[table] != got.Rows[table] {
					return fmt.Errorf("table %s had %d rows and would have %d: nothing was copied", table, want.Rows[table], got.Rows[table])
				}
			}
			if want.MaxSeq != got.MaxSeq {
				return fmt.Errorf("the highest number was %d and would be %d: nothing was copied", want.MaxSeq, got.MaxSeq)
			}
			return nil
		})
	})
	to.waiting.forget()
	return got, doing("copying", err)
}

// together is how many rows are inserted by one statement.
const together = 100

func copyTable(reading context.Context, r querier, writing context.Context, w querier, table string, progress func(string, int64)) error {
	rows, err := r.QueryContext(reading, `SELECT * FROM `+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	var values []any
	total := int64(0)
	insert := func() error {
		n := len(values) / len(columns)
		if n == 0 {
			return nil
		}
		_, err := w.ExecContext(writing, insertStatement(table, columns, n), values...)
		values = values[:0]
		total += int64(n)
		progress(table, total)
		return err
	}
	for rows.Next() {
		row := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		values = append(values, row...)
		if len(values) == together*len(columns) {
			if err := errors.Join(insert(), reading.Err()); err != nil {
				return err
			}
		}
	}
	return errors.Join(rows.Err(), insert())
}

func insertStatement(table string, columns []string, rows int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `INSERT INTO %s ("%s") VALUES `, table, strings.Join(columns, `", "`))
	for i := range rows * len(columns) {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%len(columns) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteString(")")
	return b.String()
}

// holdsNothing refuses a database with conversations in it.
func (db *DB) holdsNothing(ctx context.Context) error {
	var n int
	err := db.engine.view().QueryRowContext(ctx, `SELECT count(*) FROM conversation`).Scan(&n)
	if err == nil && n > 0 {
		err = fmt.Errorf("the target holds %d conversations already: name an empty database, or move this one away first", n)
	}
	return err
}
