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

// manyFlows are as much as a site may hold: flows of 200 nodes, written as people write them, in files of fifty.
func manyFlows(flows int) fstest.MapFS {
	fsys := fstest.MapFS{"site.yaml": {Data: []byte(base)}}
	for first := 0; first < flows; first += 50 {
		var text strings.Builder
		text.WriteString("flows:\n")
		for i := first; i < min(first+50, flows); i++ {
			fmt.Fprintf(&text, "  - name: f%d   # one of many\n    start: n0\n    nodes:\n", i)
			for j := 0; j < 200; j += 10 {
				n := func(k int) string { return fmt.Sprintf("n%d", (j+k)%200) }
				fmt.Fprintf(&text, "      %s: {play: [welcome, recording_notice], next: %s}\n", n(0), n(1))
				fmt.Fprintf(&text, "      %s: {branch: [{if: 'caller.class == \"vip\" and called == \"%d%d\"', next: %s}], else: %s}\n", n(1), i, j, n(2), n(3))
				fmt.Fprintf(&text, "      %s:\n        menu: {prompt: main_menu, timeout: 5s, tries: 3}\n        keys: {\"1\": %s, \"2\": %s, \"3\": %s, \"*\": %s}\n        on_timeout: %s\n", n(2), n(3), n(4), n(5), n(0), n(3))
				for k := 3; k < 6; k++ {
					fmt.Fprintf(&text, "      %s: {queue: general, next: %s}\n", n(k), n(6))
				}
				fmt.Fprintf(&text, "      %s: {survey: {prompt: rate_us, keys: {\"1\": satisfied}}, next: %s}\n", n(6), n(7))
				fmt.Fprintf(&text, "      %s: {play: [thank_you], next: %s}\n", n(7), n(8))
				fmt.Fprintf(&text, "      %s: {menu: {prompt: main_menu}, keys: {\"1\": %s, \"2\": %s}, next: hangup}\n", n(8), n(9), n(10))
				fmt.Fprintf(&text, "      %s: {voicemail: {mailbox: general}, next: hangup}\n", n(9))
			}
		}
		fsys[fmt.Sprintf("flows%04d.yaml", first)] = &fstest.MapFile{Data: []byte(text.String())}
	}
	return fsys
}

// TestManyFlowsAreReadQuickly checks that nothing in such a site has to be read by the thorough reader.
func TestManyFlowsAreReadQuickly(t *testing.T) {
	fsys := manyFlows(100)
	for name, f := range fsys {
		if _, quick := quickly(name, string(f.Data)); !quick && name != "site.yaml" {
			t.Errorf("%s is read slowly", name)
		}
	}
	s, err := LoadSite(fsys, ".", SiteOptions{})
	if err != nil || len(s.Graph.Flows()) < 100 {
		t.Fatal(len(s.Graph.Flows()), err)
	}
}

// BenchmarkLoad1000FlowsOf200Nodes is the largest site from its files to the graph.
func BenchmarkLoad1000FlowsOf200Nodes(b *testing.B) {
	fsys := manyFlows(1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := LoadSite(fsys, ".", SiteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
