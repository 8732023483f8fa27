//go:build opus

package libopus

/*
#include <opus/opus.h>
*/
import "C"

import "runtime"

// Decoder decodes a far end's Opus to one channel. It is for one goroutine at a time.
type Decoder struct {
	d       *C.OpusDecoder
	cleanup runtime.Cleanup // for who does not close it
}

// NewDecoder makes a decoder to a sample rate that Opus knows.
func NewDecoder(rate int) (*Decoder, error) {
	var code C.int
	d := C.opus_decoder_create(C.opus_int32(rate), 1, &code)
	if code != C.OPUS_OK {
		return nil, failure("no decoder", code)
	}
	dec := &Decoder{d: d}
	dec.cleanup = runtime.AddCleanup(dec, func(d *C.OpusDecoder) { C.opus_decoder_destroy(d) }, d)
	return dec, nil
}

// Decode fills out with a packet's sound and gives how many samples that were.
func (d *Decoder) Decode(packet []byte, out []int16) (int, error) { return d.decode(packet, out, 0) }

// Mend fills out with what was lost right before a packet, which is to be decoded next: as the packet's in-band error
// correction has it (RFC 6716 section 2.1.7), and before that, or where it has none, as the decoder supposes.
// It is as long as out, which has to be a multiple of 2.5 ms.
func (d *Decoder) Mend(next []byte, out []int16) (int, error) { return d.decode(next, out, 1) }

func (d *Decoder) decode(packet []byte, out []int16, mend C.int) (int, error) {
	n := C.opus_decode(d.d, (*C.uchar)(&packet[0]), C.opus_int32(len(packet)), (*C.opus_int16)(&out[0]), C.int(len(out)), mend)
	runtime.KeepAlive(d)
	if n < 0 {
		return 0, failure("decoding", n)
	}
	return int(n), nil
}

// Close frees the decoder, which decodes no more.
func (d *Decoder) Close() {
	if d.d == nil {
		return
	}
	d.cleanup.Stop()
	C.opus_decoder_destroy(d.d)
	d.d = nil
}
