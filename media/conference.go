package media

import (
	"hotline/call"
)

// ConferenceMost is how many legs one Conference mixes.
const ConferenceMost = 16

// Conference mixes legs of one call: three-way calls, and a supervisor who listens,
// whispers or joins. Its methods may be called from any goroutine and never wait.
type Conference struct {
	call call.ID
	loop *loop
	room *room
}

// Member is a leg in a conference and the members it hears. Whom it does not name
// it does not hear; itself it never hears.
type Member struct {
	Leg   *Leg
	Hears []*Leg
}

// NewConference makes an empty conference of a call, which holds nothing.
func (e *Engine) NewConference(id call.ID) *Conference {
	return &Conference{call: id, loop: e.loopOf(id), room: new(room)}
}

// Arrange says who is in the conference and who hears whom, in place of what was:
// in one step, so that going from one mode to another neither rings, clicks nor lets
// anybody hear too much in between. Who comes in leaves its bridge, its taps go on;
// who is not named goes out. The error is a call.CodeInvalid: a leg of another call, one
// named twice, or more than ConferenceMost.
func (c *Conference) Arrange(members ...Member) error {
	if len(members) > ConferenceMost {
		return call.Errorf(call.CodeInvalid, "media: %d legs in a conference; at most %d are mixed", len(members), ConferenceMost)
	}
	a := arrangement{room: c.room}
	seen := map[*Leg]bool{}
	for _, m := range members {
		var hears []*stream
		for _, leg := range append([]*Leg{m.Leg}, m.Hears...) {
			if leg.call != c.call {
				return call.Errorf(call.CodeInvalid, "media: leg %s is of another call than the conference", leg.stream.id)
			}
			hears = append(hears, leg.stream)
		}
		if seen[m.Leg] {
			return call.Errorf(call.CodeInvalid, "media: leg %s is twice in a conference", m.Leg.stream.id)
		}
		seen[m.Leg] = true
		a.members, a.hears = append(a.members, m.Leg.stream), append(a.hears, hears[1:])
	}
	c.loop.post(a)
	return nil
}
