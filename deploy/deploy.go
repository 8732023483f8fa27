// Package deploy holds what an operator installs around the program: the
// container's recipe, the systemd unit, Prometheus rules and the Grafana
// dashboard. As Go it only knows which series those rules and panels ask for,
// so that a test can hold them against what a node really shows.
package deploy

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed prometheus/alerts.yml grafana/hotline.json
var files embed.FS

// Series lists, sorted, every series of a node that an alert or a panel of the
// dashboard asks for, by the name its samples have in /metrics: a histogram's
// with _bucket, _sum or _count. What Prometheus makes itself, such as up, is
// not in it. The error tells what in the shipped files can't be read.
func Series() ([]string, error) {
	queries, err := shippedQueries()
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, q := range queries {
		names, err := metricNames(q.Expr)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.Where, err)
		}
		for _, name := range names {
			found[name] = true
		}
	}
	var all []string
	for name := range found {
		if !fromPrometheus(name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all, nil
}

// fromPrometheus tells the series that no node shows.
func fromPrometheus(name string) bool {
	return name == "up" || strings.HasPrefix(name, "scrape_") || strings.HasPrefix(name, "ALERTS")
}

// query is a PromQL expression and where it stands.
type query struct{ Where, Expr string }

func shippedQueries() ([]query, error) {
	alerts, err := alertRules()
	if err != nil {
		return nil, err
	}
	var all []query
	for _, a := range alerts {
		all = append(all, query{"alert " + a.Alert, a.Expr})
	}
	panels, err := dashboardQueries()
	return append(all, panels...), err
}

// rule is an alert.
type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alertRules() ([]rule, error) {
	b, err := files.ReadFile("prometheus/alerts.yml")
	if err != nil {
		return nil, err
	}
	var f struct {
		Groups []struct {
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("alerts.yml: %w", err)
	}
	var all []rule
	for _, g := range f.Groups {
		all = append(all, g.Rules...)
	}
	return all, nil
}

// dashboard is what this package reads of a Grafana dashboard.
type dashboard struct {
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct {
			Name       string `json:"name"`
			Definition string `json:"definition"`
		} `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID      int    `json:"id"`
	Type    string `json:"type"`
	Title   string `json:"title"`
	GridPos grid   `json:"gridPos"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
}

type grid struct{ X, Y, W, H int }

func readDashboard() (dashboard, error) {
	b, err := files.ReadFile("grafana/hotline.json")
	if err != nil {
		return dashboard{}, err
	}
	var d dashboard
	if err := json.Unmarshal(b, &d); err != nil {
		return dashboard{}, fmt.Errorf("hotline.json: %w", err)
	}
	return d, nil
}

func dashboardQueries() ([]query, error) {
	d, err := readDashboard()
	if err != nil {
		return nil, err
	}
	var all []query
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			all = append(all, query{"panel " + p.Title, t.Expr})
		}
	}
	for _, v := range d.Templating.List {
		if metric, ok := labelValues(v.Definition); ok {
			all = append(all, query{"variable " + v.Name, metric})
		}
	}
	return all, nil
}

// labelValues gives the metric of Grafana's label_values(metric, label).
func labelValues(definition string) (string, bool) {
	inner, ok := strings.CutPrefix(definition, "label_values(")
	if !ok {
		return "", false
	}
	i := strings.LastIndexByte(inner, ',')
	if i < 0 {
		return "", false
	}
	return inner[:i], true
}
