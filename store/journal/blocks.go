package journal

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrShort tells that a payload is not the blocks that were asked for.
var ErrShort = errors.New("a frame's payload is too short")

// AppendBlocks joins byte strings, each behind its length (an unsigned varint),
// so that SplitBlocks finds them again.
func AppendBlocks(dst []byte, list ...[]byte) []byte {
	room := 0
	for _, b := range list {
		room += binary.MaxVarintLen64 + len(b)
	}
	dst = slices.Grow(dst, room) // a call's whole record is one of them
	for _, b := range list {
		dst = binary.AppendUvarint(dst, uint64(len(b)))
		dst = append(dst, b...)
	}
	return dst
}

// SplitBlocks takes as many blocks off a payload as there are results; they are
// parts of the payload. What follows them is left for newer versions.
func SplitBlocks(payload []byte, into ...*[]byte) error {
	for _, b := range into {
		n, used := binary.Uvarint(payload)
		if used <= 0 || n > uint64(len(payload)-used) {
			return ErrShort
		}
		end := used + int(n)
		*b, payload = payload[used:end], payload[end:]
	}
	return nil
}
