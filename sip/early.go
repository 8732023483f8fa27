package sip

// mostEarly is how many early dialogs of one INVITE are known: a proxy may fork it.
const mostEarly = 8

// earlyDialog is a dialog that a provisional response to an INVITE of ours has begun (RFC 3261 12.1).
type earlyDialog struct {
	remote  string // its To, with tag
	contact string
	routes  []string
	from    hop    // where its responses come from
	rseq    uint32 // the last one that was acknowledged (RFC 3262); 0: none
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
