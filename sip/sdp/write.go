package sdp

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hotline/call"
)

// The payload types we offer: telephone-event with the one that every phone uses too,
// Opus and its events with numbers that are often theirs.
const (
	ourDTMF     = 101
	ourOpus     = 107
	ourWideDTMF = 110
)

// opusParams are what we say of Opus (RFC 7587 7.1), each way the same. Whoever decodes at the other
// end of the call makes good a lost packet by the next one, if that was asked for; all else may stay as senders like it.
const opusParams = "useinbandfec=1"

// ours is what our own audio stream says.
type ours struct {
	media   call.LocalMedia
	proto   string
	choices []choice
	dtmf    uint8
	comfort uint8
	// wideDTMF is of telephone-event by the clock of Opus.
	wideDTMF uint8
	ptime    uint16
	dir      call.Direction
	secured
}

// writer builds a description. Nothing of the machine goes into it but the
// advertised address: no user name, no host name, no clock.
type writer struct{ text []byte }

func (w *writer) put(format string, args ...any) { w.text = fmt.Appendf(w.text, format, args...) }

// head writes the session part: with ICE that we do it in its lite form (RFC 8839
// 5.3), and where streams are bundled that ours is one of them (RFC 9143 7.3).
func (w *writer) head(o Origin, at netip.Addr, s *secured) {
	if !o.Addr.IsValid() {
		o.Addr = at
	}
	w.put("v=0\r\no=- %d %d IN %s\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n",
		o.SessionID, o.Version, family(o.Addr), family(at))
	if s.ice {
		w.put("a=ice-lite\r\n")
	}
	if s.bundled {
		w.put("a=group:BUNDLE %s\r\n", s.mid)
	}
}

// family writes an address as "IP4 192.0.2.1".
func family(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	switch {
	case a.Is6():
		return "IP6 " + a.String()
	case a.Is4():
		return "IP4 " + a.String()
	default:
		return "IP4 0.0.0.0"
	}
}

// refused writes a stream that is not taken: port 0, the rest as it was (RFC 3264 section 6).
func (w *writer) refused(s *stream) {
	w.put("m=%s 0 %s %s\r\n", s.kind, s.proto, s.formats[0])
}

// audio writes our stream.
func (w *writer) audio(a ours) {
	formats := make([]string, 0, len(a.choices)+2)
	for _, c := range a.choices {
		formats = append(formats, strconv.Itoa(int(c.pt)))
	}
	for _, pt := range []uint8{a.comfort, a.dtmf, a.wideDTMF} {
		if pt != 0 {
			formats = append(formats, strconv.Itoa(int(pt)))
		}
	}
	w.put("m=audio %d %s %s\r\n", a.media.Addr.Port(), a.proto, strings.Join(formats, " "))
	for _, c := range a.choices {
		if c.codec == call.CodecOpus {
			w.put("a=rtpmap:%d opus/%d/%s\r\na=fmtp:%d %s\r\n", c.pt, wideRate, opusChannels, c.pt, opusParams)
			continue
		}
		w.put("a=rtpmap:%d %s/%d\r\n", c.pt, c.codec, clockRate)
	}
	if a.comfort != 0 {
		w.put("a=rtpmap:%d CN/%d\r\n", a.comfort, clockRate)
	}
	w.events(a.dtmf, clockRate)
	w.events(a.wideDTMF, wideRate)
	w.put("a=ptime:%d\r\na=%s\r\n", a.ptime, a.dir)
	w.protection(&a)
}

// events writes telephone-event by a clock; nothing without a number.
func (w *writer) events(pt uint8, clock int) {
	if pt != 0 {
		w.put("a=rtpmap:%d telephone-event/%d\r\na=fmtp:%d 0-16\r\n", pt, clock, pt)
	}
}

// renew gives the text to send where last was sent before: last itself if
// only the version would differ, else next one version up (RFC 3264 section 8).
func renew(last []byte, make func(version uint64) []byte) []byte {
	d, err := parse(last)
	if err != nil {
		return make(1) // not ours; the far end sees a new description anyway
	}
	return d.renew(last, make)
}

// renew is the same for who has read the text already.
func (d *description) renew(last []byte, make func(version uint64) []byte) []byte {
	if same := make(d.origin.Version); bytes.Equal(same, last) {
		return last
	}
	return make(d.origin.Version + 1)
}
