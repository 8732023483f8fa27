package fork

import "github.com/prometheus/client_golang/prometheus"

// metrics are the room's gauges and counters; docs/fork.md explains them.
type metrics struct {
	streams     *prometheus.GaugeVec
	connections *prometheus.CounterVec
	dropped     *prometheus.CounterVec
	bytes       *prometheus.CounterVec
	refused     *prometheus.CounterVec
}

// The values of the labels state and result.
const (
	stateConnected = "connected"
	stateWaiting   = "waiting"

	resultOpen   = "open"
	resultFailed = "failed"
	resultLost   = "lost"
)

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"engine"}, labels...))
	}
	m := &metrics{
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_fork_streams", Help: "Calls whose sound is streamed to an engine, by whether its connection is up.",
		}, []string{"engine", "state"}),
		connections: counter("hotline_fork_connections_total", "Connections to engines: open, failed before they were, lost afterwards.", "result"),
		dropped:     counter("hotline_fork_dropped_seconds_total", "Sound that an engine did not take in time or was not there for."),
		bytes:       counter("hotline_fork_sent_bytes_total", "Bytes of sound sent to engines."),
		refused:     counter("hotline_fork_refused_total", "Streams not begun because there were too many."),
	}
	for _, c := range []prometheus.Collector{m.streams, m.connections, m.dropped, m.bytes, m.refused} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
