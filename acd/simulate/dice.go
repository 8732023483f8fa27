package simulate

import "math"

// dice is a small random source, splitmix64: of our own, so that a seed gives the
// same run whatever Go version built the program, and so that every call and
// offer can have dice of its own.
type dice struct{ state uint64 }

// The streams keep what is drawn for one purpose apart from the others.
const (
	streamArrivals uint64 = iota + 1
	streamTalk
	streamPatience
	streamRing
)

// newDice makes dice that depend on the seed and on what they are for.
func newDice(seed, stream, index uint64) dice {
	return dice{mix(mix(mix(seed)+stream) + index)}
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return mix(d.state)
}

// mix is the finaliser of splitmix64, a bijection of 64 bits.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit is above 0 and below 1.
func (d *dice) unit() float64 { return (float64(d.next()>>11) + 0.5) / (1 << 53) }

// below is from 0 to n−1.
func (d *dice) below(n int) int { return int(d.unit() * float64(n)) }

// exp has mean 1.
func (d *dice) exp() float64 { return -math.Log(d.unit()) }

// normal has mean 0 and standard deviation 1 (Box–Muller).
func (d *dice) normal() float64 {
	return math.Sqrt(2*d.exp()) * math.Cos(2*math.Pi*d.unit())
}
