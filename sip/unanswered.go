package sip

import (
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"hotline/call"
)

// owe notes, before the first provisional response leaves, that an INVITE of theirs is to have a final one: with a 100
// they stop sending it, with a 180 they stop waiting for less than minutes, so the node's next life has to answer it.
func (l *Leg) owe() {
	if l.phase != legInvited || l.saved {
		return
	}
	l.st.Phase, l.st.Unanswered = PhaseInvited, &Unanswered{Via: l.invite.echo.via, Seq: l.progress.sure.cseq}
	l.save()
}

// owe is the same for an INVITE that is passed on, with where it has been passed to.
func (rl *relay) owe() {
	tx := rl.tx
	if rl.method != "INVITE" || tx.state != serverProceeding {
		return
	}
	s := rl.w.srv
	if rl.owed == "" {
		rl.owed = call.LegID(s.newULID())
	}
	st := DialogState{
		Leg: rl.owed, Call: call.ID(rl.owed), Role: RolePassed, Phase: PhaseInvited, CallID: rl.callID,
		Local: tx.echo.to, LocalTag: tx.echo.toTag, Remote: tx.echo.from, RemoteTag: tx.req.fromTag, LocalSeq: tx.req.seq(),
		Proto: tx.req.hop.proto, Flow: tx.req.hop.addr, Unanswered: &Unanswered{Via: tx.echo.via, Seq: tx.req.seq()},
	}
	for _, b := range rl.branches {
		st.Branches = append(st.Branches, Branch{URI: b.to.uri, Path: b.to.routes, Branch: b.tx.out.branch, Flow: b.tx.via.addr, Proto: b.tx.via.proto})
	}
	s.vault.SaveDialog(st)
}

// settled tells that nothing is owed any more.
func (rl *relay) settled() {
	if rl.owed != "" {
		rl.w.srv.vault.DropDialog(rl.owed)
		rl.owed = ""
	}
}

// answerAfterAll refuses an INVITE that the node's former life owes its answer. The dialog is kept until that has arrived.
func (w *worker) answerAfterAll(l *Leg, arrived func()) {
	tx := w.former(l)
	if tx == nil {
		arrived()
		return
	}
	l.phase, tx.told = legEnding, arrived
	tx.reply(reply{status: refusalStatus(call.CauseCrash), extra: []string{reasonHeader(call.CauseCrash)}})
}

// former is the transaction of that INVITE as it was; nil when it has come again by now, or no way leads to its sender.
func (w *worker) former(l *Leg) *serverTx {
	u := l.st.Unanswered
	if u == nil || len(u.Via) == 0 {
		return nil
	}
	host, port := sentBy(u.Via[0])
	branch, _ := paramOf(u.Via[0], "branch")
	if !strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) { // of RFC 2543's days: told apart by what else there is
		branch = l.st.CallID + l.st.RemoteTag
	}
	key := txKey{branch: branch, sentBy: hostPort(host, port), method: "INVITE"}
	if w.servers[key] != nil {
		return nil
	}
	way, err := w.srv.wayBack(u.Via[0], l.flow)
	if err != nil {
		l.log("who waits for an answer can't be told that none will come", err)
		return nil
	}
	return w.enter(&serverTx{
		key: key, via: way, callID: l.st.CallID, leg: l,
		echo: &echo{
			via: u.Via, from: l.st.Remote, to: l.st.Local, toTag: l.st.LocalTag,
			callID: l.st.CallID, cseq: strconv.FormatUint(uint64(u.Seq), 10) + " INVITE",
		},
	})
}

// wayBack is where the response to a request of the node's former life goes. A connection that has ended is opened anew, to
// where its Via says that it listens (RFC 3261 18.2.2).
func (s *Server) wayBack(via string, h hop) (hop, error) {
	back := replyHop(via, h)
	if back.alive() {
		return back, nil
	}
	name, port := sentBy(via)
	if port == 0 {
		port = h.proto.Port()
	}
	return s.hopTo(target{proto: h.proto, host: h.addr.Addr().String(), port: port, name: name})
}
