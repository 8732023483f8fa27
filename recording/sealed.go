package recording

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"hotline/recording/seal"
)

// Extensions of a recording's files.
const (
	extPlain  = ".wav"
	extSealed = ".hlr"   // a seal file: the samples, without a header
	extPeaks  = ".peaks" // the wave picture and checksums, beside either
)

// sealedFolder seals the recordings made in a folder. Whoever writes one believes
// it to be a WAV file: its samples become chunks, its header is left out, since all
// it says is known from the chunks.
type sealedFolder struct {
	folder
	keys seal.Keys
}

// isSealed tells a sealed recording by its name.
func isSealed(name string) bool {
	ext := path.Ext(strings.TrimSuffix(name, half))
	return ext == extSealed || ext == extSealedOpus
}

// idOf is the recording's id in a file's name: what its chunks are bound to.
func idOf(name string) string {
	name = path.Base(strings.TrimSuffix(name, half))
	return strings.TrimSuffix(name, path.Ext(name))
}

func (d sealedFolder) create(name string) (file, error) {
	f, err := d.folder.create(name)
	if err != nil || !isSealed(name) {
		return f, err
	}
	w, err := seal.Create(f, d.keys, idOf(name))
	if err != nil {
		return nil, errors.Join(err, f.Close(), d.remove(name))
	}
	return &sealedFile{file: f, keys: d.keys, w: w, law: lawA}, nil
}

func (d sealedFolder) holds(name string, f file) error {
	if s, ok := f.(*sealedFile); ok {
		f = s.file
	}
	return d.folder.holds(name, f)
}

// sealedFile is a recording being written.
type sealedFile struct {
	file
	keys seal.Keys
	w    *seal.Writer
	law  law
}

// WriteAt takes a header, of which only the law counts, or samples behind all that are there.
func (s *sealedFile) WriteAt(b []byte, at int64) (int, error) {
	if at == 0 {
		for _, l := range []law{lawA, lawMu, lawPCM} {
			if len(b) == int(l.headSize()) && sameShape(b, l.header(0)) {
				s.law = l
				return len(b), nil
			}
		}
		return 0, errors.New("a sealed recording takes a header and samples only")
	}
	if at != s.law.headSize()+s.w.Size() {
		return 0, fmt.Errorf("a sealed recording takes samples one behind the other, not at %d", at)
	}
	if err := s.w.Append(byte(s.law), b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// ReadAt reads back what was written, for a rewriting; that is rare.
func (s *sealedFile) ReadAt(b []byte, at int64) (int, error) {
	st, err := s.Stat()
	if err != nil {
		return 0, err
	}
	r, err := seal.Open(s.file, st.Size(), s.keys, "")
	if err != nil {
		return 0, err
	}
	return wavView{r, s.law, r.Size()}.ReadAt(b, at)
}

// finish writes the index.
func (s *sealedFile) finish() error { return s.w.Finish() }

// wavView is samples with the header they would have as a WAV file.
type wavView struct {
	samples io.ReaderAt
	law     law
	bytes   int64 // of samples
}

func (v wavView) size() int64 { return v.law.headSize() + v.bytes }

// ReadAt reads from the WAV file that this would be.
func (v wavView) ReadAt(b []byte, at int64) (int, error) {
	if at < 0 {
		return 0, errors.New("a place before the beginning")
	}
	done := 0
	if head := v.law.header(v.bytes / int64(v.law.frame())); at < int64(len(head)) {
		done = copy(b, head[at:])
	}
	if done == len(b) {
		return done, nil
	}
	n, err := v.samples.ReadAt(b[done:], at+int64(done)-v.law.headSize())
	return done + n, err
}

// Sound is a recording's sound, a WAV file to whoever reads it, or an Ogg file if it is kept as Opus.
type Sound struct {
	*io.SectionReader
	closer io.Closer
	law    law          // of a WAV file
	opus   bool         // it is an Ogg file
	sealed *seal.Reader // nil: the file is plain
}

// Close closes the file beneath.
func (s *Sound) Close() error { return s.closer.Close() }

// MediaType is what whoever reads it gets: audio/wav or audio/ogg (RFC 7845 section 9).
func (s *Sound) MediaType() string {
	if s.opus {
		return "audio/ogg"
	}
	return "audio/wav"
}

// KeyID names the key it is encrypted by; empty for a plain one.
func (s *Sound) KeyID() string {
	if s.sealed == nil {
		return ""
	}
	return s.sealed.KeyID()
}

// Blob is a file wherever it lies: on a disk, or in a bucket.
type Blob interface {
	io.ReaderAt
	io.Closer
}

// openSound reads a recording of either kind. On an error the blob is closed.
func openSound(b Blob, name string, size int64, keys seal.Keys) (_ *Sound, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	if isOpus(name) {
		return opusSound(b, name, size, keys)
	}
	if !isSealed(name) {
		w, err := parseWAV(b, size)
		if err != nil {
			return nil, err
		}
		return &Sound{SectionReader: io.NewSectionReader(b, 0, size), closer: b, law: w.law}, nil
	}
	r, err := seal.Open(b, size, keys, idOf(name))
	if err != nil {
		return nil, err
	}
	v := wavView{samples: r, law: lawA, bytes: r.Size()}
	kind, ok := r.Kind()
	if ok {
		if v.law = law(kind); v.law != lawA && v.law != lawMu && v.law != lawPCM {
			return nil, fmt.Errorf("%w: kind %d", errNotOurs, kind)
		}
	} else if r.Size() > 0 { // its last chunk is damaged: any other tells the law as well
		v.law = lawOfDamaged(r)
	}
	return &Sound{SectionReader: io.NewSectionReader(v, 0, v.size()), closer: b, law: v.law, sealed: r}, nil
}

// lawOfDamaged asks the first chunk.
func lawOfDamaged(r *seal.Reader) law {
	if kind, err := r.KindAt(0); err == nil && (law(kind) == lawMu || law(kind) == lawPCM) {
		return law(kind)
	}
	return lawA
}

// recoverSealed finishes a sealed file that a crash cut off.
func recoverSealed(dir folder, name string, keys seal.Keys) (_ wavFile, err error) {
	f, err := dir.open(name)
	if err != nil {
		return wavFile{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return wavFile{}, err
	}
	r, err := seal.Open(f, st.Size(), keys, idOf(name))
	if err != nil {
		return wavFile{}, err
	}
	if err := r.Mend(f, f.Truncate); err != nil {
		return wavFile{}, err
	}
	w := wavFile{law: lawA}
	if kind, ok := r.Kind(); ok {
		w.law = law(kind)
	}
	w.samples = r.Size() / int64(w.law.frame())
	return w, nil
}
