package sip

import (
	"strconv"
	"strings"
	"time"
)

// clientState is a client transaction's state (RFC 3261 17.1).
type clientState uint8

const (
	clientLocating   clientState = iota // looking for the hop: name server, connection
	clientCalling                       // Calling or Trying: sent, nothing heard
	clientProceeding                    // a provisional response has come
	clientCompleted                     // final response; answers its retransmissions
	clientTerminated
)

// clientKey names a client transaction among a worker's (RFC 3261 17.1.3).
type clientKey struct{ branch, method string }

// outgoing is a request of ours, in the parts that CANCEL and ACK repeat.
type outgoing struct {
	method string
	uri    string   // Request-URI
	branch string   // of its Via
	routes []string // Route values, first hop first
	from   string   // with tag
	to     string   // with tag inside a dialog
	callID string
	cseq   uint32
	extra  []string // whole header lines: Contact and the like
	ctype  string
	body   []byte

	passed *passed // somebody else's request: then from, to and the like are for CANCEL and ACK only
	mark   string  // what every branch of it ends with
}

// write makes the request as it is sent by h.
func (o *outgoing) write(s *Server, h hop) []byte {
	if o.passed != nil {
		return o.passed.write(o, s, h)
	}
	b := make([]byte, 0, 640+len(o.body))
	b = append(b, o.method...)
	b = append(b, ' ')
	b = append(b, o.uri...)
	b = append(b, " SIP/2.0\r\nVia: SIP/2.0/"...)
	b = append(b, h.proto.Via()...)
	b = append(b, ' ')
	b = append(b, h.local(s)...)
	if h.proto == TLS {
		b = append(b, ";alias"...) // requests for us may come back by this connection (RFC 5923)
	}
	b = append(b, ";rport;branch="...)
	b = append(b, o.branch...)
	b = append(b, "\r\nMax-Forwards: 70\r\n"...)
	for _, r := range o.routes {
		b = header(b, "Route", r)
	}
	b = header(b, "From", o.from)
	b = header(b, "To", o.to)
	b = header(b, "Call-ID", o.callID)
	b = append(b, "CSeq: "...)
	b = strconv.AppendUint(b, uint64(o.cseq), 10)
	b = append(b, ' ')
	b = append(b, o.method...)
	b = append(b, "\r\n"...)
	b = headerIf(b, "User-Agent", s.opt.UserAgent)
	for _, line := range o.extra {
		b = append(b, line...)
		b = append(b, "\r\n"...)
	}
	return appendBody(b, o.ctype, o.body)
}

// derive makes the CANCEL of a request, or the ACK of its non-2xx response (to
// is then the response's): same branch, same Request-URI, same route (9.1, 17.1.1.3).
func (o *outgoing) derive(method, to string) *outgoing {
	return &outgoing{
		method: method, uri: o.uri, branch: o.branch, routes: o.routes,
		from: o.from, to: to, callID: o.callID, cseq: o.cseq,
	}
}

// clientTx is one request of ours until its final response, and the absorption of
// that response's retransmissions. A 2xx to INVITE ends it at once: the dialog
// answers repeated 2xx with its ACK, by its own ids, which is what RFC 6026's
// Accepted state is for.
type clientTx struct {
	w        *worker
	out      *outgoing
	via      hop
	raised   bool          // moved from UDP to TCP for its size
	lowered  hop           // where it goes when that is refused
	rest     []target      // places to try when this one fails
	tried    time.Duration // when this one was tried
	state    clientState
	bytes    []byte
	interval time.Duration
	giveUp   time.Duration
	alarm    alarm
	ackSent  []byte
	within   time.Duration // how long to wait for a final response; 64*T1 when zero

	contact    func(h hop, secure bool) string // makes the Contact line once the hop is known; nil for none
	onResponse func(*response)
	onFail     func(error) // timeout or transport; nothing more will come
	onMove     func()      // tried at the next place its name stands for, by another branch; may be nil
}

// begin puts the request on its way. Nothing is called back before it returns.
func (w *worker) begin(tx *clientTx, t target) {
	tx.w = w
	tx.alarm.ring = tx.timeout
	if tx.out.branch == "" {
		tx.out.branch = w.srv.newBranch()
	}
	w.clients[tx.key()] = tx
	w.srv.open.transactions.Add(1)
	def(&tx.within, w.srv.opt.Timers.scan64())
	tx.giveUp = w.clock.now() + tx.within
	w.clock.set(&tx.alarm, tx.within)
	w.places(t, func(first target, rest []target, err error) {
		if err != nil {
			tx.located(first, hop{}, err)
			return
		}
		tx.rest = rest
		h, err := w.srv.hopTo(first)
		tx.located(first, h, err)
	})
}

func (tx *clientTx) key() clientKey { return clientKey{tx.out.branch, tx.out.method} }

// located goes on when the hop is known: at once for addresses, later for names.
func (tx *clientTx) located(t target, h hop, err error) {
	if tx.state != clientLocating {
		return
	}
	if err != nil {
		tx.later(err)
		return
	}
	tx.compose(h)
	if h.proto == UDP && len(tx.bytes) > udpLargest && !t.fixed && tx.w.srv.bound(TCP, h.addr.Addr()).IsValid() {
		tx.raised, tx.lowered = true, h // RFC 3261 18.1.1; a refused connection brings it back to UDP
		tx.compose(tx.w.srv.dial(TCP, h.addr, "").hop())
	}
	tx.start()
}

// next tries the next place that the name of the far end stands for, as a transaction
// of its own (RFC 3263 4.3); false when there is none, or when this one has been heard.
func (tx *clientTx) next() bool {
	if len(tx.rest) == 0 || tx.state == clientProceeding || tx.state == clientTerminated {
		return false
	}
	t := tx.rest[0]
	tx.rest = tx.rest[1:]
	delete(tx.w.clients, tx.key())
	tx.out.branch = tx.w.srv.newBranch() + tx.out.mark
	tx.w.clients[tx.key()] = tx
	tx.state, tx.raised, tx.ackSent = clientLocating, false, nil
	tx.w.clock.set(&tx.alarm, max(tx.giveUp-tx.w.clock.now(), time.Millisecond))
	tx.w.srv.met.failovers.Inc()
	if tx.onMove != nil {
		tx.onMove()
	}
	h, err := tx.w.srv.hopTo(t)
	tx.located(t, h, err)
	return true
}

// udpLargest is the longest request sent by UDP where TCP will do (RFC 3261 18.1.1).
const udpLargest = 1300

func (tx *clientTx) compose(h hop) {
	out := *tx.out
	if tx.contact != nil {
		out.extra = append(out.extra[:len(out.extra):len(out.extra)], tx.contact(h, strings.HasPrefix(out.uri, "sips:")))
	}
	tx.via, tx.bytes = h, out.write(tx.w.srv, h)
}

// start sends for the first time (17.1.1.2, 17.1.2.2).
func (tx *clientTx) start() {
	tx.state, tx.tried = clientCalling, tx.w.clock.now()
	if tx.via.proto.Stream() {
		tx.via.conn.watch(tx.w)
		if len(tx.rest) > 0 {
			tx.w.clock.set(&tx.alarm, tx.silence())
		}
	}
	if err := tx.w.srv.send(tx.via, tx.out.callID, tx.bytes); err != nil {
		tx.later(err)
		return
	}
	if tx.via.proto == UDP {
		tx.interval = tx.w.srv.opt.Timers.T1
		tx.w.clock.set(&tx.alarm, tx.interval)
	}
}

// timeout is Timer A or E (send again) or B or F (give up), or the end of Completed.
func (tx *clientTx) timeout() {
	if tx.state == clientCompleted {
		tx.terminate()
		return
	}
	now := tx.w.clock.now()
	left := tx.giveUp - now
	if left <= 0 || tx.state == clientCalling && len(tx.rest) > 0 && now >= tx.tried+tx.silence() {
		tx.fail(errTimeout)
		return
	}
	if tx.state == clientProceeding && (tx.out.method == "INVITE" || tx.via.proto.Stream()) {
		if tx.out.method != "INVITE" {
			tx.w.clock.set(&tx.alarm, left)
		}
		return // ringing may take its time; the leg has the deadline
	}
	if err := tx.w.srv.send(tx.via, tx.out.callID, tx.bytes); err != nil {
		tx.fail(err)
		return
	}
	t2 := tx.w.srv.opt.Timers.T2
	switch {
	case tx.out.method == "INVITE":
		tx.interval *= 2
	case tx.state == clientProceeding:
		tx.interval = t2
	default:
		tx.interval = min(2*tx.interval, t2)
	}
	if len(tx.rest) > 0 && tx.state == clientCalling {
		left = min(left, tx.tried+tx.silence()-now)
	}
	tx.w.clock.set(&tx.alarm, min(tx.interval, left))
}

// silence is how long a place may say nothing at all when there are others to try.
func (tx *clientTx) silence() time.Duration { return tx.w.srv.opt.Timers.NoResponse * 3 / 4 }

// receive takes a response to this request.
func (tx *clientTx) receive(r *response) {
	switch {
	case tx.state == clientCompleted:
		if tx.ackSent != nil && r.StatusCode >= 300 {
			tx.transmit(tx.ackSent)
		}
	case r.StatusCode < 200:
		tx.provisional(r)
	case tx.elsewhere(r):
	default:
		tx.final(r)
	}
}

// elsewhere takes a 503 for the request to be tried at the next place (RFC 3263 4.3); false when there is none.
func (tx *clientTx) elsewhere(r *response) bool {
	const unavailable = 503
	if status := r.StatusCode; len(tx.rest) == 0 || status != unavailable {
		return false
	}
	if tx.out.method == "INVITE" {
		tx.transmit(tx.out.derive("ACK", r.raw.get("to")).write(tx.w.srv, tx.via))
	}
	tx.state = clientCalling
	return tx.next()
}

func (tx *clientTx) provisional(r *response) {
	if tx.state == clientCalling {
		tx.state = clientProceeding
		if tx.out.method == "INVITE" {
			tx.w.clock.stop(&tx.alarm)
		}
	}
	tx.onResponse(r)
}

func (tx *clientTx) final(r *response) {
	tx.state = clientCompleted
	t := tx.w.srv.opt.Timers
	keep := t.T4 // Timer K
	if tx.out.method == "INVITE" {
		keep = 0
		if r.StatusCode >= 300 {
			keep = t.scan64() // Timer D
			tx.ackSent = tx.out.derive("ACK", r.raw.get("to")).write(tx.w.srv, tx.via)
			tx.transmit(tx.ackSent)
		}
	}
	tx.bytes = nil
	if keep == 0 || tx.via.proto.Stream() {
		tx.terminate()
	} else {
		tx.w.clock.set(&tx.alarm, keep)
	}
	tx.onResponse(r)
}

// later fails the transaction from the worker's loop, so that begin returns first;
// unless it has found another way meanwhile.
func (tx *clientTx) later(err error) {
	via := tx.via
	tx.w.box.put(func(*worker) {
		if tx.via == via {
			tx.fail(err)
		}
	})
}

// fail ends the transaction without a response.
func (tx *clientTx) fail(err error) {
	if tx.state == clientTerminated || tx.state == clientCompleted {
		return
	}
	if tx.raised && tx.via.proto == TCP && tx.state == clientCalling { // back to UDP, size or not
		tx.raised = false
		tx.compose(tx.lowered)
		tx.start()
		return
	}
	if tx.next() {
		return
	}
	tx.terminate()
	tx.onFail(err)
}

// drop forgets the transaction without a word.
func (tx *clientTx) drop() {
	tx.onResponse = func(*response) {}
	tx.terminate()
}

func (tx *clientTx) transmit(b []byte) {
	if err := tx.w.srv.send(tx.via, tx.out.callID, b); err != nil {
		tx.w.srv.sendFailed(tx.via, err)
	}
}

func (tx *clientTx) terminate() {
	if tx.state == clientTerminated {
		return
	}
	tx.state = clientTerminated
	tx.w.clock.stop(&tx.alarm)
	delete(tx.w.clients, tx.key())
	tx.w.srv.open.transactions.Add(-1)
}
