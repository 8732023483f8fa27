package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func ids(records []call.Record) (list []string) {
	for _, r := range records {
		list = append(list, string(r.ID))
	}
	return list
}

// fill makes calls A to J, a minute apart; the even ones have ended and are
// stored, the odd ones go on.
func fill(t *testing.T, s *Store) {
	t.Helper()
	for i := range 10 {
		id := call.ID(rune('A' + i))
		events := answered(id, noon.Add(time.Duration(i)*time.Minute), fmt.Sprintf("13%d", i%3), []string{"bills", "faults"}[i%2], call.SeatID(fmt.Sprint(1001+i%4)))
		if i%2 == 1 {
			events = events[:12]
		}
		require.NoError(t, s.Append(events...))
	}
	flush(t, s)
}

func TestCallsAreFoundLiveAndStored(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s)
	check := func() {
		t.Helper()
		for name, c := range map[string]struct {
			filter CallFilter
			want   []string
		}{
			"all":               {CallFilter{}, []string{"J", "I", "H", "G", "F", "E", "D", "C", "B", "A"}},
			"caller":            {CallFilter{Caller: "130"}, []string{"J", "G", "D", "A"}},
			"called":            {CallFilter{Called: "10086", Limit: 10}, []string{"J", "I", "H", "G", "F", "E", "D", "C", "B", "A"}},
			"nobody":            {CallFilter{Caller: "139"}, nil},
			"queue":             {CallFilter{Queue: "bills"}, []string{"I", "G", "E", "C", "A"}},
			"agent":             {CallFilter{Agent: "1002"}, []string{"J", "F", "B"}},
			"caller and agent":  {CallFilter{Caller: "130", Agent: "1003"}, []string{"G"}},
			"caller and queue":  {CallFilter{Caller: "130", Queue: "faults"}, []string{"J", "D"}},
			"outcome":           {CallFilter{Outcome: call.OutcomeAnswered}, []string{"I", "G", "E", "C", "A"}},
			"from":              {CallFilter{From: noon.Add(7 * time.Minute)}, []string{"J", "I", "H"}},
			"to, not including": {CallFilter{To: noon.Add(2 * time.Minute)}, []string{"B", "A"}},
			"span and caller":   {CallFilter{From: noon.Add(time.Minute), To: noon.Add(9 * time.Minute), Caller: "130"}, []string{"G", "D"}},
		} {
			records, next, err := s.Calls(t.Context(), c.filter)
			require.NoError(t, err, name)
			require.Empty(t, next, name)
			require.Equal(t, c.want, ids(records), name)
		}
	}
	check()
	require.NoError(t, s.Close())
	s = open(t, dir)
	require.Len(t, s.Recovered().Calls, 5)
	check()
}

func TestPagesFollowOneAnother(t *testing.T) {
	s := open(t, t.TempDir())
	fill(t, s)
	for _, filter := range []CallFilter{{}, {Called: "10086"}} {
		for limit := 1; limit <= 10; limit++ {
			filter.Limit, filter.Cursor = limit, ""
			var all []string
			for {
				records, next, err := s.Calls(t.Context(), filter)
				require.NoError(t, err)
				require.LessOrEqual(t, len(records), limit)
				all = append(all, ids(records)...)
				if filter.Cursor = next; next == "" {
					break
				}
			}
			require.Equal(t, []string{"J", "I", "H", "G", "F", "E", "D", "C", "B", "A"}, all)
		}
	}
	// A new call does not move a page.
	records, next, err := s.Calls(t.Context(), CallFilter{Limit: 3})
	require.NoError(t, err)
	require.Equal(t, []string{"J", "I", "H"}, ids(records))
	require.NoError(t, s.Append(script("NEW", noon.Add(time.Hour), entered("1"))...))
	records, _, err = s.Calls(t.Context(), CallFilter{Limit: 2, Cursor: next})
	require.NoError(t, err)
	require.Equal(t, []string{"G", "F"}, ids(records))

	for _, bad := range []string{"x", "12", "12-", "-A"} {
		_, _, err := s.Calls(t.Context(), CallFilter{Cursor: bad})
		require.Equal(t, call.CodeInvalid, call.CodeOf(err), bad)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := open(t, t.TempDir())
	_, _, err := s.Call(t.Context(), "nobody")
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
	_, err = s.Recording(t.Context(), "nothing")
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
}

func TestReplayBringsEveryEventOnce(t *testing.T) {
	s := open(t, t.TempDir())
	fill(t, s)
	replay := func(from time.Time) map[call.ID]int {
		count := map[call.ID]int{}
		require.NoError(t, s.Replay(t.Context(), from, func(e call.Envelope) error {
			count[e.Call]++
			require.EqualValues(t, count[e.Call], e.Seq, "in order")
			return nil
		}))
		return count
	}
	all := replay(noon)
	require.Len(t, all, 10)
	require.Equal(t, 17, all["A"])
	require.Equal(t, 12, all["B"])
	require.Len(t, replay(noon.Add(8*time.Minute)), 2)
}

func TestLogsAndVoicemails(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 5 {
		require.NoError(t, s.AppendSeat(SeatLogEntry{
			Agent: call.SeatID([]string{"1001", "1002"}[i%2]), At: call.StampOf(noon.Add(time.Duration(i) * time.Minute)),
			From: call.SeatReady, To: call.SeatBreak, Reason: fmt.Sprint(i), Minutes: i,
		}))
		require.NoError(t, s.Audit(AuditEntry{At: call.StampOf(noon), Actor: "admin", Action: "recording.play", Object: fmt.Sprint(i)}))
		id := call.RecordingID(fmt.Sprint("V", i))
		require.NoError(t, s.Append(script(call.ID(fmt.Sprint("C", i)), noon, entered("138"), call.RecordingBegan{Recording: id, Mailbox: "general"},
			call.VoicemailLeft{Mailbox: "general", Recording: id, Length: 1500 * time.Millisecond}, call.RecordingEnded{Recording: id}, call.Ended{By: call.PartyCaller})...))
	}
	flush(t, s)
	seats, next, err := s.SeatLog(t.Context(), LogFilter{Agent: "1001", Limit: 2})
	require.NoError(t, err)
	require.Equal(t, []string{"4", "2"}, []string{seats[0].Reason, seats[1].Reason})
	require.Equal(t, call.SeatBreak, seats[0].To)
	seats, next, err = s.SeatLog(t.Context(), LogFilter{Agent: "1001", Limit: 2, Cursor: next})
	require.NoError(t, err)
	require.Empty(t, next)
	require.Equal(t, "0", seats[0].Reason)
	seats, _, err = s.SeatLog(t.Context(), LogFilter{From: noon.Add(time.Minute), To: noon.Add(3 * time.Minute)})
	require.NoError(t, err)
	require.Len(t, seats, 2)
	audits, _, err := s.AuditLog(t.Context(), LogFilter{Actor: "admin"})
	require.NoError(t, err)
	require.Len(t, audits, 5)
	require.Equal(t, "4", audits[0].Object)
	_, _, err = s.AuditLog(t.Context(), LogFilter{Cursor: "x"})
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))

	var all []call.RecordingID
	filter := LogFilter{Mailbox: "general", Limit: 2}
	for {
		list, next, err := s.Voicemails(t.Context(), filter)
		require.NoError(t, err)
		for _, v := range list {
			all = append(all, v.Recording)
			require.InDelta(t, 1.5, v.Seconds, 1e-9)
			require.Equal(t, "138", v.Caller)
		}
		if filter.Cursor = next; next == "" {
			break
		}
	}
	require.Equal(t, []call.RecordingID{"V4", "V3", "V2", "V1", "V0"}, all, "five at the same instant, over three pages")
	_, _, err = s.Voicemails(t.Context(), LogFilter{Cursor: "x"})
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
}
