package listen

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTooManyMessages(t *testing.T) {
	var r reader
	r.count = mostWords - 1
	_, err := r.read([]byte(`{"event":"partial","seq":1}`))
	require.NoError(t, err)
	_, err = r.read([]byte(`{"event":"partial","seq":2}`))
	require.ErrorIs(t, err, errLied)
}

// FuzzWords reads messages from anybody: what is let through is bounded, and JSON.
func FuzzWords(f *testing.F) {
	f.Add([]byte(`{"event":"final","seq":1,"text":"x","intent":"bill","confidence":0.5,"slots":{"a":1,"b":"c"}}`))
	f.Add([]byte(`{"event":"error","seq":2,"code":"busy"}`))
	f.Add([]byte(`{"event":"partial","seq":3}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r reader
		w, err := r.read(b)
		if err != nil {
			require.ErrorIs(t, err, errLied)
			return
		}
		require.LessOrEqual(t, len(w.code), longestName)
		if w.event != eventFinal {
			require.Nil(t, w.final)
			return
		}
		var final struct {
			Text, Intent string
			Confidence   float64
			Slots        map[string]any
		}
		require.NoError(t, json.Unmarshal(w.final, &final))
		require.LessOrEqual(t, len(final.Text), 3*longestText, "what was invalid has become U+FFFD")
		require.LessOrEqual(t, len(final.Intent), longestName)
		require.LessOrEqual(t, len(final.Slots), mostSlots)
		require.True(t, final.Confidence >= 0 && final.Confidence <= 1)
	})
}
