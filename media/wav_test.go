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

const wavPCM = 1

// wav writes a WAV file of 8 kHz.
func wav(tag, bits uint16, data []byte) []byte {
	const rate = uint32(8000)
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00")
	for _, v := range []any{tag, uint16(1), rate, rate * uint32(bits/8), bits / 8, bits} {
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
	alaw, err := ReadSound(bytes.NewReader(wav(wavALaw, 8, data)), AsItIs)
	require.NoError(t, err)
	require.Equal(t, 60*time.Millisecond, alaw.Duration())
	require.Equal(t, data, alaw.in(call.CodecPCMA)[:400])
	require.Equal(t, bytes.Repeat([]byte{aHush}, 80), alaw.in(call.CodecPCMA)[400:])
	require.Equal(t, CompressMuLaw(ExpandALaw(9)), alaw.in(call.CodecPCMU)[9])
	mulaw, err := ReadSound(bytes.NewReader(wav(wavMuLaw, 8, data)), AsItIs)
	require.NoError(t, err)
	require.Equal(t, data, mulaw.in(call.CodecPCMU)[:400])
	require.Equal(t, CompressALaw(ExpandMuLaw(9)), mulaw.in(call.CodecPCMA)[9])
}

func TestReadSoundEncodesLinear(t *testing.T) {
	linear := []byte{0x10, 0x27, 0xf0, 0xd8} // 10000, -10000
	file := wav(wavPCM, 16, linear)
	sound, err := ReadSound(bytes.NewReader(file), AsItIs)
	require.NoError(t, err)
	require.Equal(t, []byte{CompressALaw(10000), CompressALaw(-10000)}, sound.in(call.CodecPCMA)[:2])
	require.Equal(t, []byte{CompressMuLaw(10000), CompressMuLaw(-10000)}, sound.in(call.CodecPCMU)[:2])

	binary.LittleEndian.PutUint32(file[len(file)-8:], 1<<32-1) // as a program writes that streams
	streamed, err := ReadSound(bytes.NewReader(file), AsItIs)
	require.NoError(t, err)
	require.Equal(t, sound, streamed)
}

// Details of what is refused are soundfile's tests.
func TestWrongSoundsSayWhatIsRight(t *testing.T) {
	good := wav(wavPCM, 16, make([]byte, 320))
	for words, file := range map[string][]byte{
		"encoding 0x55":     wav(0x55, 16, nil),
		"it is empty":       wav(wavPCM, 16, nil),
		"no MP3":            []byte("ID3 and more than twelve bytes"),
		"only 8 bytes":      good[:8],
		"longer than 30m0s": wav(wavALaw, 8, make([]byte, 30*60*8000+1)),
		"more than 64 MiB":  make([]byte, MaxSoundFile+1),
	} {
		_, err := ReadSound(bytes.NewReader(file), AsItIs)
		require.ErrorContains(t, err, words)
		require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	}
	_, err := ReadSound(io.MultiReader(bytes.NewReader(good[:60]), brokenReader{}), AsItIs)
	require.ErrorContains(t, err, "reading it failed")
}

func TestSoundsComeToALevel(t *testing.T) {
	quiet := make([]byte, 16000)
	for i := range 8000 {
		binary.LittleEndian.PutUint16(quiet[2*i:], uint16(int16(300*(1-i/4%2*2)))) // 1 kHz, −41 dB
	}
	file := wav(wavPCM, 16, quiet)
	kept, err := ReadSound(bytes.NewReader(file), AsItIs)
	require.NoError(t, err)
	require.InDelta(t, 300, ExpandALaw(kept.alaw[0]), 20)
	raised, err := ReadSound(bytes.NewReader(file), SpeechLevel)
	require.NoError(t, err)
	require.InDelta(t, 5193, ExpandALaw(raised.alaw[0]), 200, "−16 dB of 32768")

	// G.711 that is near its level keeps its bytes, and comes out of WAV as it went in.
	again, err := ReadSound(bytes.NewReader(raised.WAV()), SpeechLevel)
	require.NoError(t, err)
	require.Equal(t, raised.alaw, again.alaw)
	loud, err := ReadSound(bytes.NewReader(kept.WAV()), SpeechLevel)
	require.NoError(t, err)
	require.InDelta(t, 5193, ExpandALaw(loud.alaw[0]), 400)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzReadSound(f *testing.F) {
	f.Add(wav(wavPCM, 16, []byte{1, 2, 3, 4}))
	f.Add(wav(0xfffe, 8, []byte{1}))
	f.Add([]byte(strings.Repeat("RIFF", 20)))
	f.Fuzz(func(t *testing.T, b []byte) {
		sound, err := ReadSound(bytes.NewReader(b), AsItIs)
		if err != nil {
			require.Equal(t, call.CodeInvalid, call.CodeOf(err))
			return
		}
		require.Equal(t, len(sound.mulaw), len(sound.alaw))
		require.Zero(t, len(sound.alaw)%frameBytes)
		require.NotZero(t, sound.Duration())
	})
}
