package recording

import (
	"slices"

	"hotline/call"
	"hotline/media"
)

// mostVoices bounds who is heard on a side at once.
const mostVoices = 8

// side is one channel: one voice nearly always, several in a conference.
type side struct {
	voices []*voice
	win    window
	mixed  bool // a second voice was heard: voices are added up from then on
}

// voice is one source of packets and where they lie.
type voice struct {
	src   Source
	track track
	take  func(media.Frame)
}

// hear adds a source to a side.
func (r *Recording) hear(s *side, src Source) {
	if src == nil {
		return
	}
	v := &voice{src: src}
	v.take = func(f media.Frame) { r.take(s, v, &f) }
	s.voices = append(s.voices, v)
}

func (s *side) drain() {
	for _, v := range s.voices {
		v.src.Read(v.take)
	}
}

// end is one past the last sample laid.
func (s *side) end() (end int64) {
	for _, v := range s.voices {
		end = max(end, v.track.end)
	}
	return end
}

// mixed prepares a side for a packet of a second voice: from here on it is kept in
// 16-bit samples, which can be added up.
func (r *Recording) mixed(s *side, v *voice, at spot, l law) law {
	if !s.mixed && s.win.law != lawPCM {
		r.admit(l) // there may be no window yet
		r.admit(lawPCM)
	}
	for _, other := range s.voices {
		if other != v && other.track.end > at.at-gapLimit {
			r.marks.extend(call.MarkMixed, at.at, at.at+int64(at.to-at.from))
			break
		}
	}
	return lawPCM
}

// facts adds up what the voices' tracks tell.
func (s *side) facts() call.TrackFacts {
	var sum call.TrackFacts
	for _, v := range s.voices {
		f := v.track.result(v.src.Overruns())
		sum.Packets += f.Packets
		sum.Lost += f.Lost
		sum.Late += f.Late
		sum.Overrun += f.Overrun
		sum.Anchors += f.Anchors
		sum.Corrections = append(sum.Corrections, f.Corrections...)
		sum.Losses = append(sum.Losses, f.Losses...)
	}
	if len(s.voices) > 1 {
		slices.SortFunc(sum.Corrections, func(a, b call.TrackCorrection) int { return int(a.At - b.At) })
		slices.SortFunc(sum.Losses, func(a, b call.TrackLoss) int { return int(a.At - b.At) })
	}
	return sum
}
