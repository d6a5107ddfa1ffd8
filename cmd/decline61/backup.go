package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"modernc.org/sqlite"

	"decline61/bot/store"
)

// databaseName is the file of the SQLite database in the data folder.
const databaseName = "decline61.db"

// databaseFile is the SQLite database, "" if the data is in Postgres.
func (c *config) databaseFile() string {
	if c.set("DATABASE_URL") {
		return ""
	}
	return filepath.Join(c.Data, databaseName)
}

// databaseText names the database without its password.
func (c *config) databaseText() string {
	if file := c.databaseFile(); file != "" {
		return file
	}
	return "the Postgres database of DATABASE_URL"
}

func newBackup(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all conversations into one file, while serve runs / 在线备份",
		Long: `Write everything that is kept into FILE, one SQLite database, as it is at one
moment; serve may go on meanwhile. The file holds conversations, masked, and is
readable by your account only. It appears when it is whole and has been checked.
From SQLite and from Postgres the file is the same: restore reads it into
either.

备份时服务不必停止。备份文件完整并通过检查后才会出现。`,
		Example: `  decline61 backup decline61-$(date +%F).db
  decline61 backup --data /var/lib/decline61 /backup/decline61.db`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.database(cmd)
			if err != nil {
				return err
			}
			return backup(cmd, &c, args[0])
		},
	}
	s.flags(cmd, "DATA", "DATABASE_URL")
	return cmd
}

func backup(cmd *cobra.Command, c *config, name string) error {
	ctx, began := cmd.Context(), time.Now()
	if _, err := os.Lstat(name); err == nil {
		return exit(exitUsage, fmt.Errorf("%s exists already: give the name of a new file", name))
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return exit(exitUsage, fmt.Errorf("%s is no folder: make it, or give the backup another place", filepath.Dir(name)))
	}
	// Under another name until it is whole: half a backup must never look like
	// one.
	dir, err := os.MkdirTemp(filepath.Dir(name), ".backup-*")
	if err != nil {
		return exit(exitUsage, fmt.Errorf("writing beside %s: %w", name, err))
	}
	defer os.RemoveAll(dir)
	whole := filepath.Join(dir, "whole.db")
	if err := c.copyOut(ctx, whole); err != nil {
		return err
	}
	size, err := settle(whole)
	if err != nil {
		return err
	}
	rows, err := examineFile(ctx, whole)
	if err != nil {
		return fmt.Errorf("checking the backup: %w", err)
	}
	if err := os.Link(whole, name); err != nil { // unlike Rename, never over another
		return exit(exitUsage, fmt.Errorf("naming the backup: %w", err))
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s, %d conversations, %d messages in, %d out, checked, in %s\n",
		name, bytesText(uint64(size)), rows.conversations, rows.in, rows.out, time.Since(began).Round(time.Millisecond))
	return err
}

// copyOut writes the database into a new file. Of SQLite it is read beside the
// serve that holds its lock, and whatever its schema is.
func (c *config) copyOut(ctx context.Context, name string) error {
	file := c.databaseFile()
	if file != "" {
		if _, err := os.Stat(file); err != nil {
			return exit(exitUsage, fmt.Errorf("there is no database to read: %w; name its folder with --data or DECLINE61_DATA", err))
		}
		db, err := sql.Open("sqlite", fileURL(file, "mode=ro&_pragma=busy_timeout(5000)&_pragma=temp_store(MEMORY)"))
		if err != nil {
			return fmt.Errorf("opening %s: %w", file, err)
		}
		defer db.Close()
		if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, name); err != nil {
			return fmt.Errorf("reading %s: %w", file, damaged(err))
		}
		return nil
	}
	db, err := store.Open(ctx, c.store(quiet))
	if err != nil {
		return fmt.Errorf("opening %s: %w", c.databaseText(), err)
	}
	defer db.Close()
	if err := db.Backup(ctx, name); err != nil {
		return fmt.Errorf("reading %s: %w", c.databaseText(), err)
	}
	return nil
}

// fileURL is the address of a SQLite file with parameters.
func fileURL(name, parameters string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(name)}).EscapedPath() + "?" + parameters
}

// damaged marks SQLite's own words for a damaged file as such.
func damaged(err error) error {
	var e *sqlite.Error
	const corrupt, noDatabase = 11, 26
	if errors.As(err, &e) && (e.Code()&0xff == corrupt || e.Code()&0xff == noDatabase) {
		return fmt.Errorf("%w (%w)", store.ErrDamaged, err)
	}
	return err
}

// rowCounts are what a file holds.
type rowCounts struct{ conversations, in, out int64 }

// examineFile reads every page of a file that nobody writes to.
func examineFile(ctx context.Context, name string) (n rowCounts, err error) {
	db, err := sql.Open("sqlite", fileURL(name, "immutable=1&_pragma=temp_store(MEMORY)"))
	if err != nil {
		return n, err
	}
	defer db.Close()
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return n, damaged(err)
	}
	if said != "ok" {
		return n, fmt.Errorf("%w: %s", store.ErrDamaged, said)
	}
	err = db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM conversation), (SELECT count(*) FROM inbox), (SELECT count(*) FROM outbox)`).
		Scan(&n.conversations, &n.in, &n.out)
	return n, damaged(err)
}

// quiet is the log of commands that say themselves what happens.
var quiet = slog.New(slog.DiscardHandler)

// bytesText is a size for people.
func bytesText(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KB", (n+1023)/1024)
}

// settle brings a file to the disk, for this account only, and tells its size.
func settle(name string) (int64, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("opening the backup: %w", err)
	}
	defer f.Close()
	if err := errors.Join(f.Chmod(0o600), f.Sync()); err != nil {
		return 0, fmt.Errorf("bringing the backup to the disk: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("measuring the backup: %w", err)
	}
	return info.Size(), nil
}

func newRestore(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Bring a backup back / 恢复备份",
		Long: `Read the backup FILE into the configured database, SQLite or Postgres. It must
hold no conversation yet, and no serve may use it: nothing is ever overwritten.
To go back to an old state, name a new folder with --data, or move the old
database away first.

目标数据库必须是空的,且服务已停止;不会覆盖任何数据。`,
		Example: `  decline61 restore decline61-2026-11-22.db
  decline61 restore --data /var/lib/decline61-new /backup/decline61.db`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.database(cmd)
			if err != nil {
				return err
			}
			return restore(cmd, &c, args[0])
		},
	}
	s.flags(cmd, "DATA", "DATABASE_URL")
	return cmd
}

func restore(cmd *cobra.Command, c *config, name string) error {
	ctx, began := cmd.Context(), time.Now()
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return exit(exitUsage, fmt.Errorf("opening the backup: %w", err))
	case !info.Mode().IsRegular():
		return exit(exitUsage, fmt.Errorf("%s is no file: give the file that decline61 backup wrote", name))
	}
	if err := store.Restore(ctx, name, c.store(quiet)); err != nil {
		return fmt.Errorf("into %s: %w", c.databaseText(), err)
	}
	db, err := store.Open(ctx, c.store(quiet))
	if err != nil {
		return fmt.Errorf("opening what was restored: %w", err)
	}
	defer db.Close()
	stats, err := db.Stats(ctx, time.Now())
	if err != nil {
		return fmt.Errorf("counting what was restored: %w", err)
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "restored into %s: %d conversations, %d messages wait for an answer, %d for their sending, in %s\n",
		c.databaseText(), stats.Conversations, stats.Unanswered, stats.Unsent, time.Since(began).Round(time.Millisecond))
	return err
}
