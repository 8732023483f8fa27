package sip

import (
	"strconv"

	"go.uber.org/zap"
)

// mostEarly is how many early dialogs of one INVITE are acknowledged: a proxy may fork it.
const mostEarly = 8

// acknowledgeEarly answers a provisional response that its sender repeats until it
// is acknowledged (RFC 3262 section 4): PRACK in the early dialog, once for each
// RSeq, and those of one early dialog in their order.
func (f *fork) acknowledgeEarly(r *response) {
	if f.leg.dials == nil || !hasToken(r.raw.list("require"), "100rel") {
		return
	}
	n, err := strconv.ParseUint(r.raw.get("rseq"), 10, 32)
	contacts := r.raw.list("contact")
	tag, _ := param(r.To().Params, "tag")
	if err != nil || n == 0 || tag == "" || len(contacts) == 0 {
		f.leg.srv.log.Info("a provisional response that is to be acknowledged lacks RSeq, To tag or Contact",
			zap.String("leg", string(f.leg.id)), zap.Int("status", r.StatusCode))
		return
	}
	last, known := f.acked[tag]
	if known && n != uint64(last)+1 || !known && len(f.acked) >= mostEarly {
		return // again, or one before it is still on its way
	}
	if f.acked == nil {
		f.acked = map[string]uint32{}
	}
	f.acked[tag] = uint32(n)
	f.prack(r, uriText(contacts[0]), uint32(n))
}

// prack sends the PRACK. What becomes of it is the far end's affair: it repeats
// its response until one arrives, and gives the call up when none does.
func (f *fork) prack(r *response, contact string, rseq uint32) {
	l := f.leg
	out := &outgoing{
		method: "PRACK", uri: contact, from: l.st.Local, to: r.raw.get("to"), callID: l.st.CallID,
		extra: []string{"RAck: " + strconv.FormatUint(uint64(rseq), 10) + " " + strconv.FormatUint(uint64(f.tx.out.cseq), 10) + " INVITE"},
	}
	var t target
	var err error
	if routes := routeSet(&r.raw, RoleTrunk); len(routes) > 0 {
		out.uri, out.routes, t, err = viaRoutes(contact, routes)
	} else if t, err = targetOfText(contact); r.hop.proto.Stream() {
		t.flow, err = r.hop, nil
	}
	if err != nil {
		l.log("PRACK has nowhere to go", err)
		return
	}
	l.st.LocalSeq++
	out.cseq = l.st.LocalSeq
	l.save()
	l.w.begin(&clientTx{
		out: out, onResponse: func(*response) {},
		onFail: func(err error) { l.log("PRACK was not answered", err) },
	}, t)
}
