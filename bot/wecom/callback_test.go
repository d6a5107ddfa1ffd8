package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// taker keeps what is taken, and answers as it is told.
type taker struct {
	got   []string
	reply []byte
	err   error
}

func (k *taker) take(_ context.Context, plain []byte) ([]byte, error) {
	k.got = append(k.got, string(plain))
	return k.reply, k.err
}

const sampleQuery = "msg_signature=477715d11cdb4164915debcba66cb864d751f3e6&timestamp=1409659813&nonce=1372623149"

// signed is the query of a callback with encrypted.
func signed(c *Crypt, encrypted string) string {
	return url.Values{"msg_signature": {c.Sign("7", "n-1", encrypted)}, "timestamp": {"7"}, "nonce": {"n-1"}}.Encode()
}

func serve(h http.Handler, verb, query, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(verb, "/wecom/kf?"+query, strings.NewReader(body)))
	return w
}

func inXML(encrypted string) string {
	return "<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[" + encrypted + "]]></Encrypt><AgentID>218</AgentID></xml>"
}

// TestAddressIsEntered: + in echostr comes as %2B and is decoded once, and the
// answer is the plain bytes and nothing more.
func TestAddressIsEntered(t *testing.T) {
	var k taker
	h := &Callback{Crypt: newCrypt(t, sampleCorp), Take: k.take}
	w := serve(h, "GET", "msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014780&echostr="+url.QueryEscape(sampleEcho), "")
	if w.Code != 200 || w.Body.String() != "1616140317555161061" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	for _, query := range []string{"", "msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014781&echostr=" + url.QueryEscape(sampleEcho)} {
		if w := serve(h, "GET", query, ""); w.Code < 400 || w.Code > 499 {
			t.Errorf("%q: %d %q", query, w.Code, w.Body)
		}
	}
	if w := serve(h, "PUT", "", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", w.Code)
	}
	if len(k.got) > 0 {
		t.Errorf("taken: %q", k.got)
	}
}

// TestAcknowledgedOnceKept: 200 with nothing in it, which is what keeps WeCom
// from delivering again, comes only after Take has returned nil.
func TestAcknowledgedOnceKept(t *testing.T) {
	k := taker{err: errors.New("the disk is full of 61")}
	h := &Callback{Crypt: newCrypt(t, sampleCorp), Take: k.take}
	w := serve(h, "POST", sampleQuery, inXML(samplePost))
	if w.Code < 500 || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("not kept: %d %q", w.Code, w.Body)
	}
	k.err = nil
	w = serve(h, "POST", sampleQuery, inXML(samplePost))
	if w.Code != 200 || w.Body.Len() > 0 {
		t.Errorf("kept: %d %q", w.Code, w.Body)
	}
	if len(k.got) != 2 || k.got[0] != k.got[1] || !strings.Contains(k.got[0], "<Content><![CDATA[hello]]>") {
		t.Errorf("taken: %q", k.got)
	}
}

func TestCallbackRefuses(t *testing.T) {
	c := newCrypt(t, sampleCorp)
	bomb := `<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "` + samplePost + `"><!ENTITY f SYSTEM "file:///etc/passwd">]>`
	for name, tc := range map[string]struct {
		envelope    Envelope
		query, body string
		status      int
	}{
		"nothing":             {XML, sampleQuery, "", 400},
		"no XML":              {XML, sampleQuery, "hello", 400},
		"another root":        {XML, sampleQuery, "<a><Encrypt>" + samplePost + "</Encrypt></a>", 400},
		"nothing encrypted":   {XML, sampleQuery, "<xml><ToUserName>x</ToUserName></xml>", 400},
		"an entity":           {XML, sampleQuery, bomb + "<xml><Encrypt>&a;</Encrypt></xml>", 400},
		"a file":              {XML, sampleQuery, bomb + "<xml><Encrypt>&f;</Encrypt></xml>", 400},
		"a document type":     {XML, sampleQuery, bomb + inXML(samplePost), 400},
		"another encoding":    {XML, sampleQuery, `<?xml version="1.0" encoding="gbk"?>` + inXML(samplePost), 400},
		"JSON for XML":        {XML, sampleQuery, `{"encrypt":"` + samplePost + `"}`, 400},
		"XML for JSON":        {JSON, sampleQuery, inXML(samplePost), 400},
		"JSON with a number":  {JSON, sampleQuery, `{"encrypt":61}`, 400},
		"too large":           {XML, sampleQuery, inXML(strings.Repeat("A", mostBody)), 413},
		"no signature":        {XML, "", inXML(samplePost), 401},
		"another timestamp":   {XML, strings.Replace(sampleQuery, "813", "814", 1), inXML(samplePost), 401},
		"another message":     {XML, sampleQuery, inXML(sampleEcho), 401},
		"for another company": {XML, signed(c, mustEncrypt(newCrypt(t, "ww0000000000000001"), "hi")), inXML(mustEncrypt(newCrypt(t, "ww0000000000000001"), "hi")), 401},
		"signed nonsense":     {XML, signed(c, "AAAA"), inXML("AAAA"), 401},
	} {
		var k taker
		w := serve(&Callback{Crypt: c, Envelope: tc.envelope, Take: k.take}, "POST", tc.query, tc.body)
		if w.Code != tc.status || len(k.got) > 0 {
			t.Errorf("%s: %d %q, taken %q", name, w.Code, w.Body, k.got)
		}
	}
}

func mustEncrypt(c *Crypt, plain string) string {
	encrypted, err := c.Encrypt([]byte(plain))
	if err != nil {
		panic(err)
	}
	return encrypted
}

// TestReplies: a reply is encrypted, signed, and named after the nonce that
// WeCom called with.
func TestReplies(t *testing.T) {
	now := func() time.Time { return time.Unix(1_800_000_000, 0) }
	for _, tc := range []struct {
		envelope Envelope
		receiver string
		read     func(body []byte) (encrypted, signature, nonce string, at int64, err error)
	}{
		{XML, sampleCorp, func(b []byte) (string, string, string, int64, error) {
			var r replyXML
			err := xml.Unmarshal(b, &r)
			return r.Encrypt, r.Signature, r.Nonce, r.TimeStamp, err
		}},
		{JSON, "", func(b []byte) (string, string, string, int64, error) {
			var r map[string]any
			err := json.Unmarshal(b, &r)
			at, _ := r["timestamp"].(float64)
			s := func(name string) string { s, _ := r[name].(string); return s }
			return s("encrypt"), s("msgsignature"), s("nonce"), int64(at), err
		}},
	} {
		c, err := NewCrypt(Keys{Token: sampleToken, EncodingAESKey: sampleKey, Receiver: tc.receiver, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		k := taker{reply: []byte(`{"msgtype":"stream","stream":{"content":"61 是 <金额> 超限 & 别的"}}`)}
		encrypted := mustEncrypt(c, "hi")
		body := inXML(encrypted)
		if tc.envelope == JSON {
			body = `{"encrypt":"` + encrypted + `"}`
		}
		w := serve(&Callback{Crypt: c, Envelope: tc.envelope, Take: k.take}, "POST", signed(c, encrypted), body)
		sealed, signature, nonce, at, err := tc.read(w.Body.Bytes())
		if w.Code != 200 || err != nil || nonce != "n-1" || at != 1_800_000_000 {
			t.Fatalf("%d %q: %v", w.Code, w.Body, err)
		}
		plain, err := c.Decrypt(signature, strconv.FormatInt(at, 10), nonce, sealed)
		if err != nil || !bytes.Equal(plain, k.reply) {
			t.Errorf("%q, %v", plain, err)
		}
	}
}

// TestForgeriesFillNoLog, and what is logged has neither token nor key.
func TestForgeriesFillNoLog(t *testing.T) {
	var log bytes.Buffer
	now := time.Unix(1_800_000_000, 0)
	c, err := NewCrypt(Keys{Token: sampleToken, EncodingAESKey: sampleKey, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	var k taker
	h := &Callback{Crypt: c, Take: k.take, Log: slog.New(slog.NewTextHandler(&log, nil))}
	for range 100 {
		serve(h, "POST", "msg_signature=0&echostr=secretly", inXML(samplePost))
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines for 100 forgeries", n)
	}
	now = now.Add(time.Minute)
	serve(h, "POST", "", inXML(samplePost))
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("%d lines a minute later", n)
	}
	for _, secret := range []string{sampleToken, sampleKey, samplePost[:20], "secretly"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is logged: %s", secret, log.String())
		}
	}
}
