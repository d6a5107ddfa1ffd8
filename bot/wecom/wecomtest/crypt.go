package wecomtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"slices"
)

// seal is the key pair of one callback address. It is written apart from what
// the bot decrypts with, so that both cannot share a mistake; @wecom/crypto is
// the judge between them.
type seal struct {
	token, receiver string
	key             []byte
}

func newSeal(token, aesKey, receiver string) seal {
	key, err := decodeKey(aesKey)
	if err != nil {
		panic("wecomtest: " + err.Error()) // Start has looked at it
	}
	return seal{token: token, receiver: receiver, key: key}
}

func decodeKey(s string) ([]byte, error) {
	if len(s) != 43 {
		return nil, errors.New("the key has other than 43 characters")
	}
	return base64.StdEncoding.DecodeString(s + "=")
}

// sign is the hash over the sorted parts.
func (s seal) sign(timestamp, nonce, encrypted string) string {
	parts := []string{encrypted, nonce, timestamp, s.token}
	slices.Sort(parts)
	h := sha1.New()
	for _, p := range parts {
		io.WriteString(h, p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// encrypt puts random bytes, length, message and receiver into whole blocks of
// 32, of which the last bytes say how many they are.
func (s seal) encrypt(message []byte) string {
	plain := make([]byte, 16, 64+len(message))
	_, _ = rand.Read(plain)
	n := len(message)
	plain = append(plain, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	plain = append(plain, message...)
	plain = append(plain, s.receiver...)
	return base64.StdEncoding.EncodeToString(s.file(plain))
}

// file encrypts as it stands, in whole blocks of 32.
func (s seal) file(plain []byte) []byte {
	pad := 32 - len(plain)%32
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	return s.crypt(padded, cipher.NewCBCEncrypter)
}

// decrypt is the other way round, for what the bot answers.
func (s seal) decrypt(encrypted string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(data) < 32 || len(data)%32 != 0 {
		return nil, errors.New("no base64 of whole blocks of 32 bytes")
	}
	plain := s.crypt(data, cipher.NewCBCDecrypter)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > 32 || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errors.New("wrong padding: it fills up to 32, not to 16")
	}
	plain = plain[:len(plain)-pad]
	if len(plain) < 20 {
		return nil, errors.New("nothing but padding")
	}
	n := int(plain[16])<<24 | int(plain[17])<<16 | int(plain[18])<<8 | int(plain[19])
	if n > len(plain)-20 || string(plain[20+n:]) != s.receiver {
		return nil, errors.New("wrong length or receiver")
	}
	return plain[20 : 20+n], nil
}

func (s seal) crypt(in []byte, mode func(cipher.Block, []byte) cipher.BlockMode) []byte {
	block, err := aes.NewCipher(s.key)
	if err != nil {
		panic("wecomtest: " + err.Error()) // a key of 32 bytes is one
	}
	out := make([]byte, len(in))
	mode(block, s.key[:16]).CryptBlocks(out, in)
	return out
}
