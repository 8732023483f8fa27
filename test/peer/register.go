package peer

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"hotline/sip/digest"
)

// Registration is what a REGISTER says; zero values make an ordinary one.
type Registration struct {
	User, Password string
	Domain         string
	Expires        int      // seconds; 0 means 300, negative removes
	Contact        string   // whole value; empty is the peer's own with the user's name
	Via            string   // sent-by, where it is to be another than the peer's own address
	Extra          []string // further header lines
	// Only answers the challenge whose algorithm this is; empty answers the strongest.
	Only string
}

// Register registers, answering the challenge, and gives the final response
// and the challenge it answered.
func (p *Peer) Register(r Registration) (final, challenge Message) {
	p.t.Helper()
	domain := "sip:" + r.Domain
	d := &Dialog{peer: p, callID: random(), localURI: "sip:" + r.User + "@" + r.Domain, localTag: random(), to: p.serverAddr()}
	d.remoteURI, d.target = d.localURI, domain
	challenge = p.register(d, r, "")
	if challenge.Status != 401 {
		return challenge, Message{}
	}
	value, err := digest.Answer(only(challenge.All("WWW-Authenticate"), r.Only), digest.Login{
		Method: "REGISTER", URI: domain, User: r.User, Password: r.Password,
	})
	require.NoError(p.t, err)
	return p.register(d, r, "Authorization: "+value), challenge
}

// only keeps the challenges of one algorithm.
func only(challenges []string, algorithm string) []string {
	if algorithm == "" {
		return challenges
	}
	var out []string
	for _, c := range challenges {
		if strings.Contains(c, "algorithm="+algorithm+",") || strings.HasSuffix(c, "algorithm="+algorithm) {
			out = append(out, c)
		}
	}
	return out
}

// register sends one REGISTER and waits for its final response.
func (p *Peer) register(d *Dialog, r Registration, authorization string) Message {
	p.t.Helper()
	d.seq++
	via := p.via()
	if r.Via != "" {
		via = strings.Replace(via, p.local.String(), r.Via, 1)
	}
	contact := r.Contact
	if contact == "" {
		contact = "<" + p.Contact(r.User) + ">"
	}
	expires := r.Expires
	switch {
	case expires == 0:
		expires = 300
	case expires < 0:
		expires = 0
	}
	headers := []string{
		"Via: " + via, "Max-Forwards: 70",
		"From: <" + d.localURI + ">;tag=" + d.localTag, "To: <" + d.localURI + ">",
		"Call-ID: " + d.callID, fmt.Sprintf("CSeq: %d REGISTER", d.seq),
		"Contact: " + contact, fmt.Sprintf("Expires: %d", expires), "User-Agent: hotline-test-peer",
	}
	if authorization != "" {
		headers = append(headers, authorization)
	}
	p.Send(message("REGISTER "+d.target+" SIP/2.0", append(headers, r.Extra...), ""))
	return d.Final()
}
