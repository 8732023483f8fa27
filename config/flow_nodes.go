package config

import (
	"hotline/ivr"
)

// moreNodes reads the kinds that look outside the flow: other flows, calendars, lists, services.
func (b *builder) moreNodes(f *fields, n *ivr.Node) {
	n.SubFlow = b.subFlow(f)
	n.Calendar = b.calendarNode(f)
	n.List = b.listNode(f)
	n.HTTP = b.httpNode(f)
	n.Webhook = b.webhookNode(f)
	n.Ticket = b.ticketNode(f)
	n.Callback = b.callbackNode(f)
	n.Wait = b.waitNode(f)
	n.Listen = b.listenNode(f)
	if w := f.word("verify"); f.got["verify"] != nil {
		n.Verify = &ivr.Verify{If: w}
	}
	n.Urgent = f.boolean("announce_urgent", false)
	if w := f.word("language"); f.got["language"] != nil {
		n.Language = &ivr.Language{To: w}
	}
}

// subFlow reads {flow: identify, with: {tries: 3}, results: {customer: id}}.
func (b *builder) subFlow(f *fields) *ivr.SubFlow {
	w := f.word("flow")
	if f.got["flow"] == nil {
		return nil
	}
	out := &ivr.SubFlow{Flow: w, With: b.assignments(f.get("with"), "with")}
	for _, p := range b.pairs(f.get("results"), "results", "{ours: its}") {
		out.Results = append(out.Results, ivr.Result{Name: word{Value: p.key.text, Pos: p.key.at}, Of: b.word(p.value, "a result")})
	}
	return out
}

// assignments reads a mapping of names to expressions.
func (b *builder) assignments(v *value, key string) (out []ivr.SetValue) {
	for _, p := range b.pairs(v, key, "{amount: 'vars.sum'}") {
		out = append(out, ivr.SetValue{Name: word{Value: p.key.text, Pos: p.key.at}, Value: b.word(p.value, "a value of "+key)})
	}
	return out
}

// pairs are the entries of a mapping.
func (b *builder) pairs(v *value, key, such string) []pair {
	if v == nil {
		return nil
	}
	if v.kind != kindMap {
		b.wrong(v.at, key+" is "+kinds[v.kind], "a mapping, as "+such)
		return nil
	}
	return v.pairs
}

// calendarNode reads {calendar: service, open: a, closed: b, holiday: c}.
func (b *builder) calendarNode(f *fields) *ivr.CalendarNode {
	w := f.word("calendar")
	if f.got["calendar"] == nil {
		return nil
	}
	return &ivr.CalendarNode{Calendar: w, Open: f.word("open"), Closed: f.word("closed"), Holiday: f.word("holiday")}
}

// listNode reads {list: debtors, found: a, else: b}, or {list: {name: debtors, number: vars.n, into: {owed: amount}}, …}.
func (b *builder) listNode(f *fields) *ivr.ListNode {
	v := f.get("list")
	if v == nil {
		return nil
	}
	out := &ivr.ListNode{}
	if v.kind == kindMap {
		l := b.fields(v, "a list node")
		out.List, out.Number = l.mustWord("name"), l.word("number")
		for _, p := range b.pairs(l.get("into"), "into", "{variable: column}") {
			out.Into = append(out.Into, ivr.ListColumn{Name: word{Value: p.key.text, Pos: p.key.at}, Column: b.word(p.value, "a column")})
		}
		l.close()
	} else {
		out.List = b.word(v, "list")
	}
	out.Found, out.Else = f.word("found"), f.word("else")
	return out
}

// httpNode reads {http: {service: crm, path: '/customers/{caller.number}', into: {balance: account.balance}}, on_status: {"404": none}}.
func (b *builder) httpNode(f *fields) *ivr.HTTP {
	v := f.get("http")
	if v == nil {
		return nil
	}
	h := b.fields(v, "an http node")
	defer h.close()
	out := &ivr.HTTP{
		Service: h.mustWord("service"), Method: h.word("method"), Path: h.word("path"),
		Query: b.assignments(h.get("query"), "query"), Send: b.assignments(h.get("send"), "send"), OnStatus: b.keys(f.get("on_status")),
	}
	if music := h.word("music"); music.IsSet() {
		out.Music = b.promptWord(music)
	}
	for _, p := range b.pairs(h.get("into"), "into", "{balance: account.balance}") {
		out.Into = append(out.Into, b.pick(p))
	}
	return out
}

// pick reads a value to take over: its place in the answer, or {path, type, default, secret}.
func (b *builder) pick(p pair) ivr.Pick {
	out := ivr.Pick{Name: word{Value: p.key.text, Pos: p.key.at}}
	if p.value.kind != kindMap {
		out.Path = b.word(p.value, "a place in the answer")
		return out
	}
	f := b.fields(p.value, "a value of the answer")
	defer f.close()
	out.Path, out.Type, out.Secret = f.mustWord("path"), f.word("type"), f.flag("secret")
	if v := f.got["default"]; v != nil && v.kind == kindScalar {
		f.asked = append(f.asked, "default")
		out.Default = word{Value: v.text, Pos: v.at} // may be empty
	} else {
		f.get("default")
	}
	return out
}

// webhookNode reads {webhook: {to: orders, event: order_placed, send: {number: caller.number}}}.
func (b *builder) webhookNode(f *fields) *ivr.WebhookNode {
	v := f.get("webhook")
	if v == nil {
		return nil
	}
	h := b.fields(v, "a webhook node")
	defer h.close()
	return &ivr.WebhookNode{To: h.mustWord("to"), Event: h.mustWord("event"), Send: b.assignments(h.get("send"), "send")}
}

// ticketNode reads {ticket: {kind: complaint, fields: {about: '"bill"'}, number: ticket}}.
func (b *builder) ticketNode(f *fields) *ivr.Ticket {
	v := f.get("ticket")
	if v == nil {
		return nil
	}
	t := b.fields(v, "a ticket node")
	defer t.close()
	return &ivr.Ticket{Kind: t.mustWord("kind"), Fields: b.assignments(t.get("fields"), "fields"), Number: t.word("number"), To: t.word("to")}
}

// waitNode reads {wait: 30s}, or {wait: {for: 30s, music: calm}}, and the keys beside it.
func (b *builder) waitNode(f *fields) *ivr.Wait {
	v := f.get("wait")
	if v == nil {
		return nil
	}
	out := &ivr.Wait{}
	if v.kind == kindMap {
		w := b.fields(v, "a wait")
		out.For = w.span("for")
		if music := w.word("music"); music.IsSet() {
			out.Music = b.promptWord(music)
		}
		w.close()
	} else {
		out.For = f.span("wait")
	}
	out.Keys = b.keys(f.get("keys"))
	return out
}

// callbackNode reads {callback: general}, {callback: here}, or {callback: {queue: general, number: vars.phone}}.
func (b *builder) callbackNode(f *fields) *ivr.CallbackNode {
	v := f.get("callback")
	if v == nil {
		return nil
	}
	if v.kind != kindMap {
		return &ivr.CallbackNode{Queue: b.word(v, "callback")}
	}
	c := b.fields(v, "a callback node")
	defer c.close()
	return &ivr.CallbackNode{Queue: c.mustWord("queue"), Number: c.word("number"), Skills: b.skills(c), Priority: c.count("priority")}
}
