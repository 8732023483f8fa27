//go:build bench

package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// TestTable takes every figure and writes docs/benchmarks.md.
func TestTable(t *testing.T) {
	f := &figures{machine: machine(), commit: commit(t), began: load(), when: time.Now()}
	for _, rate := range []float64{100, 200, 400, 800, 1000} {
		apart(t, func(t testing.TB) { f.a = append(f.a, caseA(t, numberDigit, rate, 8, false)) })
		if f.a[len(f.a)-1].busy > fullMachine { // SIPp needs the rest: a higher rate would measure the queue before the node
			break
		}
	}
	for _, rate := range []float64{100, 200, 400, 800} {
		apart(t, func(t testing.TB) { f.aRecorded = append(f.aRecorded, caseA(t, numberDigit, rate, 8, true)) })
		if f.aRecorded[len(f.aRecorded)-1].busy > fullMachine {
			break
		}
	}
	apart(t, func(t testing.TB) { f.aPrompt = caseA(t, numberPrompt, 200, 8, false) })
	f.floor[0] = calibrate(t)
	apart(t, func(t testing.TB) { f.b1 = caseB(t, 200, 30*time.Second, false) })
	apart(t, func(t testing.TB) { f.b2 = caseB(t, 200, 30*time.Second, true) })
	f.floor[1] = calibrate(t)
	apart(t, func(t testing.TB) { f.c = append(f.c, caseC(t, 5, 200)) })
	apart(t, func(t testing.TB) { f.c = append(f.c, caseC(t, 1000, 200)) })
	apart(t, func(t testing.TB) { f.d = caseD(t, 1000, 20*time.Second) })
	apart(t, func(t testing.TB) { f.e = append(f.e, caseE(t, 1, 100)) })
	apart(t, func(t testing.TB) { f.e = append(f.e, caseE(t, 1000, 100)) })
	f.ended = load()
	require.NoError(t, os.WriteFile(filepath.Join(harness.Root(), "docs", "benchmarks.md"), []byte(f.page()), 0o644))
	t.Log("\n" + f.page())
}

// fullMachine is how much of the two cores, in cores, the node may need at a rate for a higher one to be tried.
const fullMachine = 1.1

// apart takes one figure; what it started has ended when it returns, and its ports are free again.
func apart(t *testing.T, take func(testing.TB)) {
	if !t.Run("", func(one *testing.T) { take(lasting{one, t}) }) {
		t.FailNow()
	}
}

// lasting is a test whose folders stay until all figures are taken: for half a minute after thousands of
// files were deleted, an ext4 without a journal looks past them for each file that is made, at the recorder's cost.
type lasting struct {
	testing.TB
	whole testing.TB
}

func (l lasting) TempDir() string { return l.whole.TempDir() }

// commit is what is measured.
func commit(t *testing.T) string {
	out, err := exec.Command("git", "-C", harness.Root(), "describe", "--always", "--dirty").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}
