package app

import (
	"context"
	"slices"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/web"
)

// callJournal writes one call's events and then shows them to whoever counts
// and watches. Its call's actor owns it.
type callJournal struct {
	app   *App
	tally tally
	fold  *call.Folder
	trunk string
	seats []call.SeatID // whose business the call is: they have it, had it, are rung with it, or supervise it
}

func newCallJournal(app *App) *callJournal {
	return &callJournal{app: app, fold: call.NewFolder(call.DefaultShortAbandon)}
}

// Append returns when the events are written. They are counted and shown once,
// after that.
func (j *callJournal) Append(es ...call.Envelope) error {
	if err := j.app.store.Append(es...); err != nil {
		return err
	}
	for _, e := range es {
		if ev, ok := e.Event.(call.Entered); ok {
			j.trunk = ev.Trunk
			j.app.visits.entered(ev.Caller.Number)
		}
		was := j.fold.Ended()
		if err := j.fold.Apply(e); err != nil {
			j.app.log.Error("a call's event does not follow the one before", zap.Error(err))
		}
		if !was && j.fold.Ended() {
			rec := j.fold.Record()
			j.app.book.ended(rec)
			j.app.visits.ended(rec)
			j.app.metrics.calls.WithLabelValues(j.trunk, rec.Outcome.String()).Inc()
		}
		j.app.metrics.apply(&j.tally, e)
		j.app.flows.apply(e)
		j.app.bells.apply(e)
		if _, left := e.Event.(call.VoicemailLeft); left {
			j.app.mail.apply(e, j.fold.Record())
		}
		if ev, ok := e.Event.(call.RecordingEnded); ok {
			j.app.archive.Ended(ev.Facts)
		}
		if ev, ok := e.Event.(call.SupervisorJoined); ok {
			j.audited(e, ev)
		}
		j.comes(e.Event)
		j.app.floor.apply(e, j.seats)
		j.goes(e.Event)
	}
	return nil
}

// audited notes that a supervisor is in the call: whatever brought him there, the API or an agent whom he follows.
func (j *callJournal) audited(e call.Envelope, ev call.SupervisorJoined) {
	backends{j.app}.Audit(context.Background(), web.AuditEntry{
		At: e.At, User: string(ev.Seat), Action: "call.join", Object: string(e.Call), Detail: ev.Mode.String() + " of " + string(ev.Of),
	})
}

// comes adds a seat that is rung: by routing, by somebody in the call, or as a supervisor.
func (j *callJournal) comes(e call.Event) {
	switch ev := e.(type) {
	case call.Offered:
		j.seats = append(j.seats, ev.Seat)
	case call.SeatCalled:
		if ev.Seat != "" {
			j.seats = append(j.seats, ev.Seat)
		}
	}
}

// goes takes back a seat that has not picked up, and a supervisor who has left.
func (j *callJournal) goes(e call.Event) {
	switch ev := e.(type) {
	case call.OfferEnded:
		if ev.Result != call.OfferAnswered {
			j.lost(ev.Seat)
		}
	case call.SeatCallEnded:
		if ev.Result != call.OfferAnswered {
			j.lost(ev.Seat)
		}
	case call.SupervisorLeft:
		j.lost(ev.Seat)
	}
}

// lost takes back that a seat was rung with the call. The slice is a new one:
// live events that were shown hold the old.
func (j *callJournal) lost(seat call.SeatID) {
	for i := len(j.seats) - 1; i >= 0; i-- {
		if j.seats[i] == seat {
			j.seats = slices.Concat(j.seats[:i], j.seats[i+1:])
			return
		}
	}
}
