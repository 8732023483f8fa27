package media

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// laid is a voice that said a tone, of which some packets were lost.
func laid(hz float64, packets int, lost func(int) bool) (heard, whole []int16) {
	var v voice
	clock := int64(1 << 30)
	for i := range packets {
		sound := make([]int16, frameBytes)
		for j := range sound {
			sound[j] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i*frameBytes+j)/SampleRate))
		}
		whole = append(whole, sound...)
		if !lost(i) {
			n := narrow{sound: sound, seq: uint16(65530 + i), ts: uint32(i * frameBytes), ssrc: 1}
			v.lay(n, clock+int64(i*frameBytes))
		}
		sum := make([]int32, frameBytes) // what is heard while the next one comes
		v.add(sum, clock+int64((i-1)*frameBytes))
		for _, s := range sum {
			heard = append(heard, int16(s))
		}
	}
	return heard[3*frameBytes:], whole
}

// TestALostPacketIsConcealed: a voice goes on over a packet that was lost, and fades over several.
func TestALostPacketIsConcealed(t *testing.T) {
	for _, hz := range []float64{100, 160, 250, 400} {
		heard, whole := laid(hz, 30, func(i int) bool { return i == 12 })
		require.Greater(t, ratio(whole[10*frameBytes:15*frameBytes], heard[10*frameBytes:15*frameBytes]), 12.0, "%v Hz", hz)
		for i := 1; i < 15*frameBytes; i++ {
			step := math.Abs(float64(heard[i]) - float64(heard[i-1]))
			require.Less(t, step, 3000.0, "%v Hz: no click at %d", hz, i)
		}
	}
	heard, _ := laid(250, 30, func(i int) bool { return i >= 12 && i < 17 })
	require.Zero(t, toneLevel(heard[13*frameBytes:14*frameBytes], 250), "100 ms are no voice's")
}

// TestSilenceIsNoLoss: where nothing was sent nothing is made up.
func TestSilenceIsNoLoss(t *testing.T) {
	var v voice
	sound := make([]int16, frameBytes)
	for i := range sound {
		sound[i] = 1000
	}
	v.lay(narrow{sound: sound, seq: 1, ts: 0, ssrc: 1}, 0)
	v.lay(narrow{sound: sound, seq: 2, ts: 2 * frameBytes, ssrc: 1}, 2*frameBytes)
	sum := make([]int32, frameBytes)
	v.add(sum, voiceDelay+frameBytes)
	require.Equal(t, make([]int32, frameBytes), sum)
}
