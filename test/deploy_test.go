package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/deploy"
	"hotline/test/harness"
)

// TestEverySeriesOfDashboardAndAlertsExists compares what operations are given
// to look at with what a node that has had a call really shows.
func TestEverySeriesOfDashboardAndAlertsExists(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	c.Done()
	harness.StartCaller(t, n, harness.Plan{Source: "127.0.0.2", Expect: 403}).Done()
	_, page := n.Try(http.MethodGet, "/metrics", nil)
	wanted, err := deploy.Series()
	require.NoError(t, err)
	require.NotEmpty(t, wanted)
	var missing []string
	for _, name := range wanted {
		if strings.HasPrefix(name, "hotline_") && !strings.Contains(string(page), "\n"+name+"{") && !strings.Contains(string(page), "\n"+name+" ") {
			missing = append(missing, name)
		}
	}
	require.Empty(t, missing, "named in deploy/ and not in /metrics")
}
