package ivr

import (
	"fmt"
	"time"

	"hotline/call"
)

// Transfer joins the caller to an outside number, or to another site. The node ends
// when the outside party's part has ended, or when it could not be had.
type Transfer struct {
	Number At[string] // called; needed unless Site is there
	Site   At[string] // another site: called at the number the caller called, unless Number is there
	// Trunk is the only one by which the number is called. Default: the one the
	// caller came by, else the first with a proxy.
	Trunk   At[string]
	Timeout At[time.Duration] // until an answer; default 45 s
	Music   At[string]        // a prompt, looped until the answer; default "default", where there is one, and ring-back from when the far end rings
	Record  At[bool]          // from the answer; default false
	// The bad-case edges. Default: the node's Next.
	OnBusy     At[string]
	OnNoAnswer At[string]
	OnFailed   At[string] // declined, no such number, no trunk
}

const (
	transferTimeout = 45 * time.Second
	longestRinging  = 3 * time.Minute
	promptMusic     = "default"
)

// transfer is a checked one.
type transfer struct {
	dial     call.FlowDial // without its token
	busy     *node
	noAnswer *node
	failed   *node
}

func (c *compiler) transfer(d *draft) {
	src, n := d.src.Transfer, d.node
	t := &transfer{dial: call.FlowDial{
		Number: src.Number.Value, Site: src.Site.Value, Trunk: src.Trunk.Value, Record: src.Record.Value,
		Timeout: c.duration(src.Timeout, transferTimeout, longestRinging, "timeout"), Music: c.music(src.Music), Ringback: !src.Music.IsSet(),
	}}
	n.transfer = t
	switch {
	case !src.Number.IsSet() && !src.Site.IsSet():
		c.report(d.src.Name.Pos, "add number: or site:", "transfer %q leads nowhere", n.name)
	case src.Number.IsSet() && !IsDialable(src.Number.Value):
		c.report(src.Number.Pos, "digits, * and #, perhaps after a +, at most 32", "number %q can't be called", src.Number.Value)
	}
	if s := src.Site; s.IsSet() && !c.known.Sites[s.Value] {
		c.report(s.Pos, suggest("sites", s.Value, keysOf(c.known.Sites))+" (a trunk with site: and proxy: leads there)", "there is no site %q", s.Value)
	}
	switch {
	case src.Trunk.IsSet() && !c.known.Trunks[src.Trunk.Value]:
		c.report(src.Trunk.Pos, suggest("trunks with a proxy", src.Trunk.Value, keysOf(c.known.Trunks)), "calls can't go out by trunk %q", src.Trunk.Value)
	case !src.Site.IsSet() && len(c.known.Trunks) == 0:
		c.report(d.src.Name.Pos, "give one a proxy:", "transfer %q calls a number, but no trunk has a proxy", n.name)
	}
	n.next = c.next(d, false) // the outside party's part lies before it
	for _, e := range []struct {
		own At[string]
		to  **node
	}{{src.OnBusy, &t.busy}, {src.OnNoAnswer, &t.noAnswer}, {src.OnFailed, &t.failed}} {
		if own := e.own; own.IsSet() {
			*e.to = c.edge(d, own, true, "an edge")
			continue
		}
		*e.to = n.next
		d.links = append(d.links, link{to: n.next, silent: d.src.Next.IsSet(), pos: d.src.Next.Pos})
	}
}

// music checks what is heard until the answer.
func (c *compiler) music(p At[string]) string {
	switch {
	case p.IsSet() && !c.known.Prompts[p.Value]:
		c.report(p.Pos, suggest("prompts", p.Value, keysOf(c.known.Prompts)), "prompt %q is unknown", p.Value)
	case p.IsSet():
		return p.Value
	case c.known.Prompts[promptMusic]:
		return promptMusic
	}
	return ""
}

// IsDialable tells a text that a trunk can be asked to call.
func IsDialable(number string) bool {
	const most = 32
	for i, r := range number {
		if (r < '0' || r > '9') && r != '*' && r != '#' && (r != '+' || i > 0) {
			return false
		}
	}
	return number != "" && number != "+" && len(number) <= most
}

// dial begins a transfer.
func (st *step) dial(n *node) {
	st.State, st.Ahead = StateTransferring, ""
	v := n.transfer.dial
	v.Token = st.token()
	st.do(v)
}

// transferring waits for what becomes of the outside party.
func (st *step) transferring(in call.FlowInput) (*node, string) {
	end, ok := in.(call.FlowDialled)
	if !ok || !st.isAwaited(in) {
		return nil, ""
	}
	t := st.at.transfer
	why := fmt.Sprintf("%s: %s", end.Result, end.Words)
	switch end.Result {
	case call.DialAnswered:
		return st.at.next, end.Words
	case call.DialBusy:
		return t.busy, why
	case call.DialNoAnswer:
		return t.noAnswer, why
	default:
		return t.failed, why
	}
}
