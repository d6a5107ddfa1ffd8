package slack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"
	goslack "github.com/slack-go/slack"
)

// What Slack says besides errors when it has no connection for us.
const (
	tooMany      = "too_many_websockets"
	linkDisabled = "link_disabled"
)

// writeBuffer is more than mostAck: Slack does not put an acknowledgement in
// several pieces together.
const writeBuffer = 32 << 10

// errCrowded: the app has more connections than Slack allows.
var errCrowded = errors.New("the app has too many connections, Slack says: is it running more than five times?")

// hopelessError is what no waiting mends.
type hopelessError struct {
	code string // Slack's
	do   string // what the operator has to do
}

func (e *hopelessError) Error() string {
	return "no Socket Mode: Slack says " + e.code + ": " + e.do
}

// dial asks where to connect, and connects. The address holds a ticket, which
// no error repeats.
func (s *sockets) dial(ctx context.Context) (*websocket.Conn, error) {
	address, err := s.open(ctx)
	if err != nil {
		return nil, openError(err)
	}
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, WriteBufferSize: writeBuffer}
	unwatch := func() bool { return true }
	dialer.NetDialContext = func(dialing context.Context, network, host string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(dialing, network, host)
		if err == nil { // the handshake itself does not look at ctx
			unwatch = context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	}
	ws, answer, err := dialer.DialContext(ctx, address, nil)
	unwatch()
	switch {
	case err == nil:
		return ws, nil
	case ctx.Err() != nil:
		return nil, errors.New("connecting to Slack takes too long")
	case answer != nil:
		return nil, fmt.Errorf("connecting to Slack: HTTP status %d", answer.StatusCode)
	}
	return nil, fmt.Errorf("connecting to Slack: %w", networkError(err))
}

// openError says what an error of apps.connections.open means.
func openError(err error) error {
	if do := fixes[code(err)].app; do != "" {
		return &hopelessError{code: code(err), do: do}
	}
	if c := code(err); plainCode(c) {
		return fmt.Errorf("asking Slack for a socket: %w", err)
	}
	var limited *goslack.RateLimitedError
	var status goslack.StatusCodeError
	if errors.As(err, &limited) || errors.As(err, &status) {
		return fmt.Errorf("asking Slack for a socket: %w", err)
	}
	return fmt.Errorf("asking Slack for a socket: %w", networkError(err))
}

// networkError keeps of err what is known to hold no secret.
func networkError(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	return errors.New("no answer that could be read")
}

// checkAddress refuses to send a ticket over an open line, except to a test on
// this machine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the address that Slack gives for the socket is none")
	}
	here := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if u.Scheme != "wss" && !(u.Scheme == "ws" && here) {
		return errors.New("the address that Slack gives for the socket is not wss")
	}
	return nil
}

// retryAfter is how long Slack wants not to be asked, 0 if it did not say so.
func retryAfter(err error, unsaid time.Duration) time.Duration {
	if limited, ok := errors.AsType[*goslack.RateLimitedError](err); ok {
		return limited.RetryAfter
	}
	status, _ := errors.AsType[goslack.StatusCodeError](err)
	if c := code(err); status.Code == http.StatusTooManyRequests || c == "ratelimited" || c == "rate_limited" {
		return unsaid
	}
	return 0
}
