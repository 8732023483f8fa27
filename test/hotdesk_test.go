package test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// thePIN is looked for wherever it must not be.
const thePIN = "73914682"

// hotDesks puts desks into the site, and agents who sign in at them by PIN.
func hotDesks(s map[string]string) {
	quiet(s)
	s["seats.yaml"] = strings.Replace(s["seats.yaml"], "agents:\n", `phones:
  - {ext: "8001", title: A区1排01座, password: "pw-8001"}
  - {ext: "8002", title: A区1排02座, password: "pw-8002"}
  - {ext: "8003", password: "pw-8003"}
  - {ext: "8004", password: "pw-8004"}
proxy: {calls: true}
agents:
  - {id: "1101", name: 夜一, team: a, group: general, skills: {general: 3}, pin: "`+thePIN+`"}
  - {id: "1102", name: 夜二, team: a, group: general, skills: {general: 3}, pin: "`+thePIN+`"}
`, 1)
}

// desk starts a phone that is nobody's.
func desk(t *testing.T, n *harness.Node, ext string, hz float64, answer bool) *harness.Phone {
	t.Helper()
	return harness.StartPhone(t, n, harness.PhoneConfig{User: ext, Password: "pw-" + ext, Hz: hz, Answer: answer})
}

// dials calls a code and waits until the node has told what became of it, and hung up.
func dials(n *harness.Node, p *harness.Phone, dialled, outcome string) {
	before := n.Metric("hotline_codes_total", `code="`+dialled[:3]+`"`, `outcome="`+outcome+`"`)
	p.Do("dial sip:" + dialled + "@hotline.local")
	n.WaitMetric(before+1, "hotline_codes_total", `code="`+dialled[:3]+`"`, `outcome="`+outcome+`"`)
	if outcome == "wrong_pin" { // it is asked again
		p.Do("hangup")
	}
	n.WaitMetric(0, "hotline_sip_legs")
}

// TestHotDesk is an agent's shift at a desk that is nobody's: signed in from the phone, a call, busy, out; another phone is asked
// for number and PIN key by key. The PIN is nowhere afterwards.
func TestHotDesk(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(hotDesks)})
	phone := desk(t, n, "8001", 1000, false)
	dials(n, phone, "*14", "not_signed_in")
	dials(n, phone, "*11*1101*1111", "wrong_pin")
	require.False(t, n.Seat("1101").State == "ready")
	dials(n, phone, "*11*1101*"+thePIN, "done")
	seat := n.WaitSeat("1101", "ready")
	require.Equal(t, "8001", seat.Phone)

	l := dialIn(t, n, "10001")
	n.WaitSeat("1101", "offered")
	phone.Accept()
	n.WaitSeat("1101", "talking")
	phone.Do("hangup")
	l.caller.Ended()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
	n.WaitSeat("1101", "ready")

	other := harness.StartLinphone(t, n, "8002", "pw-8002", 700)
	other.Do("call *11")
	n.WaitMetric(1, "hotline_sip_legs")
	other.WaitOutput("connected")
	for _, key := range "1102#" + thePIN + "#" {
		other.Do(string(key))
	}
	n.WaitMetric(2, "hotline_codes_total", `code="*11"`, `outcome="done"`)
	require.Equal(t, "8002", n.WaitSeat("1102", "ready").Phone)
	// one session of an agent: 1101 proves to be at the other desk, in use by somebody else
	dials(n, phone, "*11*1102*"+thePIN, "phone_in_use")
	dials(n, phone, "*15*2*20", "done")
	require.Equal(t, "2", n.WaitSeat("1101", "break").Reason)
	dials(n, phone, "*14*10", "done")
	n.WaitSeat("1101", "busy")
	dials(n, phone, "*12", "done")
	n.WaitSeat("1101", "offline")

	var phones struct {
		Items []struct {
			Phone, State, Agent string
			Contacts            []struct{ ID, Address string }
		}
	}
	n.Do(http.MethodGet, "/api/v1/phones", nil, http.StatusOK, &phones)
	for _, p := range phones.Items {
		if p.Phone == "8002" {
			require.Equal(t, "1102", p.Agent)
			require.Equal(t, "up", p.State)
			require.Contains(t, p.Contacts[0].Address, "127.0.0.1:")
			n.Do(http.MethodDelete, "/api/v1/phones/8002/contacts/"+p.Contacts[0].ID, nil, http.StatusNoContent, nil)
		}
	}
	n.WaitSeat("1102", "unreachable")
	nowhere(t, n, thePIN)
}

// nowhere proves that a secret is in nothing the node keeps or says.
func nowhere(t *testing.T, n *harness.Node, secret string) {
	t.Helper()
	require.NotContains(t, n.Output(), secret)
	require.NoError(t, filepath.WalkDir(n.DataPath(""), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		require.NotContains(t, string(b), secret, path)
		return err
	}))
}
