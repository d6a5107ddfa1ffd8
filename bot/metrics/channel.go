package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"decline61/bot"
)

// Counting is a channel that counts for itself what no loop sees: connections
// that were opened, deliveries that were left to the platform.
type Counting interface {
	bot.Channel
	// Counts gives what was counted since the start, by a few fixed names.
	Counts() map[string]int64
}

// Watch shows whether a channel is up, which up tells without asking its
// platform, and what it counts, if it does.
func (m *Metrics) Watch(c bot.Channel, up func() error) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "channel_up", Help: "Whether messages come in on a channel, as /readyz says.",
		ConstLabels: prometheus.Labels{"channel": c.Manner().Name},
	}, func() float64 {
		if up() != nil {
			return 0
		}
		return 1
	}))
	if counting, ok := c.(Counting); ok {
		m.registry.MustRegister(counts{counting.Manner().Name, counting})
	}
}

// counts is what one channel counts.
type counts struct {
	channel string
	of      Counting
}

func (c counts) desc() *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_channel_total", "What a channel counts for itself, by what it is.", []string{"what"}, prometheus.Labels{"channel": c.channel})
}

// Describe is for prometheus.
func (c counts) Describe(descs chan<- *prometheus.Desc) { descs <- c.desc() }

// Collect is for prometheus.
func (c counts) Collect(found chan<- prometheus.Metric) {
	for what, n := range c.of.Counts() {
		found <- prometheus.MustNewConstMetric(c.desc(), prometheus.CounterValue, float64(n), what)
	}
}
