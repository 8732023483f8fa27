package listen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/recording"
	"hotline/recording/fork"
)

const (
	rate = 8000
	// behind is how old sound is when it is sent, in samples: jitter up to this does no harm.
	behind = 60 * rate / 1000
	// writeTimeout is how long a message may take to be written.
	writeTimeout = 2 * time.Second
	pingEvery    = 5 * time.Second
)

// Reason is why a listening is ended from our side.
type Reason uint8

// The reasons.
const (
	MovedOn   Reason = iota // the flow
	CallEnded               // the call
)

func (r Reason) String() string { return [...]string{"moved_on", "call_ended"}[r] }

// Stream is one listening.
type Stream struct {
	ears    *Ears
	service *service
	spec    Spec
	stop    chan Reason
}

func newStream(e *Ears, s *service, spec Spec) *Stream {
	return &Stream{ears: e, service: s, spec: spec, stop: make(chan Reason, 1)}
}

// Stop ends the listening; it doesn't block, and more than once is once.
func (s *Stream) Stop(why Reason) {
	select {
	case s.stop <- why:
	default:
	}
}

// fault is why a listening has failed.
type fault struct {
	result string
	words  string
	code   websocket.StatusCode // we close with
}

// run lives it. What came of it is noted before it is told: who is told may ask again at once.
func (s *Stream) run() {
	ctx, cancel := context.WithCancel(s.ears.ctx)
	defer cancel()
	h := &hearing{Stream: s, ctx: ctx, feed: recording.NewFeed(s.ears.opts.Clock(), behind), said: make(chan heard), broken: make(chan fault, 1), dialled: make(chan any, 1)}
	h.feed.Hear(recording.FeedCaller, s.spec.Caller)
	news, f := h.live()
	var took time.Duration
	if news.Final != nil && !h.overAt.IsZero() {
		took = time.Since(h.overAt)
	}
	s.ears.over(s.service, f.result, took)
	if f.words != "" {
		news.Err = call.Errorf(call.CodeUnavailable, "%s: %s", s.service.Name, f.words)
		s.ears.log.Warn("a speech service has not heard a caller", zap.String("service", s.service.Name),
			zap.String("call", string(s.spec.Call)), zap.String("result", f.result), zap.String("why", f.words))
	}
	if news.Final != nil || news.Err != nil {
		s.spec.Tell(news)
	}
	if h.conn != nil {
		h.close(f.code)
	}
	cancel()
	h.helpers.Wait()
	h.letGo()
}

// hearing is a listening at work, on one goroutine; helpers dial, read and ping for it.
type hearing struct {
	*Stream
	ctx     context.Context //nolint:containedctx // the listening's life
	feed    *recording.Feed
	helpers sync.WaitGroup
	dialled chan any
	said    chan heard
	broken  chan fault

	conn   *websocket.Conn
	seq    uint64
	sent   int64 // samples
	ended  bool  // no more sound is sent
	spoken bool
	overAt time.Time   // what was said was over
	max    *time.Timer // until the last word, once the first was said
	due    *time.Timer // until the final
}

// heard is a message, or that there is none.
type heard struct {
	words words
	fault *fault
}

// live listens to the end: the final, why there is none, or neither if it was stopped.
func (h *hearing) live() (News, fault) {
	h.helpers.Go(func() { h.dialled <- h.dial() })
	tick := time.NewTicker(h.service.Packet)
	defer tick.Stop()
	for {
		select {
		case why := <-h.stop:
			return News{}, h.leave(why)
		case <-h.ctx.Done():
			return News{}, fault{resultMovedOn, "", websocket.StatusGoingAway}
		case d := <-h.dialled:
			if f := h.begin(d); f != nil {
				return News{}, *f
			}
		case m := <-h.said:
			if news, f, over := h.take(m); over {
				return news, f
			}
		case f := <-h.broken:
			return News{}, f
		case <-timeOf(h.due):
			return News{}, fault{resultSlow, "it has not said in time what it heard", websocket.StatusPolicyViolation}
		case <-timeOf(h.max):
			if f := h.end("max"); f != nil {
				return News{}, *f
			}
		case <-tick.C:
			if f := h.sound(); f != nil {
				return News{}, *f
			}
		}
	}
}

func timeOf(t *time.Timer) <-chan time.Time {
	if t == nil {
		return nil
	}
	return t.C
}

// dial gives a connection, or why there is none.
func (h *hearing) dial() any {
	ctx, cancel := context.WithTimeout(h.ctx, h.service.Timeout)
	defer cancel()
	conn, err := fork.Dial(ctx, h.ears.opts.Client, h.service.URL, h.service.Headers, Subprotocol)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fault{resultFailed, fmt.Sprintf("it has not taken the connection within %s", h.service.Timeout), 0}
	case err != nil:
		return fault{resultFailed, err.Error(), 0}
	case conn.Subprotocol() != Subprotocol:
		_ = conn.Close(websocket.StatusProtocolError, "") // whatever it makes of that
		return fault{resultFailed, "it does not speak " + Subprotocol, 0}
	}
	return conn
}

// letGo closes a connection that came up as nobody wanted it any more.
func (h *hearing) letGo() {
	select {
	case d := <-h.dialled:
		if conn, ok := d.(*websocket.Conn); ok {
			_ = conn.CloseNow() // it has heard nothing
		}
	default:
	}
}

// format is how sound is written.
type format struct {
	Encoding   string `json:"encoding"`
	SampleRate int    `json:"sample_rate"`
	Channels   int    `json:"channels"`
}

// start is the first message.
type start struct {
	Event      string   `json:"event"`
	Seq        uint64   `json:"seq"`
	Stream     string   `json:"stream"`
	Call       string   `json:"call"`
	Service    string   `json:"service"`
	Flow       string   `json:"flow"`
	Node       string   `json:"node"`
	Language   string   `json:"language"`
	Format     format   `json:"format"`
	Interim    bool     `json:"interim"`
	Intents    []string `json:"intents"`
	Hints      []string `json:"hints"`
	Confidence float64  `json:"confidence"`
	MaxSeconds float64  `json:"max_seconds"`
}

// begin greets a service that has taken the connection.
func (h *hearing) begin(d any) *fault {
	if f, failed := d.(fault); failed {
		return &f
	}
	h.conn = d.(*websocket.Conn) //nolint:forcetypeassert // dial gives nothing else
	h.conn.SetReadLimit(mostMessage)
	h.helpers.Go(h.read)
	h.helpers.Go(h.ping)
	s := h.spec
	return h.text(start{
		Event: "start", Seq: h.next(), Stream: s.ID, Call: string(s.Call), Service: h.service.Name, Flow: s.Flow, Node: s.Node, Language: s.Language,
		Format: format{h.service.Encoding.String(), rate, 1}, Interim: true, Intents: listOf(s.Intents), Hints: listOf(s.Hints),
		Confidence: s.Confidence, MaxSeconds: s.Max.Seconds(),
	})
}

func listOf(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// take takes a message; over: it was the last.
func (h *hearing) take(m heard) (news News, f fault, over bool) {
	if m.fault != nil {
		return News{}, *m.fault, true
	}
	switch m.words.event {
	case eventStarted, eventPartial:
		h.speech()
	case eventEnded:
		h.speech()
		if f := h.end("silence"); f != nil {
			return News{}, *f, true
		}
	case eventFinal:
		return News{Final: m.words.final}, fault{resultHeard, "", websocket.StatusNormalClosure}, true
	case eventError:
		return News{}, fault{resultRefused, "it has answered error " + m.words.code, websocket.StatusNormalClosure}, true
	case eventOther:
	}
	return News{}, fault{}, false
}

// speech is the first word.
func (h *hearing) speech() {
	if h.spoken {
		return
	}
	h.spoken = true
	h.max = time.NewTimer(h.spec.Max)
	h.spec.Tell(News{Speech: true})
}

// ending is a message that ends the sound, or all.
type ending struct {
	Event  string `json:"event"`
	Seq    uint64 `json:"seq"`
	At     int64  `json:"at"`
	Reason string `json:"reason"`
}

// end says that no more sound comes. The final is due.
func (h *hearing) end(why string) *fault {
	if h.ended {
		return nil
	}
	h.ended, h.max, h.overAt = true, nil, time.Now()
	h.due = time.NewTimer(h.service.Answer)
	return h.text(ending{"end", h.next(), h.sent, why})
}

// leave says that nobody wants to know any more.
func (h *hearing) leave(why Reason) fault {
	if h.conn != nil {
		_ = h.text(ending{"cancel", h.next(), h.sent, why.String()}) // it is closed anyhow
	}
	return fault{resultMovedOn, "", websocket.StatusNormalClosure}
}

// sound sends what there is, in whole packets. Until the connection is up it waits.
func (h *hearing) sound() *fault {
	h.feed.Drain()
	if h.conn == nil || h.ended {
		return nil
	}
	n := int(h.service.Packet * rate / time.Second)
	for h.feed.Ready(h.ears.opts.Clock()) >= n {
		both, _ := h.feed.Take(make([]byte, 0, 4*n), n)
		for i := range n { // the caller's channel
			both[2*i], both[2*i+1] = both[4*i], both[4*i+1]
		}
		h.sent += int64(n)
		if f := h.write(websocket.MessageBinary, h.service.Encoding.Encode(both[:2*n])); f != nil {
			return f
		}
	}
	return nil
}

func (h *hearing) next() uint64 {
	h.seq++
	return h.seq
}

func (h *hearing) text(m any) *fault {
	b, err := json.Marshal(m)
	if err != nil {
		return &fault{resultFailed, "its start does not encode", websocket.StatusInternalError}
	}
	return h.write(websocket.MessageText, b)
}

// write sends a message. If the connection is gone the reader tells: it may have the final, or a better reason.
func (h *hearing) write(kind websocket.MessageType, b []byte) *fault {
	ctx, cancel := context.WithTimeout(h.ctx, writeTimeout)
	defer cancel()
	err := h.conn.Write(ctx, kind, b)
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &fault{resultSlow, "it takes no sound", websocket.StatusPolicyViolation}
	}
	h.ended, h.max = true, nil
	if h.due == nil {
		h.due = time.NewTimer(h.service.Answer)
	}
	return nil
}

// read reads what the service says, to the connection's end.
func (h *hearing) read() {
	var r reader
	for {
		kind, b, err := h.conn.Read(h.ctx)
		m := heard{}
		switch {
		case err != nil:
			m.fault = readFault(err)
		case kind != websocket.MessageText:
			m.fault = &fault{resultLied, errLied.Error(), websocket.StatusProtocolError}
		default:
			if m.words, err = r.read(b); err != nil {
				m.fault = &fault{resultLied, err.Error(), websocket.StatusProtocolError}
			}
		}
		select {
		case h.said <- m:
		case <-h.ctx.Done():
			return
		}
		if m.fault != nil {
			return
		}
	}
}

// readFault is why nothing more can be read.
func readFault(err error) *fault {
	switch code := websocket.CloseStatus(err); {
	case errors.Is(err, websocket.ErrMessageTooBig):
		return &fault{resultLied, "a message is too long", websocket.StatusMessageTooBig}
	case code >= 0:
		return &fault{resultLost, fmt.Sprintf("it closed the connection with %d", code), websocket.StatusNormalClosure}
	}
	return &fault{resultLost, "its connection is gone", websocket.StatusGoingAway}
}

// ping asks whether the service lives, as it may have nothing to say for long.
func (h *hearing) ping() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-h.ctx.Done():
			return
		}
		ctx, cancel := context.WithTimeout(h.ctx, pingEvery)
		err := h.conn.Ping(ctx)
		late := errors.Is(ctx.Err(), context.DeadlineExceeded)
		cancel()
		if err != nil && late {
			h.broken <- fault{resultSlow, "it has not answered a ping in time", websocket.StatusPolicyViolation}
			return
		}
		if err != nil {
			return // the reader tells
		}
	}
}

// close ends the connection. A service that is well answers at once; none is waited for long.
func (h *hearing) close(code websocket.StatusCode) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = h.conn.Close(code, "") // it may be gone
	}()
	limit := time.NewTimer(writeTimeout)
	defer limit.Stop()
	select {
	case <-closed:
	case <-limit.C:
		_ = h.conn.CloseNow() // lets Close go
		<-closed
	}
}
