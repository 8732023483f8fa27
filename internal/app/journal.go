package app

import (
	"go.uber.org/zap"

	"hotline/call"
)

// callJournal writes one call's events and then shows them to whoever counts
// and watches. Its call's actor owns it.
type callJournal struct {
	app   *App
	tally tally
	fold  *call.Folder
	trunk string
	seats []call.SeatID // offered the call: whose business it is
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
		}
		if err := j.fold.Apply(e); err != nil {
			j.app.log.Error("a call's event does not follow the one before", zap.Error(err))
		}
		j.app.metrics.apply(&j.tally, e)
		if ev, ok := e.Event.(call.Offered); ok {
			j.seats = append(j.seats, ev.Seat)
		}
		j.app.floor.apply(e, j.seats)
	}
	return nil
}

// archived counts the call by its outcome, when its actor has let go of it.
func (j *callJournal) archived() {
	rec := j.fold.Record()
	j.app.metrics.calls.WithLabelValues(j.trunk, rec.Outcome.String()).Inc()
}
