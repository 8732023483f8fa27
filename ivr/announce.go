package ivr

import (
	"time"

	"hotline/call"
)

// AnnouncementOf names the flow that holds what a queue tells its waiting callers between the music: one say node, which no
// caller ever comes to. As a flow it is checked like what else they hear, and a flow test may play it.
func AnnouncementOf(queue string) string { return "announce:" + queue }

// Announce works out what a queue tells a caller who stands there; v is what the session of his call knows.
func (g *Graph) Announce(now time.Time, v Vars, w Waiting) call.FlowWords {
	f := g.flows[AnnouncementOf(w.Queue)]
	if f == nil || f.start == nil || f.start.words == nil {
		return call.FlowWords{}
	}
	st := &step{Session: NewExperience(g, v, w, 0), now: now}
	said := f.start.words
	out := call.FlowWords{Within: said.timeout}
	if said.pieces == nil { // nothing but prompts
		for _, name := range said.shown {
			out.Pieces = append(out.Pieces, call.FlowPiece{Prompt: st.greeting(name)})
		}
		return out
	}
	out.Pieces, _ = st.pieces(said, nil)
	out.Unsaid = st.Unsaid
	if said.texts > 0 {
		out.Texts = st.texts(said)
	}
	return out
}
