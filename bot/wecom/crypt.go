package wecom

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Keys are what WeCom and we know of one callback address. The first two are
// shown where the address is entered.
type Keys struct {
	Token          string
	EncodingAESKey string // 43 characters
	Receiver       string // whom messages are for: the corp id; "" for an AI bot of one's own company

	MaxAge time.Duration    // refuse what was signed longer ago or further ahead; 0 is never: a wrong clock would stop everything
	Now    func() time.Time // nil is time.Now
	Rand   io.Reader        // for what is encrypted; nil is crypto/rand
}

// Crypt signs, checks, encrypts and decrypts what goes over one callback
// address. It is safe for concurrent use if Keys.Rand is.
type Crypt struct {
	keys  Keys
	block cipher.Block
	iv    []byte
}

// What a message is wrapped in before it is encrypted: random bytes, its
// length, itself, its receiver, and padding to whole blocks of 32 bytes. AES
// would do with 16; who checks against 16 loses every second message.
const (
	randomSize = 16
	headerSize = randomSize + 4
	padBlock   = 32
)

// Errors of Decrypt that name a setting to compare.
var (
	ErrSignature = errors.New("the signature is wrong: compare the Token with the one shown at 接收消息 in WeCom's admin console")
	ErrStale     = errors.New("the signature is of another time: set this machine's clock")
	ErrReceiver  = errors.New("the message is for somebody else: compare the corp id (我的企业 → 企业ID); an AI bot has none")
	ErrSealed    = errors.New("the message cannot be decrypted: compare the EncodingAESKey with the one shown at 接收消息 in WeCom's admin console")
)

// NewCrypt checks the keys. Its errors say what to enter, and repeat nothing.
func NewCrypt(k Keys) (*Crypt, error) {
	if k.Token == "" {
		return nil, errors.New("wecom: the Token of the callback is missing: copy it from 接收消息 in WeCom's admin console")
	}
	if n := len(k.EncodingAESKey); n != 43 {
		return nil, fmt.Errorf("wecom: the EncodingAESKey has %d characters instead of 43: copy it again from 接收消息 in WeCom's admin console, without blanks and without a = at its end", n)
	}
	// WeCom's own keys leave bits over in the last character, so this may not be Strict.
	key, err := base64.StdEncoding.DecodeString(k.EncodingAESKey + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("wecom: the EncodingAESKey has characters that no key has: it is 43 letters and digits, copy it again from 接收消息 in WeCom's admin console")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("wecom: the EncodingAESKey: %w", err)
	}
	if k.Now == nil {
		k.Now = time.Now
	}
	if k.Rand == nil {
		k.Rand = rand.Reader
	}
	return &Crypt{keys: k, block: block, iv: key[:aes.BlockSize]}, nil
}

// Sign gives the signature of an encrypted message.
func (c *Crypt) Sign(timestamp, nonce, encrypted string) string {
	parts := []string{c.keys.Token, timestamp, nonce, encrypted}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// Decrypt gives the message in encrypted. What is not signed by WeCom is not
// decrypted at all: answers to forgeries must not tell anything about the key.
func (c *Crypt) Decrypt(signature, timestamp, nonce, encrypted string) ([]byte, error) {
	if subtle.ConstantTimeCompare([]byte(c.Sign(timestamp, nonce, encrypted)), []byte(signature)) != 1 {
		return nil, ErrSignature
	}
	if c.keys.MaxAge > 0 {
		at, err := strconv.ParseInt(timestamp, 10, 64)
		if err != nil || c.keys.Now().Sub(time.Unix(at, 0)).Abs() > c.keys.MaxAge {
			return nil, ErrStale
		}
	}
	b, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(b) == 0 || len(b)%padBlock != 0 {
		return nil, ErrSealed
	}
	cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(b, b)
	return c.unwrap(b)
}

// unwrap finds the message in what was decrypted.
func (c *Crypt) unwrap(b []byte) ([]byte, error) {
	pad := int(b[len(b)-1])
	if pad < 1 || pad > padBlock || pad > len(b) {
		return nil, ErrSealed
	}
	for _, p := range b[len(b)-pad:] {
		if int(p) != pad {
			return nil, ErrSealed
		}
	}
	b = b[:len(b)-pad]
	if len(b) < headerSize {
		return nil, ErrSealed
	}
	size, rest := uint64(binary.BigEndian.Uint32(b[randomSize:])), b[headerSize:]
	if size > uint64(len(rest)) {
		return nil, ErrSealed
	}
	if string(rest[size:]) != c.keys.Receiver {
		return nil, ErrReceiver
	}
	return rest[:size:size], nil
}

// Encrypt wraps and encrypts a message, as WeCom does and as replies to
// callbacks are.
func (c *Crypt) Encrypt(plain []byte) (string, error) {
	b := make([]byte, headerSize, headerSize+len(plain)+len(c.keys.Receiver)+padBlock)
	if _, err := io.ReadFull(c.keys.Rand, b[:randomSize]); err != nil {
		return "", fmt.Errorf("wecom: encrypting: %w", err)
	}
	binary.BigEndian.PutUint32(b[randomSize:], uint32(len(plain)))
	b = append(b, plain...)
	b = append(b, c.keys.Receiver...)
	pad := padBlock - len(b)%padBlock
	b = append(b, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b), nil
}
