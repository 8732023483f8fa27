package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"hotline/acd"
	acdtape "hotline/acd/tape"
)

// maxLogLine bounds a line of a recorded log: a whole site's rules are one line.
const maxLogLine = 256 << 20

// tapeFile is a log being written.
type tapeFile struct {
	file *os.File
	out  *bufio.Writer
	made acdtape.Writer
	line []byte
	err  error // the first; nothing is written after it
}

// createTape begins a log of an engine made with a seed.
func createTape(name string, seed uint64) (*tapeFile, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	t := &tapeFile{file: f, out: bufio.NewWriterSize(f, 1<<20)}
	t.line, t.err = t.made.AppendSeed(t.line, seed)
	t.flush()
	return t, nil
}

// step writes one step down; Close tells what went wrong.
func (t *tapeFile) step(at time.Time, in acd.Input, out []acd.Effect) {
	if t.err == nil {
		t.line, t.err = t.made.Append(t.line[:0], at, in, out)
		t.flush()
	}
}

func (t *tapeFile) flush() {
	if t.err == nil {
		_, t.err = t.out.Write(t.line)
	}
}

// Close writes what is left.
func (t *tapeFile) Close() error {
	return errors.Join(t.err, t.out.Flush(), t.file.Close())
}

// replay runs a recorded log through the engine again and tells the first difference.
func replay(o SimulateOptions) error {
	f, err := os.Open(o.Replay)
	if err != nil {
		return wrong(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	r := acdtape.NewReplay(o.Seed)
	if err := eachLine(f, r.Line); err != nil {
		return wrong(fmt.Errorf("%s: %w", o.Replay, err))
	}
	return tellReplay(o, r)
}

func eachLine(in io.Reader, take func([]byte) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<20), maxLogLine)
	for lines.Scan() {
		if err := take(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// tellReplay says whether the log and the engine agree. A difference is the input's fault: exit code 1.
func tellReplay(o SimulateOptions, r *acdtape.Replay) error {
	same := r.End()
	against := "effects as recorded"
	if !r.Strict() {
		against = "effects, the same from a second engine (the log holds inputs only)"
	}
	if _, err := fmt.Fprintf(o.Stdout, "%s: %d inputs replayed, %d %s\n", o.Replay, r.Inputs, r.Effects, against); err != nil || same {
		return err
	}
	d := r.First
	if _, err := fmt.Fprintf(o.Stdout, "%s:%d:1: the first difference\n  recorded: %s\n  now:      %s\n",
		o.Replay, d.Line, orNothing(d.Tape), orNothing(d.Now)); err != nil {
		return err
	}
	return toldError{fmt.Errorf("the replay differs from the log: %w", ErrInput)}
}

func orNothing(text string) string {
	if text == "" {
		return "nothing more of this input"
	}
	return text
}
