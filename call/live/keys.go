package live

import (
	"time"

	"hotline/call"
)

// toldTwice tells that a message is of a key whose press has counted already: some gateways tell by SIP INFO what
// they leave in the sound as well.
func (a *Actor) toldTwice(m Message) bool {
	switch m := m.(type) {
	case LegNews:
		if d, ok := m.Event.(call.LegDigit); ok {
			return !a.measured.pressesOf(m.Leg).Counts(d.Digit, call.KeyInSignalling, d.Duration, time.Now())
		}
	case SoundNews:
		if d, ok := m.Event.(call.SoundDigit); ok {
			return !a.measured.pressesOf(m.Leg).Counts(d.Digit, call.KeyInSound, d.Duration, time.Now())
		}
	}
	return false
}

// pressesOf is what a leg has pressed.
func (m *measured) pressesOf(leg call.LegID) *call.Presses {
	if m.presses == nil {
		m.presses = map[call.LegID]*call.Presses{}
	}
	if m.presses[leg] == nil {
		m.presses[leg] = new(call.Presses)
	}
	return m.presses[leg]
}
