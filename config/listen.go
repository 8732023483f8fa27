package config

import (
	"strings"
	"time"

	"hotline/ivr"
)

// SpeechService hears callers for flows and says what they mean (docs/ivr-listen.md). Only those a site names are ever dialled.
type SpeechService struct {
	Name    string
	URL     Secret            // ws or wss; it may hold a key
	Secret  Secret            // of the handshake, as a bearer's token; empty: none
	Headers map[string]Secret // of the handshake
	Intents []string          // that it has; none: not said
	Format  ForkFormat
	Packet  time.Duration // of sound in a message, 20 ms to 200 ms
	Timeout time.Duration // until it has taken the connection
	Answer  time.Duration // from the end of what is said to what it makes of it
	AtOnce  int           // listenings under way; more are faults at once
	Breaker Breaker
}

// The limits of a speech service.
const (
	mostSpeechServices = 16
	speechTime         = 2 * time.Second
	longestSpeechTime  = 10 * time.Second
	speechAnswer       = 3 * time.Second
	speechPacket       = 40 * time.Millisecond
	longestHeard       = 200 * time.Millisecond
	mostServiceIntents = 1000
)

func (b *builder) readSpeechServices() {
	for i, v := range b.sections[sectionSpeech] {
		f := b.fields(v, "a speech service")
		s := SpeechService{
			Name: f.name().Value, URL: b.forkURL(f), Secret: f.secret("secret"), Headers: b.headers(f.get("headers")),
			Format: oneOf(f, "format", forkFormats, ForkPCM), Packet: f.duration("packet", speechPacket, shortestPacket),
			Timeout: f.duration("timeout", speechTime, 50*time.Millisecond), Answer: f.duration("answer", speechAnswer, 100*time.Millisecond),
			AtOnce: f.integer("at_once", 200, 1, 10_000), Breaker: b.breaker(f),
		}
		for _, w := range f.words("intents") {
			s.Intents = append(s.Intents, w.Value)
		}
		b.boundSpeech(f, &s)
		if i == mostSpeechServices {
			b.wrong(v.at, "there are too many speech services", "at most 16")
		}
		b.site.SpeechServices = append(b.site.SpeechServices, s)
		f.close()
	}
}

// boundSpeech reports what is beyond a speech service's limits.
func (b *builder) boundSpeech(f *fields, s *SpeechService) {
	if s.Packet > longestHeard || s.Packet%packetStep != 0 {
		b.wrong(f.got["packet"].at, "packet is "+short(s.Packet), "20ms to 200ms, in steps of 10ms")
	}
	if s.Timeout > longestSpeechTime {
		b.wrong(f.got["timeout"].at, "timeout is "+short(s.Timeout), "at most 10s: a caller waits")
	}
	if s.Answer > longestAsk {
		b.wrong(f.got["answer"].at, "answer is "+short(s.Answer), "at most 20s: a caller waits")
	}
	if len(s.Intents) > mostServiceIntents {
		b.wrong(f.got["intents"].at, "there are too many intents", "at most 1000")
	}
	if strings.ContainsAny(s.Secret.Reveal(), "\r\n") {
		b.wrong(f.got["secret"].at, "the secret has more than one line", "one line")
	}
}

// listenNode reads {listen: {service: asr, prompt: how_can_we_help}, intents: {bill: billing}, keys: {"1": billing}}.
func (b *builder) listenNode(f *fields) *ivr.Listen {
	v := f.get("listen")
	if v == nil {
		return nil
	}
	l := b.fields(v, "a listen")
	defer l.close()
	out := &ivr.Listen{
		Service: l.word("service"), Prompt: b.asked(l), Hints: l.words("hints"), Confidence: l.count("confidence"),
		Timeout: l.span("timeout"), Max: l.span("max"), Tries: l.count("tries"), BargeIn: l.flag("barge_in"),
		Keys: b.keys(f.get("keys")), OnTimeout: f.word("on_timeout"), OnNoMatch: f.word("on_no_match"),
	}
	if out.Again = b.said(l.get("again"), "again"); len(out.Again.Texts) > 0 {
		out.Again.Timeout = out.Prompt.Timeout
		if len(out.Prompt.Texts) == 0 {
			out.Prompt.Timeout = ivr.At[time.Duration]{}
		}
	}
	out.Digits, out.OnDigits = b.digitsBeside(l.get("digits")), f.word("on_digits")
	for _, p := range b.pairs(l.get("into"), "into", "{said: text}") {
		out.Into = append(out.Into, b.pick(p))
	}
	for _, p := range b.pairs(f.get("intents"), "intents", "{bill: billing}") {
		out.Intents = append(out.Intents, ivr.Key{Key: word{Value: p.key.text, Pos: p.key.at}, Next: b.word(p.value, "an intent's target")})
	}
	return out
}

// digitsBeside reads {into: account, min: 6, max: 12}: digits that may be keyed in instead of words.
func (b *builder) digitsBeside(v *value) *ivr.Digits {
	if v == nil {
		return nil
	}
	d := b.fields(v, "digits")
	defer d.close()
	return &ivr.Digits{Into: d.mustWord("into"), Min: d.count("min"), Max: d.count("max"), End: d.word("end"), Gap: d.span("gap")}
}
