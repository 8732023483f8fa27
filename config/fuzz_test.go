package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// seeds adds every document of testdata to a fuzz target.
func seeds(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/contract/*.yaml", "testdata/contract/site/*.yaml", "example/*.yaml", "example/site/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds in %s: %v", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
}

// placed fails unless an error is a list of mistakes each with its place.
func placed(t *testing.T, err error) {
	if err == nil {
		return
	}
	var problems Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("an error without mistakes: %v", err)
	}
	for _, p := range problems {
		if p.File == "" || p.Line < 1 || p.Column < 1 || p.Wrong == "" || p.Right == "" || strings.Contains(p.String(), "\n") {
			t.Fatalf("a mistake without its place or words: %+v", p)
		}
	}
}

func unset(string) (string, bool) { return "", false }

func FuzzNodeFile(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		_, err := readNode("n.yaml", content, unset)
		placed(t, err)
	})
}

func FuzzSiteFile(f *testing.F) {
	seeds(f)
	shipped := map[string]bool{"welcome": true}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, prompts := range []map[string]bool{nil, shipped} {
			site, err := LoadSite(fstest.MapFS{"x.yaml": {Data: content, Mode: fs.ModePerm}}, ".", SiteOptions{Getenv: unset, Prompts: prompts})
			placed(t, err)
			if err == nil && (site == nil || site.Graph == nil || site.Hash == "") {
				t.Fatalf("accepted without a whole site: %+v", site)
			}
		}
	})
}
