package config

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func loadCallers(t *testing.T, csv string) (*Site, []string) {
	t.Helper()
	s, err := LoadSite(fstest.MapFS{
		"site.yaml":   {Data: []byte("callers:\n  - {number: \"13800000001\", class: vip, level: gold}\n  - {file: callers.csv, class: vip, area: \"021\"}\n")},
		"callers.csv": {Data: []byte(csv)},
	}, ".", SiteOptions{})
	var problems Problems
	if errors.As(err, &problems) {
		var lines []string
		for _, p := range problems {
			lines = append(lines, p.String())
		}
		return nil, lines
	}
	require.NoError(t, err)
	return s, nil
}

func TestCallersFromAFile(t *testing.T) {
	s, problems := loadCallers(t, "\xef\xbb\xbfnumber,name,class,level\n13900139000,王五,,diamond\n66001234,\"张, 三\", blocked ,\n13700000000\n")
	require.Empty(t, problems)
	require.Equal(t, []call.Caller{
		{Number: "13800000001", Class: call.CallerVIP, Level: "gold"},
		{Number: "02166001234", Class: call.CallerBlocked, Name: "张, 三"},
		{Number: "13700000000", Class: call.CallerVIP},
		{Number: "13900139000", Class: call.CallerVIP, Level: "diamond", Name: "王五"},
	}, s.Callers)
	other, _ := loadCallers(t, "number\n13900139000\n")
	require.NotEqual(t, s.Hash, other.Hash, "other callers are another site")
	again, _ := loadCallers(t, "number\n13900139000\n")
	require.Equal(t, again.Hash, other.Hash)
}

func TestWrongCallersFile(t *testing.T) {
	for csv, want := range map[string][]string{
		"number,class\n13900139000,gold\n":     {"callers.csv:2:13: the class is unknown, one of normal, vip, blocked"},
		"number\n13900139000\n13900139000\n":   {"callers.csv:3:1: the number is in the list twice, each once"},
		"number\n13800000001\n":                {"callers.csv:2:1: the caller is there twice, the first is in site.yaml:2"},
		"number,debt\n13900139000,1\n":         {"site.yaml:3:12: file callers.csv has a column debt, number and any of class, level, name; other data into a list"},
		"phone\n":                              {"callers.csv:1:1: the first line does not name the columns, number first, then names of letters, digits and _, each once, as number,amount,due"},
		"number,class\n13900139000,vip,3\n,\n": {"callers.csv:2:17: the line has 3 values, at most 2, as the first line", "callers.csv:3:1: what stands first is no number, a telephone number, as 13800000001"},
	} {
		_, got := loadCallers(t, csv)
		require.Equal(t, want, got, csv)
	}
}
