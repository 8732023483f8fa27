package siprec

import "github.com/prometheus/client_golang/prometheus"

// metrics are the room's gauges and counters; docs/siprec.md explains them.
type metrics struct {
	sessions *prometheus.GaugeVec
	failures *prometheus.CounterVec
	missed   *prometheus.CounterVec
	packets  *prometheus.CounterVec
	lost     *prometheus.CounterVec
}

// The values of the label state.
const (
	stateRecording = "recording"
	stateWaiting   = "waiting"
)

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"recorder"})
	}
	m := &metrics{
		sessions: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_siprec_sessions", Help: "Conversations that an outside recorder is to record, by whether one does.",
		}, []string{"recorder", "state"}),
		failures: counter("hotline_siprec_failures_total", "Times that no target of a recorder took a session, or that it lost one."),
		missed:   counter("hotline_siprec_missed_seconds_total", "Conversation that no recorder took, without pauses."),
		packets:  counter("hotline_siprec_packets_total", "RTP packets sent to recorders, told at a session's end."),
		lost:     counter("hotline_siprec_lost_packets_total", "Of these, what recorders reported as lost."),
	}
	for _, c := range []prometheus.Collector{m.sessions, m.failures, m.missed, m.packets, m.lost} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
