package app

import (
	"context"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
	"hotline/ivr/code"
	"hotline/ivr/prompts"
	"hotline/media"
)

// The bounds of a recording by phone.
const (
	studioEvery = 100 * time.Millisecond // the ring is read so often
	studioRing  = 64 << 10               // over 6 s of packets
	studioGap   = 2 * time.Second        // of packets that never came; what is longer is a jump of the far end's clock
	studioMost  = 4 * time.Minute        // the session ends it sooner
	studioWait  = 20 * time.Second       // for the site to be loaded with the new prompt
	studioTail  = 100 * time.Millisecond // cut at the end: the key that ended it may be heard
)

// studio takes what a phone says into a prompt. It belongs to the call's goroutine; a nil one has nothing to do.
type studio struct {
	ring   *media.Ring // nil: nothing is taken
	tick   *time.Ticker
	pcm    []int16
	first  bool
	next   uint32 // the timestamp that follows
	prompt config.StudioPrompt
}

func newStudio() *studio {
	s := &studio{tick: time.NewTicker(studioEvery)}
	s.tick.Stop()
	return s
}

// due tells that the ring is to be read.
func (s *studio) due() <-chan time.Time {
	if s == nil {
		return nil
	}
	return s.tick.C
}

func (s *studio) close() {
	if s != nil {
		s.tick.Stop()
	}
}

// begin makes a ring for a new recording; what was taken before is forgotten.
func (s *studio) begin() *media.Ring {
	s.ring, s.pcm, s.first = media.NewRing(studioRing), nil, true
	s.tick.Reset(studioEvery)
	return s.ring
}

// stop ends a recording.
func (s *studio) stop() {
	s.drain()
	s.ring = nil
	s.tick.Stop()
	if cut := int(studioTail.Seconds() * media.SampleRate); len(s.pcm) > cut {
		s.pcm = s.pcm[:len(s.pcm)-cut]
	}
}

// drain takes what has come, laid by RTP time: what never came is silence.
func (s *studio) drain() {
	if s.ring == nil {
		return
	}
	s.ring.Read(func(f media.Frame) {
		if gap := int32(f.Timestamp - s.next); !s.first && gap > 0 && gap < int32(studioGap.Seconds()*media.SampleRate) {
			s.pcm = append(s.pcm, make([]int16, gap)...)
		}
		s.first, s.next = false, f.Timestamp+uint32(len(f.Payload))
		expand := media.ExpandALaw
		if f.Codec == call.CodecPCMU {
			expand = media.ExpandMuLaw
		}
		if len(s.pcm) > int(studioMost.Seconds())*media.SampleRate {
			return
		}
		for _, b := range f.Payload {
			s.pcm = append(s.pcm, expand(b))
		}
	})
}

// sound is what was taken, as it would be heard.
func (s *studio) sound() *media.Sound { return media.NewSound(s.pcm) }

// wav is what was taken, as a file: 16 bits, so that its level can be set without a second rounding.
func (s *studio) wav() []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*len(s.pcm)))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(s.pcm)))
	for _, v := range s.pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// recordPrompt carries out an order of who records prompts: first it is asked who he is, then whether there is such a
// prompt, then what was recorded is kept.
func (w codeWork) recordPrompt(o code.Order) code.Outcome {
	rev := w.rev.Load()
	switch {
	case o.Prompt == "":
		if !o.Proven {
			if no := w.prove(o); no != code.Done {
				return no
			}
		}
		roles := rev.agents[o.Agent].Roles
		if !slices.Contains(roles, config.RoleEditor) && !slices.Contains(roles, config.RoleAdmin) {
			return code.NotAllowed
		}
		return code.Done
	case !o.Keep:
		i := slices.IndexFunc(rev.site.Studio, func(p config.StudioPrompt) bool { return p.Number == o.Prompt })
		if i < 0 {
			return code.NoPrompt
		}
		w.studio.prompt = rev.site.Studio[i]
		return code.Done
	}
	return w.keepPrompt(o.Agent)
}

// keepPrompt makes what was recorded the prompt.
func (w codeWork) keepPrompt(agent call.SeatID) code.Outcome {
	p := w.studio.prompt
	ctx, cancel := context.WithTimeout(context.Background(), studioWait)
	defer cancel()
	shown, err := w.putPrompt(ctx, p.Language, p.Name, w.studio.wav(), string(agent), prompts.ViaPhone)
	if err != nil {
		w.log.Warn("a prompt recorded by phone is not kept", zap.String("prompt", p.Language+"/"+p.Name), zap.String("phone", w.phone), zap.Error(err))
		return code.NotKept
	}
	w.note("prompt.put", string(agent), p.Language+"/"+p.Name, "version "+strconv.Itoa(shown.Version)+" by phone "+w.phone)
	return code.Done
}
