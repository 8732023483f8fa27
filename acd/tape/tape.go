// Package tape writes down what an engine is given and what it decides, and
// replays that in a new one: the same inputs give the same effects, to the byte.
// It is pure: it makes and takes lines, others read and write them.
//
// A tape is lines of JSON:
//
//	{"tape":1,"seed":7}                      how the engine began; or {"tape":1,"snapshot":{…}}
//	{"seq":1,"at":…,"kind":…,"data":{…}}     an input, as acd.InputEnvelope
//	{"out":{"seq":1,"at":…,"kind":…,…}}      an effect of that input, as acd.EffectEnvelope
//
// Inputs alone are a tape without the other two.
package tape

import (
	"encoding/json"
	"fmt"
	"time"

	"hotline/acd"
)

// version is the format's.
const version = 1

type head struct {
	Tape     int             `json:"tape"`
	Seed     uint64          `json:"seed,omitempty"`
	Snapshot json.RawMessage `json:"snapshot,omitempty"`
}

// Writer makes the lines of a tape: each Append adds some to a buffer.
type Writer struct {
	Site  string
	Epoch uint64

	inputs, effects uint64
}

// AppendSeed adds the first line for an engine made with a seed.
func (t *Writer) AppendSeed(dst []byte, seed uint64) ([]byte, error) {
	return appendLine(dst, head{Tape: version, Seed: seed})
}

// AppendSnapshot adds the first line for an engine that stands as in a snapshot.
func (t *Writer) AppendSnapshot(dst, snapshot []byte) ([]byte, error) {
	return appendLine(dst, head{Tape: version, Snapshot: snapshot})
}

// Append adds the lines of one step.
func (t *Writer) Append(dst []byte, at time.Time, in acd.Input, out []acd.Effect) ([]byte, error) {
	t.inputs++
	dst, err := acd.InputEnvelope{Site: t.Site, Epoch: t.Epoch, Seq: t.inputs, At: at, Input: in}.AppendJSON(dst)
	if err != nil {
		return dst, fmt.Errorf("tape: %w", err)
	}
	dst = append(dst, '\n')
	for _, ef := range out {
		t.effects++
		dst = append(dst, `{"out":`...)
		dst, err = acd.EffectEnvelope{Site: t.Site, Epoch: t.Epoch, Seq: t.effects, At: at, Effect: ef}.AppendJSON(dst)
		if err != nil {
			return dst, fmt.Errorf("tape: %w", err)
		}
		dst = append(dst, '}', '\n')
	}
	return dst, nil
}

func appendLine(dst []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return dst, fmt.Errorf("tape: %w", err)
	}
	return append(append(dst, text...), '\n'), nil
}
