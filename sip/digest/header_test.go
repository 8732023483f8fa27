package digest

import (
	"strings"
	"testing"
	"time"

	icholy "github.com/icholy/digest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseHeader(t *testing.T) {
	for _, c := range []struct {
		name, header string
		want         params
	}{
		{"quoted and bare", `Digest username="1001", nc=00000001,qop=auth`, params{"username": "1001", "nc": "00000001", "qop": "auth"}},
		{"commas and quotes inside", `Digest a="x, y=\"z\\", b="="`, params{"a": `x, y="z\`, "b": "="}},
		{"spaces round the equals sign", "Digest  a = \"x\" ,\tb\t=\ty ", params{"a": "x", "b": "y"}},
		{"folded line", "Digest a=x,\r\n b=y", params{"a": "x", "b": "y"}},
		{"names in any case", `DIGEST UserName="x"`, params{"username": "x"}},
		{"empty members", `Digest ,, a=x,,`, params{"a": "x"}},
		{"an unquoted uri", `Digest uri=sip:1001@hotline.local;transport=udp`, params{"uri": "sip:1001@hotline.local;transport=udp"}},
		{"empty quoted", `Digest opaque=""`, params{"opaque": ""}},
		{"base64 bare", `Digest nonce=abc==`, params{"nonce": "abc=="}},
		{"nothing", `Digest `, params{}},
	} {
		got, err := parseHeader(c.header)
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, got, c.name)
	}
	for _, header := range []string{
		`Digest a`, `Digest =x`, `Digest a=`, `Digest a=,b=c`, `Digest a="x`, `Digest a="x\`, `Digest a="x" y`,
		`Digest a=x a=y`, `Digest a=x,a=y`, "Digest a=\"x\ny\"", `Digest "a"=b`, `Digest a=x"y"`,
		`Digest ` + strings.Repeat("x", maxHeader), `Digest ` + manyParams(),
	} {
		_, err := parseHeader(header)
		require.ErrorIs(t, err, errHeader, header)
	}
	for _, header := range []string{"", "Basic abc", "Digestive a=x"} {
		_, err := parseHeader(header)
		require.ErrorIs(t, err, errScheme, header)
	}
}

func manyParams() string {
	var b strings.Builder
	for i := range maxParams + 1 {
		b.WriteString(strings.Repeat("p", i+1) + "=1,")
	}
	return b.String()
}

// TestQuoteProperty: what is quoted is read back as it was, by us and by others.
func TestQuoteProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		user := rapid.StringMatching(`[ -~äöü工号]{0,40}`).Draw(t, "user")
		got, err := parseHeader("Digest username=" + quote(user) + ", realm=r")
		require.NoError(t, err)
		require.Equal(t, user, got["username"])
		other, err := icholy.ParseCredentials("Digest username=" + quote(user) + ", realm=r")
		require.NoError(t, err)
		require.Equal(t, user, other.Username)
	})
}

// FuzzParseHeader: no header brings the parser down, and what it reads it reads again.
func FuzzParseHeader(f *testing.F) {
	f.Add(`Digest username="1001", realm="hotline.local", nonce="x", uri="sip:hotline.local", response="0", nc=00000001, qop=auth`)
	f.Add(`Digest a="x, \"y\\", b = c,,`)
	f.Fuzz(func(t *testing.T, header string) {
		p, err := parseHeader(header)
		if err != nil {
			require.Nil(t, p)
			return
		}
		require.LessOrEqual(t, len(p), maxParams)
		var b strings.Builder
		b.WriteString("Digest ")
		for name, value := range p {
			b.WriteString(name + "=" + quote(value) + ",")
		}
		if b.Len() > maxHeader {
			return
		}
		again, err := parseHeader(b.String())
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

// FuzzVerify: nothing but the right response gets in, whatever the header says.
func FuzzVerify(f *testing.F) {
	f.Add(`Digest username="1001", realm="r", nonce="x", uri="sip:r", response="0", nc=00000001, qop=auth, cnonce=c`)
	f.Fuzz(func(t *testing.T, header string) {
		s, err := New(Options{Realm: "r", Algorithms: []Algorithm{MD5, SHA256}})
		require.NoError(t, err)
		v := s.Verify(time.Unix(0, 0), Request{Method: "REGISTER", URI: "sip:r", Authorization: []string{header}},
			func(string) (string, bool) { return "nobody guesses this", true })
		require.NotEqual(t, OK, v.Result)
	})
}
