package trace

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPINDialledIsNotShown(t *testing.T) {
	for in, want := range map[string]string{
		"INVITE sip:*11*1001*1234@h SIP/2.0\r\nTo: <sip:*11*1001*1234@h>;tag=1\r\n\r\n":       "INVITE sip:*11**********@h SIP/2.0\r\nTo: <sip:*11**********@h>;tag=1\r\n\r\n",
		"INVITE sip:%2A11%2A1001%2A1234@h SIP/2.0\r\n\r\nsip:*11*1234@h\r\n":                  "INVITE sip:%2A11**************@h SIP/2.0\r\n\r\nsip:*11*1234@h\r\n",
		"INVITE sip:*12@h SIP/2.0\r\nFrom: <sip:8001@h>\r\nSubject: :*\r\nContact: *\r\n\r\n": "INVITE sip:*12@h SIP/2.0\r\nFrom: <sip:8001@h>\r\nSubject: :*\r\nContact: *\r\n\r\n",
		"ACK sip:*": "ACK sip:*",
	} {
		got := Redact(in)
		require.Equal(t, want, got)
		require.Len(t, got, len(in), "lengths stay")
	}
}
