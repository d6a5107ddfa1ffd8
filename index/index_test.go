package index

import (
	"context"
	"testing"

	"decline61/kb"
)

func TestSmoke(t *testing.T) {
	x, err := New(&kb.KB{Entries: []*kb.Entry{
		{ID: "a", Status: "approved", Phrasings: []string{"额度够但是报61", "刷卡超限"}},
		{ID: "b", Status: "approved", Phrasings: []string{"密码错误", "pin wrong"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"显示61", "mimacuowu", "PIN is wrong", "", "+-:~^\"/*"} {
		m, err := x.Match(context.Background(), q)
		t.Logf("%q %+v %v", q, m, err)
	}
	x.Close()
}
