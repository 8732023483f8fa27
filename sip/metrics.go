package sip

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"hotline/call"
	"hotline/sip/guard"
)

// metrics are this room's series; see docs/sip.md for what each tells.
type metrics struct {
	requests      *prometheus.CounterVec
	refused       *prometheus.CounterVec
	registrations prometheus.Gauge
	trunkUp       *prometheus.GaugeVec
	trunkCalls    *prometheus.GaugeVec
	targetUp      *prometheus.GaugeVec
	registered    *prometheus.GaugeVec
	lookups       *prometheus.CounterVec
	failovers     prometheus.Counter
	failed        *prometheus.CounterVec
	offences      *prometheus.CounterVec
	banned        *prometheus.CounterVec
	proxied       *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, open *opened) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_sip_requests_total", Help: "SIP requests received, by method and by the final status we answered.",
		}, []string{"method", "code"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_sip_refused_total", Help: "Messages and calls that SIP itself turned away, by reason.",
		}, []string{"reason"}),
		registrations: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hotline_registrations", Help: "Contacts registered.",
		}),
		trunkUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_trunk_up", Help: "1 while a proxy of the trunk answers OPTIONS, or none is configured, and it is registered if it is to be.",
		}, []string{"trunk"}),
		trunkCalls: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_trunk_calls", Help: "Legs open on the trunk, calls in and calls out.",
		}, []string{"trunk"}),
		targetUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_trunk_target_up", Help: "1 while this proxy of the trunk answers OPTIONS.",
		}, []string{"trunk", "target"}),
		registered: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_trunk_registered", Help: "1 while we are registered with the trunk's carrier.",
		}, []string{"trunk"}),
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_sip_lookups_total", Help: "Host names looked up for requests of ours, by result: found, failed.",
		}, []string{"result"}),
		failovers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hotline_sip_failovers_total", Help: "Requests of ours sent to the next server of a name after one failed, was silent or said 503.",
		}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_sip_connects_failed_total", Help: "Connections of ours that did not come about, certificates that prove nothing included, by transport.",
		}, []string{"transport"}),
		offences: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_sip_offences_total", Help: "What sources did that honest ones don't, by kind: password, stranger, method, malformed, scanner.",
		}, []string{"kind"}),
		banned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_sip_bans_total", Help: "Bans of sources, by the offence that was the last straw, or by_hand.",
		}, []string{"reason"}),
	}
	m.prepare()
	m.proxied = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hotline_sip_proxied_total", Help: "Requests passed from phone to phone, by method and by the final status that came back (408: none).",
	}, []string{"method", "code"})
	all := []prometheus.Collector{
		m.proxied,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotline_sip_proxied", Help: "Requests on their way from phone to phone that have no final answer yet.",
		}, func() float64 { return float64(open.relays.Load()) }),
		m.requests, m.refused, m.registrations, m.trunkUp, m.trunkCalls, m.targetUp, m.registered,
		m.lookups, m.failovers, m.failed, m.offences, m.banned,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotline_sip_transactions", Help: "SIP transactions held, finished ones that absorb retransmissions included.",
		}, func() float64 { return float64(open.transactions.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotline_sip_legs", Help: "Legs held: dialogs and the INVITEs that may become some.",
		}, func() float64 { return float64(open.legs.Load()) }),
	}
	for _, c := range all {
		if err := reg.Register(c); err != nil {
			return nil, call.Errorf(call.CodeInternal, "sip metrics: %w", err)
		}
	}
	return m, nil
}

// prepare makes the series that alerts and dashboards name, so that they are there before the first of each.
func (m *metrics) prepare() {
	m.banned.WithLabelValues("by_hand")
	for _, o := range guard.Offences() {
		m.offences.WithLabelValues(o.String())
		m.banned.WithLabelValues(o.String())
	}
	for _, v := range guard.Verdicts() {
		m.refused.WithLabelValues(v.Reason())
	}
}

// guarding shows what the guard holds.
func (m *metrics) guarding(reg prometheus.Registerer, state func() guard.State) error {
	gauge := func(name, help string, of func(guard.State) int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(of(state())) })
	}
	for _, c := range []prometheus.Collector{
		gauge("hotline_sip_bans", "Sources that are not listened to.", func(s guard.State) int { return s.Bans }),
		gauge("hotline_sip_guard_sources", "Sources told apart that are no peers.", func(s guard.State) int { return s.Strangers }),
	} {
		if err := reg.Register(c); err != nil {
			return call.Errorf(call.CodeInternal, "sip metrics: %w", err)
		}
	}
	return nil
}

// tracing shows what the trace keeps, and what became of the copies to the collector.
func (m *metrics) tracing(reg prometheus.Registerer, s *Server) error {
	kept := func() (int, int64) { return s.trace.Size() }
	copies := func(result string, of func(sent, dropped, failed uint64) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "hotline_hep_packets_total", Help: "Copies of SIP messages to the HEP collector, by result: sent, dropped (the queue was full), failed.",
			ConstLabels: prometheus.Labels{"result": result},
		}, func() float64 { return float64(of(s.hep.Counts())) })
	}
	for _, c := range []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotline_sip_trace_calls", Help: "Calls whose SIP messages are kept.",
		}, func() float64 { n, _ := kept(); return float64(n) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotline_sip_trace_bytes", Help: "Bytes of SIP messages kept of calls.",
		}, func() float64 { _, n := kept(); return float64(n) }),
		copies("sent", func(sent, _, _ uint64) uint64 { return sent }),
		copies("dropped", func(_, dropped, _ uint64) uint64 { return dropped }),
		copies("failed", func(_, _, failed uint64) uint64 { return failed }),
	} {
		if err := reg.Register(c); err != nil {
			return call.Errorf(call.CodeInternal, "sip metrics: %w", err)
		}
	}
	return nil
}

// connFailed counts a connection of ours that did not come about.
func (m *metrics) connFailed(t Transport) { m.failed.WithLabelValues(t.String()).Inc() }

// answered counts a request by the final status it got. The label takes known
// methods only, so that nobody can fill the table.
func (m *metrics) answered(method string, status int) {
	m.requests.WithLabelValues(knownMethod(method), strconv.Itoa(status)).Inc()
}

// passed counts a request that was passed on by what came back.
func (m *metrics) passed(method string, status int) {
	m.proxied.WithLabelValues(knownMethod(method), strconv.Itoa(status)).Inc()
}

func knownMethod(method string) string {
	switch method {
	case "INVITE", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "REGISTER", "REFER", "PRACK",
		"MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH":
		return method
	}
	return "other"
}

// forgetTrunks drops the series of trunks; those that go on are shown again.
func (m *metrics) forgetTrunks(old []TrunkState) {
	for i := range old {
		m.trunkUp.DeleteLabelValues(old[i].Name)
		m.trunkCalls.DeleteLabelValues(old[i].Name)
		m.registered.DeleteLabelValues(old[i].Name)
		m.targetUp.DeletePartialMatch(prometheus.Labels{"trunk": old[i].Name})
	}
}
