// Package console holds the web pages of the node, as `make build` has made them of
// the sources beside this file. A binary that was compiled without that step holds
// one page that says so.
package console

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// The folder of the built pages, and the page for who did not build them.
const (
	builtDir  = "dist/app"
	unbuiltAt = "dist/unbuilt.html"
)

// Built gives the files of the built pages; ok is false when this binary has none.
func Built() (files fs.FS, ok bool) {
	if _, err := fs.Stat(dist, builtDir); err != nil {
		return nil, false
	}
	files, err := fs.Sub(dist, builtDir)
	return files, err == nil
}

// Unbuilt is the page that says how the pages are built.
func Unbuilt() []byte {
	page, err := fs.ReadFile(dist, unbuiltAt)
	if err != nil {
		return []byte("this binary holds no pages: run make build\n") // it is embedded: never
	}
	return page
}
