package recording

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestG711Decodes(t *testing.T) {
	// Decoder output values of ITU-T G.711, scaled to 16 bits.
	for b, want := range map[byte]int16{0xaa: 32256, 0x2a: -32256, 0xd5: 8, 0x55: -8, 0x80: 5504, 0xff: 848} {
		require.Equal(t, want, lawA.linear(b), "A-law %#x", b)
	}
	for b, want := range map[byte]int16{0x80: 32124, 0x00: -32124, 0xff: 0, 0x7f: 0, 0xef: 132, 0x6f: -132} {
		require.Equal(t, want, lawMu.linear(b), "µ-law %#x", b)
	}
}

func TestG711IsMonotonic(t *testing.T) {
	// Both laws number their levels: A-law with every other bit turned over, µ-law with all of them.
	for i := range 127 {
		require.Less(t, lawA.linear(byte(i)^0x55|0x80), lawA.linear(byte(i+1)^0x55|0x80))
		require.Less(t, lawMu.linear(^byte(i)), lawMu.linear(^byte(i+1)))
	}
	for i := range 128 {
		require.Equal(t, lawA.linear(byte(i)), -lawA.linear(byte(i)|0x80))
		require.Equal(t, lawMu.linear(byte(i)), -lawMu.linear(byte(i)|0x80))
	}
}

func TestHeaders(t *testing.T) {
	for _, l := range []law{lawA, lawMu, lawPCM} {
		b := append(l.header(3), make([]byte, 3*l.frame())...)
		w := readWAV(t, b)
		require.Equal(t, l, w.law)
		require.Equal(t, 3, w.samples)
		parsed, err := parseWAV(bytesAt(b), int64(len(b)))
		require.NoError(t, err)
		require.Equal(t, wavFile{law: l, samples: 3, said: 3}, parsed)
	}
}

type bytesAt []byte

func (b bytesAt) ReadAt(p []byte, at int64) (int, error) {
	return (&memFile{data: b}).ReadAt(p, at)
}

func TestParseRefusesWhatIsNotOurs(t *testing.T) {
	good := lawA.header(0)
	for name, change := range map[string]func([]byte) []byte{
		"empty":       func([]byte) []byte { return nil },
		"short":       func(b []byte) []byte { return b[:50] },
		"no RIFF":     func(b []byte) []byte { b[0] = 'X'; return b },
		"format":      func(b []byte) []byte { b[20] = 85; return b },
		"one channel": func(b []byte) []byte { b[22] = 1; return b },
	} {
		b := change(append([]byte(nil), good...))
		_, err := parseWAV(bytesAt(b), int64(len(b)))
		require.ErrorIs(t, err, errNotOurs, name)
	}
}

// TestParseReadError tells a disk's error from a file that is not ours.
func TestParseReadError(t *testing.T) {
	broken := errors.New("input/output error")
	_, err := parseWAV(failingReader{broken}, 100)
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, errNotOurs)
}

type failingReader struct{ err error }

func (f failingReader) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func FuzzRecover(f *testing.F) {
	f.Add(lawA.header(0))
	f.Add(append(lawMu.header(2), 1, 2, 3, 4, 5))
	f.Add(append(lawPCM.header(9), 1, 2, 3, 4, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := newMemFolder()
		dir.files["x"] = &memFile{dir: dir, name: "x", data: append([]byte(nil), b...)}
		facts, err := recoverFile(dir, "x", nil)
		if err != nil {
			require.Equal(t, b, append([]byte{}, dir.files["x"].data...), "a file that is not ours was changed")
			return
		}
		w := readWAV(t, dir.files["x"].data)
		require.Equal(t, facts.Length, duration(int64(w.samples)))
		require.EqualValues(t, facts.Bytes, len(dir.files["x"].data))
		head := int(w.law.headSize())
		require.Equal(t, b[head:int(facts.Bytes)], dir.files["x"].data[head:], "sound was changed")
		again, err := recoverFile(dir, "x", nil)
		require.NoError(t, err)
		require.Equal(t, facts, again)
		require.Equal(t, uint32(len(dir.files["x"].data)-8), binary.LittleEndian.Uint32(dir.files["x"].data[4:]))
	})
}
