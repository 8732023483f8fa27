package acd

import "hotline/call"

// Offer ids are ULIDs made without randomness: the time of the offer in
// milliseconds, then 80 bits mixed from the engine's seed and the number of the
// offer. Two offers of an engine never share an id, since the mixing of the
// lower 64 bits is a bijection; a replay makes the same ids.

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func (e *Engine) newOfferID() call.OfferID {
	e.offersMade++
	return call.OfferID(e.ulid(e.seed, e.offersMade))
}

// ulid is the id of the n-th thing of a kind.
func (e *Engine) ulid(seed, n uint64) string {
	low := mix(mix(seed) ^ n)
	high := uint64(e.now/1e6)<<16 | mix(low^seed)>>48
	var text [26]byte
	for i := 25; i >= 0; i-- {
		text[i] = crockford[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return string(text[:])
}

// callSalt keeps the numbers of calls apart from those of offers.
const callSalt = 0x63616c6c

// newCallID names a call that nobody has made yet: the coming try of a callback.
func (e *Engine) newCallID() call.ID {
	e.callsMade++
	return call.ID(e.ulid(e.seed^callSalt, e.callsMade))
}

// mix is the finaliser of splitmix64, a bijection of 64 bits.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
