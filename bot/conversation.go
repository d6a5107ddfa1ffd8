package bot

import (
	"context"
	"errors"
	"time"

	"decline61/bot/mask"
	"decline61/kb"
)

// Address is a thread on a channel: where a message came from and where its
// answer goes. Thread is opaque to all but the channel that made it.
type Address struct{ Channel, Thread string }

// Conversation is the id of the conversation at a. Everything that one thread
// says is one conversation.
func (a Address) Conversation() string { return a.Channel + ":" + a.Thread }

// Role is who said something.
type Role string

// The roles, as events name them.
const (
	Merchant Role = "merchant"
	Robot    Role = "bot"   // of a message that is received: words that its Author lets the bot say, or a channel's own
	Agent    Role = "agent" // a person of the provider
)

// Message is one message as its channel received it.
type Message struct {
	ID       string // unique within its conversation: a second one is a redelivery
	From     Address
	Role     Role
	Author   string // the platform's id of who wrote it, "" where it has none
	Text     mask.Text
	Found    mask.Found // what masking took out of Text and Evidence
	Lang     kb.Lang    // of the reply, if the sender chose one
	Evidence map[string]string
	Time     time.Time // when it was received; to the millisecond
	Shown    bool      // of an agent's: the platform itself has shown it to the merchant, so it is not passed on
	Ends     bool      // of an agent's: with it the conversation is closed

	Seq int64 // its place among all messages of the conversation, from 1; given by the store
}

// State is who owns a conversation.
type State string

// The states. A conversation begins with the bot, waits when a person is
// needed, is the agent's from the first thing an agent says, and closed when
// that agent ends it; the merchant's next message then begins again.
const (
	WithBot   State = "bot"
	Waiting   State = "waiting"
	WithAgent State = "agent"
	Closed    State = "closed"
)

// Conversation is the row that an event changes.
type Conversation struct {
	ID      string
	Address Address // of the merchant
	Owner   string  // the Author of its first message
	State   State
	Case    Case
	Version int64 // raised by everything that happens to it
}

// Timer is something to do with a conversation at a time. There is at most one
// of a kind in a conversation.
type Timer struct {
	Kind string
	Due  time.Time
}

// AnswerTimer is the kind of timer that Receive sets: messages wait for their
// answer.
const AnswerTimer = "answer"

// Outgoing is a message to be shown to a merchant.
type Outgoing struct {
	Key     string // unique for ever, made from what caused it: sending it twice is visible as such
	Role    Role   // Robot, or Agent where a person's words are passed on
	Text    mask.Text
	Answers []string // ids of the messages that it answers, the last one last
	Reply   *Reply   // where Text is the whole of the bot's reply: what it says, for channels that show more than text
	Time    time.Time

	// Given by the store.
	Conversation string
	Seq          int64
	To           Address
	Tries        int  // how often it was sent before
	Unknown      bool // an earlier try may have arrived: look before sending
}

// Delivery is what a channel hands over at once: it is kept as a whole or not
// at all, and only then acknowledged to the platform.
type Delivery struct {
	Channel     string
	Messages    []Message
	CursorName  string // where the channel's reading of its platform stands; "" is none
	CursorValue string
	Window      time.Duration // how long to wait for more before answering; 0 is what the channel's Manner says, below 0 not at all
}

// ThreadCursor begins the name of a cursor that says how a channel stands with
// one thread; the thread follows. It is deleted with the thread's conversation.
const ThreadCursor = "thread/"

// Received tells what became of one message of a Delivery.
type Received struct {
	Seq       int64
	Duplicate bool // it was there already; Seq is of the first one
	Found     mask.Found
}

// Task is a conversation to be seen to: messages that wait for an answer, or
// timers that are due, or both.
type Task struct {
	Conversation Conversation
	Messages     []Message // not answered yet, oldest first
	Timers       []Timer   // due, other than [AnswerTimer]
	Tries        int       // how often this was begun and not brought to an end
	Since        time.Time // when the oldest message was received

	Lease any // the store's own
}

// Result is what a Task came to. Commit does all of it or nothing.
type Result struct {
	State    State
	Case     Case
	Upto     int64      // messages up to this Seq are dealt with; later ones keep waiting
	Decision *Decided   // nil where nothing was decided
	Out      []Outgoing // in the order in which they are to be shown
	Timers   []Timer    // to set; a zero Due cancels
	Dead     string     // why the messages could not be answered properly, "" if they were

	// Anyway commits although more messages have come from the merchant, which
	// then wait for the next Task. It never overrides an agent.
	Anyway bool

	// Again gives the Task back, to be tried at that time. Nothing else of
	// the Result counts but Why.
	Again time.Time
	Why   string
}

// Decided is one decision as it is kept: for audit, for replay, and to give a
// repeated request the same reply.
type Decided struct {
	Reply   Reply  // ID, Conversation and Masked are of the last message
	KB      string // version of the knowledge base
	Program string // version of the program
	Time    time.Time
}

// Store keeps conversations. Every method is one transaction: what it reports
// as done survives whatever happens next. [decline61/bot/storetest] holds every
// implementation to this.
type Store interface {
	// Receive keeps messages and cursor, raises the versions of the
	// conversations concerned, and sets their AnswerTimer. Redelivered messages
	// change nothing. A card number whose halves came in two messages is masked
	// in both. ErrBusy: too much is waiting, nothing was kept.
	Receive(ctx context.Context, now time.Time, d Delivery) ([]Received, error)
	// Cursor gives the value that the last Delivery with that name brought, ""
	// if none did.
	Cursor(ctx context.Context, channel, name string) (string, error)
	// Claim gives a conversation that has something due and that nobody else is
	// seeing to, nil if there is none. Each Task must be given to Commit. With
	// overdue > 0 only conversations are given whose messages have waited that
	// long, even if somebody is seeing to them: the later Commit is a conflict.
	Claim(ctx context.Context, now time.Time, overdue time.Duration) (*Task, error)
	// Commit ends a Task. ErrConflict: something has happened since Claim;
	// nothing was changed, and the conversation is still due. After every other
	// error, too, it is due again.
	Commit(ctx context.Context, now time.Time, t *Task, r Result) error
	// Due gives up to n messages to send on channel, marked as being sent, at
	// most one of a conversation and never a later one before an earlier one.
	// Who does not report by Sent within lease may have died: the message is
	// given again then, as Unknown.
	Due(ctx context.Context, now time.Time, channel string, lease time.Duration, n int) ([]Outgoing, error)
	// Sent reports what became of a message that Due gave.
	Sent(ctx context.Context, now time.Time, o Outgoing, f Fate) error
}

// Fate is what became of one try to send.
type Fate struct {
	State  OutState
	Remote string    // the platform's id, where it is shown
	Again  time.Time // when to try again, for Unsent and Unknown
	Why    string    // of what is not shown; without secrets or message text
}

// OutState is how far an outgoing message has come.
type OutState string

// The states of an outgoing message.
const (
	Unsent  OutState = "new"     // certainly not shown yet
	Sending OutState = "sending" // being sent; whose sender has died, Unknown
	Unknown OutState = "unknown" // a try may have arrived
	Shown   OutState = "sent"
	Failed  OutState = "failed" // given up, a dead letter
)

// Errors that a caller acts on.
var (
	ErrConflict = errors.New("the conversation has changed meanwhile")
	ErrBusy     = errors.New("too many messages are waiting for an answer: send this one again in a few seconds")
)

// Inbox is what channels hand messages to; *Loop is one.
type Inbox interface {
	Receive(ctx context.Context, d Delivery) ([]Received, error)
	Cursor(ctx context.Context, channel, name string) (string, error)
}

// Event is one thing that was said in a conversation, as whoever shows it
// reads it. An event that is masked later keeps its ID.
type Event struct {
	ID      int64     `json:"-"` // the Seq: rises within the conversation, may have gaps
	Role    Role      `json:"role"`
	Message string    `json:"message"`           // id of the message itself; of the bot's, the one that it answers
	Answers []string  `json:"answers,omitempty"` // of the bot's, all ids where it answers several
	Text    mask.Text `json:"text"`
	Time    time.Time `json:"time"`
}

// Stats is the state of a store in numbers.
type Stats struct {
	Unanswered       int           // messages that wait for an answer
	OldestUnanswered time.Duration // how long the oldest of them has waited; 0 if there is none
	Unsent           int           // outgoing messages not shown yet
	OldestUnsent     time.Duration
	Failed           int // dead letters: outgoing messages given up
	Dead             int // messages that got the fallback answer
	Waiting          int // conversations that wait for a person
	Conversations    int
}

// Feedback is what somebody thinks of an answer.
type Feedback struct {
	Conversation string
	Message      string // id of the message whose answer it is about
	Helped       bool
	Time         time.Time
}
