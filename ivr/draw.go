package ivr

import (
	"fmt"
	"strings"
)

// Counts are what a picture shows beside the flow; zero figures are left out.
type Counts struct {
	Callers map[string]int // in each node now
	Taken   map[Way]int    // how often each edge was taken
}

// Way is an edge of a flow: from a node of it to a node of any.
type Way struct{ From, Flow, Node string }

// label is what stands at an edge.
func (c *Counts) label(from string, e EdgeView) string {
	if n := c.Taken[Way{from, e.Flow, e.Node}]; n > 0 {
		return strings.TrimSpace(fmt.Sprintf("%s ×%d", e.Label, n))
	}
	return e.Label
}

// Mermaid draws a flow as text in the language of Mermaid, edges labelled. Empty: there is no such flow.
func (g *Graph) Mermaid(name string, counts Counts) string {
	nodes := g.View(name)
	if nodes == nil {
		return ""
	}
	var out strings.Builder
	out.WriteString("flowchart TD\n")
	ids := map[string]string{}
	for i, n := range nodes {
		ids[n.Name] = fmt.Sprintf("n%d", i)
		fmt.Fprintf(&out, "  n%d%s\n", i, mermaidShape(n, counts.Callers[n.Name]))
	}
	others := 0
	for i, n := range nodes {
		for _, e := range n.Edges {
			to := ids[e.Node]
			if e.Flow != name {
				to = fmt.Sprintf("f%d", others)
				others++
				fmt.Fprintf(&out, "  %s([\"%s\"])\n", to, mermaidText("flow "+e.Flow))
			}
			label := counts.label(n.Name, e)
			if label == "" {
				fmt.Fprintf(&out, "  n%d --> %s\n", i, to)
				continue
			}
			fmt.Fprintf(&out, "  n%d -->|\"%s\"| %s\n", i, mermaidText(label), to)
		}
	}
	return out.String()
}

// mermaidShape is a node's box: forks are diamonds, ends round.
func mermaidShape(n NodeView, callers int) string {
	text := strings.TrimSuffix(n.Name+"\n"+n.Kind+": "+n.Words, ": ")
	if callers > 0 {
		text += fmt.Sprintf("\n(%d)", callers)
	}
	text = mermaidText(text)
	switch n.Kind {
	case "branch", "split", "calendar", "list":
		return "{\"" + text + "\"}"
	case "hangup", "return":
		return "([\"" + text + "\"])"
	}
	return "[\"" + text + "\"]"
}

// mermaidText writes a text within quotes.
func mermaidText(s string) string {
	return strings.NewReplacer("\"", "#quot;", "<", "#lt;", ">", "#gt;", "\n", "<br/>", "#", "#35;").Replace(s)
}

// The measures of the picture, in its own units.
const (
	boxWidth   = 180
	boxHeight  = 44
	gapAcross  = 40
	gapDown    = 60
	charsInBox = 24
)

// picture is a flow laid out in layers.
type picture struct {
	nodes  []NodeView
	at     map[string]int // by name
	layer  []int
	column []int
	width  int
	height int
}

// layOut puts each node a layer below the nearest node that leads to it, and within a layer in the order in which edges come.
func layOut(nodes []NodeView, flow string) *picture {
	p := &picture{nodes: nodes, at: map[string]int{}, layer: make([]int, len(nodes)), column: make([]int, len(nodes))}
	for i, n := range nodes {
		p.at[n.Name] = i
		p.layer[i] = -1
	}
	p.layer[0] = 0
	var wide []int
	for todo := []int{0}; len(todo) > 0; todo = todo[1:] {
		i := todo[0]
		for len(wide) <= p.layer[i] {
			wide = append(wide, 0)
		}
		p.column[i] = wide[p.layer[i]]
		wide[p.layer[i]]++
		p.width, p.height = max(p.width, wide[p.layer[i]]), max(p.height, p.layer[i]+1)
		for _, e := range nodes[i].Edges {
			if j, ok := p.at[e.Node]; ok && e.Flow == flow && p.layer[j] < 0 {
				p.layer[j] = p.layer[i] + 1
				todo = append(todo, j)
			}
		}
	}
	return p
}

// corner is where a node's box begins.
func (p *picture) corner(i int) (x, y int) {
	return gapAcross + p.column[i]*(boxWidth+gapAcross), gapDown/2 + p.layer[i]*(boxHeight+gapDown)
}

// SVG draws a flow as a picture, edges labelled; callers stand in the boxes, how often an edge was taken beside its
// label. Empty: there is no such flow.
func (g *Graph) SVG(name string, counts Counts) string {
	nodes := g.View(name)
	if nodes == nil {
		return ""
	}
	p := layOut(nodes, name)
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		2*gapAcross+p.width*(boxWidth+gapAcross), gapDown+p.height*(boxHeight+gapDown))
	out.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>` + "\n")
	for i := range nodes {
		p.edgesOf(&out, i, name, &counts)
	}
	for i := range nodes {
		p.box(&out, i, counts.Callers[nodes[i].Name])
	}
	out.WriteString("</svg>\n")
	return out.String()
}

func (p *picture) box(out *strings.Builder, i, count int) {
	n := p.nodes[i]
	x, y := p.corner(i)
	round, fill := 4, "#eef3fb"
	switch n.Kind {
	case "hangup", "return":
		round, fill = 22, "#f3f3f3"
	case "branch", "split", "calendar", "list":
		fill = "#fdf6e3"
	case "queue", "callback", "transfer":
		fill = "#e9f7ec"
	}
	fmt.Fprintf(out, `<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="%d" fill="%s" stroke="#555"/>`,
		svgText(n.Name+" ("+n.Kind+") "+n.Words, 1000), x, y, boxWidth, boxHeight, round, fill)
	fmt.Fprintf(out, `<text x="%d" y="%d" text-anchor="middle" font-weight="bold">%s</text>`, x+boxWidth/2, y+18, svgText(n.Name, charsInBox))
	fmt.Fprintf(out, `<text x="%d" y="%d" text-anchor="middle" fill="#555">%s</text>`, x+boxWidth/2, y+35, svgText(strings.TrimSuffix(n.Kind+": "+n.Words, ": "), charsInBox+4))
	if count > 0 {
		fmt.Fprintf(out, `<text x="%d" y="%d" text-anchor="end" fill="#b00">%d</text>`, x+boxWidth-4, y+12, count)
	}
	out.WriteString("</g>\n")
}

// edgesOf draws a node's ways: down to the next layers, or round by the side and up again.
func (p *picture) edgesOf(out *strings.Builder, i int, flow string, counts *Counts) {
	x, y := p.corner(i)
	ways := p.nodes[i].Edges
	for k, e := range ways {
		from := x + boxWidth*(k+1)/(len(ways)+1)
		label, j := e.Label, -1
		if at, ok := p.at[e.Node]; ok && e.Flow == flow {
			j = at
		} else {
			label = strings.TrimSpace(label + " → " + e.Flow)
		}
		fmt.Fprintf(out, `<path d="%s" fill="none" stroke="#777" marker-end="url(#a)"/>`, p.path(from, y+boxHeight, j, x))
		taken := ""
		if n := counts.Taken[Way{p.nodes[i].Name, e.Flow, e.Node}]; n > 0 {
			taken = fmt.Sprintf(` <tspan fill="#b00">×%d</tspan>`, n)
		}
		fmt.Fprintf(out, `<text x="%d" y="%d" fill="#246" font-size="10">%s%s</text>`+"\n", from+3, y+boxHeight+12+k%3*13, svgText(label, charsInBox), taken)
	}
}

func (p *picture) path(x, y, to, left int) string {
	if to < 0 { // leads out of the flow
		return fmt.Sprintf("M%d %dv%d", x, y, gapDown/2)
	}
	tx, ty := p.corner(to)
	if ty > y {
		return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x, y, x, y+gapDown/2, tx+boxWidth/2, ty-gapDown/2, tx+boxWidth/2, ty)
	}
	side := min(left, tx) - gapAcross/2
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x, y, side, y+gapDown, side, ty+boxHeight/2, tx, ty+boxHeight/2)
}

// svgText writes a text of so many characters at most.
func svgText(s string, most int) string {
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\"", "&quot;").Replace(s)
}
