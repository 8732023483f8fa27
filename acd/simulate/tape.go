package simulate

import (
	"encoding/json"
	"fmt"
	"time"

	"hotline/acd"
)

// A tape is a recorded run of an engine, in lines of JSON:
//
//	{"tape":1,"seed":7}                      how the engine began; or {"tape":1,"snapshot":{…}}
//	{"seq":1,"at":…,"kind":…,"data":{…}}     an input, as acd.InputEnvelope
//	{"out":{"seq":1,"at":…,"kind":…,…}}      an effect of that input, as acd.EffectEnvelope
//
// A log of inputs alone, as driver.WithRecorder writes it, is a tape without the other two.

// tapeVersion is the format's.
const tapeVersion = 1

type tapeHead struct {
	Tape     int             `json:"tape"`
	Seed     uint64          `json:"seed,omitempty"`
	Snapshot json.RawMessage `json:"snapshot,omitempty"`
}

type tapeOut struct {
	Out json.RawMessage `json:"out"`
}

// Tape writes a run down. It does no I/O: Append gives the lines.
type Tape struct {
	Site  string
	Epoch uint64

	inputs, effects uint64
}

// AppendSeed adds the first line for an engine made with a seed.
func (t *Tape) AppendSeed(dst []byte, seed uint64) ([]byte, error) {
	return appendLine(dst, tapeHead{Tape: tapeVersion, Seed: seed})
}

// AppendSnapshot adds the first line for an engine that stands as in a snapshot.
func (t *Tape) AppendSnapshot(dst, snapshot []byte) ([]byte, error) {
	return appendLine(dst, tapeHead{Tape: tapeVersion, Snapshot: snapshot})
}

// Append adds the lines of one step.
func (t *Tape) Append(dst []byte, at time.Time, in acd.Input, out []acd.Effect) ([]byte, error) {
	t.inputs++
	dst, err := appendLine(dst, acd.InputEnvelope{Site: t.Site, Epoch: t.Epoch, Seq: t.inputs, At: at, Input: in})
	for _, ef := range out {
		if err != nil {
			return dst, err
		}
		t.effects++
		dst, err = t.appendOut(dst, acd.EffectEnvelope{Site: t.Site, Epoch: t.Epoch, Seq: t.effects, At: at, Effect: ef})
	}
	return dst, err
}

func (t *Tape) appendOut(dst []byte, v acd.EffectEnvelope) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return dst, fmt.Errorf("tape: %w", err)
	}
	return appendLine(dst, tapeOut{text})
}

func appendLine(dst []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return dst, fmt.Errorf("tape: %w", err)
	}
	return append(append(dst, text...), '\n'), nil
}
