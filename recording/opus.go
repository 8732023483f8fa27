package recording

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"strings"

	"hotline/call"
	"hotline/media/libopus"
	"hotline/recording/oggopus"
	"hotline/recording/seal"
)

// A recording may be kept as Opus in Ogg once it has ended and was analysed (docs/recording.md, "Opus").
// It then lies beside where its facts say it was made, under the same name with another ending.
const (
	extOpus       = ".ogg"
	extSealedOpus = ".hlo" // a seal file whose chunks are stretches of an Ogg file

	kindOpus = 4 // of these chunks

	// opusBits is the mean rate of a side, in bits a second: a quarter of G.711's.
	opusBits = 16000
	// opusFrame is what is coded at a time, 20 ms: samples of a side.
	opusFrame = rate / 50
	// opusTicks are samples of 48 kHz in one of ours.
	opusTicks = 48000 / rate
)

// isOpus tells a recording kept as Opus by its name.
func isOpus(name string) bool {
	ext := path.Ext(strings.TrimSuffix(name, half))
	return ext == extOpus || ext == extSealedOpus
}

// opusOf is the name of a recording's file once it is kept as Opus.
func opusOf(name string) string {
	base := name[:len(name)-len(extPlain)]
	if isSealed(name) {
		return base + extSealedOpus
	}
	return base + extOpus
}

// opusSound is a recording kept as Opus, an Ogg file to whoever reads it.
func opusSound(b Blob, name string, size int64, keys seal.Keys) (*Sound, error) {
	if !isSealed(name) {
		return &Sound{SectionReader: io.NewSectionReader(b, 0, size), closer: b, opus: true}, nil
	}
	r, err := seal.Open(b, size, keys, idOf(name))
	if err != nil {
		return nil, err
	}
	return &Sound{SectionReader: io.NewSectionReader(r, 0, r.Size()), closer: b, opus: true, sealed: r}, nil
}

// damagedOpus names the pages of an Ogg file that are not as they were written.
func damagedOpus(ctx context.Context, s *Sound) (found []*seal.Damage, err error) {
	_, all, err := oggopus.Check(s, s.Size(), ctx.Err)
	for _, d := range all {
		found = append(found, &seal.Damage{Chunk: d.Page, Offset: d.Offset, Bytes: d.Bytes, At: d.Offset, Words: d.Words})
	}
	if errors.Is(err, oggopus.ErrNotOpus) && len(found) > 0 {
		err = nil // its first page is what was changed
	}
	return found, err
}

// compress has a recording kept as Opus, where that is wanted, and gives the name that it has then. The
// file it was is removed only when the new one has been read back.
func (a *Archive) compress(ctx context.Context, name string) (string, error) {
	if !a.o.Opus || isOpus(name) {
		return name, nil
	}
	disk, to := a.o.Recorder.disk, opusOf(name)
	s, err := a.o.Recorder.Open(name)
	if call.CodeOf(err) == call.CodeNotFound {
		return to, nil // by an earlier run, or erased
	}
	if err != nil {
		return "", err
	}
	defer s.Close() //nolint:errcheck // it was only read
	err = a.code(ctx, s, name, to)
	if err == nil {
		err = a.replace(name, to)
	}
	if err != nil {
		a.count(ctx, "failed")
		return "", errors.Join(fmt.Errorf("keeping %s as Opus: %w", name, err), removed(disk.remove(to+half)))
	}
	a.count(ctx, "done")
	return to, nil
}

// replace has the finished file take a recording's place. Erase removes the old name before the new one: so either it finds the
// new one there, or its removal is seen here.
func (a *Archive) replace(name, to string) error {
	disk := a.o.Recorder.disk
	if err := disk.rename(to+half, to); err != nil {
		return err
	}
	err := disk.remove(name)
	if errors.Is(err, fs.ErrNotExist) { // erased meanwhile: what was made of it goes as well
		return a.erase(to)
	}
	return err
}

// count counts a recording that was coded, unless the node is being stopped.
func (a *Archive) count(ctx context.Context, result string) {
	if ctx.Err() == nil {
		a.metrics.compressed.WithLabelValues(result).Inc()
	}
}

// code writes a recording's Opus into a file of its own, syncs it and reads it back.
func (a *Archive) code(ctx context.Context, s *Sound, name, to string) (err error) {
	f, err := createAnew(a.o.Recorder.disk, to+half)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	keys := a.o.Recorder.opts.Keys
	var w io.Writer = io.NewOffsetWriter(f, 0)
	finish := func() error { return nil }
	if isSealed(name) {
		sealed, err := seal.Create(f, keys, idOf(name))
		if err != nil {
			return err
		}
		w, finish = sealedWriter{sealed}, sealed.Finish
	}
	work := a.pace.begin()
	defer work.end()
	samples, err := encode(ctx, s, w, crc32.ChecksumIEEE([]byte(idOf(name))), work)
	if err := errors.Join(err, finish()); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	back, err := openSound(leftOpen{f}, to, st.Size(), keys)
	if err != nil {
		return err
	}
	info, found, err := oggopus.Check(back, back.Size(), func() error { return work.breathe(ctx) })
	if err == nil && (len(found) > 0 || info.Samples != samples*opusTicks) {
		err = fmt.Errorf("what was read back is not what was written: %v", found)
	}
	return err
}

// sealedWriter is a seal file to who writes an Ogg file into it.
type sealedWriter struct{ w *seal.Writer }

func (s sealedWriter) Write(b []byte) (int, error) { return len(b), s.w.Append(kindOpus, b) }

// encode codes a recording's sound, caller left, seats right, each side for itself; it gives its length in samples a side.
func encode(ctx context.Context, s *Sound, w io.Writer, serial uint32, work *shift) (samples int64, err error) {
	c, err := libopus.NewCoder(rate, 2, opusBits)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	skip := c.Lookahead() * opusTicks
	out, err := oggopus.NewWriter(w, serial, oggopus.Head{Channels: 2, PreSkip: skip, Rate: rate})
	if err != nil {
		return 0, err
	}
	head := s.law.headSize()
	samples = (s.Size() - head) / int64(s.law.frame())
	in := bufio.NewReaderSize(io.NewSectionReader(s, head, samples*int64(s.law.frame())), 32<<10)
	raw, sound, packet := make([]byte, opusFrame*s.law.frame()), make([]int16, 2*opusFrame), make([]byte, 4000)
	for done := int64(0); done < samples+int64(c.Lookahead()); done += opusFrame {
		if err := work.breathe(ctx); err != nil {
			return 0, err
		}
		n, err := io.ReadFull(in, raw)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		s.law.linears(sound, raw[:n])
		k, err := c.Code(sound, packet)
		if err != nil {
			return 0, err
		}
		if err := out.Packet(packet[:k], opusFrame*opusTicks); err != nil {
			return 0, err
		}
	}
	return samples, out.Close(uint64(skip) + uint64(samples)*opusTicks)
}

// linears decodes stored samples to 16 bits, and silence for what there is too little of.
func (l law) linears(dst []int16, src []byte) {
	for i := range dst {
		at := i * l.width()
		switch {
		case at+l.width() > len(src):
			dst[i] = 0
		case l == lawPCM:
			dst[i] = int16(binary.LittleEndian.Uint16(src[at:]))
		default:
			dst[i] = l.linear(src[at])
		}
	}
}
