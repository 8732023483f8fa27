package call

import (
	"slices"
	"time"
)

// KeyWay is by which of two ways a key was told. What comes in the sound, as telephone-event or as tones, is
// one way: package media sees to it that it counts once there.
type KeyWay uint8

// The ways.
const (
	KeyInSound      KeyWay = iota // SoundDigit
	KeyInSignalling               // LegDigit: SIP INFO
)

// Presses has each press of a leg count once where its gateway tells of it by both ways. The zero value is ready.
//
// Each telling by one way answers to at most one by the other: of the same key, and not more than pressApart between
// the two. So a key pressed twice counts twice, however the four tellings are mixed.
type Presses struct {
	open []pressed // told by one way and not by the other, the oldest first
}

// pressed is a press as one way told it.
type pressed struct {
	key      byte
	way      KeyWay
	from, to time.Time
}

const (
	// pressApart is how far the two tellings of one press may lie apart: the tones are told when they have ended, and
	// an INFO that was lost comes again after 500 ms and a second more (RFC 3261 17.1.2.1).
	pressApart = 1500 * time.Millisecond
	// pressesMost bounds what is remembered: who presses more keys in that time is no person.
	pressesMost = 16
)

// Counts takes a key that was told now, having been pressed for a while, and reports whether it is a press of its own.
func (p *Presses) Counts(key byte, way KeyWay, held time.Duration, now time.Time) bool {
	told := pressed{key, way, now.Add(-max(held, 0)), now}
	p.open = slices.DeleteFunc(p.open, func(o pressed) bool { return told.from.Sub(o.to) > pressApart })
	for i, o := range p.open {
		if o.key == key && o.way != way {
			p.open = slices.Delete(p.open, i, i+1)
			return false
		}
	}
	if len(p.open) == pressesMost {
		p.open = p.open[1:]
	}
	p.open = append(p.open, told)
	return true
}
