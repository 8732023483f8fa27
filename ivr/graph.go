package ivr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// Graph is a checked set of flows. It never changes and is shared by all calls of a site's revision.
type Graph struct {
	flows     map[string]*flow
	calendars []*call.Calendar
	invalid   []string // what an unknown key plays before the prompt again; empty where the site has no such prompt
	beep      []string
	music     string // of a wait that names none, where nobody waits in a queue
	lists     map[string]*List
	urges     bool // some node says the urgent announcements; else they come before the first
}

// Has reports whether the graph has a flow of this name.
func (g *Graph) Has(flow string) bool { return g.flows[flow] != nil }

// HasMenu reports whether a caller can come to a menu in this flow. One who
// leaves such a flow before the first menu has ended has abandoned the call.
func (g *Graph) HasMenu(flow string) bool {
	f := g.flows[flow]
	return f != nil && f.hasMenu
}

// Flows gives the names of all flows that callers can come to, sorted.
func (g *Graph) Flows() []string {
	names := make([]string, 0, len(g.flows))
	for name, f := range g.flows {
		if !f.announces {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// flow is a checked flow.
type flow struct {
	name    string
	start   *node
	nodes   map[string]*node
	end     *node // the built-in end, which edges name "hangup"
	ret     *node // the built-in end of a part, which edges name "return"
	hasMenu bool
	// verifies: a caller can come to a verify node in it.
	verifies bool
	// announces: no caller comes to it, see AnnouncementOf.
	announces bool
}

// endName is the name of the built-in end.
const endName = "hangup"

// node is a checked node, its edges resolved. Fields a kind does not have are zero.
type node struct {
	flow *flow
	name string
	kind kind
	id   int // of its draft, while compiling

	words    *words // of what says something
	texts    bool   // there are texts with values in that
	tone     string // of a hangup
	bargeIn  bool   // play and say: a key goes on at once
	sets     []setting
	collect  *collect
	shares   []share
	choice   *choice
	cases    []branchCase
	queue    string
	skills   map[string]int
	priority int
	mailbox  string
	max      time.Duration
	cause    call.Cause
	transfer *transfer
	language string
	look     *lookup
	ask      *ask
	sub      *subflow
	wait     *wait
	verify   *expression
	listen   *listen
	place    bool // reads figures of the caller's place, which are asked for first

	next    *node // branch: else
	onFault *node
}

// choice is what a menu and a survey have in common: they ask for a key.
type choice struct {
	timeout   time.Duration
	tries     int
	keys      [keyCount]*node
	answers   *[keyCount]string // survey: the names of its keys, all of which lead on
	into      string            // survey: a variable for the answer's name; empty: none
	onTimeout *node
	onInvalid *node
}

// branchCase is one edge of a branch.
type branchCase struct {
	text string
	when *expression
	next *node
}

// keyCount is how many keys a telephone has that a flow can give an edge.
const keyCount = 12

// keyNames lists them by index.
const keyNames = "0123456789*#"

// keyIndex finds a key; the keys A to D exist (RFC 4733 3.2) but have no index, as no menu can name them.
func keyIndex(digit byte) (int, bool) {
	i := strings.IndexByte(keyNames, digit)
	return i, i >= 0
}

// isKey reports whether a digit is a key of a telephone at all.
func isKey(digit byte) bool {
	_, ok := keyIndex(digit)
	return ok || digit >= 'A' && digit <= 'D'
}

// String names a position as compilers do.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// String writes the problem as `hotline check` does.
func (p Problem) String() string {
	return fmt.Sprintf("%s: %s, %s", p.Pos, p.Wrong, p.Right)
}
