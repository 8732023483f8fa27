package report

import (
	"maps"
	"slices"
	"time"

	"hotline/call"
)

// Outbound adds up the calls to outside numbers that agents made, from their records: by agent.
type Outbound map[call.SeatID]*OutboundFigures

// OutboundFigures are one agent's calls out.
type OutboundFigures struct {
	Dialled   int
	Answered  int
	Busy      int // by what became of the others
	NoAnswer  int
	Declined  int
	Wrong     int
	Failed    int
	Cancelled int
	Talk      float64 // seconds
}

// Add takes the record of a call.
func (o Outbound) Add(r *call.Record) {
	if r.Direction != call.Outbound || r.SurveyCall != "" { // no agent dials for a survey
		return
	}
	f := o[r.Seat]
	if f == nil {
		f = &OutboundFigures{}
		o[r.Seat] = f
	}
	f.Dialled++
	f.Talk += r.TalkSeconds
	switch {
	case !r.AnsweredAt.IsZero():
		f.Answered++
	case r.Cause == nil:
	case *r.Cause == call.CauseBusy:
		f.Busy++
	case *r.Cause == call.CauseNoAnswer:
		f.NoAnswer++
	case *r.Cause == call.CauseDeclined:
		f.Declined++
	case *r.Cause == call.CauseUnknownNumber:
		f.Wrong++
	case r.EndedBy != nil && *r.EndedBy != call.PartySystem:
		f.Cancelled++
	default:
		f.Failed++
	}
}

// ConnectRate is 外呼接通率: answered / dialled; false when nothing was dialled.
func (f *OutboundFigures) ConnectRate() (float64, bool) {
	if f.Dialled == 0 {
		return 0, false
	}
	return float64(f.Answered) / float64(f.Dialled), true
}

// Table is the report `outbound`.
func (o Outbound) Table() Table {
	t := Table{
		Name: "outbound",
		Columns: []string{
			"agent", "dialled", "answered", "connect_rate", "busy", "no_answer", "declined", "wrong_number", "failed", "cancelled", "talk_seconds",
		},
		Notes: []string{"calls to outside numbers that began in the span. connect_rate = answered / dialled. An empty agent is a phone at which nobody was signed in."},
	}
	sum := OutboundFigures{}
	row := func(name string, f *OutboundFigures) {
		t.Rows = append(t.Rows, []Value{
			Text(name), Count(f.Dialled), Count(f.Answered), Share(f.ConnectRate()), Count(f.Busy), Count(f.NoAnswer), Count(f.Declined),
			Count(f.Wrong), Count(f.Failed), Count(f.Cancelled), Seconds(time.Duration(f.Talk*float64(time.Second)), true),
		})
	}
	for _, seat := range slices.Sorted(maps.Keys(o)) {
		f := o[seat]
		row(string(seat), f)
		sum.add(f)
	}
	row("all", &sum)
	return t
}

func (f *OutboundFigures) add(o *OutboundFigures) {
	f.Dialled += o.Dialled
	f.Answered += o.Answered
	f.Busy += o.Busy
	f.NoAnswer += o.NoAnswer
	f.Declined += o.Declined
	f.Wrong += o.Wrong
	f.Failed += o.Failed
	f.Cancelled += o.Cancelled
	f.Talk += o.Talk
}
