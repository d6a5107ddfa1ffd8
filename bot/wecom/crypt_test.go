package wecom

import (
	"bytes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What WeCom's documentation shows, and random bytes to get at fixed results.
const (
	sampleToken = "QDG6eK"
	sampleKey   = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	sampleCorp  = "wx5823bf96d3bd56c7"
	fixedRandom = "0123456789abcdef"
)

// endless repeats the same random bytes.
type endless string

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e[i%len(e)]
	}
	return len(b), nil
}

func newCrypt(t testing.TB, receiver string) *Crypt {
	t.Helper()
	c, err := NewCrypt(Keys{Token: sampleToken, EncodingAESKey: sampleKey, Receiver: receiver, Rand: endless(fixedRandom)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// decrypt signs and decrypts.
func decrypt(c *Crypt, encrypted string) ([]byte, error) {
	return c.Decrypt(c.Sign("1", "n", encrypted), "1", "n", encrypted)
}

const (
	sampleEcho = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
	samplePost = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)

func TestOfficialSamples(t *testing.T) {
	c := newCrypt(t, sampleCorp)
	echo, err := c.Decrypt("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780", sampleEcho)
	if err != nil || string(echo) != "1616140317555161061" {
		t.Errorf("echostr: %q, %v", echo, err)
	}
	post, err := c.Decrypt("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149", samplePost)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Content string
		MsgID   string `xml:"MsgId"`
		AgentID int
	}
	if err := DecodeXML(post, &got); err != nil || got.Content != "hello" || got.MsgID != "4561255354251345929" || got.AgentID != 218 {
		t.Errorf("post: %+v, %v", got, err)
	}
}

// texts have every length of padding, in bytes of ASCII or Han.
func texts() (all []string) {
	for n := range padBlock {
		all = append(all, strings.Repeat("a", n), "刷卡显示61"+strings.Repeat("x", n), strings.Repeat("卡", n))
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	for _, receiver := range []string{sampleCorp, ""} {
		c := newCrypt(t, receiver)
		pads := map[int]bool{}
		for _, plain := range texts() {
			encrypted, err := c.Encrypt([]byte(plain))
			if err != nil {
				t.Fatal(err)
			}
			got, err := decrypt(c, encrypted)
			if err != nil || string(got) != plain {
				t.Errorf("receiver %q: %d bytes come back as %q, %v", receiver, len(plain), got, err)
			}
			pads[padBlock-(headerSize+len(plain)+len(receiver))%padBlock] = true
		}
		if len(pads) != padBlock {
			t.Errorf("receiver %q: %d lengths of padding were tried", receiver, len(pads))
		}
	}
}

// raw encrypts what may be wrapped wrongly.
func raw(c *Crypt, b []byte) string {
	b = bytes.Clone(b)
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b)
}

// wrapped is a message before its padding.
func wrapped(size uint32, rest string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte(fixedRandom), size), rest...)
}

func padded(b []byte, pad byte, n int) []byte { return slices.Concat(b, bytes.Repeat([]byte{pad}, n)) }

func TestRefused(t *testing.T) {
	c, nobody := newCrypt(t, sampleCorp), newCrypt(t, "")
	hi := wrapped(2, "hi"+sampleCorp) // 40 bytes: 24 of padding
	unequal := padded(hi, 24, 24)
	unequal[45] = 23
	good := raw(c, padded(hi, 24, 24))
	if got, err := decrypt(c, good); err != nil || string(got) != "hi" {
		t.Fatalf("what is wrapped well: %q, %v", got, err)
	}
	for name, tc := range map[string]struct {
		c         *Crypt
		encrypted string
		want      error
	}{
		"padding of 0":                  {c, raw(c, padded(hi, 0, 24)), ErrSealed},
		"padding of 33":                 {c, raw(c, padded(hi, 33, 24)), ErrSealed},
		"padding of 255":                {c, raw(c, padded(hi, 255, 24)), ErrSealed},
		"unequal padding":               {c, raw(c, unequal), ErrSealed},
		"nothing but padding":           {c, raw(c, padded(nil, 32, 32)), ErrSealed},
		"no whole header":               {c, raw(c, padded([]byte(fixedRandom), 16, 16)), ErrSealed},
		"a length of 4 GB":              {c, raw(c, padded(wrapped(0xffffffff, "hi"+sampleCorp), 24, 24)), ErrSealed},
		"one byte too long":             {c, raw(c, padded(wrapped(21, "hi"+sampleCorp), 24, 24)), ErrSealed},
		"length over the receiver":      {c, raw(c, padded(wrapped(3, "hi"+sampleCorp), 24, 24)), ErrReceiver},
		"another receiver":              {c, raw(c, padded(wrapped(2, "hi"+"wx5823bf96d3bd56c8"), 24, 24)), ErrReceiver},
		"no receiver":                   {c, raw(c, padded(wrapped(2, "hi"), 10, 10)), ErrReceiver},
		"a receiver where none must be": {nobody, good, ErrReceiver},
		"empty":                         {c, "", ErrSealed},
		"half a block":                  {c, base64.StdEncoding.EncodeToString(make([]byte, 16)), ErrSealed},
		"an odd length":                 {c, base64.StdEncoding.EncodeToString(make([]byte, 33)), ErrSealed},
		"no base64":                     {c, "!" + good[1:], ErrSealed},
		"base64 whose + became a blank": {c, strings.Replace(sampleEcho, "+", " ", 1), ErrSealed},
		"cut":                           {c, good[:len(good)-4], ErrSealed},
		"another block in front":        {c, raw(nobody, make([]byte, 32)), ErrSealed},
	} {
		if got, err := decrypt(tc.c, tc.encrypted); !errors.Is(err, tc.want) {
			t.Errorf("%s: %q, %v; want %v", name, got, err, tc.want)
		}
	}
	sign := c.Sign("1", "n", good)
	for i := range good {
		flipped := good[:i] + string(good[i]^1) + good[i+1:]
		if _, err := c.Decrypt(sign, "1", "n", flipped); !errors.Is(err, ErrSignature) {
			t.Errorf("byte %d flipped: %v", i, err)
		}
		_, _ = decrypt(c, flipped) // signed anew: whatever comes, no panic
	}
	for _, s := range []string{"", "x", sign[1:], sign + "0", strings.ToUpper(sign)} {
		if _, err := c.Decrypt(s, "1", "n", good); !errors.Is(err, ErrSignature) {
			t.Errorf("signature %q: %v", s, err)
		}
	}
}

func TestMaxAge(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	c, err := NewCrypt(Keys{Token: sampleToken, EncodingAESKey: sampleKey, MaxAge: 10 * time.Minute, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := c.Encrypt([]byte("hi"))
	if err != nil {
		t.Fatal(err)
	}
	for timestamp, want := range map[string]error{
		"1800000000": nil, "1799999400": nil, "1800000600": nil,
		"1799999399": ErrStale, "1800000601": ErrStale, "": ErrStale, "now": ErrStale, "-9223372036854775808": ErrStale, "99999999999999999999": ErrStale,
	} {
		if _, err := c.Decrypt(c.Sign(timestamp, "n", encrypted), timestamp, "n", encrypted); !errors.Is(err, want) {
			t.Errorf("timestamp %q: %v, want %v", timestamp, err, want)
		}
	}
}

func TestKeys(t *testing.T) {
	for name, tc := range map[string]struct {
		keys Keys
		want string
	}{
		"no token":   {Keys{EncodingAESKey: sampleKey}, "Token"},
		"no key":     {Keys{Token: "t"}, "43"},
		"short key":  {Keys{Token: "t", EncodingAESKey: sampleKey[1:]}, "42 characters instead of 43"},
		"with its =": {Keys{Token: "t", EncodingAESKey: sampleKey + "="}, "44 characters instead of 43"},
		"odd key":    {Keys{Token: "t", EncodingAESKey: "-" + sampleKey[1:]}, "letters and digits"},
		"new lines":  {Keys{Token: "t", EncodingAESKey: sampleKey[:42] + "\n"}, "letters and digits"},
	} {
		_, err := NewCrypt(tc.keys)
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "接收消息") {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), sampleKey[5:15]) {
			t.Errorf("%s: the key is in %v", name, err)
		}
	}
}

// FuzzDecrypt: no panic, and what is accepted is exactly what Encrypt makes.
func FuzzDecrypt(f *testing.F) {
	c := newCrypt(f, sampleCorp)
	f.Add([]byte(nil))
	f.Add(padded(wrapped(2, "hi"+sampleCorp), 24, 24))
	f.Add(padded(wrapped(0xffffffff, ""), 12, 12))
	f.Add(make([]byte, 64))
	f.Add([]byte(sampleEcho))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decrypt(c, string(b))
		b = b[:len(b)/padBlock*padBlock]
		got, err := decrypt(c, raw(c, b))
		if err != nil {
			return
		}
		again := *c
		again.keys.Rand = bytes.NewReader(b)
		if encrypted, err := again.Encrypt(got); err != nil || encrypted != raw(c, b) {
			t.Errorf("%x was accepted and is not what Encrypt makes of %q (%v)", b, got, err)
		}
	})
}

// TestCryptJudge compares with @wecom/crypto, Tencent's own: each encrypts to
// the same bytes as the other, and reads what the other wrote.
func TestCryptJudge(t *testing.T) {
	dir := os.Getenv("DECLINE61_TEST_JUDGES")
	if dir == "" {
		t.Skip("DECLINE61_TEST_JUDGES names no folder with node_modules: npm ci in a copy of testdata/judges makes one")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	type trial struct {
		Plain    string `json:"plain"`
		Receiver string `json:"receiver"`
		Random   string `json:"random"`
		Ours     string `json:"ours"`
	}
	var trials []trial
	for _, receiver := range []string{sampleCorp, ""} {
		c := newCrypt(t, receiver)
		for _, plain := range texts() {
			ours, err := c.Encrypt([]byte(plain))
			if err != nil {
				t.Fatal(err)
			}
			trials = append(trials, trial{plain, receiver, fixedRandom, ours})
		}
	}
	const timestamp, nonce = "1409659813", "1372623149"
	in, err := json.Marshal(map[string]any{"key": sampleKey, "token": sampleToken, "timestamp": timestamp, "nonce": nonce, "cases": trials})
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "judges", "crypt.mjs"))
	node.Env = append(os.Environ(), "DECLINE61_TEST_JUDGES="+dir)
	node.Stdin = bytes.NewReader(in)
	var complaint bytes.Buffer
	node.Stderr = &complaint
	out, err := node.Output()
	if err != nil {
		t.Fatalf("the judge: %v\n%s", err, complaint.Bytes())
	}
	var verdicts []struct{ Encrypted, Signature, Message, ID string }
	if err := json.Unmarshal(out, &verdicts); err != nil || len(verdicts) != len(trials) {
		t.Fatalf("the judge gives %d verdicts on %d cases: %v", len(verdicts), len(trials), err)
	}
	for i, v := range verdicts {
		c, want := newCrypt(t, trials[i].Receiver), trials[i]
		if v.Encrypted != want.Ours {
			t.Errorf("%q to %q: we encrypt to %s, the judge to %s", want.Plain, want.Receiver, want.Ours, v.Encrypted)
		}
		if v.Message != want.Plain || v.ID != want.Receiver {
			t.Errorf("%q to %q: the judge reads %q to %q", want.Plain, want.Receiver, v.Message, v.ID)
		}
		if got, err := c.Decrypt(v.Signature, timestamp, nonce, v.Encrypted); err != nil || string(got) != want.Plain {
			t.Errorf("%q to %q: we read %q of the judge's, %v", want.Plain, want.Receiver, got, err)
		}
	}
	t.Logf("%d messages, the same bytes both ways", len(trials))
}
