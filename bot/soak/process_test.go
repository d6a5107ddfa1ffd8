//go:build soak

package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// build makes the real program with its crash points, once for all tests.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "decline61-soak-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "decline61")
	built = dir
	cmd := exec.Command("go", "build", "-tags", "soak", "-o", binary, "./cmd/decline61")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building: %w\n%s", err, out)
	}
	return binary, nil
})

var built string // the folder of the binary, to be removed

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// process is one bot, through all of its lives.
type process struct {
	binary, address, data string
	env                   []string
	log                   *os.File // what it says on stderr, of all lives

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
	err    error         // how
	up     atomic.Bool
	stall  atomic.Bool // its next life begins with a pause of stallTime
}

// stallTime is longer than a claim or a lease may last.
const stallTime = 6 * time.Second

// newProcess prepares a bot; it is killed at the end of the test whatever comes.
func newProcess(t *testing.T, data string, env ...string) *process {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") // to find a free port, which the bot keeps over all its lives
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{binary: binary, address: address, data: data, env: env, log: log}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the end of what the bot at %s said:\n%s", address, p.said())
		}
		log.Close()
	})
	return p
}

// start begins a life.
func (p *process) start(env ...string) error {
	cmd := exec.Command(p.binary, "serve", "--listen", p.address, "--data", p.data)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DECLINE61_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, p.env...), env...)
	cmd.Stderr = p.log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the bot: %w", err)
	}
	exited := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.exited = cmd, exited
	p.mu.Unlock()
	go func() {
		err := cmd.Wait()
		p.up.Store(false)
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(exited)
	}()
	return nil
}

// ended is closed when this life is over.
func (p *process) ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exited
}

// signal is for the process that this test started, and no other.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	cmd, exited := p.cmd, p.exited
	p.mu.Unlock()
	if cmd != nil && !closed(exited) {
		_ = cmd.Process.Signal(s)
	}
}

// kill ends a life at once.
func (p *process) kill() {
	p.up.Store(false)
	p.signal(syscall.SIGKILL)
	if e := p.ended(); e != nil {
		<-e
	}
}

// how is how the life ended.
func (p *process) how() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// killed reports whether a signal ended the life, and not the bot itself.
func (p *process) killed() bool {
	var e *exec.ExitError
	if !errors.As(p.how(), &e) {
		return false
	}
	status, ok := e.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// said is the end of the log.
func (p *process) said() string {
	const most = 4000
	info, err := p.log.Stat()
	if err != nil {
		return err.Error()
	}
	b := make([]byte, most)
	n, _ := p.log.ReadAt(b, max(0, info.Size()-most))
	return string(b[:n])
}

func (p *process) url(path string) string { return "http://" + p.address + path }

// prober asks whether a bot is ready; it keeps no connection to one that dies.
var prober = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// ready waits until the bot says so, and tells how long that took. It is false
// when the bot ended before.
func (p *process) ready(ctx context.Context) (time.Duration, bool) {
	began := time.Now()
	for ctx.Err() == nil && !closed(p.ended()) {
		resp, err := prober.Get(p.url("/readyz"))
		if err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				p.up.Store(true)
				return time.Since(began), true
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return 0, false
}

// stop asks the bot to end, as an operator would, and reports how it did.
func (p *process) stop() error {
	p.up.Store(false)
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended():
		return p.how()
	case <-time.After(20 * time.Second):
		return errors.New("it does not end after SIGTERM")
	}
}

// rss is how much memory the bot has, in MB.
func (p *process) rss() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(b, []byte("VmRSS:"))
	var kb float64
	fmt.Sscan(string(after), &kb)
	return kb / 1024
}

// fleet is all bots that serve the same conversations.
type fleet []*process

// route gives a webhook, mostly of a bot that is up: now and then a platform
// tries one that is not.
func (f fleet) route(ctx context.Context) string { return f.pick(ctx).url("/soak/events") }

func (f fleet) pick(ctx context.Context) *process {
	first := rand.IntN(len(f))
	if rand.IntN(50) == 0 {
		return f[first]
	}
	for range 200 {
		for i := range f {
			if p := f[(first+i)%len(f)]; p.up.Load() {
				return p
			}
		}
		if ctx.Err() != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return f[first]
}

// chaos is how bots are treated.
type chaos struct {
	points  []string      // crash points, one of which some lives end at
	atPoint float64       // share of these lives
	passes  int           // a point is passed up to so often before
	life    time.Duration // the longest
	pauses  float64       // share of lives with a pause
	pause   time.Duration // the longest
}

// allPoints are the crash points of the bot, in the order in which a message
// comes to them.
var allPoints = []string{
	"receive.before", "receive.committed", "answer.before", "commit.before", "commit.committed",
	"due.committed", "send.before", "send.after", "sent.before",
}

func usualChaos() chaos {
	return chaos{points: allPoints, atPoint: 0.4, passes: 100, life: 350 * time.Millisecond, pauses: 0.05, pause: 300 * time.Millisecond}
}

// deaths counts what chaos did.
type deaths struct {
	mu      sync.Mutex
	kills   int
	pauses  int
	stalls  int
	atPoint map[string]int
	ready   histogram
}

// rule makes p live and die until ctx is done. p is dead then.
func (c chaos) rule(ctx context.Context, p *process, d *deaths, l *ledger, mayFail func() bool) {
	for ctx.Err() == nil {
		point := ""
		var env []string
		if len(c.points) > 0 && rand.Float64() < c.atPoint {
			point = c.points[rand.IntN(len(c.points))]
			env = append(env, fmt.Sprintf("DECLINE61_FAULT=%s:%d", point, 1+rand.IntN(c.passes)))
		}
		if err := p.start(env...); err != nil {
			l.problem("cannot start", "%v", err)
			return
		}
		c.live(ctx, p, d, point != "")
		byItself := closed(p.ended())
		p.kill()
		d.mu.Lock()
		switch {
		case p.killed():
			d.kills++
			if byItself && point != "" {
				d.atPoint[point]++
			}
		case !mayFail():
			l.problem("ended by itself", "%v: %s", p.how(), p.said())
		}
		d.mu.Unlock()
		if byItself && !p.killed() {
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// live is one life until it should end, or has.
func (c chaos) live(ctx context.Context, p *process, d *deaths, awaited bool) {
	readyWithin, cancel := context.WithTimeout(ctx, 20*time.Second)
	took, ok := p.ready(readyWithin)
	cancel()
	if !ok {
		return
	}
	d.mu.Lock()
	d.ready.add(took)
	d.mu.Unlock()
	if p.stall.CompareAndSwap(true, false) {
		wait(ctx, p.ended(), 200*time.Millisecond)
		p.signal(syscall.SIGSTOP)
		d.mu.Lock()
		d.stalls++
		d.mu.Unlock()
		wait(ctx, p.ended(), stallTime)
		p.signal(syscall.SIGCONT)
		wait(ctx, p.ended(), time.Second) // what it was at must turn out to be too late
		return
	}
	life := time.Duration(rand.Int64N(int64(c.life)))
	if awaited {
		life = c.life
	}
	if rand.Float64() < c.pauses {
		wait(ctx, p.ended(), life/2)
		p.signal(syscall.SIGSTOP)
		d.mu.Lock()
		d.pauses++
		d.mu.Unlock()
		wait(ctx, p.ended(), time.Duration(rand.Int64N(int64(c.pause))))
		if rand.IntN(3) == 0 {
			return // and is killed as it stands
		}
		p.signal(syscall.SIGCONT)
	}
	wait(ctx, p.ended(), life)
}
