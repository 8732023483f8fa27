package web

import (
	"fmt"
	"slices"

	"hotline/call"
)

// Role is what a person who logs in is (see docs/web.md).
type Role uint8

// The roles.
const (
	RoleAgent Role = iota
	RoleTeamLead
	RoleSupervisor
	RoleQA
	RoleTrainer
	RoleEditor
	RoleAnalyst
	RoleOperator
	RoleAdmin
)

var roleNames = []string{"agent", "team_lead", "supervisor", "qa", "trainer", "editor", "analyst", "operator", "admin"}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("invalid(%d)", uint8(r))
}

// ParseRole reads a role's name.
func ParseRole(name string) (Role, error) {
	if i := slices.Index(roleNames, name); i >= 0 {
		return Role(i), nil
	}
	return 0, call.Errorf(call.CodeInvalid, "role %q is unknown; one of %q", name, roleNames)
}

// Identity is who makes a request.
type Identity struct {
	User  string
	Agent call.SeatID // empty for those who are no agent
	Team  string      // the own team
	Leads []string    // teams a team_lead acts on
	Roles []Role
}

// permission is a thing one may be allowed to do.
type permission uint8

const (
	seeCalls permission = iota
	seeNumbers
	hearRecordings
	seeFloor
	setSeats
	fileDispositions
	endCalls
	seeTrunks
	decideBreaks
	forcePlans
	seeSite
	changeSite
	workCallbacks
	seeAddresses
	dropContacts
	pauseRecordings
	forkCalls // have engines outside hear live calls
	guardDoor
	announceUrgently
	seeWire
	watchDialling
	handleCalls
	supervise // as a lead does: also what other people's phones are rung with
	listenIn  // monitor and whisper
	joinIn    // barge and intercept
	holdRecordings
	eraseRecordings // admin alone
	seeMissing
	editPrompts
)

// scope is how far a permission reaches.
type scope uint8

const (
	nobody scope = iota
	self         // the own seat and the calls it had a part in
	team         // those of the teams one leads, and the own
	everything
)

// grants is the one table of who may what. Roles add up; admin may do everything.
var grants = map[Role]map[permission]scope{
	RoleAgent:      {handleCalls: self, seeCalls: self, seeNumbers: self, seeFloor: everything, setSeats: self, fileDispositions: self, pauseRecordings: self, workCallbacks: self},
	RoleTeamLead:   {handleCalls: team, supervise: team, listenIn: team, joinIn: team, seeCalls: team, seeNumbers: team, seeFloor: everything, setSeats: team, fileDispositions: team, pauseRecordings: team, endCalls: team, hearRecordings: team, decideBreaks: team, workCallbacks: team},
	RoleSupervisor: {forkCalls: everything, holdRecordings: everything, seeMissing: everything, handleCalls: everything, supervise: everything, listenIn: everything, joinIn: everything, seeCalls: everything, seeNumbers: everything, seeFloor: everything, setSeats: everything, fileDispositions: everything, pauseRecordings: everything, endCalls: everything, hearRecordings: everything, seeTrunks: everything, seeWire: everything, dropContacts: everything, decideBreaks: everything, forcePlans: everything, workCallbacks: everything, announceUrgently: everything, watchDialling: everything},
	RoleQA:         {listenIn: everything, joinIn: everything, forkCalls: everything, holdRecordings: everything, seeMissing: everything, seeCalls: everything, seeNumbers: everything, seeFloor: everything, hearRecordings: everything},
	RoleTrainer:    {listenIn: everything, seeCalls: everything, seeFloor: everything, hearRecordings: everything},
	RoleEditor:     {seeFloor: everything, announceUrgently: everything, editPrompts: everything},
	RoleAnalyst:    {seeCalls: everything, seeFloor: everything},
	RoleOperator:   {seeMissing: everything, seeCalls: everything, seeFloor: everything, seeTrunks: everything, seeAddresses: everything, dropContacts: everything, seeSite: everything, changeSite: everything, guardDoor: everything, seeWire: everything, watchDialling: everything},
}

// may is how far the identity's roles let a permission reach.
func (id Identity) may(p permission) scope {
	widest := nobody
	for _, r := range id.Roles {
		if r == RoleAdmin {
			return everything
		}
		widest = max(widest, grants[r][p])
	}
	return widest
}

// overSeat reports whether a permission reaches a seat of a team.
func (id Identity) overSeat(p permission, seat call.SeatID, seatTeam string) bool {
	switch id.may(p) {
	case everything:
		return true
	case team:
		return seat != "" && seat == id.Agent || seatTeam != "" && slices.Contains(id.Leads, seatTeam)
	case self:
		return seat != "" && seat == id.Agent
	case nobody:
	}
	return false
}

// overCall reports whether a permission reaches a call, by the seats whose
// business it is. A call without any is seen by those who see everything.
func (id Identity) overCall(p permission, seats []call.SeatID, teamOf func(call.SeatID) string) bool {
	reach := id.may(p)
	if reach == everything || reach == nobody {
		return reach == everything
	}
	return slices.ContainsFunc(seats, func(s call.SeatID) bool {
		if reach == self {
			return id.overSeat(p, s, "")
		}
		return id.overSeat(p, s, teamOf(s))
	})
}
