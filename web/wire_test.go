package web

import (
	"encoding/binary"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A ladder is shown to who may see the wire; the customer is hidden from who may not see him.
func TestSIPOfACall(t *testing.T) {
	w := newWorld(t)
	all := decode[SIPTrace](t, w.get("supervisor", "/api/v1/calls/mine/sip"))
	require.Equal(t, invite, all.Messages[0].Text)
	require.Equal(t, "12:00:00.000000  192.0.2.1:5060  ───►  hotline  udp  INVITE sip:10000@192.0.2.10 +SDP\n", all.Ladder)
	require.Contains(t, all.Mermaid, "p1->>hotline: INVITE sip:10000@192.0.2.10 +SDP")
	masked := decode[SIPTrace](t, w.get("operator", "/api/v1/calls/mine/sip")).Messages[0].Text
	require.Len(t, masked, len(invite), "Content-Length still fits")
	for _, secret := range []string{number, "王", "owes"} {
		require.NotContains(t, masked, secret)
	}
	for _, plain := range []string{"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "sip:10000@hotline.local", "m=audio 4000 RTP/AVP 8", "138****8000", "CSeq: 1 INVITE"} {
		require.Contains(t, masked, plain)
	}
	require.Equal(t, []AuditEntry{
		{At: noon, User: "supervisor", From: source, Action: "call.sip", Object: "mine"}, {At: noon, User: "operator", From: source, Action: "call.sip", Object: "mine"},
	}, w.audited("call.sip"))
}

func TestMaskedParties(t *testing.T) {
	for in, want := range map[string]string{
		` "Zhang San" <sip:13800138000@gw;user=phone>;tag=1`: ` "*********" <sip:138****8000@gw;user=phone>;tag=1`,
		` Zhang San <sip:zhang.san@example.org>`:             ` ***** *** <sip:*********@example.org>`,
		` <sip:1001@10.0.0.1:5060>`:                          ` <sip:1001@10.0.0.1:5060>`,
		` sip:13800138000@gw`:                                ` sip:138****8000@gw`,
		` <tel:+8613800138000>`:                              ` <tel:+861******8000>`,
		` <sip:gw.example.org;lr>`:                           ` <sip:gw.example.org;lr>`,
		"INVITE sip:02162340000@192.0.2.1 SIP/2.0\r\n":       "INVITE sip:021****0000@192.0.2.1 SIP/2.0\r\n",
		"SIP/2.0 200 OK\r\n":                                 "SIP/2.0 200 OK\r\n",
	} {
		require.Equal(t, want, maskParty(in))
	}
}

func FuzzMaskSIP(f *testing.F) {
	f.Add(invite)
	f.Add("INVITE sip:a@b SIP/2.0\r\nX: y\r\n z\r\n\r\nbody")
	f.Add("INVITE sip:a@b SIP/2.0\r\nFrom: \xde\xde\xde\xde\xde\xdesip:a@b\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		require.Len(t, maskSIP(text), len(text))
		summary(text)
	})
}

// A capture is one that tshark takes for SIP, checksums and all, of either family.
func TestCaptureIsReadByTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	require.NoError(t, err, "tshark is not installed; it comes with Debian's package tshark (make tools)")
	w := newWorld(t)
	rec := w.get("supervisor", "/api/v1/calls/mine/pcap")
	require.Equal(t, http.StatusOK, rec.Code)
	require.Equal(t, pcapType, rec.Header().Get("Content-Type"))
	require.Equal(t, uint32(pcapMagic), binary.BigEndian.Uint32(rec.Body.Bytes()))
	reply := "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK2\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: z\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n"
	file := filepath.Join(t.TempDir(), "call.pcap")
	all := []SIPMessage{
		{Time: noon, From: netip.MustParseAddrPort("192.0.2.1:5060"), To: netip.MustParseAddrPort("192.0.2.10:33333"), Text: invite},
		{Time: noon.Add(1500 * time.Microsecond), Sent: true, From: netip.MustParseAddrPort("[2001:db8::1]:5060"), To: netip.MustParseAddrPort("[2001:db8::2]:5062"), Text: reply},
	}
	require.NoError(t, os.WriteFile(file, pcapOf(all), 0o600))
	cmd := exec.CommandContext(t.Context(), tshark, "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields",
		"-e", "frame.time_epoch", "-e", "sip.Method", "-e", "sip.Status-Code", "-e", "ip.checksum.status", "-e", "udp.checksum.status", "-e", "sdp.media.port")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	require.NoError(t, err)
	var rows []string
	for line := range strings.Lines(string(out)) {
		rows = append(rows, strings.Join(strings.Split(strings.TrimSpace(line), "\t"), " "))
	}
	require.Equal(t, []string{"1793620800.000000000 INVITE  1 1 4000", "1793620800.001500000  200  1"}, rows)
}
