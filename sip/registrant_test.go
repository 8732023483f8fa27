package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// registers has the carrier's trunk register.
func registers(t *Trunk) { t.Register = &Register{User: "02110000", Expires: 10 * time.Minute} }

// only gives the one message of a start that has come, whatever else has.
func (p *peer) only(start string) *message {
	p.t.Helper()
	found := map[string]message{} // a retransmission is the same text
	all := p.got()
	for _, m := range all {
		if strings.HasPrefix(m.start, start) {
			found[m.text] = m
		}
	}
	require.Len(p.t, found, 1, "want one %q, got %v", start, starts(all))
	for _, m := range found {
		return &m
	}
	return nil
}

func (p *peer) challenges(m *message) {
	p.send(insertHeader(answerTo(m, "401 Who", "x", "", ""), `WWW-Authenticate: Digest realm="carrier", nonce="abc", qop="auth"`))
}

func (n *node) registration() RegistrationState { return *n.Trunks()[1].Registration }

func TestRegistersWithTheCarrier(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(registers)
		first := gw.only("REGISTER sip:127.0.0.51:5080 SIP/2.0")
		require.Equal(t, "<sip:02110000@127.0.0.51>", first.get("to"))
		require.Equal(t, "<sip:02110000@127.0.0.1:5060>", first.get("contact"))
		require.Equal(t, "600", first.get("expires"))
		require.False(t, n.Trunks()[1].Up, "not yet")
		gw.challenges(first)
		second := gw.only("REGISTER ")
		require.Equal(t, "2 REGISTER", second.get("cseq"))
		require.Equal(t, first.get("call-id"), second.get("call-id"))
		require.Contains(t, second.get("authorization"), `username="hotline"`)
		gw.send(insertHeader(answerTo(second, "200 OK", "x", "", ""), "Contact: <sip:02110000@127.0.0.1:5060>;expires=100"))
		synctest.Wait()
		require.Equal(t, Registered, n.registration().State)
		require.True(t, n.Trunks()[1].Up)
		time.Sleep(79 * time.Second)
		gw.nothing()
		time.Sleep(2 * time.Second)
		refresh := gw.only("REGISTER ")
		require.Equal(t, first.get("call-id"), refresh.get("call-id"))
		gw.send(answerTo(refresh, "200 OK", "x", "", ""))
		site := *n.site.Load()
		n.SetSite(&site) // the same site again changes nothing
		gw.nothing()
		n.SetSite(testSite()) // the trunk is gone
		out := gw.only("REGISTER ")
		require.Equal(t, "0", out.get("expires"))
		gw.challenges(out)
		proven := gw.only("REGISTER ")
		require.Equal(t, "0", proven.get("expires"))
		require.NotEmpty(t, proven.get("authorization"))
		gw.send(answerTo(proven, "200 OK", "x", "", ""))
		time.Sleep(time.Hour)
		gw.nothing()
	})
}

// A registration that fails is tried again with growing pauses, by the next target, and says why.
func TestRegistrationFails(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, b := n.carrier(registers)
		m := a.only("REGISTER ")
		a.send(answerTo(m, "403 No", "x", "", ""))
		synctest.Wait()
		require.Equal(t, RegistrationFailed, n.registration().State)
		require.Contains(t, n.registration().Words, "user and password")
		require.Equal(t, n.registration().Words, n.Trunks()[1].Words)
		time.Sleep(3 * time.Second)
		b.nothing()
		time.Sleep(4 * time.Second)
		m = b.only("REGISTER ")
		b.challenges(m)
		b.challenges(b.only("REGISTER ")) // the password is wrong
		synctest.Wait()
		require.Equal(t, RegistrationFailed, n.registration().State)
		time.Sleep(7 * time.Second)
		a.nothing()
		time.Sleep(6 * time.Second)
		a.only("REGISTER ") // and then nothing at all
		time.Sleep(33 * time.Second)
		require.Contains(t, n.registration().Words, "no answer in time")
		b.got()
	})
}

func TestRegistrationIsTooBrief(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(registers)
		gw.send(insertHeader(answerTo(gw.only("REGISTER "), "423 Brief", "x", "", ""), "Min-Expires: 3600"))
		again := gw.only("REGISTER ")
		require.Equal(t, "3600", again.get("expires"))
		gw.send(answerTo(again, "200 OK", "x", "", ""))
		synctest.Wait()
		require.WithinDuration(t, time.Now().Add(time.Hour), n.registration().Expires, time.Second)
		quiet := make(chan struct{})
		go func() {
			defer close(quiet)
			for range 50 {
				time.Sleep(20 * time.Millisecond)
				for _, m := range gw.gotNow() {
					require.Equal(t, "0", m.get("expires"), "at its end the node takes the binding back")
					gw.send(answerTo(&m, "200 OK", "x", "", ""))
				}
			}
		}()
		before := time.Now()
		n.stop()
		require.Less(t, time.Since(before), time.Second)
		<-quiet
	})
}
