package call

// SoundWay is one way of a leg's sound.
type SoundWay struct {
	Packets uint64 `json:"packets"` // that came here, or that we sent
	Lost    uint64 `json:"lost"`    // on their way
	// JitterSeconds is the interarrival jitter of RFC 3550 section 6.4.1 at the end.
	JitterSeconds float64 `json:"jitter_seconds"`
	// MOS is the mean opinion score by the E-model (ITU-T G.107), 1 to 4.41; left out where nothing is known.
	MOS float64 `json:"mos,omitempty"`
}

// SoundQuality is what a leg's sound was like, both ways. What we send is known by the far end's reports
// (RTCP) only: without any, losses and jitter of Sent are 0 and there is no MOS.
type SoundQuality struct {
	Codec Codec `json:"codec"` // negotiated last
	// RoundTripSeconds is the time to the far end and back, by its reports; left out where not known.
	RoundTripSeconds float64  `json:"round_trip_seconds,omitempty"`
	Received         SoundWay `json:"received"` // from the far end
	Sent             SoundWay `json:"sent"`     // to the far end
}

// SoundEnded tells that a leg's sound has been given up: the last event of it.
type SoundEnded struct{ SoundQuality }

func (SoundEnded) soundEvent() {}

// SoundParty is whom a leg's sound led to.
type SoundParty uint8

// The parties.
const (
	SoundCaller     SoundParty = iota // or, in a call of ours, the customer
	SoundAgent                        // a seat, or a phone where nobody is signed in
	SoundOutside                      // an outside number, or another site
	SoundSupervisor                   // who listened, whispered or came in
)

var soundParties = []string{"caller", "agent", "outside", "supervisor"}

func (p SoundParty) String() string { return enumText(soundParties, p) }

// MarshalText gives the party's name.
func (p SoundParty) MarshalText() ([]byte, error) { return enumMarshal("party", soundParties, p) }

// UnmarshalText reads a party's name.
func (p *SoundParty) UnmarshalText(b []byte) (err error) {
	*p, err = enumParse[SoundParty]("party", soundParties, b)
	return err
}

// SoundMeasured is the end of a leg's sound, with what it was like. Legs on which
// nothing was negotiated have none.
type SoundMeasured struct {
	Leg    LegID      `json:"leg"`
	Party  SoundParty `json:"party"`
	Seat   SeatID     `json:"seat,omitempty"`
	Phone  string     `json:"phone,omitempty"`  // of ours
	Number string     `json:"number,omitempty"` // outside
	SoundQuality
}

// Kind is the event's name.
func (SoundMeasured) Kind() string { return "sound_measured" }

// soundMeasured files it. A leg that another call brought is filed where it ended.
func (f *Folder) soundMeasured(v SoundMeasured) { f.rec.Quality = append(f.rec.Quality, v) }
