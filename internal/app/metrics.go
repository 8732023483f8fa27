package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline/acd"
	"hotline/call"
)

// metrics are the figures that follow from calls' events and from routing's
// view. The other rooms register their own.
type metrics struct {
	calls     *prometheus.CounterVec
	active    *prometheus.GaugeVec
	wait      *prometheus.HistogramVec
	abandoned *prometheus.CounterVec
	answered  *prometheus.CounterVec
	within    *prometheus.CounterVec
	offers    *prometheus.CounterVec
	dials     *prometheus.CounterVec
	delay     prometheus.Histogram
	reloads   *prometheus.CounterVec
	codes     *prometheus.CounterVec
	revision  prometheus.Gauge
	missing   prometheus.Gauge
	damaged   prometheus.Counter
	targets   func(queue string) time.Duration
}

// stage is where a live call is counted in hotline_calls_active.
type stage string

const (
	stageNone    stage = ""
	stageIVR     stage = "ivr"
	stageWaiting stage = "waiting"
	stageOffered stage = "offered"
	stageTalking stage = "talking"
	stageSurvey  stage = "survey"
)

var callStages = []stage{stageIVR, stageWaiting, stageOffered, stageTalking, stageSurvey}

func newMetrics(reg prometheus.Registerer, version string, targets func(string) time.Duration) *metrics {
	m := &metrics{
		calls:     counters("hotline_calls_total", "Calls that ended, by trunk and outcome.", "trunk", "outcome"),
		active:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hotline_calls_active", Help: "Live calls by stage."}, []string{"stage"}),
		abandoned: counters("hotline_queue_abandoned_total", "Callers who left while waiting, short abandons included.", "queue"),
		answered:  counters("hotline_queue_answered_total", "Calls a seat of the queue picked up.", "queue"),
		within:    counters("hotline_queue_within_target_total", "Of these, within the queue's service-level target.", "queue"),
		offers:    counters("hotline_offers_total", "Offers by how they ended.", "queue", "result"),
		dials:     counters("hotline_dials_total", "Outside numbers and sites called, by trunk and what became of it.", "trunk", "result"),
		codes:     counters("hotline_codes_total", "Codes dialled by phones, by code and by what became of it.", "code", "outcome"),
		reloads:   counters("hotline_site_reloads_total", "Site reloads by result.", "result"),
		revision:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "hotline_site_revision", Help: "Number of the site revision in force."}),
		missing:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "hotline_recordings_missing", Help: "Calls of the day before that should have been recorded and were not, or not whole, at the last daily check."}),
		damaged:   prometheus.NewCounter(prometheus.CounterOpts{Name: "hotline_recordings_damaged_total", Help: "Recordings found changed when they were verified."}),
		targets:   targets,
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hotline_queue_wait_seconds", Help: "Waiting time of answered calls, from queue entry to pick-up.",
			Buckets: []float64{1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200},
		}, []string{"queue"}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hotline_offer_delay_seconds", Help: "From a seat being free and a call waiting to the INVITE on the wire.",
			Buckets: []float64{.0001, .00025, .0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1},
		}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hotline_build_info", Help: "1, with the version as a label."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	for _, s := range callStages {
		m.active.WithLabelValues(string(s)).Set(0)
	}
	reg.MustRegister(m.calls, m.active, m.wait, m.abandoned, m.answered, m.within, m.offers, m.dials, m.delay, m.reloads, m.codes, m.revision, m.missing, m.damaged, build)
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// prepare makes the series of a revision's queues and trunks, at zero, so that a
// rate over the first call, the first refusal, is seen.
func (m *metrics) prepare(rev *revision) {
	for _, result := range []string{reloadLoaded, reloadUnchanged, reloadRefused} {
		m.reloads.WithLabelValues(result)
	}
	for _, q := range rev.site.Queues {
		m.abandoned.WithLabelValues(q.Name)
		m.answered.WithLabelValues(q.Name)
		m.within.WithLabelValues(q.Name)
		m.wait.WithLabelValues(q.Name)
		for _, r := range call.OfferResults() {
			m.offers.WithLabelValues(q.Name, r.String())
		}
	}
	for _, t := range rev.site.Trunks {
		if len(t.Targets) > 0 {
			for _, r := range call.DialResults() {
				m.dials.WithLabelValues(t.Name, r.String())
			}
		}
		for _, o := range call.Outcomes()[1:] { // the first is "none yet"
			m.calls.WithLabelValues(t.Name, o.String())
		}
	}
}

// The results of a reload.
const (
	reloadLoaded    = "loaded"
	reloadUnchanged = "unchanged"
	reloadRefused   = "refused"
)

func (m *metrics) offerDelay(d time.Duration) { m.delay.Observe(d.Seconds()) }

// tally is what the metrics must remember of one call; its journal owns it.
type tally struct {
	stage   stage
	queue   string
	entry   time.Time // first queue entry
	ringing int       // offers that stand: of ring_all, several
	served  bool      // a seat has answered: later flow steps are the survey
	ours    bool      // a phone of ours called: it is in no figure of a queue's service
}

// apply folds one event of one call into the figures.
func (m *metrics) apply(t *tally, e call.Envelope) {
	switch ev := e.Event.(type) {
	case call.Entered:
		t.ours = ev.Direction != call.Inbound
	case call.Connected: // after a transfer, too
		m.move(t, stageTalking)
	case call.Accepted:
		m.move(t, stageIVR)
	case call.NodeEntered:
		if !ev.Waiting && !ev.Verifying {
			m.move(t, flowStage(t.served))
		}
	case call.Queued:
		t.queue = ev.Queue
		if t.entry.IsZero() {
			t.entry = e.At
		}
		m.move(t, stageWaiting)
	case call.CallbackTaken: // he hears our thanks, and has not abandoned
		m.move(t, stageIVR)
	case call.Offered:
		t.ringing++
		m.move(t, stageOffered)
	case call.OfferEnded:
		m.offerEnded(t, e.At, ev)
	case call.SeatLeft:
		m.move(t, stageSurvey)
	case call.DialEnded:
		m.dials.WithLabelValues(ev.Trunk, ev.Result.String()).Inc()
		if ev.Result == call.DialAnswered && !ev.Aside {
			m.move(t, stageTalking)
		}
	case call.OutsideLeft:
		m.move(t, stageIVR)
	case call.Ended:
		waiting := t.stage == stageWaiting || t.stage == stageOffered
		if waiting && !t.served && !t.ours && !ev.Interrupted { // as the record and the queue's figures have it
			m.abandoned.WithLabelValues(t.queue).Inc()
		}
		m.move(t, stageNone)
	}
}

func flowStage(served bool) stage {
	if served {
		return stageSurvey
	}
	return stageIVR
}

func (m *metrics) offerEnded(t *tally, at time.Time, ev call.OfferEnded) {
	m.offers.WithLabelValues(ev.Queue, ev.Result.String()).Inc()
	t.ringing--
	if ev.Result != call.OfferAnswered {
		if t.stage == stageOffered && t.ringing == 0 {
			m.move(t, stageWaiting)
		}
		return
	}
	m.move(t, stageTalking)
	if t.served {
		return
	}
	t.served = true
	if t.entry.IsZero() || t.ours {
		return // a callback, for which nobody waited on the line; or one of us
	}
	waited := at.Sub(t.entry)
	m.answered.WithLabelValues(ev.Queue).Inc()
	m.wait.WithLabelValues(ev.Queue).Observe(waited.Seconds())
	if waited <= m.targets(ev.Queue) {
		m.within.WithLabelValues(ev.Queue).Inc()
	}
}

func (m *metrics) move(t *tally, to stage) {
	if t.stage == to {
		return
	}
	if t.stage != stageNone {
		m.active.WithLabelValues(string(t.stage)).Dec()
	}
	if to != stageNone {
		m.active.WithLabelValues(string(to)).Inc()
	}
	t.stage = to
}

// floorCollector shows routing's view at scrape time: who waits, what seats do.
type floorCollector struct {
	view    func() *acd.View
	waiting *prometheus.Desc
	seats   *prometheus.Desc
	steps   *prometheus.Desc
	backs   *prometheus.Desc
}

func newFloorCollector(view func() *acd.View) *floorCollector {
	return &floorCollector{
		view:    view,
		waiting: prometheus.NewDesc("hotline_queue_waiting", "Live callers in the queue, not yet answered.", []string{"queue"}, nil),
		seats:   prometheus.NewDesc("hotline_seats", "Seats by group and state.", []string{"group", "state"}, nil),
		steps:   prometheus.NewDesc("hotline_plan_step_active", "1 while the emergency plan's step is in force.", []string{"plan", "step"}, nil),
		backs:   prometheus.NewDesc("hotline_callbacks", "Callbacks that are not over, by state; held: something keeps them from being offered.", []string{"queue", "state"}, nil),
	}
}

// Describe names what Collect gives.
func (c *floorCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.waiting
	ch <- c.seats
	ch <- c.steps
	ch <- c.backs
}

// Collect counts from one view, so that the figures agree with each other.
func (c *floorCollector) Collect(ch chan<- prometheus.Metric) {
	v := c.view()
	for i := range v.Plans {
		for _, s := range v.Plans[i].Steps {
			on := 0.0
			if s.Active {
				on = 1
			}
			ch <- prometheus.MustNewConstMetric(c.steps, prometheus.GaugeValue, on, v.Plans[i].Name, s.Name)
		}
	}
	c.callbacks(ch, v)
	for _, q := range v.Queues {
		ch <- prometheus.MustNewConstMetric(c.waiting, prometheus.GaugeValue, float64(len(q.Waiting)), q.Name)
	}
	type key struct {
		group string
		state call.SeatState
	}
	counts := map[key]int{}
	for _, s := range v.Seats {
		counts[key{s.Group, s.State}]++
		for _, st := range call.SeatStates() {
			counts[key{s.Group, st}] += 0
		}
	}
	for k, n := range counts {
		ch <- prometheus.MustNewConstMetric(c.seats, prometheus.GaugeValue, float64(n), k.group, k.state.String())
	}
}

// heldBack is the state, for the figures, of a callback that waits and may not be offered now.
const heldBack = "held"

// callbacks counts those that are not over.
func (c *floorCollector) callbacks(ch chan<- prometheus.Metric, v *acd.View) {
	type key struct{ queue, state string }
	counts := map[key]int{}
	for _, q := range v.Queues {
		counts[key{q.Name, heldBack}] = 0
		for _, s := range call.CallbackStates() {
			if !s.Over() {
				counts[key{q.Name, s.String()}] = 0
			}
		}
	}
	for i := range v.Callbacks {
		b := &v.Callbacks[i]
		state := b.State.String()
		if b.Hold != acd.HoldNothing {
			state = heldBack
		}
		counts[key{b.Queue, state}]++
	}
	for k, n := range counts {
		ch <- prometheus.MustNewConstMetric(c.backs, prometheus.GaugeValue, float64(n), k.queue, k.state)
	}
}
