package media

import (
	"time"

	"hotline/call"
)

// player is what a leg hears from us: sounds one after the other without a gap
// between them, perhaps over and over.
type player struct {
	id     uint64 // of the Play; 0: none is running
	sounds []*Sound
	loop   bool
	sound  int   // index of the present one
	at     int   // bytes of it that are played
	due    int64 // when its next packet is to be sent
	wake   int64 // when to look next: due, or later while a stall is being made up for
}

// playLag is how far a play may fall behind (a stalled thread) and still catch
// up, at twice its speed; beyond, it goes on as if the time had been silence.
const playLag = 200 * time.Millisecond

func (p *player) running() bool { return p.id != 0 }

// fill puts the next samples of the play in b, silence after its end, and
// reports whether there were any.
func (p *player) fill(b []byte, codec call.Codec) bool {
	n, empty := 0, 0
	for n < len(b) && (p.sound < len(p.sounds) || p.rewind(&empty)) {
		data := p.sounds[p.sound].in(codec)
		k := copy(b[n:], data[min(p.at, len(data)):])
		n, p.at = n+k, p.at+k
		if p.at >= len(data) {
			p.sound, p.at = p.sound+1, 0
		}
	}
	hush := hushOf(codec)
	for i := n; i < len(b); i++ {
		b[i] = hush
	}
	return n > 0
}

// rewind starts a looped play over. empty counts the rounds of one fill, so
// that a loop over nothing ends.
func (p *player) rewind(empty *int) bool {
	if !p.loop || len(p.sounds) == 0 || *empty > 0 && p.total() == 0 {
		return false
	}
	*empty++
	p.sound, p.at = 0, 0
	return true
}

func (p *player) total() int {
	n := 0
	for _, s := range p.sounds {
		n += len(s.mulaw)
	}
	return n
}

// bookmark is where a leg's music was cut. Who hears an announcement in between
// hears it go on there, not begin anew each time. Music is a loop of one sound.
type bookmark struct {
	sound *Sound
	at    int
}

// keep remembers where music is, if that is what plays.
func (m *bookmark) keep(p *player) {
	if p.loop && len(p.sounds) == 1 {
		*m = bookmark{p.sounds[0], p.at}
	}
}

// resume goes on where the same music was cut.
func (m *bookmark) resume(p *player) {
	if p.loop && len(p.sounds) == 1 && p.sounds[0] == m.sound {
		p.at = m.at
	}
}
