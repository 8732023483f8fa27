package app

import (
	"bufio"
	"errors"
	"os"
	"time"

	"hotline/acd"
	acdtape "hotline/acd/tape"
)

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
