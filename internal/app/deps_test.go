package app

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
)

// Whoever begins a call, a room that is not there would be found by a caller.
func TestEveryCallHasItsRooms(t *testing.T) {
	dir, _ := nodeFile(t, smallSite)
	node, site, err := config.Load(filepath.Join(dir, "hotline.yaml"), checkedAgainst())
	require.NoError(t, err)
	a, err := New(node, site, "t", zap.NewNop())
	require.NoError(t, err)
	deps := newCallMedia(a, a.ids.Call(), config.Trunk{}).deps("10000", "10000", "gateway", call.Caller{})
	rooms := reflect.ValueOf(deps)
	for i := range rooms.NumField() {
		if name := rooms.Type().Field(i).Name; name != "Leg" && name != "Flow" { // the call's own
			require.False(t, rooms.Field(i).IsNil(), name)
		}
	}
	require.NoError(t, a.down())
}
