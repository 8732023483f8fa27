package app

import (
	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/ivr"
	"hotline/media"
	"hotline/recording/listen"
)

// earBytes is what may wait of a caller's sound while a service is dialled, or takes none: 3.4 s of G.711.
const earBytes = 32 << 10

// ear is one listening of a call: the caller's ring, and the stream to the service.
type ear struct {
	stream *listen.Stream
	leg    call.LegID
	ring   *media.Ring
}

// Listen has a speech service of the newest site revision hear a leg.
func (m *callMedia) Listen(leg call.LegID, v call.FlowListen) {
	m.Unlisten(false)
	ring := media.NewRing(earBytes)
	actor := m.actor
	stream, err := m.app.ears.Start(listen.Spec{
		ID: newULID(), Service: v.Service, Call: m.id, Flow: v.Flow, Node: v.Node, Language: v.Language, Intents: v.Intents, Hints: v.Hints,
		Confidence: v.Confidence, Max: v.Max, Caller: ring, Tell: func(n listen.News) { actor.Post(live.FlowNews{Input: heardOf(v, n)}) },
	})
	if err != nil {
		actor.Post(live.FlowNews{Input: call.FlowFault{Token: v.Token, Words: v.Service + ": " + wordsOf(err)}})
		return
	}
	m.ear = &ear{stream: stream, leg: leg, ring: ring}
	if l := m.legs[leg]; l != nil {
		l.Listen(ring)
	}
}

// Unlisten ends that.
func (m *callMedia) Unlisten(over bool) {
	e := m.ear
	if e == nil {
		return
	}
	m.ear = nil
	why := listen.MovedOn
	if over {
		why = listen.CallEnded
	}
	e.stream.Stop(why)
	if l := m.legs[e.leg]; l != nil {
		l.Unlisten(e.ring)
	}
}

// heardOf is what a listening tells, in the flow's words.
func heardOf(v call.FlowListen, n listen.News) call.FlowInput {
	switch {
	case n.Speech:
		return call.FlowSpeech{Token: v.Token}
	case n.Err != nil:
		return call.FlowFault{Token: v.Token, Words: wordsOf(n.Err)}
	}
	return ivr.FinalFrom(v, n.Final)
}

// earsOf are the speech services of a site.
func earsOf(site *config.Site) (out []listen.Service) {
	for i := range site.SpeechServices {
		s := &site.SpeechServices[i]
		headers := revealed(s.Headers)
		if _, own := headers["Authorization"]; !own && s.Secret.Reveal() != "" {
			headers["Authorization"] = "Bearer " + s.Secret.Reveal()
		}
		out = append(out, listen.Service{
			Name: s.Name, URL: s.URL.Reveal(), Headers: headers, Encoding: encodingOf(s.Format), Packet: s.Packet,
			Timeout: s.Timeout, Answer: s.Answer, AtOnce: s.AtOnce, Failures: s.Breaker.Failures, Pause: s.Breaker.Pause,
		})
	}
	return out
}
