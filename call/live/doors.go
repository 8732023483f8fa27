package live

import (
	"time"

	"hotline/call"
)

// Leg is one party's dialog, as far as the call is concerned.
type Leg interface {
	ID() call.LegID
	// Accept answers the caller (200); LegAnswered follows when the caller has acknowledged.
	Accept(call.LocalMedia)
	// Progress tells a phone of ours that calls how it goes, before Accept: 180, it rings; 183, there is sound before
	// the answer, for which local is leased.
	Progress(status int, local call.LocalMedia)
	// End ends the leg however its state needs: final response, CANCEL or BYE.
	// It may be called more than once; LegEnded follows once, if the dialog existed.
	End(call.Cause)
}

// Phones rings seats.
type Phones interface {
	// Ring rings the phone of a seat with sound already leased. What
	// becomes of it arrives as LegEvents of Invite.Leg. An error means that nothing was sent.
	Ring(Invite) (Leg, error)
	// Lease leases sound for a phone that has called us to come into the call.
	Lease(leg call.LegID, phone string) (call.LocalMedia, error)
}

// Invite is what is needed to ring a seat.
type Invite struct {
	Call   call.ID
	Leg    call.LegID
	Seat   call.SeatID
	Phone  string
	Queue  string
	Caller call.Caller
	Codec  call.Codec // the caller's, offered first
	// Comfort: comfort noise is offered too, for the caller's side knows it.
	Comfort bool
	// Callback: nobody is on the line yet, the customer is dialled once the seat has picked up.
	Callback bool
	// Own: the agent asked for this call, as by click to dial, pick-up or supervision: the phone may pick up by itself.
	Own bool
}

// Lines dials outside numbers and other sites.
type Lines interface {
	// Dial calls a number, or another site, through a trunk, with sound already
	// leased. What becomes of it arrives as LegEvents of Outcall.Leg: LegRinging,
	// LegEarly, then LegAnswered or LegFailed, and LegEnded. It has no time limit: whoever
	// dials ends the leg. Media.Close gives ports and line back. The name is the trunk's.
	// An error means that nothing was sent: no trunk leads there, or its limit is reached.
	Dial(Outcall) (Leg, string, error)
}

// Outcall is what is needed to dial.
type Outcall struct {
	Call   call.ID
	Leg    call.LegID
	Number string // called; at another site: the number the caller called here
	Site   string // another site, reached by its own trunk; empty: the public network
	// Trunk is asked for first: the one the caller came by, or the one a flow names.
	// One that can't dial out gives way to the first of the site that can.
	Trunk string
	Only  bool // Trunk or none
	Shown call.Shown
	// Called is the number the caller called: who forwards the call; empty when nobody does.
	Called     string
	Forwarding call.Forwarding
	PASSporT   *call.PASSporT // the caller's, which goes on as it came
	Handover   *call.Handover // for another site
	Codec      call.Codec     // the caller's, offered first
	Comfort    bool           // and comfort noise, for the caller's side knows it
	// Seat, or Phone where nobody is signed in, asks for the call: what they may dial counts. Both empty: the site's own rules ask.
	Seat  call.SeatID
	Phone string
}

// Media is the call's sound: its legs by id. All methods return at once.
type Media interface {
	// Open leases a port pair for a leg.
	Open(call.LegID) (call.LocalMedia, error)
	Negotiated(call.LegID, call.MediaSpec)
	// Close gives the leg's ports back. It reports whether the leg had any: then call.SoundEnded follows.
	Close(call.LegID) bool
}

// Player plays to one leg.
type Player interface {
	// Play plays prompts one after another, or music in a loop, and returns a
	// number that SoundPlayed brings back. A new Play replaces the running one.
	Play(leg call.LegID, prompts []string, loop bool) uint64
	Stop(call.LegID)
	// Speak has a leg hear prompts in a language (zh, en) from its next Play on.
	Speak(leg call.LegID, language string)
}

// Bridge lets the call's legs hear one another.
type Bridge interface {
	// Arrange says who hears whom from now on, in one step, in place of what was. Who is not named hears nobody.
	Arrange([]Hearing)
}

// Hearing is whom a leg hears.
type Hearing struct {
	Leg  call.LegID
	From []call.LegID
}

// Recorder keeps what the parties say.
type Recorder interface {
	// Begin records the caller on the left and the seat (none for a voicemail) on the right.
	Begin(id call.RecordingID, mailbox string, caller, seat call.LegID) error
	// Pause has it hold silence instead of what is said, until Pause(id, false).
	Pause(id call.RecordingID, paused bool)
	// Right says whom its right side holds from now on; several are added up.
	Right(id call.RecordingID, legs ...call.LegID)
	// End closes a recording; RecordingDone follows.
	End(call.RecordingID)
}

// Ears have a speech service hear the caller. Both methods return at once.
type Ears interface {
	// Listen has the service hear a leg; what it hears arrives as FlowNews with FlowSpeech, FlowHeard and FlowFault.
	Listen(call.LegID, call.FlowListen)
	// Unlisten ends that; over: the call is.
	Unlisten(over bool)
}

// Voice says texts that are known only in the call. All methods return at once.
type Voice interface {
	// Render has texts rendered, in the place of those before. FlowNews with FlowRendered or FlowFault follows, unless the call is over before.
	Render(call.FlowRender)
	// Unrender tells that they are not wanted any more; late: they have not come in time.
	Unrender(late bool)
	// Rendered takes the sound that came with FlowRendered: Player can play its prompts from now on.
	Rendered(sound any)
}

// Router is the ACD, in the call's words. What it decides arrives as messages.
type Router interface {
	Enqueue(Entry)
	// Place asks where the call stands. Where answers, if it waits and no phone rings for it.
	Place()
	// LeaveQueue tells that the caller has chosen something else than to wait in a queue. Overflowed with RuleChoice
	// answers, or Stays.
	LeaveQueue(queue, to string)
	// Offer tells what the phone made of an offer.
	Offer(offer call.OfferID, news OfferNews, words string)
	// Seat tells what happened to a seat that has picked up.
	Seat(seat call.SeatID, news SeatNews)
	// Engage and Release tell that a seat is in the call without routing's doing; wrapUp is the time for work after it.
	Engage(call.SeatID)
	Release(seat call.SeatID, wrapUp time.Duration)
	// PickUp asks for the call for a seat: Ring or PickUpRefused answers. anyCall: whatever the seat's group and skills
	// are; there: its phone need not be rung.
	PickUp(seat call.SeatID, anyCall, there bool)
	// Hand has a seat engaged by another call too, which it becomes part of.
	Hand(seat call.SeatID, to call.ID)
	// Left tells that the caller is gone, and with Disposed that a disposition was filed.
	Left(news LeftNews)
}

// Entry is a call's entry into a queue.
type Entry struct {
	Queue    string
	Skills   map[string]int
	Priority int
	Entry    time.Time // zero: now; the old one when a call comes back, or comes from another site
	Caller   call.Caller
	// Return tells that the call had a place in this queue already: hours and limit are not judged again.
	Return bool
	// Joined, with Return, is when it joined the queue: it comes back from a number or
	// a site that could not be had, and waits on as if it had not been away.
	Joined time.Time
	// Failed are the overflow targets tried in vain.
	Failed []OverflowTarget
}

// OverflowTarget is where an overflow leads outside: one of the two is set.
type OverflowTarget struct{ Number, Site string }

// OfferNews is what a phone made of an offer.
type OfferNews uint8

// What a phone can make of an offer.
const (
	OfferPickedUp OfferNews = iota
	OfferRefused
	OfferNotReached
)

// SeatNews is what happened to a seat in the call.
type SeatNews uint8

// What can happen to a seat in the call.
const (
	SeatConnected SeatNews = iota
	SeatHeld
	SeatResumed
	SeatLegEnded
	SeatTalksOn // its leg has gone over to another call
)

// LeftNews is what the router hears at the call's end.
type LeftNews uint8

// What the router hears at the call's end.
const (
	CallerLeft LeftNews = iota
	Disposed
)

// Flow is the caller's IVR session.
type Flow interface {
	Step(now time.Time, in call.FlowInput) []call.FlowVerb
	// Current names the flow the session is in and tells whether it has a menu.
	Current() (flow string, hasMenu bool)
	// Waiting begins the session of what the callers of a queue hear, beside this one; nil: the queue's music.
	// Its tokens are counted from token on.
	Waiting(queue string, entry time.Time, token uint64) Flow
	// Announce is what the queue tells its callers besides place and wait, to one who entered then and stands there; nothing,
	// where it has nothing to say.
	Announce(now time.Time, queue string, entry time.Time, ahead int, wait *time.Duration) call.FlowWords
	// Verify begins a flow in which a seat has the caller key in a secret, beside this one; empty: the only one the site has.
	// It ends with FlowVerified. The error says why there is none.
	Verify(flow string, token uint64) (Flow, error)
}

// People finds whom a number leads to.
type People interface {
	// Find tells where somebody is to be had now: an agent at the phone he is signed in at, a phone with the
	// agent signed in there. The error says why it can't be called.
	Find(dialled string) (call.Destination, error)
	// Together tells that two agents are of one group or team, and so pick up for one another.
	Together(a, b call.SeatID) bool
}

// House answers what the site says about a queue and a seat, by the newest revision.
type House interface {
	Queue(name string) QueueFacts
	// Recording is whether a conversation is recorded; where that is by lot, it draws.
	Recorded(queue string, seat call.SeatID) RecordingRule
	// AgentNumber is the prompts that announce a seat's agent number.
	AgentNumber(call.SeatID) []string
	// Ahead is, in the caller's language (empty: the house's), the prompts that say how many stand before a waiting caller; none before him: that he is next.
	Ahead(language string, callers int) []string
	// Wait is the prompts that say how long he has still to expect.
	Wait(language string, wait time.Duration) []string
}

// QueueFacts is what the call needs to know of a queue.
type QueueFacts struct {
	Music          string // prompt name, looped while waiting
	SayAgentNumber bool
	RecordOutside  bool          // a conversation with the number or site its rules lead to is recorded
	WrapUp         time.Duration // after a part that routing did not give
	WarnSupervised bool          // a tone tells both that a supervisor has come in
	Announce       Announce
}

// RecordingRule is what the site says about recording one conversation.
type RecordingRule struct {
	Record   bool
	Asked    bool     // somebody in the call may have it recorded
	Words    string   // why it is not, in plain words
	Announce []string // prompts the caller hears when it is
	Key      string   // what an agent presses to pause the recording and to go on; empty: nothing
	Fork     string   // the engine that hears the conversation; empty: none
}

// Announce is what a queue tells its waiting callers in between the music.
type Announce struct {
	Position bool // how many are ahead
	Wait     bool // how long it will take
	First    time.Duration
	Every    time.Duration // after the first; both count from joining the queue
	// MinChange is by how much the expected wait must differ from what was told last to be told again.
	MinChange time.Duration
	Repeat    bool // tell each time; false: only what has changed, a place only when it is a better one
	Words     bool // there is more to say, each time: Flow.Announce
}

// Journal makes events durable, in order. Append returns when they are written.
type Journal interface {
	Append(...call.Envelope) error
}

// IDs makes the ids of legs and recordings.
type IDs interface {
	Leg() call.LegID
	Recording() call.RecordingID
	Callback() call.CallbackID
}
