package fork

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/zap"
)

const (
	dialTimeout  = 5 * time.Second
	writeTimeout = 5 * time.Second
	pingEvery    = 20 * time.Second
	firstPause   = 250 * time.Millisecond
	longestPause = 15 * time.Second
	// steady is how long a connection must have lasted for the pauses to begin anew.
	steady = 10 * time.Second
	// readMost is the longest message an engine may send; none is looked at.
	readMost = 64 << 10
)

// sender keeps a stream's connection and writes to it. It is one goroutine.
type sender struct {
	*Stream
	pause   time.Duration // before the next dial
	resumed bool          // an earlier connection was told of the stream
	told    bool          // the trouble was logged
	next    int64         // place after what was sent last
	quiet   bool          // as was told last
	pending *chunk        // taken off the queue and not yet sent
	ending  bool
	why     Reason
}

func newSender(s *Stream) *sender {
	return &sender{Stream: s, pause: firstPause, quiet: s.spec.Quiet}
}

// message is a text message; docs/fork.md lists its fields.
type message struct {
	Event     string  `json:"event"`
	At        int64   `json:"at"`
	Stream    string  `json:"stream,omitempty"`
	Call      string  `json:"call,omitempty"`
	Engine    string  `json:"engine,omitempty"`
	Trunk     string  `json:"trunk,omitempty"`
	Queue     string  `json:"queue,omitempty"`
	Caller    string  `json:"caller,omitempty"`
	Called    string  `json:"called,omitempty"`
	StartedAt string  `json:"started_at,omitempty"`
	Resumed   *bool   `json:"resumed,omitempty"`
	Paused    *bool   `json:"paused,omitempty"`
	Format    *format `json:"format,omitempty"`
	Samples   int64   `json:"samples,omitempty"`
	Reason    string  `json:"reason,omitempty"`
}

type format struct {
	Encoding   string   `json:"encoding"`
	SampleRate int      `json:"sample_rate"`
	Channels   []string `json:"channels"`
}

// run connects, and connects again, until the stream is over and sent, or its time after that is.
func (s *sender) run() {
	gauge := func(state string, by float64) {
		s.forks.metrics.streams.WithLabelValues(s.spec.Engine.Name, state).Add(by)
	}
	gauge(stateWaiting, 1)
	defer gauge(stateWaiting, -1)
	defer s.giveUp()
	for s.ctx.Err() == nil {
		began := time.Now()
		conn, err := s.dial()
		if err == nil {
			gauge(stateWaiting, -1)
			gauge(stateConnected, 1)
			err = s.talk(conn)
			gauge(stateConnected, -1)
			gauge(stateWaiting, 1)
			if err == nil {
				return
			}
			s.count(resultLost)
		} else {
			s.count(resultFailed)
		}
		if s.ctx.Err() != nil {
			return
		}
		s.tell(err)
		if time.Since(began) >= steady {
			s.pause = firstPause
		}
		if !s.rest() {
			return
		}
	}
}

func (s *sender) count(result string) {
	s.forks.metrics.connections.WithLabelValues(s.spec.Engine.Name, result).Inc()
}

// tell logs a stream's first trouble; further ones are in the metrics.
func (s *sender) tell(err error) {
	log := s.forks.log.Debug
	if !s.told {
		log = s.forks.log.Warn
	}
	s.told = true
	log("an engine does not take a call's sound; trying on", zap.String("engine", s.spec.Engine.Name),
		zap.String("call", string(s.spec.About.Call)), zap.Error(err))
}

// rest waits before the next dial, longer each time; false when there is to be none.
func (s *sender) rest() bool {
	wait := s.pause + time.Duration(rand.Int64N(int64(s.pause/2))) //nolint:gosec // to spread, not to hide
	s.pause = min(2*s.pause, longestPause)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return true
		case <-s.ctx.Done():
			return false
		case why := <-s.doneUnlessEnding():
			s.over(why)
		}
	}
}

// doneUnlessEnding is where the end is told, as long as it was not.
func (s *sender) doneUnlessEnding() <-chan Reason {
	if s.ending {
		return nil
	}
	return s.done
}

// over begins the stream's last seconds.
func (s *sender) over(why Reason) {
	s.ending, s.why = true, why
	time.AfterFunc(linger, s.cut)
}

// dial opens a connection.
func (s *sender) dial() (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(s.ctx, dialTimeout)
	defer cancel()
	conn, err := Dial(ctx, s.forks.opts.Client, s.spec.Engine.URL, s.spec.Engine.Headers, Subprotocol)
	if err == nil {
		s.count(resultOpen)
	}
	return conn, err
}

// talk sends until the connection or the stream ends; nil: all was sent.
func (s *sender) talk(conn *websocket.Conn) error {
	ctx, cancel := context.WithCancel(s.ctx)
	defer conn.CloseNow() //nolint:errcheck // it may be closed
	var reading sync.WaitGroup
	var heard error
	conn.SetReadLimit(readMost)
	reading.Go(func() {
		defer cancel()
		heard = discard(ctx, conn)
	})
	err := s.send(ctx, conn)
	if err == nil {
		_ = conn.Close(websocket.StatusNormalClosure, "") // waits for the engine's; all was sent, whatever it makes of that
	}
	cancel()
	_ = conn.CloseNow() // lets the reader go
	reading.Wait()
	if err != nil && heard != nil && !errors.Is(heard, context.Canceled) {
		return heard // why the writing failed
	}
	return err
}

// discard reads what an engine says; nobody asked it.
func discard(ctx context.Context, conn *websocket.Conn) error {
	for {
		if _, _, err := conn.Read(ctx); err != nil {
			return err
		}
	}
}

func (s *sender) send(ctx context.Context, conn *websocket.Conn) error {
	resumed, paused := s.resumed, s.quiet
	at := s.next
	if err := s.write(ctx, conn, message{
		Event: "start", At: at, Stream: s.spec.ID, Call: string(s.spec.About.Call), Engine: s.spec.Engine.Name,
		Trunk: s.spec.About.Trunk, Queue: s.spec.About.Queue, Caller: s.spec.About.Caller, Called: s.spec.About.Called,
		StartedAt: s.started.UTC().Format("2006-01-02T15:04:05.000Z"), Resumed: &resumed, Paused: &paused,
		Format: &format{s.spec.Engine.Encoding.String(), rate, []string{"caller", "seats"}},
	}); err != nil {
		return err
	}
	s.resumed = true
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		if s.pending != nil {
			if err := s.chunk(ctx, conn, *s.pending); err != nil {
				return err
			}
			s.pending = nil
		}
		select {
		case c := <-s.queue:
			s.pending = &c
			continue
		default:
		}
		if s.ending {
			return s.write(ctx, conn, message{Event: "stop", At: s.next, Reason: s.why.String()})
		}
		select {
		case c := <-s.queue:
			s.pending = &c
		case why := <-s.done:
			s.over(why)
		case <-ping.C:
			if err := s.ping(ctx, conn); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// chunk sends a message of sound, and before it what is to be known of it.
func (s *sender) chunk(ctx context.Context, conn *websocket.Conn, c chunk) error {
	if c.at != s.next {
		if err := s.write(ctx, conn, message{Event: "gap", At: c.at, Samples: c.at - s.next}); err != nil {
			return err
		}
		s.next = c.at
	}
	if c.quiet != s.quiet {
		event := "resumed"
		if c.quiet {
			event = "paused"
		}
		if err := s.write(ctx, conn, message{Event: event, At: c.at}); err != nil {
			return err
		}
		s.quiet = c.quiet
	}
	out, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := conn.Write(out, websocket.MessageBinary, c.sound); err != nil {
		return err
	}
	s.next = c.at + c.samples
	s.forks.metrics.bytes.WithLabelValues(s.spec.Engine.Name).Add(float64(len(c.sound)))
	return nil
}

func (s *sender) write(ctx context.Context, conn *websocket.Conn, m message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	out, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return conn.Write(out, websocket.MessageText, b)
}

func (s *sender) ping(ctx context.Context, conn *websocket.Conn) error {
	out, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return conn.Ping(out)
}

// giveUp counts what was never sent. The listener has ended, or is about to.
func (s *sender) giveUp() {
	if s.pending != nil {
		s.dropped(*s.pending)
	}
	for {
		select {
		case c := <-s.queue:
			s.dropped(c)
		default:
			return
		}
	}
}
