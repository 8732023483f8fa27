// Package test proves the product end to end: the real binary, SIPp as the
// gateway, baresip as the agents' phones, all on loopback. Each side plays a
// tone of its own; the tests prove by frequency who heard whom.
package test

import "testing"

// tb is a test or a benchmark.
type tb = testing.TB
