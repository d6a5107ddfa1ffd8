package wecomtest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sender is how callbacks go wrong.
type sender struct {
	skew     time.Duration
	lose     int
	double   int
	parallel bool
	forge    bool
	holding  bool
	held     []func()
	slowest  time.Duration
}

// Ack is how the bot answered a callback.
type Ack struct {
	Acknowledged bool
	Tries        int
	Status       int           // of the last answer, 0 if there was none
	Slowest      time.Duration // of all answers
	Reply        []byte        // what came with a 200, decrypted where it was encrypted
}

// Delivery is something that somebody did, and what became of telling the bot.
type Delivery struct {
	ID  string // msgid of what was said, if something was
	Err error  // WeCom refused it to the person: nothing was delivered

	done chan struct{}
	mu   sync.Mutex
	ack  Ack
}

func newDelivery(id string) *Delivery { return &Delivery{ID: id, done: make(chan struct{})} }

// refused is what a person gets to see instead of a delivery.
func refused(format string, args ...any) *Delivery {
	d := newDelivery("")
	d.Err = fmt.Errorf(format, args...)
	close(d.done)
	return d
}

func (d *Delivery) finish(a Ack) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ack = a
	close(d.done)
}

// Wait waits until the bot has acknowledged, or the last try is over. If ctx
// ends before that, nothing is acknowledged.
func (d *Delivery) Wait(ctx context.Context) Ack {
	select {
	case <-d.done:
	case <-ctx.Done():
		return Ack{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ack
}

// LoseCallbacks makes the next n callbacks never leave.
func (w *WeCom) LoseCallbacks(n int) { w.set(func() { w.sender.lose = n }) }

// DoubleCallbacks makes the next n callbacks be made twice although the first
// is acknowledged.
func (w *WeCom) DoubleCallbacks(n int) { w.set(func() { w.sender.double = n }) }

// ParallelRetries makes every callback be made twice at the same time.
func (w *WeCom) ParallelRetries(on bool) { w.set(func() { w.sender.parallel = on }) }

// SkewCallbacks makes the timestamps of callbacks wrong by d.
func (w *WeCom) SkewCallbacks(d time.Duration) { w.set(func() { w.sender.skew = d }) }

// ForgeCallbacks makes all callbacks carry a wrong signature.
func (w *WeCom) ForgeCallbacks(on bool) { w.set(func() { w.sender.forge = on }) }

// HoldCallbacks keeps callbacks back until release makes them, all at once and
// the latest first.
func (w *WeCom) HoldCallbacks() (release func()) {
	w.set(func() { w.sender.holding = true })
	return sync.OnceFunc(func() {
		w.mu.Lock()
		held := w.sender.held
		w.sender.holding, w.sender.held = false, nil
		w.mu.Unlock()
		for _, run := range slices.Backward(held) {
			w.background(run)
		}
	})
}

func (w *WeCom) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// callback is one thing to tell the bot.
type callback struct {
	url    string
	seal   seal
	json   bool // of the AI bot; XML otherwise
	plain  []byte
	once   bool // is not repeated
	forged bool
}

// deliver makes a callback, as the faults have it. The caller does not hold mu.
func (w *WeCom) deliver(d *Delivery, c callback) {
	if c.url == "" {
		d.finish(Ack{})
		return
	}
	w.mu.Lock()
	f := &w.sender
	lost, twice, parallel := f.lose > 0, f.double > 0, f.parallel
	if lost {
		f.lose--
	} else if twice {
		f.double--
	}
	c.forged = c.forged || f.forge
	run := func() {
		if lost {
			d.finish(Ack{})
			return
		}
		if parallel {
			w.background(func() { w.tries(c) })
		}
		ack := w.tries(c)
		if twice {
			w.tries(c)
		}
		d.finish(ack)
	}
	holding := f.holding
	if holding {
		f.held = append(f.held, run)
	}
	w.mu.Unlock()
	if !holding {
		w.background(run)
	}
}

// tries makes a callback until it is answered by 200, three times at most. What
// it says is the same each time, to the byte; how it is encrypted is not.
func (w *WeCom) tries(c callback) Ack {
	var ack Ack
	for try := 0; ; try++ {
		began := time.Now()
		ack.Status, ack.Reply = w.try(w.ctx, c)
		ack.Slowest = max(ack.Slowest, time.Since(began))
		w.set(func() { w.sender.slowest = max(w.sender.slowest, ack.Slowest); w.touch() })
		ack.Tries, ack.Acknowledged = try+1, ack.Status == http.StatusOK
		if ack.Acknowledged || c.once || try == len(w.config.Retries) || !w.sleep(w.ctx, w.config.Retries[try]) {
			return ack
		}
	}
}

// try makes a callback once. Status 0 is that there was no answer in time.
func (w *WeCom) try(ctx context.Context, c callback) (status int, reply []byte) {
	ctx, cancel := context.WithTimeout(ctx, w.config.Patience)
	defer cancel()
	encrypted := c.seal.encrypt(c.plain)
	body := []byte(fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt><AgentID><![CDATA[]]></AgentID></xml>", w.config.CorpID, encrypted))
	kind := "text/xml"
	if c.json {
		body, _ = json.Marshal(map[string]string{"encrypt": encrypted})
		kind = "application/json"
	}
	query := w.signed(c, encrypted)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"?"+query.Encode(), strings.NewReader(string(body)))
	if err != nil {
		return 0, nil
	}
	r.Header.Set("Content-Type", kind)
	resp, err := w.client.Do(r)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, nil
	}
	if resp.StatusCode == http.StatusOK && len(answer) > 0 {
		answer = w.open(c, answer, query.Get("nonce"))
	}
	return resp.StatusCode, answer
}

// signed is the query of a callback.
func (w *WeCom) signed(c callback, encrypted string) url.Values {
	w.mu.Lock()
	skew := w.sender.skew
	w.mu.Unlock()
	timestamp, nonce := strconv.FormatInt(w.now().Add(skew).Unix(), 10), rand.Text()[:10]
	signature := c.seal.sign(timestamp, nonce, encrypted)
	if c.forged {
		signature = seal{token: "guess"}.sign(timestamp, nonce, encrypted)
	}
	return url.Values{"msg_signature": {signature}, "timestamp": {timestamp}, "nonce": {nonce}}
}

// open decrypts what the AI bot answers. WeCom does not show an answer that it
// cannot read, nor one that is not signed for the same nonce.
func (w *WeCom) open(c callback, answer []byte, nonce string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !c.json {
		if text := strings.TrimSpace(string(answer)); text != "success" {
			w.complain("a callback is answered by %d bytes: nothing or success was expected", len(answer))
		}
		return nil
	}
	var sealed struct {
		Encrypt   string `json:"encrypt"`
		Signature string `json:"msgsignature"`
		Timestamp int64  `json:"timestamp"`
		Nonce     string `json:"nonce"`
	}
	if err := json.Unmarshal(answer, &sealed); err != nil {
		w.complain("a callback's answer is no JSON with encrypt, msgsignature, timestamp and nonce: %v", err)
		return nil
	}
	if sealed.Nonce != nonce || sealed.Signature != c.seal.sign(strconv.FormatInt(sealed.Timestamp, 10), nonce, sealed.Encrypt) {
		w.complain("a callback's answer has the wrong signature, or another nonce")
		return nil
	}
	plain, err := c.seal.decrypt(sealed.Encrypt)
	if err != nil {
		w.complain("a callback's answer cannot be decrypted: %v", err)
		return nil
	}
	return plain
}

// VerifyURL does what saving a callback address in the console does: it asks
// for an encrypted text back, in plain and within a second.
func (w *WeCom) VerifyURL(ctx context.Context, address string) error {
	w.mu.Lock()
	c := callback{url: address, seal: w.sealOf(address)}
	w.mu.Unlock()
	secret := strconv.FormatInt(time.Now().UnixNano(), 10)
	echo := c.seal.encrypt([]byte(secret))
	query := w.signed(c, echo)
	query.Set("echostr", echo)
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		return errors.New("the address is wrong")
	}
	resp, err := w.client.Do(r)
	if err != nil {
		return errors.New("no answer within a second")
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	switch {
	case err != nil:
		return errors.New("no answer within a second")
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("answered by status %d", resp.StatusCode)
	case string(answer) != secret:
		return fmt.Errorf("answered by %d bytes that are not the decrypted ones", len(answer))
	}
	return nil
}

// sealOf is the key pair of a callback address. The caller holds mu.
func (w *WeCom) sealOf(address string) seal {
	if address != "" && address == w.config.BotURL {
		return newSeal(w.config.BotToken, w.config.BotAESKey, "")
	}
	return newSeal(w.config.Token, w.config.AESKey, w.config.CorpID)
}

// xmlOf writes a message of kf and app as WeCom does: texts as CDATA, numbers
// plain, in the order given.
func xmlOf(fields ...any) []byte {
	var b strings.Builder
	b.WriteString("<xml>")
	for i := 0; i < len(fields); i += 2 {
		name, value := fields[i], fields[i+1]
		switch v := value.(type) {
		case string:
			fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>", name, strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>"), name)
		case rawXML:
			fmt.Fprintf(&b, "<%s>%s</%s>", name, v, name)
		default:
			fmt.Fprintf(&b, "<%s>%d</%s>", name, v, name)
		}
	}
	b.WriteString("</xml>")
	return []byte(b.String())
}

type rawXML string
