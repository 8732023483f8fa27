package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/web"
)

// soakRecorded holds recorded calls up for a while, sound passing both ways, and
// demands that the node lost nothing of it: not on the wire, not in a file, and
// not a port when all is over. At most the share late of the packets may have come too late for the files: beside
// other tests the phones themselves are held up.
func soakRecorded(t testing.TB, calls int, stretch time.Duration, late float64) {
	t.Helper()
	r := rise(t, calls, stretch, true)
	r.sound.begin()
	<-time.After(stretch)
	require.Equal(t, float64(calls), r.Metric("hotline_calls_active", `stage="talking"`), "all calls are up to the end")
	facts := r.sound.finish()
	tally := r.callers.done(r.hold)
	t.Logf("%d recorded calls for %v: %d packets sent, %d lost, there and back %.1f / %.1f ms; %s",
		calls, stretch, facts.sent, facts.lost, ms(facts.p50), ms(facts.p99), tally)
	require.Equal(t, calls, facts.streams)
	require.InDelta(t, float64(calls)*stretch.Seconds()*50, facts.sent, float64(calls)*50)
	require.Zero(t, facts.lost, "what a caller sends passes the node, is sent back by the agent and passes it again")
	require.Zero(t, tally.failed)

	r.settle()
	r.WaitMetric(0, "hotline_rtp_ports_leased")
	r.WaitMetric(0, "hotline_rtp_streams")
	r.WaitMetric(float64(calls), "hotline_recordings_total", `result="complete"`)
	records := r.AllCalls()
	for i := range records {
		for _, q := range records[i].Quality {
			if q.Received.Lost > 0 {
				t.Logf("call %s, %s: %d packets did not come; %+v", records[i].ID, q.Party, q.Received.Lost, q)
			}
		}
	}
	recordings := make([][]web.Recording, len(records))
	for i := range records {
		recordings[i] = r.recordingsOf(&records[i])
	}
	for _, name := range []string{
		"hotline_rtp_lost_total", "hotline_rtp_unsent_total",
		"hotline_recording_overruns_total", "hotline_recording_write_errors_total", "hotline_journal_failures_total",
	} {
		require.Zero(t, r.Metric(name), name)
	}
	most := late * float64(facts.sent)
	require.LessOrEqual(t, r.Metric("hotline_recording_late_packets_total"), most)
	require.Len(t, records, calls)
	for i := range records {
		r.recordedWhole(&records[i], recordings[i], stretch, most)
	}
	r.phones.Kill()
	r.Kill()
}

// recordingsOf reads a call's recordings, and logs what they lack, and where they were moved.
func (r *raised) recordingsOf(c *call.Record) []web.Recording {
	all := make([]web.Recording, len(c.Recordings))
	for i := range all {
		facts := &all[i]
		r.Do("GET", "/api/v1/recordings/"+string(c.Recordings[i].ID), nil, 200, facts)
		for _, side := range []web.Track{facts.Left, facts.Right} {
			if side.Lost+side.Late+side.Overrun > 0 || len(side.Corrections) > 0 {
				r.t.Logf("call %s, recording %s of %.1f s: %+v", c.ID, facts.ID, facts.Seconds, side)
			}
		}
	}
	return all
}

// recordedWhole demands a recording of a call that lacks nothing but what came late.
func (r *raised) recordedWhole(c *call.Record, all []web.Recording, stretch time.Duration, late float64) {
	r.t.Helper()
	require.Equal(r.t, call.OutcomeAnswered, c.Outcome)
	require.Len(r.t, all, 1)
	facts := &all[0]
	require.True(r.t, facts.Complete)
	require.Greater(r.t, facts.Seconds, stretch.Seconds())
	for _, side := range []web.Track{facts.Left, facts.Right} {
		require.Zero(r.t, side.Lost+side.Overrun, "%s: %+v", facts.ID, side)
		require.LessOrEqual(r.t, float64(side.Late), late)
		require.Greater(r.t, float64(side.Packets), stretch.Seconds()*49)
	}
}
