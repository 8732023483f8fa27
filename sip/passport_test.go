package sip

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// token makes a PASSporT of claims; its signature is none, as nobody here checks it.
func token(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"https://cert.example.org/a.pem"}`)) + "." + enc([]byte(claims)) +
		"." + enc([]byte("signature")) + ";info=<https://cert.example.org/a.pem>;alg=ES256;ppt=shaken"
}

const claims = `{"attest":"A","dest":{"tn":["10000"]},"iat":1796000000,"orig":{"tn":"13800000001"},"origid":"123e4567-e89b-12d3-a456-426655440000"}`

// What the carrier attests is told, whichever form the header has, and never makes a call fail.
func TestAttestedCaller(t *testing.T) {
	whole := &call.PASSporT{
		Raw: token(claims), Attest: "A", OrigID: "123e4567-e89b-12d3-a456-426655440000", Orig: "13800000001", Issued: time.Unix(1796000000, 0).UTC(),
	}
	div := token(`{"dest":{"tn":["10000"]},"div":{"tn":"10001"},"orig":{"tn":"13800000001"}}`)
	withDiv := *whole
	withDiv.More = []string{div}
	for name, c := range map[string]struct {
		headers []string
		want    *call.PASSporT
	}{
		"none":       {nil, nil},
		"shaken":     {[]string{"Identity: " + token(claims)}, whole},
		"compact":    {[]string{"y: " + token(claims)}, whole},
		"with div":   {[]string{"Identity: " + token(claims), "Identity: " + div}, &withDiv},
		"div first":  {[]string{"Identity: " + div, "Identity: " + token(claims)}, &withDiv},
		"short form": {[]string{"Identity: ..c2ln;info=<https://a/b>;ppt=shaken"}, &call.PASSporT{Raw: "..c2ln;info=<https://a/b>;ppt=shaken"}},
		"rubbish":    {[]string{"Identity: rubbish"}, &call.PASSporT{Raw: "rubbish"}},
		"no JSON":    {[]string{"Identity: a.bm9uZQ.c"}, &call.PASSporT{Raw: "a.bm9uZQ.c"}},
		"odd attest": {[]string{"Identity: a." + base64.RawURLEncoding.EncodeToString([]byte(`{"attest":"Z"}`)) + ".c"}, &call.PASSporT{Raw: "a." + base64.RawURLEncoding.EncodeToString([]byte(`{"attest":"Z"}`)) + ".c"}},
		"too long":   {[]string{"Identity: " + strings.Repeat("x", identityBytes+1)}, nil},
		"not a line": {[]string{"Identity: a\x01b"}, nil},
		"four at most": {
			[]string{"Identity: a", "Identity: b", "Identity: c", "Identity: d", "Identity: e"},
			&call.PASSporT{Raw: "a", More: []string{"b", "c", "d"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := readRaw("INVITE sip:a@b SIP/2.0\r\n" + strings.Join(c.headers, "\r\n") + "\r\n\r\n")
			require.Equal(t, c.want, passportOf(&m))
		})
	}
	require.Equal(t, []string{"Identity: " + token(claims), "Identity: " + div}, identityLines(&withDiv))
	require.Empty(t, identityLines(&call.PASSporT{Raw: "a\r\nX: y"}))
}

// A trunk's attestation comes with the call and goes on with it; a phone's is nothing.
func TestAttestationGoesOn(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.extra = "\nIdentity: " + token(claims)
		d.send("INVITE", offerSDP)
		gw.got()
		p := n.house.calls[0].PASSporT
		require.Equal(t, "A", p.Attest)
		out := n.Dial(Dial{Call: "C1", Leg: "L1", Trunk: "gateway", Number: "999", PASSporT: p, Local: ourMedia}, n.house)
		lines := n.dialHeaders(&Trunk{}, Dial{PASSporT: p})
		require.Contains(t, lines, "Identity: "+token(claims))
		out.End(0)
		n.house.lastLeg().End(0)
	})
}

func FuzzIdentity(f *testing.F) {
	f.Add("Identity: " + token(claims) + "\r\n")
	f.Add("y: a.e30.c\r\nIdentity: a.eyJpYXQiOi0xfQ.b;info=<x>\r\n")
	f.Fuzz(func(t *testing.T, headers string) {
		m := readRaw("INVITE sip:a@b SIP/2.0\r\n" + headers + "\r\n\r\n")
		p := passportOf(&m)
		lines := identityLines(p)
		require.LessOrEqual(t, len(lines), identityMost)
		for _, line := range lines {
			require.NotContains(t, line, "\n")
			require.LessOrEqual(t, len(line), identityBytes+len("Identity: "))
		}
		if p != nil {
			require.Contains(t, []string{"", "A", "B", "C"}, p.Attest)
			require.LessOrEqual(t, len(p.Orig)+len(p.OrigID), 256)
			again := readRaw("INVITE sip:a@b SIP/2.0\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n")
			require.Equal(t, p, passportOf(&again), "it goes on unchanged")
		}
	})
}
