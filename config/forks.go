package config

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Fork is an engine outside that may hear live calls. Only engines a site names are ever connected to.
type Fork struct {
	Name    string
	URL     Secret            // ws or wss; it may hold a key
	Headers map[string]Secret // of the handshake
	Format  ForkFormat
	Packet  time.Duration // of sound in a message, 20 ms to 1 s
	Numbers bool          // the engine is told who calls and whom
}

// ForkFormat is how an engine is sent sound.
type ForkFormat uint8

// The formats, 8,000 samples a second and channel.
const (
	ForkPCM  ForkFormat = iota // 16 bit, little-endian
	ForkPCMA                   // G.711
	ForkPCMU
)

var forkFormats = []string{"pcm", "pcma", "pcmu"}

func (f ForkFormat) String() string { return enumName(forkFormats, f) }

// The limits of what engines a site names.
const (
	mostForks      = 16
	forkPacket     = 100 * time.Millisecond
	shortestPacket = 20 * time.Millisecond
	longestPacket  = time.Second
	packetStep     = 10 * time.Millisecond
)

func (b *builder) readForks() {
	for i, v := range b.sections[sectionForks] {
		f := b.fields(v, "an engine of forks")
		e := Fork{
			Name: f.name().Value, URL: b.forkURL(f), Headers: b.headers(f.get("headers")),
			Format: oneOf(f, "format", forkFormats, ForkPCM), Packet: f.duration("packet", forkPacket, shortestPacket),
			Numbers: f.boolean("numbers", false),
		}
		if e.Packet > longestPacket || e.Packet%packetStep != 0 {
			b.wrong(f.got["packet"].at, "packet is "+short(e.Packet), "20ms to 1s, in steps of 10ms")
		}
		if i == mostForks {
			b.wrong(v.at, "there are too many engines", fmt.Sprintf("at most %d", mostForks))
		}
		b.site.Forks = append(b.site.Forks, e)
		f.close()
	}
}

// forkURL reads where an engine is. No message repeats it.
func (b *builder) forkURL(f *fields) Secret {
	s := f.secret("url")
	if f.got["url"] == nil {
		f.must("url")
	}
	if text := s.Reveal(); text != "" && !isForkURL(text) {
		b.wrong(f.got["url"].at, "url is no address of an engine", "as wss://asr.example.com/calls, ${NAME} or file:/path; ws or wss, without user and fragment")
	}
	return s
}

func isForkURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "ws" || u.Scheme == "wss") && u.Host != "" && u.User == nil && u.Fragment == "" &&
		!strings.ContainsAny(text, " \t\r\n")
}

// fork reads the name of an engine.
func (b *builder) fork(f *fields, def string) string {
	if w := f.word("fork"); w.Value != "" {
		return b.ref(sectionForks, w)
	}
	return def
}
