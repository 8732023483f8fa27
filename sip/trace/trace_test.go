package trace

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func message(callID, text string) Message {
	return Message{At: time.Now(), CallID: callID, Text: text}
}

// A call's legs are one ladder, in the order of the wire; it stays for a while after the last has ended.
func TestAllLegsOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Keep: time.Minute})
		r.Begin("a", "C1")
		require.Equal(t, call.ID("C1"), r.Add(message("a", "INVITE")))
		time.Sleep(time.Second)
		r.Begin("b", "C1")
		r.Add(message("b", "INVITE b"))
		time.Sleep(time.Second)
		r.Add(message("a", "200"))
		require.Empty(t, r.Add(message("z", "OPTIONS")), "of no call")
		r.End("a", "C1")
		r.Add(message("a", "late"))
		r.End("b", "C1")
		var texts []string
		all, lost, ok := r.Of("C1")
		require.True(t, ok)
		require.Zero(t, lost)
		for _, m := range all {
			texts = append(texts, m.Text)
		}
		require.Equal(t, []string{"INVITE", "INVITE b", "200", "late"}, texts)
		time.Sleep(time.Minute)
		_, _, ok = r.Of("C1")
		require.False(t, ok)
		calls, bytes := r.Size()
		require.Zero(t, calls)
		require.Zero(t, bytes)
		require.Empty(t, r.dialogs)
		require.Nil(t, r.oldest)
		require.Nil(t, r.newest)
	})
}

// A call whose legs have all ended and that gets another one is kept from then on.
func TestACallThatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Keep: time.Minute})
		r.Begin("a", "C1")
		r.End("a", "C1")
		time.Sleep(30 * time.Second)
		r.Begin("b", "C1")
		time.Sleep(time.Hour)
		_, _, ok := r.Of("C1")
		require.True(t, ok)
		r.End("b", "C1")
		time.Sleep(time.Minute)
		_, _, ok = r.Of("C1")
		require.False(t, ok)
	})
}

// A leg handed over to another call is in both ladders.
func TestALegHandedOver(t *testing.T) {
	r := New(Options{})
	r.Begin("b", "C2")
	r.Add(message("b", "INVITE"))
	r.End("b", "C2")
	r.Begin("b", "C1")
	r.Add(message("b", "BYE"))
	for _, id := range []call.ID{"C1", "C2"} {
		all, _, _ := r.Of(id)
		require.Len(t, all, 2, id)
	}
}

// Memory is bounded: by bytes over all calls, those ended first go first; by messages within a dialog, the middle goes.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Max: 100_000, Keep: time.Hour})
		text := strings.Repeat("x", 1000)
		r.Begin("live", "live")
		r.Add(message("live", text))
		for i := range 1000 {
			id := fmt.Sprint("c", i)
			r.Begin(id, call.ID(id))
			r.Add(message(id, text))
			r.End(id, call.ID(id))
			_, bytes := r.Size()
			require.LessOrEqual(t, bytes, int64(100_000))
		}
		_, _, ok := r.Of("live")
		require.True(t, ok, "it goes on")
		_, _, ok = r.Of("c999")
		require.True(t, ok)
		_, _, ok = r.Of("c0")
		require.False(t, ok)

		r = New(Options{Max: 100_000})
		for i := range 1000 {
			id := fmt.Sprint("c", i)
			r.Begin(id, call.ID(id))
			r.Add(message(id, text))
		}
		_, bytes := r.Size()
		require.LessOrEqual(t, bytes, int64(100_000), "calls that all go on")

		r = New(Options{})
		r.Begin("a", "C")
		for i := range 1000 {
			r.Add(message("a", fmt.Sprint(i)))
		}
		all, lost, _ := r.Of("C")
		require.Len(t, all, dialogMost)
		require.Equal(t, 1000-dialogMost, lost)
		require.Equal(t, "39", all[39].Text)
		require.Equal(t, "999", all[dialogMost-1].Text)

		r = New(Options{Max: -1})
		r.Begin("a", "C")
		require.Empty(t, r.Add(message("a", "x")))
	})
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"REGISTER sip:h SIP/2.0\r\nAuthorization: Digest username=\"1001\",\r\n response=\"ab\"\r\nCall-ID: x\r\n\r\n":                                                                  "REGISTER sip:h SIP/2.0\r\nAuthorization: Digest ****************\r\n *************\r\nCall-ID: x\r\n\r\n",
		"INVITE sip:h SIP/2.0\r\nProxy-Authorization:Digest a=b\r\n\r\n":                                                                                                                "INVITE sip:h SIP/2.0\r\nProxy-Authorization:Digest ***\r\n\r\n",
		"INFO sip:h SIP/2.0\r\nc: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n":                                                                                           "INFO sip:h SIP/2.0\r\nc: application/dtmf-relay\r\n\r\nSignal=*\r\nDuration=160\r\n",
		"INFO sip:h SIP/2.0\r\nContent-Type: application/dtmf\r\n\r\n5":                                                                                                                 "INFO sip:h SIP/2.0\r\nContent-Type: application/dtmf\r\n\r\n*",
		"SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20\r\na=ice-pwd:secret\r\nk=clear:x\r\na=rtpmap:8 PCMA/8000\r\n": "SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:********\r\na=ice-pwd:******\r\nk=*******\r\na=rtpmap:8 PCMA/8000\r\n",
		"ACK sip:h SIP/2.0\r\nCall-ID: x": "ACK sip:h SIP/2.0\r\nCall-ID: x",
	} {
		require.Equal(t, want, Redact(in))
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("INVITE sip:h SIP/2.0\r\nAuthorization: Digest response=\"s3cr3t\"\r\n\r\na=crypto:1 X inline:s3cr3t\r\n")
	f.Add("INFO sip:h SIP/2.0\r\nc: application/dtmf-relay\r\n\r\nSignal=5\r\n")
	f.Add("INVITE sip:h SIP/2.0\nAuthorization:0 ")
	f.Add("INVITE sip:h SIP/2.0\nAuthorization:\tDigest\tresponse=1 ")
	f.Add("\nAuthorization:0\r00")
	f.Add("\r\n\r\nA=CrYpto:\xdeinline:")
	f.Fuzz(func(t *testing.T, text string) {
		out := Redact(text)
		require.Len(t, out, len(text), "Content-Length still fits")
		require.Equal(t, out, Redact(out), "once is enough")
		head, _, _ := strings.Cut(out, "\r\n\r\n")
		for i, line := range strings.Split(head, "\n") {
			name, value, ok := strings.Cut(line, ":")
			if i > 0 && ok && strings.EqualFold(strings.TrimSpace(name), "authorization") {
				blank := func(r rune) bool { return strings.ContainsRune(" \t\r", r) }
				if fields := strings.FieldsFunc(value, blank); len(fields) > 1 {
					require.Empty(t, strings.Trim(strings.Join(fields[1:], ""), "*"), line)
				}
			}
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	r := New(Options{})
	var m Message
	for i := range 1000 {
		id := fmt.Sprint("call-", i, "@192.0.2.1")
		r.Begin(id, call.ID(id))
		m = message(id, strings.Repeat("x", 800))
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Add(m)
	}
}
