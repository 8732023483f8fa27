package listen

import "github.com/prometheus/client_golang/prometheus"

// How a listening can end.
const (
	resultHeard   = "heard"
	resultMovedOn = "moved_on" // the flow, or the caller
	resultFailed  = "failed"   // it never came up
	resultLost    = "lost"     // its connection, or the service closed it
	resultSlow    = "slow"
	resultLied    = "lied"
	resultRefused = "refused" // by its error, or by us: the breaker, or too many at once
)

var results = []string{resultHeard, resultMovedOn, resultFailed, resultLost, resultSlow, resultLied, resultRefused}

// metrics are the series of docs/ivr-listen.md.
type metrics struct {
	streams *prometheus.GaugeVec
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	open    *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_listen_streams", Help: "Callers whom a speech service hears just now.",
		}, []string{"service"}),
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_listen_total", Help: "Listenings by a speech service, by result: heard, moved_on (key, time-out, hang-up), failed (never came up), lost, slow, lied, refused (by its error, the breaker, or too many at once).",
		}, []string{"service", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hotline_listen_answer_seconds", Help: "Time from the end of what a caller said, as far as it was told, to what the service made of it.",
			Buckets: []float64{.05, .1, .2, .4, .7, 1, 1.5, 2, 3, 5, 10},
		}, []string{"service"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_listen_breaker_open", Help: "1 while a speech service is left alone because it has failed.",
		}, []string{"service"}),
	}
	for _, c := range []prometheus.Collector{m.streams, m.total, m.seconds, m.open} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// prepare has a service's series there from the beginning, so that their first rise is seen.
func (m *metrics) prepare(service string) {
	m.streams.WithLabelValues(service)
	m.seconds.WithLabelValues(service)
	m.open.WithLabelValues(service)
	for _, r := range results {
		m.total.WithLabelValues(service, r)
	}
}

func (m *metrics) count(service, result string) { m.total.WithLabelValues(service, result).Inc() }

func (m *metrics) tellBreaker(service string, open bool) {
	value := 0.0
	if open {
		value = 1
	}
	m.open.WithLabelValues(service).Set(value)
}
