package kf

import (
	"flag"
	"net/http"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets more tests run beside each other than there are cores, since
// they wait most of the time, and sees that they end what they start.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("8")
	}
	goleak.VerifyTestMain(quietly{m}, // but for the index that all share
		goleak.IgnoreAnyFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"),
		goleak.IgnoreAnyFunction("github.com/blevesearch/bleve/v2/index/scorch.(*Scorch).introducerLoop"))
}

// quietly closes the connections that stay open between tests.
type quietly struct{ *testing.M }

func (q quietly) Run() int {
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return q.M.Run()
}
