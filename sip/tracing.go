package sip

import (
	"net/netip"
	"time"

	"hotline/call"
	"hotline/sip/hep"
	"hotline/sip/trace"
)

// heard notes a message that came.
func (s *Server) heard(h hop, callID, text string, at time.Time) {
	id := s.trace.Add(trace.Message{At: at, CallID: callID, Proto: h.proto, Local: h.here(s), Far: h.addr, Text: text})
	if s.hep != nil {
		s.hep.Send(hep.Packet{At: at, Src: h.addr, Dst: s.faced(h.here(s), h.addr), TCP: h.proto.Stream(), Correlation: string(id), Text: text})
	}
}

// send puts a message on the wire and notes it. The bytes are not changed afterwards by anybody.
func (s *Server) send(h hop, callID string, b []byte) error {
	m := trace.Message{At: time.Now(), CallID: callID, Sent: true, Proto: h.proto, Local: h.here(s), Far: h.addr}
	id := s.trace.AddBytes(m, b)
	if s.hep != nil {
		s.hep.Send(hep.Packet{At: m.At, Src: s.faced(m.Local, h.addr), Dst: h.addr, TCP: h.proto.Stream(), Correlation: string(id), Text: string(b)})
	}
	return h.send(b)
}

// here is this node's end of a hop, as bound.
func (h hop) here(s *Server) netip.AddrPort {
	switch {
	case h.sock != nil:
		return h.sock.addr
	case h.conn != nil && h.conn.local.IsValid():
		return h.conn.local
	}
	return s.bound(h.proto, h.addr.Addr())
}

// faced puts the address that faces the far end in the place of "all of them".
func (s *Server) faced(here, far netip.AddrPort) netip.AddrPort {
	if !here.Addr().IsValid() || here.Addr().IsUnspecified() {
		return netip.AddrPortFrom(s.routes.to(far.Addr()), here.Port())
	}
	return here
}

// traceInvite has a call's messages kept from its INVITE on, which came and was answered by 100 before it
// was a call. What becomes a leg goes on from there.
func (w *worker) traceInvite(tx *serverTx, r *request, id call.ID) {
	s := w.srv
	told := s.trace.Begin(r.callID, id)
	if !told {
		s.trace.Add(s.traced(r))
	}
	if !told && tx.last != nil {
		m := trace.Message{At: time.Now(), CallID: r.callID, Sent: true, Proto: tx.via.proto, Local: tx.via.here(s), Far: tx.via.addr}
		s.trace.AddBytes(m, tx.last)
	}
	s.trace.End(r.callID, id)
}

// traceChallenge has an INVITE kept that is asked for a password: what comes of it may be a call.
func (w *worker) traceChallenge(r *request) {
	w.srv.trace.Expect(w.srv.traced(r), w.srv.guard.known(r.hop.addr.Addr()))
}

// traced is a request as the recorder keeps it.
func (s *Server) traced(r *request) trace.Message {
	return trace.Message{At: r.received, CallID: r.callID, Proto: r.hop.proto, Local: r.hop.here(s), Far: r.hop.addr, Text: r.text}
}

// Trace gives a call's messages as far as they are kept, secrets hidden, and how many were let go. ok is false
// when nothing is kept of the call.
func (s *Server) Trace(id call.ID) (all []trace.Message, lost int, ok bool) {
	all, lost, ok = s.trace.Of(id)
	for i := range all {
		all[i].Text = trace.Redact(all[i].Text)
		all[i].Local = s.faced(all[i].Local, all[i].Far)
	}
	return all, lost, ok
}
