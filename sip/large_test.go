package sip

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// By TCP a message of 64 KiB less one is served, in compact form and with its description among others;
// one that is longer ends the connection, and so does a head without an end.
func TestLargestMessages(t *testing.T) {
	n := realNode(t, nil)
	whole := func(c *wireClient, size int) string {
		part := "--x\r\nContent-Type: text/plain\r\n\r\n%s\r\n--x\r\nContent-Type: application/sdp\r\n\r\n" + strings.ReplaceAll(g729SDP, "\n", "\r\n") + "\r\n--x--\r\n"
		head := "INVITE sip:10000@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/TCP " + c.local() + ";branch=z9hG4bK-large\r\nMax-Forwards: 70\r\nf: <sip:1@gw>;tag=f\r\nt: <sip:10000@h>\r\n" +
			"i: large\r\nCSeq: 1 INVITE\r\nm: <sip:gw@" + c.local() + ">\r\nc: multipart/mixed;boundary=x\r\nl: %05d\r\n\r\n"
		room := size - len(fmt.Sprintf(head, 0)) - len(fmt.Sprintf(part, ""))
		body := fmt.Sprintf(part, strings.Repeat("y", room))
		return fmt.Sprintf(head, len(body)) + body
	}
	c := n.client("tcp")
	text := whole(c, maxMessage)
	require.Len(t, text, maxMessage)
	c.write(text)
	c.expect("SIP/2.0 488") // the description was found: G.729 is not taken

	c = n.client("tcp")
	_, err := io.WriteString(c.conn, whole(c, maxMessage+1))
	require.NoError(t, err)
	c.expect("SIP/2.0 400")
	_, err = c.r.ReadByte()
	require.Error(t, err)

	c = n.client("tcp")
	_, _ = io.WriteString(c.conn, "OPTIONS sip:x SIP/2.0\r\nX: "+strings.Repeat("y", 2*maxMessage)) // it may be closed before all is written
	_, err = c.r.ReadByte()
	require.Error(t, err)
}
