package tape

import (
	"bytes"
	"encoding/json"
	"fmt"

	"hotline/acd"
	"hotline/call"
)

// Replay runs a tape through a new engine, line by line, and compares what the
// engine decides with what the tape says it did, byte by byte. A tape without
// effects is compared with a twin engine, which is taken apart into a snapshot and
// put together again on the way: so at least the log determines the run.
type Replay struct {
	engine *acd.Engine
	twin   *acd.Engine // of a tape without effects
	strict bool        // the tape has effects
	begun  bool
	lines  int
	made   uint64 // effects so far

	pending [][]byte // effects of the last input that the tape has not shown yet
	from    int      // its line
	Inputs  int
	Effects int         // compared
	First   *Difference // nil: none
}

// Difference is the first place at which a replay does not do what the tape says.
type Difference struct {
	Line int    // of the tape
	Tape string // what it says; empty: nothing more for this input
	Now  string // what the engine does; empty: nothing more
}

// twinEvery is after how many inputs the twin goes through a snapshot.
const twinEvery = 5000

// NewReplay begins a replay; the seed is for tapes that do not bring their own.
func NewReplay(seed uint64) *Replay {
	return &Replay{engine: acd.New(seed), twin: acd.New(seed)}
}

// Line takes the next line. After a Difference lines change nothing any more. The
// error has call.CodeInvalid: it is no line of a tape, with its number and what would be right.
func (r *Replay) Line(text []byte) error {
	r.lines++
	text = bytes.TrimSpace(text)
	if len(text) == 0 || r.First != nil {
		return nil
	}
	var what struct {
		Tape     int             `json:"tape"`
		Seed     uint64          `json:"seed"`
		Snapshot json.RawMessage `json:"snapshot"`
		Out      json.RawMessage `json:"out"`
	}
	if err := json.Unmarshal(text, &what); err != nil {
		return r.wrong("is no JSON (%v); each line is one object as a node records it", err)
	}
	switch {
	case what.Out != nil:
		return r.effect(what.Out)
	case what.Tape != 0:
		return r.begin(head{what.Tape, what.Seed, what.Snapshot})
	}
	return r.input(text)
}

func (r *Replay) wrong(format string, args ...any) error {
	return call.Errorf(call.CodeInvalid, "line %d "+format, append([]any{r.lines}, args...)...)
}

func (r *Replay) begin(h head) error {
	switch {
	case r.begun:
		return r.wrong("begins a tape within one; replay one at a time")
	case h.Tape != version:
		return r.wrong("has tape version %d; this engine reads %d", h.Tape, version)
	}
	r.begun, r.strict = true, true
	if len(h.Snapshot) == 0 {
		r.engine = acd.New(h.Seed)
		return nil
	}
	engine, err := acd.Restore(h.Snapshot)
	if err != nil {
		return r.wrong("has a snapshot that does not hold together: %w", err)
	}
	r.engine = engine
	return nil
}

func (r *Replay) input(text []byte) error {
	var v acd.InputEnvelope
	if err := json.Unmarshal(text, &v); err != nil {
		return r.wrong("is no input: %w", err)
	}
	r.settle()
	if r.First != nil {
		return nil
	}
	r.begun = true
	r.Inputs++
	r.from = r.lines
	var err error
	if r.pending, err = r.effects(r.engine.Step(v.At, v.Input), v); err != nil || r.strict {
		return err
	}
	return r.withTwin(v)
}

// effects encodes what the engine did as a tape would.
func (r *Replay) effects(out []acd.Effect, v acd.InputEnvelope) ([][]byte, error) {
	var texts [][]byte
	for i, ef := range out {
		text, err := json.Marshal(acd.EffectEnvelope{
			Site: v.Site, Epoch: v.Epoch, Seq: r.made + uint64(i) + 1, At: v.At, Effect: ef,
		})
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", r.lines, err)
		}
		texts = append(texts, text)
	}
	r.made += uint64(len(out))
	return texts, nil
}

// withTwin has the second engine do the same.
func (r *Replay) withTwin(v acd.InputEnvelope) error {
	if r.Inputs%twinEvery == 0 {
		text, err := r.twin.Snapshot()
		if err != nil {
			return fmt.Errorf("line %d: %w", r.lines, err)
		}
		if r.twin, err = acd.Restore(text); err != nil {
			return fmt.Errorf("line %d: %w", r.lines, err)
		}
	}
	out := r.twin.Step(v.At, v.Input)
	r.made -= uint64(len(r.pending)) // the twin's are numbered alike
	texts, err := r.effects(out, v)
	if err != nil {
		return err
	}
	mine := r.pending
	for _, text := range texts {
		r.compare(text)
	}
	if r.settle(); r.First == nil {
		r.pending = nil
		return nil
	}
	r.pending = mine
	return nil
}

// effect compares one of the tape's with the next of the engine's.
func (r *Replay) effect(text []byte) error {
	if r.Inputs == 0 {
		return r.wrong("is an effect before any input")
	}
	r.compare(text)
	return nil
}

func (r *Replay) compare(text []byte) {
	switch {
	case r.First != nil:
	case len(r.pending) == 0:
		r.First = &Difference{Line: r.lines, Tape: string(text)}
	case !bytes.Equal(text, r.pending[0]):
		r.First = &Difference{Line: r.lines, Tape: string(text), Now: string(r.pending[0])}
	default:
		r.pending = r.pending[1:]
		r.Effects++
	}
}

// settle finds effects of the last input that the tape does not have.
func (r *Replay) settle() {
	if r.First == nil && len(r.pending) > 0 {
		r.First = &Difference{Line: r.from, Now: string(r.pending[0])}
	}
}

// End is after the last line: whether the tape is what the engine does.
func (r *Replay) End() bool {
	r.settle()
	return r.First == nil
}

// Strict reports whether the tape brought its effects.
func (r *Replay) Strict() bool { return r.strict }
