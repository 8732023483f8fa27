package app

import (
	"time"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/sip"
)

// VisitorNumber is the number that visitors may call from the page /try.
func (b backends) VisitorNumber() (number string, ok bool) {
	t := b.rev.Load().site.Try
	return t.Number.Number, t.On()
}

// SIPDomain is the domain that softphones use.
func (b backends) SIPDomain() string { return b.node.SIP.Domain }

// bearers joins the tokens that the web room has given out to the SIP door.
func (a *App) bearers(token string, calls bool) (sip.Pass, bool) {
	p, ok := a.web.PhonePass(token, calls)
	if !ok {
		return sip.Pass{}, false
	}
	out := sip.Pass{Account: p.Account, Visitor: p.Visitor, Number: p.Number}
	if p.Account == "" {
		out.Trunk = config.VisitorTrunk
	}
	return out, true
}

// visitorTrunk is what visitors' calls come in on: nobody's address, browsers' sound, as many calls as the site says.
func visitorTrunk(t config.Try) config.Trunk {
	return config.Trunk{
		Name: config.VisitorTrunk, Title: "网页访客", Codecs: []call.Codec{call.CodecPCMA, call.CodecPCMU},
		SRTP: call.EncryptRequired, MaxCalls: t.Calls, Area: t.Area,
	}
}

// limitVisit ends a visitor's call when it has lasted long enough: nobody pays for it, and few may call at a time.
func (a *App) limitVisit(one *live.Actor, trunk string, t config.Try) {
	if trunk != config.VisitorTrunk {
		return
	}
	a.calls.wg.Go(func() { // waited for like the call itself, with which it ends
		timer := time.NewTimer(t.Longest)
		defer timer.Stop()
		select {
		case <-timer.C:
			one.Post(live.Hangup{Cause: call.CauseCapacity, Words: "a visitor's call lasts " + t.Longest.String() + " at most"})
		case <-one.Done():
		}
	})
}
