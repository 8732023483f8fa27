package web

import (
	"context"

	"hotline/call"
)

// Flows shows the site's flows as they are walked.
type Flows interface {
	Flows(context.Context) []FlowSummary
	// Flow is one; call.CodeNotFound if there is none.
	Flow(ctx context.Context, name string) (Flow, error)
}

// FlowSummary is a flow in the list.
type FlowSummary struct {
	Name     string     `json:"name"`
	Revision int        `json:"revision" doc:"of the site, in force; callers from before a reload finish on theirs, and are counted"`
	Nodes    int        `json:"nodes"`
	Callers  int        `json:"callers" doc:"in its nodes now"`
	Entered  int        `json:"entered" doc:"callers who came to its start, since since"`
	Since    call.Stamp `json:"since" doc:"midnight in the site's zone, from which on is counted"`
}

// Flow is a flow with live counts.
type Flow struct {
	Name     string     `json:"name"`
	Revision int        `json:"revision" doc:"of the site, in force, whose nodes and edges these are"`
	Nodes    []FlowNode `json:"nodes" doc:"the start first"`
	Mermaid  string     `json:"mermaid" doc:"the picture as text for Mermaid, with the same counts"`
	SVG      string     `json:"svg" doc:"the picture, with the callers in each node and how often each edge was taken"`
	Since    call.Stamp `json:"since" doc:"midnight in the site's zone, from which on is counted"`
}

// FlowNode is one node of it.
type FlowNode struct {
	Name    string     `json:"name"`
	Kind    string     `json:"kind"`
	Words   string     `json:"words,omitempty" doc:"what it does: prompts, queue, service, …"`
	Callers int        `json:"callers" doc:"in it now"`
	Entered int        `json:"entered" doc:"since midnight"`
	Edges   []FlowEdge `json:"edges"`
}

// FlowEdge is a way on from it.
type FlowEdge struct {
	Label string `json:"label,omitempty" doc:"keys, condition, open, no key, fault, …; none: what just follows"`
	Flow  string `json:"flow"`
	Node  string `json:"node"`
	Taken int    `json:"taken" doc:"since midnight"`
}

func (s *Server) listFlows(ctx context.Context, _ *struct{}) (*list[FlowSummary], error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the flows")
	}
	return listOf(s.b.Flows.Flows(ctx), ""), nil
}

type flowIn struct {
	Name string `path:"name" maxLength:"64"`
}

type flowOut struct{ Body Flow }

func (s *Server) getFlow(ctx context.Context, in *flowIn) (*flowOut, error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the flows")
	}
	flow, err := s.b.Flows.Flow(ctx, in.Name)
	if err != nil {
		return nil, s.fail(err)
	}
	return &flowOut{flow}, nil
}
