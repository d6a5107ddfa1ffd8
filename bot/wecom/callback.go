package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Envelope is what encrypted messages travel in.
type Envelope int

// The envelopes: kf and apps use XML, AI bots JSON.
const (
	XML Envelope = iota
	JSON
)

// Callback takes in what WeCom posts to one address, and answers when the
// address is entered in WeCom's admin console.
type Callback struct {
	Crypt    *Crypt
	Envelope Envelope
	// Take keeps a message. Only after it has returned nil is WeCom told that the
	// message has arrived; after an error WeCom delivers it again, three times in
	// all, with the same plain bytes. WeCom waits 5 s in all. A reply is encrypted;
	// nil is none. Why a message was not kept is Take's to log.
	Take func(ctx context.Context, plain []byte) (reply []byte, err error)
	Log  *slog.Logger // nil is none

	forged quiet
}

// mostBody bounds what is read before it is known who sends it.
const mostBody = 1 << 20

// ServeHTTP makes a Callback an http.Handler.
func (c *Callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	q := r.URL.Query()
	switch r.Method {
	case http.MethodGet:
		c.verify(w, q)
	case http.MethodPost:
		c.post(w, r, q)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "WeCom posts here: enter this address at 接收消息 in its admin console", http.StatusMethodNotAllowed)
	}
}

// verify answers WeCom's question whether the address is ours: with the plain
// bytes, because one newline more and WeCom refuses the address.
func (c *Callback) verify(w http.ResponseWriter, q url.Values) {
	if !q.Has("echostr") {
		http.Error(w, "WeCom calls here: enter this address at 接收消息 in its admin console", http.StatusBadRequest)
		return
	}
	plain, ok := c.open(w, q, q.Get("echostr"))
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(plain) // WeCom may be gone
}

func (c *Callback) post(w http.ResponseWriter, r *http.Request, q url.Values) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		http.Error(w, "the body cannot be read, or is too large", http.StatusRequestEntityTooLarge)
		return
	}
	encrypted, err := c.Envelope.open(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	plain, ok := c.open(w, q, encrypted)
	if !ok {
		return
	}
	reply, err := c.Take(r.Context(), plain)
	if err == nil && len(reply) > 0 {
		reply, err = c.seal(reply, q.Get("nonce"))
	}
	if err != nil {
		http.Error(w, "not kept: deliver this again", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write(reply) // likewise
}

// open decrypts what was called with the query q. Where it is not WeCom's it
// answers for itself.
func (c *Callback) open(w http.ResponseWriter, q url.Values, encrypted string) (plain []byte, ok bool) {
	plain, err := c.Crypt.Decrypt(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), encrypted)
	if err == nil {
		return plain, true
	}
	// Who guesses must not be able to fill the log.
	if c.Log != nil && c.forged.now(c.Crypt.keys.Now()) {
		c.Log.Warn("wecom: a callback was refused: it is not from WeCom, or a setting is wrong", "error", err)
	}
	http.Error(w, "refused", http.StatusUnauthorized)
	return nil, false
}

// seal puts a reply into its envelope.
func (c *Callback) seal(reply []byte, nonce string) ([]byte, error) {
	encrypted, err := c.Crypt.Encrypt(reply)
	if err != nil {
		return nil, err
	}
	at := c.Crypt.keys.Now().Unix()
	return c.Envelope.seal(encrypted, c.Crypt.Sign(strconv.FormatInt(at, 10), nonce, encrypted), at, nonce)
}

// open finds the encrypted message in a body.
func (e Envelope) open(body []byte) (encrypted string, err error) {
	var in struct {
		XMLName xml.Name `xml:"xml" json:"-"`
		Encrypt string   `xml:"Encrypt" json:"encrypt"`
	}
	if e == JSON {
		err = json.Unmarshal(body, &in)
	} else {
		err = DecodeXML(body, &in)
	}
	if err != nil || in.Encrypt == "" {
		return "", errors.New("this is no message of WeCom: nothing encrypted is in it")
	}
	return in.Encrypt, nil
}

type replyXML struct {
	XMLName   xml.Name `xml:"xml"`
	Encrypt   string
	Signature string `xml:"MsgSignature"`
	TimeStamp int64
	Nonce     string
}

type replyJSON struct {
	Encrypt   string `json:"encrypt"`
	Signature string `json:"msgsignature"`
	Timestamp int64  `json:"timestamp"`
	Nonce     string `json:"nonce"`
}

func (e Envelope) seal(encrypted, signature string, at int64, nonce string) ([]byte, error) {
	if e == JSON {
		return json.Marshal(replyJSON{encrypted, signature, at, nonce})
	}
	return xml.Marshal(replyXML{Encrypt: encrypted, Signature: signature, TimeStamp: at, Nonce: nonce})
}

// DecodeXML reads one XML document of WeCom's. It refuses document types, and
// with them entities that stand for files or grow without end: WeCom uses none.
func DecodeXML(b []byte, into any) error {
	tokens := xml.NewDecoder(bytes.NewReader(b))
	for {
		t, err := tokens.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("wecom: this is no XML, at byte %d", tokens.InputOffset())
		}
		if _, ok := t.(xml.Directive); ok {
			return errors.New("wecom: XML with a document type is refused")
		}
	}
	if err := xml.Unmarshal(b, into); err != nil {
		return errors.New("wecom: this XML is not what was expected") // its own words may quote the message
	}
	return nil
}

// quiet lets one thing through every ten seconds.
type quiet struct {
	mu   sync.Mutex
	last time.Time
}

func (q *quiet) now(at time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.last.IsZero() && at.Sub(q.last) < 10*time.Second {
		return false
	}
	q.last = at
	return true
}
