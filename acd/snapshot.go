package acd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"hotline/call"
)

// snapshotVersion is raised when the meaning of a field changes; fields that
// are added need no new version as long as their zero value means what was before.
const snapshotVersion = 2

// frozen is the whole state of an engine. What can be worked out from it (the
// index, the lines, the order) is not in it.
type frozen struct {
	Version   int           `json:"version"`
	Seed      uint64        `json:"seed"`
	Now       int64         `json:"now"` // times are ns since 1970
	Steps     uint64        `json:"steps"`
	Offers    uint64        `json:"offers"`
	Rules     Rules         `json:"rules"`
	Gone      []Queue       `json:"gone,omitempty"` // removed queues for which phones still ring
	Phones    []frozenPhone `json:"phones"`
	Seats     []frozenSeat  `json:"seats"`
	Calls     []frozenCall  `json:"calls"`
	Late      []lateOffer   `json:"late"`
	Paces     []frozenPace  `json:"paces,omitempty"`
	Loads     []frozenLoad  `json:"loads,omitempty"`
	Plans     []frozenPlan  `json:"plans,omitempty"`
	Kept      []keptPlace   `json:"kept,omitempty"`
	CallsMade uint64        `json:"calls_made,omitempty"`
	Paused    bool          `json:"callbacks_paused,omitempty"`
	Asked     thresholds    `json:"asked"` // skill levels seats are told apart by
}

type frozenPhone struct {
	Name  string `json:"name"`
	Up    bool   `json:"up"`
	Dead  bool   `json:"dead,omitempty"`
	Words string `json:"words,omitempty"`
}

type frozenSeat struct {
	Agent        Agent          `json:"agent"`
	Phone        string         `json:"phone,omitempty"`
	Removed      bool           `json:"removed,omitempty"`
	State        call.SeatState `json:"state"`
	Since        int64          `json:"since"`
	Reason       string         `json:"reason,omitempty"`
	Minutes      int            `json:"minutes,omitempty"`
	Want         ask            `json:"want"`
	Idle         int64          `json:"idle"`
	Free         int64          `json:"free"`
	Call         call.ID        `json:"call,omitempty"`
	Queue        string         `json:"queue,omitempty"`
	WrapUp       time.Duration  `json:"wrap_up,omitempty"`
	Picked       int64          `json:"picked,omitempty"`
	Offer        call.OfferID   `json:"offer,omitempty"`
	Engaged      []call.ID      `json:"engaged,omitempty"`
	Unregistered bool           `json:"unregistered,omitempty"`
	Timer        int64          `json:"timer,omitempty"`
	Break        *breakRequest  `json:"break,omitempty"`
	Turn         uint64         `json:"turn,omitempty"`
	Calls        uint64         `json:"calls,omitempty"`
	Loans        []frozenLoan   `json:"loans,omitempty"`
}

type frozenCall struct {
	ID       call.ID        `json:"id"`
	Node     string         `json:"node,omitempty"`
	Caller   call.Caller    `json:"caller"`
	Left     int            `json:"left,omitempty"`
	Stage    stage          `json:"stage"`
	Queue    string         `json:"queue,omitempty"`
	Gone     bool           `json:"gone,omitempty"` // the queue is one of the removed
	Skills   map[string]int `json:"skills,omitempty"`
	Entry    int64          `json:"entry"`
	Joined   int64          `json:"joined"`
	Open     int64          `json:"open"`
	Priority int            `json:"priority"`
	OwnPrio  bool           `json:"own_priority,omitempty"`
	Again    bool           `json:"again,omitempty"`
	Heard    []string       `json:"heard,omitempty"`
	Visited  []string       `json:"visited,omitempty"`
	Failed   []Target       `json:"failed,omitempty"`
	Ringers  []call.SeatID  `json:"ringers,omitempty"`
	Alone    bool           `json:"alone,omitempty"`
	Picked   bool           `json:"picked,omitempty"`
	Paced    bool           `json:"paced,omitempty"`
	Told     bool           `json:"told,omitempty"`
	Last     LastSeat       `json:"last,omitzero"`
	Known    call.SeatID    `json:"known,omitempty"` // it waits for this one alone
	Seats    []call.SeatID  `json:"seats,omitempty"`
	Engaged  []call.SeatID  `json:"engaged,omitempty"`
	Guard    int64          `json:"guard,omitempty"`
	Asked    bool           `json:"asked,omitempty"`
	Back     *frozenBack    `json:"back,omitempty"`
}

// frozenPace is how fast a queue of the site is served.
type frozenPace struct {
	Queue string `json:"queue"`
	pace
}

// paces lists those that are known something of, by the queues' names.
func (e *Engine) paces() (all []frozenPace) {
	for name, q := range e.queues {
		p := pace{Taken: q.pace.Taken, Work: q.workBy(e.now)}
		if p != (pace{}) {
			all = append(all, frozenPace{name, p})
		}
	}
	slices.SortFunc(all, func(a, b frozenPace) int { return cmp.Compare(a.Queue, b.Queue) })
	return all
}

// frozenLoad is what was asked of a queue of the site lately.
type frozenLoad struct {
	Queue string `json:"queue"`
	frozenWindow[loadCounts]
}

// loads lists those of all queues, by their names.
func (e *Engine) loads() (all []frozenLoad) {
	for name, q := range e.queues {
		all = append(all, frozenLoad{name, q.load.freeze(e.now)})
	}
	slices.SortFunc(all, func(a, b frozenLoad) int { return cmp.Compare(a.Queue, b.Queue) })
	return all
}

// Snapshot encodes the whole engine. A log is a snapshot and the inputs after it.
func (e *Engine) Snapshot() ([]byte, error) { return e.State().Snapshot() }

// State is a whole engine as plain data. It may be encoded while the engine goes on.
type State struct{ frozen *frozen }

// State is how the engine stands. To take it costs a tenth of what it costs to encode it.
func (e *Engine) State() State { return State{e.freeze()} }

// Snapshot encodes the state, as Restore reads it.
func (s State) Snapshot() ([]byte, error) {
	data, err := json.Marshal(s.frozen)
	if err != nil {
		return nil, fmt.Errorf("acd snapshot: %w", err)
	}
	return data, nil
}

// freeze is the state as plain data. What it shares with the engine (rules,
// skills) is never changed in place.
func (e *Engine) freeze() *frozen {
	f := &frozen{
		Version: snapshotVersion, Seed: e.seed, Now: e.now, Steps: e.steps, Offers: e.offersMade,
		Rules: e.rules, Late: e.late.inOrder(), Asked: e.index.asked.clone(), CallsMade: e.callsMade, Paused: e.paused, Paces: e.paces(), Loads: e.loads(), Kept: e.freezePlaces(),
	}
	for _, p := range e.phones {
		f.Phones = append(f.Phones, frozenPhone{Name: p.name, Up: p.up, Dead: p.dead, Words: p.words})
	}
	slices.SortFunc(f.Phones, func(a, b frozenPhone) int { return cmp.Compare(a.Name, b.Name) })
	for _, s := range e.roster {
		f.Seats = append(f.Seats, s.freeze())
	}
	for _, p := range e.plans {
		f.Plans = append(f.Plans, p.freeze(e.now))
	}
	for _, c := range e.calls {
		f.Calls = append(f.Calls, c.freeze())
		if c.queued() && c.q.removed {
			f.Gone = append(f.Gone, c.q.Queue)
		}
	}
	slices.SortFunc(f.Calls, func(a, b frozenCall) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(f.Gone, func(a, b Queue) int { return cmp.Compare(a.Name, b.Name) })
	f.Gone = slices.CompactFunc(f.Gone, func(a, b Queue) bool { return a.Name == b.Name })
	return f
}

func (s *seat) freeze() frozenSeat {
	f := frozenSeat{
		Agent: s.agent, Removed: s.removed, State: s.state, Since: s.since, Reason: s.reason, Minutes: s.minutes,
		Want: s.want, Idle: s.idle, Free: s.free, Queue: s.queue, WrapUp: s.wrapUp, Picked: s.picked, Offer: s.offer,
		Unregistered: s.unregistered, Turn: s.turn, Calls: s.calls, Break: s.pause,
	}
	if s.phone != nil {
		f.Phone = s.phone.name
	}
	if s.caller != nil {
		f.Call = s.caller.id
	}
	for _, c := range s.engaged {
		f.Engaged = append(f.Engaged, c.id)
	}
	for _, a := range s.loans {
		f.Loans = append(f.Loans, a.freeze())
	}
	if s.timer.pos != 0 {
		f.Timer = s.timer.at
	}
	return f
}

func (c *caller) freeze() frozenCall {
	f := frozenCall{
		ID: c.id, Node: c.node, Caller: c.who, Left: c.left, Stage: c.stage, Skills: c.skills, Entry: c.entry,
		Joined: c.joined, Open: c.open, Priority: c.priority, OwnPrio: c.ownPrio, Again: c.again, Heard: slices.Clip(c.heard), Visited: slices.Clip(c.visited), Failed: c.failed, Last: c.last, Paced: c.paced, Told: c.told, Ringers: c.rungBy(), Alone: c.alone, Picked: c.picked, Asked: c.asked,
	}
	if c.back != nil {
		f.Back = c.back.freeze()
	}
	if c.known != nil {
		f.Known = c.known.agent.ID
	}
	if c.queued() {
		f.Queue, f.Gone = c.q.Name, c.q.removed
	}
	for _, s := range c.seats {
		f.Seats = append(f.Seats, s.agent.ID)
	}
	for _, s := range c.engaged {
		f.Engaged = append(f.Engaged, s.agent.ID)
	}
	if c.guard.pos != 0 {
		f.Guard = c.guard.at
	}
	return f
}
