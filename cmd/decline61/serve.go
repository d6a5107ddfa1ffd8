package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"decline61/bot"
	"decline61/bot/metrics"
	"decline61/bot/store"
	"decline61/bot/web"
	"decline61/index"
	"decline61/kb"
)

func newServe(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the bot: chat page, JSON API, channels / 运行服务:聊天页、接口、各渠道",
		Long: `Run the bot until it is told to stop (Ctrl-C or SIGTERM), answering on the chat
page, the JSON API and every channel that is configured. Without any setting it
uses the embedded knowledge base, listens on 127.0.0.1:8061 and keeps its state
in the data directory. Nothing that it has acknowledged is lost, whatever stops
it: start it again and every conversation goes on where it was.

SIGHUP loads the knowledge base of --kb again; a broken one keeps the old.

不用任何设置即可运行:内置知识库、127.0.0.1:8061、数据存本机。停机或断电后重新启动,对话从原处继续。`,
		Example: `  decline61 serve
  decline61 serve --listen :8061 --data /var/lib/decline61
  DECLINE61_DATABASE_URL=postgres://decline61@localhost/decline61 decline61 serve`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.config(cmd)
			if err != nil {
				return err
			}
			return s.serve(cmd.Context(), c, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	s.flags(cmd)
	return cmd
}

// serve puts the parts together, from the store up, and takes them apart in
// the opposite order: first nothing new comes in, then what is begun ends, then
// the store closes.
func (s *settings) serve(ctx context.Context, c config, stdout, stderr io.Writer) error {
	log := newLog(stderr, c.level())
	for _, w := range c.warnings {
		log.Warn(w)
	}
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return exit(exitInvalid, fmt.Errorf("listening: %w: is another decline61 running? choose another address with --listen", err))
	}
	defer ln.Close()

	k, err := s.load()
	if err != nil {
		return err
	}
	x, err := index.New(k)
	if err != nil {
		return exit(exitInvalid, fmt.Errorf("indexing the knowledge base: %w", err))
	}
	live := index.NewLive(x)
	defer within(2*time.Second, live.Close)

	db, err := store.Open(ctx, c.store(log))
	if err != nil {
		return err
	}
	defer func() {
		if err := db.Close(); err != nil {
			log.Error("closing the store", "error", err)
		}
	}()

	if err := db.Ready(ctx); errors.Is(err, store.ErrDamaged) {
		return err // everything else may pass
	}

	meter := metrics.New(built().Version, version(live), db)
	channels := []bot.Channel{bot.Pull(web.Channel)}
	mux := http.NewServeMux()
	answerer := bot.New(live)
	all, err := configured(platformParts{&c, answerer, db, log}, soakChannels(s.getenv, log))
	if err != nil {
		return err
	}
	for _, m := range all {
		channels = append(channels, m.channel)
		if m.handler != nil {
			mux.Handle(m.path, m.handler)
		}
	}
	loop, err := bot.NewLoop(bot.Settings{
		Answerer: answerer, Store: db, Channels: channels, Log: log, Meter: meter, Program: built().Version,
	})
	if err != nil {
		return fmt.Errorf("starting: %w", err)
	}
	for _, m := range all {
		meter.Watch(m.channel, func() error { return well(ctx, loop, m.channel) })
	}
	page := web.New(web.Config{
		Loop: loop, Journal: db, Log: log, Origin: c.BaseURL, AddressRate: float64(c.AddressRate),
		Checks: checks(loop, live, channels), Meter: meter,
	})
	mux.Handle("GET /metrics", meter.Handler())
	mux.Handle("/", page.Handler())

	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var parts sync.WaitGroup
	for _, m := range all {
		if m.beside != nil {
			parts.Go(func() { _ = m.beside(running) }) // it ends with what it was told
		}
	}
	parts.Go(func() { loop.Run(running) })
	go s.reload(running, live, log) // not waited for: it waits for whoever still uses the old one
	parts.Go(func() { maintain(running, db, time.Duration(c.Retain), log) })

	parts.Go(func() { watchReadiness(running, page, meter, log) })
	c.greet(stdout, ln.Addr().String())
	for _, name := range c.unbuilt() {
		log.Warn("configured, but not in this version", "channel", name)
	}
	log.Info("serving", "listen", ln.Addr().String(), "version", built().Version, "kb", k.Version)
	err = web.Serve(ctx, ln, mux, log)
	log.Info("stopping: finishing what is begun")
	stop()
	parts.Wait()
	return err
}

// watchReadiness tells the log and the metrics when messages cannot be kept or
// answered any more, and when they can again, though nobody asks /readyz.
func watchReadiness(ctx context.Context, page *web.Server, meter *metrics.Metrics, log *slog.Logger) {
	ready, since := false, time.Now()
	for first := true; ; first = false {
		err := page.Ready(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && (ready || first):
			log.Error("not ready: no message is accepted that cannot be kept", "error", err)
			ready, since = false, time.Now()
		case err == nil && first:
			log.Info("ready")
			ready = true
		case err == nil && !ready:
			log.Info("ready again", "after", time.Since(since).Round(time.Millisecond))
			ready = true
		}
		meter.Ready(ready)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// within waits for f only so long: an answer that hangs holds the index, and
// must not keep the program from ending.
func within(limit time.Duration, f func() error) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// store says where this configuration keeps conversations.
func (c config) store(log *slog.Logger) store.Options {
	return store.Options{
		URL:  cmp.Or(c.DatabaseURL.value(), filepath.Join(c.Data, databaseName)),
		Pull: []string{web.Channel},
		Log:  log,
	}
}

// newLog writes for people on a terminal and for programs everywhere else.
func newLog(w io.Writer, level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration { // JSON would have it in nanoseconds
			a.Value = slog.StringValue(a.Value.Duration().String())
		}
		return a
	}}
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// checks are what /readyz says beside the store: an index is needed to answer,
// a channel that is down only concerns its own merchants.
func checks(loop *bot.Loop, live *index.Live, channels []bot.Channel) []web.Check {
	all := []web.Check{{Name: "knowledge_base", Critical: true, Probe: func(context.Context) error {
		_, release, err := live.Acquire()
		if err == nil {
			release()
		}
		return err
	}}}
	for _, c := range channels {
		m := c.Manner()
		if m.Pull {
			continue
		}
		all = append(all, web.Check{Name: m.Name, Probe: func(ctx context.Context) error { return well(ctx, loop, c) }})
	}
	return all
}

// well says what is wrong with a channel, nil if messages come in on it.
func well(ctx context.Context, loop *bot.Loop, c bot.Channel) error {
	if err := loop.Down()[c.Manner().Name]; err != nil {
		return err
	}
	if w, ok := c.(interface{ Well(context.Context) error }); ok {
		return w.Well(ctx)
	}
	return nil
}

// reload loads the knowledge base again at each SIGHUP. Whoever asks meanwhile
// is answered from the old one.
func (s *settings) reload(ctx context.Context, live *index.Live, log *slog.Logger) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		}
		if s.kbDir == "" {
			log.Info("SIGHUP: the embedded knowledge base cannot change; serve --kb DIR uses one that can")
			continue
		}
		k, err := s.swap(live)
		if err != nil {
			log.Error("the knowledge base was not loaded again; the old one stays", "folder", s.kbDir, "error", err)
			continue
		}
		log.Info("the knowledge base was loaded again", "folder", s.kbDir, "kb", k.Version)
	}
}

func (s *settings) swap(live *index.Live) (*kb.KB, error) {
	k, err := s.load()
	if err != nil {
		return nil, err
	}
	x, err := index.New(k)
	if err != nil {
		return nil, fmt.Errorf("indexing the knowledge base: %w", err)
	}
	return k, live.Swap(x)
}

// maintain deletes what need not be kept and checks what is kept, once a day.
func maintain(ctx context.Context, db *store.DB, keep time.Duration, log *slog.Logger) {
	for next := time.Hour; ; next = 24 * time.Hour {
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		}
		if keep > 0 {
			n, err := db.Prune(ctx, time.Now(), keep)
			switch {
			case err != nil && ctx.Err() == nil:
				log.Error("deleting old conversations", "error", err)
			case n > 0:
				log.Info("deleted old conversations", "conversations", n, "untouched_for", keep)
			}
		}
		if err := db.Check(ctx); err != nil && ctx.Err() == nil {
			log.Error("the nightly check found a fault: stop, and restore the last backup", "error", err)
		}
	}
}

// version gives that of the knowledge base in service, whichever it is by then.
func version(live *index.Live) func() string {
	return func() string {
		x, release, err := live.Acquire()
		if err != nil {
			return ""
		}
		defer release()
		return x.KB().Version
	}
}

// greet tells whoever has started the program where it is, what it has, what
// is off, and what to do next.
func (c config) greet(w io.Writer, address string) {
	url := cmp.Or(strings.TrimSuffix(c.BaseURL, "/"), "http://"+reachable(address))
	kept := "SQLite in " + c.Data
	if c.DatabaseURL.value() != "" {
		kept = "Postgres"
	}
	fmt.Fprintf(w, `decline61 %s
  chat page / 聊天页    %s/
  JSON API / 接口      %s/api/v1/messages
  health / 状态        %s/readyz  %s/metrics
  data / 数据          %s
`, built().Version, url, url, url, url, kept)
	if on := c.built(); len(on) > 0 {
		fmt.Fprintf(w, "  channels / 渠道      %s\n", strings.Join(on, ", "))
	}
	if missing := c.unbuilt(); len(missing) > 0 {
		fmt.Fprintf(w, "  configured, but not in this version / 已配置,本版本尚未支持: %s\n", strings.Join(missing, ", "))
	}
	fmt.Fprintf(w, `  off / 未启用         %s
try / 试一试: curl --json '{"id":"1","conversation":"till-7","text":"刷卡显示61"}' %s/api/v1/messages
check / 检查: decline61 doctor    stop / 停止: Ctrl-C
`, c.off(), url)
}

// off says what is not in service, and how it comes into service.
func (c config) off() string {
	var missing []string
	if !c.set("SLACK_BOT_TOKEN") {
		missing = append(missing, "Slack (decline61 manifest begins the set-up)")
	}
	if !c.set("WECOM_KF_SECRET") && !c.set("WECOM_BOT_ID") && !c.set("WECOM_BOT_TOKEN") && !c.set("WECOM_APP_SECRET") {
		missing = append(missing, "WeCom / 企业微信 (README)")
	}
	return strings.Join(append(missing, "language model: not in this version"), "; ")
}

// reachable is an address that a browser on this machine can open.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
