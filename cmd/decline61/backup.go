package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

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
	db, err := c.asItIs(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Backup(ctx, name); err != nil {
		return fmt.Errorf("from %s: %w", c.databaseText(), err)
	}
	size, rows, err := describeFile(ctx, name)
	if err != nil {
		return fmt.Errorf("reading the backup: %w", err)
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s, %d conversations, %d messages in, %d out, checked, in %s\n",
		name, bytesText(size), rows["conversation"], rows["inbox"], rows["outbox"], time.Since(began).Round(time.Millisecond))
	return err
}

// asItIs opens the database to read it, beside the serve that may be using it.
func (c *config) asItIs(ctx context.Context) (*store.DB, error) {
	if file := c.databaseFile(); file != "" {
		if _, err := os.Stat(file); err != nil {
			return nil, exit(exitUsage, fmt.Errorf("there is no database to read: %w; name its folder with --data or DECLINE61_DATA", err))
		}
	}
	o := c.store(quiet)
	o.AsItIs = true
	db, err := store.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c.databaseText(), err)
	}
	return db, nil
}

// describeFile tells the size of a backup and how many rows it has by table.
func describeFile(ctx context.Context, name string) (size uint64, rows map[string]int64, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return 0, nil, err
	}
	db, err := store.Open(ctx, store.Options{URL: name, AsItIs: true})
	if err != nil {
		return 0, nil, err
	}
	defer db.Close()
	c, err := db.Count(ctx)
	return uint64(info.Size()), c.Rows, err
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
