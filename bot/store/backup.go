package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes everything into a new SQLite file, while work goes on. Of
// Postgres, too: a backup is one file that can be looked into and restored
// anywhere. The file appears under its name when it is whole and on the disk.
func (db *DB) Backup(ctx context.Context, path string) error {
	return doing("writing a backup", db.backup(ctx, path))
}

func (db *DB) backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists: name a new file", path)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".backup-*") // on the same disk
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	whole := filepath.Join(dir, "whole")
	if err := db.engine.backup(ctx, db, whole); err != nil {
		return err
	}
	if err := toDisk(whole); err != nil {
		return err
	}
	err = os.Link(whole, path) // unlike Rename, never over another
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(whole, path) // on disks that know no links
	}
	if err != nil {
		return err
	}
	return toDisk(filepath.Dir(path))
}

// toDisk waits until a file or a directory is on the disk.
func toDisk(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (f *file) backup(ctx context.Context, _ *DB, path string) error {
	if err := touch(path); err != nil { // for its owner alone
		return err
	}
	db, err := sql.Open("sqlite", address(f.path)+pragmas)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, path)
	return err
}

// Restore brings a backup into an empty database of either kind, after it has
// checked that the backup is whole and not from a newer program. The backup
// itself is only read.
func Restore(ctx context.Context, backup string, into Options) error {
	return doing("restoring "+backup, restore(ctx, backup, into))
}

func restore(ctx context.Context, backup string, into Options) (err error) {
	dir, err := os.MkdirTemp("", "restore-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	twin := filepath.Join(dir, "twin") // which is brought to the newest schema
	if err := copyFile(backup, twin); err != nil {
		return err
	}
	if err := isBackup(ctx, twin); err != nil {
		return err
	}
	from, err := Open(ctx, Options{URL: twin})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := from.Check(ctx); err != nil {
		return err
	}
	to, err := Open(ctx, into)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := to.holdsNothing(ctx); err != nil {
		return err
	}
	_, err = Copy(ctx, from, to, nil)
	return err
}

// isBackup tells one of our files from others, which Open would make one of ours.
func isBackup(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", address(path)+"?mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	var ours bool
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'schema_version')`).Scan(&ours)
	if err == nil && !ours {
		err = errors.New("it is a database, but no backup of conversations")
	}
	return err
}

func copyFile(from, to string) (err error) {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	_, err = io.Copy(w, r)
	return err
}
