package app

import (
	"net/netip"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/dialling"
	"hotline/call/live"
	"hotline/config"
	"hotline/sip"
)

// sipTrunk is a trunk in the signalling room's words.
func sipTrunk(t *config.Trunk) sip.Trunk {
	out := sip.Trunk{
		Name: t.Name, From: t.From, TLSName: t.TLSName, NoPhones: !t.Phones, Codecs: t.Codecs, SRTP: t.SRTP, MaxCalls: t.MaxCalls, MaxCPS: t.MaxCPS, Site: t.Site,
		EarlyMedia: t.EarlyMedia != config.EarlyOff, EarlyTalk: t.EarlyMedia == config.EarlyTalk, Unreliable: !t.Rel100, Auth: sip.Login{User: t.Auth.User, Password: t.Auth.Password.Reveal()},
		Identity: sip.Identity{Domain: t.Identity.Domain, Unassert: !t.Identity.Asserted, Diversion: t.Identity.Diversion},
		Rewrite: sip.Rewrites{
			CallerIn: rewrites(t.Rewrite.CallerIn), CalledIn: rewrites(t.Rewrite.CalledIn),
			NumberOut: rewrites(t.Rewrite.NumberOut), ShownOut: rewrites(t.Rewrite.ShownOut),
		},
	}
	for _, target := range t.Targets {
		out.Targets = append(out.Targets, sip.Target(target))
	}
	if r := t.Register; r != nil {
		out.Register = &sip.Register{Registrar: r.Registrar, User: r.User, Domain: r.Domain, Expires: r.Expires}
	}
	return out
}

func rewrites(rules []config.Rewrite) (out []sip.Rewrite) {
	for _, r := range rules {
		out = append(out, sip.Rewrite(r))
	}
	return out
}

// shownBy is whose number a trunk shows; own is what the dialler's right says.
func shownBy(id config.Identity, o live.Outcall, own string) call.Shown {
	switch {
	case own != "":
		return call.Shown{Number: own}
	case id.Show == config.ShowCalled && o.Called != "":
		return call.Shown{Number: o.Called}
	case id.Show == config.ShowNumber:
		return call.Shown{Number: id.Number}
	}
	return o.Shown
}

// Dial leases a line of a trunk and sound, and calls the number.
func (m *callMedia) Dial(o live.Outcall) (live.Leg, string, error) {
	trunk, err := m.line(o)
	if err != nil {
		return nil, "", err
	}
	local, err := m.open(firstAddr(trunk), o.Leg, preferring(o.Codec, trunk.Codecs), trunk.SRTP)
	if err != nil {
		m.hangLine(o.Leg)
		return nil, "", err
	}
	local.Comfort = o.Comfort
	m.legs[o.Leg].Keys(trunk.DTMF)
	m.app.log.Debug("dialling", zap.String("call", string(o.Call)), zap.String("trunk", trunk.Name))
	return m.app.sip.Dial(sip.Dial{
		Call: o.Call, Leg: o.Leg, Trunk: trunk.Name, Number: o.Number, Shown: shownBy(trunk.Identity, o, m.shownFor(o)),
		PASSporT: attested(trunk.Identity, o), Forwarding: o.Forwarding, Forwarder: o.Called, Handover: o.Handover, Local: local,
	}, m.countedOwner(o.Leg)), trunk.Name, nil
}

// line takes a line of the trunk that is to carry a call: the one asked for, by the call or by the right of who dials, else
// the first of the site that calls may go out by; those that are up come first. It is the one place where a right to
// dial is asked for, whatever the way to the number: dialled, transferred, clicked or consulted.
func (m *callMedia) line(o live.Outcall) (config.Trunk, error) {
	if right := m.rightOf(o); right != nil && right.Trunk != "" {
		o.Trunk = right.Trunk
	}
	by, asked := m.dialler(o)
	trunks := map[string]config.Trunk{}
	w := dialling.Wanted{By: by, Number: o.Number, Take: func(trunk string) string {
		return m.app.calls.takeLine(trunk, trunks[trunk].MaxCalls)
	}}
	for _, t := range candidates(m.app.rev.Load().site.Trunks, o, m.app.upTrunks()) {
		trunks[t.Name], w.Trunks = t, append(w.Trunks, t.Name)
	}
	got := w.Unjudged
	if asked {
		got = func() dialling.Admitted { return m.app.dialled.admit(w) }
	}
	return m.took(o.Leg, trunks, got())
}

// took notes what a leg has taken: its line, and its ticket if it is counted.
func (m *callMedia) took(leg call.LegID, trunks map[string]config.Trunk, got dialling.Admitted) (config.Trunk, error) {
	switch {
	case got.Barred != nil:
		return config.Trunk{}, call.Errorf(call.CodeForbidden, "%s", got.Barred.Words)
	case got.Full != "":
		return config.Trunk{}, call.Errorf(call.CodeCapacity, "%s", got.Full)
	case got.Trunk == "":
		return config.Trunk{}, call.Errorf(call.CodeNotFound, "no trunk with a proxy leads there")
	case got.Ticket != 0:
		m.tickets[leg] = got.Ticket
	}
	m.lines[leg] = got.Trunk
	return trunks[got.Trunk], nil
}

// candidates are the trunks a call may go out by, in the order they are tried.
func candidates(all []config.Trunk, o live.Outcall, up map[string]bool) []config.Trunk {
	var ranked [4][]config.Trunk // asked for and up, up, asked for, the rest
	for _, t := range all {
		if len(t.Targets) == 0 || t.Site != o.Site || (o.Only && t.Name != o.Trunk) {
			continue
		}
		rank := 0
		if t.Name != o.Trunk {
			rank = 1
		}
		if !up[t.Name] {
			rank += 2
		}
		ranked[rank] = append(ranked[rank], t)
	}
	var out []config.Trunk
	for _, list := range ranked {
		out = append(out, list...)
	}
	return out
}

// upTrunks are the trunks that answer.
func (a *App) upTrunks() map[string]bool {
	up := map[string]bool{}
	for _, t := range a.sip.Trunks() {
		up[t.Name] = t.Up
	}
	return up
}

// hangLine gives a dialled leg's line back.
func (m *callMedia) hangLine(leg call.LegID) {
	if ticket, counted := m.tickets[leg]; counted {
		delete(m.tickets, leg)
		m.app.dialled.end(ticket)
	}
	if trunk, dialled := m.lines[leg]; dialled {
		delete(m.lines, leg)
		m.app.calls.hangLine(trunk)
	}
}

// firstAddr is the address of a trunk's first target, if it is one: what family of addresses its sound is to have.
func firstAddr(t config.Trunk) netip.Addr {
	if len(t.Targets) == 0 {
		return netip.Addr{}
	}
	return sip.AddrOf(t.Targets[0].URI)
}
