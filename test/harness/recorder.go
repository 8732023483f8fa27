package harness

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/tone"
)

// Recorder is a session recording server (RFC 7866): a SIPp that takes sessions by TCP as long as they are what they
// have to be, and keeps what comes on both streams.
type Recorder struct {
	*Process
	t    testing.TB
	dir  string
	port int

	secure bool // sound has to be encrypted, by SDES

	mu    sync.Mutex
	sound [2][]int16
}

// recorderHost is the address of every recorder.
const recorderHost = "127.0.0.4"

// StartRecorder starts SIPp, and listens for the streams.
func StartRecorder(t testing.TB) *Recorder { return startRecorder(t, false) }

// StartSecureRecorder is a recorder that takes nothing but encrypted sound (RTP/SAVP with keys by RFC 4568).
func StartSecureRecorder(t testing.TB) *Recorder { return startRecorder(t, true) }

func startRecorder(t testing.TB, secure bool) *Recorder {
	t.Helper()
	r := &Recorder{t: t, dir: t.TempDir(), port: FreePorts(t, 1), secure: secure}
	rtp := FreePorts(t, 4)
	for i := range r.sound {
		r.listen(i, rtp+2*i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "recorder.xml"), []byte(recorderScenario(rtp, secure)), 0o600))
	r.Process = start(t, r.dir, "sipp", "-sf", "recorder.xml", "-i", recorderHost, "-p", fmt.Sprint(r.port), "-t", "t1", "-nostdin",
		"-trace_msg", "-message_file", "messages", "-trace_err", "-error_file", "errors.log")
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", net.JoinHostPort(recorderHost, fmt.Sprint(r.port)))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, patience, 20*time.Millisecond, "the recorder listens")
	t.Cleanup(func() {
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(r.dir, "errors.log")) // there may be none
			t.Logf("--- recorder's errors:\n%s\n--- and messages:\n%s", tail(string(b), 3000), tail(r.Messages(), 8000))
		}
	})
	return r
}

// URI is the recorder as a target.
func (r *Recorder) URI() string {
	return fmt.Sprintf("sip:srs@%s:%d;transport=tcp", recorderHost, r.port)
}

// Messages is all that was said by SIP so far.
func (r *Recorder) Messages() string {
	b, err := os.ReadFile(filepath.Join(r.dir, "messages"))
	if !os.IsNotExist(err) {
		require.NoError(r.t, err)
	}
	return string(b)
}

// Said is how often something was.
func (r *Recorder) Said(words string) int { return strings.Count(r.Messages(), words) }

// Sound is what has come on a stream, 0 or 1, so far.
func (r *Recorder) Sound(stream int) []int16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sound[stream]
}

// listen keeps what comes for a stream, in the order in which it comes.
func (r *Recorder) listen(stream, port int) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(recorderHost), Port: port})
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = conn.Close() })
	go func() {
		b := make([]byte, 2000)
		var opener *srtp.Context
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			if r.secure {
				if opener == nil {
					opener = r.opener(stream)
				}
				plain, err := opener.DecryptRTP(nil, b[:n], nil)
				if err != nil {
					continue // RTCP, and what is not encrypted
				}
				n = copy(b, plain)
			}
			if n > 12 && b[1]&0x7f == 8 {
				r.mu.Lock()
				r.sound[stream] = append(r.sound[stream], tone.Decode(b[12:n], call.CodecPCMA)...)
				r.mu.Unlock()
			}
		}
	}()
}

// opener decrypts a stream by the key of the INVITE.
func (r *Recorder) opener(stream int) *srtp.Context {
	keys := regexp.MustCompile(`a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:(\S+)`).FindAllStringSubmatch(r.Messages(), 2)
	if !assert.Len(r.t, keys, 2, "each stream has a key") {
		runtime.Goexit()
	}
	key, err := base64.StdEncoding.DecodeString(keys[stream][1])
	assert.NoError(r.t, err)
	c, err := srtp.CreateContext(key[:16], key[16:], srtp.ProtectionProfileAes128CmHmacSha1_80)
	assert.NoError(r.t, err)
	return c
}

// recorderScenario takes a session, its changes and its end. What is no recording session is refused by failing.
func recorderScenario(rtp int, secure bool) string {
	profile, keys := "RTP/AVP", ""
	if secure {
		profile, keys = "RTP/SAVP", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"+base64.StdEncoding.EncodeToString(make([]byte, 30))+"\n"
	}
	check := func(in, words string) string {
		return fmt.Sprintf(`<ereg regexp="%s" %s check_it="true" assign_to="seen"/>`, words, in)
	}
	header := func(name, words string) string {
		return check(fmt.Sprintf(`search_in="hdr" header="%s:"`, name), words)
	}
	session := `<action>` + header("Require", "siprec") + header("Contact", `[+]sip[.]src`) + header("Content-Type", "multipart/mixed") +
		check(`search_in="body"`, "a=label:1") + check(`search_in="body"`, "a=label:2") + check(`search_in="body"`, "application/rs-metadata[+]xml") +
		check(`search_in="body"`, "Content-Disposition: recording-session") + check(`search_in="body"`, "urn:ietf:params:xml:ns:recording:1") + `</action>`
	answer := strings.NewReplacer("sip:carrier@", "sip:srs@").Replace(reply("200 OK", true, "", fmt.Sprintf(`v=0
o=srs 1 [cseq] IN IP4 %[1]s
s=-
c=IN IP4 %[1]s
t=0 0
m=audio %[2]d %[4]s 8
%[5]sa=recvonly
a=label:1
m=audio %[3]d %[4]s 8
%[5]sa=recvonly
a=label:2
`, recorderHost, rtp, rtp+2, profile, keys)))
	return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="recorder">
<recv request="INVITE" rrs="true">` + session + `</recv>
` + answer + `<recv request="ACK"/>
<label id="1"/>
<recv request="BYE" optional="true" next="2"/>
<recv request="INVITE">` + session + `</recv>
` + answer + `<recv request="ACK" next="1"/>
<label id="2"/>
` + reply("200 OK", false, "", "") + `<Reference variables="seen"/>
</scenario>
`
}
