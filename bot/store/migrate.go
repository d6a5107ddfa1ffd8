package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// newest is the schema version of this program: how many migrations there are.
func newest() int {
	files, _ := fs.Glob(migrations, "migrations/*.sql")
	return len(files)
}

// migrate brings the schema to the newest version, inside the caller's
// transaction: it arrives there or stays where it was. Only one process may do
// it at a time.
func migrate(ctx context.Context, q querier) error {
	if _, err := q.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL, clean integer NOT NULL)`); err != nil {
		return err
	}
	version, err := schemaVersion(ctx, q)
	if err != nil {
		return err
	}
	files, err := fs.Glob(migrations, "migrations/*.sql") // sorted: 0001_, 0002_
	if err != nil {
		return err
	}
	for i := version; i < len(files); i++ {
		text, err := migrations.ReadFile(files[i])
		if err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", files[i], err)
		}
	}
	if version == 0 {
		_, err = q.ExecContext(ctx, `INSERT INTO schema_version (version, clean) VALUES ($1, 1)`, len(files))
	} else if version < len(files) {
		_, err = q.ExecContext(ctx, `UPDATE schema_version SET version = $1`, len(files))
	}
	return err
}

// schemaVersion reads the version, 0 of an empty database. A version that this
// program does not know is an error.
func schemaVersion(ctx context.Context, q querier) (int, error) {
	var version int
	err := q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM schema_version`).Scan(&version)
	if err == nil && version > newest() {
		err = fmt.Errorf("%w: its schema is version %d and this program knows versions up to %d; use the newer program, or restore a backup from before the update",
			ErrVersion, version, newest())
	}
	return version, err
}
