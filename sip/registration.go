package sip

import (
	"fmt"
	"time"
)

// RegistrationPhase is how far a registration with a carrier has come.
type RegistrationPhase uint8

// The phases.
const (
	Registering RegistrationPhase = iota // the first answer is still to come
	Registered
	RegistrationFailed // refused or unanswered; tried again after a while
)

var registrationPhases = []string{"registering", "registered", "failed"}

func (p RegistrationPhase) String() string {
	if int(p) < len(registrationPhases) {
		return registrationPhases[p]
	}
	return fmt.Sprintf("invalid(%d)", uint8(p))
}

// MarshalText gives the phase's name.
func (p RegistrationPhase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// RegistrationState is a registration with a carrier as API and metrics show it.
type RegistrationState struct {
	State   RegistrationPhase `json:"state"`
	Since   time.Time         `json:"since,omitzero"`
	Expires time.Time         `json:"expires,omitzero"` // of the binding in force
	Next    time.Time         `json:"next,omitzero"`    // REGISTER
	Words   string            `json:"words,omitempty"`  // why it failed
}
