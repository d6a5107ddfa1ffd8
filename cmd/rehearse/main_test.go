package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestRehearse plays a merchant, a servicer and a colleague.
func TestRehearse(t *testing.T) {
	var out bytes.Buffer
	in := strings.NewReader("刷卡显示61\n/同事 商户刷卡显示61\n")
	if err := rehearse(t.Context(), "", in, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[微信客服]", "交易金额超限", "转人工", "[智能机器人]", "容易混淆"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nobody sees %q:\n%s", want, out.String())
		}
	}
}
