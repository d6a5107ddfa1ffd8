package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"decline61/bot"
)

// process is a running decline61 serve.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	out *syncBuffer // stdout and stderr
}

// syncBuffer is written by a process and read by its test.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// launch starts serve with a data directory; wrap, if given, is a shell prefix
// such as "ulimit -f 100;".
func launch(t *testing.T, data, wrap string, args ...string) *process {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	p := &process{t: t, url: "http://" + address, out: &syncBuffer{}}
	args = append([]string{"serve", "--listen", address, "--data", data}, args...)
	p.cmd = exec.Command("sh", append([]string{"-c", wrap + ` exec decline61 "$@"`, "sh"}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
	})
	return p
}

// start is launch, until it is ready.
func start(t *testing.T, data string, args ...string) *process {
	t.Helper()
	p := launch(t, data, "", args...)
	p.until(http.StatusOK)
	return p
}

// until waits for a status of /readyz.
func (p *process) until(status int) string {
	p.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		if r, err := http.Get(p.url + "/readyz"); err == nil {
			body, _ := io.ReadAll(r.Body)
			r.Body.Close()
			if r.StatusCode == status {
				return string(body)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.t.Fatalf("/readyz never says %d; the program says:\n%s", status, p.out)
	return ""
}

// kill ends it as a power cut would.
func (p *process) kill() {
	p.t.Helper()
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// end stops it with a signal and returns its exit code.
func (p *process) end(sig os.Signal) int {
	p.t.Helper()
	p.cmd.Process.Signal(sig)
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		p.t.Errorf("does not stop on %v", sig)
		p.cmd.Process.Kill()
		<-done
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) try(conversation, id, text string) (int, string) {
	return p.tryWith(http.DefaultClient, conversation, id, text)
}

func (p *process) tryWith(client *http.Client, conversation, id, text string) (int, string) {
	body, _ := json.Marshal(map[string]string{"id": id, "conversation": conversation, "text": text})
	r, err := client.Post(p.url+"/api/v1/messages", "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(b)
}

func (p *process) post(conversation, id, text string) string {
	p.t.Helper()
	status, body := p.try(conversation, id, text)
	if status != http.StatusOK {
		p.t.Fatalf("%s: status %d, %s; the program says:\n%s", text, status, body, p.out)
	}
	return body
}

func (p *process) get(path string) string {
	p.t.Helper()
	r, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

func (p *process) events(conversation string) string {
	return p.get("/api/v1/conversations/" + conversation + "/events?follow=0")
}

func decode(t *testing.T, body string) bot.Reply {
	t.Helper()
	var r bot.Reply
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return r
}

// TestServeKilled: after kill -9 the conversation goes on where it was, and
// what was said stays said, byte for byte.
func TestServeKilled(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	first := p.post("till-7", "m1", "刷卡显示61")
	asked := decode(t, first).Question
	if asked == nil {
		t.Fatalf("first reply: %s", first)
	}
	events := p.events("till-7")
	p.kill()

	p = start(t, data)
	if again := p.post("till-7", "m1", "刷卡显示61"); again != first {
		t.Errorf("the same id gives\n%s\nand gave\n%s", again, first)
	}
	if now := p.events("till-7"); now != events || strings.Count(now, "id:") != 2 {
		t.Errorf("events are\n%s\nand were\n%s", now, events)
	}
	second := decode(t, p.post("till-7", "m2", "1")) // the answer to the question of before
	if second.Evidence[asked.ID] != asked.Options[0].Value || second.Evidence["code_shown"] != "61" {
		t.Errorf("the conversation does not go on: %+v", second)
	}
	if now := p.events("till-7"); !strings.HasPrefix(now, events) || strings.Count(now, "id:") != 4 {
		t.Errorf("events are\n%s", now)
	}
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d on SIGTERM", code)
	}
}

// TestServePage: what a browser without JavaScript gets.
func TestServePage(t *testing.T) {
	p := start(t, t.TempDir())
	page := p.get("/")
	for _, want := range []string{"<form", "<textarea", "61"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	p.post("c", "m", "刷卡显示61")
	metrics := p.get("/metrics")
	for _, want := range []string{
		`decline61_messages_received_total{channel="web"} 1`, `decline61_decisions_total{decision="answer"} 1`,
		"decline61_inbox_oldest_unanswered_seconds", "decline61_ack_seconds_bucket", "decline61_answer_seconds_bucket", "decline61_dead_letters",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if said := p.out.String(); strings.Contains(said, "刷卡") && !strings.Contains(said, "try / 试一试") || strings.Contains(said, `"msg":"刷卡`) {
		t.Errorf("the log holds the message:\n%s", said)
	}
}

// TestServeDamaged: a program on a damaged database does not say that it is
// ready, and ends with what to do.
func TestServeDamaged(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	for i := range 30 {
		p.post(fmt.Sprint("c", i), "m", "刷卡显示61")
	}
	p.end(syscall.SIGTERM)
	name := filepath.Join(data, databaseName)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(b); i++ {
		b[i] = 0xA5
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	p = launch(t, data, "")
	p.cmd.Wait()
	if code, said := p.cmd.ProcessState.ExitCode(), p.out.String(); code != exitData || !strings.Contains(said, "damaged") || !strings.Contains(said, "restore") || strings.Contains(said, `"ready"`) {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// TestServeLocked: another program has the file for itself.
func TestServeLocked(t *testing.T) {
	data := t.TempDir()
	start(t, data).end(syscall.SIGTERM)
	db, err := sql.Open("sqlite", filepath.Join(data, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	p := launch(t, data, "")
	p.cmd.Wait()
	if code, said := p.cmd.ProcessState.ExitCode(), p.out.String(); code != exitData || !strings.Contains(said, "in use by another process") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// TestServeNewer: a database of a newer program is left alone.
func TestServeNewer(t *testing.T) {
	data := t.TempDir()
	start(t, data).end(syscall.SIGTERM)
	execute(t, data, `UPDATE schema_version SET version = 9999`)
	p := launch(t, data, "")
	p.cmd.Wait()
	if code, said := p.cmd.ProcessState.ExitCode(), p.out.String(); code != exitData || !strings.Contains(said, "newer") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// TestServeReadOnly: a directory that cannot be written to is named, with what
// to do. Root may write anywhere, so it runs the program as somebody else.
func TestServeReadOnly(t *testing.T) {
	program, err := exec.LookPath("decline61")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "decline61-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	b, err := os.ReadFile(program)
	if err == nil {
		err = errors.Join(os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, "decline61"), b, 0o755), os.Mkdir(filepath.Join(dir, "data"), 0o555))
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "decline61"), "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	cmd.Dir = dir
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	said, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); err == nil || code != exitData || !strings.Contains(string(said), "make the directory writable") {
		t.Errorf("exit code %d, %v: %s", code, err, said)
	}
}

// TestServeTwice: two programs on one data directory would answer twice.
func TestServeTwice(t *testing.T) {
	data := t.TempDir()
	start(t, data)
	second := launch(t, data, "")
	second.cmd.Wait()
	if code := second.cmd.ProcessState.ExitCode(); code != exitData {
		t.Errorf("exit code %d: %s", code, second.out)
	}
	if !strings.Contains(second.out.String(), "another process") {
		t.Errorf("it says %s", second.out)
	}
}

// TestServeReload: SIGHUP takes a changed knowledge base and refuses a broken
// one.
func TestServeReload(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root(t), "kb"))); err != nil {
		t.Fatal(err)
	}
	p := start(t, t.TempDir(), "--kb", dir)
	entry := filepath.Join(dir, "entries", "issuer-limit.md")
	was, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	change := func(content []byte, say string) {
		t.Helper()
		if err := os.WriteFile(entry, content, 0o644); err != nil {
			t.Fatal(err)
		}
		n := strings.Count(p.out.String(), say)
		p.cmd.Process.Signal(syscall.SIGHUP)
		for deadline := time.Now().Add(30 * time.Second); strings.Count(p.out.String(), say) == n; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("never says %q:\n%s", say, p.out)
			}
		}
	}
	change(was[:len(was)/3], "the old one stays")
	if r := decode(t, p.post("c1", "m", "刷卡显示61")); r.Code != "61" {
		t.Errorf("after a broken reload: %+v", r)
	}
	change(append(was, '\n'), "was loaded again")
	p.post("c2", "m", "刷卡显示61")
}

// TestServeDiskFull: when nothing more can be written, nothing is acknowledged,
// /readyz says so, and once there is room it goes on without a restart.
func TestServeDiskFull(t *testing.T) {
	data := t.TempDir()
	p := launch(t, data, "ulimit -f 2000;") // a file of 1 MB, in blocks of 512 bytes
	p.until(http.StatusOK)
	kept := map[string]bool{}
	refused := ""
	impatient := &http.Client{Timeout: time.Second} // what is kept and cannot be answered keeps its sender waiting
	for i := 0; i < 3000 && !strings.HasPrefix(refused, "503"); i++ {
		c := fmt.Sprint("c", i)
		status, body := p.tryWith(impatient, c, "m", "刷卡显示61,换了张建行的卡也不行,怎么办")
		if status == http.StatusOK {
			kept[c] = true
		} else {
			refused = fmt.Sprint(status, " ", body)
		}
	}
	if !strings.HasPrefix(refused, "503") || len(kept) == 0 {
		t.Fatalf("a full disk gives %q after %d messages; the program says:\n%s", refused, len(kept), p.out)
	}
	if says := p.until(http.StatusServiceUnavailable); !strings.Contains(says, "store") {
		t.Errorf("/readyz says %s", says)
	}
	time.Sleep(2 * time.Second)
	said := p.out.String()
	if n := strings.Count(said, "not ready"); n != 1 {
		t.Errorf("the log says so %d times:\n%s", n, said)
	}
	for c := range kept {
		if strings.Contains(said, "web:"+c+`"`) {
			t.Errorf("the log gives conversation %s away", c)
		}
	}
	if metrics := p.get("/metrics"); !strings.Contains(metrics, "decline61_ready 0") || !strings.Contains(metrics, `decline61_http_refused_total{status="503"}`) {
		t.Errorf("the metrics don't show it, although the answer is %s", refused)
	}
	p.kill()
	p = start(t, data)
	for c := range kept {
		if n := strings.Count(p.events(c), "id:"); n != 2 {
			t.Fatalf("%s was acknowledged and has %d events", c, n)
		}
	}
	p.post("new", "m", "刷卡显示61")
}

// TestServeCanaries sends card numbers in many disguises through the API and
// then looks for them in every byte that the program has written anywhere.
// DECLINE61_TEST_CANARIES is how many.
func TestServeCanaries(t *testing.T) {
	n := 600
	if s := os.Getenv("DECLINE61_TEST_CANARIES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	data := t.TempDir()
	p := start(t, data, "--log-level", "debug")
	rng := rand.New(rand.NewPCG(61, 61))
	var written sync.Map // everything that came back
	var all sync.WaitGroup
	canaries := map[string]bool{}
	slots := make(chan struct{}, 16)
	for i := range n {
		card := cardNumber(rng)
		// Whoever finds the number without its last four digits has found it.
		canaries[card[:12]] = true
		text := disguises[i%len(disguises)](card)
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			conversation := fmt.Sprint("c", i)
			status, body := p.try(conversation, "m", text)
			if status != http.StatusOK || !decode(t, body).Masked {
				t.Errorf("status %d for %q, or not masked: %s", status, text, body)
			}
			written.Store(i, body+p.events(conversation))
		})
	}
	all.Wait()
	// A card number where no text belongs.
	for i := range 20 {
		card := cardNumber(rng)
		canaries[card[:12]] = true
		p.try(card, "m"+card, "刷卡显示61") // the reply has the ids that its sender chose
		r, err := http.Post(p.url+"/api/v1/messages?card="+card, "application/json", strings.NewReader(fmt.Sprintf(`{"id":"x%d","conversation":"y%d","text":"61","pan":%q,"evidence":{%q:"yes"}}`, i, i, card, card)))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		written.Store(n+i, string(b))
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if out, err := exec.Command("decline61", "backup", "--data", data, backup).CombinedOutput(); err != nil {
		t.Errorf("backup: %v\n%s", err, out)
	}
	written.Store("metrics", p.get("/metrics"))
	files, err := filepath.Glob(filepath.Join(data, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, name := range append(files, backup) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		written.Store(name, string(b))
	}
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	written.Store("log", p.out.String())
	bytesRead, hits := 0, 0
	written.Range(func(where, what any) bool {
		b := []byte(what.(string))
		bytesRead += len(b)
		for _, d := range digitRuns(b) {
			for i := 0; i+12 <= len(d); i++ {
				if canaries[string(d[i:i+12])] {
					hits++
					t.Errorf("a card number is in %v", where)
				}
			}
		}
		return true
	})
	t.Logf("%d card numbers in %d disguises, %d bytes read, %d hits", len(canaries), len(disguises), bytesRead, hits)
}

// digitRuns are the runs of digits of b, with what people put between them left
// out and other scripts read as digits.
func digitRuns(b []byte) [][]byte {
	var runs [][]byte
	var run []byte
	for _, r := range string(b) {
		switch {
		case '0' <= r && r <= '9':
			run = append(run, byte(r))
		case '０' <= r && r <= '９':
			run = append(run, byte(r-'０'+'0'))
		case r > 0x7f && strings.ContainsRune("〇一二三四五六七八九", r):
			run = append(run, byte('0'+strings.Index("〇一二三四五六七八九", string(r))/3))
		case len(run) > 0 && strings.ContainsRune(" -._/|~*+,，、·\u00a0\u3000\u200b后面是然接着再\n", r):
		default:
			if len(run) >= 12 {
				runs = append(runs, run)
			}
			run = nil
		}
	}
	if len(run) >= 12 {
		runs = append(runs, run)
	}
	return runs
}

// cardNumber makes a number with an issuer's beginning and a right check digit.
func cardNumber(rng *rand.Rand) string {
	prefixes := []struct {
		prefix string
		n      int
	}{{"622202", 19}, {"621700", 19}, {"625965", 16}, {"4392", 16}, {"5187", 16}, {"3568", 16}}
	p := prefixes[rng.IntN(len(prefixes))]
	d := []byte(p.prefix)
	for len(d) < p.n-1 {
		d = append(d, byte('0'+rng.IntN(10)))
	}
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return string(append(d, byte('0'+(10-sum%10)%10)))
}

var disguises = []func(card string) string{
	func(c string) string { return "卡号" + c },
	func(c string) string { return c },
	func(c string) string { return "刷卡61 " + fours(c, " ") },
	func(c string) string { return fours(c, "-") + " 不行" },
	func(c string) string { return fours(c, ".") },
	func(c string) string { return fours(c, "/") },
	func(c string) string { return fours(c, "_") },
	func(c string) string { return fours(c, "·") },
	func(c string) string { return fours(c, "、") },
	func(c string) string { return fours(c, "\u3000") },
	func(c string) string { return fours(c, "\u200b") },
	func(c string) string { return fours(c, "\n") },
	func(c string) string { return "顾客的卡" + fours(c, "后面是") },
	func(c string) string { return "顾客的卡" + fours(c, "然后") },
	func(c string) string { return digitsAs(c, "０１２３４５６７８９") },
	func(c string) string { return digitsAs(c, "〇一二三四五六七八九") },
	func(c string) string { return digitsAs(c, "零壹贰叁肆伍陆柒捌玖") },
	func(c string) string { return fours(digitsAs(c, "０１２３４５６７８９"), " ") },
	func(c string) string { return "my card is " + fours(c, " ") + " and it says 61" },
	func(c string) string { return fmt.Sprintf(`{"pan":"%s","code":"61"}`, c) },
}

func fours(s, sep string) string {
	var parts []string
	for r := []rune(s); len(r) > 0; r = r[min(4, len(r)):] {
		parts = append(parts, string(r[:min(4, len(r))]))
	}
	return strings.Join(parts, sep)
}

func digitsAs(s, alphabet string) string {
	as := []rune(alphabet)
	return strings.Map(func(r rune) rune { return as[r-'0'] }, s)
}

// TestServeStream: an event stream that is read while messages come in has each
// event once and in order, also across a restart of the reader.
func TestServeStream(t *testing.T) {
	p := start(t, t.TempDir())
	go func() {
		for i := range 4 {
			p.try("c", fmt.Sprint("m", i), "61")
		}
	}()
	var ids []string
	for len(ids) < 8 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		req, _ := http.NewRequestWithContext(ctx, "GET", p.url+"/api/v1/conversations/c/events", nil)
		if len(ids) > 0 {
			req.Header.Set("Last-Event-ID", ids[len(ids)-1])
		}
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for lines := bufio.NewScanner(r.Body); n < 3 && len(ids) < 8 && lines.Scan(); { // hang up after three
			if id, ok := strings.CutPrefix(lines.Text(), "id:"); ok {
				ids = append(ids, strings.TrimSpace(id))
				n++
			}
		}
		cancel()
		r.Body.Close()
		if n == 0 {
			t.Fatalf("the stream ends after %v", ids)
		}
	}
	seen := map[string]bool{}
	last := 0
	for _, id := range ids {
		n, err := strconv.Atoi(id)
		if err != nil || seen[id] || n <= last {
			t.Errorf("ids %v", ids)
		}
		seen[id], last = true, n
	}
	if code := p.end(os.Interrupt); code != 0 {
		t.Errorf("exit code %d on Ctrl-C", code)
	}
}
