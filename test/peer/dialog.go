package peer

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
)

// Dialog is one call's signalling as this peer sees it. Its methods send at
// once and wait for nothing unless they say so.
type Dialog struct {
	peer       *Peer
	callID     string
	localURI   string
	localTag   string
	remoteURI  string
	remoteTag  string
	target     string         // Request-URI inside the dialog
	to         netip.AddrPort // where packets go
	routes     []string
	seq        int
	invite     Message // the one that opened it, when the far end did
	inviteVia  string  // of our last INVITE, for its CANCEL and the ACK of a failure
	inviteSeq  int
	lastInvite string
}

func random() string { return rand.Text()[:12] }

// Call starts a dialog of ours without sending anything yet: from is a user, to a Request-URI.
func (p *Peer) Call(from, to string) *Dialog {
	return &Dialog{
		peer: p, callID: random() + "@" + p.local.Addr().String(), localURI: "sip:" + from + "@" + p.local.String(),
		localTag: random(), remoteURI: to, target: to, to: p.serverAddr(),
	}
}

// Contact is the peer's Contact URI for a user.
func (p *Peer) Contact(user string) string {
	uri := "sip:" + user + "@" + p.shown()
	switch p.transport {
	case "UDP":
	case "WSS":
		uri += ";transport=ws"
	default:
		uri += ";transport=" + strings.ToLower(p.transport)
	}
	return uri
}

// via makes a Via with a new branch.
func (p *Peer) via() string {
	return fmt.Sprintf("SIP/2.0/%s %s;rport;branch=z9hG4bK%s", p.transport, p.shown(), random())
}

// message writes a message out; a body is a session description unless the headers say otherwise.
func message(start string, headers []string, body string) string {
	typed := body == ""
	for _, h := range headers {
		typed = typed || strings.HasPrefix(h, "Content-Type:")
	}
	if !typed {
		headers = append(headers, "Content-Type: application/sdp")
	}
	body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\n", "\r\n")
	headers = append(headers, fmt.Sprintf("Content-Length: %d", len(body)))
	return start + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n" + body
}

// CallID is the dialog's Call-ID.
func (d *Dialog) CallID() string { return d.callID }

// request writes a request of the dialog.
func (d *Dialog) request(method, via string, seq int, body string, extra []string) string {
	remote := "<" + d.remoteURI + ">"
	if d.remoteTag != "" {
		remote += ";tag=" + d.remoteTag
	}
	headers := []string{
		"Via: " + via,
		"Max-Forwards: 70",
		"From: <" + d.localURI + ">;tag=" + d.localTag,
		"To: " + remote,
		"Call-ID: " + d.callID,
		fmt.Sprintf("CSeq: %d %s", seq, method),
		"Contact: <" + d.peer.Contact("peer") + ">",
	}
	for _, r := range d.routes {
		headers = append(headers, "Route: "+r)
	}
	return message(method+" "+d.target+" SIP/2.0", append(headers, extra...), body)
}

// Send sends a request inside the dialog with a new CSeq; extra are whole header lines.
func (d *Dialog) Send(method, body string, extra ...string) {
	d.seq++
	via := d.peer.via()
	text := d.request(method, via, d.seq, body, extra)
	if method == "INVITE" {
		d.inviteVia, d.inviteSeq, d.lastInvite = via, d.seq, text
	}
	d.peer.SendTo(d.to, text)
}

// Invite sends an INVITE; an empty body is a late offer.
func (d *Dialog) Invite(body string, extra ...string) { d.Send("INVITE", body, extra...) }

// Repeat sends the last INVITE again as it was, as a retransmission.
func (d *Dialog) Repeat() { d.peer.SendTo(d.to, d.lastInvite) }

// Response waits for a response of the dialog with this status.
func (d *Dialog) Response(status int) Message {
	d.peer.t.Helper()
	return d.learn(d.peer.Expect(fmt.Sprintf("a %d", status), func(m Message) bool { return m.Status == status && m.Header("Call-ID") == d.callID }))
}

// Final waits for a final response to the last request of the dialog, whatever its status.
func (d *Dialog) Final() Message {
	d.peer.t.Helper()
	seq := d.seq
	return d.learn(d.peer.Expect("a final response", func(m Message) bool {
		return m.Status >= 200 && m.Header("Call-ID") == d.callID && m.CSeq() == seq
	}))
}

// Request waits for a request of the far end inside the dialog.
func (d *Dialog) Request(method string) Message {
	d.peer.t.Helper()
	m := d.peer.Expect("a "+method, func(m Message) bool {
		return m.Status == 0 && m.Method == method && m.Header("Call-ID") == d.callID
	})
	if method == "INVITE" {
		d.invite = m
	}
	return m
}

// learn takes the dialog's facts from a 1xx or 2xx to our INVITE (RFC 3261 12.1.2).
func (d *Dialog) learn(m Message) Message {
	if m.Method != "INVITE" || m.Status <= 100 || m.Status >= 300 {
		return m
	}
	if tag := m.Param("To", "tag"); tag != "" {
		d.remoteTag = tag
	}
	if contact := m.Header("Contact"); contact != "" {
		d.target = uriOf(contact)
	}
	d.routes = nil
	for _, r := range m.All("Record-Route") {
		d.routes = append([]string{r}, d.routes...)
	}
	return m
}

// Ack acknowledges a 2xx to our INVITE; after a late offer the body is our answer.
func (d *Dialog) Ack(body string) {
	d.peer.SendTo(d.to, d.request("ACK", d.peer.via(), d.inviteSeq, body, nil))
}

// AckFailure acknowledges a failure of our INVITE, hop by hop (RFC 3261 17.1.1.3).
func (d *Dialog) AckFailure(m Message) {
	d.peer.SendTo(d.to, message("ACK "+d.target+" SIP/2.0", []string{
		"Via: " + d.inviteVia, "Max-Forwards: 70", "From: " + m.Header("From"), "To: " + m.Header("To"),
		"Call-ID: " + d.callID, fmt.Sprintf("CSeq: %d ACK", d.inviteSeq),
	}, ""))
}

// Cancel cancels our INVITE; it has the INVITE's Via and number (RFC 3261 9.1).
func (d *Dialog) Cancel() {
	d.peer.SendTo(d.to, message("CANCEL "+d.target+" SIP/2.0", []string{
		"Via: " + d.inviteVia, "Max-Forwards: 70", "From: <" + d.localURI + ">;tag=" + d.localTag,
		"To: <" + d.remoteURI + ">", "Call-ID: " + d.callID, fmt.Sprintf("CSeq: %d CANCEL", d.inviteSeq),
	}, ""))
}

// Bye ends the dialog and waits for the 200.
func (d *Dialog) Bye() {
	d.peer.t.Helper()
	d.Send("BYE", "")
	d.Response(200)
}

// Ended waits for the far end's BYE and answers it.
func (d *Dialog) Ended() Message {
	d.peer.t.Helper()
	m := d.Request("BYE")
	d.peer.Reply(m, 200, "")
	return m
}

// Incoming waits for an INVITE that opens a dialog.
func (p *Peer) Incoming() *Dialog {
	p.t.Helper()
	m := p.Expect("an INVITE", func(m Message) bool { return m.Status == 0 && m.Method == "INVITE" && m.Param("To", "tag") == "" })
	return &Dialog{
		peer: p, callID: m.Header("Call-ID"), localURI: uriOf(m.Header("To")), localTag: random(),
		remoteURI: uriOf(m.Header("From")), remoteTag: m.Param("From", "tag"), target: uriOf(m.Header("Contact")),
		to: p.serverAddr(), routes: m.All("Record-Route"), invite: m,
	}
}

// Offer is the session description of the INVITE that came.
func (d *Dialog) Offer() string { return d.invite.Body }

// Invited is the INVITE that came, the opening one or the latest re-INVITE.
func (d *Dialog) Invited() Message { return d.invite }

// Reply answers the INVITE that came, with the dialog's tag.
func (d *Dialog) Reply(status int, body string, extra ...string) {
	d.peer.reply(d.invite, status, d.localTag, body, extra)
}

// Answer accepts the INVITE and waits for the ACK.
func (d *Dialog) Answer(body string) Message {
	d.peer.t.Helper()
	d.Reply(200, body)
	return d.Request("ACK")
}

// Reply answers a request that came.
func (p *Peer) Reply(m Message, status int, body string, extra ...string) {
	p.reply(m, status, "", body, extra)
}

func (p *Peer) reply(m Message, status int, tag, body string, extra []string) {
	to := m.Header("To")
	if m.Param("To", "tag") == "" && tag != "" && status > 100 {
		to += ";tag=" + tag
	}
	var headers []string
	for _, v := range m.All("Via") {
		headers = append(headers, "Via: "+v)
	}
	for _, r := range m.All("Record-Route") {
		headers = append(headers, "Record-Route: "+r)
	}
	headers = append(headers, "From: "+m.Header("From"), "To: "+to, "Call-ID: "+m.Header("Call-ID"), "CSeq: "+m.Header("CSeq"))
	if m.Method == "INVITE" && status > 100 && status < 300 {
		headers = append(headers, "Contact: <"+p.Contact("peer")+">")
	}
	p.Send(message(fmt.Sprintf("SIP/2.0 %d %s", status, "Said By A Test"), append(headers, extra...), body))
}
