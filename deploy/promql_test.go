package deploy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMetricNames(t *testing.T) {
	for expr, want := range map[string][]string{
		`up`: {"up"},
		`sum by (queue) (rate(a_total{queue="x", other=~"b_total|{"}[5m]))`:               {"a_total"},
		`sum(rate(a[$__rate_interval])) by (le, job) / on (job) group_left (x) b > 0.5e3`: {"a", "b"},
		`histogram_quantile(0.99, sum by (le) (rate(h_bucket[5m:1m] offset 5m)))`:         {"h_bucket"},
		`a unless b and ignoring(c) d or vector(0)`:                                       {"a", "b", "d"},
		`count_values("version", build) # and not this`:                                   {"build"},
		`topk(5, x:y:z) - 1h30m + Inf + $variable + 'quoted{'`:                            {"x:y:z"},
		`a == bool b @ start()`: {"a", "b"},
		"{__name__=\"a\"}":      nil,
		``:                      nil,
	} {
		got, err := metricNames(expr)
		require.NoError(t, err, expr)
		require.Equal(t, want, got, expr)
	}
	for _, expr := range []string{`a{b="c}`, `a[5m`, `"x\"`, `sum by (a`} {
		_, err := metricNames(expr)
		require.ErrorIs(t, err, errUnclosed, expr)
	}
}

func FuzzMetricNames(f *testing.F) {
	f.Add(`sum by (queue) (rate(a_total{queue="x"}[5m])) > 1`)
	f.Add("'\\")
	f.Fuzz(func(t *testing.T, expr string) {
		names, err := metricNames(expr)
		if err != nil {
			return
		}
		for _, name := range names {
			require.NotEmpty(t, name)
			require.Contains(t, expr, name)
		}
	})
}
