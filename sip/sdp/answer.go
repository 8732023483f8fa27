package sdp

import (
	"net/netip"
	"slices"
	"strings"

	"hotline/call"
)

// Negotiate answers an offer (RFC 3264 section 6): with the offerer's first
// codec that local allows, its telephone-event, and nothing else; but with Opus goes
// the offerer's first of another clock, for the sound that is made here. The spec is
// complete but for NAT (see BehindNAT) and Version, which the dialog counts.
// The error wraps ErrNoCodec or ErrBad.
func Negotiate(offer []byte, local call.LocalMedia, o Origin, opts Options) ([]byte, call.MediaSpec, error) {
	d, err := parse(offer)
	if err != nil {
		return nil, call.MediaSpec{}, err
	}
	taken, c, err := d.take(&local)
	if err != nil {
		return nil, call.MediaSpec{}, err
	}
	s := &d.streams[taken]
	spec := d.spec(s, c)
	var tag string
	spec.Protection, tag, err = d.protect(s, local.SRTP)
	if err != nil {
		return nil, call.MediaSpec{}, err
	}
	if spec.Protection != nil && spec.Protection.Fingerprint != "" {
		spec.Comfort = 0 // a browser: with comfort noise it would leave soft words out, and it has room enough for silence
	}
	spec.Direction = meet(flip(d.stated(s)), opts.Direction)
	mine := ours{
		media: local, proto: s.proto, choices: c.all(),
		dtmf: spec.DTMF, wideDTMF: spec.WideDTMF, comfort: spec.Comfort, ptime: s.packet(), dir: spec.Direction,
		secured: answerKeys(s, spec.Protection, tag, spec.Mux, local.Secrets),
	}
	mine.bundled = mine.mid != "" && slices.Contains(d.bundle, mine.mid)
	write := func(version uint64) []byte {
		var w writer
		w.head(Origin{SessionID: o.SessionID, Version: version, Addr: o.Addr}, local.Addr.Addr(), &mine.secured)
		for i := range d.streams {
			if i == taken {
				w.audio(mine)
			} else {
				w.refused(&d.streams[i])
			}
		}
		return w.text
	}
	if opts.Last == nil {
		return write(o.Version), spec, nil
	}
	return renew(opts.Last, write), spec, nil
}

// take finds the first stream that can be taken, one that is encrypted before
// one that is not; without any, the error says what was wrong with the audio.
func (d *description) take(local *call.LocalMedia) (int, choices, error) {
	var err error
	at, best := -1, choices{}
	for i := range d.streams {
		s := &d.streams[i]
		if s.kind != "audio" {
			continue
		}
		p, reason := d.usable(s, local.SRTP)
		if reason == nil {
			c := s.pick(local.Codecs)
			if c.first.codec != call.CodecOpus {
				c.beside = choice{} // nothing that is made here would go out in it
			}
			switch {
			case !c.picked():
				reason = unfit("codecs offered: %s; allowed: %v", clip(strings.Join(s.names(), ", ")), local.Codecs)
			case c.opusAlone() && !local.MakesOpus:
				reason = unfit("of the codecs offered opus alone is allowed (%v), and this node can pass it on but not make it: offer PCMA or PCMU beside it", local.Codecs)
			case p != nil || local.SRTP == call.EncryptOff:
				return i, c, nil
			case at < 0:
				at, best = i, c
			}
		}
		if reason != nil {
			err = reason
		}
	}
	switch {
	case at >= 0:
		return at, best, nil
	case err == nil:
		err = unfit("no audio stream in it")
	}
	return 0, choices{}, err
}

// usable tells how a stream is protected, or why it can't be taken whatever its codecs.
func (d *description) usable(s *stream, policy call.Encryption) (*call.Protection, error) {
	at := d.place(s)
	p, _, err := d.protect(s, policy)
	switch {
	case s.port == 0:
		return nil, unfit("its audio stream is switched off (port 0)")
	case err != nil:
		return nil, err
	case !at.set:
		return nil, bad("no c= line for its audio stream")
	case !at.addr.IsValid():
		return nil, unfit("c= names the host %q, an address is needed", at.host)
	case at.addr.IsMulticast():
		return nil, unfit("c= names the multicast group %s", at.addr)
	}
	return p, nil
}

// names lists a stream's codecs for words to a person.
func (s *stream) names() []string {
	out := make([]string, 0, len(s.formats))
	for _, m := range s.maps {
		out = append(out, m.name)
	}
	for _, f := range s.formats {
		if len(s.maps) == 0 {
			out = append(out, f)
		}
	}
	return out
}

// spec says in our words what the far end's stream s, of which c was chosen, settles.
func (d *description) spec(s *stream, c choices) call.MediaSpec {
	remote := netip.AddrPortFrom(d.place(s).addr, s.port)
	spec := call.MediaSpec{
		Remote: remote, RemoteRTCP: s.rtcpAt(remote),
		Codec: c.first.codec, PayloadType: c.first.pt, Beside: c.beside.codec, BesideType: c.beside.pt, DTMF: s.dtmf(clockRate), Comfort: s.comfortWith(c),
		Ptime: millis(s.packet()), Mux: s.mux,
	}
	if c.has(call.CodecOpus) {
		spec.WideDTMF = s.dtmf(wideRate)
	}
	return spec
}

// rtcpAt is where the stream wants RTCP: a=rtcp (RFC 3605), else the port
// above. Where both sides multiplex (MediaSpec.Mux) it means nothing.
func (s *stream) rtcpAt(remote netip.AddrPort) netip.AddrPort {
	at := netip.AddrPortFrom(remote.Addr(), remote.Port()+1)
	if remote.Port() == 65535 {
		at = netip.AddrPort{}
	}
	if s.rtcp.Port() == 0 {
		return at
	}
	if s.rtcp.Addr().IsValid() && !s.rtcp.Addr().IsMulticast() {
		return s.rtcp
	}
	return netip.AddrPortFrom(remote.Addr(), s.rtcp.Port())
}

// Accept reads the far end's answer to an offer of ours.
// The error wraps ErrNoCodec (the far end refused or answered what we never offered) or ErrBad.
func Accept(offered, answer []byte) (call.MediaSpec, error) {
	mine, err := parse(offered)
	if err != nil {
		return call.MediaSpec{}, call.Errorf(call.CodeInternal, "our own offer: %w", err)
	}
	at := mine.ourStream()
	if at < 0 {
		return call.MediaSpec{}, call.Errorf(call.CodeInternal, "our own offer holds no audio stream")
	}
	d, err := parse(answer)
	if err != nil {
		return call.MediaSpec{}, err
	}
	if at >= len(d.streams) {
		return call.MediaSpec{}, bad("the answer has %d m= lines, the offer %d", len(d.streams), len(mine.streams))
	}
	s, offeredStream := &d.streams[at], &mine.streams[at]
	if s.kind != "audio" {
		return call.MediaSpec{}, bad("the answer to an audio stream is %s", clip(s.kind))
	}
	p, err := d.accepted(s, mine, offeredStream)
	if err != nil {
		return call.MediaSpec{}, err
	}
	c := s.pick(offeredStream.allowed())
	if !c.picked() {
		return call.MediaSpec{}, unfit("codecs answered: %s; none was offered", clip(strings.Join(s.names(), ", ")))
	}
	spec := d.spec(s, c)
	spec.Protection, spec.Mux = p, s.mux && offeredStream.mux
	spec.Direction = meet(flip(d.stated(s)), mine.stated(offeredStream))
	offeredStream.renumber(&spec)
	if offeredStream.comfort() == 0 {
		spec.Comfort = 0
	}
	return spec, nil
}

// renumber notes by which numbers of our offer s the far end sends: we send by those
// of its answer (RFC 3264 6.1), and they differ only where a far end renumbers. Events
// that we did not offer are none.
func (s *stream) renumber(spec *call.MediaSpec) {
	spec.PayloadTypeIn = s.ours(spec.Codec, spec.PayloadType)
	spec.BesideTypeIn = s.ours(spec.Beside, spec.BesideType)
	spec.DTMF, spec.DTMFIn = agreed(spec.DTMF, s.dtmf(clockRate))
	spec.WideDTMF, spec.WideDTMFIn = agreed(spec.WideDTMF, s.dtmf(wideRate))
}

// ours is the number of our offer for a codec, where it is not the one answered; else 0.
func (s *stream) ours(codec call.Codec, answered uint8) uint8 {
	for _, c := range s.codecs() {
		if codec != call.CodecNone && c.codec == codec && c.pt != answered {
			return c.pt
		}
	}
	return 0
}

// agreed gives the numbers to send and to hear events by.
func agreed(answered, offered uint8) (out, in uint8) {
	switch {
	case offered == 0 || answered == 0:
		return 0, 0
	case answered != offered:
		return answered, offered
	}
	return answered, 0
}

// accepted tells how an answer protects the stream that we offered. Where we
// offered keys beside the plain profile the far end may have left them out; in a
// secure profile it must not (RFC 4568 5.1.3), and never may it bring in what was not offered.
func (d *description) accepted(s *stream, mine *description, offered *stream) (*call.Protection, error) {
	policy := call.EncryptRequired
	switch p := mine.profile(offered); {
	case p == profilePlain:
		policy = call.EncryptOff
	case plainProfile(offered.proto):
		policy = call.EncryptOptional
	}
	p, err := d.usable(s, policy)
	if err != nil || p == nil {
		return nil, err
	}
	sdes := p.Suite != call.SuiteNone
	if sdes != (len(offered.crypto) > 0) {
		return nil, unfit("the answer protects its sound by another way than was offered")
	}
	if !sdes {
		return p, nil
	}
	answered := s.crypto[0]
	for _, c := range offered.crypto {
		if c.tag == answered.tag && c.suite == answered.suite {
			return p, nil
		}
	}
	return nil, unfit("the answer takes key %s for %s, which was not offered", answered.tag, answered.suite)
}

// ourStream is the index of the stream in use in a description of ours; -1 without one.
func (d *description) ourStream() int {
	for i := range d.streams {
		if d.streams[i].kind == "audio" && d.streams[i].port != 0 {
			return i
		}
	}
	return -1
}

// allowed lists the codecs a stream of ours offered.
func (s *stream) allowed() []call.Codec {
	var out []call.Codec
	for _, c := range s.codecs() {
		out = append(out, c.codec)
	}
	return out
}
