package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/media/libopus"
)

// TestTheArchiveIsWhatThisBuildCanMake: Opus where it is coded, else a mistake that says so, at its place.
func TestTheArchiveIsWhatThisBuildCanMake(t *testing.T) {
	text, places := unmark("n.yaml", nodeText+"\nstorage: {archive: ‸opus}\n")
	n, err := readNode("n.yaml", []byte(text), nil)
	if libopus.Built {
		require.NoError(t, err)
		require.True(t, n.Storage.Opus)
		return
	}
	require.ErrorContains(t, err, places[0]+": archive is opus, and this build codes none")
	n, err = readNode("n.yaml", []byte(strings.Replace(text, "opus", "wav", 1)), nil)
	require.NoError(t, err)
	require.False(t, n.Storage.Opus)
}
