package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// timeouts of a server. Handlers that wait or stream move their own deadlines.
type timeouts struct {
	header, read, write, idle time.Duration
	stop                      time.Duration // for requests to end when the server does
}

var usual = timeouts{
	header: 5 * time.Second,
	read:   10 * time.Second,
	write:  30 * time.Second,
	idle:   60 * time.Second,
	stop:   10 * time.Second,
}

// stopPatience is how long a request goes on waiting for its reply when the
// server stops; shorter than timeouts.stop, so that it still gets an answer.
const stopPatience = 8 * time.Second

const (
	mostConnections = 8192
	maxHeader       = 16 << 10
)

type stoppingKey struct{}

// Stopping gives a channel that is closed when the server of a request begins to
// stop. A handler that streams ends then; others have ten seconds. Without Serve
// it is nil, which never happens.
func Stopping(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return done
}

// Serve answers on ln until ctx is done, then takes no new requests and lets
// those that are there finish. It closes ln.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	return serve(ctx, ln, h, log, usual)
}

func serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger, t timeouts) error {
	requests, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	requests = context.WithValue(requests, stoppingKey{}, ctx.Done())
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: t.header,
		ReadTimeout:       t.read,
		WriteTimeout:      t.write,
		IdleTimeout:       t.idle,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // broken connections
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(netutil.LimitListener(ln, mostConnections)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.stop)
	defer cancel()
	err := srv.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("some requests did not end in time and were cut off", "after", t.stop)
		err = srv.Close()
	}
	if err != nil {
		return fmt.Errorf("stopping the server on %s: %w", ln.Addr(), err)
	}
	return nil
}
