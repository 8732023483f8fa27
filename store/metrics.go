package store

import "github.com/prometheus/client_golang/prometheus"

// metrics are the store's own.
type metrics struct {
	size     prometheus.Gauge
	written  prometheus.Counter
	failures *prometheus.CounterVec // op: encode, order, write, heal, fsync, dropped, replay, feed, let_go
	fsync    prometheus.Histogram
	torn     prometheus.Counter
}

func newMetrics(s *Store, reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		size: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hotline_journal_bytes", Help: "Journal on disk that the database or a restart still needs.",
		}),
		written: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hotline_journal_written_bytes_total", Help: "Bytes appended to the journal, snapshots apart.",
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_journal_failures_total", Help: "Things the durable path could not do, by what it was.",
		}, []string{"op"}),
		fsync: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hotline_journal_fsync_seconds", Help: "Time of each fsync of the journal.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		torn: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hotline_journal_torn_total", Help: "Torn ends found and cut off at start.",
		}),
	}
	for _, op := range []string{"encode", "order", "write", "heal", "fsync", "dropped", "replay", "feed", "let_go"} {
		m.failures.WithLabelValues(op)
	}
	for _, c := range []prometheus.Collector{
		m.size, m.written, m.failures, m.fsync, m.torn,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotline_journal_writable", Help: "1 while the journal takes frames; at 0 new calls get 503.",
		}, s.writable01),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotline_store_feed_lag_seconds", Help: "For how long the database has been behind the journal.",
		}, s.feedLag),
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (s *Store) writable01() float64 {
	if s.Writable() != nil {
		return 0
	}
	return 1
}

func (s *Store) feedLag() float64 { return s.feeder.lag().Seconds() }
