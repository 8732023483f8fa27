//go:build opus

package libopus

/*
#cgo LDFLAGS: -l:libopus.a -lm
#include <stdlib.h>
#include <opus/opus_multistream.h>

// The ctl functions take a variable list, which cgo can't call.
static int hotline_set(OpusMSEncoder *e, int request, opus_int32 value) {
	return opus_multistream_encoder_ctl(e, request, value);
}
static int hotline_lookahead(OpusMSEncoder *e, opus_int32 *value) {
	return opus_multistream_encoder_ctl(e, OPUS_GET_LOOKAHEAD(value));
}
*/
import "C"

import (
	"fmt"
	"runtime"
)

// Built tells whether this build can code Opus.
const Built = true

// complexity is how hard the coder tries, of 0 to 10: speech of 8 kHz gains next to nothing beyond.
const complexity = 2

// Coder codes sound by libopus, each channel a mono stream of its own. It is for one goroutine at a time.
type Coder struct {
	e        *C.OpusMSEncoder
	channels int
	cleanup  runtime.Cleanup // for who does not close it
}

// NewCoder makes a coder for a sample rate that Opus knows (8000, 12000, 16000, 24000, 48000 Hz), with a mean rate
// in bits a second for each channel.
func NewCoder(rate, channels, bits int) (*Coder, error) {
	mapping := make([]C.uchar, channels)
	for i := range mapping {
		mapping[i] = C.uchar(i)
	}
	var code C.int
	e := C.opus_multistream_encoder_create(C.opus_int32(rate), C.int(channels), C.int(channels), 0, &mapping[0], C.OPUS_APPLICATION_VOIP, &code)
	if code != C.OPUS_OK {
		return nil, failure("no coder", code)
	}
	c := &Coder{e: e, channels: channels}
	c.cleanup = runtime.AddCleanup(c, func(e *C.OpusMSEncoder) { C.opus_multistream_encoder_destroy(e) }, e)
	for request, value := range map[C.int]int{
		C.OPUS_SET_BITRATE_REQUEST: bits * channels, C.OPUS_SET_COMPLEXITY_REQUEST: complexity, C.OPUS_SET_VBR_REQUEST: 1,
	} {
		if code := C.hotline_set(e, request, C.opus_int32(value)); code != C.OPUS_OK {
			return nil, failure("a coder's setting", code)
		}
	}
	return c, nil
}

func failure(what string, code C.int) error {
	return fmt.Errorf("libopus: %s: %s", what, C.GoString(C.opus_strerror(code)))
}

// Lookahead is how late the coder's sound comes, in samples of its rate.
func (c *Coder) Lookahead() int {
	var n C.opus_int32
	C.hotline_lookahead(c.e, &n)
	runtime.KeepAlive(c)
	return int(n)
}

// Code codes a frame of 10, 20, 40 or 60 ms, its channels' samples in turn, and gives the packet's length in out.
func (c *Coder) Code(sound []int16, out []byte) (int, error) {
	n := C.opus_multistream_encode(c.e, (*C.opus_int16)(&sound[0]), C.int(len(sound)/c.channels), (*C.uchar)(&out[0]), C.opus_int32(len(out)))
	runtime.KeepAlive(c)
	if n < 0 {
		return 0, failure("coding", n)
	}
	return int(n), nil
}

// Expect has packets carry what their next one may need to make up for them (in-band error correction, RFC 6716 section
// 2.1.7), for a way that loses so many of a hundred.
func (c *Coder) Expect(loss int) error {
	for request, value := range map[C.int]int{C.OPUS_SET_INBAND_FEC_REQUEST: 1, C.OPUS_SET_PACKET_LOSS_PERC_REQUEST: loss} {
		if code := C.hotline_set(c.e, request, C.opus_int32(value)); code != C.OPUS_OK {
			return failure("a coder's setting", code)
		}
	}
	return nil
}

// Close frees the coder, which codes no more.
func (c *Coder) Close() {
	if c.e == nil {
		return
	}
	c.cleanup.Stop()
	C.opus_multistream_encoder_destroy(c.e)
	c.e = nil
}
