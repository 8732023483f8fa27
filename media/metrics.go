package media

import "github.com/prometheus/client_golang/prometheus"

// metrics reads the threads' counters when it is scraped; only what is told
// once at a leg's end is pushed.
type metrics struct {
	engine *Engine
	home   prometheus.Registerer
	jitter prometheus.Histogram
	mos    *prometheus.HistogramVec
	trip   prometheus.Histogram

	streams, packets, lost, mended, dropped, unsent, late, leased, free, shakes *prometheus.Desc
}

func newMetrics(e *Engine) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("hotline_rtp_"+name, help, labels, nil)
	}
	return &metrics{
		engine: e,
		jitter: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "hotline_rtp_jitter_seconds",
			Help:    "Interarrival jitter (RFC 3550) of each leg at its end.",
			Buckets: []float64{.001, .002, .005, .01, .02, .03, .05, .1, .2},
		}),
		mos: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "hotline_rtp_mos",
			Help:    "Mean opinion score (E-model, ITU-T G.107) of each leg heard for a second or more, at its end: of what its far end sent (in), and of what it says it got (out).",
			Buckets: []float64{1.5, 2, 2.5, 3, 3.5, 4, 4.2, 4.3, 4.4},
		}, []string{"direction"}),
		trip: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "hotline_rtp_round_trip_seconds",
			Help:    "Time to each leg's far end and back at the leg's end, by its RTCP reports.",
			Buckets: []float64{.005, .01, .02, .05, .1, .15, .2, .3, .5, 1, 2},
		}),
		streams: desc("streams", "Legs with sound that are open."),
		packets: desc("packets_total", "RTP packets heard (in) and sent (out).", "direction"),
		lost:    desc("lost_total", "RTP packets of far ends that never came."),
		mended:  desc("mended_total", "Lost packets of Opus whose sound was mended, for who needs it decoded."),
		dropped: desc("dropped_total",
			"Datagrams not heard: from another source than the leg's, no RTP, of a payload type not negotiated, or not sealed with the far end's key.", "reason"),
		shakes: desc("dtls_handshakes_total", "Handshakes for the keys of encrypted legs: done, failed, refused because too many went on.", "result"),
		unsent: desc("unsent_total", "RTP packets the kernel did not take."),
		late:   desc("late_turns_total", "Turns of a media thread that came more than 20 ms after the one before."),
		leased: desc("ports_leased", "Port pairs that legs hold."),
		free:   desc("ports_free", "Port pairs that are free."),
	}
}

// Describe is prometheus.Collector's.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.streams, m.packets, m.lost, m.mended, m.dropped, m.unsent, m.late, m.leased, m.free, m.shakes} {
		out <- d
	}
	m.jitter.Describe(out)
	m.mos.Describe(out)
	m.trip.Describe(out)
}

// Collect is prometheus.Collector's.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	var streams int64
	var in, sent, lost, mended, strangers, malformed, unknown, unsent, forged, late uint64
	for _, l := range m.engine.loops {
		v := &l.thread.shown
		streams += v.streams.Load()
		in += v.in.Load()
		sent += v.out.Load()
		lost += v.lost.Load()
		mended += v.mended.Load()
		strangers += v.strangers.Load()
		malformed += v.malformed.Load()
		unknown += v.unknown.Load()
		unsent += v.unsent.Load()
		forged += v.forged.Load()
		late += v.late.Load()
	}
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v int) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	gauge(m.streams, int(streams))
	count(m.packets, in, "in")
	count(m.packets, sent, "out")
	count(m.lost, lost)
	count(m.mended, mended)
	count(m.dropped, strangers, "stranger")
	count(m.dropped, malformed, "malformed")
	count(m.dropped, unknown, "payload_type")
	count(m.dropped, forged, "forged")
	h := m.engine.hands
	count(m.shakes, h.done.Load(), "done")
	count(m.shakes, h.failed.Load(), "failed")
	count(m.shakes, h.refused.Load(), "refused")
	count(m.unsent, unsent)
	count(m.late, late)
	total, free := m.engine.Capacity()
	gauge(m.leased, total-free)
	gauge(m.free, free)
	m.jitter.Collect(out)
	m.mos.Collect(out)
	m.trip.Collect(out)
}

// ended takes what a leg was like at its end.
func (m *metrics) ended(s *Stats) {
	m.jitter.Observe(s.Jitter.Seconds())
	if s.RoundTrip > 0 {
		m.trip.Observe(s.RoundTrip.Seconds())
	}
	if s.PacketsIn < ratedLeast {
		return
	}
	m.mos.WithLabelValues("in").Observe(s.MOS())
	if s.Reported {
		m.mos.WithLabelValues("out").Observe(s.RemoteMOS())
	}
}

// leave takes the metrics of a closed engine out of the registry.
func (m *metrics) leave() { m.home.Unregister(m) }
