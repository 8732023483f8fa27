package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/sip"
	"hotline/store"
)

// seatMemory is what is kept of a seat so that a restart signs nobody out.
type seatMemory struct {
	State   call.SeatState `json:"state"` // asked for: ready, busy or break
	Reason  string         `json:"reason,omitempty"`
	Minutes int            `json:"minutes,omitempty"`
	Phone   string         `json:"phone"`
}

// recoverCalls closes what a crash left open: the records of the calls that
// were live, their recordings, and (after start) their dialogs. A clean start
// finds nothing and does the same.
func (a *App) recoverCalls(found store.Recovered) error {
	for _, open := range found.Calls {
		at := lastFact(open.Events)
		events := a.recoverRecordings(open, &at)
		events = append(events, call.Ended{
			By: call.PartySystem, Cause: call.CauseCrash, Interrupted: true,
			Words: "the node stopped with the call in progress",
		})
		if open.Record.Live() {
			a.log.Warn("closing a call that a crash cut off", zap.String("call", string(open.Record.ID)), zap.Time("last_fact", at))
		} else {
			events = events[:len(events)-1] // the caller had left; only its recordings were open
		}
		if err := a.store.Append(a.sequel(open, at, events)...); err != nil {
			return fmt.Errorf("closing call %s: %w", open.Record.ID, err)
		}
	}
	return nil
}

// lastFact is when the call is last known to have been alive.
func lastFact(events []call.Envelope) time.Time {
	if len(events) == 0 {
		return time.Now()
	}
	return events[len(events)-1].At
}

// recoverRecordings closes the recordings that were being written; what is in
// them moves the last known fact on.
func (a *App) recoverRecordings(open store.OpenCall, at *time.Time) []call.Event {
	pending := map[call.RecordingID]time.Time{}
	began := map[call.RecordingID]call.RecordingBegan{}
	var order []call.RecordingID
	for _, e := range open.Events {
		switch ev := e.Event.(type) {
		case call.RecordingBegan:
			pending[ev.Recording], began[ev.Recording] = e.At, ev
			order = append(order, ev.Recording)
		case call.RecordingEnded:
			delete(pending, ev.Recording)
		}
	}
	var out []call.Event
	for _, id := range order {
		start, ok := pending[id]
		if !ok {
			continue
		}
		ended := call.RecordingEnded{Recording: id, Failed: "the node stopped while recording"}
		facts, err := a.recorder.Recover(id)
		if err != nil {
			a.log.Warn("a recording that a crash cut off could not be read", zap.String("recording", string(id)), zap.Error(err))
			ended.Failed += ": " + err.Error()
		} else {
			facts.Call, facts.Started = open.Record.ID, start
			facts.Queue, facts.Mailbox = began[id].Queue, began[id].Mailbox
			ended.Facts = facts
			if end := start.Add(facts.Length); end.After(*at) {
				*at = end
			}
		}
		out = append(out, ended)
	}
	return out
}

func (a *App) sequel(open store.OpenCall, at time.Time, events []call.Event) []call.Envelope {
	out := make([]call.Envelope, len(events))
	for i, ev := range events {
		out[i] = call.Envelope{
			Node: a.node.Name, Epoch: a.epoch, Call: open.Record.ID,
			Seq: open.LastSeq + uint64(i) + 1, At: at, Event: ev,
		}
	}
	return out
}

// bindingsLeft are the registrations that were in force.
func (a *App) bindingsLeft(found store.Recovered) (bindings []sip.Binding) {
	for key, raw := range found.State[store.KindBinding] {
		var b sip.Binding
		if err := json.Unmarshal(raw, &b); err != nil {
			a.log.Error("a stored registration can't be read", zap.String("key", key), zap.Error(err))
			continue
		}
		bindings = append(bindings, b)
	}
	return bindings
}

// phonesLeft are the phones that can still be rung, so that routing begins with
// the floor as it was. Signalling, which brings the same registrations back, tells of each again.
func (a *App) phonesLeft(found store.Recovered) []string {
	phones := map[string]bool{}
	for _, b := range a.bindingsLeft(found) {
		if b.Survives(time.Now()) {
			phones[b.Account] = true
		}
	}
	return slices.Sorted(maps.Keys(phones))
}

// seatsLeft are the agents who were signed in, and what they had asked for.
func (a *App) seatsLeft(found store.Recovered) (in []acd.SeatStateSet) {
	seats := found.State[store.KindSeat]
	for _, seat := range slices.Sorted(maps.Keys(seats)) { // in the same order at each start
		var m seatMemory
		if err := json.Unmarshal(seats[seat], &m); err != nil {
			a.log.Error("a stored seat can't be read", zap.String("seat", seat), zap.Error(err))
			continue
		}
		in = append(in, acd.SeatStateSet{
			Seat: call.SeatID(seat), State: m.State, Reason: m.Reason, Minutes: m.Minutes, Phone: m.Phone, Forced: true,
		})
	}
	return in
}

// sayRecalled logs which steps of plans come back into force: that is no news for the audit log.
func (a *App) sayRecalled(m *acd.Memory) {
	if m == nil {
		return
	}
	for _, p := range m.Plans {
		if len(p.Joined) > 0 {
			a.log.Warn("steps of an emergency plan were in force before the restart", zap.String("plan", p.Name),
				zap.Strings("steps", p.Joined), zap.Time("remembered", m.At))
		}
	}
}

// recoverDialogs ends the dialogs that the crashed process left open, so that
// phones and gateways are free: BYE where there was a call, CANCEL where one rang.
func (a *App) recoverDialogs(found store.Recovered) {
	for leg, raw := range found.State[store.KindDialog] {
		var d sip.DialogState
		if err := json.Unmarshal(raw, &d); err != nil {
			a.log.Error("a stored dialog can't be read", zap.String("leg", leg), zap.Error(err))
			a.store.Delete(store.KindDialog, leg)
			continue
		}
		a.sip.Resume(d)
	}
}
