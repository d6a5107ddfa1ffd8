package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// server is a Postgres database, which other bots may use as well.
type server struct {
	config *pgx.ConnConfig
	log    *slog.Logger
	db     *sql.DB // for all but claims, so that these cannot hold up receiving
	claims *sql.DB
	bell   *bell
	ended  sync.Once

	mu   sync.Mutex
	open map[*serverClaim]bool // claims that have not ended
}

const (
	connections = 8

	// hung is how long a process may sit on a claim without a word before the
	// server ends it, and the conversation is another's.
	hung = "4s"
	// patience is how long to wait for a row that another transaction holds,
	// which is never for long.
	patience = "5s"
)

func openPostgres(ctx context.Context, url string, log *slog.Logger) (engine, time.Duration, error) {
	return connect(ctx, url, log, nil, func(ctx context.Context, q querier) error {
		// Of several bots that start at once, one migrates and the others wait.
		if _, err := q.ExecContext(ctx, `SET LOCAL lock_timeout = '1min'`); err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('decline61 ' || current_schema(), 61))`); err != nil {
			return err
		}
		return migrate(ctx, q)
	})
}

// glanceAtPostgres only reads, which the server itself sees to.
func glanceAtPostgres(ctx context.Context, url string, log *slog.Logger) (engine, time.Duration, error) {
	return connect(ctx, url, log, map[string]string{"default_transaction_read_only": "on"}, ours)
}

// connect begins with one transaction, which makes the database ready.
func connect(ctx context.Context, url string, log *slog.Logger, more map[string]string, prepare func(context.Context, querier) error) (_ engine, fresh time.Duration, err error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, 0, err // without the password, as pgx promises
	}
	maps.Copy(config.RuntimeParams, more)
	for name, value := range map[string]string{
		"application_name":                    "decline61",
		"idle_in_transaction_session_timeout": hung,
		"lock_timeout":                        patience,
	} {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	// A server whose machine is gone says nothing; ask every few seconds.
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3,
	}, Control: impatient}).DialContext

	s := &server{config: config, log: log, db: stdlib.OpenDB(*config), claims: stdlib.OpenDB(*config), open: map[*serverClaim]bool{}}
	s.db.SetMaxOpenConns(connections)
	s.db.SetMaxIdleConns(connections)
	mostClaims := 4*runtime.GOMAXPROCS(0) + 8 // more than there are workers, or the watchdog would wait for them
	s.claims.SetMaxOpenConns(mostClaims)
	s.claims.SetMaxIdleConns(mostClaims)
	defer func() {
		if err != nil {
			s.db.Close()
			s.claims.Close()
		}
	}()
	var schema string
	err = s.update(ctx, func(ctx context.Context, q querier) error {
		if err := q.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
			return err
		}
		return prepare(ctx, q)
	})
	if err != nil {
		return nil, 0, err
	}
	s.bell = newBell(s, "decline61_"+schema)
	return s, time.Second, nil
}

// attempts is how often a transaction is tried that the server could not
// finish for reasons that pass.
const attempts = 4

func (s *server) update(ctx context.Context, run func(context.Context, querier) error) error {
	return again(ctx, func() (committing bool, err error) { return s.try(ctx, run) })
}

// once leaves beginning and committing to the server: two questions less.
func (s *server) once(ctx context.Context, run func(context.Context, querier) error) error {
	return again(ctx, func() (committing bool, err error) { return true, run(ctx, s.db) })
}

// again repeats what may have met something that passes.
func again(ctx context.Context, try func() (committing bool, err error)) (err error) {
	for i := range attempts {
		var committing bool
		if committing, err = try(); err == nil || !passing(err, committing) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(10<<(2*i))*time.Millisecond + rand.N(10*time.Millisecond)):
		}
	}
	return err
}

// try runs one transaction. Where the commit itself fails nobody knows the
// outcome, and committing is true.
func (s *server) try(ctx context.Context, run func(context.Context, querier) error) (committing bool, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if err := run(ctx, tx); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// passing tells errors after which nothing has happened, and which another try
// may not meet.
func passing(err error, committing bool) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code {
		case "40001", "40P01", // serialisation failure, deadlock
			"55P03",                   // lock_timeout
			"57P01", "57P02", "57P03", // the server goes down or comes up
			"25P03": // idle for too long in a transaction
			return true
		}
		return false
	}
	if committing || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return pgconn.SafeToRetry(err) || errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, net.ErrClosed)
}

func (s *server) view() querier { return s.db }

func (s *server) snapshot(ctx context.Context, run func(context.Context, querier) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return err
	}
	return run(ctx, tx)
}

func (s *server) skipLocked() string { return ` FOR UPDATE OF o SKIP LOCKED` }

// claim has no transaction before lock: most often there is nothing to lock,
// and one question is cheaper than three.
func (s *server) claim(context.Context) (claim, error) { return &serverClaim{server: s}, nil }

// serverClaim is a transaction whose end gives back what it locks.
type serverClaim struct {
	server *server
	conn   *sql.Conn // nil before lock
	tx     *sql.Tx
}

func (c *serverClaim) begin(ctx context.Context) error {
	conn, err := c.server.claims.Conn(ctx)
	if err != nil {
		return err
	}
	// Not by ctx: it is the caller's for Claim alone, and this outlasts it.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	c.conn, c.tx = conn, tx
	c.server.mu.Lock()
	c.server.open[c] = true
	c.server.mu.Unlock()
	return nil
}

func (c *serverClaim) view() querier {
	if c.tx == nil {
		return c.server.claims
	}
	return c.tx
}

// lock holds a conversation with a lock that is no row's: Receive and the
// watchdog can write what they must, and Commit sees by the version that they
// did. The server tries one after the other and stops at the first it gets.
func (c *serverClaim) lock(ctx context.Context, conversations []string, watchdog bool) (id string, err error) {
	if err := c.begin(ctx); err != nil {
		return "", err
	}
	_, err = found(c.tx.QueryRowContext(ctx, `SELECT id FROM unnest(CAST($1 AS text[])) AS id
		WHERE pg_try_advisory_xact_lock(hashtextextended(current_schema() || ' ' || id, $2)) LIMIT 1`,
		conversations, number(watchdog)), &id)
	return id, err
}

func (c *serverClaim) update(ctx context.Context, run func(context.Context, querier) error) error {
	if err := run(ctx, c.tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.tx.Commit()
}

func (c *serverClaim) end() {
	if c.tx == nil {
		return
	}
	c.tx.Rollback()
	c.conn.Close()
	c.server.mu.Lock()
	delete(c.server.open, c)
	c.server.mu.Unlock()
}

func (s *server) scrub()        {} // old versions of rows are vacuum's
func (s *server) damage() error { return nil }

// check has nothing beyond the invariants: pages are the server's own business.
func (s *server) check(context.Context) error { return nil }

func (s *server) backup(ctx context.Context, db *DB, path string) error {
	to, err := Open(ctx, Options{URL: path, Log: s.log})
	if err != nil {
		return err
	}
	_, err = Copy(ctx, db, to, nil)
	return errors.Join(err, to.Close())
}

func (s *server) close(bool) (err error) {
	s.ended.Do(func() {
		s.bell.stop()
		s.mu.Lock()
		open := slices.Collect(maps.Keys(s.open))
		s.mu.Unlock()
		for _, c := range open { // database/sql would leave them until they are given back
			c.end()
		}
		err = errors.Join(s.db.Close(), s.claims.Close())
	})
	return err
}
