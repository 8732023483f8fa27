package deck

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"hotline/acd"
	"hotline/acd/tape"
)

// Suffix is how the files of a deck end.
const Suffix = ".tape.gz"

// reel is a file being written.
type reel struct {
	name  string
	began time.Time
	file  *os.File
	disk  *counted
	out   *bufio.Writer
	pack  *gzip.Writer
	lines tape.Writer
	line  []byte
	raw   int64 // bytes before compression
	stale bool  // something has been written since the last flush
}

// openReel begins a file. Its name sorts by time: 20261129T083000.123Z-7.tape.gz, 7 being the epoch.
func openReel(o Options, now time.Time, state acd.State) (*reel, error) {
	snapshot, err := state.Snapshot()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(o.Dir, fmt.Sprintf("%s-%d%s", now.UTC().Format("20060102T150405.000Z"), o.Epoch, Suffix))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	r := &reel{name: name, began: now, file: f, disk: &counted{w: f}, lines: tape.Writer{Site: o.Site, Epoch: o.Epoch}}
	r.out = bufio.NewWriterSize(r.disk, 64<<10)
	if r.pack, err = gzip.NewWriterLevel(r.out, gzip.BestSpeed); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if r.line, err = r.lines.AppendSnapshot(r.line, snapshot); err == nil {
		err = errors.Join(r.write(), r.flush())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(name))
	}
	return r, nil
}

func (r *reel) step(l letter) (err error) {
	if r.line, err = r.lines.Append(r.line[:0], l.at, l.in, l.out); err != nil {
		return err
	}
	return r.write()
}

func (r *reel) write() error {
	r.raw += int64(len(r.line))
	r.stale = true
	_, err := r.pack.Write(r.line)
	return err
}

// flush lets a reader see everything so far, also after a kill -9.
func (r *reel) flush() error {
	r.stale = false
	return errors.Join(r.pack.Flush(), r.out.Flush())
}

// close tells how many bytes the file has.
func (r *reel) close() (int64, error) {
	err := errors.Join(r.pack.Close(), r.out.Flush(), r.file.Close())
	return r.disk.n, err
}

// counted counts what goes through it.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
