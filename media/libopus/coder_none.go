//go:build !opus

package libopus

import "errors"

// Built tells whether this build can code Opus.
const Built = false

// Coder codes sound; this build has none.
type Coder struct{}

// NewCoder gives an error: this build was made without the tag "opus".
func NewCoder(int, int, int) (*Coder, error) {
	return nil, errors.New("this build codes no Opus: it was made without the build tag opus")
}

// Lookahead is how late the coder's sound comes, in samples of its rate.
func (*Coder) Lookahead() int { return 0 }

// Code codes a frame.
func (*Coder) Code(_ []int16, _ []byte) (int, error) {
	return 0, errors.New("this build codes no Opus")
}

// Expect has packets carry what mends the loss of the one before.
func (*Coder) Expect(int) error { return errors.New("this build codes no Opus") }

// Close frees the coder.
func (*Coder) Close() {}

// Decoder decodes sound; this build decodes by other means.
type Decoder struct{}

// NewDecoder gives an error: this build was made without the tag "opus".
func NewDecoder(int) (*Decoder, error) {
	return nil, errors.New("this build has no libopus: it was made without the build tag opus")
}

// Decode decodes a packet.
func (*Decoder) Decode(_ []byte, _ []int16) (int, error) {
	return 0, errors.New("this build has no libopus")
}

// Mend makes up for what was lost before a packet.
func (*Decoder) Mend(_ []byte, _ []int16) (int, error) {
	return 0, errors.New("this build has no libopus")
}

// Close frees the decoder.
func (*Decoder) Close() {}
