package recording

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/recording/seal"
)

// TestAnalysedAsItEnds: the facts of a recording's end hold what the archive would
// have found out later, and its picture is there.
func TestAnalysedAsItEnds(t *testing.T) {
	for _, keys := range []seal.Keys{nil, someKeys(t)} {
		synctest.Test(t, func(t *testing.T) {
			v := newVault(t, filepath.Join(t.TempDir(), "r"), keys, newBook(), nil)
			defer v.close()
			v.pace = &pace{share: 0.5}
			v.Recorder.pace = v.pace
			f := v.record()
			require.NotNil(t, f.Sound)
			require.InDelta(t, 0.33, f.Sound.Overtalk, 0.02)
			require.True(t, f.Complete)
			picture, sums, err := v.picture(t.Context(), f)
			require.NoError(t, err)
			v.Ended(f)
			synctest.Wait()
			require.Zero(t, v.book.count(), "the ledger has heard of it with its end")
			require.Equal(t, 1.0, testutil.ToFloat64(v.metricsOf().analysed.WithLabelValues("done")))
			found, err := v.Verify(t.Context(), f)
			require.NoError(t, err)
			require.Empty(t, found)

			bare := f
			bare.Sound = nil
			v.book.put(bare)
			require.NoError(t, v.disk.remove(peaksOf(f.Path)))
			v.Ended(bare)
			time.Sleep(time.Second)
			require.Equal(t, f.Sound, v.book.get(f.ID).Sound, "the archive finds the same")
			again, sumsAgain, err := v.picture(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, picture, again)
			require.Equal(t, sums, sumsAgain)
		})
	}
}

// TestTooMuchToLookAt: beyond the share of a core, recordings wait for the archive.
func TestTooMuchToLookAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(t, filepath.Join(t.TempDir(), "r"), nil, newBook(), nil)
		defer v.close()
		v.pace = &pace{share: 0.1}
		v.Recorder.pace = v.pace
		v.pace.did(time.Minute)
		f := v.record()
		require.Nil(t, f.Sound)
		v.Ended(f)
		time.Sleep(time.Hour)
		require.NotNil(t, v.book.get(f.ID).Sound)
		require.NotNil(t, v.record().Sound, "the debt is paid")
	})
}

// TestACrashBetweenPictureAndEnd: a picture nobody was told of is made anew.
func TestACrashBetweenPictureAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(t, filepath.Join(t.TempDir(), "r"), nil, newBook(), nil)
		defer v.close()
		v.Recorder.pace = &pace{share: 1}
		f := v.record()
		require.NotNil(t, f.Sound)
		facts, err := v.Recover(f.ID)
		require.NoError(t, err)
		require.Nil(t, facts.Sound)
		_, err = v.Peaks(t.Context(), f)
		require.Equal(t, call.CodeNotFound, call.CodeOf(err))
	})
}

// TestAFolderMovedAway: files go where the name leads, however recently a file was made there.
func TestAFolderMovedAway(t *testing.T) {
	d, err := openDisk(t.TempDir())
	require.NoError(t, err)
	open := func(name string) file {
		w := wav{dir: d, name: name}
		require.NoError(t, w.open())
		return w.f
	}
	first := open("2026/11/29/a.wav")
	require.NoError(t, d.holds("2026/11/29/a.wav", first))
	require.True(t, d.taken("2026/11/29/a.wav"))
	require.ErrorContains(t, (&wav{dir: d, name: "2026/11/29/a.wav"}).open(), "exists already")

	require.NoError(t, os.Rename(filepath.Join(d.root.Name(), "2026"), filepath.Join(d.root.Name(), "old")))
	lost := open("2026/11/29/b.wav")
	require.Error(t, d.holds("2026/11/29/b.wav", lost), "it went with the folder, which is found out")
	third := open("2026/11/29/c.wav")
	require.NoError(t, d.holds("2026/11/29/c.wav", third))

	require.NoError(t, os.RemoveAll(filepath.Join(d.root.Name(), "2026")))
	fourth := open("2026/11/29/d.wav")
	require.NoError(t, d.holds("2026/11/29/d.wav", fourth))
	for _, f := range []file{first, lost, third, fourth} {
		require.NoError(t, f.Close())
	}
}

// TestAPictureOfAPowerCut: pictures are not synced; one that came out empty or torn is
// told from a whole one and made anew, before it is shown and before it is brought away.
func TestAPictureOfAPowerCut(t *testing.T) {
	for _, keys := range []seal.Keys{nil, someKeys(t)} {
		synctest.Test(t, func(t *testing.T) {
			dir, b := filepath.Join(t.TempDir(), "r"), newBook()
			v := newVault(t, dir, keys, b, nil)
			v.Recorder.pace = &pace{share: 1}
			f := v.record()
			want, _, err := v.picture(t.Context(), f)
			require.NoError(t, err)
			name := filepath.Join(dir, peaksOf(f.Path))
			whole, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, torn := range [][]byte{{}, whole[:len(whole)/2], append(whole[:len(whole)/2:len(whole)/2], make([]byte, len(whole)-len(whole)/2)...)} {
				require.NoError(t, os.WriteFile(name, torn, 0o600))
				_, err := v.Peaks(t.Context(), f)
				require.Equal(t, call.CodeNotFound, call.CodeOf(err))
				require.ErrorContains(t, err, "made anew")
				time.Sleep(time.Second)
				got, err := v.Peaks(t.Context(), f)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			require.NoError(t, os.WriteFile(name, nil, 0o600))
			v.close()

			shelf := newShelf()
			v = newVault(t, dir, keys, b, shelf)
			defer v.close()
			v.Ended(f)
			time.Sleep(time.Second)
			require.Empty(t, v.files(), "both were brought away")
			got, err := v.Peaks(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

// TestSoundThatChangedGetsNoNewPicture: it would hide the change.
func TestSoundThatChangedGetsNoNewPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(t, filepath.Join(t.TempDir(), "r"), nil, newBook(), nil)
		defer v.close()
		v.Recorder.pace = &pace{share: 1}
		f := v.record()
		name := filepath.Join(v.dir, f.Path)
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		b[len(b)/2] ^= 4
		require.NoError(t, os.WriteFile(name, b, 0o600))
		require.NoError(t, v.disk.remove(peaksOf(f.Path)))
		v.later(f.Path)
		time.Sleep(time.Minute)
		_, err = v.Peaks(t.Context(), f)
		require.Equal(t, call.CodeNotFound, call.CodeOf(err))
		require.Equal(t, 1.0, testutil.ToFloat64(v.metricsOf().analysed.WithLabelValues("failed")))
	})
}
