//go:build soak

package soak

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite"

	"decline61/bot/channeltest"
)

var soakTime = flag.Duration("soak.time", 10*time.Second, "how long bots are killed in each soak")

// soak is one run.
type soak struct {
	database string // URL of a Postgres; "" is SQLite
	bots     int
	bug      string        // planted
	window   time.Duration // of the channel, see bot.Manner
	traffic  traffic
	mischief *mischief
	chaos    chaos
	clients  int           // of the API
	time     time.Duration // with faults
	drain    time.Duration // at most, without
	stalls   int           // pauses of stallTime
	restart  string        // command that restarts Postgres, "" is none
	until    []string      // end as soon as a problem of these kinds is noticed
}

// report is what a soak came to.
type report struct {
	ledger   *ledger
	deaths   *deaths
	mischief *mischief
	api      *api
	restarts int
	drained  time.Duration
}

const (
	signing = "soak-signing-key"
	secret  = "soak-app-secret"
)

// run does the whole of it and leaves the verdict to the caller.
func (s soak) run(t *testing.T) *report {
	t.Helper()
	l := newLedger()
	l.looking = s.until
	r := &report{ledger: l, deaths: &deaths{atPoint: map[string]int{}}, mischief: s.mischief}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200, IdleConnTimeout: 5 * time.Second}}
	t.Cleanup(client.CloseIdleConnections)
	chat := &channeltest.Chat{Signing: signing, Secret: secret, Client: client, Delay: 400 * time.Millisecond, Fault: s.mischief.fault, Stored: l.stored}
	platform := httptest.NewServer(chat)
	t.Cleanup(platform.Close)

	data := t.TempDir()
	var bots fleet
	for i := range max(1, s.bots) {
		dir := filepath.Join(data, fmt.Sprint(i))
		bots = append(bots, newProcess(t, dir,
			"DECLINE61_SOAK_PLATFORM_URL="+platform.URL, "DECLINE61_SOAK_SIGNING="+signing, "DECLINE61_SOAK_SECRET="+secret,
			"DECLINE61_SOAK_TIMEOUT=300ms", "DECLINE61_SOAK_WINDOW="+s.window.String(),
			"DECLINE61_DATABASE_URL="+s.database, "DECLINE61_BUG="+s.bug, "DECLINE61_LOG_LEVEL=error"))
	}
	for _, p := range bots { // once in peace, to see that it can be
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, ok := p.ready(ctx)
		cancel()
		if p.kill(); !ok {
			t.Fatal("the bot does not become ready")
		}
	}
	r.api = &api{clients: s.clients, fleet: bots, ledger: l, client: client}
	tr := s.traffic
	tr.chat, tr.ledger, tr.route = chat, l, bots.route

	all, cancel := context.WithTimeout(t.Context(), s.time+s.drain+time.Minute)
	defer cancel()
	faults, calm := context.WithTimeout(all, s.time)
	defer calm()
	if len(s.until) > 0 {
		go func() {
			select {
			case <-l.noticed:
				cancel()
			case <-all.Done():
			}
		}()
	}
	var down atomic.Bool // Postgres is, so that bots may end by themselves
	var unrest sync.WaitGroup
	for _, p := range bots {
		unrest.Go(func() { s.chaos.rule(faults, p, r.deaths, l, func() bool { return s.restart != "" && down.Load() }) })
	}
	unrest.Go(func() { s.stall(faults, bots) })
	unrest.Go(func() { r.restarts = s.restartPostgres(t, faults, &down) })

	stop := make(chan struct{})
	var talking sync.WaitGroup
	talking.Go(func() { tr.run(all, stop) })
	talking.Go(func() { r.api.run(all, stop) })
	unrest.Wait()

	// Now without faults: everything that was acknowledged must come to its end.
	s.mischief.end()
	draining, end := context.WithTimeout(all, s.drain)
	defer end()
	began := time.Now()
	for _, p := range bots {
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		if _, ok := p.ready(draining); !ok && all.Err() == nil {
			l.problem("not ready", "a bot does not come back: %s", p.said())
		}
	}
	close(stop)
	context.AfterFunc(draining, cancel)
	talking.Wait()
	for l.owed() > 0 && draining.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	r.drained = time.Since(began)
	if draining.Err() == nil {
		s.nothingMore(t, bots, r)
	}
	if len(s.until) > 0 && closed(l.noticed) {
		return r // what is not over yet is not lost
	}
	for _, p := range bots {
		if err := p.stop(); err != nil {
			l.problem("stop", "SIGTERM ends a bot with: %v", err)
		}
	}
	if s.database == "" {
		intact(t, l, filepath.Join(data, "0"))
	}
	l.finish()
	return r
}

// end switches it off.
func (m *mischief) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.off = true
}

// problem notes that the bot has broken a promise.
func (l *ledger) problem(kind, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong(kind, format, args...)
}

// nothingMore starts the bots again and checks that this says nothing new.
func (s soak) nothingMore(t *testing.T, bots fleet, r *report) {
	l := r.ledger
	time.Sleep(300 * time.Millisecond)
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.posts
	}
	before := count()
	for _, p := range bots {
		p.kill()
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if _, ok := p.ready(ctx); !ok {
			l.problem("not ready", "a bot does not come back: %s", p.said())
		}
		cancel()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r.api.compareAll(ctx, 200)
	time.Sleep(2 * time.Second)
	if n := count() - before; n != 0 {
		l.problem("after restart", "%d posts", n)
	}
}

// stall lets one bot after the other stand still.
func (s soak) stall(ctx context.Context, bots fleet) {
	for i := range s.stalls {
		wait(ctx, nil, s.time/time.Duration(s.stalls+2))
		bots[i%len(bots)].stall.Store(true)
	}
}

// restartPostgres runs the command that does so, in the middle of the run.
func (s soak) restartPostgres(t *testing.T, ctx context.Context, down *atomic.Bool) (n int) {
	if s.restart == "" {
		return 0
	}
	for range 1 + int(s.time/(30*time.Second)) {
		wait(ctx, nil, min(s.time/3, 15*time.Second))
		if ctx.Err() != nil {
			return n
		}
		down.Store(true)
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", s.restart).CombinedOutput(); err != nil {
			t.Errorf("restarting Postgres: %v\n%s", err, out)
		}
		n++
		time.AfterFunc(2*time.Second, func() { down.Store(false) })
	}
	return n
}

// intact checks the files of SQLite.
func intact(t *testing.T, l *ledger, dir string) {
	files, _ := filepath.Glob(filepath.Join(dir, "*.db"))
	if len(files) == 0 {
		t.Fatalf("no database in %s", dir)
	}
	for _, f := range files {
		db, err := sql.Open("sqlite", f)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var said string
		if err := db.QueryRow("PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
			l.problem("integrity", "%s: %s %v", f, said, err)
		}
	}
}

func (r *report) String() string {
	l, d := r.ledger, r.deaths
	l.mu.Lock()
	defer l.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	points := 0
	for _, n := range d.atPoint {
		points += n
	}
	lost, double, order := l.problems["lost"], l.problems["double"], l.problems["out of order"]
	return fmt.Sprintf(`
%d kills (%d of them at crash points %v), %d pauses, %d of %v, %d Postgres restarts
%d messages, %d duplicate deliveries, %d deliveries repeated for want of an acknowledgement
%v
%d posts, %d of them for more than one message, %d fallback answers, %d that name no code
send to acknowledged %v
send to answer       %v
restart to ready     %v
%v
drained in %v
lost %d, double %d, out of order %d`,
		d.kills, points, d.atPoint, d.pauses, d.stalls, stallTime, r.restarts,
		l.messages, l.duplicates, l.repeats,
		r.mischief,
		l.posts, l.merged, l.fallbacks, l.vague,
		&l.acks, &l.took, &d.ready, r.api, brief(r.drained),
		lost, double, order)
}

func TestSoakSQLite(t *testing.T) {
	r := soak{traffic: usual(), mischief: usualMischief(), chaos: usualChaos(), clients: 8, time: *soakTime, drain: time.Minute}.run(t)
	t.Log(r)
	if v := r.ledger.verdict(); v != "" {
		t.Error(v)
	}
}

func TestSoakPostgres(t *testing.T) {
	c := usualChaos()
	c.life = 900 * time.Millisecond
	r := soak{
		database: freshDatabase(t), bots: 2, traffic: usual(), mischief: usualMischief(), chaos: c,
		clients: 8, time: *soakTime, drain: 90 * time.Second, stalls: 1 + int(*soakTime/(15*time.Second)), restart: os.Getenv("DECLINE61_TEST_POSTGRES_RESTART"),
	}.run(t)
	t.Log(r)
	if v := r.ledger.verdict(); v != "" {
		t.Error(v)
	}
}

// freshDatabase makes a database of its own on the server that
// DECLINE61_TEST_POSTGRES names.
func freshDatabase(t *testing.T) string {
	t.Helper()
	server := os.Getenv("DECLINE61_TEST_POSTGRES")
	if server == "" {
		t.Fatal("set DECLINE61_TEST_POSTGRES to the URL of a Postgres in which databases may be made, for example postgres://postgres@127.0.0.1:5432/postgres")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("DECLINE61_TEST_POSTGRES is no URL")
	}
	name := fmt.Sprintf("soak_%d", rand.Int64())
	do := func(ctx context.Context, statement string) error {
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		_, err = c.Exec(ctx, statement)
		return err
	}
	if err := do(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := do(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the database: %v", err)
		}
	})
	u.Path = "/" + name
	return u.String()
}
