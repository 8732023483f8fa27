package sdp

import (
	"net/netip"
	"strconv"
	"strings"

	"hotline/call"
)

// Limits on what is read, beside MaxSize: an offer beyond them is no phone's.
const (
	maxStreams = 32
	maxFormats = 128
	maxMaps    = 128
)

// place is a c= line: where media goes. The zero place is "no c= line here".
type place struct {
	addr netip.Addr
	host string // what the line names, when that is no address
	set  bool
}

// rtpmap is one a=rtpmap: what a payload type stands for.
type rtpmap struct {
	pt    uint8
	name  string
	clock uint32
	chans string // encoding parameters; for audio the number of channels
}

// stream is one m= line with its attributes.
type stream struct {
	kind    string // audio, video, image …
	port    uint16
	proto   string
	formats []string
	at      place
	dir     direction
	maps    []rtpmap
	ptime   uint16 // milliseconds; 0 when not given
	maxp    uint16
	rtcp    netip.AddrPort // a=rtcp (RFC 3605); the address may be zero, the port is set
	mux     bool           // a=rtcp-mux
	mid     string         // a=mid
	crypto  []crypto
	handshake
}

// direction is a direction attribute that may be absent.
type direction struct {
	value call.Direction
	set   bool
}

// description is as much of a session description as we act upon.
type description struct {
	origin  Origin // of our own descriptions only; a far end's may hold anything
	at      place
	dir     direction
	session handshake // what holds for every stream that says nothing of its own
	bundle  []string  // mids of a=group:BUNDLE
	streams []stream
}

// parse reads a description. It takes what RFC 8866 allows and what devices
// get away with (no s= or t= line, lines in another order, unknown line
// types, bare LF); it refuses what leaves doubt about where sound goes.
func parse(text []byte) (*description, error) {
	if len(text) > MaxSize {
		return nil, bad("%d bytes, at most %d are read", len(text), MaxSize)
	}
	d := &description{}
	first := true
	for line := range strings.SplitSeq(string(text), "\n") {
		line = strings.TrimRight(line, "\r \t\x00")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' {
			return nil, bad("line %q is not of the form x=…", clip(line))
		}
		if first && line != "v=0" {
			return nil, bad("it starts with %q, not v=0", clip(line))
		}
		first = false
		if err := d.line(line[0], strings.TrimLeft(line[2:], " ")); err != nil {
			return nil, err
		}
	}
	if first {
		return nil, bad("it is empty")
	}
	return d, nil
}

// line takes one line in; types without meaning for us are passed over.
func (d *description) line(kind byte, value string) (err error) {
	switch kind {
	case 'o':
		d.origin = parseOrigin(value)
	case 'c':
		at, err := parsePlace(value)
		if err != nil {
			return err
		}
		if s := d.last(); s == nil {
			d.at = at
		} else if !s.at.set { // several c= lines of one stream are layers of a multicast; the first will do
			s.at = at
		}
	case 'm':
		if len(d.streams) == maxStreams {
			return bad("more than %d m= lines", maxStreams)
		}
		s, err := parseStream(value)
		if err != nil {
			return err
		}
		d.streams = append(d.streams, s)
	case 'a':
		return d.attribute(value)
	}
	return nil
}

// last is the stream whose lines are being read, nil in the session part.
func (d *description) last() *stream {
	if len(d.streams) == 0 {
		return nil
	}
	return &d.streams[len(d.streams)-1]
}

// attribute takes one a= line in.
func (d *description) attribute(text string) error {
	key, value, _ := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	s := d.last()
	if dir, ok := parseDirection(key); ok {
		if s == nil {
			d.dir = dir
		} else {
			s.dir = dir
		}
		return nil
	}
	if s == nil {
		d.session.take(key, value)
		if mids := strings.Fields(value); key == "group" && len(mids) > 1 && mids[0] == "BUNDLE" {
			d.bundle = mids[1:]
		}
		return nil // the rest has a meaning for a stream only
	}
	switch key {
	case "crypto":
		s.addCrypto(value)
	case "rtcp-mux":
		s.mux = true
	case "mid":
		if printable(value) && len(value) <= 64 {
			s.mid = value
		}
	case "rtpmap":
		return s.addMap(value)
	case "ptime":
		s.ptime = parseMillis(value)
	case "maxptime":
		s.maxp = parseMillis(value)
	case "rtcp":
		s.rtcp = parseRTCP(value)
	default:
		s.take(key, value)
	}
	return nil
}

// parseStream reads m=<media> <port>[/<ports>] <proto> <fmt> … (RFC 8866 5.14).
func parseStream(value string) (stream, error) {
	f := strings.Fields(value)
	if len(f) < 4 {
		return stream{}, bad("m=%s lacks fields", clip(value))
	}
	if len(f)-3 > maxFormats {
		return stream{}, bad("more than %d formats in an m= line", maxFormats)
	}
	for _, word := range f {
		if !printable(word) {
			return stream{}, bad("m=%q holds control characters", clip(value))
		}
	}
	first, _, _ := strings.Cut(f[1], "/") // a count of ports is for layered video
	port, ok := parseNumber(first, 16)
	if !ok {
		return stream{}, bad("port %q in an m= line", clip(f[1]))
	}
	return stream{kind: f[0], port: uint16(port), proto: f[2], formats: f[3:]}, nil
}

// addMap reads a=rtpmap:<pt> <name>/<clock>[/<channels>] (RFC 8866 6.6). A
// line that makes no sense only loses us its codec.
func (s *stream) addMap(value string) error {
	if len(s.maps) == maxMaps {
		return bad("more than %d rtpmap lines in a stream", maxMaps)
	}
	number, what, _ := strings.Cut(value, " ")
	parts := strings.SplitN(strings.TrimSpace(what), "/", 3)
	if len(parts) < 2 {
		return nil
	}
	pt, ok1 := parseNumber(number, 7)
	clock, ok2 := parseNumber(parts[1], 32)
	if !ok1 || !ok2 {
		return nil
	}
	m := rtpmap{pt: uint8(pt), name: parts[0], clock: uint32(clock)}
	if len(parts) == 3 {
		m.chans = parts[2]
	}
	s.maps = append(s.maps, m)
	return nil
}

// parseNumber reads a decimal number of so many bits.
func parseNumber(text string, bits int) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, bits)
	return n, err == nil
}

// parseAddr reads an address; a zone names a network card of somebody else's machine.
func parseAddr(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap(), err == nil && a.Zone() == ""
}

// parsePlace reads c=IN IP4|IP6 <address>[/ttl] (RFC 8866 5.7).
func parsePlace(value string) (place, error) {
	f := strings.Fields(value)
	if len(f) < 3 || !strings.EqualFold(f[0], "IN") {
		return place{}, bad("c=%s is not of the form IN IP4 address", clip(value))
	}
	host, _, _ := strings.Cut(f[2], "/")
	addr, ok := parseAddr(host)
	if !ok {
		return place{host: clip(host), set: true}, nil
	}
	return place{addr: addr, set: true}, nil
}

// parseOrigin reads our own o= line back; a far end's that doesn't fit is zero.
func parseOrigin(value string) Origin {
	f := strings.Fields(value)
	if len(f) != 6 {
		return Origin{}
	}
	id, ok1 := parseNumber(f[1], 64)
	version, ok2 := parseNumber(f[2], 64)
	addr, ok3 := parseAddr(f[5])
	if !ok1 || !ok2 || !ok3 {
		return Origin{}
	}
	return Origin{SessionID: id, Version: version, Addr: addr}
}

// parseRTCP reads a=rtcp:<port> [IN IP4 <address>] (RFC 3605); zero when it makes no sense.
func parseRTCP(value string) netip.AddrPort {
	f := strings.Fields(value)
	if len(f) == 0 {
		return netip.AddrPort{}
	}
	port, ok := parseNumber(f[0], 16)
	if !ok {
		return netip.AddrPort{}
	}
	addr := netip.Addr{}
	if len(f) == 4 {
		if a, ok := parseAddr(f[3]); ok {
			addr = a
		}
	}
	return netip.AddrPortFrom(addr, uint16(port))
}

// parseDirection knows the four direction attributes (RFC 8866 6.7).
func parseDirection(key string) (direction, bool) {
	for _, d := range []call.Direction{call.SendRecv, call.SendOnly, call.RecvOnly, call.Inactive} {
		if strings.EqualFold(key, d.String()) {
			return direction{value: d, set: true}, true
		}
	}
	return direction{}, false
}

// parseMillis reads a packet time; 0 when it makes no sense. Some devices write a fraction.
func parseMillis(value string) uint16 {
	whole, _, _ := strings.Cut(value, ".")
	n, _ := parseNumber(whole, 16)
	return uint16(n)
}

// printable tells that a word may be echoed in a description of ours.
func printable(word string) bool {
	return strings.IndexFunc(word, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// clip keeps words in errors and logs short.
func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// bad makes an ErrBad with words.
func bad(format string, args ...any) error {
	return call.Errorf(call.CodeInvalid, "%w: "+format, append([]any{ErrBad}, args...)...)
}

// unfit makes an ErrNoCodec with words.
func unfit(format string, args ...any) error {
	return call.Errorf(call.CodeInvalid, "%w: "+format, append([]any{ErrNoCodec}, args...)...)
}
