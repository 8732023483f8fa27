package app

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/web"
)

const (
	// followersMost bounds how many supervisors follow one agent.
	followersMost = 2
	// shiftsDown is how long the node waits, as it stops, for supervisors' phones to answer its BYE.
	shiftsDown = 2 * time.Second
)

// shifts finds those who follow an agent from call to call (全程监听): who, whom, and the line they listen by. It holds
// addresses only: what happens to a line happens in its live.Shift. A restart ends them, as it does the calls.
type shifts struct {
	app *App
	// rooms are what a shift of this id works with; the second is told whose they are.
	rooms func(call.ID) (live.ShiftDeps, func(*live.Shift))

	mu   sync.Mutex
	all  map[call.ID]*shift
	runs sync.WaitGroup
	down bool
}

// shift is one supervisor's. All from mode on belongs to the mutex of shifts.
type shift struct {
	*live.Shift
	seat, of call.SeatID // the supervisor's, the agent's
	phone    string
	mode     call.SuperviseMode // in the calls to come
	in       call.ID            // the call that has the line; empty: none
	told     call.ID            // the agent's call that was asked last to take the supervisor in; empty: the agent is in none
	asked    bool               // to end, by the API, which notes that itself
}

func newShifts(a *App) *shifts {
	return &shifts{app: a, rooms: a.shiftRooms, all: map[call.ID]*shift{}}
}

// shiftRooms are those of this node.
func (a *App) shiftRooms(id call.ID) (live.ShiftDeps, func(*live.Shift)) {
	m := newCallMedia(a, id, config.Trunk{})
	return live.ShiftDeps{
		Media: m, Bridge: m, Phones: m, Exchange: m, IDs: a.ids,
		Router: router{call: id, node: a.node.Name, acd: a.acd, log: a.log},
	}, func(s *live.Shift) { m.shift = s }
}

// get finds a shift by its id.
func (s *shifts) get(id call.ID) *shift {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[id]
}

// by is a supervisor's shift, unless it is to end.
func (s *shifts) by(seat call.SeatID) *shift {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of(seat)
}

func (s *shifts) of(seat call.SeatID) *shift {
	for _, sh := range s.all {
		if sh.seat == seat && !sh.asked {
			return sh
		}
	}
	return nil
}

// shown is the call that a seat is shown in: one who follows an agent is in the agent's, or in none.
func (s *shifts) shown(id call.ID) call.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sh := s.all[id]; sh != nil {
		return sh.in
	}
	return id
}

// begin rings a supervisor, or has him go on in another mode.
func (s *shifts) begin(seat call.SeatID, phone string, agent call.SeatID, mode call.SuperviseMode) (*shift, error) {
	sh, known, err := s.enter(seat, phone, agent, mode)
	if err != nil || known {
		return sh, err
	}
	if err := sh.Begin(); err != nil { // without the mutex: routing's goroutine waits for that
		s.forget(sh)
		s.runs.Done()
		return nil, err
	}
	go func() {
		defer s.runs.Done()
		sh.Run()
	}()
	return sh, nil
}

// enter makes a shift, known to calls and routing before anything of it happens; known: there is one.
func (s *shifts) enter(seat call.SeatID, phone string, agent call.SeatID, mode call.SuperviseMode) (sh *shift, known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sh := s.of(seat); sh != nil && sh.of == agent {
		sh.mode = mode
		return sh, true, nil
	} else if sh != nil {
		return nil, false, call.Errorf(call.CodeConflict, "%s follows agent %s already; end that first", seat, sh.of)
	}
	at, _ := s.app.floor.desks.seat(seat)
	switch {
	case s.down:
		return nil, false, call.Errorf(call.CodeUnavailable, "the node is stopping")
	case at.state.InCall():
		return nil, false, call.Errorf(call.CodeConflict, "%s is in a call; leave it first", seat)
	case len(s.behind(agent)) >= followersMost:
		return nil, false, call.Errorf(call.CodeCapacity, "%d supervisors follow agent %s already", followersMost, agent)
	}
	id := s.app.ids.Call()
	deps, bind := s.rooms(id)
	sh = &shift{seat: seat, of: agent, phone: phone, mode: mode}
	deps.Log = s.app.log
	deps.In = func(id call.ID) { s.moved(sh, id) }
	deps.Over = func(words string) { s.over(sh, words) }
	sh.Shift = live.NewShift(live.ShiftBrief{ID: id, Seat: seat, Phone: phone, Of: agent}, deps)
	bind(sh.Shift)
	s.all[id] = sh
	s.runs.Add(1)
	return sh, false, nil
}

// moved notes and shows which call has the line. For routing the supervisor's seat has not moved: the line engages it.
func (s *shifts) moved(sh *shift, id call.ID) {
	s.mu.Lock()
	sh.in = id
	s.mu.Unlock()
	s.app.floor.lineMoved(time.Now(), sh.seat, sh.phone, id)
}

// list is whom each supervisor follows.
func (s *shifts) list() map[call.SeatID]*web.Follows {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[call.SeatID]*web.Follows, len(s.all))
	for _, sh := range s.all {
		if !sh.asked {
			all[sh.seat] = &web.Follows{Agent: sh.of, Mode: sh.mode.String()}
		}
	}
	return all
}

// forget tells whether the API has asked for the end.
func (s *shifts) forget(sh *shift) (asked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sh.ID())
	return sh.asked
}

// over forgets a shift. Its end is in the audit log, whoever brought it about.
func (s *shifts) over(sh *shift, words string) {
	asked := s.forget(sh)
	s.app.log.Info("a supervisor follows an agent no more",
		zap.String("supervisor", string(sh.seat)), zap.String("agent", string(sh.of)), zap.String("why", words))
	if !asked {
		backends{s.app}.Audit(context.Background(), web.AuditEntry{
			At: time.Now(), User: string(sh.seat), Action: "seat.unsupervise", Object: string(sh.of), Detail: words,
		})
	}
}

// end hangs up on a supervisor who follows the agent; nil: none does.
func (s *shifts) end(seat, agent call.SeatID) *shift {
	s.mu.Lock()
	sh := s.of(seat)
	if sh == nil || sh.of != agent {
		s.mu.Unlock()
		return nil
	}
	sh.asked = true
	s.mu.Unlock()
	sh.Tell(live.ShiftEnd{Words: "asked by the API"})
	return sh
}

// following are the shifts of an agent, or all there are. Messages go out without the mutex: who gets one too late answers by get.
func (s *shifts) following(agent call.SeatID) []*shift {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behind(agent)
}

// behind is the same with the mutex held.
func (s *shifts) behind(agent call.SeatID) (list []*shift) {
	for _, sh := range s.all {
		if agent == "" || sh.of == agent && !sh.asked {
			list = append(list, sh)
		}
	}
	return list
}

// seatMoved asks those who follow an agent into each call he comes to be in, as soon as he picks up or is handed into it, and
// ends their shift when he signs out. It is called on routing's goroutine and returns at once.
func (s *shifts) seatMoved(c acd.SeatChanged) {
	in := c.Call
	if c.To != call.SeatAnnouncing && c.To != call.SeatTalking && c.To != call.SeatHeld {
		in = ""
	}
	for _, sh := range s.following(c.Seat) {
		if c.To == call.SeatOffline {
			sh.Tell(live.ShiftEnd{Words: "agent " + string(c.Seat) + " has signed out"})
		}
		if s.news(sh, in) && !s.app.calls.post(in, s.into(sh, make(chan error, 1))) { // one fits: nobody waits for it
			s.app.log.Debug("a call was gone before its supervisor came", zap.String("call", string(in)))
		}
	}
}

// news notes which call the agent is in, empty for none, and tells that it has not been asked yet to take the supervisor in.
func (s *shifts) news(sh *shift, in call.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := sh.told
	sh.told = in
	return in != "" && in != was
}

// into asks a call to take the supervisor in.
func (s *shifts) into(sh *shift, r live.Reply) live.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return live.Supervise{By: sh.seat, Phone: sh.phone, Of: sh.of, Mode: sh.mode, Follow: true, Shift: sh.ID(), Reply: r}
}

// stop hangs up on all, and waits for the phones to say so, though not for long.
func (s *shifts) stop(ctx context.Context) {
	s.mu.Lock()
	s.down = true
	s.mu.Unlock()
	s.tell(live.ShiftEnd{Words: "the node stops"})
	ctx, cancel := context.WithTimeout(ctx, shiftsDown)
	defer cancel()
	finish(ctx, &s.runs, func() { s.tell(live.Leave{}) })
}

func (s *shifts) tell(m live.Message) {
	for _, sh := range s.following("") {
		sh.Tell(m)
	}
}

// Follow has a supervisor follow an agent: his phone is rung now, and he is in the call the agent is in, and in those to come.
func (b backends) Follow(ctx context.Context, by, agent call.SeatID, mode call.SuperviseMode) error {
	sup, signed := b.floor.desks.seat(by)
	switch {
	case !signed:
		return call.Errorf(call.CodeConflict, "%s is not signed in at a phone that could be rung; sign in first", by)
	case by == agent:
		return call.Errorf(call.CodeInvalid, "nobody follows himself")
	}
	if _, known := b.rev.Load().agents[agent]; !known {
		return call.Errorf(call.CodeNotFound, "there is no agent %s", agent)
	}
	if _, in := b.floor.desks.seat(agent); !in {
		return call.Errorf(call.CodeConflict, "agent %s is not signed in", agent)
	}
	if no := desk(b).closed(); no != nil {
		return call.Errorf(call.CodeUnavailable, "%s", no.Words)
	}
	sh, err := b.shifts.begin(by, sup.phone, agent, mode)
	if err != nil {
		return err
	}
	at, in := b.floor.desks.seat(agent) // once more: what comes from now on seatMoved tells the shift
	if !in {
		sh.Tell(live.ShiftEnd{Words: "agent " + string(agent) + " has signed out"})
	}
	if at.call == "" || !at.state.InCall() || at.state == call.SeatOffered {
		return nil // his next call
	}
	b.shifts.news(sh, at.call)
	err = b.inCall(ctx, at.call, func(r live.Reply) live.Message { return b.shifts.into(sh, r) })
	if call.CodeOf(err) == call.CodeConflict {
		b.log.Debug("the agent's call was over before its supervisor came", zap.Error(err))
		return nil
	}
	return err
}

// FollowEnd ends it, also in the call of now.
func (b backends) FollowEnd(ctx context.Context, by, agent call.SeatID) error {
	sh := b.shifts.end(by, agent)
	if sh == nil {
		return call.Errorf(call.CodeNotFound, "%s does not follow agent %s", by, agent)
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	select {
	case <-sh.Done():
	case <-ctx.Done(): // a phone that is gone need not be waited for
	}
	return nil
}
