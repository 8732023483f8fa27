package soundfile

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// mp3Source reads MPEG-1 and MPEG-2 Audio Layer III. The decoder gives two channels of 16 bits for mono files, too.
type mp3Source struct {
	d   *mp3.Decoder
	raw []byte
}

func openMP3(r io.Reader) (Source, error) {
	s := &mp3Source{}
	err := guarded("MP3", func() (err error) {
		// Without Seek and Close: the decoder would go through the whole file for its length.
		s.d, err = mp3.NewDecoder(onlyReader{r})
		return err
	})
	if err != nil {
		return nil, notMP3(err)
	}
	if s.d.SampleRate() == misheard {
		return nil, bad("it is an MP3 of %d Hz, which is not decoded well here; right is: sox in.mp3 -r 24000 out.mp3, or a WAV", misheard)
	}
	return s, nil
}

// misheard is the one rate at which the decoder was found to give noise for sound, at low bit rates.
const misheard = 22050

type onlyReader struct{ io.Reader }

func notMP3(err error) error {
	return bad("it is no MP3 of MPEG-1 or MPEG-2, Layer III (%w); right is: sox in.wav out.mp3, or a WAV", err)
}

func (s *mp3Source) Rate() int     { return s.d.SampleRate() }
func (s *mp3Source) Channels() int { return 2 }

func (s *mp3Source) Read(p []float32) (n int, err error) {
	want := len(p) / 2 * 4
	if len(s.raw) < want {
		s.raw = make([]byte, want)
	}
	var got int
	err = guarded("MP3", func() (err error) {
		got, err = io.ReadFull(s.d, s.raw[:want])
		return err
	})
	for ; n < got/4*2; n++ {
		p[n] = float32(int16(binary.LittleEndian.Uint16(s.raw[2*n:]))) / (1 << 15)
	}
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // players take what there is of a file cut short
		return n, io.EOF
	default:
		return n, notMP3(err)
	}
}
