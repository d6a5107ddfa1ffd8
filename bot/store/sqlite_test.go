package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

// TestMain is also the process that tests start to kill it or to be refused.
func TestMain(m *testing.M) {
	if path := os.Getenv("DECLINE61_TEST_CHILD"); path != "" {
		child(path)
	}
	os.Exit(m.Run())
}

// child takes messages and says which ones it has, until it is killed.
func child(path string) {
	db, err := Open(context.Background(), Options{URL: path})
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(5)
	}
	lines := make(chan string)
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), g, i)
				if receive(db, fmt.Sprint(g), id) == nil {
					lines <- id
				}
			}
		}()
	}
	for id := range lines {
		fmt.Println(id)
	}
}

func receive(db *DB, thread, id string) error {
	_, err := db.Receive(context.Background(), time.Now(), bot.Delivery{Channel: "web", Messages: []bot.Message{message(thread, id)}})
	return err
}

func message(thread, id string) bot.Message {
	return bot.Message{ID: id, From: bot.Address{Channel: "web", Thread: thread}, Role: bot.Merchant, Text: mask.Of("刷卡显示61")}
}

func startChild(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "DECLINE61_TEST_CHILD="+path)
	return c
}

func TestKilled(t *testing.T) {
	f := newTestFile(t)
	said := map[string]string{} // id -> thread
	for range 3 {
		c := startChild(t, f.path)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(300*time.Millisecond, func() { c.Process.Kill() })
		r := bufio.NewReader(out)
		for {
			line, err := r.ReadString('\n')
			if err != nil { // of the last line a part may be there
				break
			}
			id := strings.TrimSpace(line)
			said[id] = strings.Split(id, "-")[1]
		}
		c.Wait()
		timer.Stop()
	}
	if len(said) < 50 {
		t.Fatalf("only %d messages: %v", len(said), said)
	}
	db := openTest(t, f, 0)
	for id, thread := range said {
		_, _, known, err := db.Reply(t.Context(), "web:"+thread, id)
		if err != nil || !known {
			t.Fatalf("message %s was received and is gone (%v)", id, err)
		}
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	t.Logf("%d messages", len(said))
}

func TestLocked(t *testing.T) {
	f := newTestFile(t)
	db := openTest(t, f, 0)
	_, err := Open(t.Context(), Options{URL: f.path})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) || !strings.Contains(err.Error(), ".lock") {
		t.Errorf("a second store: %v", err)
	}
	out, err := startChild(t, f.path).Output()
	if err == nil || !strings.Contains(string(out), "in use by another process") {
		t.Errorf("a second process: %v %s", err, out)
	}
	if err := receive(db, "a", "1"); err != nil {
		t.Errorf("the first one suffers: %v", err)
	}
	db.Close()
	openTest(t, f, 0)
}

func TestDamaged(t *testing.T) {
	f := newTestFile(t)
	if err := os.WriteFile(f.path, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{URL: f.path})
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "restore") {
		t.Errorf("no database: %v", err)
	}
}

// spoil overwrites the middle of a database.
func spoil(t *testing.T, path string) {
	t.Helper()
	w, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	info, err := w.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := info.Size() / 2 / 4096 * 4096; at < info.Size(); at += 4096 {
		if _, err := w.WriteAt(bytes.Repeat([]byte{0x61}, 2048), at); err != nil {
			t.Fatal(err)
		}
	}
}

func fill(t *testing.T, db *DB, n int) {
	t.Helper()
	d := bot.Delivery{Channel: "web"}
	for i := range n {
		d.Messages = append(d.Messages, message(fmt.Sprint(i), "1"))
	}
	if _, err := db.Receive(t.Context(), time.Now(), d); err != nil {
		t.Fatal(err)
	}
}

// TestUnclean: after a crash the file is looked through, and what is found
// makes the store not ready.
func TestUnclean(t *testing.T) {
	for _, spoilt := range []bool{false, true} {
		f := newTestFile(t)
		db := openTest(t, f, 0)
		fill(t, db, 500)
		crash(t, db)
		if spoilt {
			spoil(t, f.path)
		}
		var log bytes.Buffer
		db, err := Open(t.Context(), Options{URL: f.path, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err == nil {
			db.engine.(*file).wait.Wait()
			err = db.Ready(t.Context())
			if !strings.Contains(log.String(), "not closed properly") {
				t.Errorf("nothing is logged: %s", log.String())
			}
			if c := db.Check(t.Context()); (c != nil) != spoilt {
				t.Errorf("spoilt %v, and Check says %v", spoilt, c)
			}
			db.Close()
		}
		if errors.Is(err, ErrDamaged) != spoilt {
			t.Errorf("spoilt %v, and Ready says %v", spoilt, err)
		}
	}
	// After a proper end there is no need.
	f := newTestFile(t)
	openTest(t, f, 0).Close()
	var log bytes.Buffer
	db, err := Open(t.Context(), Options{URL: f.path, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	if log.Len() > 0 {
		t.Errorf("logged: %s", log.String())
	}
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "a file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{URL: filepath.Join(blocked, "bot.db")})
	if !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "writable") {
		t.Errorf("below a file: %v", err)
	}
	if os.Getuid() == 0 {
		t.Skip("root may write anywhere")
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	_, err = Open(t.Context(), Options{URL: filepath.Join(dir, "bot.db")})
	if !errors.Is(err, ErrReadOnly) {
		t.Errorf("in a directory without w: %v", err)
	}
}

// TestDiskFull: what cannot be stored is refused, what was stored stays, and
// when there is room again it goes on.
func TestDiskFull(t *testing.T) {
	db := openTest(t, newTestFile(t), 0)
	fill(t, db, 100)
	limit := func(pages string) {
		t.Helper()
		err := db.engine.update(t.Context(), func(ctx context.Context, q querier) error {
			var n int
			return q.QueryRowContext(ctx, "PRAGMA max_page_count = "+pages).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // no more than there are
	var stored, refused []string
	for i := 0; len(refused) < 20 && i < 10_000; i++ {
		id := fmt.Sprint("m", i)
		err := receive(db, id, id)
		if err == nil {
			stored = append(stored, id)
			continue
		}
		if !strings.Contains(err.Error(), "room") {
			t.Fatalf("not clear: %v", err)
		}
		refused = append(refused, id)
	}
	if len(refused) == 0 {
		t.Fatal("the disk was never full")
	}
	if err := db.Ready(t.Context()); err == nil {
		t.Error("ready with a full disk")
	}
	for _, id := range stored {
		if _, _, known, err := db.Reply(t.Context(), "web:"+id, id); err != nil || !known {
			t.Errorf("%s was received and is gone (%v)", id, err)
		}
	}
	limit("1000000")
	for _, id := range refused {
		if _, _, known, err := db.Reply(t.Context(), "web:"+id, id); err != nil || known {
			t.Errorf("%s was refused and is there (%v)", id, err)
		}
		if err := receive(db, id, id); err != nil {
			t.Fatalf("there is room again: %v", err)
		}
	}
	db.ready.at = time.Time{}
	if err := db.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	s, err := db.Stats(t.Context(), time.Now())
	if want := 100 + len(stored) + len(refused); err != nil || s.Unanswered != want || db.waiting.n != want {
		t.Errorf("%d wait and %d are counted, want %d (%v)", s.Unanswered, db.waiting.n, want, err)
	}
}

// TestGroup: operations of one transaction don't share their failures.
func TestGroup(t *testing.T) {
	db := openTest(t, newTestFile(t), 0)
	begun, hold := make(chan bool), make(chan bool)
	go db.engine.update(t.Context(), func(context.Context, querier) error { begun <- true; <-hold; return nil })
	<-begun
	gone, cancel := context.WithCancel(t.Context())
	results := make(chan error, 4)
	for name, op := range map[string]func(context.Context, querier) error{
		"good": func(ctx context.Context, q querier) error { return probe(ctx, q) },
		"bad":  func(ctx context.Context, q querier) error { probe(ctx, q); return errors.New("bad") },
		"wild": func(ctx context.Context, q querier) error { panic("wild") },
	} {
		go func() {
			err := db.engine.update(t.Context(), op)
			if name == "good" && err != nil || name == "bad" && err.Error() != "bad" || name == "wild" && (err == nil || !strings.Contains(err.Error(), "panic")) {
				t.Errorf("%s: %v", name, err)
			}
			results <- err
		}()
	}
	go func() {
		err := db.engine.update(gone, func(ctx context.Context, q querier) error { t.Error("ran for nobody"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the caller had gone: %v", err)
		}
		results <- err
	}()
	for len(db.engine.(*file).ops) < 4 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-results
	close(hold)
	for range 3 {
		<-results
	}
	if err := receive(db, "a", "1"); err != nil {
		t.Error(err)
	}
}
