package app

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/store"
	"hotline/web"
)

func TestMailroom(t *testing.T) {
	st, err := store.Open(store.Options{Dir: t.TempDir(), Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	m := newMailroom(st, zap.NewNop())
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	left := func(id, box string, at time.Time) {
		m.apply(call.Envelope{Call: "c", At: at, Event: call.VoicemailLeft{Mailbox: box, Recording: call.RecordingID(id), Length: time.Second}}, call.Record{Caller: "138"})
	}
	left("r1", "general", now)
	left("r2", "general", now.Add(time.Minute))
	left("r3", "1001", now)
	m.apply(call.Envelope{Event: call.Accepted{}}, call.Record{})
	require.Equal(t, map[string]int{"general": 2, "1001": 1}, m.waiting())
	_, err = m.change("1001", "r1", nil)
	require.Equal(t, call.CodeNotFound, call.CodeOf(err), "another's")
	one, err := m.change("general", "r1", func(x *message) { x.HeardBy = "1001" })
	require.NoError(t, err)
	require.True(t, one.row().Heard)
	require.Equal(t, map[string]int{"general": 1, "1001": 1}, m.waiting())
	m.drop("r3")
	require.Equal(t, map[string]int{"general": 1}, m.waiting())
}

func TestFlowWatch(t *testing.T) {
	w := newFlowWatch(func() *time.Location { return time.UTC })
	enter := func(id call.ID, node string) {
		w.apply(call.Envelope{Call: id, Event: call.NodeEntered{Flow: "f", Node: node}})
	}
	enter("c1", "a")
	enter("c2", "a")
	enter("c1", "b")
	enter("c1", "a")
	require.Equal(t, map[flowNode]int{{"f", "a"}: 2}, w.present)
	require.Equal(t, map[flowNode]int{{"f", "a"}: 3, {"f", "b"}: 1}, w.entered)
	require.Equal(t, map[flowEdge]int{{flowNode{"f", "a"}, flowNode{"f", "b"}}: 1, {flowNode{"f", "b"}, flowNode{"f", "a"}}: 1}, w.taken)
	w.apply(call.Envelope{Call: "c1", Event: call.Ended{}})
	w.apply(call.Envelope{Call: "c1", Event: call.Ended{}})
	w.apply(call.Envelope{Call: "c2", Event: call.Ended{}})
	require.Empty(t, w.present)
	require.Empty(t, w.where)
}

func TestFlowWatchSeesWhatWaitingCallersHear(t *testing.T) {
	w := newFlowWatch(func() *time.Location { return time.UTC })
	happens := func(events ...call.Event) {
		for _, ev := range events {
			w.apply(call.Envelope{Call: "c", Event: ev})
		}
	}
	enter := func(flow, node string, waiting bool) call.Event {
		return call.NodeEntered{Flow: flow, Node: node, Waiting: waiting}
	}
	happens(enter("main", "queue", false), call.Queued{}, enter("wait", "music", true), enter("wait", "say", true))
	require.Equal(t, map[flowNode]int{{"main", "queue"}: 1, {"wait", "say"}: 1}, w.present, "he stands in the queue, and hears something")
	happens(call.OfferEnded{Result: call.OfferAnswered}, enter("main", "rate", false))
	require.Equal(t, map[flowNode]int{{"main", "rate"}: 1}, w.present)
	require.Equal(t, map[flowEdge]int{
		{flowNode{"wait", "music"}, flowNode{"wait", "say"}}:  1,
		{flowNode{"main", "queue"}, flowNode{"main", "rate"}}: 1,
	}, w.taken)
	happens(enter("main", "queue", false), call.Queued{}, enter("wait", "music", true), call.LeftQueue{Rule: "choice"}, enter("wait", "leave", false))
	require.Equal(t, map[flowNode]int{{"wait", "leave"}: 1}, w.present)
	require.Equal(t, 1, w.taken[flowEdge{flowNode{"wait", "music"}, flowNode{"wait", "leave"}}], "he goes on where he heard it")
	happens(call.Ended{})
	require.Empty(t, w.present)
	require.Empty(t, w.where)
	require.Empty(t, w.heard)
}

func announcement(name, prompt string, numbers, queues []string, until time.Time) web.Announcement {
	return web.Announcement{Name: name, Prompt: prompt, Numbers: numbers, Queues: queues, Until: call.StampOf(until)}
}

func TestBulletins(t *testing.T) {
	st, err := store.Open(store.Options{Dir: t.TempDir(), Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	b := newBulletins(st, zap.NewNop())
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	b.now = func() time.Time { return now }
	require.Empty(t, b.prompts("10000", ""))
	require.NoError(t, b.put(announcement("b", "storm", []string{"10000"}, []string{"general"}, now.Add(time.Hour))))
	require.NoError(t, b.put(announcement("a", "outage", []string{"*"}, nil, time.Time{})))
	require.Equal(t, []string{"outage", "storm"}, b.prompts("10000", ""), "by name")
	require.Equal(t, []string{"outage"}, b.prompts("10001", ""))
	require.Equal(t, []string{"storm"}, b.prompts("10001", "general"))
	now = now.Add(time.Hour)
	require.Equal(t, []string{"outage"}, b.prompts("10000", ""), "its time is over")
	require.True(t, b.drop("a"))
	require.False(t, b.drop("a"))
	require.Empty(t, b.prompts("10000", ""))
}

func TestTicketNumbers(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(store.Options{Dir: dir, Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	s := newTicketSerial(st, zap.NewNop())
	next := func(at time.Time) string {
		number, err := s.next(at)
		require.NoError(t, err)
		return number
	}
	november := time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)
	require.Equal(t, "2026-11-0001", next(november))
	require.Equal(t, "2026-11-0002", next(november))
	require.Equal(t, "2026-12-0001", next(november.Add(2*time.Hour)))
	require.Equal(t, "2026-12-0002", next(november), "the clock was set back")
	require.NoError(t, st.Close())
	st, err = store.Open(store.Options{Dir: dir, Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	s = newTicketSerial(st, zap.NewNop())
	require.Equal(t, "2026-12-0003", next(november.Add(3*time.Hour)), "after a restart")
}
