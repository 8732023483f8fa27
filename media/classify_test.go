package media

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// TestClassify: a payload type means what was negotiated, then what RFC 3551 says.
func TestClassify(t *testing.T) {
	alaw := call.MediaSpec{Codec: call.CodecPCMA, PayloadType: 8}
	digits := alaw
	digits.DTMF = 96
	renumbered := digits
	renumbered.DTMFIn = 101
	for _, c := range []struct {
		spec  call.MediaSpec
		pt    uint8
		kind  kind
		codec call.Codec
	}{
		{alaw, 8, kindSound, call.CodecPCMA},
		{alaw, 0, kindSound, call.CodecPCMU},
		{alaw, 101, kindUnknown, call.CodecNone},
		{digits, 96, kindDigit, call.CodecNone},
		{digits, 0, kindSound, call.CodecPCMU},
		{digits, 101, kindUnknown, call.CodecNone},
		{renumbered, 96, kindDigit, call.CodecNone},
		{renumbered, 101, kindDigit, call.CodecNone}, // as our offer numbered it
		{renumbered, 0, kindSound, call.CodecPCMU},
	} {
		s := stream{spec: c.spec}
		k, codec := s.classify(c.pt)
		require.Equal(t, c.kind, k, c)
		require.Equal(t, c.codec, codec, c)
	}
}
