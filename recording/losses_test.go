package recording

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// TestLossesAreMarked: a recording says where it lacks packets: what never came and what came too late, but not what was only overtaken, nor
// a pause in the sending; losses near to each other are one stretch.
func TestLossesAreMarked(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	lost := map[int64]bool{20: true, 25: true, 26: true, 27: true, 250: true}
	held, late := s.packet(0), s.packet(0)
	for i := int64(1); i < 300; i++ {
		p := s.packet(20 * i)
		switch {
		case lost[i]:
		case i == 100:
			held = p
		case i == 102: // what it has overtaken
			d.left.push(p)
			d.left.push(held)
		case i == 150:
			late = p
		case i == 205:
			d.left.push(p)
			late.Arrival = p.Arrival
			d.left.push(late)
		default:
			d.left.push(p)
		}
		d.at(20 * i)
	}
	facts, err := d.finish(6200)
	require.NoError(t, err)
	require.EqualValues(t, len(lost), facts.Left.Lost)
	require.EqualValues(t, 1, facts.Left.Late)
	require.Equal(t, []call.TrackLoss{
		{At: 20 * 20 * time.Millisecond, Length: 8 * 20 * time.Millisecond, Packets: 4},
		{At: 150 * 20 * time.Millisecond, Length: 20 * time.Millisecond, Packets: 1},
		{At: 250 * 20 * time.Millisecond, Length: 20 * time.Millisecond, Packets: 1},
	}, facts.Left.Losses)
	require.Empty(t, facts.Right.Losses)
}

// TestHolesAreFilledInAnyOrder: whatever of a hole comes afterwards, what is listed is what did not, and its bounds hold.
func TestHolesAreFilledInAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var l losses
		const packets, n = 12, 160
		l.miss(0, packets*n, packets)
		missing := map[int64]bool{}
		for i := range int64(packets) {
			missing[i] = true
		}
		for _, i := range rnd.Perm(packets)[:rnd.IntN(packets+1)] {
			l.fill(int64(i)*n, int64(i+1)*n)
			delete(missing, int64(i))
		}
		var open, count int64
		for _, h := range l.open {
			for at := h.from; at < h.to; at += n {
				require.True(t, missing[at/n])
				open++
			}
			count += h.packets
		}
		require.EqualValues(t, len(missing), open)
		require.Equal(t, open, count, "each of them a packet")
		l.settle(packets * n)
		require.Empty(t, l.open)
		require.LessOrEqual(t, len(l.list), 1, "all within a second")
	}
	var l losses
	for i := range int64(2 * mostLosses) {
		l.miss(i*3*rate, i*3*rate+160, 1)
		l.settle(i*3*rate + 160)
	}
	require.Len(t, l.list, mostLosses)
	require.Equal(t, mostLosses+1, l.list[mostLosses-1].Packets, "the last one stands for the rest")
}
