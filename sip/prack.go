package sip

import (
	"strconv"

	"go.uber.org/zap"
)

// acknowledgeEarly answers a provisional response that its sender repeats until it
// is acknowledged (RFC 3262 section 4): PRACK in the early dialog, once for each
// RSeq, and those of one early dialog in their order.
func (f *fork) acknowledgeEarly(r *response, d *earlyDialog) {
	if f.leg.dials == nil || !hasToken(r.raw.list("require"), "100rel") {
		return
	}
	n, err := strconv.ParseUint(r.raw.get("rseq"), 10, 32)
	switch {
	case d == nil && len(f.early) >= mostEarly:
		return
	case d == nil || d.contact == "" || err != nil || n == 0:
		f.leg.srv.log.Info("a provisional response that is to be acknowledged lacks RSeq, To tag or Contact",
			zap.String("leg", string(f.leg.id)), zap.Int("status", r.StatusCode))
		return
	case d.rseq != 0 && n != uint64(d.rseq)+1:
		return // again, or one before it is still on its way
	}
	d.rseq = uint32(n)
	f.prack(d)
}

// prack sends the PRACK. What becomes of it is the far end's affair: it repeats
// its response until one arrives, and gives the call up when none does.
func (f *fork) prack(d *earlyDialog) {
	l := f.leg
	uri, routes, t, err := d.route()
	if err != nil {
		l.log("PRACK has nowhere to go", err)
		return
	}
	l.st.LocalSeq++
	out := &outgoing{
		method: "PRACK", uri: uri, routes: routes, from: l.st.Local, to: d.remote, callID: l.st.CallID, cseq: l.st.LocalSeq,
		extra: []string{"RAck: " + strconv.FormatUint(uint64(d.rseq), 10) + " " + strconv.FormatUint(uint64(f.tx.out.cseq), 10) + " INVITE"},
	}
	l.save()
	l.w.begin(&clientTx{
		out: out, onResponse: func(*response) {},
		onFail: func(err error) { l.log("PRACK was not answered", err) },
	}, t)
}
