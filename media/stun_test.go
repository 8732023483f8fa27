package media

import (
	"net/netip"
	"testing"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// iceParty is a leg with ICE, and its secrets.
func iceParty(r *rig) (*party, *call.LocalSecrets) {
	p := r.party("ice", "0.0.0.0:9", call.MediaSpec{})
	ours := newSecrets("sha-256 00")
	r.apply(secureLeg{p.stream, ours})
	spec := pcma()
	spec.Remote, spec.Version, spec.Mux = p.addr, 2, true
	spec.Protection = &call.Protection{Fingerprint: "sha-256 11", Ufrag: "them"}
	p.negotiate(spec)
	return p, ours
}

// request is a binding request by a library that is not ours.
func request(t *testing.T, username, password string, more ...stun.Setter) []byte {
	set := append([]stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername(username)}, more...)
	m, err := stun.Build(append(set, stun.NewShortTermIntegrity(password), stun.Fingerprint)...)
	require.NoError(t, err)
	return m.Raw
}

func TestBindingIsAnswered(t *testing.T) {
	for _, from := range []string{"192.0.2.7:5004", "[2001:db8::7]:5004"} {
		r := newRig(t)
		p, ours := iceParty(r)
		b := request(t, ours.Ufrag+":them", ours.Password)
		p.arrive(newAddr(from), b)
		r.run(drainMusic)
		sent := p.takeSent()
		require.Len(t, sent, 1)
		require.Equal(t, newAddr(from), sent[0].addr)
		m := &stun.Message{Raw: sent[0].b}
		require.NoError(t, m.Decode())
		require.Equal(t, stun.BindingSuccess, m.Type)
		require.Equal(t, b[8:20], m.TransactionID[:])
		require.NoError(t, stun.NewShortTermIntegrity(ours.Password).Check(m))
		require.NoError(t, stun.Fingerprint.Check(m))
		var mapped stun.XORMappedAddress
		require.NoError(t, mapped.GetFrom(m))
		require.Equal(t, from, netip.AddrPortFrom(netip.MustParseAddr(mapped.IP.String()), uint16(mapped.Port)).String())
		require.Equal(t, newAddr(from), addrPort(p.latch.target()))
	}
}

// TestBindingOfOthersIsNotAnswered: without our password nothing is told and nothing moves.
func TestBindingOfOthersIsNotAnswered(t *testing.T) {
	r := newRig(t)
	p, ours := iceParty(r)
	good := request(t, ours.Ufrag+":them", ours.Password)
	for _, b := range [][]byte{
		request(t, ours.Ufrag+":them", "wrong"),
		request(t, ours.Ufrag+":them", ""),
		request(t, "other:them", ours.Password),
		good[:len(good)-1],
		append(append([]byte{}, good[:3]...), good[4:]...),
		{0, 1, 0, 0},
		{},
	} {
		p.arrive(newAddr("192.0.2.7:5004"), b)
	}
	changed := append([]byte{}, good...)
	changed[25] ^= 1
	p.arrive(newAddr("192.0.2.7:5004"), changed)
	r.run(drainMusic)
	require.Empty(t, p.takeSent())
	require.False(t, p.latch.source.valid())
	require.EqualValues(t, 8, p.stats.Forged+p.stats.Refused)

	plain := r.party("plain", "10.0.0.1:4000", pcma())
	plain.arrive(plain.addr, good)
	r.run(drainMusic)
	require.Empty(t, plain.takeSent(), "a leg without ICE knows no STUN")
}

// TestNominationMovesTheSource: the first source is taken until another one is nominated.
func TestNominationMovesTheSource(t *testing.T) {
	r := newRig(t)
	p, ours := iceParty(r)
	ask := func(from string, more ...stun.Setter) {
		p.arrive(newAddr(from), request(t, ours.Ufrag+":them", ours.Password, more...))
		r.run(drainMusic)
	}
	ask("192.0.2.7:5004")
	ask("192.0.2.8:5004")
	require.Equal(t, newAddr("192.0.2.7:5004"), addrPort(p.latch.target()))
	ask("192.0.2.8:5004", stun.RawAttribute{Type: stun.AttrUseCandidate})
	require.Equal(t, newAddr("192.0.2.8:5004"), addrPort(p.latch.target()))
	spec := p.spec
	spec.Version++
	spec.Direction = call.RecvOnly
	p.negotiate(spec)
	require.Equal(t, newAddr("192.0.2.8:5004"), addrPort(p.latch.target()), "a description with 0.0.0.0 changes nothing")
}

// FuzzBinding: no datagram brings the reader down, and none is answered that was not signed.
func FuzzBinding(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42})
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername("a:b"), stun.NewShortTermIntegrity("pw"), stun.Fingerprint)
	require.NoError(f, err)
	f.Add(m.Raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		var m binding
		if !m.parse(b) {
			return
		}
		if m.genuine(b, "a", "pw") {
			their := &stun.Message{Raw: b}
			if their.Decode() != nil {
				return // what follows the signature is nonsense, which ours does not look at
			}
			require.NoError(t, stun.NewShortTermIntegrity("pw").Check(their))
		}
	})
}
