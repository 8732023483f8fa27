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

// Close frees the coder.
func (*Coder) Close() {}
