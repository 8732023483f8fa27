package registrar_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/sip/registrar"
)

// flowing is a REGISTER of a phone that keeps its flow alive (RFC 5626).
func flowing(cseq, regID uint32, tr registrar.Transport, from string) registrar.Request {
	c := contact(1)
	c.Instance, c.RegID = "<urn:uuid:1>", regID
	req := register(cseq, c)
	req.Outbound, req.Transport, req.Source = true, tr, netip.MustParseAddrPort(from)
	return req
}

// TestFlows: one flow of each reg-id, rung by it whatever Contact and Via say; its end is the binding's.
func TestFlows(t *testing.T) {
	r := registrar.New(registrar.Options{})
	must := func(req registrar.Request) []string {
		_, changes, err := r.Register(start, req)
		require.NoError(t, err)
		return short(changes)
	}
	require.Equal(t, []string{"added sip:1001@192.0.2.1:5060 up"}, must(flowing(1, 1, registrar.TCP, "192.0.2.1:40001")))
	require.Equal(t, []string{"added sip:1001@192.0.2.1:5060"}, must(flowing(2, 2, registrar.TCP, "192.0.2.1:40002")))
	for _, b := range r.Live("1001", start) {
		require.True(t, b.AtSource && b.Outbound)
		require.False(t, b.Survives(start), "a connection does not survive a restart")
	}
	require.Equal(t, []string{"refreshed sip:1001@192.0.2.1:5060"}, must(flowing(3, 1, registrar.TCP, "192.0.2.1:40003")), "the new flow replaces the old")
	require.Empty(t, r.DropConnection(netip.MustParseAddrPort("192.0.2.1:40001"), registrar.TCP), "whose end is nothing any more")
	require.Equal(t, []string{"dropped sip:1001@192.0.2.1:5060"}, short(r.DropConnection(netip.MustParseAddrPort("192.0.2.1:40003"), registrar.TCP)))
	require.Equal(t, []string{"dropped sip:1001@192.0.2.1:5060 down"}, short(r.DropConnection(netip.MustParseAddrPort("192.0.2.1:40002"), registrar.TCP)))
}

func TestAFlowByUDPSurvivesARestart(t *testing.T) {
	r := registrar.New(registrar.Options{})
	_, changes, err := r.Register(start, flowing(1, 1, registrar.UDP, "192.0.2.1:40001"))
	require.NoError(t, err)
	fresh := registrar.New(registrar.Options{})
	require.Equal(t, []string{"added sip:1001@192.0.2.1:5060 up"}, short(fresh.Restore(start.Add(time.Second), []registrar.Binding{changes[0].Binding})))
	require.True(t, fresh.Live("1001", start)[0].AtSource)
}

func TestOneFlowARequest(t *testing.T) {
	r := registrar.New(registrar.Options{})
	req := flowing(1, 1, registrar.UDP, "192.0.2.1:40001")
	second := req.Contacts[0]
	second.RegID = 2
	req.Contacts = append(req.Contacts, second)
	_, _, err := r.Register(start, req)
	require.Equal(t, registrar.Malformed, reason(t, err))
	req.Contacts[1].Expires = secs(0)
	_, _, err = r.Register(start, req)
	require.NoError(t, err, "another may be taken away beside")
	req.Outbound, req.CSeq, req.Contacts[1].Expires = false, 2, registrar.Lifetime{}
	_, _, err = r.Register(start, req)
	require.NoError(t, err, "without outbound a reg-id only names the device")
}

func TestDevicesOfAnAccount(t *testing.T) {
	r := registrar.New(registrar.Options{Devices: 5})
	req := register(1, contact(1), contact(2))
	req.Devices = 1
	_, _, err := r.Register(start, req)
	require.Equal(t, registrar.TooMany, reason(t, err))
	req.Devices = 2
	_, _, err = r.Register(start, req)
	require.NoError(t, err)
}

func TestDrop(t *testing.T) {
	r := registrar.New(registrar.Options{})
	live, _, err := r.Register(start, register(1, contact(1), contact(2)))
	require.NoError(t, err)
	_, ok := r.Drop("1001", "sip:nobody@nowhere")
	require.False(t, ok)
	c, ok := r.Drop("1001", live[0].Key())
	require.True(t, ok)
	require.False(t, c.Down)
	c, ok = r.Drop("1001", live[1].Key())
	require.True(t, ok && c.Down)
	require.Zero(t, r.Size())
}
