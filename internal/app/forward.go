package app

import (
	"hotline/call"
	"hotline/config"
)

// forwardsMost ends a circle of those who forward to one another always.
const forwardsMost = 5

// forwarding is what an agent or desk phone wants done with calls it does not take.
type forwarding struct {
	to     *config.Forward
	divert config.Divert
}

// forwardings are all of a site's, by agent number and ext.
func forwardings(site *config.Site) map[string]forwarding {
	all := map[string]forwarding{}
	for _, a := range site.Agents {
		all[string(a.ID)] = forwarding{a.Forward, a.Divert}
	}
	for _, p := range site.Phones {
		all[p.Ext] = forwarding{p.Forward, p.Divert}
	}
	return all
}

// redirects tells that calls for an agent or phone may go elsewhere, which only a call of ours can follow.
func (r *revision) redirects(user string) bool { return r.own[user].to != nil }

// forwards tells where a call to an agent or phone goes at once, and completes to by where it goes when it is
// not taken. err is why it can't be called now; with a place to go instead it is of no account.
func (r *revision) forwards(to *call.Destination, err error) (next string) {
	key := to.Phone
	switch to.Kind {
	case call.ToAgent:
		key = string(to.Agent)
	case call.ToPhone:
	case call.ToNobody, call.ToQueue, call.ToNumber, call.ToCode:
		return ""
	}
	f := r.own[key]
	in := &call.Instead{Divert: f.divert == config.DivertInternal}
	if fw := f.to; fw != nil {
		switch {
		case fw.Always != "":
			return fw.Always
		case err != nil && call.CodeOf(err) == call.CodeConflict && fw.Busy != "":
			return fw.Busy
		case err != nil && call.CodeOf(err) == call.CodeUnavailable && fw.NoAnswer != "":
			return fw.NoAnswer
		}
		in.Busy, in.NoAnswer, in.After = fw.Busy, fw.NoAnswer, fw.After
	}
	if *in != (call.Instead{}) {
		to.Instead = in
	}
	return ""
}
