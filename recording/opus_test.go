//go:build opus

package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/recording/seal"
)

func opusBook() *book {
	b := newBook()
	b.opus = true
	return b
}

// path is where a recording's Opus lies.
func (v *vault) path(f call.RecordingFacts) string { return filepath.Join(v.dir, opusOf(f.Path)) }

// TestARecordingIsKeptAsOpus: plain and encrypted, it takes the WAV's place and is played, checked and erased as that was.
func TestARecordingIsKeptAsOpus(t *testing.T) {
	for _, keys := range []seal.Keys{nil, someKeys(t)} {
		synctest.Test(t, func(t *testing.T) {
			v := newVault(t, filepath.Join(t.TempDir(), "r"), keys, opusBook(), nil)
			defer v.close()
			f := v.record()
			v.Ended(f)
			time.Sleep(time.Minute)
			ext := extOpus
			if keys != nil {
				ext = extSealedOpus
			}
			require.ElementsMatch(t, []string{ext, extPeaks}, v.files())
			require.Equal(t, 1.0, testutil.ToFloat64(v.metricsOf().compressed.WithLabelValues("done")))
			require.NoError(t, v.Has(t.Context(), f))
			_, err := v.Peaks(t.Context(), f)
			require.NoError(t, err)
			s, err := v.Open(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, "audio/ogg", s.MediaType())
			require.Equal(t, keys != nil, s.KeyID() != "")
			require.Less(t, s.Size(), f.Bytes*3/5)
			begin := make([]byte, 4)
			_, err = s.ReadAt(begin, 0)
			require.NoError(t, err)
			require.Equal(t, "OggS", string(begin))
			require.NoError(t, s.Close())
			found, err := v.Verify(t.Context(), f)
			require.NoError(t, err)
			require.Empty(t, found)

			b, err := os.ReadFile(v.path(f))
			require.NoError(t, err)
			at := len(b) / 2
			b[at] ^= 4
			require.NoError(t, os.WriteFile(v.path(f), b, 0o600))
			found, err = v.Verify(t.Context(), f)
			require.NoError(t, err)
			require.NotEmpty(t, found)
			require.LessOrEqual(t, found[0].Offset, int64(at))
			require.Greater(t, found[0].Offset+found[0].Bytes, int64(at))

			require.NoError(t, v.Erase(t.Context(), f))
			require.Empty(t, v.files())
			require.Equal(t, call.CodeNotFound, call.CodeOf(v.Has(t.Context(), f)))
		})
	}
}

// TestSidesAreApartInOpus has opus-tools read a file back: it is whole by opusinfo, and the caller, who talks alone for two
// seconds, is on the left alone.
func TestSidesAreApartInOpus(t *testing.T) {
	var ogg []byte
	var f call.RecordingFacts
	synctest.Test(t, func(t *testing.T) {
		v := newVault(t, filepath.Join(t.TempDir(), "r"), nil, opusBook(), nil)
		defer v.close()
		f = v.record()
		v.Ended(f)
		time.Sleep(time.Minute)
		var err error
		ogg, err = os.ReadFile(v.path(f))
		require.NoError(t, err)
	})
	dir := t.TempDir()
	name := filepath.Join(dir, "a.ogg")
	require.NoError(t, os.WriteFile(name, ogg, 0o600))
	told, err := exec.Command("opusinfo", name).CombinedOutput()
	require.NoError(t, err, "%s", told)
	require.NotContains(t, strings.ToUpper(string(told)), "WARNING")
	require.Contains(t, string(told), "Playback length: 0m:06.0")
	out := filepath.Join(dir, "a.wav")
	told, err = exec.Command("opusdec", "--rate", "8000", "--force-wav", "--no-dither", name, out).CombinedOutput()
	require.NoError(t, err, "%s", told)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	data := b[bytes.Index(b, []byte("data"))+8:]
	require.InDelta(t, f.Length.Seconds()*rate, len(data)/4, 80, "as long as it was")
	for _, c := range []struct {
		from, to float64
		talks    [2]bool
	}{{0.3, 1.8, [2]bool{true, false}}, {2.3, 3.8, [2]bool{true, true}}, {4.3, 5.8, [2]bool{false, false}}} {
		for side := range 2 {
			loud := loudness(data, side, int(c.from*rate), int(c.to*rate))
			if c.talks[side] {
				require.InDelta(t, 0, loud, 16, "side %d from %v s", side, c.from)
			} else {
				require.Less(t, loud, -50.0, "side %d from %v s", side, c.from)
			}
		}
	}
}

// loudness of a side of 16-bit samples, in dBFS.
func loudness(data []byte, side, from, to int) float64 {
	sum := 0.0
	for i := from; i < to; i++ {
		v := float64(int16(binary.LittleEndian.Uint16(data[4*i+2*side:]))) / 32768
		sum += v * v
	}
	return 10 * math.Log10(sum/float64(to-from)+1e-12)
}

// TestOpusGoesToTheStore: what is brought there is Opus, also of what a run before left as WAV; a crash between any two steps loses nothing.
func TestOpusGoesToTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, keys, b, s := filepath.Join(t.TempDir(), "r"), someKeys(t), newBook(), newShelf()
		s.set(errors.New("connection refused"))
		v := newVault(t, dir, keys, b, s)
		f := v.record()
		v.Ended(f)
		time.Sleep(time.Minute)
		v.close()
		require.ElementsMatch(t, []string{extSealed, extPeaks}, v.files())
		// A crash while it was coded, and one after: half a file, and both.
		require.NoError(t, os.WriteFile(filepath.Join(dir, opusOf(f.Path)+half), []byte("half"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, opusOf(f.Path)), []byte("whole, perhaps"), 0o600))
		s.set(nil)
		b.opus = true
		v = newVault(t, dir, keys, b, s)
		defer v.close()
		time.Sleep(5 * time.Minute)
		require.Empty(t, v.files())
		require.Contains(t, s.objects, opusOf(f.Path))
		require.NotContains(t, s.objects, f.Path)
		sound, err := v.Open(t.Context(), f)
		require.NoError(t, err)
		all, err := io.ReadAll(sound)
		require.NoError(t, err)
		require.Equal(t, "OggS", string(all[:4]))
		require.NoError(t, sound.Close())
		require.NoError(t, v.Erase(t.Context(), f))
		objects, _ := s.count()
		require.Zero(t, objects)
	})
}

// TestErasedWhileItIsCoded: what was made of it in the meantime goes as well, whichever comes first.
func TestErasedWhileItIsCoded(t *testing.T) {
	for _, first := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			v := newVault(t, filepath.Join(t.TempDir(), "r"), nil, newBook(), nil)
			defer v.close()
			f := v.record()
			s, err := v.Recorder.Open(f.Path)
			require.NoError(t, err)
			require.NoError(t, v.code(t.Context(), s, f.Path, opusOf(f.Path)))
			require.NoError(t, s.Close())
			if first {
				require.NoError(t, v.Erase(t.Context(), f))
				require.NoError(t, v.replace(f.Path, opusOf(f.Path)))
			} else {
				require.NoError(t, v.replace(f.Path, opusOf(f.Path)))
				require.NoError(t, v.Erase(t.Context(), f))
			}
			require.Empty(t, v.files())
		})
	}
}

// BenchmarkOpusCallSecond is what a second of a call costs to be coded, and read back.
func BenchmarkOpusCallSecond(b *testing.B) {
	const seconds = 60
	var wav bytes.Buffer
	wav.Write(lawA.header(seconds * rate))
	for i := range seconds * rate {
		wav.Write([]byte{byte(i*i>>7) ^ 0x55, byte(i*i>>9) ^ 0x55})
	}
	s := &Sound{SectionReader: io.NewSectionReader(bytes.NewReader(wav.Bytes()), 0, int64(wav.Len())), law: lawA}
	for b.Loop() {
		_, err := encode(b.Context(), s, io.Discard, 1, (&pace{share: 1}).begin())
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/seconds, "µs/call-second")
}
