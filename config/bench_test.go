package config

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

func BenchmarkLoadContract(b *testing.B) {
	for b.Loop() {
		n, err := LoadNode("testdata/contract/hotline.yaml")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := n.LoadSite(SiteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadManySeats is a site of ten thousand agents.
func BenchmarkLoadManySeats(b *testing.B) {
	var text strings.Builder
	text.WriteString(base + "\n---\nagents:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "  - {id: \"2%05d\", name: 张一, password: \"pw-%d\", group: general, skills: {general: 3, vip: 2}}\n", i, i)
	}
	fsys := fstest.MapFS{"x.yaml": {Data: []byte(text.String())}}
	for b.Loop() {
		if _, err := LoadSite(fsys, ".", SiteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
