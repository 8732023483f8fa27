package recording

import (
	"github.com/prometheus/client_golang/prometheus"

	"hotline/call"
)

// metrics are the room's gauges and counters; docs/recording.md explains them.
type metrics struct {
	results     *prometheus.CounterVec
	bytes       prometheus.Counter
	active      prometheus.Gauge
	troubled    prometheus.Gauge
	errors      prometheus.Counter
	lag         prometheus.Histogram
	late        prometheus.Counter
	overruns    prometheus.Counter
	corrections prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_recordings_total", Help: "Recordings ended, by result: complete, failed, or recovered after a crash.",
		}, []string{"result"}),
		bytes:       counter("hotline_recording_bytes_total", "Bytes of sound written to recordings."),
		active:      gauge("hotline_recordings_active", "Recordings being written."),
		troubled:    gauge("hotline_recordings_troubled", "Recordings being written whose last write failed."),
		errors:      counter("hotline_recording_write_errors_total", "Writes to recordings that failed; each is tried again."),
		late:        counter("hotline_recording_late_packets_total", "Packets that came after their place in a recording was written."),
		overruns:    counter("hotline_recording_overruns_total", "Packets that a recording lost because its writer was too slow."),
		corrections: counter("hotline_recording_corrections_total", "Times a track was moved because it had drifted off the node's clock."),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hotline_recording_write_lag_seconds", Help: "How much later than due a recording was flushed.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
	}
	for _, result := range []string{"complete", "failed", "recovered"} {
		m.results.WithLabelValues(result)
	}
	for _, c := range []prometheus.Collector{
		m.results, m.bytes, m.active, m.troubled, m.errors, m.lag, m.late, m.overruns, m.corrections,
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// ended counts a recording that is over.
func (m *metrics) ended(f call.RecordingFacts, err error) {
	result := "complete"
	if err != nil {
		result = "failed"
	}
	m.results.WithLabelValues(result).Inc()
	m.active.Dec()
	m.late.Add(float64(f.Left.Late + f.Right.Late))
	m.overruns.Add(float64(f.Left.Overrun + f.Right.Overrun))
	m.corrections.Add(float64(len(f.Left.Corrections) + len(f.Right.Corrections)))
}
