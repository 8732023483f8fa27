package deptest

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestTheHouse holds the tree to the rules.
func TestTheHouse(t *testing.T) {
	root := os.DirFS("../..")
	_, err := root.Open("go.mod")
	require.NoError(t, err, "this is the module's root")
	breaches, err := Check(root)
	require.NoError(t, err)
	for _, b := range breaches {
		t.Error(b)
	}
}

// TestEveryKindOfBreachIsFound shows that the check would notice.
func TestEveryKindOfBreachIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		line, rule int
	}{
		"the domain imports a room":        {"call/x.go", "package call\nimport _ \"hotline/acd\"", 2, 1},
		"the domain imports a library":     {"call/x.go", "package call\nimport _ \"github.com/oklog/ulid/v2\"", 2, 1},
		"a logger in the engine":           {"acd/x.go", "package acd\nimport _ \"go.uber.org/zap\"", 2, 1},
		"files in the engine":              {"acd/x.go", "package acd\nimport _ \"os\"", 2, 1},
		"locks in the engine":              {"acd/x.go", "package acd\nimport _ \"sync\"", 2, 1},
		"dice in the engine":               {"acd/x.go", "package acd\nimport _ \"math/rand/v2\"", 2, 1},
		"the engine imports its driver":    {"acd/x.go", "package acd\nimport _ \"hotline/acd/driver\"", 2, 1},
		"a clock":                          {"acd/x.go", "package acd\nimport \"time\"\nvar t = time.Now()", 3, 1},
		"a clock passed on":                {"ivr/x.go", "package ivr\nimport \"time\"\nvar now = time.Now", 3, 1},
		"a clock under another name":       {"report/x.go", "package report\nimport clock \"time\"\nvar t = clock.Since(clock.Time{})", 3, 1},
		"a clock by dot import":            {"report/x.go", "package report\nimport . \"time\"\nvar t = Now()", 2, 1},
		"a timer":                          {"acd/erlang/x.go", "package erlang\nimport \"time\"\nvar t = time.NewTimer(1)", 3, 1},
		"a goroutine":                      {"acd/x.go", "package acd\nfunc f() {\n\tgo f()\n}", 3, 1},
		"printing":                         {"ivr/x.go", "package ivr\nimport \"fmt\"\nfunc f() { fmt.Println() }", 3, 1},
		"printing without a package":       {"ivr/x.go", "package ivr\nfunc f() { println() }", 2, 1},
		"behind a build tag":               {"acd/x.go", "//go:build never\n\npackage acd\nimport _ \"net\"", 4, 1},
		"the actor knows the engine":       {"call/live/x.go", "package live\nimport _ \"hotline/acd\"", 2, 2},
		"the actor knows SIP":              {"call/live/x.go", "package live\nimport _ \"hotline/sip\"", 2, 2},
		"one wire knows the other":         {"sip/x.go", "package sip\nimport _ \"hotline/media\"", 2, 2},
		"a part of one wire, of another":   {"media/x.go", "package media\nimport _ \"hotline/sip/sdp\"", 2, 2},
		"recording knows the store":        {"recording/x.go", "package recording\nimport _ \"hotline/store\"", 2, 2},
		"the web knows more than types":    {"web/x.go", "package web\nimport _ \"hotline/acd/driver\"", 2, 2},
		"the command line knows a room":    {"cmd/hotline/x.go", "package main\nimport _ \"hotline/sip\"", 2, 2},
		"a room knows the configuration":   {"sip/x.go", "package sip\nimport _ \"hotline/config\"", 2, 2},
		"the configuration knows the app":  {"config/x.go", "package config\nimport _ \"hotline/internal/app\"", 2, 3},
		"the configuration knows an actor": {"config/x.go", "package config\nimport _ \"hotline/call/live\"", 2, 3},
		"the driver knows the web":         {"acd/driver/x.go", "package driver\nimport _ \"hotline/web\"", 2, 4},
		"a folder nobody has heard of":     {"utils/x.go", "package utils", 1, 4},
		"the import of such a folder":      {"internal/app/x.go", "package app\nimport _ \"hotline/utils\"", 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			breaches, err := Check(fstest.MapFS{c.file: {Data: []byte(c.text)}})
			require.NoError(t, err)
			require.Len(t, breaches, 1, "%v", breaches)
			require.Equal(t, c.file, breaches[0].File)
			require.Equal(t, c.line, breaches[0].Line)
			require.Equal(t, c.rule, breaches[0].Rule)
		})
	}
}

func TestWhatIsAllowed(t *testing.T) {
	tree := fstest.MapFS{
		"call/x.go":             {Data: []byte("package call\nimport _ \"encoding/json\"")},
		"acd/x.go":              {Data: []byte("package acd\nimport _ \"hotline/call\"\nimport \"time\"\nvar d = time.Second")},
		"acd/local.go":          {Data: []byte("package acd\ntype clock struct{ Now int }\nfunc f(time clock) int { return time.Now }")},
		"acd/x_test.go":         {Data: []byte("package acd\nimport _ \"os\"")},
		"acd/testdata/x.go":     {Data: []byte("not Go at all")},
		"acd/driver/x.go":       {Data: []byte("package driver\nimport _ \"hotline/acd\"\nimport \"time\"\nvar t = time.Now()")},
		"ivr/x.go":              {Data: []byte("package ivr\nimport _ \"github.com/expr-lang/expr/vm\"")},
		"sip/x.go":              {Data: []byte("package sip\nimport _ \"hotline/sip/sdp\"")},
		"sip/sdp/x.go":          {Data: []byte("package sdp\nimport _ \"hotline/call\"")},
		"recording/x.go":        {Data: []byte("package recording\nimport _ \"hotline/media\"")},
		"internal/app/x.go":     {Data: []byte("package app\nimport _ \"hotline/call/live\"\nimport _ \"hotline/acd/driver\"")},
		"cmd/hotline/x.go":      {Data: []byte("package main\nimport _ \"hotline/internal/app\"\nimport _ \"os\"")},
		"test/bench/x.go":       {Data: []byte("package bench\nimport _ \"hotline/sip\"")},
		"web/console/ignored.c": {Data: []byte("not Go either")},
	}
	breaches, err := Check(tree)
	require.NoError(t, err)
	require.Empty(t, breaches)
}

func TestUnreadableSourceIsAnError(t *testing.T) {
	_, err := Check(fstest.MapFS{"acd/x.go": {Data: []byte("package")}})
	require.ErrorContains(t, err, "acd/x.go")
}
