package report

import (
	"fmt"
	"time"

	"hotline/call"
)

// Missing lists answered calls that should have been recorded and were not, or not
// whole (漏录). A seat whose part the site has not recorded is left out; so are parts
// that no queue led to.
type Missing struct{ Calls []MissingCall }

// MissingCall is one of them.
type MissingCall struct {
	Call    call.ID
	Started time.Time
	Queue   string
	Seat    call.SeatID // the first whose part is missing
	Words   string
}

// What a recording may be shorter than the talk it is of: the net's delay, a first
// packet that came late.
const (
	shortBy    = 2 * time.Second
	shortShare = 0.9
)

// Add takes the record of a call that has ended.
func (m *Missing) Add(r *call.Record) {
	seat, due := dueOf(r)
	if seat == "" {
		return
	}
	var made float64
	words := "there is no recording"
	for _, one := range r.Recordings {
		if one.Mailbox != "" {
			continue
		}
		made += one.Seconds
		words = fmt.Sprintf("recorded are %.1f s of %.1f s", made, due.Seconds())
		if one.Failed != "" {
			words += ": " + one.Failed
		}
	}
	if made > 0 && made >= min(shortShare*due.Seconds(), due.Seconds()-shortBy.Seconds()) {
		return
	}
	m.Calls = append(m.Calls, MissingCall{Call: r.ID, Started: r.StartedAt.Time, Queue: r.Queue, Seat: seat, Words: words})
}

// dueOf is how long a call should have been recorded, and the first seat of which.
// A call that the node's end cut off has no end of its parts to rely on.
func dueOf(r *call.Record) (first call.SeatID, due time.Duration) {
	if r.Live() || r.AnsweredAt.IsZero() {
		return "", 0
	}
	skipped := map[call.SeatID]int{}
	for _, seat := range r.Unrecorded {
		skipped[seat]++
	}
	for i := range r.Segments {
		s := &r.Segments[i]
		if s.Kind != call.SegmentSeat || s.Queue == "" {
			continue
		}
		if skipped[s.Seat] > 0 {
			skipped[s.Seat]--
			continue
		}
		if first == "" {
			first = s.Seat
		}
		due += time.Duration(s.Seconds() * float64(time.Second))
	}
	return first, due
}

// Table is the report `missing_recordings`.
func (m *Missing) Table(zone *time.Location) Table {
	t := Table{
		Name: "missing_recordings", Columns: []string{"started", "call", "queue", "seat", "what"},
		Notes: []string{"answered calls of a queue whose site has them recorded, without a recording or with one that is more than a tenth and 2 s shorter than the talk"},
	}
	for _, c := range m.Calls {
		t.Rows = append(t.Rows, []Value{
			Text(c.Started.In(zone).Format(time.DateTime)), Text(string(c.Call)), Text(c.Queue), Text(string(c.Seat)), Text(c.Words),
		})
	}
	return t
}
