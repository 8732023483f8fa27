package app

import (
	"context"
	"errors"
	"io"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/report"
	"hotline/store"
	"hotline/web"
)

// adminUser is the bootstrap administrator.
const adminUser = "admin"

// backends joins the rooms to what the API needs.
type backends struct{ *App }

// Calls lists call records.
func (b backends) Calls(ctx context.Context, f web.CallFilter) ([]call.Record, string, error) {
	sf := store.CallFilter{
		From: f.From, To: f.To, Caller: f.Caller, Called: f.Called, Queue: f.Queue,
		Agent: f.Agent, Direction: f.Direction, Limit: f.Limit, Cursor: f.Cursor,
	}
	if f.Outcome != "" {
		if err := sf.Outcome.UnmarshalText([]byte(f.Outcome)); err != nil {
			return nil, "", call.Errorf(call.CodeInvalid, "%w", err)
		}
	}
	return b.store.Calls(ctx, sf)
}

// Call is one record and its events.
func (b backends) Call(ctx context.Context, id call.ID) (call.Record, []call.Envelope, error) {
	return b.store.Call(ctx, id)
}

// Queues are the live queues, from one view of routing.
func (b backends) Queues() []web.Queue {
	now, view, rev := time.Now(), b.acd.Snapshot(), b.rev.Load()
	out := make([]web.Queue, 0, len(view.Queues))
	for i := range view.Queues {
		q := &view.Queues[i]
		f := b.floor.figures(q.Name, now)
		row := web.Queue{
			Name: q.Name, Title: rev.queues[q.Name].Title, Waiting: len(q.Waiting),
			LongestWaitSeconds: q.LongestWait(now).Seconds(), Seats: map[string]int{},
			Answered: f.Answered, Abandoned: f.Abandoned, ShortAbandoned: f.ShortAbandons,
			ServiceLevelFormula: report.SL4.String(), PlanSteps: append([]string{}, q.PlanSteps...),
		}
		for _, s := range call.SeatStates() {
			row.Seats[s.String()] = q.Seats[s]
		}
		if q.EstimatedWait != nil {
			seconds := q.EstimatedWait.Seconds()
			row.EstimatedWaitSeconds = &seconds
		}
		if level, ok := f.ServiceLevel(report.SL4); ok {
			row.ServiceLevel = &level
		}
		out = append(out, row)
	}
	return out
}

// Seats are the live seats.
func (b backends) Seats() []web.Seat {
	view, mail, follows := b.acd.Snapshot(), b.mail.waiting(), b.shifts.list()
	out := make([]web.Seat, 0, len(view.Seats))
	for i := range view.Seats {
		s := &view.Seats[i]
		row := web.Seat{
			Agent: s.Agent, Phone: s.Phone, State: s.State, Since: call.StampOf(s.Since), Reason: s.Reason,
			NewMessages: mail[string(s.Agent)], Minutes: s.Minutes, Queues: append(append([]string{}, s.Queues...), s.Lent...), Call: b.shifts.shown(s.Call), Callback: s.Callback, Team: s.Team, Group: s.Group,
		}
		row.Follows = follows[s.Agent]
		if s.Break != nil {
			row.Break = &web.Break{Reason: s.Break.Reason, Minutes: s.Break.Minutes, Since: call.StampOf(s.Break.Since)}
		}
		if !s.Until.IsZero() {
			until := call.StampOf(s.Until)
			row.Until = &until
		}
		if s.Next != nil {
			row.Next = s.Next.State.String()
		}
		out = append(out, row)
	}
	return out
}

// Why has routing explain a queue.
func (b backends) Why(_ context.Context, queue string, id call.ID) (why *acd.QueueWhy, err error) {
	asked := b.acd.Ask(func(now time.Time, e *acd.Engine) { why, err = e.Why(now, queue, id) })
	return why, errors.Join(asked, err)
}

// SetSeat asks routing for a state and waits for its word.
func (b backends) SetSeat(_ context.Context, in acd.SeatStateSet) error {
	if in.Phone != "" && !b.rev.Load().isPhone(in.Phone) {
		return call.Errorf(call.CodeNotFound, "there is no phone %s; GET /phones names those there are", in.Phone)
	}
	return b.ask(in.Seat, in)
}

// DecideBreak approves or refuses a break asked for.
func (b backends) DecideBreak(_ context.Context, in acd.BreakDecided) error {
	return b.ask(in.Seat, in)
}

// SetWrapUp extends or ends a wrap-up.
func (b backends) SetWrapUp(_ context.Context, in acd.WrapUpSet) error { return b.ask(in.Seat, in) }

// ask gives routing an input about a seat and waits for its word.
func (b backends) ask(seat call.SeatID, in acd.Input) error {
	b.floor.expect(seat)
	err := b.acd.Send(in)
	if err == nil {
		b.acd.Snapshot() // what was sent before has been decided when this returns
	}
	if refused := b.floor.refusal(seat); refused != nil {
		return refused
	}
	return err
}

// answerTimeout is how long a call may take to answer what it is asked.
const answerTimeout = 5 * time.Second

// Dispose files a disposition: with the call's actor while there is one, else in the record.
func (b backends) Dispose(ctx context.Context, id call.ID, by call.SeatID, code, notes string) error {
	limited, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	gone, err := b.answerOf(limited, id, func(r live.Reply) live.Message {
		return live.Dispose{Seat: by, Code: code, Notes: notes, Reply: r}
	})
	switch {
	case !gone && err != nil && errors.Is(err, limited.Err()):
		return call.Errorf(call.CodeUnavailable, "the call did not take the disposition in time")
	case !gone:
		return err
	}
	return b.late(ctx, id, call.DispositionSet{Seat: by, Code: code, Notes: notes})
}

// Record pauses a live call's recording, lets it go on, or begins one on demand.
func (b backends) Record(ctx context.Context, id call.ID, paused bool, words string) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Record{Paused: paused, Reason: words, Reply: r} })
}

// Fork has an engine hear a live call, or no longer.
func (b backends) Fork(ctx context.Context, id call.ID, engine string, on bool, words string) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Fork{Engine: engine, On: on, Reason: words, Reply: r} })
}

// Hangup ends a live call.
func (b backends) Hangup(_ context.Context, id call.ID, words string) error {
	if !b.calls.post(id, live.Hangup{Cause: call.CauseSupervisor, Words: words}) {
		return call.Errorf(call.CodeConflict, "call %s has ended", id)
	}
	return nil
}

// Recording is what is known of a recording.
func (b backends) Recording(ctx context.Context, id call.RecordingID) (call.RecordingFacts, error) {
	return b.store.Recording(ctx, id)
}

// Audio opens a recording's sound.
func (b backends) Audio(ctx context.Context, f call.RecordingFacts) (io.ReadSeekCloser, error) {
	return b.archive.Open(ctx, f)
}

// Trunks are the trunks as they are.
func (b backends) Trunks() []web.Trunk {
	rev := b.rev.Load()
	var out []web.Trunk
	for _, t := range b.sip.Trunks() {
		row := web.Trunk{
			Name: t.Name, Title: rev.trunks[t.Name].Title, State: upDown(t.Up), Calls: t.Calls,
			MaxCalls: t.MaxCalls, LastCheck: call.StampOf(t.Checked), Words: t.Words,
		}
		for _, o := range t.Targets {
			row.Targets = append(row.Targets, web.TrunkTarget{
				URI: o.URI, Priority: o.Priority, Weight: o.Weight, State: upDown(o.Up), LastCheck: call.StampOf(o.Checked), Words: o.Words,
			})
		}
		if r := t.Registration; r != nil {
			row.Registration = &web.TrunkRegistration{
				State: r.State.String(), Since: call.StampOf(r.Since), ExpiresAt: call.StampOf(r.Expires),
				NextTry: call.StampOf(r.Next), Words: r.Words,
			}
		}
		out = append(out, row)
	}
	return out
}

func upDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

// Account finds who may log in: the administrator, and agents with a password.
func (b backends) Account(user string) (web.Identity, web.Password, bool) {
	if user == adminUser {
		return web.Identity{User: user, Roles: []web.Role{web.RoleAdmin}}, b.admin, true
	}
	rev := b.rev.Load()
	a, ok := rev.agents[call.SeatID(user)]
	if !ok || a.Password.Empty() {
		return web.Identity{}, web.Password{}, false
	}
	id := web.Identity{User: user, Agent: a.ID, Team: a.Team}
	for _, r := range a.Roles {
		id.Roles = append(id.Roles, webRoles[r])
	}
	for _, t := range rev.site.Teams {
		if t.Leader == a.ID {
			id.Leads = append(id.Leads, t.Name)
		}
	}
	return id, web.PasswordOf(a.Password.Reveal()), true
}

var webRoles = map[config.Role]web.Role{
	config.RoleAgent: web.RoleAgent, config.RoleTeamLead: web.RoleTeamLead, config.RoleSupervisor: web.RoleSupervisor,
	config.RoleQA: web.RoleQA, config.RoleTrainer: web.RoleTrainer, config.RoleEditor: web.RoleEditor,
	config.RoleAnalyst: web.RoleAnalyst, config.RoleOperator: web.RoleOperator, config.RoleAdmin: web.RoleAdmin,
}

// Ready is why the node is not to be given calls, if it is not.
func (b backends) Ready() error {
	if b.draining.Load() {
		return call.Errorf(call.CodeUnavailable, "draining")
	}
	return b.store.Writable()
}

// Audit keeps who looked at and changed what.
func (b backends) Audit(_ context.Context, e web.AuditEntry) {
	err := b.store.Audit(store.AuditEntry{At: call.StampOf(e.At), Actor: e.User, Action: e.Action, Object: e.Object, Detail: e.Detail, From: e.From})
	if err != nil {
		b.log.Error("an entry is missing from the audit log", zap.String("action", e.Action), zap.Error(err))
	}
}
