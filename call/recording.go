package call

import "time"

// RecordingBegan is a recording opened; a crash leaves it without an end.
type RecordingBegan struct {
	Recording RecordingID `json:"recording"`
	Mailbox   string      `json:"mailbox,omitempty"` // of a voicemail; empty for a conversation
	Queue     string      `json:"queue,omitempty"`   // whose rules it is kept by
	Reason    string      `json:"reason,omitempty"`  // who asked for it, if somebody did
}

// RecordingSkipped is a conversation that is not recorded because the site says
// so. A conversation with neither this nor a recording is a missing one (漏录).
type RecordingSkipped struct {
	Seat   SeatID `json:"seat"`
	Queue  string `json:"queue"`
	Reason string `json:"reason"`
}

// RecordingPaused is the moment from which a recording holds silence instead of what is said.
type RecordingPaused struct {
	Recording RecordingID `json:"recording"`
	By        Party       `json:"by"` // agent (a key), system (a flow, the API)
	Reason    string      `json:"reason"`
}

// RecordingResumed is its end: nothing asks for silence any more.
type RecordingResumed struct {
	Recording RecordingID `json:"recording"`
	By        Party       `json:"by"`
	Reason    string      `json:"reason"`
}

// RecordingEnded is a recording closed, with its facts.
type RecordingEnded struct {
	Recording RecordingID    `json:"recording"`
	Facts     RecordingFacts `json:"facts"`
	Failed    string         `json:"failed,omitempty"` // why it is incomplete, if it is
}

// RecordingAnalysed is what was found out about a recording's sound after its end.
type RecordingAnalysed struct {
	Recording RecordingID    `json:"recording"`
	Sound     RecordingSound `json:"sound"`
}

// RecordingErased is a recording's sound erased, with its key and what was derived from it.
type RecordingErased struct {
	Recording RecordingID `json:"recording"`
	By        string      `json:"by"` // a user, or system when its time was over
	Reason    string      `json:"reason"`
}

// ForkBegan is an engine outside beginning to hear the call while it goes on.
type ForkBegan struct {
	Engine string `json:"engine"` // by its name in the site
	Reason string `json:"reason"` // who wanted it
}

// ForkEnded is its end.
type ForkEnded struct {
	Engine string `json:"engine"`
	Reason string `json:"reason"`
}

// SiprecTaken is a session recording server outside (RFC 7866) that records the conversation from now on.
type SiprecTaken struct {
	Recorder string `json:"recorder"` // by its name in the site
	Session  string `json:"session"`  // as its metadata names it
}

// SiprecLost tells that none does: all have refused, or the one that did has ended it. It is tried on.
type SiprecLost struct {
	Recorder string `json:"recorder"`
	Words    string `json:"words"`
}

func (SiprecTaken) Kind() string { return "siprec_taken" }
func (SiprecLost) Kind() string  { return "siprec_lost" }

func (ForkBegan) Kind() string { return "fork_began" }
func (ForkEnded) Kind() string { return "fork_ended" }

func (RecordingBegan) Kind() string    { return "recording_began" }
func (RecordingSkipped) Kind() string  { return "recording_skipped" }
func (RecordingPaused) Kind() string   { return "recording_paused" }
func (RecordingResumed) Kind() string  { return "recording_resumed" }
func (RecordingEnded) Kind() string    { return "recording_ended" }
func (RecordingAnalysed) Kind() string { return "recording_analysed" }
func (RecordingErased) Kind() string   { return "recording_erased" }

// RecordingFacts is what is known of a finished recording.
type RecordingFacts struct {
	ID       RecordingID   `json:"id"`
	Call     ID            `json:"call"`
	Started  time.Time     `json:"started"`
	Length   time.Duration `json:"length"`
	Bytes    int64         `json:"bytes"`
	Format   string        `json:"format"` // "wav/pcma", "wav/pcmu", "wav/pcm16"
	Path     string        `json:"path"`   // within the recordings folder
	Left     TrackFacts    `json:"left"`   // the caller
	Right    TrackFacts    `json:"right"`  // the seats
	Complete bool          `json:"complete"`
	// Queue and Mailbox say by whose rules it is kept.
	Queue   string `json:"queue,omitempty"`
	Mailbox string `json:"mailbox,omitempty"`
	// Marks are the stretches of it that need a word, in order.
	Marks []RecordingMark `json:"marks,omitempty"`
	// Sound is nil until the recording was analysed.
	Sound *RecordingSound `json:"sound,omitempty"`
	// Erased is when its sound was erased; nil while it is there.
	Erased *time.Time `json:"erased,omitempty"`
}

// TrackFacts is what happened on one side of a recording.
type TrackFacts struct {
	Packets     uint64            `json:"packets"`
	Lost        uint64            `json:"lost"`    // sequence numbers never seen
	Late        uint64            `json:"late"`    // came after their place was written
	Overrun     uint64            `json:"overrun"` // packets the ring had no room for
	Anchors     uint64            `json:"anchors"` // first packet, SSRC changes, gaps
	Corrections []TrackCorrection `json:"corrections,omitempty"`
	Losses      []TrackLoss       `json:"losses,omitempty"` // where packets are missing
}

// TrackLoss is a stretch of a track in which packets are missing, that never came or came too late; what of it lies less than a
// second apart is one.
type TrackLoss struct {
	At      time.Duration `json:"at"` // from the recording's start
	Length  time.Duration `json:"length"`
	Packets int           `json:"packets"`
}

// TrackCorrection is the one place where a recording is not exact: the track had
// drifted more than 8 ms off the node's clock and was set right in one step.
type TrackCorrection struct {
	At      time.Duration `json:"at"`      // from the recording's start
	Samples int           `json:"samples"` // inserted if positive, dropped if negative; 8,000 a second
}

// MarkKind is what a mark in a recording means.
type MarkKind uint8

// The marks.
const (
	MarkPaused MarkKind = iota // somebody had it paused: silence on both sides
	MarkMixed                  // several were heard on the right side at once, and added up
	MarkLost                   // the disk took nothing: silence on both sides
)

var markKinds = []string{"paused", "mixed", "lost"}

func (k MarkKind) String() string { return enumText(markKinds, k) }

// MarshalText gives the mark's name.
func (k MarkKind) MarshalText() ([]byte, error) { return enumMarshal("mark", markKinds, k) }

// UnmarshalText reads a mark's name.
func (k *MarkKind) UnmarshalText(b []byte) (err error) {
	*k, err = enumParse[MarkKind]("mark", markKinds, b)
	return err
}

// RecordingMark is a stretch of a recording that is not simply what was said.
type RecordingMark struct {
	Kind   MarkKind      `json:"kind"`
	At     time.Duration `json:"at"` // from the recording's start
	Length time.Duration `json:"length"`
}

// RecordingSound is what the sound of a recording shows. The shares add up to 1.
type RecordingSound struct {
	Left     float64   `json:"left"`     // share of the time in which the caller alone talks
	Right    float64   `json:"right"`    // the seats alone
	Overtalk float64   `json:"overtalk"` // both at once
	Silence  float64   `json:"silence"`  // neither
	Levels   [2]*Level `json:"levels"`   // caller, seats; nil for a side that never talks
	// LongestSilence is the longest stretch in which nobody talks.
	LongestSilence time.Duration `json:"longest_silence"`
	// MOS of what was received, by the E-model from loss alone: caller, seats; 0 when nothing came.
	MOS [2]float64 `json:"mos"`
	// PeakStep is how much time one peak of the wave picture covers.
	PeakStep time.Duration `json:"peak_step"`
	// Digest is the SHA-256 of all samples, in hex: what a later check compares.
	Digest string `json:"digest"`
}

// Level is how loud a side is, in dB relative to full scale (dBFS, a full-scale sine is -3).
type Level struct {
	Talk float64 `json:"talk"` // mean power while it talks
	Peak float64 `json:"peak"` // the largest sample
}
