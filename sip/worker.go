package sip

import (
	"time"

	"hotline/call"
)

// errTimeout is a request of ours that nobody answered (Timers B and F).
var errTimeout = call.Errorf(call.CodeUnavailable, "no answer in time")

// dialogKey names a dialog among a worker's: the remote tag is checked apart,
// because an early dialog's is not known yet.
type dialogKey struct{ callID, localTag string }

// worker owns the transactions, dialogs and legs of the Call-IDs that hash to
// it. All of its fields are touched by its goroutine only, but for box.
type worker struct {
	srv   *Server
	index int
	box   *mailbox
	clock *clock

	servers map[txKey]*serverTx
	clients map[clientKey]*clientTx
	merged  map[mergeKey]*serverTx
	dialogs map[dialogKey]*Leg
	relays  map[string]*relay // by branch: INVITEs passed on, as long as a 2xx may come again
}

func newWorker(s *Server, index int) *worker {
	return &worker{
		srv: s, index: index, box: newMailbox(), clock: newClock(),
		servers: map[txKey]*serverTx{}, clients: map[clientKey]*clientTx{},
		merged: map[mergeKey]*serverTx{}, dialogs: map[dialogKey]*Leg{},
		relays: map[string]*relay{},
	}
}

// run is the worker's loop: what waits in the box, then what is due.
func (w *worker) run() {
	defer w.srv.running.Done()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var batch []item
	for {
		batch = w.box.take(batch[:0])
		for i := range batch {
			w.work(batch[i])
			batch[i] = item{}
		}
		w.clock.due()
		if len(batch) > 0 {
			continue
		}
		wait, ok := w.clock.next()
		if !ok {
			wait = time.Hour
		}
		timer.Reset(wait)
		select {
		case <-w.box.wake:
		case <-timer.C:
		case <-w.srv.halt:
			return
		}
	}
}

// work handles an item. What came from the wire may fail without harm to others.
func (w *worker) work(it item) {
	if it.do == nil {
		defer w.srv.survive()
	}
	w.handle(it)
}

func (w *worker) handle(it item) {
	switch {
	case it.req != nil:
		w.srv.heard(it.req.hop, it.req.callID, it.req.text, it.req.received)
		w.request(it.req)
	case it.res != nil:
		w.srv.heard(it.res.hop, it.res.raw.get("call-id"), it.res.text, it.res.received)
		w.response(it.res)
	default:
		it.do(w)
	}
}

// response finds the transaction a response belongs to. What belongs to none may be
// a 2xx to INVITE, which is the dialog's business (RFC 3261 13.2.2.4).
func (w *worker) response(r *response) {
	branch, _ := param(r.Via().Params, "branch")
	method := string(r.CSeq().MethodName)
	if tx := w.clients[clientKey{branch, method}]; tx != nil {
		tx.receive(r)
		return
	}
	if method == "INVITE" && r.StatusCode/100 == 2 && !w.late(branch, r) {
		w.strayAnswer(r)
	}
}

// connGone fails what waits for answers by a connection that has ended.
func (w *worker) connGone(c *conn) {
	var lost []*clientTx
	for _, tx := range w.clients {
		if tx.via.conn == c {
			lost = append(lost, tx)
		}
	}
	for _, tx := range lost {
		tx.fail(c.lost())
	}
	if w.index == 0 {
		w.srv.phones.connGone(c)
	}
}
