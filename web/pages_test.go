package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/web/console"
)

// The pages need no log-in, load nothing from elsewhere and are asked for anew each time;
// what they load has its hash in its name and is kept for good.
func TestPages(t *testing.T) {
	w := newWorld(t)
	_, built := console.Built()
	for path := range pageNames {
		rec := w.get("", path)
		require.Equal(t, 200, rec.Code)
		h := rec.Header()
		require.Equal(t, "text/html; charset=utf-8", h.Get("Content-Type"))
		require.Equal(t, pagePolicy, h.Get("Content-Security-Policy"))
		require.Equal(t, "no-cache", h.Get("Cache-Control"))
		require.Contains(t, h.Get("Permissions-Policy"), "microphone=(self)")
		if !built {
			require.Contains(t, rec.Body.String(), "make build")
			continue
		}
		again := w.request("", http.MethodGet, path, "")
		again.Header.Set("If-None-Match", h.Get("ETag"))
		require.Equal(t, 304, w.send(again).Code)
		assets := regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllStringSubmatch(rec.Body.String(), -1)
		require.NotEmpty(t, assets)
		for _, a := range assets {
			r := w.request("", http.MethodGet, a[1], "")
			r.Header.Set("Accept-Encoding", "gzip, br")
			got := w.send(r)
			require.Equal(t, 200, got.Code, a[1])
			require.Contains(t, got.Header().Get("Cache-Control"), "immutable")
			zr, err := gzip.NewReader(got.Body)
			require.NoError(t, err)
			plain, err := io.ReadAll(zr)
			require.NoError(t, err)
			require.Equal(t, w.get("", a[1]).Body.String(), string(plain))
		}
		require.NotRegexp(t, `(src|href)="(https?:)?//`, rec.Body.String(), "from elsewhere")
		require.NotRegexp(t, `<script>|<style|style=| on\w+=`, rec.Body.String(), "inline")
	}
	require.Equal(t, "/phone", w.get("", "/").Header().Get("Location"))
	refused(t, w.get("", "/assets/none.js"), 404, "not_found", "nothing")
	refused(t, w.do("", http.MethodPost, "/phone", ""), 405, "invalid", "GET")
}

// A binary without the pages says how they are built, and is honest about the rest.
func TestTheUnbuiltPage(t *testing.T) {
	page := string(console.Unbuilt())
	require.Contains(t, page, "make build")
	require.NotContains(t, strings.ToLower(page), "<script")
}
