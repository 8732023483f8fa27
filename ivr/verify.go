package ivr

import (
	"crypto/subtle"

	"hotline/call"
)

// Verify ends a verification: the agent who has sent the caller here gets him back with yes, if the expression holds, or no.
type Verify struct {
	If At[string] // an expression of expr-lang; it may read secrets, best by same(a, b)
}

// NewVerification makes the session in which a caller keys in what only he can know, beside that of the call. Tokens are counted
// from token on. It ends with FlowVerified.
func NewVerification(g *Graph, v Vars, token uint64) *Session {
	v.Verifying, v.Queue, v.Values = true, nil, nil
	return &Session{Vars: v, Flow: v.Flow, Token: token, graph: g}
}

// Verifies reports whether a flow can end in a verdict, so that agents can send callers there.
func (g *Graph) Verifies(flow string) bool {
	f := g.flows[flow]
	return f != nil && f.verifies
}

// Verifications are the flows that agents can send callers to.
func (g *Graph) Verifications() (names []string) {
	for _, name := range g.Flows() {
		if g.Verifies(name) {
			names = append(names, name)
		}
	}
	return names
}

func (c *compiler) verify(d *draft) {
	src := d.src.Verify
	when, wrong, right := c.exprs.compile(src.If.Value)
	if wrong != "" {
		c.report(orName(src.If, d), right, "%s", wrong)
	}
	d.node.verify = when
}

// verifications notes, once all edges are known, which flows can come to a verdict, and reports what of them would take the
// caller elsewhere than back to the agent.
func (c *compiler) verifications() {
	leads := c.leadTo(kindVerify)
	seen := make([]bool, len(c.drafts))
	for _, s := range c.sources {
		f := s.flow
		if f.start == nil || !leads[f.start.id] {
			continue
		}
		f.verifies = true
		for todo := []*node{f.start}; len(todo) > 0; {
			d := c.drafts[todo[len(todo)-1].id]
			todo = todo[:len(todo)-1]
			if seen[d.node.id] {
				continue
			}
			seen[d.node.id] = true
			c.staysHere(d)
			for _, l := range d.links {
				todo = append(todo, l.to)
			}
		}
	}
}

// staysHere reports a node that would take the caller away from the agent who waits for him.
func (c *compiler) staysHere(d *draft) {
	switch k := d.node.kind; {
	case d.src == nil:
	case k == kindQueue || k == kindTransfer || k == kindVoicemail || k == kindSurvey || k == kindCallback || k == kindListen:
		c.report(d.src.Name.Pos, "take it out; an agent waits for the caller there, and verify, return or hangup lead back to him", "a %s can't be in a flow that verifies a caller", k)
	case d.inside || d.left:
		c.report(d.src.Name.Pos, "give each a flow of its own", "node %q is in what waiting callers hear and in a flow that verifies a caller", d.node.name)
	}
}

// judge ends the verification.
func (st *step) judge(n *node) (*node, string) {
	if !st.Vars.Verifying {
		return n.flow.end, "no agent waits for a verdict"
	}
	holds, err := n.verify.holds(st.graph.env(st.now, &st.Vars))
	switch {
	case err != nil:
		st.verified(call.VerifyNone, "the verdict could not be had")
	case holds:
		st.verified(call.VerifyYes, n.flow.name+"/"+n.name)
	default:
		st.verified(call.VerifyNo, n.flow.name+"/"+n.name)
	}
	return nil, ""
}

// verified ends the session with a result; nothing of what was keyed in stays.
func (st *step) verified(result call.VerifyResult, why string) {
	st.State, st.Awaited, st.Ahead, st.Digits, st.at, st.Vars.Values = StateEnded, 0, "", "", nil, nil
	st.do(call.FlowVerified{Result: result, Why: why})
}

// same compares two secrets in a time that does not depend on where they differ. Empty ones are never the same: nobody
// is verified by what is not known.
func same(a, b string) bool { return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
