package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// promtool runs Prometheus' own checker.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	require.NoError(t, err, "promtool is not installed; it comes with Debian's package prometheus (make tools)")
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	require.NoError(t, err, "promtool %s:\n%s", strings.Join(args, " "), out)
}

func TestPrometheusTakesTheFiles(t *testing.T) {
	promtool(t, "check", "config", "prometheus/prometheus.yml")
	promtool(t, "check", "rules", "prometheus/alerts.yml")
}

func TestAlertsFireWhenTheyMust(t *testing.T) {
	promtool(t, "test", "rules", "prometheus/alerts_test.yml")
}

// TestDashboardQueriesAreRight has every panel's query parsed as a rule.
func TestDashboardQueriesAreRight(t *testing.T) {
	queries, err := dashboardQueries()
	require.NoError(t, err)
	require.Greater(t, len(queries), 40)
	plain := strings.NewReplacer("$__rate_interval", "5m", "$node", ".*", "$queue", ".*")
	var rules []map[string]string
	for i, q := range queries {
		rules = append(rules, map[string]string{"record": fmt.Sprintf("panel:%d", i), "expr": plain.Replace(q.Expr)})
	}
	b, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	require.NoError(t, os.WriteFile(file, b, 0o600))
	promtool(t, "check", "rules", file)
}

func TestEveryAlertSaysWhatToDoAndIsTested(t *testing.T) {
	alerts, err := alertRules()
	require.NoError(t, err)
	tested := testedAlerts(t)
	seen := map[string]bool{}
	for _, a := range alerts {
		require.False(t, seen[a.Alert], "%s is there twice", a.Alert)
		seen[a.Alert] = true
		require.Regexp(t, `^Hotline[A-Z]`, a.Alert)
		require.Contains(t, []string{"critical", "warning"}, a.Labels["severity"], a.Alert)
		for _, text := range []string{"summary", "description", "action"} {
			require.NotEmpty(t, a.Annotations[text], "%s: %s", a.Alert, text)
		}
		require.True(t, tested[a.Alert], "%s is not seen to fire in alerts_test.yml", a.Alert)
	}
	require.Len(t, tested, len(alerts))
}

// testedAlerts are the alerts that alerts_test.yml expects to fire.
func testedAlerts(t *testing.T) map[string]bool {
	t.Helper()
	b, err := os.ReadFile("prometheus/alerts_test.yml")
	require.NoError(t, err)
	var f struct {
		Tests []struct {
			Cases []struct {
				Alert    string `yaml:"alertname"`
				Expected []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		} `yaml:"tests"`
	}
	require.NoError(t, yaml.Unmarshal(b, &f))
	fires := map[string]bool{}
	for _, test := range f.Tests {
		for _, c := range test.Cases {
			if len(c.Expected) > 0 {
				fires[c.Alert] = true
			}
		}
	}
	return fires
}

// TestSeriesCoverTheContract holds the dashboard against the names users rely on.
func TestSeriesCoverTheContract(t *testing.T) {
	series, err := Series()
	require.NoError(t, err)
	suffix := regexp.MustCompile(`_(bucket|sum|count)$`)
	shown := map[string]bool{}
	for _, name := range series {
		require.Regexp(t, `^(hotline|go|process)_`, name)
		shown[suffix.ReplaceAllString(name, "")] = true
	}
	for _, name := range []string{
		"calls_total", "calls_active", "queue_waiting", "queue_wait_seconds", "queue_abandoned_total",
		"queue_answered_total", "queue_within_target_total", "seats", "offers_total", "offer_delay_seconds",
		"trunk_up", "trunk_calls", "sip_requests_total", "sip_refused_total", "registrations", "rtp_streams",
		"rtp_packets_total", "rtp_lost_total", "rtp_jitter_seconds", "recordings_total", "recording_bytes_total", "build_info",
	} {
		require.True(t, shown["hotline_"+name], "hotline_%s is on no panel", name)
	}
}

func TestDashboardIsLaidOut(t *testing.T) {
	d, err := readDashboard()
	require.NoError(t, err)
	ids := map[int]string{}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		require.Empty(t, ids[p.ID], "panels %q and %q have one id", ids[p.ID], p.Title)
		ids[p.ID] = p.Title
		g := p.GridPos
		require.True(t, g.W > 0 && g.H > 0 && g.X >= 0 && g.X+g.W <= 24, p.Title)
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				require.Empty(t, taken[[2]int{x, y}], "panels %q and %q lie on each other", taken[[2]int{x, y}], p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
		require.Equal(t, p.Type == "row", len(p.Targets) == 0, p.Title)
	}
}
