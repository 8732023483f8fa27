package driver

import (
	"io"
	"time"

	"hotline/acd"
	"hotline/acd/tape"
)

// taped writes every step down, inputs and effects.
type taped struct {
	out    io.Writer
	lines  tape.Writer
	buffer []byte
}

// WithTape writes a tape to w: how the engine stands at the start, then every
// input and what the engine made of it, so that a replay can tell where another version
// of the engine decides otherwise. w is written to on the driver's goroutine: buffer it. After a
// failed write taping stops, with an error in the log, and routing goes on.
func WithTape(w io.Writer, site string, epoch uint64) Option {
	return func(d *Driver) { d.tape = &taped{out: w, lines: tape.Writer{Site: site, Epoch: epoch}} }
}

// begin writes the first line.
func (t *taped) begin(engine *acd.Engine) error {
	snapshot, err := engine.Snapshot()
	if err != nil {
		return err
	}
	if t.buffer, err = t.lines.AppendSnapshot(t.buffer[:0], snapshot); err != nil {
		return err
	}
	_, err = t.out.Write(t.buffer)
	return err
}

func (t *taped) step(at time.Time, in acd.Input, out []acd.Effect) (err error) {
	if t.buffer, err = t.lines.Append(t.buffer[:0], at, in, out); err != nil {
		return err
	}
	_, err = t.out.Write(t.buffer)
	return err
}
