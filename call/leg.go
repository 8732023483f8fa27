package call

import "time"

// LegEvent is something that happened on a leg's dialog. The sip room makes
// them, the call's actor takes them, in order, from its mailbox.
type LegEvent interface{ legEvent() }

// LegRinging is a 180 or 183 from a seat's phone, or from a number dialled, once.
type LegRinging struct{}

// LegEarly is sound before the answer, from a number dialled through a trunk with
// early_media: ring-back or an announcement (183 with SDP). It may come more than once, and before LegRinging.
type LegEarly struct {
	Media MediaSpec
	Talk  bool // whoever hears it may be heard there as well
}

// LegAnswered is the far end's 200 to our INVITE, already acknowledged, or the
// ACK to our 200 (the leg is confirmed). Media is nil when the exchange brought no
// new description (an ACK without SDP).
type LegAnswered struct{ Media *MediaSpec }

// LegFailed is the final failure of a leg we rang or dialled. It is what all contacts of
// the phone came to; Result says what it does to the seat, by the table in
// docs/architecture.md ("What a phone's answer does to its seat").
type LegFailed struct {
	Status int // SIP status; 0 when there was no response at all
	Result OfferResult
	Alarm  bool // the phone is set up wrongly (415, 488)
	Words  string
	// Dial is what became of a number dialled; for legs of Dial only, whose Result means nothing.
	Dial DialResult
	// Diverted is whom the phone would rather have rung (user part of a 3xx's first Contact); empty without a 3xx.
	Diverted string
}

// LegRefer is the far end's wish to be taken out of the call and have To put in its place
// (RFC 3515). It has been answered 202; sip's Leg.Referred tells it how that goes.
type LegRefer struct {
	Event uint32 // tells several wishes of a leg apart (RFC 3515 2.4.6)
	To    string // user part of Refer-To: an agent, phone, queue or number
	// Replaces is the leg of ours at the other end of the dialog that Refer-To's Replaces names
	// (an attended transfer, RFC 3891); nil for a blind one.
	Replaces *LegRef
	Early    bool   // that leg has called somebody who rings still
	By       string // the Referred-By header (RFC 3892), to be sent on to a phone of ours; empty without one
}

// LegChanged is a new offer/answer inside the dialog, already answered: hold,
// resume, a new address or codec.
type LegChanged struct{ Media MediaSpec }

// LegDigit is a key pressed, by SIP INFO (application/dtmf-relay or application/dtmf).
type LegDigit struct {
	Digit    byte
	Duration time.Duration
}

// LegEnded is the end of the dialog by the far end or the wire; a leg that we
// End reports it too, once, when nothing more will come.
type LegEnded struct {
	Cause  Cause
	ByPeer bool // the far end sent BYE or CANCEL
}

// LegRecorded is what a session recording server has agreed to (RFC 7866): the caller's stream and that of whom he talks
// to. It comes with the answer and with each change after it.
type LegRecorded struct{ Media [2]MediaSpec }

func (LegRecorded) legEvent() {}
func (LegRinging) legEvent()  {}
func (LegEarly) legEvent()    {}
func (LegAnswered) legEvent() {}
func (LegFailed) legEvent()   {}
func (LegChanged) legEvent()  {}
func (LegDigit) legEvent()    {}
func (LegRefer) legEvent()    {}
func (LegEnded) legEvent()    {}

// SoundEvent is something that happened in a leg's sound. The media room makes them.
type SoundEvent interface{ soundEvent() }

// SoundDigit is a key pressed, by RFC 4733, once per event however many packets carried it; or by its tones within
// the sound (ITU-T Q.23).
type SoundDigit struct {
	Digit    byte
	Duration time.Duration
}

// SoundPlayed is the end of a Play: it came to its end, or another Play or Stop cut it.
type SoundPlayed struct {
	Play uint64 // the number Play returned
	Cut  bool
}

// SoundTimeout tells that a leg which had been sending has sent nothing for the RTP time limit.
type SoundTimeout struct{ Silent time.Duration }

func (SoundDigit) soundEvent()   {}
func (SoundPlayed) soundEvent()  {}
func (SoundTimeout) soundEvent() {}
