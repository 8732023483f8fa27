package app

import (
	"time"

	"hotline/call"
	"hotline/ivr"
)

// flowSession is a caller's IVR session on the revision the call entered with.
type flowSession struct {
	graph   *ivr.Graph
	session *ivr.Session
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
