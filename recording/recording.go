package recording

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/media"
)

// Source is where one side's packets come from: a media.Ring.
type Source interface {
	// Read hands every frame that is there to fn, oldest first; fn must not keep the payload.
	Read(fn func(media.Frame)) int
	// Overruns is how many frames were dropped because nobody read them in time.
	Overruns() uint64
}

// Spec is what a recording is of.
type Spec struct {
	// ID is the recording's ULID; it is also the file's name.
	ID   call.RecordingID
	Call call.ID
	// Started is the first moment of the file; its date is the file's folder.
	Started time.Time
	// StartedMono is the same moment on the clock of Frame.Arrival.
	StartedMono int64
	// Left is the caller, Right the seats; either may be nil and is then silent.
	Left, Right Source
	// Mailbox is set for a voicemail, for the log.
	Mailbox string
}

// Recording is one file being written. Its fields belong to its worker.
type Recording struct {
	spec   Spec
	path   string
	worker *worker
	stop   bool         // Stop was called; guarded by the worker's lock
	lanes  atomic.Int32 // of the right side
	phase  int          // of the worker's round in which it is flushed

	law         law
	base        int64 // first place that is not written
	until       int64 // packets that arrive later are not in the recording
	due         int64 // when the next flush should be
	left, right side
	marks       marks
	file        wav
	trouble     error // why the last write failed
	missing     int64 // samples a channel that were given up because of it
}

// writeBehind is how long a sample stays in the window, in samples: later than
// lateLimit, so that no packet in sequence ever comes after its place was
// written, and a little more for frames read while the sound room was adding some.
const writeBehind = lateLimit + 20*rate/1000

// silenceBehind is how long silence stays in the window, in samples, on a side that
// was heard until it began: the net, the sender or this machine may hold its packets
// up, and they then belong here.
const silenceBehind = rate

// mostPacket is the longest packet taken, in samples: half a second.
const mostPacket = rate / 2

func newRecording(spec Spec, path string, w *worker) *Recording {
	r := &Recording{spec: spec, path: path, worker: w, until: 1<<63 - 1}
	r.file = wav{dir: w.dir, name: path}
	r.hear(&r.left, spec.Left)
	r.hear(&r.right, spec.Right)
	r.lanes.Store(1)
	return r
}

// Stop ends the recording at this moment. What has arrived is written, the
// file is closed, and done is called once with its facts from another
// goroutine; it must return at once. The error tells why the recording is
// incomplete. Stop doesn't block.
func (r *Recording) Stop(done func(call.RecordingFacts, error)) {
	at := r.worker.clock()
	if err := r.worker.post(command{kind: commandEnd, rec: r, at: at, done: done}); err != nil {
		done(call.RecordingFacts{ID: r.spec.ID, Call: r.spec.Call, Started: r.spec.Started, Path: r.path}, err)
	}
}

// visit takes what has come and writes what can no longer change.
func (r *Recording) visit(now int64) {
	r.drain()
	r.flush(r.settled(samplesIn(now - r.spec.StartedMono)))
}

// settled is the place before which nothing can change any more: what is older than
// writeBehind, but for the silence after a side's last sound.
func (r *Recording) settled(now int64) int64 {
	until := now - writeBehind
	for _, s := range []*side{&r.left, &r.right} {
		for _, v := range s.voices {
			if end := v.track.end; end > max(0, now-silenceBehind) {
				until = min(until, end)
			}
		}
	}
	return until
}

func (r *Recording) drain() {
	r.left.drain()
	r.right.drain()
}

// take puts one packet of a voice into its side's window.
func (r *Recording) take(s *side, v *voice, f *media.Frame) {
	l, n := lawOf(f.Codec), len(f.Payload)
	if l == lawNone || n == 0 || n > mostPacket || f.Arrival < r.spec.StartedMono || f.Arrival > r.until {
		return
	}
	spot, ok := v.track.lay(f, samplesIn(f.Arrival-r.spec.StartedMono), n, r.base)
	r.takeBack(s, v)
	if !ok {
		return
	}
	if v != s.voices[0] {
		l, s.mixed = r.mixed(s, v, spot, l), true
	}
	r.admit(l)
	r.room(spot.at + int64(spot.to-spot.from))
	if spot.at < r.base { // the room was made by giving it up
		return
	}
	if s.mixed {
		s.win.add(int(spot.at-r.base), f.Payload[spot.from:spot.to], lawOf(f.Codec))
		return
	}
	s.win.put(int(spot.at-r.base), f.Payload[spot.from:spot.to], l)
}

// takeBack moves what the track laid by mistake a moment ago; what would come
// before the base is lost.
func (r *Recording) takeBack(s *side, v *voice) {
	m := v.track.back
	if m.by == 0 {
		return
	}
	v.track.back = move{}
	if s.mixed { // what others said is there as well: it stays where it is, a moment late
		return
	}
	s.win.move(int(m.from-r.base), int(m.to-r.base), int(m.by), int(m.floor-r.base))
}

// admit settles the law the recording is kept in: the first packet's, and
// 16-bit samples from the moment that two laws meet in it.
func (r *Recording) admit(l law) {
	switch r.law {
	case l, lawPCM:
	case lawNone:
		r.law = l
		r.left.win.begin(l, &r.worker.windows)
		r.right.win.begin(l, &r.worker.windows)
	default:
		r.law = lawPCM
		r.left.win.widen()
		r.right.win.widen()
	}
}

// room makes the window reach up to a place. A worker that was held up finds
// more than the usual window takes; a disk that takes nothing costs the oldest.
func (r *Recording) room(end int64) {
	if end-r.base <= int64(r.left.win.samples()) {
		return
	}
	if over := end - r.base - windowMost; over > 0 {
		r.flush(r.base + over)
	}
	if over := end - r.base - windowMost; over > 0 {
		r.missing += over
		r.marks.add(call.MarkLost, r.base, r.base+over)
		r.forget(over)
	}
	if end-r.base > int64(r.left.win.samples()) {
		r.left.win.grow(windowMost)
		r.right.win.grow(windowMost)
	}
}

// forget moves the base on.
func (r *Recording) forget(n int64) {
	r.base += n
	n = min(n, int64(r.left.win.samples()))
	r.left.win.slide(int(n))
	r.right.win.slide(int(n))
}

// flush writes everything before a place.
func (r *Recording) flush(until int64) {
	if r.law == lawNone {
		r.base = max(r.base, until)
		return
	}
	err := r.write(until)
	if err == nil && r.file.f != nil {
		err = r.file.commit()
	}
	r.note(err)
	if size := r.left.win.samples(); size > windowUsual && max(r.left.end(), r.right.end())-r.base <= windowUsual {
		r.left.win.shrink()
		r.right.win.shrink()
	}
}

// write appends everything before a place, in one go or in windows.
func (r *Recording) write(until int64) error {
	for r.base < until {
		if err := r.ready(); err != nil {
			return err
		}
		n := min(until-r.base, int64(r.left.win.samples()))
		r.blank(n)
		if err := r.file.append(interleave(r.worker.scratch, &r.left.win, &r.right.win, int(n))); err != nil {
			return err
		}
		r.worker.metrics.bytes.Add(float64(n * int64(r.law.frame())))
		r.forget(n)
	}
	return nil
}

// ready brings the file to the recording's law and up to its base.
func (r *Recording) ready() error {
	if err := r.open(); err != nil {
		return err
	}
	if r.base > lawPCM.mostSamples() {
		return errTooLong
	}
	if r.file.law != r.law {
		if err := r.convert(); err != nil {
			return err
		}
	}
	return r.file.silence(r.base, r.worker.scratch)
}

var errTooLong = errors.New("longer than a WAV file can be")

func (r *Recording) convert() error {
	if r.file.written == 0 && r.law != lawPCM {
		return r.file.relabel(r.law)
	}
	return r.file.widen(r.worker.scratch)
}

// open creates the file, unless that is done.
func (r *Recording) open() error {
	if r.file.f != nil {
		return nil
	}
	return r.file.open()
}

// note keeps the trouble with the file, and tells of its beginning and its end.
func (r *Recording) note(err error) {
	if err == nil && r.trouble == nil {
		return
	}
	log := r.worker.log.With(zap.String("recording", string(r.spec.ID)), zap.String("call", string(r.spec.Call)))
	switch {
	case err != nil && r.trouble == nil:
		log.Error("recording can't be written; trying on", zap.String("path", r.path), zap.Error(err))
		r.worker.metrics.troubled.Inc()
	case err == nil && r.trouble != nil:
		log.Warn("recording can be written again", zap.Duration("lost", duration(r.missing)))
		r.worker.metrics.troubled.Dec()
	}
	r.trouble = err
	if err != nil {
		r.worker.metrics.errors.Inc()
	}
}

// finish writes the rest. The recording leaves its worker with it.
func (r *Recording) finish(at int64) {
	r.until = at
	r.drain()
	if r.law == lawNone { // nobody said anything
		r.admit(lawA)
	}
	end := max(samplesIn(at-r.spec.StartedMono), r.left.end(), r.right.end())
	r.flush(end)
	r.marks.finish(end)
	if r.trouble != nil {
		r.worker.metrics.troubled.Dec()
		r.missing += end - r.base
	}
	r.worker.windows.give(&r.left.win)
	r.worker.windows.give(&r.right.win)
}

// settle brings a finished recording to the disk for good, has it looked through
// if it is whole, and tells how it went.
func (r *Recording) settle(look func(*Recording, *call.RecordingFacts)) (call.RecordingFacts, error) {
	err := errors.Join(r.trouble, r.sync())
	if err == nil && r.missing > 0 {
		err = errors.New("the disk could not be written for a while")
	}
	facts := r.facts()
	if err == nil {
		look(r, &facts)
	}
	if r.file.f != nil {
		err = errors.Join(err, r.file.f.Close())
	}
	facts.Complete = err == nil
	if err != nil {
		err = fmt.Errorf("recording %s, %s of it lost: %w", r.spec.ID, duration(r.missing), err)
	}
	return facts, err
}

// sync completes and syncs the file, if there is one.
func (r *Recording) sync() error {
	f := r.file.f
	if f == nil {
		return nil
	}
	var unfinished error
	if s, ok := f.(*sealedFile); ok {
		unfinished = s.finish()
	}
	return errors.Join(r.file.dir.holds(r.file.name, f), unfinished, f.Sync())
}

// facts is what is known of the recording now.
func (r *Recording) facts() call.RecordingFacts {
	f := call.RecordingFacts{
		ID: r.spec.ID, Call: r.spec.Call, Started: r.spec.Started, Path: r.path,
		Length: duration(r.file.said), Format: r.file.law.name(),
		Left: r.left.facts(), Right: r.right.facts(), Marks: r.marks.list,
	}
	if r.file.f != nil {
		f.Bytes = wavFile{law: r.file.law, samples: r.file.said}.size()
	}
	return f
}
