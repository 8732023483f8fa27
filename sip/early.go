package sip

import (
	"github.com/emiago/sipgo/sip"

	"hotline/call"
	"hotline/sip/sdp"
)

// mostEarly is how many early dialogs of one INVITE are known: a proxy may fork it.
const mostEarly = 8

// earlyDialog is a dialog that a provisional response to an INVITE of ours has begun (RFC 3261 12.1).
type earlyDialog struct {
	remote  string // its To, with tag
	contact string
	routes  []string
	from    hop    // where its responses come from
	rseq    uint32 // the last one that was acknowledged (RFC 3262); 0: none
	answer  []byte // to our offer, by a response that is sure to have arrived; nil: it is still to come
	seq     uint32 // of the far end's last request; 0: none
	agreed  *agreement
}

// agreement is what an UPDATE has settled before the answer.
type agreement struct {
	mine, theirs []byte
	spec         call.MediaSpec
}

// met notes the early dialog of a provisional response; nil when it begins none, or there are too many.
func (f *fork) met(r *response) *earlyDialog {
	tag, _ := param(r.To().Params, "tag")
	if tag == "" {
		return nil
	}
	d := f.early[tag]
	if d == nil {
		if len(f.early) >= mostEarly {
			return nil
		}
		if f.early == nil {
			f.early = map[string]*earlyDialog{}
		}
		d = &earlyDialog{remote: r.raw.get("to")}
		f.early[tag] = d
	}
	if contacts := r.raw.list("contact"); len(contacts) > 0 {
		d.contact = uriText(contacts[0])
	}
	d.routes, d.from = routeSet(&r.raw, RoleTrunk), r.hop
	if body, err := sdp.Body(r.raw.get("content-type"), r.Body()); err == nil && len(body) > 0 && hasToken(r.raw.list("require"), "100rel") {
		d.answer = body
	}
	return d
}

// route gives Request-URI, Route values and next hop of a request in it. A connection it came by is used on.
func (d *earlyDialog) route() (uri string, routes []string, t target, err error) {
	if len(d.routes) > 0 {
		return viaRoutes(d.contact, d.routes)
	}
	if t, err = targetOfText(d.contact); d.from.proto.Stream() {
		t.flow, err = d.from, nil
	}
	return d.contact, nil, t, err
}

// withinEarly serves a request of a far end that has not answered our INVITE yet. Only UPDATE has a meaning then (RFC 3311).
func (l *Leg) withinEarly(tx *serverTx, r *request) {
	for _, f := range l.forks {
		d := f.early[r.fromTag]
		switch {
		case d == nil || f.over:
			continue
		case r.Method != sip.UPDATE:
		case d.seq != 0 && r.seq() <= d.seq: // 12.2.2: out of order
			tx.reply(reply{status: 500, reason: "CSeq Out Of Order"})
			return
		default:
			d.seq = r.seq()
			l.updatedEarly(tx, r, f, d)
			return
		}
	}
	tx.reply(reply{status: 481})
}

// updatedEarly takes an UPDATE before the answer. While our own offer is unanswered another one has to wait (5.2).
func (l *Leg) updatedEarly(tx *serverTx, r *request, f *fork, d *earlyDialog) {
	if fault := l.srv.sessionFault(&r.raw); fault != nil {
		tx.reply(*fault)
		return
	}
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	if err != nil {
		fault, _ := sdpFault(err)
		tx.reply(fault)
		return
	}
	if len(body) > 0 && d.answer == nil {
		tx.reply(reply{status: 491})
		return
	}
	if contacts := r.raw.list("contact"); len(contacts) > 0 {
		d.contact = uriText(contacts[0])
	}
	ok := reply{status: 200, extra: append(able(), l.srv.contactFor(tx.via, tx.secure()))}
	if len(body) > 0 {
		mine, spec, err := sdp.Negotiate(body, l.local, l.origin, sdp.Options{Last: f.ours(d)})
		if err != nil {
			fault, _ := sdpFault(err)
			tx.reply(fault)
			return
		}
		d.agreed = &agreement{mine, body, spec}
		ok.ctype, ok.body = sdpType, mine
	}
	tx.reply(ok)
	if d.agreed != nil && len(body) > 0 && l.dials != nil && l.dials.trunk.EarlyMedia {
		l.source = r.hop.addr.Addr()
		l.emit(call.LegEarly{Media: l.settle(d.agreed.spec), Talk: l.dials.trunk.EarlyTalk})
	}
}

// ours is the description of our side that is in force in an early dialog.
func (f *fork) ours(d *earlyDialog) []byte {
	if d.agreed != nil {
		return d.agreed.mine
	}
	return f.offer
}
