package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// writer is the one goroutine that writes to a SQLite file. A commit waits for
// the disk, and as long as it takes, operations queue up; then they all go into
// the next transaction. So a thousand callers wait for a few commits, and none
// is told "done" before the disk has it.
type writer struct {
	conn  *sql.Conn
	stmts *prepared
	ops   chan *operation
	quit  chan struct{} // closed by end
	ended chan struct{} // closed by the goroutine
	once  sync.Once
	toRub atomic.Bool // scrub was asked for
}

// operation is one caller's part of a transaction.
type operation struct {
	ctx   context.Context
	run   func(context.Context, querier) error
	taken atomic.Bool // by the writer, or by its caller, who has gone
	done  chan error
}

// batch is how many operations at most share a transaction: more would make the
// first of them wait.
const batch = 256

func newWriter(conn *sql.Conn) *writer {
	w := &writer{
		conn: conn, stmts: &prepared{on: conn},
		ops: make(chan *operation, batch), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go w.work()
	return w
}

// update has run done in a transaction, together with others. Once it has begun
// the outcome is waited for, even if ctx ends: a caller who is told that
// nothing happened can rely on it.
func (w *writer) update(ctx context.Context, run func(context.Context, querier) error) error {
	o := &operation{ctx: ctx, run: run, done: make(chan error, 1)}
	select {
	case w.ops <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return errClosed
	}
	select {
	case err := <-o.done:
		return err
	case <-w.ended:
	case <-ctx.Done():
	}
	if o.taken.CompareAndSwap(false, true) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errClosed
	}
	return <-o.done
}

func (w *writer) work() {
	defer close(w.ended)
	rub := time.NewTicker(time.Second)
	defer rub.Stop()
	for {
		select {
		case o := <-w.ops:
			w.write(o)
			w.rub()
		case <-rub.C:
			w.rub()
		case <-w.quit:
			for len(w.ops) > 0 {
				w.write(<-w.ops)
			}
			return
		}
	}
}

// write makes a transaction of o and those that wait behind it.
func (w *writer) write(o *operation) {
	var ops []*operation
	var errs []error
	ctx := context.Background()
	_, err := w.stmts.ExecContext(ctx, "BEGIN IMMEDIATE")
	for ; o != nil; o = w.next(len(ops)) {
		if !o.taken.CompareAndSwap(false, true) {
			continue
		}
		ops = append(ops, o)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		var opErr error
		opErr, err = w.one(o)
		errs = append(errs, opErr)
	}
	if err == nil {
		_, err = w.stmts.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// Often SQLite has rolled back already; then this fails, rightly.
		w.stmts.ExecContext(ctx, "ROLLBACK")
	}
	for i, o := range ops {
		if errs[i] == nil {
			errs[i] = err // of the commit: what went well came to nothing
		}
		o.done <- errs[i]
	}
}

// next is the operation that waits next, if the transaction has room for it.
func (w *writer) next(n int) *operation {
	if n >= batch {
		return nil
	}
	select {
	case o := <-w.ops:
		return o
	default:
		return nil
	}
}

// one runs an operation so that its failure does not touch the others. Where it
// does, because the disk is full and SQLite has rolled everything back, all is
// not nil.
func (w *writer) one(o *operation) (err, all error) {
	if err := o.ctx.Err(); err != nil {
		return err, nil
	}
	ctx := context.WithoutCancel(o.ctx) // an interrupted statement may end the transaction
	if _, err := w.stmts.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return err, err
	}
	if err = guarded(o.run)(ctx, w.stmts); err != nil {
		if _, e := w.stmts.ExecContext(ctx, "ROLLBACK TO one"); e != nil {
			return err, err
		}
	}
	_, all = w.stmts.ExecContext(ctx, "RELEASE one")
	return err, all
}

// guarded makes an error of a panic, which would end the writer for everybody.
func guarded(run func(context.Context, querier) error) func(context.Context, querier) error {
	return func(ctx context.Context, q querier) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic of type %T while writing", p) // its value may hold what a merchant wrote
			}
		}()
		return run(ctx, q)
	}
}

// scrub has the WAL emptied, in which the text that was overwritten is still to
// be read.
func (w *writer) scrub() { w.toRub.Store(true) }

func (w *writer) rub() {
	if !w.toRub.Load() {
		return
	}
	ctx := context.Background()
	w.stmts.ExecContext(ctx, "PRAGMA busy_timeout = 50") // readers go on; there is a next time
	defer w.stmts.ExecContext(ctx, "PRAGMA busy_timeout = 5000")
	var busy, pages, moved int
	err := w.stmts.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err == nil && busy == 0 {
		w.toRub.Store(false)
	}
}

// end lets what has begun come to its end, and notes that all is well.
func (w *writer) end(clean bool) error {
	w.once.Do(func() { close(w.quit) })
	<-w.ended
	var err error
	if clean {
		_, err = w.conn.ExecContext(context.Background(), `UPDATE schema_version SET clean = 1`)
	}
	w.stmts.close()
	return errors.Join(err, w.conn.Close())
}

// prepared keeps every statement that was ever run on it, as they are few, and
// preparing one takes longer than running it.
type prepared struct {
	on interface {
		PrepareContext(context.Context, string) (*sql.Stmt, error)
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

func (p *prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	s := p.stmts[query]
	p.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.stmts[query]; s != nil {
		return s, nil
	}
	s, err := p.on.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	if p.stmts == nil {
		p.stmts = map[string]*sql.Stmt{}
	}
	p.stmts[query] = s
	return s, nil
}

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return p.on.QueryRowContext(ctx, query, args...) // has the same error in its row
	}
	return s.QueryRowContext(ctx, args...)
}

func (p *prepared) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.stmts {
		s.Close()
	}
	p.stmts = nil
}
