package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// memory is a file in memory.
type memory struct {
	b    []byte
	fail error
	cut  int // of a failing write, how much is made; -1 all
}

func (m *memory) ReadAt(b []byte, at int64) (int, error) { return bytes.NewReader(m.b).ReadAt(b, at) }
func (m *memory) Sync() error                            { return nil }
func (m *memory) WriteAt(b []byte, at int64) (int, error) {
	if m.fail != nil {
		m.put(b[:min(m.cut, len(b))], at)
		return 0, m.fail
	}
	m.put(b, at)
	return len(b), nil
}

func (m *memory) put(b []byte, at int64) {
	if grow := int(at) + len(b) - len(m.b); grow > 0 {
		m.b = append(m.b, make([]byte, grow)...)
	}
	copy(m.b[at:], b)
}

func (m *memory) truncate(n int64) error { m.b = m.b[:n]; return nil }

func someKeys(t require.TestingT, names ...string) *KeyFile {
	text := "# keys\n\n"
	for _, n := range names {
		text += NewKey(n) + "\n"
	}
	k, err := ParseKeys(text)
	require.NoError(t, err)
	return k
}

// sealed writes chunks of random lengths and gives the file and what is in it.
func sealed(t require.TestingT, keys Keys, chunks int, finish bool) (*memory, []byte) {
	random := rand.New(rand.NewPCG(1, uint64(chunks)))
	f := &memory{}
	w, err := Create(f, keys, "R1")
	require.NoError(t, err)
	var all []byte
	for range chunks {
		b := make([]byte, 1+random.IntN(3000))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		require.NoError(t, w.Append(2, b))
		all = append(all, b...)
	}
	require.EqualValues(t, len(all), w.Size())
	if finish {
		require.NoError(t, w.Finish())
	}
	return f, all
}

func open(t require.TestingT, f *memory, keys Keys) *Reader {
	r, err := Open(f, int64(len(f.b)), keys, "R1")
	require.NoError(t, err)
	return r
}

func TestSealedBytesComeBackFromAnyPlace(t *testing.T) {
	keys := someKeys(t, "2026")
	for _, chunks := range []int{0, 1, 2, 40} {
		for _, finish := range []bool{true, false} {
			f, all := sealed(t, keys, chunks, finish)
			r := open(t, f, keys)
			require.Equal(t, finish, r.Whole())
			require.EqualValues(t, len(all), r.Size())
			got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
			require.NoError(t, err)
			require.Equal(t, string(all), string(got))
			if len(all) > 0 {
				require.NotContains(t, string(f.b), string(all[:16]))
				kind, ok := r.Kind()
				require.True(t, ok)
				require.EqualValues(t, 2, kind)
			}
		}
	}
	f, all := sealed(t, keys, 40, true)
	r := open(t, f, keys)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(all)).Draw(t, "at")
		b := make([]byte, rapid.IntRange(0, 8000).Draw(t, "n"))
		n, err := r.ReadAt(b, int64(at))
		require.Equal(t, min(len(b), len(all)-at), n)
		require.Equal(t, n < len(b), errors.Is(err, io.EOF))
		require.True(t, bytes.Equal(all[at:at+n], b[:n]))
	})
}

// TestEveryChangedByteIsFound changes each byte of a small file, one after another.
func TestEveryChangedByteIsFound(t *testing.T) {
	keys := someKeys(t, "k")
	f := &memory{}
	w, err := Create(f, keys, "R1")
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, w.Append(1, bytes.Repeat([]byte{byte(i)}, 50)))
	}
	require.NoError(t, w.Finish())
	span := chunkHead + 50 + chunkTag
	for at := HeadBytes; at < len(f.b); at++ {
		changed := &memory{b: bytes.Clone(f.b)}
		changed.b[at] ^= 0x10
		r := open(t, changed, keys)
		found, err := r.Check(func() {})
		require.NoError(t, err)
		require.NotEmpty(t, found, "byte %d", at)
		want := (at - HeadBytes) / span
		if want > 2 {
			require.Equal(t, -1, found[len(found)-1].Chunk)
			continue
		}
		require.Len(t, found, 1)
		require.Equal(t, want, found[0].Chunk)
		require.EqualValues(t, HeadBytes+want*span, found[0].Offset)
		require.EqualValues(t, want*50, found[0].At)
		require.Contains(t, found[0].Error(), fmt.Sprintf("chunk %d (bytes %d to", want, found[0].Offset))
		_, err = r.ReadAt(make([]byte, 50), int64(want*50))
		var d *Damage
		require.ErrorAs(t, err, &d)
	}
	for _, at := range []int{0, 9, 40, slotBytes - 1} { // the second slot is empty: the first is all there is
		changed := &memory{b: bytes.Clone(f.b)}
		changed.b[at] ^= 1
		_, err := Open(changed, int64(len(f.b)), keys, "R1")
		require.ErrorIs(t, err, ErrNotSealed)
	}
}

func TestChunksCannotChangePlacesOrFiles(t *testing.T) {
	keys := someKeys(t, "k")
	f := &memory{}
	w, err := Create(f, keys, "R1")
	require.NoError(t, err)
	require.NoError(t, w.Append(1, []byte("one")))
	require.NoError(t, w.Append(1, []byte("two")))
	require.NoError(t, w.Finish())
	n := chunkHead + 3 + chunkTag
	first, second := bytes.Clone(f.b[HeadBytes:HeadBytes+n]), bytes.Clone(f.b[HeadBytes+n:HeadBytes+2*n])
	copy(f.b[HeadBytes:], second)
	copy(f.b[HeadBytes+n:], first)
	found, err := open(t, f, keys).Check(func() {})
	require.NoError(t, err)
	require.Len(t, found, 2)
	_, err = Open(f, int64(len(f.b)), keys, "R2")
	require.ErrorContains(t, err, `is of "R1"`)
}

func TestACutOffFileIsMended(t *testing.T) {
	keys := someKeys(t, "k")
	whole, all := sealed(t, keys, 20, true)
	for cut := HeadBytes; cut < len(whole.b); cut += 97 {
		f := &memory{b: bytes.Clone(whole.b[:cut])}
		r := open(t, f, keys)
		require.False(t, r.Whole())
		require.NoError(t, r.Mend(f, f.truncate))
		again := open(t, f, keys)
		require.True(t, again.Whole())
		got, err := io.ReadAll(io.NewSectionReader(again, 0, again.Size()))
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(all, got))
		require.Less(t, cut-HeadBytes-len(got), 3000+21*(chunkHead+chunkTag)+200+footBytes)
		found, err := again.Check(func() {})
		require.NoError(t, err)
		require.Empty(t, found)
	}
}

func TestAFailedWriteIsMadeAgainWithAnotherNonce(t *testing.T) {
	keys := someKeys(t, "k")
	f := &memory{}
	w, err := Create(f, keys, "R1")
	require.NoError(t, err)
	f.fail, f.cut = errors.New("no space"), 20
	require.Error(t, w.Append(1, []byte("what was said first")))
	counter := f.b[HeadBytes+8]
	f.fail = nil
	require.NoError(t, w.Append(1, []byte("and what came of it")))
	require.NotEqual(t, counter, f.b[HeadBytes+8])
	require.NoError(t, w.Finish())
	got, err := io.ReadAll(io.NewSectionReader(open(t, f, keys), 0, 19))
	require.NoError(t, err)
	require.Equal(t, "and what came of it", string(got))
}

func TestRewrap(t *testing.T) {
	old, next := NewKey("old"), NewKey("new")
	before, err := ParseKeys(old)
	require.NoError(t, err)
	both, err := ParseKeys(next + "\n" + old)
	require.NoError(t, err)
	after, err := ParseKeys(next)
	require.NoError(t, err)
	f, all := sealed(t, before, 5, true)
	_, err = Open(f, int64(len(f.b)), after, "R1")
	require.ErrorIs(t, err, ErrNoKey)
	body := bytes.Clone(f.b[HeadBytes:])
	for range 3 { // the second time there is nothing to do
		changed, err := Rewrap(f, both)
		require.NoError(t, err)
		id, err := KeyID(f)
		require.NoError(t, err)
		require.Equal(t, "new", id)
		if !changed {
			break
		}
	}
	require.Equal(t, body, f.b[HeadBytes:], "no chunk was touched")
	require.NotContains(t, string(f.b), "old", "the old wrapping is gone")
	got, err := io.ReadAll(io.NewSectionReader(open(t, f, after), 0, int64(len(all))))
	require.NoError(t, err)
	require.Equal(t, all, got)
	require.NoError(t, Forget(f))
	_, err = Open(f, int64(len(f.b)), both, "R1")
	require.ErrorIs(t, err, ErrNotSealed)
}

// TestACrashInARewrapLeavesAGoodHeader breaks it off at each write, half done.
func TestACrashInARewrapLeavesAGoodHeader(t *testing.T) {
	keys := someKeys(t, "new", "old")
	oldFirst := &KeyFile{current: "old", keys: keys.keys}
	whole, all := sealed(t, oldFirst, 3, true)
	for _, cut := range []int{0, 100, 500, slotBytes} {
		f := &memory{b: bytes.Clone(whole.b), fail: errors.New("crash"), cut: cut}
		_, err := Rewrap(f, keys)
		require.Error(t, err)
		f.fail = nil
		got, err := io.ReadAll(io.NewSectionReader(open(t, f, keys), 0, int64(len(all))))
		require.NoError(t, err)
		require.Equal(t, all, got)
		_, err = Rewrap(f, keys)
		require.NoError(t, err)
		id, err := KeyID(f)
		require.NoError(t, err)
		require.Equal(t, "new", id)
		require.NotContains(t, string(f.b), "old")
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	good := NewKey("a")
	for text, words := range map[string]string{
		"":                        "there is no key",
		"a":                       "line 1 of the keys: it is no name and a key",
		"a AAAA":                  "key a is not 32 bytes in base64",
		"\n" + good + "\n" + good: `line 3 of the keys: "a" is there twice`,
		"ä " + good[2:]:           "its name is none",
	} {
		_, err := ParseKeys(text)
		require.ErrorContains(t, err, words)
		require.NotContains(t, err.Error(), good[2:])
	}
	other := someKeys(t, "a")
	f, _ := sealed(t, someKeys(t, "a"), 1, true)
	_, err := Open(f, int64(len(f.b)), other, "R1")
	require.ErrorIs(t, err, ErrWrongKey)
	_, err = Open(f, int64(len(f.b)), nil, "R1")
	require.ErrorIs(t, err, ErrNoKey)
}

// FuzzOpen: whatever lies in a file, it is refused or read without harm.
func FuzzOpen(f *testing.F) {
	keys := someKeys(f, "k")
	whole, _ := sealed(f, keys, 3, true)
	cut, _ := sealed(f, keys, 2, false)
	f.Add(whole.b, 0)
	f.Add(cut.b, 1500)
	f.Fuzz(func(t *testing.T, b []byte, at int) {
		// The fuzzer can't make a header that opens, so bytes after a good one are its part.
		file := &memory{b: append(bytes.Clone(whole.b[:HeadBytes]), b...)}
		for _, m := range []*memory{{b: b}, file} {
			r, err := Open(m, int64(len(m.b)), keys, "")
			if err != nil {
				continue
			}
			_, _ = r.ReadAt(make([]byte, 4096), int64(max(at, 0)))
			_, _ = r.Check(func() {})
			require.NoError(t, r.Mend(m, m.truncate))
			again, err := Open(m, int64(len(m.b)), keys, "")
			require.NoError(t, err)
			require.True(t, again.Whole())
		}
	})
}
