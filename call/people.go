package call

// Way is who called whom: the record's direction. KPIs of the hotline count inbound calls only.
type Way uint8

// The directions. A callback goes on with a customer's call, and is inbound.
const (
	Inbound  Way = iota // 呼入: a trunk called us
	Outbound            // 呼出: a phone of ours, or the API for it, calls an outside number
	Internal            // 内部: phone to phone, or to a queue
)

var directionNames = []string{"inbound", "outbound", "internal"}

func (d Way) String() string { return enumText(directionNames, d) }

// MarshalText gives the direction's name.
func (d Way) MarshalText() ([]byte, error) {
	return enumMarshal("direction", directionNames, d)
}

// UnmarshalText reads a direction's name.
func (d *Way) UnmarshalText(b []byte) (err error) {
	*d, err = enumParse[Way]("direction", directionNames, b)
	return err
}

// TransferMode is how a call is handed on.
type TransferMode uint8

// The modes. The last two end what a consultation began.
const (
	TransferBlind      TransferMode = iota // at once; the seat's part is over
	TransferConsult                        // the seat asks first; the caller hears music
	TransferConference                     // all three talk
	TransferComplete                       // the caller goes to whom the seat has asked
	TransferCancel                         // back to the caller, without whom was asked
)

var transferModes = []string{"blind", "consult", "conference", "complete", "cancel"}

func (m TransferMode) String() string { return enumText(transferModes, m) }

// MarshalText gives the mode's name.
func (m TransferMode) MarshalText() ([]byte, error) {
	return enumMarshal("transfer mode", transferModes, m)
}

// UnmarshalText reads a mode's name.
func (m *TransferMode) UnmarshalText(b []byte) (err error) {
	*m, err = enumParse[TransferMode]("transfer mode", transferModes, b)
	return err
}

// SuperviseMode is a supervisor's way into a live call.
type SuperviseMode uint8

// The modes.
const (
	Monitor   SuperviseMode = iota // 监听: hears both, is heard by none
	Whisper                        // 耳语: heard by the agent alone
	Barge                          // 插入: heard by both
	Intercept                      // 拦截: takes the customer over; the agent's part is over
	Release                        // 强制挂断: cuts the call
)

var superviseModes = []string{"monitor", "whisper", "barge", "intercept", "release"}

func (m SuperviseMode) String() string { return enumText(superviseModes, m) }

// MarshalText gives the mode's name.
func (m SuperviseMode) MarshalText() ([]byte, error) {
	return enumMarshal("mode of supervision", superviseModes, m)
}

// UnmarshalText reads a mode's name.
func (m *SuperviseMode) UnmarshalText(b []byte) (err error) {
	*m, err = enumParse[SuperviseMode]("mode of supervision", superviseModes, b)
	return err
}
