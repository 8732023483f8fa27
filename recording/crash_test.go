package recording

import (
	"errors"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// scene is a short recording with everything in it: silence at first, both
// sides, a change of law and so a rewriting, and more after it. It returns what
// each channel should hold, as 16-bit samples.
func scene(d *desk) (left, right []byte, facts call.RecordingFacts, err error) {
	a, u := aTalker(), aTalker()
	left, right = pcm(lawA, silence(lawA, 800)), pcm(lawA, silence(lawA, 800))
	d.at(100)
	for i := range int64(80) {
		if i == 40 {
			u.codec = call.CodecPCMU
		}
		l, r := a.packet(100+20*i), u.packet(100+20*i)
		d.left.push(l)
		d.right.push(r)
		left = append(left, pcm(lawA, l.Payload)...)
		right = append(right, pcm(lawOf(r.Codec), r.Payload)...)
		d.at(100 + 20*i)
	}
	facts, err = d.finish(1700)
	return left, right, facts, err
}

// TestACrashAtAnyMomentLeavesAPlayableFile kills the machine at every single
// operation on the disk, with none, half or all but a little of a write done.
func TestACrashAtAnyMomentLeavesAPlayableFile(t *testing.T) {
	whole := newMemFolder()
	left, right, _, err := scene(newDesk(t, whole))
	require.NoError(t, err)
	same(t, left, readWAV(t, whole.files["r.wav"].data).left)
	require.Greater(t, whole.ops, 15)
	for at := 1; at <= whole.ops; at++ {
		for _, partial := range []float64{0, 0.501, 0.999} {
			dir := newMemFolder()
			dir.crashAt, dir.partial = at, partial
			_, _, _, err := scene(newDesk(t, dir))
			require.ErrorIs(t, err, errCrash)
			left, right := left, right
			checkRemains(t, dir.after(), left, right)
		}
	}
}

func checkRemains(t *testing.T, dir *memFolder, left, right []byte) {
	t.Helper()
	f := dir.files["r.wav"]
	if f == nil {
		require.LessOrEqual(t, len(dir.files), 1, "at most a file that was just being made")
		return
	}
	before := readWAV(t, f.data)
	isPrefix(t, left, before.law, before.left)
	isPrefix(t, right, before.law, before.right)
	_, err := recoverFile(dir, "r.wav", nil)
	require.NoError(t, err)
	after := readWAV(t, f.data)
	require.GreaterOrEqual(t, after.samples, before.samples)
	isPrefix(t, left, after.law, after.left)
	isPrefix(t, right, after.law, after.right)
	require.Len(t, dir.files, 1)
}

// isPrefix compares a channel in any law with what it should begin with.
func isPrefix(t *testing.T, want []byte, l law, got []byte) {
	t.Helper()
	if l != lawPCM {
		got = pcm(l, got)
	}
	require.LessOrEqual(t, len(got), len(want))
	same(t, want[:len(got)], got)
}

// TestADiskFullForAMomentLosesNothing: the window waits for the disk.
func TestADiskFullForAMomentLosesNothing(t *testing.T) {
	dir := newMemFolder()
	d := newDesk(t, dir)
	failed := 0
	dir.fail = func(string, string, int) error {
		if d.now >= deskStart+600*ms && d.now <= deskStart+1200*ms {
			failed++
			return syscall.ENOSPC
		}
		return nil
	}
	left, right, facts, err := scene(d)
	require.NoError(t, err)
	require.Greater(t, failed, 2)
	require.True(t, facts.Complete)
	w := d.read()
	same(t, left, w.left)
	same(t, right, w.right)
}

// TestADiskFullForLong: what the window can't hold is silence, everything else
// keeps its place, and the recording says so.
func TestADiskFullForLong(t *testing.T) {
	dir := newMemFolder()
	d := newDesk(t, dir)
	dir.fail = func(op, _ string, _ int) error {
		if op == "write" && d.now >= deskStart+1000*ms && d.now <= deskStart+8000*ms {
			return syscall.ENOSPC
		}
		return nil
	}
	s := aTalker()
	var sent []byte
	for i := range int64(500) {
		f := s.packet(20 * i)
		sent = append(sent, f.Payload...)
		d.left.push(f)
		d.at(20 * i)
	}
	facts, err := d.finish(10_000)
	require.ErrorContains(t, err, "lost")
	require.False(t, facts.Complete)
	w := d.read()
	require.Equal(t, 80_000, w.samples)
	same(t, sent[:4000], w.left[:4000])
	same(t, sent[6500*8:], w.left[6500*8:], "after the trouble all is well again")
	same(t, silence(lawA, 8000), w.left[3*8000:4*8000])
}

func TestADiskFullToTheEnd(t *testing.T) {
	dir := newMemFolder()
	d := newDesk(t, dir)
	dir.fail = func(string, string, int) error {
		if d.now >= deskStart+1200*ms {
			return syscall.EIO
		}
		return nil
	}
	_, _, facts, err := scene(d)
	require.ErrorIs(t, err, syscall.EIO)
	require.False(t, facts.Complete)
	w := d.read()
	require.Equal(t, facts.Length, duration(int64(w.samples)))
	require.Positive(t, w.samples)
}

func TestAFolderThatTakesNoFile(t *testing.T) {
	dir := newMemFolder()
	dir.fail = func(string, string, int) error { return syscall.EACCES }
	_, _, facts, err := scene(newDesk(t, dir))
	require.ErrorIs(t, err, syscall.EACCES)
	require.Zero(t, facts.Bytes)
	require.Zero(t, facts.Length)
	require.Empty(t, dir.files)
}

func TestADeletedFileIsToldOf(t *testing.T) {
	d := newDesk(t, newMemFolder())
	d.left.push(aTalker().packet(0))
	d.at(900)
	delete(d.dir.files, "r.wav")
	facts, err := d.finish(1000)
	require.Error(t, err)
	require.False(t, facts.Complete)
}

func TestAFailedRewritingIsTriedAgain(t *testing.T) {
	dir := newMemFolder()
	d := newDesk(t, dir)
	renames := 0
	dir.fail = func(op, _ string, _ int) error {
		if op == "rename" {
			if renames++; renames <= 2 {
				return errors.New("no")
			}
		}
		return nil
	}
	left, right, _, err := scene(d)
	require.NoError(t, err)
	require.Equal(t, 3, renames)
	w := d.read()
	same(t, left, w.left)
	same(t, right, w.right)
	require.Equal(t, []string{"r.wav"}, dir.names())
}
