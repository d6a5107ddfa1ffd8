package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
)

func TestNotice(t *testing.T) {
	want := map[string]bool{"web:a,b": true, "slack:T1 2": true, "kf:群%": true, "*": true}
	got := map[string]bool{}
	heard(notice(want), func(id string) { got[id] = true })
	if !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	many := map[string]bool{}
	for i := range 1000 {
		many[fmt.Sprint("web:conversation-", i)] = true
	}
	heard(notice(many), func(id string) {
		if id != "" {
			t.Errorf("heard %q", id)
		}
	})
	if n := len(notice(many)); n > 7000 {
		t.Errorf("%d bytes", n)
	}
}

// TestListen: what one bot changes the others hear of, also after the server
// has cut them off.
func TestListen(t *testing.T) {
	d := named(t, newTestSchema(t))
	a, b := openTest(t, d, 0), openTest(t, d, 0)
	heard := make(chan string, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.Listen(ctx, func(id string) { heard <- id }); !errors.Is(err, context.Canceled) {
			t.Errorf("Listen ended with %v", err)
		}
	})
	expect := func(want string) {
		t.Helper()
		late := time.After(5 * time.Second)
		for {
			select {
			case got := <-heard:
				if got == want {
					return
				}
			case <-late:
				t.Fatalf("%q was not heard", want)
			}
		}
	}
	expect("")
	start := time.Now()
	if err := receive(a, "x", "1"); err != nil {
		t.Fatal(err)
	}
	expect("web:x")
	t.Logf("heard after %v", time.Since(start))
	cut(t, d)
	expect("")
	if err := receive(a, "y", "1"); err != nil {
		receive(a, "y", "1")
	}
	expect("web:y")
	cancel()
	wg.Wait()
}

// named gives the connections of a test a name of its own, to cut them off.
func named(t *testing.T, d testSchema) testSchema {
	u, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("application_name", strings.ReplaceAll(t.Name(), "/", "-"))
	u.RawQuery = q.Encode()
	d.url = u.String()
	return d
}

// cut ends all connections, as the server does when it stops.
func cut(t *testing.T, d testSchema) {
	t.Helper()
	var n int
	err := d.db.QueryRow(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1`, strings.ReplaceAll(t.Name(), "/", "-")).Scan(&n)
	if err != nil || n == 0 {
		t.Fatalf("%d connections were cut, %v", n, err)
	}
}

// TestCutOff: nothing that was held survives its connection, and work goes on.
func TestCutOff(t *testing.T) {
	d := named(t, newTestSchema(t))
	db := openTest(t, d, 0)
	if err := receive(db, "x", "1"); err != nil {
		t.Fatal(err)
	}
	claim := func() *bot.Task {
		t.Helper()
		task, err := db.Claim(t.Context(), time.Now(), 0)
		for range 3 { // each connection of the pool may have been cut
			if err != nil {
				task, err = db.Claim(t.Context(), time.Now(), 0)
			}
		}
		if task == nil {
			t.Fatalf("no task, %v", err)
		}
		return task
	}
	task := claim()
	cut(t, d)
	other := openTest(t, d, 0) // what the dead had is free at once
	free, err := other.Claim(t.Context(), time.Now(), 0)
	if err != nil || free == nil {
		t.Fatalf("not free: %v", err)
	}
	if err := other.Commit(t.Context(), time.Now(), free, bot.Result{Again: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(t.Context(), time.Now(), task, bot.Result{State: bot.WithBot, Upto: 1}); err == nil {
		t.Error("committed on a connection that was cut")
	}
	for i := range 20 {
		if err := receive(db, "x", fmt.Sprint(i)); err != nil {
			t.Logf("message %d: %v", i, err)
			if err := receive(db, "x", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	task = claim()
	if len(task.Messages) != 20 {
		t.Errorf("%d messages", len(task.Messages))
	}
	if err := db.Commit(t.Context(), time.Now(), task, bot.Result{State: bot.WithBot, Upto: 20}); err != nil {
		t.Error(err)
	}
}

// TestHung: a process that sits on a claim loses it, and holds up nobody while
// it has it.
func TestHung(t *testing.T) {
	t.Parallel()
	d := newTestSchema(t)
	db, other := openTest(t, d, 0), openTest(t, d, 0)
	if err := receive(db, "x", "1"); err != nil {
		t.Fatal(err)
	}
	task, err := db.Claim(t.Context(), time.Now(), 0)
	if err != nil || task == nil {
		t.Fatal(task, err)
	}
	start := time.Now()
	if err := receive(other, "x", "2"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("a message waited %v behind a claim", took)
	}
	for {
		free, err := other.Claim(t.Context(), time.Now(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if free != nil {
			break
		}
		if time.Since(start) > 8*time.Second {
			t.Fatal("it is held for ever")
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("free after %v", time.Since(start))
	if err := db.Commit(t.Context(), time.Now(), task, bot.Result{State: bot.WithBot, Upto: 1}); err == nil {
		t.Error("it commits all the same")
	}
}
