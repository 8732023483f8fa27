package recording

import (
	"math"

	"hotline/call"
)

// mostMarks bounds a recording's marks; a further one makes the last of its kind longer.
const mostMarks = 1024

// marks are the stretches of a recording that need a word, and the pause in force.
type marks struct {
	list  []call.RecordingMark
	since int64 // place where the pause in force began
	open  bool
	gone  []span // pauses that are over but may not be written yet
}

// span is places from..to.
type span struct{ from, to int64 }

// pause begins or ends a pause at a place.
func (m *marks) pause(on bool, at int64) {
	if on == m.open {
		return
	}
	m.open = on
	if on {
		m.since = at
		return
	}
	m.gone = append(m.gone, span{m.since, at})
	m.add(call.MarkPaused, m.since, at)
}

// silent gives the pauses that reach into the places from..to and forgets those before.
func (m *marks) silent(from, to int64) []span {
	for len(m.gone) > 0 && m.gone[0].to <= from {
		m.gone = m.gone[1:]
	}
	all := m.gone
	if m.open {
		all = append(all[:len(all):len(all)], span{m.since, math.MaxInt64})
	}
	in := all[:0:0]
	for _, s := range all {
		if s.from < to && s.to > from {
			in = append(in, span{max(s.from, from), min(s.to, to)})
		}
	}
	return in
}

// add notes a stretch.
func (m *marks) add(kind call.MarkKind, from, to int64) {
	if to <= from {
		return
	}
	if len(m.list) >= mostMarks {
		m.extendLast(kind, to)
		return
	}
	m.list = append(m.list, call.RecordingMark{Kind: kind, At: duration(from), Length: duration(to - from)})
}

// extend notes a stretch that may go on the last one of its kind.
func (m *marks) extend(kind call.MarkKind, from, to int64) {
	for i := len(m.list) - 1; i >= 0; i-- {
		if last := m.list[i]; last.Kind == kind {
			if last.At+last.Length >= duration(from-rate) {
				m.extendLast(kind, to)
				return
			}
			break
		}
	}
	m.add(kind, from, to)
}

func (m *marks) extendLast(kind call.MarkKind, to int64) {
	for i := len(m.list) - 1; i >= 0; i-- {
		if l := &m.list[i]; l.Kind == kind {
			l.Length = max(l.Length, duration(to)-l.At)
			return
		}
	}
}

// finish closes the pause that lasts to the recording's end.
func (m *marks) finish(end int64) { m.pause(false, max(end, m.since)) }

// blank makes the first n samples of both windows silence where the recording is paused.
func (r *Recording) blank(n int64) {
	for _, s := range r.marks.silent(r.base, r.base+n) {
		from, to := int(s.from-r.base), int(s.to-r.base)
		for _, w := range []*window{&r.left.win, &r.right.win} {
			k := w.law.width()
			w.law.silence(w.buf[from*k : to*k])
		}
	}
}

// Pause has the recording hold marked silence from this moment, on both sides, or
// go on. It doesn't block.
func (r *Recording) Pause(on bool) {
	kind := commandResume
	if on {
		kind = commandPause
	}
	_ = r.worker.post(command{kind: kind, rec: r, at: r.worker.clock()}) // of a recording that is over
}

// Add has another source heard on the right side, added to those that are there.
// It reports false when there are too many, or the recorder is closed.
func (r *Recording) Add(src Source) bool {
	return r.lanes.Add(1) <= mostVoices && r.worker.post(command{kind: commandAdd, rec: r, src: src}) == nil
}
