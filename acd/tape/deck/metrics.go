package deck

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	lost    prometheus.Counter
	bytes   prometheus.Counter
	writing prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hotline_tape_lost_steps_total", Help: "Steps of routing that are on no tape: the disk could not take them, or was too slow.",
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hotline_tape_bytes_total", Help: "Bytes of finished tape files.",
		}),
		writing: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hotline_tape_writing", Help: "1 while routing is taped.",
		}),
	}
	for _, c := range []prometheus.Collector{m.lost, m.bytes, m.writing} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
