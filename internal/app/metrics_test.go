package app

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

func fed(t *testing.T, events ...call.Event) *metrics {
	t.Helper()
	m := newMetrics(prometheus.NewRegistry(), "v", func(string) time.Duration { return 3 * time.Second })
	at := time.Unix(1_700_000_000, 0)
	var tl tally
	for _, ev := range events {
		m.apply(&tl, call.Envelope{At: at, Event: ev})
		at = at.Add(time.Second)
	}
	return m
}

func stages(m *metrics) map[string]float64 {
	out := map[string]float64{}
	for _, s := range callStages {
		if v := testutil.ToFloat64(m.active.WithLabelValues(string(s))); v != 0 {
			out[string(s)] = v
		}
	}
	return out
}

func TestACallIsCountedInOneStageAtATime(t *testing.T) {
	events := []call.Event{
		call.Accepted{},
		call.NodeEntered{},
		call.Queued{Queue: "q"},
		call.Offered{Seat: "1"},
		call.OfferEnded{Queue: "q", Result: call.OfferNoAnswer},
		call.Offered{Seat: "2"},
		call.OfferEnded{Queue: "q", Result: call.OfferAnswered},
		call.SeatLeft{},
		call.NodeEntered{},
		call.Ended{},
	}
	want := []string{"ivr", "ivr", "waiting", "offered", "waiting", "offered", "talking", "survey", "survey", ""}
	for i := range events {
		expect := map[string]float64{}
		if want[i] != "" {
			expect[want[i]] = 1
		}
		require.Equal(t, expect, stages(fed(t, events[:i+1]...)), "after %s", events[i].Kind())
	}
}

func TestQueueFigures(t *testing.T) {
	m := fed(t, call.Accepted{}, call.Queued{Queue: "q"}, call.Offered{}, call.OfferEnded{Queue: "q", Result: call.OfferAnswered}, call.Ended{})
	require.Equal(t, 1.0, testutil.ToFloat64(m.answered.WithLabelValues("q")))
	require.Equal(t, 1.0, testutil.ToFloat64(m.within.WithLabelValues("q")))
	require.Equal(t, 0.0, testutil.ToFloat64(m.abandoned.WithLabelValues("q")))
	require.Equal(t, 1.0, testutil.ToFloat64(m.offers.WithLabelValues("q", "answered")))

	m = fed(t, call.Queued{Queue: "q"}, call.Queued{Queue: "z"}, call.Offered{}, call.Ended{})
	require.Equal(t, 0.0, testutil.ToFloat64(m.abandoned.WithLabelValues("q")))
	require.Equal(t, 1.0, testutil.ToFloat64(m.abandoned.WithLabelValues("z")), "in the queue he left")

	m = fed(t, call.Queued{Queue: "q"}, call.Ended{Interrupted: true})
	require.Equal(t, 0.0, testutil.ToFloat64(m.abandoned.WithLabelValues("q")), "the node stopped, he did not leave")
	m = fed(t, call.Queued{Queue: "q"}, call.Offered{}, call.OfferEnded{Queue: "q", Result: call.OfferAnswered}, call.SeatLeft{},
		call.Queued{Queue: "q"}, call.Ended{})
	require.Equal(t, 0.0, testutil.ToFloat64(m.abandoned.WithLabelValues("q")), "a call that was answered is not abandoned as well")

	m = fed(t, call.Queued{Queue: "q"}, call.Accepted{}, call.Accepted{}, call.Accepted{}, call.OfferEnded{Queue: "q", Result: call.OfferAnswered},
		call.SeatLeft{}, call.Queued{Queue: "q"}, call.OfferEnded{Queue: "q", Result: call.OfferAnswered})
	require.Equal(t, 0.0, testutil.ToFloat64(m.within.WithLabelValues("q")), "four seconds are over the target")
	require.Equal(t, 1.0, testutil.ToFloat64(m.answered.WithLabelValues("q")), "a call is answered once")
}
