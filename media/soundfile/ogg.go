package soundfile

import (
	"bytes"
	"errors"
	"io"

	"hotline/media/soundfile/vorbis"
)

// openOgg tells what an Ogg file holds (RFC 3533): the first packet begins after the first page's header.
func openOgg(r io.Reader, head []byte) (Source, error) {
	switch {
	case bytes.Contains(head, []byte("\x01vorbis")):
		return openVorbis(r)
	case bytes.Contains(head, []byte("OpusHead")):
		return nil, bad("it is an Ogg file of Opus; %s", Accepted)
	default:
		return nil, bad("it is an Ogg file without Vorbis; %s", Accepted)
	}
}

// openVorbis begins to read Ogg Vorbis.
func openVorbis(r io.Reader) (Source, error) {
	d, err := vorbis.New(r)
	if err != nil {
		return nil, notVorbis(err)
	}
	return vorbisSource{d}, nil
}

func notVorbis(err error) error { return bad("%w; encode it anew: sox in.wav out.ogg", err) }

type vorbisSource struct{ *vorbis.Decoder }

func (s vorbisSource) Read(p []float32) (int, error) {
	n, err := s.Decoder.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = notVorbis(err)
	}
	return n, err
}
