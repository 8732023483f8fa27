package sip

import (
	"net/netip"

	"hotline/call"
)

// Role is which side of a dialog this node is.
type Role uint8

// The roles.
const (
	RoleCaller   Role = iota // the far end called us (UAS)
	RoleSeat                 // we called a phone (UAC)
	RoleTrunk                // we called a number through a trunk (UAC)
	RoleRecorder             // we have a recording server record (UAC)
	RolePassed               // one phone calls another, and we pass it on (proxy)
)

// Phase is how far a stored dialog has come.
type Phase uint8

// The phases.
const (
	PhaseEarly     Phase = iota // INVITE sent, no final answer (RoleSeat, RoleTrunk, RoleRecorder)
	PhaseAnswered               // our 200 is sent, its ACK hasn't come (RoleCaller only)
	PhaseConfirmed              // both sides know of the dialog
	PhaseInvited                // their INVITE has had a provisional response of ours, no final one (RoleCaller, RolePassed)
)

// Branch is one INVITE of a fork that has no final answer yet: what its CANCEL needs.
type Branch struct {
	URI    string         `json:"uri"`            // the binding's Contact
	Path   []string       `json:"path,omitempty"` // through these (RFC 3327)
	Branch string         `json:"branch"`
	Flow   netip.AddrPort `json:"flow,omitzero"` // where it is sent, if not where the URI points
	Proto  Transport      `json:"proto"`         // of Flow
}

// Unanswered is an INVITE of theirs that has had a provisional response of ours and no final one: what that needs.
type Unanswered struct {
	Via []string `json:"via"` // as responses repeat them: the top one says where they go, and names the transaction
	Seq uint32   `json:"seq"`
}

// DialogState is a leg's dialog as the journal keeps it: plain facts from which
// the dialog can be taken up again, or ended properly after a crash (RFC 3261
// section 12, RFC 3264 section 8). An INVITE to us is kept from its first provisional response on:
// whoever has had one sends it no more, and would wait for ever. Before that it comes again, to the next start.
type DialogState struct {
	Leg    call.LegID `json:"leg"`
	Call   call.ID    `json:"call"`
	Role   Role       `json:"role"`
	Phase  Phase      `json:"phase"`
	CallID string     `json:"call_id"`

	Local     string `json:"local"` // our From (or To) value, with tag
	LocalTag  string `json:"local_tag"`
	Remote    string `json:"remote"` // the far end's, with tag once it is known
	RemoteTag string `json:"remote_tag,omitempty"`

	LocalSeq  uint32 `json:"local_seq"`  // CSeq of our last request
	RemoteSeq uint32 `json:"remote_seq"` // of the far end's; 0 before the first

	Target string   `json:"target"`           // the far end's Contact
	Routes []string `json:"routes,omitempty"` // route set, first hop first

	// Flow is where the far end's messages come from; AtSource tells that ours
	// go there too, because its Contact can't be reached (NAT).
	Proto    Transport      `json:"proto"`
	Flow     netip.AddrPort `json:"flow"`
	AtSource bool           `json:"at_source,omitempty"`

	Branches   []Branch    `json:"branches,omitempty"`   // PhaseEarly, RolePassed
	Unanswered *Unanswered `json:"unanswered,omitempty"` // PhaseInvited, PhaseAnswered: its 200 may have been lost

	SDPLocal  []byte         `json:"sdp_local,omitempty"` // last we sent; holds its own o= version
	SDPRemote []byte         `json:"sdp_remote,omitempty"`
	Media     call.MediaSpec `json:"media,omitzero"` // what they settled, with the count of negotiations

	Trunk string `json:"trunk,omitempty"` // RoleCaller, RoleTrunk
	Phone string `json:"phone,omitempty"` // RoleSeat, RoleCaller
}
