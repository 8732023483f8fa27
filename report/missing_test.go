package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestMissingRecordings(t *testing.T) {
	start := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	at := func(s float64) call.Stamp { return call.StampOf(start.Add(time.Duration(s * float64(time.Second)))) }
	seat := func(id call.SeatID, queue string, from, to float64) call.Segment {
		return call.Segment{Kind: call.SegmentSeat, Seat: id, Queue: queue, Start: at(from), End: at(to)}
	}
	talk := []call.Segment{seat("1001", "general", 10, 70)}
	whole := []call.RecordRecording{{ID: "R", Seconds: 60}}
	for _, c := range []struct {
		name   string
		record call.Record
		words  string
	}{
		{"recorded", call.Record{AnsweredAt: at(10), EndedAt: at(70), Segments: talk, Recordings: whole}, ""},
		{"never answered", call.Record{EndedAt: at(70)}, ""},
		{"goes on", call.Record{AnsweredAt: at(10), Segments: talk}, ""},
		{"none", call.Record{AnsweredAt: at(10), EndedAt: at(70), Segments: talk}, "there is no recording"},
		{"not wanted", call.Record{AnsweredAt: at(10), EndedAt: at(70), Segments: talk, Unrecorded: []call.SeatID{"1001"}}, ""},
		{"no queue", call.Record{AnsweredAt: at(10), EndedAt: at(70), Segments: []call.Segment{seat("1001", "", 10, 70)}}, ""},
		{"a message is no recording", call.Record{AnsweredAt: at(10), EndedAt: at(70), Segments: talk, Recordings: []call.RecordRecording{{Mailbox: "general", Seconds: 60}}}, "there is no recording"},
		{"short", call.Record{AnsweredAt: at(10), EndedAt: at(70), Segments: talk, Recordings: []call.RecordRecording{{Seconds: 20, Failed: "disk full"}}}, "recorded are 20.0 s of 60.0 s: disk full"},
		{"a little short", call.Record{AnsweredAt: at(10), EndedAt: at(70), Segments: talk, Recordings: []call.RecordRecording{{Seconds: 54.5}}}, ""},
		{"short talk", call.Record{AnsweredAt: at(10), EndedAt: at(70), Segments: []call.Segment{seat("1001", "general", 10, 11)}, Recordings: []call.RecordRecording{{Seconds: .2}}}, ""},
		{"second seat missing", call.Record{
			AnsweredAt: at(10), EndedAt: at(130), Recordings: whole, Unrecorded: []call.SeatID{"1001"},
			Segments: []call.Segment{seat("1001", "general", 0, 10), seat("1001", "general", 10, 70), seat("1002", "general", 70, 130)},
		}, "recorded are 60.0 s of 120.0 s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m Missing
			c.record.ID, c.record.StartedAt = "C1", at(0)
			m.Add(&c.record)
			if c.words == "" {
				require.Empty(t, m.Calls)
				return
			}
			require.Len(t, m.Calls, 1)
			require.Equal(t, c.words, m.Calls[0].Words)
			require.Contains(t, string(new(m.Table(time.UTC)).Text()), c.words)
		})
	}
}
