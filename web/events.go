package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

// Bounds of a live stream.
const (
	heartbeat     = 15 * time.Second // a comment; who listens is looked up anew
	streamTimeout = 10 * time.Second // of one write
	retryMillis   = 3000             // what a browser waits before it connects again
)

type eventsIn struct {
	Kinds  []string `query:"kinds" enum:"call,seat,queue,trunk,site,plan,callback,ban,dialling" doc:"only these, separated by commas; default all"`
	Agent  string   `query:"agent" maxLength:"32" doc:"of seats, calls and callbacks only this agent's own"`
	Ticket string   `query:"ticket" maxLength:"64" doc:"of POST /api/v1/events/ticket, for who can send no Authorization header"`
}

// callEvent is a live event of a call.
type callEvent struct {
	Call call.ID        `json:"call"`
	Seq  uint64         `json:"seq" doc:"within the call, from 1"`
	At   call.Stamp     `json:"at"`
	Kind string         `json:"kind"`
	Text string         `json:"text"`
	Data map[string]any `json:"data"`
}

func callEventOf(e call.Envelope, masked bool) callEvent {
	step := stepOf(e, masked)
	return callEvent{Call: e.Call, Seq: e.Seq, At: step.At, Kind: step.Kind, Text: step.Text, Data: step.Data}
}

// events streams what changes, as server-sent events, until the listener
// leaves, falls behind or may not listen any more, or the node stops.
func (s *Server) events(ctx context.Context, in *eventsIn) (*huma.StreamResponse, error) {
	v := visitOf(ctx)
	if v.id.may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	sub, err := s.b.Hub.subscribe(v.id.User)
	if err != nil {
		return nil, huma.ErrorWithHeaders(problem(err), http.Header{"Retry-After": {"60"}})
	}
	s.audit(ctx, "events.open", "", strings.Join(in.Kinds, ","))
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer s.b.Hub.unsubscribe(sub)
		r, w := unwrap(hc)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no") // a proxy passes events on at once
		if r.Method == http.MethodHead {
			return
		}
		st := &stream{w: w, ctl: http.NewResponseController(w), id: v.id, teamOf: s.teams(), kinds: in.Kinds, agent: call.SeatID(in.Agent)}
		st.run(r.Context(), sub, s.stopping, func() bool { return s.renew(st, v.session) })
	}}, nil
}

// renew looks up who listens: a session that has ended, or a role that was
// taken away, ends the stream; teams may be others by now.
func (s *Server) renew(st *stream, session tokenHash) bool {
	in, live := s.sessions.use(session)
	if !live {
		return false
	}
	id, ok := s.identity(in)
	st.id, st.teamOf = id, s.teams()
	return ok && id.may(seeFloor) != nobody
}

// stream is one listener.
type stream struct {
	w      http.ResponseWriter
	ctl    *http.ResponseController
	id     Identity
	teamOf func(call.SeatID) string
	kinds  []string
	agent  call.SeatID // empty: everybody's events
}

func (st *stream) run(ctx context.Context, sub *subscriber, stopping <-chan struct{}, renew func() bool) {
	_ = st.ctl.SetReadDeadline(time.Time{}) // the request is read; a stream has no end. Not every writer has a deadline
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	err := st.write(fmt.Sprintf("retry: %d\n: listening\n\n", retryMillis))
	for err == nil {
		select {
		case f := <-sub.ch:
			err = st.event(f)
		case <-beat.C:
			if !renew() {
				st.end(call.CodeUnauthorized, "this session has ended; log in again")
				return
			}
			err = st.write(": still here\n\n")
		case <-sub.slow:
			st.end(call.CodeCapacity, "you were too slow; connect again and read the present state")
			return
		case <-stopping:
			st.end(call.CodeUnavailable, "the node stops")
			return
		case <-ctx.Done():
			return
		}
	}
}

// sees reports whether the listener may see an event at all, and whether masked.
func (st *stream) sees(e *Event) (sees, masked bool) {
	if len(st.kinds) > 0 && !slices.Contains(st.kinds, e.Kind.String()) {
		return false, false
	}
	if st.agent != "" && e.personal() && !slices.Contains(e.Seats, st.agent) {
		return false, false
	}
	switch e.Kind {
	case EventCall:
		return st.id.overCall(seeCalls, e.Seats, st.teamOf), !st.id.overCall(seeNumbers, e.Seats, st.teamOf)
	case EventCallback:
		return true, !st.id.overCall(seeNumbers, e.Seats, st.teamOf)
	case EventTrunk:
		return st.id.may(seeTrunks) != nobody, false
	case EventBan:
		return st.id.may(guardDoor) != nobody, false
	case EventDialling:
		return st.id.may(watchDialling) != nobody, false
	case EventSeat, EventQueue, EventSite, EventPlan:
	}
	return true, false
}

// event sends one event, if the listener may see it.
func (st *stream) event(f *frame) error {
	sees, masked := st.sees(&f.Event)
	if !sees {
		return nil
	}
	encode := f.clear
	if masked {
		encode = f.masked
	}
	data, err := encode()
	if err != nil {
		return err
	}
	return st.write(fmt.Sprintf("event: %s\ndata: %s\n\n", f.Kind, data))
}

// streamEnd is the last event of a stream that the node ends.
type streamEnd struct {
	Code  string `json:"code"`
	Words string `json:"words"`
}

func (st *stream) end(code call.Code, words string) {
	data, _ := json.Marshal(streamEnd{Code: code.String(), Words: words}) // strings always encode
	_ = st.write(fmt.Sprintf("event: end\ndata: %s\n\n", data))           // it ends anyway
}

func (st *stream) write(text string) error {
	_ = st.ctl.SetWriteDeadline(time.Now().Add(streamTimeout)) // not every writer has one
	if _, err := st.w.Write([]byte(text)); err != nil {
		return err
	}
	return st.ctl.Flush()
}
