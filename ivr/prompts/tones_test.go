package prompts_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"hotline/ivr/prompts"
)

// heardTones is what ITU-T E.180 supplement 2 has: frequencies, then milliseconds of sound and silence in turn.
var heardTones = map[string][4]string{ // ring-back, busy, congestion, call waiting
	"cn": {"450/1000 4000", "450/350 350", "450/700 700", "450/400 4000"},
	"us": {"440+480/2000 4000", "480+620/500 500", "480+620/250 250", "440/300 10000"},
	"gb": {"400+450/400 200 400 2000", "400/375 375", "400/400 350 225 525", "400/100 4000"},
	"de": {"425/1000 4000", "425/480 480", "425/240 240", "425/200 200 200 5000"},
	"fr": {"440/1500 3500", "440/500 500", "440/250 250", "440/300 10000"},
	"jp": {"384+416/1000 2000", "400/500 500", "400/500 500", "384+416/500 8000"},
	"hk": {"440+480/400 200 400 3000", "480+620/500 500", "480+620/250 250", "440/300 10000"},
}

// linear reads the samples of a tone's file; that its header is right, media says when the node starts.
func linear(file string) (s []float64) {
	for b := []byte(file)[44:]; len(b) > 0; b = b[2:] {
		s = append(s, float64(int16(binary.LittleEndian.Uint16(b)))/32768)
	}
	return s
}

// share is the part of a stretch's power that is at a frequency.
func share(s []float64, hz float64) float64 {
	var re, im, power float64
	for i, v := range s {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 8000)
		re, im, power = re+v*cos, im+v*sin, power+v*v
	}
	return 2 * (re*re + im*im) / (power * float64(len(s)))
}

// Each tone of each country has its frequencies and nothing else, its cadence, its level, and goes round in whole frames.
func TestTonesOfCountries(t *testing.T) {
	require.Len(t, prompts.Countries(), len(heardTones))
	for country, all := range heardTones {
		lib := prompts.New(nil).In(country)
		for i, name := range []string{prompts.Ringback, prompts.Busy, prompts.Congestion, prompts.CallWaiting} {
			t.Run(country+" "+name, func(t *testing.T) {
				require.Contains(t, lib.Names(), name)
				s := linear(text(t, lib, prompts.English, name))
				require.Zero(t, len(s)%160, "goes round in whole frames of 20 ms")
				tone, cadence, _ := strings.Cut(all[i], "/")
				at := 0
				for at < len(s) {
					for j, text := range strings.Fields(cadence) {
						ms, err := strconv.Atoi(text)
						require.NoError(t, err)
						part := s[at : at+8*ms]
						at += len(part)
						if j%2 == 1 {
							require.Zero(t, peak(part), "silence")
							continue
						}
						require.InDelta(t, -16.15, rms(part), 0.5, "dBFS, of which a full-scale sine has −3.01: −10 dBm0")
						sum := 0.0
						for _, f := range strings.Split(tone, "+") {
							hz, err := strconv.ParseFloat(f, 64)
							require.NoError(t, err)
							one := share(part, hz)
							require.Greater(t, one, 0.35, "%s Hz", f)
							sum += one
						}
						require.InDelta(t, 1, sum, 0.1, fmt.Sprintf("nothing beside %s Hz", tone))
					}
				}
			})
		}
	}
}

func TestASitesOwnToneComesFirst(t *testing.T) {
	own := fstest.MapFS{"any/busy.wav": {Data: []byte("own")}}
	_, from, err := prompts.New(own).In("gb").Find(prompts.English, prompts.Busy)
	require.NoError(t, err)
	require.Equal(t, prompts.Place{Language: prompts.Any, File: "any/busy.wav", Site: true}, from)
	_, from, err = prompts.New(own).In("nowhere").Find(prompts.English, prompts.Congestion)
	require.NoError(t, err)
	require.Equal(t, prompts.Place{Language: prompts.Any, File: "any/congestion.wav"}, from)
}
