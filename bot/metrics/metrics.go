// Package metrics counts what the bot does, for Prometheus. It is what a
// [decline61/bot.Loop] tells things to, and what /metrics shows.
//
// Everything is in a registry of its own, so that two bots in one process (a
// test) do not count together. What is waiting is asked of the store when it is
// scraped: the store knows it across restarts, a counter would not.
package metrics

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"decline61/bot"
	"decline61/bot/mask"
)

// seconds are the buckets of every histogram: from half a millisecond, which a
// commit to a good disk takes, to the 30 seconds after which nobody may wait.
var seconds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// Store tells what is waiting in it; *store.DB is one.
type Store interface {
	Stats(ctx context.Context, now time.Time) (bot.Stats, error)
}

// Metrics counts. Its methods may be called from several goroutines.
type Metrics struct {
	registry *prometheus.Registry

	received   *prometheus.CounterVec
	duplicates prometheus.Counter
	masked     *prometheus.CounterVec
	ack        prometheus.Histogram
	answer     *prometheus.HistogramVec
	thinking   prometheus.Histogram
	decisions  *prometheus.CounterVec
	fallback   prometheus.Counter
	sends      *prometheus.CounterVec
	sendWait   prometheus.Histogram
	trouble    *prometheus.CounterVec
	refused    *prometheus.CounterVec
	ready      prometheus.Gauge
}

// New makes the metrics of a program of that version. The version of the
// knowledge base is asked for at each scrape, as it may be reloaded.
func New(version string, kb func() string, store Store) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.received = m.counters("messages_received_total", "Messages that channels handed over; over HTTP without repeated ones.", "channel")
	m.duplicates = m.counter("messages_duplicate_total", "Messages that were there already.")
	m.masked = m.counters("masked_total", "Card data and other secrets taken out of messages before they were kept.", "kind")
	m.ack = m.histogram("ack_seconds", "From receiving messages until they are durable.")
	m.answer = m.histograms("answer_seconds", "From receiving a message until its answer is durable.", "channel")
	m.thinking = m.histogram("thinking_seconds", "Of that, deciding.")
	m.decisions = m.counters("decisions_total", "Answers by decision.", "decision")
	m.fallback = m.counter("fallback_total", "Answers that could not be given properly: a person is needed.")
	m.sends = m.counters("sends_total", "Tries to send, by what became of them and of which class the error was.", "channel", "state", "class")
	m.sendWait = m.histogram("send_wait_seconds", "From an answer being durable until it is shown.")
	m.trouble = m.counters("trouble_total", "Things that went wrong and were made good: conflicts, errors of the store, panics.", "what")

	m.refused = m.counters("http_refused_total", "Messages over HTTP that were not taken, or whose answer is late, by status.", "status")
	m.ready = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "ready", Help: "Whether messages can be kept and answered, as /readyz says."})
	m.registry.MustRegister(m.ready)

	// What an alarm is about exists from the start, so that its first time is
	// seen as an increase.
	for k := range mask.Kind(len(mask.Found{})) {
		m.masked.WithLabelValues(k.String())
	}
	for _, d := range []bot.Decision{bot.Answered, bot.Clarify, bot.Handoff, bot.Refuse, bot.OutOfScope} {
		m.decisions.WithLabelValues(string(d))
	}
	m.registry.MustRegister(
		waiting{store},
		build{version, kb},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Handler is GET /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError, // half of the numbers are better than none
		MaxRequestsInFlight: 4,
	})
}

// Received counts messages that a channel handed over; took is until they were
// durable.
func (m *Metrics) Received(channel string, n, duplicates int, found mask.Found, took time.Duration) {
	m.received.WithLabelValues(channel).Add(float64(n))
	m.duplicates.Add(float64(duplicates))
	for _, k := range found.Kinds() {
		m.masked.WithLabelValues(k.String()).Add(float64(found[k]))
	}
	m.ack.Observe(took.Seconds())
}

// Answered counts an answer; waited is since its message was received.
func (m *Metrics) Answered(channel string, d bot.Decision, waited, thought time.Duration) {
	m.decisions.WithLabelValues(string(d)).Inc()
	m.answer.WithLabelValues(channel).Observe(waited.Seconds())
	m.thinking.Observe(thought.Seconds())
}

// GaveUp counts the answer that is given when there is no proper one.
func (m *Metrics) GaveUp(string) { m.fallback.Inc() }

// Sent counts a try to send; waited is since the message was to be sent.
func (m *Metrics) Sent(channel string, state bot.OutState, class string, waited time.Duration) {
	m.sends.WithLabelValues(channel, string(state), class).Inc()
	if state == bot.Shown {
		m.sendWait.Observe(waited.Seconds())
	}
}

// Trouble counts what went wrong, by one of few names.
func (m *Metrics) Trouble(what string) { m.trouble.WithLabelValues(what).Inc() }

// Repeated counts a message that was known already, and got its reply again.
func (m *Metrics) Repeated() { m.duplicates.Inc() }

// Refused counts a message that was not taken, or whose answer is late.
func (m *Metrics) Refused(status int) { m.refused.WithLabelValues(strconv.Itoa(status)).Inc() }

// Ready notes whether messages can be kept and answered.
func (m *Metrics) Ready(yes bool) {
	m.ready.Set(0)
	if yes {
		m.ready.Set(1)
	}
}

// namespace begins every name.
const namespace = "decline61"

func (m *Metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) histogram(name, help string) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: seconds})
	m.registry.MustRegister(h)
	return h
}

func (m *Metrics) histograms(name, help string, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: seconds}, labels)
	m.registry.MustRegister(h)
	return h
}

// build says what runs here.
type build struct {
	version string
	kb      func() string
}

var buildInfo = prometheus.NewDesc(namespace+"_build_info", "Always 1; the labels say what runs.", []string{"version", "go", "kb"}, nil)

// Describe is for prometheus.
func (build) Describe(descs chan<- *prometheus.Desc) { descs <- buildInfo }

// Collect is for prometheus.
func (b build) Collect(found chan<- prometheus.Metric) {
	found <- prometheus.MustNewConstMetric(buildInfo, prometheus.GaugeValue, 1, b.version, runtime.Version(), b.kb())
}
