package media

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// wav writes a WAV file.
func wav(tag, channels uint16, rate uint32, bits uint16, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00")
	for _, v := range []any{tag, channels, rate, rate * uint32(channels*bits/8), channels * bits / 8, bits} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	b.WriteString("data")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(data))))
	b.Write(data)
	return b.Bytes()
}

func TestReadSoundKeepsItsOwnLaw(t *testing.T) {
	data := make([]byte, 400)
	for i := range data {
		data[i] = byte(i)
	}
	alaw, err := ReadSound(bytes.NewReader(wav(wavALaw, 1, 8000, 8, data)))
	require.NoError(t, err)
	require.Equal(t, 60*time.Millisecond, alaw.Duration())
	require.Equal(t, data, alaw.in(call.CodecPCMA)[:400])
	require.Equal(t, bytes.Repeat([]byte{aHush}, 80), alaw.in(call.CodecPCMA)[400:])
	require.Equal(t, CompressMuLaw(ExpandALaw(9)), alaw.in(call.CodecPCMU)[9])
	mulaw, err := ReadSound(bytes.NewReader(wav(wavMuLaw, 1, 8000, 8, data)))
	require.NoError(t, err)
	require.Equal(t, data, mulaw.in(call.CodecPCMU)[:400])
	require.Equal(t, CompressALaw(ExpandMuLaw(9)), mulaw.in(call.CodecPCMA)[9])
}

func TestReadSoundEncodesLinear(t *testing.T) {
	linear := []byte{0x10, 0x27, 0xf0, 0xd8} // 10000, -10000
	file := wav(wavPCM, 1, 8000, 16, linear)
	sound, err := ReadSound(bytes.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, []byte{CompressALaw(10000), CompressALaw(-10000)}, sound.in(call.CodecPCMA)[:2])
	require.Equal(t, []byte{CompressMuLaw(10000), CompressMuLaw(-10000)}, sound.in(call.CodecPCMU)[:2])

	binary.LittleEndian.PutUint32(file[len(file)-8:], 1<<32-1) // as a program writes that streams
	streamed, err := ReadSound(bytes.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, sound, streamed)
}

func TestWrongSoundsSayWhatIsRight(t *testing.T) {
	good := wav(wavPCM, 1, 8000, 16, make([]byte, 320))
	for words, file := range map[string][]byte{
		"44100 Hz, not 8000":     wav(wavPCM, 1, 44100, 16, nil),
		"2 channels, not 1":      wav(wavPCM, 2, 8000, 16, nil),
		"8 bits a sample":        wav(wavPCM, 1, 8000, 8, nil),
		"encoding 0x55":          wav(0x55, 1, 8000, 16, nil),
		"sox in.wav":             wav(wavPCM, 2, 16000, 16, nil),
		"it is empty":            wav(wavPCM, 1, 8000, 16, nil),
		"no WAV file":            []byte("ID3 and more than twelve bytes"),
		"within its header":      good[:8],
		"within its format":      good[:36],
		"no data chunk":          good[:48],
		"within the chunk":       good[:22],
		"data comes before":      append(append([]byte{}, good[:12]...), "data\x00\x00\x00\x00"...),
		"longer than 30m0s":      wav(wavALaw, 1, 8000, 8, make([]byte, 30*60*8000+1)),
		"16, 18 or 40 are right": []byte("RIFF\x00\x00\x00\x00WAVEfmt \x04\x00\x00\x00\x01\x00\x01\x00"),
	} {
		_, err := ReadSound(bytes.NewReader(file))
		require.ErrorContains(t, err, words)
		require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	}
	_, err := ReadSound(io.MultiReader(bytes.NewReader(good[:60]), brokenReader{}))
	require.ErrorContains(t, err, "reading it failed")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzReadSound(f *testing.F) {
	f.Add(wav(wavPCM, 1, 8000, 16, []byte{1, 2, 3, 4}))
	f.Add(wav(wavExtensible, 1, 8000, 8, []byte{1}))
	f.Add([]byte(strings.Repeat("RIFF", 20)))
	f.Fuzz(func(t *testing.T, b []byte) {
		sound, err := ReadSound(bytes.NewReader(b))
		if err != nil {
			require.Equal(t, call.CodeInvalid, call.CodeOf(err))
			return
		}
		require.Equal(t, len(sound.mulaw), len(sound.alaw))
		require.Zero(t, len(sound.alaw)%frameBytes)
		require.NotZero(t, sound.Duration())
	})
}
