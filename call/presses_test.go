package call

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAPressToldByTwoWaysCountsOnce(t *testing.T) {
	const s, i = KeyInSound, KeyInSignalling
	type told struct {
		key  byte
		way  KeyWay
		at   int // ms
		held int // ms
	}
	for name, c := range map[string]struct {
		told []told
		want string
	}{
		"the tones first":               {[]told{{'5', s, 100, 80}, {'5', i, 160, 0}}, "5"},
		"INFO first":                    {[]told{{'5', i, 20, 250}, {'5', s, 100, 80}}, "5"},
		"INFO sent again":               {[]told{{'5', s, 100, 80}, {'5', i, 1500, 0}}, "5"},
		"a long press":                  {[]told{{'#', i, 50, 0}, {'#', s, 9000, 8980}}, "#"},
		"one way alone":                 {[]told{{'5', s, 100, 80}, {'5', s, 300, 80}, {'5', s, 500, 80}}, "555"},
		"INFO alone":                    {[]told{{'5', i, 100, 0}, {'5', i, 300, 0}}, "55"},
		"twice the same key, in turn":   {[]told{{'5', i, 20, 0}, {'5', s, 100, 80}, {'5', i, 320, 0}, {'5', s, 400, 80}}, "55"},
		"twice the same key, all INFO":  {[]told{{'5', i, 20, 0}, {'5', i, 320, 0}, {'5', s, 330, 80}, {'5', s, 500, 80}}, "55"},
		"keys close together":           {[]told{{'1', i, 0, 0}, {'2', i, 90, 0}, {'1', s, 95, 80}, {'2', s, 190, 80}, {'3', s, 290, 80}, {'3', i, 300, 0}}, "123"},
		"far apart are two":             {[]told{{'5', i, 0, 0}, {'5', s, 3000, 80}}, "55"},
		"a tone not heard is no matter": {[]told{{'5', i, 0, 0}, {'7', i, 2500, 0}, {'7', s, 2600, 80}}, "57"},
	} {
		var p Presses
		got, start := "", time.Unix(1_800_000_000, 0)
		for _, k := range c.told {
			if p.Counts(k.key, k.way, time.Duration(k.held)*time.Millisecond, start.Add(time.Duration(k.at)*time.Millisecond)) {
				got += string(k.key)
			}
		}
		require.Equal(t, c.want, got, name)
	}
}

func TestPressesAreBounded(t *testing.T) {
	var p Presses
	for range 1000 {
		require.True(t, p.Counts('1', KeyInSound, 0, time.Unix(1_800_000_000, 0)))
	}
	require.Len(t, p.open, pressesMost)
}
