package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes everything into a new SQLite file, while work goes on. Of
// Postgres, too: a backup is one file that can be looked into and restored
// anywhere. The file appears under its name when it is whole, on the disk, and
// has been checked.
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
	if err := checkFile(ctx, whole); err != nil {
		return fmt.Errorf("the backup is not as it should be: %w", err)
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

func checkFile(ctx context.Context, path string) error {
	db, err := Open(ctx, Options{URL: path, AsItIs: true})
	if err != nil {
		return err
	}
	return errors.Join(db.Check(ctx), db.Close())
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

func (f *file) backup(ctx context.Context, db *DB, path string) error {
	beside, _, err := glanceAt(ctx, f.path, f.log)
	if err != nil {
		return err
	}
	return errors.Join(beside.backup(ctx, db, path), beside.close(true))
}

// Restore brings a backup into an empty database of either kind, after it has
// checked that the backup is whole and not from a newer program. The backup
// itself is only read.
func Restore(ctx context.Context, backup string, into Options) error {
	return doing("restoring "+backup, restore(ctx, backup, into))
}

func restore(ctx context.Context, backup string, into Options) (err error) {
	parent := "" // not there if it can be helped: it may be in memory
	if !IsPostgres(into.URL) {
		parent = filepath.Dir(into.URL)
		if err := os.MkdirAll(parent, 0o700); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp(parent, ".restore-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	twin := filepath.Join(dir, "twin") // which is brought to the newest schema
	if err := copyFile(backup, twin); err != nil {
		return err
	}
	err = checkFile(ctx, twin)
	if errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w, or it is no backup at all: take another one; nothing was changed", ErrDamaged)
	}
	if err != nil {
		return err
	}
	from, err := Open(ctx, Options{URL: twin})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
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
