package app

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/ivr/code"
	"hotline/media"
	"hotline/sip"
)

// The bounds of calls to codes: they are short, and no floor has more of them at once than desks whose shift changes.
const (
	codesMost   = 200
	codeLongest = 90 * time.Second // of one, from answer to hang-up
	studioTime  = 15 * time.Minute // of one that records a prompt
	codeMailbox = 64               // a call that falls so far behind is ended
	codeGoodbye = 40 * time.Second // for the end of its dialog (RFC 3261: 32 s)
)

// codeDesk holds the calls to codes. None of them is a customer's: there is no record, no report counts them.
type codeDesk struct {
	live  atomic.Int64
	calls sync.WaitGroup
	stopc chan struct{} // closed: say goodbye
	diec  chan struct{} // closed: there is no time left
	once  sync.Once
}

func newCodeDesk() *codeDesk { return &codeDesk{stopc: make(chan struct{}), diec: make(chan struct{})} }

// stop ends the calls that there are and waits for them; for their goodbyes as long as ctx lets it.
func (c *codeDesk) stop(ctx context.Context) {
	c.once.Do(func() {
		close(c.stopc)
		finish(ctx, &c.calls, func() { close(c.diec) })
	})
}

// finish waits for goroutines that have been told to end, as long as ctx lets it; then those that are left are cut off.
func finish(ctx context.Context, all *sync.WaitGroup, cut func()) {
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	cut()
	<-done
}

// codePhone is one phone's call to a code. Its goroutine owns everything below mail.
type codePhone struct {
	app  *App
	in   call.Incoming
	leg  *sip.Leg
	mail chan any // call.LegEvent, call.SoundEvent; when it is full the call is ended
	full chan struct{}
	ran  atomic.Bool

	sound   *media.Leg
	presses call.Presses
	session interface{ Step(code.Input) []code.Verb }
	studio  *studio // nil: nothing is recorded
	play    uint64
	timer   *time.Timer
	after   func() // once the phone is free again
	ended   bool   // End was called
}

// takeCode answers a phone's call to a code.
func (c codeCall) takeCode(deed code.Deed) (sip.Owner, *call.Refusal) {
	order, ok := code.Parse(deed, c.rest)
	if !ok {
		return nil, &call.Refusal{Cause: call.CauseUnknownNumber, Words: "what follows " + deed.Prefix() + " can't be read"}
	}
	if c.codes.live.Add(1) > codesMost {
		c.codes.live.Add(-1)
		return nil, &call.Refusal{Cause: call.CauseCapacity, Words: "as many phones talk to codes as may", RetryAfter: retryAfter}
	}
	rev := c.rev.Load()
	if (deed == code.SignIn || deed == code.Prompts) && order.Agent == "" {
		if a, is := rev.agents[call.SeatID(c.in.Phone)]; is { // the own softphone has proved the own password
			order.Agent, order.Proven = a.ID, true
		}
	}
	p := &codePhone{
		app: c.App, in: c.in, leg: c.leg, mail: make(chan any, codeMailbox), full: make(chan struct{}), session: code.NewSession(order),
	}
	if deed == code.Prompts {
		p.session, p.studio = code.NewStudio(order), newStudio()
	}
	local, err := p.open(rev)
	if err != nil {
		c.codes.live.Add(-1)
		return nil, &call.Refusal{Cause: call.CauseNoPorts, Words: err.Error(), RetryAfter: retryAfter}
	}
	c.codes.calls.Go(func() {
		defer c.codes.live.Add(-1)
		p.run(local)
	})
	return p, nil
}

// open leases sound for the phone.
func (p *codePhone) open(rev *revision) (call.LocalMedia, error) {
	far := p.leg.Source()
	if p.in.Offer != nil {
		far = p.in.Offer.Remote.Addr()
	}
	l, err := p.app.media.OpenFor(far, p.in.ID, p.in.Leg, p)
	if err != nil {
		return call.LocalMedia{}, err
	}
	p.sound = l
	local := call.LocalMedia{Addr: l.Local(), Codecs: rev.phoneCodecs(p.in.Phone), SRTP: rev.srtp[p.in.Phone]}
	if local.SRTP != call.EncryptOff {
		local.Secrets = l.Secrets()
	}
	return local, nil
}

// LegEvent takes an event of the dialog.
func (p *codePhone) LegEvent(_ call.LegID, ev call.LegEvent) { p.post(ev) }

// SoundEvent takes an event in the sound.
func (p *codePhone) SoundEvent(_ call.LegID, ev call.SoundEvent) { p.post(ev) }

func (p *codePhone) post(ev any) {
	select {
	case p.mail <- ev:
	default:
		if p.ran.CompareAndSwap(false, true) {
			close(p.full)
		}
	}
}

// run lives the call.
func (p *codePhone) run(local call.LocalMedia) {
	defer p.over()
	p.timer = time.NewTimer(codeLongest)
	p.timer.Stop()
	most := codeLongest
	if p.studio != nil {
		most = studioTime
	}
	longest := time.NewTimer(most)
	defer longest.Stop()
	defer p.timer.Stop()
	if p.in.Offer != nil {
		p.sound.Negotiate(*p.in.Offer)
	}
	p.leg.Accept(local)
	stop, full := p.app.codes.stopc, p.full
	for {
		select {
		case <-p.studio.due():
			p.studio.drain()
		case ev := <-p.mail:
			if _, gone := ev.(call.LegEnded); gone {
				return
			}
			p.take(ev)
		case <-p.timer.C:
			p.step(code.TimedOut{})
		case <-longest.C:
			if p.ended {
				return // the far end never said that it is gone
			}
			p.hangUp()
			longest.Reset(codeGoodbye)
		case <-p.app.codes.diec:
			return
		case <-stop:
			stop = nil
			p.hangUp()
			longest.Reset(codeGoodbye)
		case <-full:
			full = nil
			p.hangUp()
			longest.Reset(codeGoodbye)
		}
	}
}

// over gives everything back.
func (p *codePhone) over() {
	p.sound.Close()
	p.studio.close()
	if p.after != nil {
		p.after()
	}
}

func (p *codePhone) hangUp() {
	if !p.ended {
		p.ended = true
		p.leg.End(call.CauseFlowEnd)
	}
}

// pressed gives the session a key, once however many ways tell of it.
func (p *codePhone) pressed(key byte, way call.KeyWay, held time.Duration) {
	if p.presses.Counts(key, way, held, time.Now()) {
		p.step(code.Key{Key: key})
	}
}

func (p *codePhone) take(ev any) {
	switch ev := ev.(type) {
	case call.LegAnswered:
		if ev.Media != nil {
			p.sound.Negotiate(*ev.Media)
		}
		p.step(code.Began{})
	case call.LegChanged:
		p.sound.Negotiate(ev.Media)
	case call.LegDigit:
		p.pressed(ev.Digit, call.KeyInSignalling, ev.Duration)
	case call.SoundDigit:
		p.pressed(ev.Digit, call.KeyInSound, ev.Duration)
	case call.SoundPlayed:
		if ev.Play == p.play && !ev.Cut {
			p.play = 0
			p.step(code.Said{})
		}
	}
}

// step gives the session an input and does what it asks.
func (p *codePhone) step(in code.Input) {
	for inputs := []code.Input{in}; len(inputs) > 0; inputs = inputs[1:] {
		for _, v := range p.session.Step(inputs[0]) {
			switch v := v.(type) {
			case code.Say:
				p.play = p.sound.Play(p.prompts(v.Prompts), false)
			case code.Hush:
				p.play = 0
				p.sound.Stop()
			case code.Wait:
				p.timer.Stop()
				if v.After > 0 {
					p.timer.Reset(v.After)
				}
			case code.Do:
				inputs = append(inputs, code.Over{Outcome: p.do(v.Order)})
			case code.Record:
				p.sound.Tap(p.studio.begin())
				p.app.log.Info("a prompt is being recorded by phone", zap.String("phone", p.in.Phone))
			case code.RecordStop:
				p.sound.Tap(nil)
				p.studio.stop()
			case code.Replay:
				p.play = p.sound.Play([]*media.Sound{p.studio.sound()}, false)
			case code.HangUp:
				p.hangUp()
			}
		}
	}
}

// prompts are the sounds of names, in the house's language.
func (p *codePhone) prompts(names []string) []*media.Sound {
	return p.app.rev.Load().sounds.get("", names)
}

// do carries an order out, and notes what came of it.
func (p *codePhone) do(o code.Order) code.Outcome {
	work := codeWork{App: p.app, phone: p.in.Phone, from: p.leg.Source().String(), studio: p.studio}
	outcome, after := work.do(o)
	if after != nil {
		p.after = after
	}
	p.app.metrics.codes.WithLabelValues(o.Deed.Prefix(), outcome.String()).Inc()
	p.app.log.Info("a code was dialled", zap.String("phone", p.in.Phone), zap.String("code", o.Deed.Prefix()),
		zap.Stringer("outcome", outcome))
	return outcome
}
