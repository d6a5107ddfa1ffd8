package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"decline61/bot"
)

// statsWithin is how long a scrape waits for the store. A store that is slower
// counts as down: the scrape must come back before Prometheus gives it up, or
// the alarm about the store would never be raised.
const statsWithin = 3 * time.Second

// waiting asks the store what is waiting in it.
type waiting struct{ store Store }

// A gauge of the store's state.
type gauge struct {
	desc *prometheus.Desc
	of   func(bot.Stats) float64
}

var (
	storeUp = prometheus.NewDesc(namespace+"_store_up", "1 if the store told its state to this scrape; if it is 0, the other numbers of the store are missing.", nil, nil)

	gauges = []gauge{
		newGauge("inbox_unanswered", "Messages that wait for an answer.",
			func(s bot.Stats) float64 { return float64(s.Unanswered) }),
		newGauge("inbox_oldest_unanswered_seconds", "How long the oldest of them has waited. Over 30 is an alarm.",
			func(s bot.Stats) float64 { return s.OldestUnanswered.Seconds() }),
		newGauge("outbox_unsent", "Messages not shown yet.",
			func(s bot.Stats) float64 { return float64(s.Unsent) }),
		newGauge("outbox_oldest_unsent_seconds", "How long the oldest of them has waited.",
			func(s bot.Stats) float64 { return s.OldestUnsent.Seconds() }),
		newGauge("dead_letters", "Messages whose sending was given up.",
			func(s bot.Stats) float64 { return float64(s.Failed) }),
		newGauge("fallback_answered", "Messages in the store that got the fallback answer.",
			func(s bot.Stats) float64 { return float64(s.Dead) }),
		newGauge("conversations_waiting", "Conversations that wait for a person.",
			func(s bot.Stats) float64 { return float64(s.Waiting) }),
		newGauge("conversations", "Conversations in the store.",
			func(s bot.Stats) float64 { return float64(s.Conversations) }),
	}
)

func newGauge(name, help string, of func(bot.Stats) float64) gauge {
	return gauge{prometheus.NewDesc(namespace+"_"+name, help, nil, nil), of}
}

// Describe is for prometheus.
func (waiting) Describe(descs chan<- *prometheus.Desc) {
	descs <- storeUp
	for _, g := range gauges {
		descs <- g.desc
	}
}

// Collect is for prometheus.
func (w waiting) Collect(found chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statsWithin)
	defer cancel()
	stats, err := w.store.Stats(ctx, time.Now())
	up := 1.0
	if err != nil {
		up = 0
	}
	found <- prometheus.MustNewConstMetric(storeUp, prometheus.GaugeValue, up)
	if err != nil {
		return // a zero would say that nothing is waiting
	}
	for _, g := range gauges {
		found <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.of(stats))
	}
}
