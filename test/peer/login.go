package peer

import (
	"github.com/stretchr/testify/require"

	"hotline/sip/digest"
)

// CallAs is Call with an address of a domain in From, as a phone of the node's has.
func (p *Peer) CallAs(user, domain, to string) *Dialog {
	d := p.Call(user, to)
	d.localURI = "sip:" + user + "@" + domain
	return d
}

// Proof is the header line that answers the challenge of a 407 to the dialog's INVITE.
func (d *Dialog) Proof(challenge Message, user, password string) string {
	d.peer.t.Helper()
	value, err := digest.Answer(challenge.All("Proxy-Authenticate"), digest.Login{Method: "INVITE", URI: d.target, User: user, Password: password})
	require.NoError(d.peer.t, err)
	return "Proxy-Authorization: " + value
}
