package recording

import (
	"errors"
	"fmt"
	"io/fs"
)

// wav is a recording's file while it is being written. After an error the call
// that failed may be made again: nothing is counted that was not written.
type wav struct {
	dir     folder
	name    string
	f       file // nil until the first success
	law     law
	written int64 // samples a channel that are in the file
	said    int64 // samples a channel that the header counts
}

// half is added to the name of a file that is not whole yet.
const half = ".new"

// open creates the file, with a header that counts nothing. Its law is a guess
// until the first packet.
func (w *wav) open() error {
	if w.dir.taken(w.name) {
		return fmt.Errorf("%s exists already", w.name)
	}
	if err := w.create(lawA); err != nil {
		return err
	}
	return w.publish()
}

// create makes the file under its half name, so that whoever sees a name sees a
// whole header.
func (w *wav) create(l law) error {
	f, err := createAnew(w.dir, w.name+half)
	if err != nil {
		return err
	}
	w.f, w.law = f, l
	if _, err := f.WriteAt(l.header(0), 0); err != nil {
		return w.abandon(err)
	}
	return nil
}

// createAnew makes a file; one that an earlier try left is removed first.
func createAnew(dir folder, name string) (file, error) {
	f, err := dir.create(name)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	if err := removed(dir.remove(name)); err != nil {
		return nil, err
	}
	return dir.create(name)
}

// publish gives the file its name.
func (w *wav) publish() error {
	if err := w.dir.rename(w.name+half, w.name); err != nil {
		return w.abandon(err)
	}
	return nil
}

// abandon closes and removes a file that can't be made.
func (w *wav) abandon(err error) error {
	err = errors.Join(err, w.f.Close(), w.dir.remove(w.name+half))
	*w = wav{dir: w.dir, name: w.name}
	return err
}

// relabel changes the law of a file that holds no samples yet.
func (w *wav) relabel(l law) error {
	if _, err := w.f.WriteAt(l.header(0), 0); err != nil {
		return err
	}
	w.law = l
	return nil
}

// append adds whole frames. The header does not count them before commit.
func (w *wav) append(frames []byte) error {
	at := w.law.headSize() + w.written*int64(w.law.frame())
	if _, err := w.f.WriteAt(frames, at); err != nil {
		return err
	}
	w.written += int64(len(frames) / w.law.frame())
	return nil
}

// silence adds silence until the file holds this many samples a channel.
func (w *wav) silence(until int64, scratch []byte) error {
	if w.written >= until {
		return nil
	}
	w.law.silence(scratch)
	for w.written < until {
		n := min((until-w.written)*int64(w.law.frame()), int64(len(scratch)))
		if err := w.append(scratch[:n]); err != nil {
			return err
		}
	}
	return nil
}

// commit makes the header count what has been written: always after the samples.
func (w *wav) commit() error {
	if w.said == w.written {
		return nil
	}
	if _, err := w.f.WriteAt(w.law.header(w.written), 0); err != nil {
		return err
	}
	w.said = w.written
	return nil
}

// widen rewrites the file as 16-bit samples: into another file, which takes
// its name when it is whole. Until then the old one stays as it is.
func (w *wav) widen(scratch []byte) error {
	next := wav{dir: w.dir, name: w.name}
	if err := next.create(lawPCM); err != nil {
		return err
	}
	if err := w.copyTo(&next, scratch); err != nil {
		return next.abandon(err)
	}
	if err := next.publish(); err != nil {
		return err
	}
	old := w.f
	*w = next
	return old.Close()
}

// copyTo decodes all samples into a PCM file, through the scratch buffer.
func (w *wav) copyTo(next *wav, scratch []byte) error {
	third := len(scratch) / 3 &^ 1 // one part G.711, two parts PCM
	from, to := scratch[:third], scratch[third:3*third]
	for next.written < w.written {
		n := min((w.written-next.written)*int64(w.law.frame()), int64(third))
		if _, err := w.f.ReadAt(from[:n], headLaw+next.written*int64(w.law.frame())); err != nil {
			return err
		}
		w.law.decode(to, from[:n])
		if err := next.append(to[:2*n]); err != nil {
			return err
		}
	}
	return next.commit()
}
