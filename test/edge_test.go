package test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
)

// line is a call whose two ends are peers of our own, which do what real ones rarely do.
type line struct {
	gateway, phone *peer.Peer
	caller, seat   *peer.Dialog
	callerSound    *peer.Sound
	seatSound      *peer.Sound
}

// dialIn calls a number and is answered.
func dialIn(t tb, n *harness.Node, number string) *line {
	t.Helper()
	l := &line{gateway: softphone(t, n), callerSound: peer.NewSound(t, call.CodecPCMA)}
	l.caller = l.gateway.Call("13911111111", "sip:"+number+"@"+n.SIPAddr())
	l.caller.Invite(l.callerSound.SDP(call.SendRecv))
	l.callerSound.Towards(l.caller.Response(200).Body)
	l.caller.Ack("")
	return l
}

// handset registers a phone of our own for agent 1001 and signs the agent in.
func handset(t tb, n *harness.Node) *peer.Peer {
	t.Helper()
	p := softphone(t, n)
	ok, _ := p.Register(login("1001", "pw-1001"))
	require.Equal(t, 200, ok.Status)
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	return p
}

// pickUp answers the offer that rings.
func (l *line) pickUp(t tb, phone *peer.Peer) {
	t.Helper()
	l.phone, l.seatSound = phone, peer.NewSound(t, call.CodecPCMA)
	l.seat = phone.Incoming()
	l.seatSound.Towards(l.seat.Offer())
	l.seat.Answer(l.seatSound.SDP(call.SendRecv))
}

// talk has both ends say something and hear it.
func (l *line) talk(callerHz, seatHz float64) {
	fromCaller, fromSeat := l.seatSound.Packets(), l.callerSound.Packets()
	done := make(chan struct{})
	go func() { l.callerSound.Play(callerHz, 1200*time.Millisecond); close(done) }()
	l.seatSound.Play(seatHz, 1200*time.Millisecond)
	<-done
	l.seatSound.WaitHeard(fromCaller, callerHz, 800*time.Millisecond)
	l.callerSound.WaitHeard(fromSeat, seatHz, 800*time.Millisecond)
}

// quiet is a site whose agents do not announce their number, so that calls are connected at once.
func quiet(s map[string]string) {
	s["queues.yaml"] = strings.Replace(s["queues.yaml"], "defaults: {", "defaults: {say_agent_number: false, ", 1)
}

// TestCallerLeavesInTheAnnouncement: answered, never connected, and the agent has wrap-up as after any call.
func TestCallerLeavesInTheAnnouncement(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := handset(t, n)
	l := dialIn(t, n, "10001")
	l.pickUp(t, phone)
	n.WaitSeat("1001", "announcing")
	l.caller.Bye()
	l.seat.Ended()
	n.WaitSeat("1001", "ready")
	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.False(t, rec.AnsweredAt.IsZero())
	require.True(t, rec.ConnectedAt.IsZero())
	require.Equal(t, call.LostLeftInAnnouncement, rec.LostCause)
	require.Equal(t, call.PartyCaller, *rec.EndedBy)
	require.Len(t, rec.Recordings, 1, "from the pick-up")
	require.InDelta(t, rec.EndedAt.Sub(rec.AnsweredAt.Time).Seconds(), rec.TalkSeconds, 0.05, "the announcement is talk time")
	require.Zero(t, n.Metric("hotline_queue_abandoned_total"))
	nothingLeft(t, n)
}

// TestATrunkHasSoManyLines: the next call gets 503 and when to come back, until a caller has gone; wrap-up takes no line.
func TestATrunkHasSoManyLines(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet, func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "max_calls: 100", "max_calls: 1", 1)
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "wrap_up: 1s", "wrap_up: 10m", 1)
	})})
	phone := handset(t, n)
	l := dialIn(t, n, "10001")
	l.pickUp(t, phone)
	n.WaitSeat("1001", "talking") // else the caller might be quicker than routing, and have given up
	full := l.gateway.Call("13922222222", "sip:10001@"+n.SIPAddr())
	full.Invite(l.callerSound.SDP(call.SendRecv))
	no := full.Response(503)
	full.AckFailure(no)
	require.NotEmpty(t, no.Header("Retry-After"))
	l.caller.Bye()
	l.seat.Ended()
	n.WaitMetric(1, "hotline_calls_total", `outcome="answered"`) // counted, and the line free, though the agent still writes
	n.WaitSeat("1001", "wrap_up")
	next := dialIn(t, n, "10001")
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	next.caller.Bye()
	require.Equal(t, 1.0, n.Metric("hotline_calls_total", `outcome="refused"`))
	require.Equal(t, call.CauseCapacity, *n.Calls("outcome=refused")[0].Cause)
}

// TestWhatAPhoneAnswersDecidesItsSeat is the table of docs/architecture.md on the wire; the caller waits through all of it.
func TestWhatAPhoneAnswersDecidesItsSeat(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	phone := handset(t, n)
	l := dialIn(t, n, "10001")
	for _, c := range []struct {
		status int
		state  string
	}{
		{486, "break"},
		{600, "break"},
		{603, "break"},
		{302, "break"},
		{404, "unreachable"},
		{408, "unreachable"},
		{410, "unreachable"},
		{480, "unreachable"},
		{500, "unreachable"},
		{503, "unreachable"},
		{415, "unreachable"},
		{488, "unreachable"},
	} {
		rung := phone.Incoming()
		rung.Reply(180, "")
		rung.Reply(c.status, "")
		rung.Request("ACK")
		seat := n.WaitSeat("1001", c.state)
		if c.state == "break" {
			require.Equal(t, "declined", seat.Reason, "%d", c.status)
			n.SetSeat("1001", "ready")
			continue
		}
		ok, _ := phone.Register(login("1001", "pw-1001"))
		require.Equal(t, 200, ok.Status, "a sign of life after %d", c.status)
	}
	l.pickUp(t, phone)
	n.WaitSeat("1001", "talking")
	require.Equal(t, 4.0, n.Metric("hotline_offers_total", `result="declined"`))
	require.Equal(t, 8.0, n.Metric("hotline_offers_total", `result="unreachable"`))
	l.caller.Bye()
	l.seat.Ended()
	rec := newest(n)
	require.Equal(t, []string{"general"}, rec.Queues())
	require.InDelta(t, rec.AnsweredAt.Sub(rec.StartedAt.Time).Seconds(), rec.WaitSeconds, 0.5, "one wait, from the first entry")
}

// TestHoldHoweverItIsSaid: sendonly is the usual word; inactive and 0.0.0.0 hold as well, by whichever side.
func TestHoldHoweverItIsSaid(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	phone := handset(t, n)
	l := dialIn(t, n, "10001")
	l.pickUp(t, phone)
	n.WaitSeat("1001", "talking")
	l.talk(440, 1000)
	for _, c := range []struct {
		name, answer string
		change       func(sdp string) string
	}{
		{"inactive", "a=inactive", func(sdp string) string { return strings.Replace(sdp, "a=sendrecv", "a=inactive", 1) }},
		{"no address", "a=recvonly", func(sdp string) string { return strings.ReplaceAll(sdp, "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0") }},
	} {
		for _, side := range []struct {
			dialog *peer.Dialog
			sound  *peer.Sound
			held   string
		}{{l.seat, l.seatSound, "held"}, {l.caller, l.callerSound, "talking"}} {
			side.dialog.Invite(c.change(side.sound.SDP(call.SendRecv)))
			require.Contains(t, side.dialog.Response(200).Body, c.answer, c.name)
			side.dialog.Ack("")
			n.WaitSeat("1001", side.held)
			side.dialog.Invite(side.sound.SDP(call.SendRecv))
			require.Contains(t, side.dialog.Response(200).Body, "a=sendrecv", c.name)
			side.dialog.Ack("")
			n.WaitSeat("1001", "talking")
			l.talk(440, 1000)
		}
	}
	l.caller.Bye()
	l.seat.Ended()
	rec := newest(n)
	kinds := n.Call(rec.ID).Kinds()
	require.Equal(t, 4, count(kinds, "held"))
	require.Equal(t, 4, count(kinds, "resumed"))
	require.Less(t, rec.HoldSeconds, 2.0)
}

// TestCallerMovesInTheCall: the gateway goes on from another port in another law, as after a
// transfer behind it. What still comes from where it was is a stranger's.
func TestCallerMovesInTheCall(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	phone := handset(t, n)
	l := dialIn(t, n, "10001")
	l.pickUp(t, phone)
	n.WaitSeat("1001", "talking")
	l.talk(440, 1000)
	old := l.callerSound
	l.callerSound = peer.NewSound(t, call.CodecPCMU)
	l.caller.Invite(l.callerSound.SDP(call.SendRecv))
	l.callerSound.Towards(l.caller.Response(200).Body)
	l.caller.Ack("")
	l.talk(620, 1200)
	before, dropped := old.Packets(), n.Metric("hotline_rtp_dropped_total", "stranger")
	old.Play(1700, 200*time.Millisecond)
	n.WaitMetric(dropped+10, "hotline_rtp_dropped_total", "stranger")
	require.Equal(t, before, old.Packets())
	l.caller.Bye()
	l.seat.Ended()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
}

// TestKeysInEveryForm: the prompt stops at the first key, a long press is one
// key, and INFO knows two bodies. A body of another kind changes nothing.
func TestKeysInEveryForm(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	for name, press := range map[string]func(*line){
		"long":       func(l *line) { l.callerSound.Press('1', 1500*time.Millisecond) },
		"short":      func(l *line) { l.callerSound.Digit('1') },
		"dtmf-relay": func(l *line) { l.inform(t, 200, "application/dtmf-relay", "Signal= 1\nDuration= 160\n") },
		"dtmf": func(l *line) {
			l.inform(t, 415, "text/plain", "1")
			l.inform(t, 400, "application/dtmf-relay", "Duration=160\n")
			l.inform(t, 200, "application/dtmf", "1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := dialIn(t, n, "10000")
			before := time.Now()
			press(l)
			n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
			require.Less(t, time.Since(before), 4*time.Second, "the menu's prompt lasts longer")
			l.caller.Bye()
			rec := newest(n)
			require.Equal(t, "general", rec.Queue)
			require.Equal(t, call.LostShortAbandon, rec.LostCause)
			n.WaitMetric(0, "hotline_queue_waiting", `queue="general"`)
		})
	}
}

// inform sends an INFO and wants its answer.
func (l *line) inform(t *testing.T, status int, ctype, body string) {
	t.Helper()
	l.caller.Send("INFO", body, "Content-Type: "+ctype)
	require.Equal(t, status, l.caller.Final().Status)
}

// TestTwoPhonesPickUpAtOnce: one has the call, the other's dialog is ended at once.
func TestTwoPhonesPickUpAtOnce(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	first := handset(t, n)
	second := softphone(t, n)
	ok, _ := second.Register(login("1001", "pw-1001"))
	require.Equal(t, 200, ok.Status)
	l := dialIn(t, n, "10001")
	other := second.Incoming()
	late := peer.NewSound(t, call.CodecPCMA)
	second.Handle("CANCEL", func(peer.Message) { other.Reply(200, late.SDP(call.SendRecv)) }) // too late: somebody has picked up here, too
	l.pickUp(t, first)
	other.Reply(180, "")
	other.Request("ACK")
	other.Ended()
	n.WaitSeat("1001", "talking")
	l.talk(440, 1000)
	l.caller.Bye()
	l.seat.Ended()
	require.Zero(t, late.Packets())
	nothingLeft(t, n)
}

// TestCallerWhoNeverAcknowledges is hung up after 64*T1, without ever having been in the flow.
func TestCallerWhoNeverAcknowledges(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	gateway := softphone(t, n)
	mute := gateway.Call("13911111111", "sip:10001@"+n.SIPAddr())
	mute.Invite(peer.NewSound(t, call.CodecPCMA).SDP(call.SendRecv))
	mute.Response(200)
	answers := func() int { return gateway.Count(func(m peer.Message) bool { return m.Status == 200 }) }
	require.Eventually(t, func() bool { return answers() >= 10 }, 40*time.Second, 50*time.Millisecond, "the 200 is repeated")
	mute.Ended()
	rec := newest(n)
	require.Equal(t, call.OutcomeAbandoned, rec.Outcome)
	require.Equal(t, call.CauseNoAck, *rec.Cause)
	require.InDelta(t, 32, rec.EndedAt.Sub(rec.StartedAt.Time).Seconds(), 0.5)
	nothingLeft(t, n)
}

// TestBlockedCallersWhereTheNumberAnswers: the flow decides, not the door; numbers are compared in one form.
func TestBlockedCallersWhereTheNumberAnswers(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], `{number: "10001", trunk: gateway, flow: direct}`,
			`{number: "10001", trunk: gateway, flow: direct, answer_blocked: true}`, 1)
	})})
	gateway := softphone(t, n)
	for _, form := range []string{"+8613900000009", "8613900000009", "013900000009"} {
		turned := gateway.Call(form, "sip:10000@"+n.SIPAddr())
		turned.Invite(peer.NewSound(t, call.CodecPCMA).SDP(call.SendRecv))
		turned.AckFailure(turned.Response(603))
		taken := gateway.Call(form, "sip:10001@"+n.SIPAddr())
		taken.Invite(peer.NewSound(t, call.CodecPCMA).SDP(call.SendRecv))
		taken.Response(200)
		taken.Ack("")
		n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
		taken.Bye()
		rec := newest(n)
		require.Equal(t, "13900000009", rec.Caller)
		require.Equal(t, call.CallerBlocked, rec.CallerClass)
		n.WaitMetric(0, "hotline_queue_waiting", `queue="general"`)
	}
	var refused struct{ Items []call.Record }
	n.Do(http.MethodGet, "/api/v1/calls?outcome=refused", nil, http.StatusOK, &refused)
	require.Len(t, refused.Items, 3)
}

// TestPickUpComesTooLate has the phone's 200 cross the CANCEL, which the end of
// the offer's time or the caller's leaving has brought about: the phone is hung
// up on, nothing is recorded, and the seat is where the loser of that race has it.
func TestPickUpComesTooLate(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	phone := handset(t, n)
	for _, c := range []struct {
		name, seat string
		before     func(*line)
	}{
		{"the offer's time is over", "break", func(*line) {}},
		{"the caller leaves", "ready", func(l *line) { l.caller.Bye() }},
	} {
		l := dialIn(t, n, "10001")
		rung, late := phone.Incoming(), peer.NewSound(t, call.CodecPCMA)
		rung.Reply(180, "")
		n.WaitSeat("1001", "offered")
		c.before(l)
		cancel := rung.Request("CANCEL")
		rung.Reply(200, late.SDP(call.SendRecv))
		phone.Reply(cancel, 200, "")
		rung.Request("ACK")
		rung.Ended()
		n.WaitSeat("1001", c.seat)
		if c.seat == "break" {
			n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
			l.caller.Bye()
			n.SetSeat("1001", "ready")
		}
		rec := newest(n)
		require.Equal(t, call.OutcomeAbandoned, rec.Outcome, c.name)
		require.Empty(t, rec.Recordings, c.name)
		require.Zero(t, late.Packets(), c.name)
		n.WaitMetric(0, "hotline_calls_active")
	}
	nothingLeft(t, n)
}
