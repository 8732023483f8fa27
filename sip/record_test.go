package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/sdp"
)

// recorderSDP is a recorder's description of two streams.
func recorderSDP(dir string, second uint16) string {
	stream := "m=audio %d RTP/AVP 8\na=rtpmap:8 PCMA/8000\na=" + dir + "\na=label:%d\n"
	return "v=0\no=srs 1 1 IN IP4 127.0.0.51\ns=-\nc=IN IP4 127.0.0.51\nt=0 0\n" +
		fmt.Sprintf(stream, 7000, 1) + fmt.Sprintf(stream, second, 2)
}

// records has the node's recorders take a call.
func (n *node) records(quiet bool) *Leg {
	second := ourMedia
	second.Addr = netip.MustParseAddrPort("127.0.0.1:20002")
	return n.Record(Record{
		Call: "C1", Leg: "R1", Targets: []string{"sip:" + target1Addr.String(), "sip:rec@" + target2Addr.String()},
		Auth: Login{"hotline", "secret"}, Locals: [2]call.LocalMedia{ourMedia, second}, Metadata: []byte("<recording>1</recording>"), Quiet: quiet,
	}, n.house)
}

// parts are the description and the metadata of a request.
func parts(t *testing.T, m *message) (description, metadata string) {
	t.Helper()
	require.Equal(t, "siprec", m.get("require"))
	require.True(t, strings.HasSuffix(m.get("contact"), ";+sip.src"), m.get("contact"))
	require.True(t, strings.HasPrefix(m.get("content-type"), "multipart/mixed;boundary="))
	body, err := sdp.Body(m.get("content-type"), []byte(m.body))
	require.NoError(t, err)
	_, metadata, found := strings.Cut(m.body, "Content-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n")
	require.True(t, found)
	metadata, _, _ = strings.Cut(metadata, "\r\n--")
	return string(body), metadata
}

func TestARecorderTakesBothStreams(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		srs := n.peer(target1Addr)
		leg := n.records(false)
		inv := srs.expect("INVITE sip:127.0.0.51:5080 SIP/2.0")
		description, metadata := parts(t, inv)
		require.Equal(t, "<recording>1</recording>", metadata)
		require.Equal(t, 2, strings.Count(description, "a=sendonly\r\n"))
		for _, line := range []string{"m=audio 20000 RTP/AVP 8 0\r\n", "m=audio 20002 RTP/AVP 8 0\r\n", "a=label:1\r\n", "a=label:2\r\n"} {
			require.Contains(t, description, line)
		}
		require.Equal(t, 1, n.house.stored(), "stored before it leaves")
		srs.answers(inv, "200 OK", "a", recorderSDP("recvonly", 7002))
		srs.expect("ACK ")
		got := n.house.seen()[0].(call.LegRecorded)
		require.Equal(t, "127.0.0.51:7000", got.Media[0].Remote.String())
		require.Equal(t, "127.0.0.51:7002", got.Media[1].Remote.String())
		require.Equal(t, call.SendOnly, got.Media[1].Direction)

		leg.Describe([]byte("<recording>2</recording>"), true)
		again := srs.expect("INVITE ")
		description, metadata = parts(t, again)
		require.Equal(t, "<recording>2</recording>", metadata)
		require.Equal(t, 2, strings.Count(description, "a=inactive\r\n"))
		leg.Describe([]byte("<recording>3</recording>"), true) // while that one waits
		leg.Describe([]byte("<recording>4</recording>"), false)
		srs.nothing()
		srs.answers(again, "200 OK", "a", recorderSDP("inactive", 7002))
		again = srs.expectAll("ACK ", "INVITE ")
		description, metadata = parts(t, again)
		require.Equal(t, "<recording>4</recording>", metadata, "only the newest")
		require.Contains(t, description, "a=sendonly\r\n")
		require.Equal(t, call.Inactive, n.house.seen()[1].(call.LegRecorded).Media[0].Direction)
		srs.answers(again, "200 OK", "a", recorderSDP("recvonly", 7002))
		srs.expect("ACK ")
		require.Equal(t, call.SendOnly, n.house.seen()[2].(call.LegRecorded).Media[0].Direction)
		leg.End(call.CauseNormal)
		bye := srs.expect("BYE ")
		srs.answers(bye, "200 OK", "", "")
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CauseNormal}, n.house.seen()[3])
		require.Zero(t, n.house.stored())
	})
}

// A recorder that refuses a change goes on as it was; one that refuses to be sent sound again after a pause is given up.
func TestARecorderRefusesAChange(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		srs := n.peer(target1Addr)
		leg := n.records(false)
		inv := srs.expect("INVITE ")
		srs.answers(inv, "200 OK", "a", recorderSDP("recvonly", 7002))
		srs.expect("ACK ")
		changes := func(quiet bool, status, body string, want ...string) *message {
			leg.Describe([]byte("<recording/>"), quiet)
			srs.answers(srs.expect("INVITE "), status, "a", body)
			return srs.expectAll(want...)
		}
		changes(false, "488 No", "", "ACK ")
		changes(true, "200 OK", recorderSDP("inactive", 7002), "ACK ")
		bye := changes(false, "503 No", "", "ACK ", "BYE ")
		srs.answers(bye, "200 OK", "", "")
		synctest.Wait()
		ev := n.house.seen()
		require.Equal(t, call.LegEnded{Cause: call.CausePeerGone}, ev[len(ev)-1])
	})
}

// Whatever a target says, the next one is tried; a challenge is answered; one stream refused is all refused.
func TestTheNextRecorderIsTried(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		first, second := n.peer(target1Addr), n.peer(target2Addr)
		n.records(false)
		inv := first.expect("INVITE ")
		first.answers(inv, "180 Ringing", "a", "")
		first.answers(inv, "403 No", "a", "")
		first.expect("ACK ")
		inv = second.expect("INVITE sip:rec@127.0.0.52:5080 SIP/2.0")
		second.send(strings.Replace(answerTo(inv, "401 Who", "x", "sip:x@h", ""), "\nContact:",
			"\nWWW-Authenticate: Digest realm=\"srs\", nonce=\"n\", qop=\"auth\", algorithm=MD5\nContact:", 1))
		inv = second.expectAll("ACK ", "INVITE ")
		require.Contains(t, inv.get("authorization"), `username="hotline"`)
		parts(t, inv)
		second.answers(inv, "200 OK", "b", recorderSDP("recvonly", 0))
		bye := second.expectAll("ACK ", "BYE ")
		second.answers(bye, "200 OK", "", "")
		synctest.Wait()
		ev := n.house.seen()
		failed := ev[len(ev)-1].(call.LegFailed)
		require.Equal(t, 488, failed.Status)
		require.Contains(t, failed.Words, "no codec")
	})
}

func TestAllRecordersRefuse(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		first, second := n.peer(target1Addr), n.peer(target2Addr)
		n.records(true)
		inv := first.expect("INVITE ")
		description, _ := parts(t, inv)
		require.Contains(t, description, "a=inactive\r\n")
		first.answers(inv, "486 Busy", "a", "")
		first.expect("ACK ")
		inv = second.expect("INVITE ")
		second.answers(inv, "503 Full", "a", "")
		second.expect("ACK ")
		synctest.Wait()
		require.Equal(t, "the recorder answered 503 Service Unavailable", n.house.seen()[0].(call.LegFailed).Words)
		require.Zero(t, n.house.stored())
	})
}

// A recorder that holds us by an offer of its own is answered for both streams, and told of again when it goes on.
func TestARecorderHoldsAndEnds(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		srs := n.peer(target1Addr)
		n.records(false)
		inv := srs.expect("INVITE ")
		srs.answers(inv, "200 OK", "a", recorderSDP("recvonly", 7002))
		srs.expect("ACK ")
		d := &dialogPeer{peer: srs, invite: inv, tag: "a"}
		srs.send(d.request("INVITE", 1, recorderSDP("inactive", 7002)))
		ok := srs.expectAnswer("200")
		require.Equal(t, 2, strings.Count(ok.body, "a=inactive\r\n"))
		require.Contains(t, ok.body, "a=label:2\r\n")
		srs.send(d.request("ACK", 1, ""))
		synctest.Wait()
		ev := n.house.seen()
		require.Equal(t, call.Inactive, ev[len(ev)-1].(call.LegRecorded).Media[1].Direction)
		srs.send(d.request("BYE", 2, ""))
		srs.expectAnswer("200")
		ev = n.house.seen()
		require.Equal(t, call.LegEnded{Cause: call.CauseNormal, ByPeer: true}, ev[len(ev)-1])
	})
}

// dialogPeer makes requests of the far end inside a dialog that we began.
type dialogPeer struct {
	*peer
	invite *message
	tag    string
}

func (d *dialogPeer) request(method string, seq int, body string) string {
	contact := strings.TrimSuffix(strings.TrimPrefix(d.invite.get("contact"), "<"), ">;+sip.src")
	text := fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%s%d\nMax-Forwards: 70\nFrom: %s;tag=%s\nTo: %s\nCall-ID: %s\nCSeq: %d %s\nContact: <sip:srs@%s>\n",
		method, contact, d.addr, method, seq, d.invite.get("to"), d.tag, d.invite.get("from"), d.invite.get("call-id"), seq, method, d.addr)
	if body != "" {
		text += "Content-Type: application/sdp\n"
	}
	return text + "\n" + body
}

// expectAnswer gives the next final answer, past a 100.
func (p *peer) expectAnswer(status string) *message {
	p.t.Helper()
	synctest.Wait()
	for _, m := range p.got() {
		if strings.HasPrefix(m.start, "SIP/2.0 "+status) {
			return &m
		}
	}
	require.FailNow(p.t, "no answer "+status)
	return nil
}
