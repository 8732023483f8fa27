package app

import (
	"strings"
	"time"

	"hotline/call"
	"hotline/call/live"
	"hotline/ivr"
)

// flowSession is a caller's IVR session on one revision: that with which the call entered, or, of what a waiting caller
// hears, that in which he joined the queue.
type flowSession struct {
	rev     func() *revision // the newest
	graph   *ivr.Graph
	session *ivr.Session
}

// newFlowSession begins a flow on the newest revision.
func newFlowSession(rev func() *revision, v ivr.Vars) *flowSession {
	graph := rev().graph
	return &flowSession{rev: rev, graph: graph, session: ivr.NewSession(graph, v)}
}

// Step gives the session an input.
func (f *flowSession) Step(now time.Time, in call.FlowInput) []call.FlowVerb {
	return f.session.Step(now, in)
}

// Current names the flow the session is in.
func (f *flowSession) Current() (string, bool) {
	name := f.session.Flow
	return name, f.graph.HasMenu(name)
}

// Waiting begins what the callers of a queue hear.
func (f *flowSession) Waiting(queue string, entry time.Time, token uint64) live.Flow {
	return experience(f.rev(), f.rev, f.session.Vars, ivr.Waiting{Queue: queue, Since: entry}, token)
}

// Announce is what a queue says besides.
func (f *flowSession) Announce(now time.Time, queue string, entry time.Time, ahead int, wait *time.Duration) call.FlowWords {
	return announced(f.rev(), f.session.Vars, queue, entry, now, ahead, wait)
}

// announced is what a queue says besides on this revision, the newest: queues take new rules at once.
func announced(on *revision, v ivr.Vars, queue string, entry, now time.Time, ahead int, wait *time.Duration) call.FlowWords {
	return on.graph.Announce(now, v, ivr.Waiting{Queue: queue, Since: entry, Ahead: &ahead, Wait: wait})
}

// Verify begins a flow in which the caller keys in a secret.
func (f *flowSession) Verify(flow string, token uint64) (live.Flow, error) {
	return verifying(f.rev(), f.rev, f.session.Vars, flow, token)
}

// verifying begins the session of a flow that verifies the caller, on this revision.
func verifying(on *revision, rev func() *revision, v ivr.Vars, flow string, token uint64) (live.Flow, error) {
	all := on.graph.Verifications()
	switch {
	case len(all) == 0:
		return nil, call.Errorf(call.CodeConflict, "the site has no flow that verifies callers: one with a verify node")
	case flow == "" && len(all) > 1:
		return nil, call.Errorf(call.CodeInvalid, "name one of the flows that verify callers: %s", strings.Join(all, ", "))
	case flow == "":
		flow = all[0]
	case !on.graph.Verifies(flow):
		return nil, call.Errorf(call.CodeNotFound, "flow %s verifies nobody; the flows that do are %s", flow, strings.Join(all, ", "))
	}
	v.Flow, v.Revision = flow, on.number
	return &flowSession{rev: rev, graph: on.graph, session: ivr.NewVerification(on.graph, v, token)}, nil
}

// experience begins the session of what the callers of a queue hear, on this revision; nil: its music. It has the
// variables of the call's flow, and sets its own.
func experience(on *revision, rev func() *revision, v ivr.Vars, w ivr.Waiting, token uint64) live.Flow {
	name := on.queues[w.Queue].Experience
	if name == "" {
		return nil
	}
	v.Flow, v.Revision = name, on.number
	return &flowSession{rev: rev, graph: on.graph, session: ivr.NewExperience(on.graph, v, w, token)}
}
