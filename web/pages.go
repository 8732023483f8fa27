package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"hotline/web/console"
)

// pagePolicy is what a page of ours may do (Content Security Policy): load what this node
// serves, talk to this node, play what a call brings. Nothing inline, nothing from elsewhere.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"media-src 'self' blob: mediastream:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// pagePermissions lets a page ask for the microphone, and for nothing else that is of use to a thief.
const pagePermissions = "microphone=(self), speaker-selection=(self), autoplay=(self), camera=(), geolocation=(), display-capture=(), usb=(), serial=(), payment=()"

// pageNames are the pages and the files they are built into.
var pageNames = map[string]string{"/phone": "phone.html", "/try": "try.html", "/flows": "flows.html"}

// pageFile is a file of the pages as it is sent.
type pageFile struct {
	kind  string
	etag  string
	plain []byte
	zip   func() []byte // compressed by the first who asks
}

// pages serves the node's web pages, or the page that says that there are none.
func (s *Server) pages(mux *http.ServeMux) {
	built, ok := console.Built()
	for at, name := range pageNames {
		file := newPageFile("unbuilt.html", console.Unbuilt())
		if ok {
			file = readPage(built, name)
		}
		s.servePage(mux, at, file)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/phone", http.StatusSeeOther)
	})
	if !ok {
		return
	}
	assets, err := fs.ReadDir(built, "assets")
	if err != nil {
		return // pages without assets: nothing to serve
	}
	for _, a := range assets {
		s.serveAsset(mux, "/assets/"+a.Name(), readPage(built, "assets/"+a.Name()))
	}
}

func readPage(files fs.FS, name string) *pageFile {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		content = console.Unbuilt() // embedded and listed: never
	}
	return newPageFile(name, content)
}

func newPageFile(name string, content []byte) *pageFile {
	sum := sha256.Sum256(content)
	f := &pageFile{
		kind: mime.TypeByExtension(path.Ext(name)), plain: content,
		etag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
	}
	switch path.Ext(name) { // as the machine's own table may say otherwise
	case ".js":
		f.kind = "text/javascript; charset=utf-8"
	case ".css":
		f.kind = "text/css; charset=utf-8"
	case ".html":
		f.kind = "text/html; charset=utf-8"
	}
	f.zip = sync.OnceValue(func() []byte {
		var out bytes.Buffer
		zw, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is right
		_, _ = zw.Write(content)                                 // a buffer takes everything
		_ = zw.Close()
		return out.Bytes()
	})
	return f
}

// servePage serves a page: asked for anew each time, sent only when it has changed.
func (s *Server) servePage(mux *http.ServeMux, at string, f *pageFile) {
	s.operations["GET "+at] = "page"
	mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Permissions-Policy", pagePermissions)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		f.send(w, r)
	})
}

// serveAsset serves a file whose name holds the hash of what is in it: it never changes.
func (s *Server) serveAsset(mux *http.ServeMux, at string, f *pageFile) {
	s.operations["GET "+at] = "page"
	mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		f.send(w, r)
	})
}

func (f *pageFile) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content := f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		content = f.zip()
	}
	_, _ = w.Write(content) // a client that has gone needs no answer
}
