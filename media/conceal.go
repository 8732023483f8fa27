package media

// What a lost packet is replaced with where sound is mixed: the last period of the voice, over and over
// and fading away, as Appendix I of ITU-T G.711 does it. Where a packet is only passed on, or converted, the gap in
// its numbers is passed on as well, and the far end conceals it.
const (
	concealMost  = 60 * SampleRate / 1000 // what is longer is silence
	concealFull  = 10 * SampleRate / 1000 // at full level before it fades
	concealBlend = 20                     // samples in which the sound after it comes in
	pitchLeast   = 20                     // samples: 400 Hz
	pitchMost    = 160                    // 50 Hz
	pitchWindow  = 160                    // what is compared, 20 ms
)

// conceal fills n samples behind the newest one, and tells the period it has used, for blend.
func (v *voice) conceal(n int) (period int64) {
	period = v.pitch()
	for i := range int64(n) {
		v.ring[(v.end+i)&(voiceSamples-1)] = v.repeated(v.end, i, period)
	}
	return period
}

// repeated is the i-th sample of what is said behind end by repeating a period.
func (v *voice) repeated(end, i, period int64) int16 {
	sample := int64(v.ring[(end-period+i%period)&(voiceSamples-1)])
	if i > concealFull {
		sample = sample * max(concealMost-i, 0) / (concealMost - concealFull)
	}
	return int16(sample)
}

// blend brings in the sound after a concealed gap: sound is laid at pos, end is where the gap began.
func (v *voice) blend(sound []int16, pos, end, period int64) {
	for i := range int64(min(concealBlend, len(sound))) {
		at := (pos + i) & (voiceSamples - 1)
		was := int64(v.repeated(end, pos-end+i, period))
		v.ring[at] = int16((int64(v.ring[at])*i + was*(concealBlend-i)) / concealBlend)
	}
}

// pitch is the period with which the newest sound is most like itself, in samples.
func (v *voice) pitch() int64 {
	var now [pitchWindow]int64
	for i := range now {
		now[i] = int64(v.ring[(v.end-pitchWindow+int64(i))&(voiceSamples-1)])
	}
	best, most := int64(pitchMost), 0.0
	for lag := int64(pitchLeast); lag <= pitchMost; lag++ {
		var dot, power int64
		for i, x := range now {
			y := int64(v.ring[(v.end-pitchWindow+int64(i)-lag)&(voiceSamples-1)])
			dot += x * y
			power += y * y
		}
		if dot <= 0 || power == 0 {
			continue
		}
		if like := float64(dot) * float64(dot) / float64(power); like > most {
			best, most = lag, like
		}
	}
	return best
}
