package recording

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// say has the desk's worker carry out what was posted to it.
func (d *desk) say(c command) {
	c.rec, c.at = d.rec, d.now
	require.NoError(d.t, d.rec.worker.post(c))
	d.rec.worker.obey()
}

func TestAPauseIsMarkedSilence(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	var sent []byte
	for i := range int64(150) {
		switch i {
		case 50:
			d.say(command{kind: commandPause})
		case 100:
			d.say(command{kind: commandResume})
		}
		f := s.packet(20 * i)
		sent = append(sent, f.Payload...)
		d.left.push(f)
		d.at(20 * (i + 1))
	}
	facts, err := d.finish(3000)
	require.NoError(t, err)
	w := d.read()
	same(t, sent[:8000], w.left[:8000])
	same(t, silence(lawA, 8000), w.left[8000:16000], "nothing of what was said in the pause")
	same(t, sent[16000:], w.left[16000:24000])
	require.Equal(t, []call.RecordingMark{{Kind: call.MarkPaused, At: time.Second, Length: time.Second}}, facts.Marks)
	require.Zero(t, facts.Left.Lost, "the packets came, they were not kept")
}

func TestAPauseThatNeverEnds(t *testing.T) {
	d := newDesk(t, newMemFolder())
	d.left.push(aTalker().packet(0))
	d.at(1000)
	d.say(command{kind: commandPause})
	d.say(command{kind: commandPause})
	f := aTalker().packet(1500)
	d.left.push(f)
	facts, err := d.finish(2000)
	require.NoError(t, err)
	same(t, silence(lawA, 8000), d.read().left[8000:])
	require.Equal(t, []call.RecordingMark{{Kind: call.MarkPaused, At: time.Second, Length: time.Second}}, facts.Marks)
}

// TestSomethingSaidInAPauseAndHeldUpByTheNet: the place decides, not the arrival.
func TestSomethingSaidInAPauseAndHeldUpByTheNet(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	d.left.push(s.packet(0))
	for i := int64(1); i < 100; i++ {
		d.at(20 * i)
		if i == 25 {
			d.say(command{kind: commandPause})
		}
		f := s.packet(20 * i)
		if i == 49 {
			f.Arrival += 100 * ms
		}
		if i == 50 {
			d.say(command{kind: commandResume})
		}
		d.left.push(f)
	}
	_, err := d.finish(2000)
	require.NoError(t, err)
	same(t, silence(lawA, 4000), d.read().left[4000:8000])
}

func TestMarksAreBounded(t *testing.T) {
	var m marks
	for i := range int64(mostMarks + 10) {
		m.pause(true, 2*i*rate)
		m.pause(false, (2*i+1)*rate)
		m.silent(0, 2*i*rate)
	}
	require.Len(t, m.list, mostMarks)
	last := m.list[mostMarks-1]
	require.Equal(t, duration((2*(mostMarks+9)+1)*rate), last.At+last.Length)
}

// TestAConferenceIsAddedUp: two on the right side at once, then the second alone.
func TestAConferenceIsAddedUp(t *testing.T) {
	d := newDesk(t, newMemFolder())
	first, second, joined := aTalker(), aTalker(), &queue{}
	second.ssrc++
	want := make([]int32, 16000)
	for i := range int64(100) {
		d.at(20 * i)
		if i < 75 {
			f := first.packet(20 * i)
			d.right.push(f)
			for k, b := range f.Payload {
				want[160*i+int64(k)] += int32(lawA.linear(b))
			}
		}
		if i == 25 {
			d.say(command{kind: commandAdd, src: joined})
		}
		if i >= 25 {
			f := second.packet(20 * i)
			joined.push(f)
			for k, b := range f.Payload {
				want[160*i+int64(k)] += int32(lawA.linear(b))
			}
		}
	}
	facts, err := d.finish(2000)
	require.NoError(t, err)
	w := d.read()
	require.Equal(t, lawPCM, w.law)
	for i, v := range want {
		got := int16(binary.LittleEndian.Uint16(w.right[2*i:]))
		require.InDelta(t, max(min(v, 32767), -32768), got, 8, "sample %d: what was silence in A-law decodes to 8", i)
	}
	require.Len(t, facts.Marks, 1)
	require.Equal(t, call.MarkMixed, facts.Marks[0].Kind)
	require.InDelta(t, 500, facts.Marks[0].At.Milliseconds(), 1)
	require.InDelta(t, 1000, facts.Marks[0].Length.Milliseconds(), 210)
	require.EqualValues(t, 150, facts.Right.Packets)
}
