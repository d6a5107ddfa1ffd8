package mask

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	_ sql.Scanner    = (*Text)(nil)
	_ driver.Valuer  = Text{}
	_ slog.LogValuer = Text{}
	_ fmt.Stringer   = Text{}
)

func TestTextIsNoWayAround(t *testing.T) {
	const raw, want = "卡号4111111111111111", "卡号[卡号 尾号1111]"
	var fromJSON struct{ Text Text }
	if err := json.Unmarshal([]byte(`{"Text":"`+raw+`"}`), &fromJSON); err != nil || fromJSON.Text.String() != want {
		t.Errorf("from JSON: %q, %v", fromJSON.Text, err)
	}
	for _, src := range []any{raw, []byte(raw)} {
		var fromDatabase Text
		if err := fromDatabase.Scan(src); err != nil || fromDatabase.String() != want {
			t.Errorf("from a database: %q, %v", fromDatabase, err)
		}
	}
	var text Text
	if err := text.Scan(61); err == nil {
		t.Error("a number was read as a text")
	}
	if err := text.Scan(nil); err != nil || !text.IsZero() {
		t.Errorf("NULL is %q, %v", text, err)
	}
}

func TestTextRoundTrip(t *testing.T) {
	text := Of("卡号4111111111111111报61")
	b, err := json.Marshal(map[string]Text{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]Text
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, back["text"]); diff != "" {
		t.Error(diff)
	}
	v, err := text.Value()
	if err != nil || v != text.String() {
		t.Errorf("stored as %v, %v", v, err)
	}
}

func TestTextIsNotLogged(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&b, nil))
	log.Info("received", "text", Of("刷卡显示六一"), "group", slog.GroupValue(slog.Any("text", Of("刷卡显示六一"))))
	if strings.Contains(b.String(), "刷卡") || !strings.Contains(b.String(), "text of 18 bytes") {
		t.Error(b.String())
	}
}

func TestTextFitsDatabases(t *testing.T) {
	for in, want := range map[string]string{"a\x00b": "ab", "a\xffb": "a\uFFFDb", "": ""} {
		if got := Of(in).String(); got != want {
			t.Errorf("%q is kept as %q", in, got)
		}
	}
}

func TestFound(t *testing.T) {
	_, f := Mask("卡号4111111111111111 cvv123 密码123456 验证码1234 手机13812345678")
	if want := (Found{Card: 1, CVV: 1, PIN: 1, Code: 1, Mobile: 1}); f != want {
		t.Errorf("found %v, want %v", f, want)
	}
	if got := fmt.Sprint(f.Kinds()); got != "[cvv pin code card mobile]" {
		t.Error(got)
	}
	if _, mobile := Mask("13812345678"); !mobile.Any() || mobile.Notify() || !f.Notify() {
		t.Error("a mobile number alone is no reason to ask for deletion, a card is")
	}
}

// TestNotice: what we say about a secret must not be one, nor ask for one.
func TestNotice(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		if got, f := Mask(Notice(lang)); got.String() != Notice(lang) || f.Any() {
			t.Errorf("%s: %q", lang, got)
		}
	}
}
