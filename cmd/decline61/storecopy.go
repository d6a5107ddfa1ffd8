package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"decline61/bot/store"
)

func newStore(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Move conversations between databases / 数据库",
		Long:  `Move conversations between databases.`,
		Args:  usage(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStoreCopy())
	return cmd
}

func newStoreCopy() *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy everything from one database into another / 复制数据库",
		Long: `Copy everything that is kept from one database into another, empty one: between
SQLite and Postgres, in either direction. Each is the file of a SQLite database,
the data folder that holds it, or postgres://ACCOUNT@HOST/DATABASE; Postgres'
password is best given in PGPASSWORD or ~/.pgpass, because other accounts of the
machine can read a command line. serve must be stopped, so that nothing arrives
behind the copy's back. Afterwards the rows of each table are counted on both
sides.

把一个数据库的全部内容复制到另一个空数据库(SQLite 与 Postgres 之间均可),并逐表核对行数。`,
		Example: `  decline61 store copy ~/.local/state/decline61 postgres://decline61@db.example.com/decline61
  decline61 store copy postgres://decline61@db.example.com/decline61 /var/lib/decline61`,
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			counts, err := storeCopy(cmd.Context(), args[0], args[1], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return writeCounts(cmd.OutOrStdout(), counts)
		},
	}
}

func storeCopy(ctx context.Context, from, to string, talk io.Writer) (store.Counts, error) {
	from, to = databaseAt(from), databaseAt(to)
	if from == to {
		return store.Counts{}, exit(exitUsage, errors.New("FROM and TO are the same database: give an empty one as TO"))
	}
	if !store.IsPostgres(from) {
		if _, err := os.Stat(from); err != nil {
			return store.Counts{}, exit(exitUsage, fmt.Errorf("there is no database to copy: %w", err))
		}
	}
	source, err := store.Open(ctx, store.Options{URL: from, Log: quiet})
	if err != nil {
		return store.Counts{}, fmt.Errorf("opening FROM: %w", err)
	}
	defer source.Close()
	target, err := store.Open(ctx, store.Options{URL: to, Log: quiet})
	if err != nil {
		return store.Counts{}, fmt.Errorf("opening TO: %w", err)
	}
	p := progress{to: talk}
	counts, err := store.Copy(ctx, source, target, p.step)
	p.end()
	if err := errors.Join(err, target.Close()); err != nil {
		return store.Counts{}, err
	}
	return counts, nil
}

// databaseAt is the database that an argument names: of a folder, the one in it.
func databaseAt(s string) string {
	if store.IsPostgres(s) {
		return s
	}
	if info, err := os.Stat(s); err == nil && info.IsDir() || strings.HasSuffix(s, string(filepath.Separator)) {
		s = filepath.Join(s, databaseName)
	}
	if abs, err := filepath.Abs(s); err == nil {
		return abs
	}
	return filepath.Clean(s)
}

// progress says how far a copy is: once a second, and at the end of each table.
type progress struct {
	to    io.Writer
	table string
	rows  int64
	told  time.Time
}

func (p *progress) step(table string, rows int64) {
	if table != p.table {
		p.end()
		p.told = time.Now()
	}
	p.table, p.rows = table, rows
	if time.Since(p.told) >= time.Second {
		p.told = time.Now()
		fmt.Fprintf(p.to, "%s: %d rows so far\n", p.table, p.rows)
	}
}

func (p *progress) end() {
	if p.table != "" {
		fmt.Fprintf(p.to, "%s: %d rows\n", p.table, p.rows)
	}
	p.table = ""
}

func writeCounts(out io.Writer, c store.Counts) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	total := int64(0)
	for _, table := range slices.Sorted(maps.Keys(c.Rows)) {
		total += c.Rows[table]
		fmt.Fprintf(w, "%s\t%d\n", table, c.Rows[table])
	}
	fmt.Fprintf(w, "all, the same on both sides\t%d\n", total)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the counts: %w", err)
	}
	return nil
}
