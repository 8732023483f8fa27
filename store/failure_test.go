package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"
	"golang.org/x/sys/unix"

	"hotline/call"
	"hotline/store/journal"
)

// badDisk is a disk that fails when told to.
type badDisk struct {
	journal.Disk
	mu       sync.Mutex
	write    error // of every write, which leaves half of it behind
	sync     error
	create   error
	truncate error
}

func (d *badDisk) set(change func(*badDisk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func (d *badDisk) Create(path string) (journal.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.create != nil {
		return nil, d.create
	}
	f, err := d.Disk.Create(path)
	return &badFile{File: f, disk: d}, err
}

type badFile struct {
	journal.File
	disk *badDisk
}

func (f *badFile) Write(b []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.write == nil {
		return f.File.Write(b)
	}
	n, err := f.File.Write(b[:len(b)/2])
	if err != nil {
		return n, err
	}
	return n, f.disk.write
}

func (f *badFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.sync != nil {
		return f.disk.sync
	}
	return f.File.Sync()
}

func (f *badFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.truncate != nil {
		return f.disk.truncate
	}
	return f.File.Truncate(size)
}

// However the disk fails: whoever appends is told, calls go on in memory, and
// everything is there once the disk is back, also for the next start.
func TestJournalThatCannotBeWritten(t *testing.T) {
	for name, fail := range map[string]func(*badDisk){
		"full":                  func(d *badDisk) { d.write = unix.ENOSPC; d.create = unix.ENOSPC },
		"full, half a snapshot": func(d *badDisk) { d.write = unix.ENOSPC },
		"broken, can't cut":     func(d *badDisk) { d.write = unix.EIO; d.truncate = unix.EIO },
		"fsync fails":           func(d *badDisk) { d.sync = unix.EIO; d.create = unix.EIO },
	} {
		t.Run(name, func(t *testing.T) {
			dir, disk := t.TempDir(), &badDisk{}
			s := open(t, dir, func(o *Options) { o.files = disk })
			before, during, after := answered("BEFORE", noon, "1", "q", "1001"), answered("DURING", noon, "2", "q", "1001"), answered("AFTER", noon, "3", "q", "1001")
			require.NoError(t, s.Append(before[:8]...))
			s.Put(KindDialog, "L1", 1)
			flush(t, s)

			disk.set(fail)
			require.Eventually(t, func() bool { return s.Append(before[8]) != nil || s.Writable() != nil }, 10*time.Second, 10*time.Millisecond)
			err := s.Append(before[9:12]...)
			require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
			require.ErrorContains(t, err, "the journal can't be written")
			require.Equal(t, call.CodeUnavailable, call.CodeOf(s.Writable()))
			require.Error(t, s.Append(during...))
			require.Error(t, s.Audit(AuditEntry{At: call.StampOf(noon), Actor: "admin", Action: "held"}))
			require.Error(t, s.Flush(t.Context()))
			s.Put(KindDialog, "L1", 2)
			s.Put(KindDialog, "L2", 2)
			record, _, err := s.Call(t.Context(), "BEFORE")
			require.NoError(t, err)
			require.False(t, record.ConnectedAt.IsZero(), "the call goes on and is seen")
			require.Zero(t, s.writable01())

			disk.set(func(d *badDisk) { d.write, d.sync, d.create, d.truncate = nil, nil, nil, nil })
			require.Eventually(t, func() bool { return s.Writable() == nil }, 10*time.Second, 10*time.Millisecond)
			require.NoError(t, s.Append(after...))
			require.NoError(t, s.Append(before[12]))
			flush(t, s)
			audits, _, err := s.AuditLog(t.Context(), LogFilter{})
			require.NoError(t, err)
			require.Len(t, audits, 1)
			require.NoError(t, s.Close())

			s = open(t, dir)
			require.Len(t, s.Recovered().Calls, 1)
			require.Equal(t, asJSON(t, before[:13]), asJSON(t, s.Recovered().Calls[0].Events))
			require.Equal(t, "2", string(s.Recovered().State[KindDialog]["L1"]))
			require.Equal(t, "2", string(s.Recovered().State[KindDialog]["L2"]))
			for _, c := range [][]call.Envelope{during, after} {
				_, events, err := s.Call(t.Context(), c[0].Call)
				require.NoError(t, err)
				require.Equal(t, asJSON(t, c), asJSON(t, events))
			}
		})
	}
}

// A rotation that fails is no failure of the journal: the old segment goes on.
func TestRotationThatFails(t *testing.T) {
	disk := &badDisk{}
	s := open(t, t.TempDir(), func(o *Options) { o.files = disk; o.SegmentBytes = 8 << 10 })
	disk.set(func(d *badDisk) { d.create = unix.ENOSPC })
	for i := range 20 {
		require.NoError(t, s.Append(answered(call.ID(fmt.Sprint("C", i)), noon, "1", "q", "1001")...))
	}
	require.EqualValues(t, 1, s.writer.Position().Segment)
	require.NoError(t, s.Writable())
	require.Positive(t, testutil.ToFloat64(s.metrics.failures.WithLabelValues("fsync")))
	disk.set(func(d *badDisk) { d.create = nil })
	for i := range 20 {
		require.NoError(t, s.Append(answered(call.ID(fmt.Sprint("D", i)), noon, "1", "q", "1001")...))
	}
	require.Greater(t, s.writer.Position().Segment, uint64(1))
}

func TestStartNeedsAJournal(t *testing.T) {
	disk := &badDisk{create: unix.EROFS}
	_, err := Open(Options{Dir: t.TempDir(), Database: "sqlite", files: disk}, zaptest.NewLogger(t), prometheus.NewRegistry())
	require.ErrorIs(t, err, unix.EROFS)
}

// While the database can't be written, calls go on and the journal keeps what it lacks.
func TestDatabaseThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := s.db.writer.Exec(`ALTER TABLE calls RENAME TO hidden`)
	require.NoError(t, err)
	events := answered("C1", noon, "138", "general", "1001")
	require.NoError(t, s.Append(events...))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Flush(ctx), context.DeadlineExceeded)
	require.Positive(t, s.feeder.lag())
	require.Positive(t, testutil.ToFloat64(s.metrics.failures.WithLabelValues("feed")))
	require.NoError(t, s.Writable())
	_, stored, err := s.Call(t.Context(), "C1")
	require.NoError(t, err)
	require.Len(t, stored, len(events))
	require.NoError(t, s.Close())

	mended, err := sql.Open("sqlite", filepath.Join(dir, "hotline.db"))
	require.NoError(t, err)
	_, err = mended.Exec(`ALTER TABLE hidden RENAME TO calls`)
	require.NoError(t, err)
	require.NoError(t, mended.Close())
	s = open(t, dir)
	flush(t, s)
	var n int
	require.NoError(t, s.db.readers.QueryRow(`SELECT count(*) FROM calls`).Scan(&n))
	require.Equal(t, 1, n)
	require.Zero(t, s.feeder.lag())
}
