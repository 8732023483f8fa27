package acd

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/internal/golden"
)

// TestGolden runs the scripts in testdata and compares what the engine does
// with what they say it did. After a wanted change: go test ./acd -run Golden -rewrite.
func TestGolden(t *testing.T) {
	golden.Scripts(t, "testdata/*.txt", func(t *testing.T, script string) string {
		got, err := runScript(script)
		require.NoError(t, err)
		return got
	})
}
