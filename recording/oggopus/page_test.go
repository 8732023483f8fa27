package oggopus_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/recording/oggopus"
)

// file is an Ogg file of so many packets of 20 ms, of lengths that need one segment and more.
func file(t testing.TB, packets int) []byte {
	var b bytes.Buffer
	w, err := oggopus.NewWriter(&b, 7, oggopus.Head{Channels: 2, PreSkip: 312, Rate: 8000})
	require.NoError(t, err)
	for i := range packets {
		require.NoError(t, w.Packet(bytes.Repeat([]byte{byte(i)}, 40+i%3*255), 960))
	}
	require.NoError(t, w.Close(312+uint64(packets)*960-500))
	return b.Bytes()
}

func check(b []byte) (oggopus.Info, []oggopus.Damage, error) {
	return oggopus.Check(bytes.NewReader(b), int64(len(b)), func() error { return nil })
}

func TestAFileIsReadBack(t *testing.T) {
	for _, packets := range []int{0, 1, 49, 50, 51, 500} {
		b := file(t, packets)
		info, found, err := check(b)
		require.NoError(t, err)
		require.Empty(t, found)
		require.Equal(t, oggopus.Head{Channels: 2, PreSkip: 312, Rate: 8000}, info.Head)
		require.Equal(t, max(int64(packets)*960-500, 0), info.Samples)
	}
}

// TestAChangedByteIsNamed: whichever it is, by the page it is in; what is cut off, added or doubled too.
func TestAChangedByteIsNamed(t *testing.T) {
	whole := file(t, 60)
	for at := range whole {
		if at > 200 && at%41 != 0 { // the heads, and some of the rest
			continue
		}
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		_, found, err := check(b)
		if errors.Is(err, oggopus.ErrNotOpus) {
			require.Less(t, at, 100, "its first page")
		} else {
			require.NoError(t, err)
		}
		require.NotEmpty(t, found, "byte %d", at)
		first := found[0]
		require.LessOrEqual(t, first.Offset, int64(at))
		require.Greater(t, first.Offset+first.Bytes, int64(at))
	}
	for name, b := range map[string][]byte{
		"cut":     whole[:len(whole)-1],
		"halved":  whole[:len(whole)/2],
		"longer":  append(bytes.Clone(whole), 0),
		"doubled": append(bytes.Clone(whole), whole...),
	} {
		_, found, err := check(b)
		require.NoError(t, err, name)
		require.NotEmpty(t, found, name)
	}
	_, _, err := check(nil)
	require.ErrorIs(t, err, oggopus.ErrNotOpus)
	stop := errors.New("stopped")
	_, _, err = oggopus.Check(bytes.NewReader(whole), int64(len(whole)), func() error { return stop })
	require.ErrorIs(t, err, stop)
}

// FuzzCheck: no file brings the check down or has it go on for ever.
func FuzzCheck(f *testing.F) {
	f.Add(file(f, 3))
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, found, err := check(b)
		if err == nil && len(found) == 0 {
			require.GreaterOrEqual(t, len(b), 2*28)
		}
	})
}
