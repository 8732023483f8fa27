package sdp

import "hotline/call"

// join makes a direction of what one side may do.
func join(send, receive bool) call.Direction {
	switch {
	case send && receive:
		return call.SendRecv
	case send:
		return call.SendOnly
	case receive:
		return call.RecvOnly
	default:
		return call.Inactive
	}
}

// flip sees a direction from the other side (RFC 3264 6.1: sendonly is
// answered by recvonly, and the other way round).
func flip(d call.Direction) call.Direction { return join(d.MayReceive(), d.MaySend()) }

// meet is what both directions allow.
func meet(a, b call.Direction) call.Direction {
	return join(a.MaySend() && b.MaySend(), a.MayReceive() && b.MayReceive())
}

// stated is the direction a stream states, from the side of who wrote it: on
// the stream, else on the session, else sendrecv (RFC 8866 6.7). The hold
// of RFC 2543 (c=0.0.0.0; RFC 3264 8.4) takes its wish to receive away; with ICE
// that address only says that none is known yet (RFC 8839 4.3.1).
func (d *description) stated(s *stream) call.Direction {
	dir := call.SendRecv
	switch {
	case s.dir.set:
		dir = s.dir.value
	case d.dir.set:
		dir = d.dir.value
	}
	if d.place(s).addr.IsUnspecified() && d.handshake(s).ufrag == "" {
		dir = meet(dir, call.SendOnly)
	}
	return dir
}

// place is the stream's own c= line, else the session's.
func (d *description) place(s *stream) place {
	if s.at.set {
		return s.at
	}
	return d.at
}
