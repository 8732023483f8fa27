package store

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/store/journal"
)

// copyFolder copies a store's folder as a crash would have left it.
func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

// Wherever the last segment ends, the store starts: with a prefix of what was appended.
func TestStartsWhereverTheJournalEnds(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	events := answered("C1", noon, "138", "general", "1001")[:12]
	ends := make([]int64, len(events))
	for i, e := range events {
		require.NoError(t, s.Append(e))
		ends[i] = s.writer.Position().Offset
	}
	crashed := copyFolder(t, dir)
	require.NoError(t, s.Close())
	path := journal.Path(filepath.Join(crashed, "journal"), 1)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.EqualValues(t, ends[len(ends)-1], len(whole))

	for cut := int64(len(whole)); cut > 0; cut -= 311 {
		dir := copyFolder(t, crashed)
		require.NoError(t, os.Truncate(journal.Path(filepath.Join(dir, "journal"), 1), cut))
		s := open(t, dir)
		want := 0
		for want < len(ends) && ends[want] <= cut {
			want++
		}
		have := 0
		for _, c := range s.Recovered().Calls {
			have = len(c.Events)
		}
		require.Equal(t, want, have, "cut at %d", cut)
		if want > 0 && ends[want-1] < cut {
			require.Positive(t, s.Recovered().TornBytes)
		}
		require.NoError(t, s.Append(answered("C2", noon, "139", "general", "1001")...))
		require.NoError(t, s.Close())
	}
}

func TestADamagedFrameCostsWhatFollowsInItsSegment(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	events := answered("C1", noon, "138", "general", "1001")
	require.NoError(t, s.Append(events[:3]...))
	middle := s.writer.Position().Offset
	require.NoError(t, s.Append(events[3:6]...))
	crashed := copyFolder(t, dir)
	path := journal.Path(filepath.Join(crashed, "journal"), 1)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	content[middle+20] ^= 1
	require.NoError(t, os.WriteFile(path, content, 0o600))
	s = open(t, crashed)
	require.Len(t, s.Recovered().Calls, 1)
	require.EqualValues(t, 3, s.Recovered().Calls[0].LastSeq)
}

// A database that was put back from a copy, or begun anew, is fed again.
func TestADatabaseBegunAnewIsFedFromTheJournal(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	require.NoError(t, s.Append(answered("C1", noon, "138", "general", "1001")...))
	flush(t, s)
	crashed := copyFolder(t, dir)
	for _, name := range []string{"hotline.db", "hotline.db-wal", "hotline.db-shm"} {
		err := os.Remove(filepath.Join(crashed, name))
		require.True(t, err == nil || os.IsNotExist(err))
	}
	s = open(t, crashed)
	flush(t, s)
	var n int
	require.NoError(t, s.db.readers.QueryRow(`SELECT count(*) FROM events`).Scan(&n))
	require.Equal(t, 17, n)
}

// A journal that was thrown away: the database stays, and takes what comes.
func TestAJournalBegunAnewGoesOn(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	require.NoError(t, s.Append(answered("C1", noon, "138", "general", "1001")...))
	require.NoError(t, s.Close())
	epoch := s.Epoch()
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "journal")))
	s = open(t, dir)
	require.Greater(t, s.Epoch(), epoch)
	require.NoError(t, s.Append(answered("C2", noon, "138", "general", "1001")...))
	flush(t, s)
	records, _, err := s.Calls(t.Context(), CallFilter{Caller: "138"})
	require.NoError(t, err)
	require.Equal(t, []string{"C2", "C1"}, ids(records))
}

// Whatever is in a frame, a start survives it. (The database driver is too large
// to be fuzzed under coverage; the frames' own format is, in the journal.)
func TestFramesOfNonsense(t *testing.T) {
	var b journal.Batch
	events, err := json.Marshal(answered("C1", noon, "138", "general", "1001")[:2])
	require.NoError(t, err)
	payloads := [][]byte{journal.AppendBlocks(nil, []byte("seat"), []byte("1001"), []byte("1")), events[1 : len(events)-1]}
	require.NoError(t, addOpen(&b, "C1", 1, events[1:len(events)-1]))
	payloads = append(payloads, bytes.Clone(b.Frame(0, b.Len())))
	b.Reset(0)
	require.NoError(t, addArchive(&b, archive{head: archiveHead{ID: "C1"}, record: []byte("{}"), events: events}))
	payloads = append(payloads, bytes.Clone(b.Frame(0, b.Len())))
	rapid.Check(t, func(t *rapid.T) {
		payload := bytes.Clone(rapid.SampledFrom(payloads).Draw(t, "payload"))
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			payload[rapid.IntRange(0, len(payload)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		payload = payload[:rapid.IntRange(0, len(payload)).Draw(t, "length")]
		s := &Store{live: newLive(0)}
		for _, kind := range []byte{frameEvent, framePut, frameDelete, frameOpen, frameArchive, 'z'} {
			if err := s.replayFrame(kind, payload, journal.Position{}, noon); err != nil {
				require.NotEmpty(t, err.Error())
			}
			var r rows
			if r.take(kind, payload) == nil {
				require.Contains(t, []int{0, len(payload)}, r.bytes)
			}
		}
		for _, c := range s.live.calls {
			_, err := readEvents(c.events)
			require.NoError(t, err)
		}
	})
}
