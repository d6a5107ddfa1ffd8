package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Channel is one way in and out: Slack, WeCom, the web page. Each lives in its
// own folder below bot and is named in one line of cmd. [decline61/bot/channeltest]
// holds every one to this contract.
type Channel interface {
	// Manner says how to treat the channel. It never changes.
	Manner() Manner
	// Run takes messages in until ctx is done. It acknowledges one to its
	// platform only after Receive has returned nil, and asks for it again, or
	// lets the platform repeat it, after every error. A channel that is called
	// by its platform (a webhook) is an http.Handler as well, and waits here.
	Run(ctx context.Context, in Inbox) error
	// Send shows o at o.To. Errors that say nothing else count as [MayHaveArrived];
	// wrap them in a [SendError] to say more. They hold no secret, no URL with a
	// token and no message text.
	Send(ctx context.Context, o Outgoing) (Receipt, error)
	// Find looks whether o, whose sending had an unknown outcome, is there.
	// found false means that it may be sent. A platform that itself refuses a
	// second message with the same key needs no look: return false.
	Find(ctx context.Context, o Outgoing) (r Receipt, found bool, err error)
}

// Recoverer is a Channel that can do something about [NeedsCredentials],
// [StateMoved] and [OtherRoute]: it refreshes a token, reads again what the
// platform thinks of the conversation, picks another way, and returns what to
// send now.
type Recoverer interface {
	Recover(ctx context.Context, class Class, o Outgoing) (Outgoing, error)
}

// Manner is how a channel is to be treated.
type Manner struct {
	Name    string        // as in Address.Channel, and in metrics
	Window  time.Duration // merchants send one thought in several messages: how long to wait for the rest
	Pull    bool          // what is to be shown is read from the store by whoever looks: it is never sent
	Timeout time.Duration // for one Send; 0 is 10 s
	Rate    float64       // messages a second to the platform; 0 is no limit
	Burst   int           // how many at once below that rate; 0 is 1
	Workers int           // how many Sends at a time; 0 is 8
	MaxText int           // bytes of one message; a longer text is sent in parts; 0 is no limit
}

// Receipt is the platform's word that a message is shown.
type Receipt struct {
	ID string // the platform's id of the message, "" if it has none
}

// Class is what can be done about a failed Send.
type Class int

// The classes.
const (
	MayHaveArrived   Class = iota // a timeout, a broken connection, a 5xx: look before sending again
	Backoff                       // certainly not shown: again later, after SendError.After if that is set
	Never                         // certainly not shown, and never will be: a dead letter
	NeedsCredentials              // certainly not shown: refresh the token, then again
	StateMoved                    // certainly not shown: the platform's state of the conversation has changed, read it again
	OtherRoute                    // certainly not shown: this way is closed, another may be open
	Queued                        // certainly not shown: it waits for its turn, which comes after SendError.After
)

var classNames = [...]string{"may have arrived", "backoff", "never", "needs credentials", "state moved", "other route", "queued"}

func (c Class) String() string {
	if c >= 0 && int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", int(c))
}

// SendError is an error of Send with what can be done about it.
type SendError struct {
	Class Class
	After time.Duration // the platform's own word on when to come back; 0 is none
	Err   error
}

func (e *SendError) Error() string { return fmt.Sprintf("%v (%v)", e.Err, e.Class) }
func (e *SendError) Unwrap() error { return e.Err }

// classOf reads the class of an error of Send.
func classOf(err error) (Class, time.Duration) {
	var e *SendError
	if errors.As(err, &e) {
		return e.Class, e.After
	}
	return MayHaveArrived, 0
}

// Pull is a Channel for those who read replies from the store themselves: the
// JSON API and its page.
type Pull string

var _ Channel = Pull("")

// Manner has the channel's name and that it is a Pull.
func (p Pull) Manner() Manner { return Manner{Name: string(p), Pull: true} }

// Run waits: messages come by other ways.
func (p Pull) Run(ctx context.Context, _ Inbox) error {
	<-ctx.Done()
	return ctx.Err()
}

// Send is never called for a Pull.
func (p Pull) Send(context.Context, Outgoing) (Receipt, error) {
	return Receipt{}, &SendError{Class: Never, Err: fmt.Errorf("nothing is sent on %s", string(p))}
}

// Find is never called for a Pull.
func (p Pull) Find(context.Context, Outgoing) (Receipt, bool, error) { return Receipt{}, false, nil }
