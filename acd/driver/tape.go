package driver

import (
	"time"

	"hotline/acd"
)

// Tape takes every step down, inputs and effects, so that they can be replayed.
// It is called on the driver's goroutine, in order, and must return at once.
type Tape interface {
	// Begin is how the engine stands now: before the first step, and after each
	// step that asked for it. Nothing of a step before belongs to the steps after it.
	Begin(acd.State)
	// Step is one step. It reports whether the tape must be told how the engine
	// stands before it can take another. The slice is the engine's: keep only what is in it.
	Step(at time.Time, in acd.Input, out []acd.Effect) (begin bool)
}

// WithTape has every step taken down.
func WithTape(t Tape) Option { return func(d *Driver) { d.tape = t } }

// taped has the tape take a step down, after which it may want to begin anew.
func (d *Driver) taped(at time.Time, in acd.Input, out []acd.Effect) {
	if d.tape != nil && d.tape.Step(at, in, out) {
		d.tape.Begin(d.engine.State())
	}
}
