package store

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap/zaptest"

	"hotline/call"
)

func TestMain(m *testing.M) {
	if runAppender() {
		return
	}
	goleak.VerifyTestMain(m)
}

var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

// open opens a store in dir that is closed with the test.
func open(t testing.TB, dir string, change ...func(*Options)) *Store {
	t.Helper()
	o := Options{Dir: dir, Database: "sqlite", Node: "hotline-1"}
	for _, c := range change {
		c(&o)
	}
	s, err := Open(o, zaptest.NewLogger(t), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// script is a call: its events a second apart, numbered from 1.
func script(id call.ID, start time.Time, events ...call.Event) []call.Envelope {
	list := make([]call.Envelope, len(events))
	for i, e := range events {
		list[i] = call.Envelope{Site: "site", Node: "hotline-1", Epoch: 1, Call: id, Seq: uint64(i + 1), At: start.Add(time.Duration(i) * time.Second), Event: e}
	}
	return list
}

func entered(caller string) call.Event {
	return call.Entered{Trunk: "gw", Caller: call.Caller{Number: caller}, Called: "10086", Flow: "main", Revision: 1, Leg: "L1", SIPCallID: "x@gw"}
}

// answered is a whole answered call with a recording.
func answered(id call.ID, start time.Time, caller, queue string, seat call.SeatID) []call.Envelope {
	return script(id, start,
		entered(caller), call.Accepted{}, call.FlowBegan{Flow: "main", HasMenu: true},
		call.NodeEntered{Flow: "main", Node: "menu", Type: "menu", Why: "start of the flow"},
		call.MenuEnded{Node: "menu", Digits: "1"},
		call.NodeEntered{Flow: "main", Node: "q", Type: "queue", Why: "pressed 1"},
		call.Queued{Queue: queue, Entry: start, Priority: 5, Position: 1, Reason: "menu"},
		call.Offered{Offer: "O1", Seat: seat, Phone: string(seat), Group: "general", Queue: queue, Leg: "L2", Deadline: start, Reason: "longest idle"},
		call.Ringing{Offer: "O1", Seat: seat},
		call.OfferEnded{Offer: "O1", Seat: seat, Queue: queue, Result: call.OfferAnswered, Status: 200, Reason: "picked up"},
		call.RecordingBegan{Recording: call.RecordingID("R" + string(id))},
		call.Connected{Seat: seat, Leg: "L2"},
		call.SeatLeft{Seat: seat, Leg: "L2", By: call.PartyCaller, Cause: call.CauseCallerGone},
		call.RecordingEnded{Recording: call.RecordingID("R" + string(id)), Facts: call.RecordingFacts{Length: 3 * time.Second, Path: "x.wav", Started: start}},
		call.Ended{By: call.PartyCaller, Cause: call.CauseNormal},
		call.WrapUpBegan{Seat: seat, Deadline: start},
		call.WrapUpEnded{Seat: seat, Reason: "deadline"},
	)
}

func flush(t testing.TB, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, s.Flush(ctx))
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestACallIsTheSameLiveStoredAndAfterAStart(t *testing.T) {
	dir := t.TempDir()
	events := answered("C1", noon, "138", "general", "1001")
	want, err := call.Fold(events...)
	require.NoError(t, err)
	check := func(s *Store) {
		t.Helper()
		record, stored, err := s.Call(t.Context(), "C1")
		require.NoError(t, err)
		require.Equal(t, want, record)
		require.Equal(t, asJSON(t, events), asJSON(t, stored))
		facts, err := s.Recording(t.Context(), "RC1")
		require.NoError(t, err)
		require.Equal(t, "x.wav", facts.Path)
		require.Equal(t, call.ID("C1"), facts.Call)
	}
	s := open(t, dir)
	require.NoError(t, s.Append(events[:5]...))
	for _, e := range events[5:] {
		require.NoError(t, s.Append(e))
	}
	check(s)
	flush(t, s)
	check(s)
	require.NoError(t, s.Close())

	s = open(t, dir)
	require.Empty(t, s.Recovered().Calls)
	check(s)
	require.EqualValues(t, 2, s.Epoch())
	require.NoError(t, s.db.writer.QueryRow(`SELECT count(*) FROM events WHERE call = 'C1'`).Scan(new(int)))
	var kinds int
	require.NoError(t, s.db.writer.QueryRow(`SELECT count(*) FROM events WHERE call = 'C1' AND kind = 'ended' AND data ->> 'by' = 'caller'`).Scan(&kinds))
	require.Equal(t, 1, kinds)
}

func TestAnOpenCallAndLiveStateAreRecovered(t *testing.T) {
	dir := t.TempDir()
	events := answered("C1", noon, "138", "general", "1001")
	s := open(t, dir)
	require.NoError(t, s.Append(events[:12]...))
	s.Put(KindDialog, "L1", map[string]int{"cseq": 1})
	s.Put(KindDialog, "L1", map[string]int{"cseq": 2})
	s.Put(KindDialog, "L2", map[string]int{"cseq": 7})
	s.Delete(KindDialog, "L2")
	s.Put(KindSeat, "1001", "talking")
	require.NoError(t, s.Close())

	for range 2 { // a second start finds the same: nothing was lost by looking
		s = open(t, dir)
		back := s.Recovered()
		require.Len(t, back.Calls, 1)
		require.EqualValues(t, 12, back.Calls[0].LastSeq)
		require.Equal(t, asJSON(t, events[:12]), asJSON(t, back.Calls[0].Events))
		want, err := call.Fold(events[:12]...)
		require.NoError(t, err)
		require.Equal(t, want, back.Calls[0].Record)
		require.Equal(t, `{"cseq":2}`, string(back.State[KindDialog]["L1"]))
		require.NotContains(t, back.State[KindDialog], "L2")
		require.Equal(t, `"talking"`, string(back.State[KindSeat]["1001"]))
		require.NoError(t, s.Close())
	}
	s = open(t, dir)
	end := call.Envelope{
		Node: "hotline-1", Epoch: s.Epoch(), Call: "C1", Seq: 13, At: noon.Add(time.Minute),
		Event: call.Ended{Cause: call.CauseCrash, Interrupted: true},
	}
	require.NoError(t, s.Append(end))
	flush(t, s)
	record, stored, err := s.Call(t.Context(), "C1")
	require.NoError(t, err)
	require.Equal(t, call.OutcomeInterrupted, record.Outcome)
	require.Len(t, stored, 13)
	require.NoError(t, s.Close())
	require.Empty(t, open(t, dir).Recovered().Calls)
}

func TestWhatDoesNotFollowIsRefused(t *testing.T) {
	s := open(t, t.TempDir())
	events := answered("C1", noon, "138", "general", "1001")
	require.NoError(t, s.Append(events[:3]...))
	require.NoError(t, s.Append(events[1:3]...), "repeats are ignored")
	err := s.Append(events[4])
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	require.ErrorContains(t, err, "event 4 is missing")
	err = s.Append(call.Envelope{Call: "C9", Seq: 4, At: noon, Event: call.Accepted{}})
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
	require.Error(t, s.Append(call.Envelope{Call: "C1", Seq: 4, At: noon}))
	require.NoError(t, s.Append(events[3:]...))
	_, stored, err := s.Call(t.Context(), "C1")
	require.NoError(t, err)
	require.Len(t, stored, len(events))
}

func TestALateDispositionReachesARecordLongStored(t *testing.T) {
	dir := t.TempDir()
	events := answered("C1", noon, "138", "general", "1001")
	s := open(t, dir)
	require.NoError(t, s.Append(events...))
	require.NoError(t, s.Close())

	s = open(t, dir)
	require.False(t, s.live.has("C1"))
	late := call.Envelope{
		Node: "hotline-1", Epoch: s.Epoch(), Call: "C1", Seq: uint64(len(events) + 1), At: noon.Add(time.Hour),
		Event: call.DispositionSet{Seat: "1001", Code: "bill"},
	}
	require.NoError(t, s.Append(late))
	require.NoError(t, s.Append(late))
	flush(t, s)
	require.NoError(t, s.Close())

	s = open(t, dir)
	record, stored, err := s.Call(t.Context(), "C1")
	require.NoError(t, err)
	require.Equal(t, "bill", record.Disposition)
	require.Len(t, stored, len(events)+1)
	_, err = s.Recording(t.Context(), "RC1")
	require.NoError(t, err)
}

func TestOneFolderOneProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := Open(s.o, zaptest.NewLogger(t), prometheus.NewRegistry())
	require.Equal(t, call.CodeConflict, call.CodeOf(err))
	require.ErrorContains(t, err, "in use by another hotline")
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	open(t, dir)
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := Open(Options{Dir: t.TempDir(), Database: "postgres://x"}, zaptest.NewLogger(t), prometheus.NewRegistry())
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	_, err = Open(Options{Dir: "/proc/nowhere", Database: "sqlite"}, zaptest.NewLogger(t), prometheus.NewRegistry())
	require.Error(t, err)
}

func TestAfterCloseNothingIsTaken(t *testing.T) {
	s := open(t, t.TempDir())
	require.NoError(t, s.Close())
	require.Equal(t, call.CodeUnavailable, call.CodeOf(s.Append(answered("C1", noon, "1", "q", "1")...)))
	require.Error(t, s.Audit(AuditEntry{}))
	require.Error(t, s.AppendSeat(SeatLogEntry{}))
	require.Error(t, s.Flush(t.Context()))
	s.Put(KindSeat, "1", 1)
	s.Delete(KindSeat, "1")
}

func TestSegmentsRotateAndOldOnesGo(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, func(o *Options) { o.SegmentBytes = 32 << 10 })
	s.Put(KindBinding, "1001", "sip:1001@127.0.0.1")
	open := answered("OPEN", noon, "138", "general", "1001")
	require.NoError(t, s.Append(open[:7]...))
	for i := range 200 {
		require.NoError(t, s.Append(answered(call.ID(fmt.Sprintf("C%03d", i)), noon.Add(time.Duration(i)*time.Second), "138", "general", "1001")...))
		s.Put(KindSeat, "1001", i)
	}
	flush(t, s)
	require.Greater(t, s.writer.Position().Segment, uint64(5))
	require.Eventually(t, func() bool {
		require.NoError(t, s.AppendSeat(SeatLogEntry{Agent: "1001", At: call.StampOf(noon)}))
		flush(t, s)
		names, err := s.o.files.List(s.journalDir())
		require.NoError(t, err)
		return len(names) == 1
	}, 10*time.Second, 20*time.Millisecond)
	require.NoError(t, s.Close())

	s = openAgain(t, dir)
	require.Len(t, s.Recovered().Calls, 1)
	require.EqualValues(t, 7, s.Recovered().Calls[0].LastSeq)
	require.Equal(t, "199", string(s.Recovered().State[KindSeat]["1001"]))
	require.Equal(t, `"sip:1001@127.0.0.1"`, string(s.Recovered().State[KindBinding]["1001"]))
	var n int
	require.NoError(t, s.db.writer.QueryRow(`SELECT count(*) FROM calls`).Scan(&n))
	require.Equal(t, 200, n)
	require.NoError(t, s.db.writer.QueryRow(`SELECT count(*) FROM events`).Scan(&n))
	require.Equal(t, 200*17, n)
}

func openAgain(t *testing.T, dir string) *Store { return open(t, dir) }
