package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

// Bounds of a live stream.
const (
	heartbeat    = 15 * time.Second
	writeTimeout = 10 * time.Second
)

type eventsIn struct {
	Kinds []string `query:"kinds" enum:"call,seat,queue,trunk,site" doc:"only these; default all"`
}

// callEvent is a live event of a call.
type callEvent struct {
	Call call.ID    `json:"call"`
	Seq  uint64     `json:"seq"`
	At   call.Stamp `json:"at"`
	Kind string     `json:"kind"`
	Text string     `json:"text"`
	Data call.Event `json:"data"`
}

// events streams what changes, as server-sent events, until the listener leaves, falls behind or the node stops.
func (s *Server) events(ctx context.Context, in *eventsIn) (*huma.StreamResponse, error) {
	id := who(ctx)
	if id.may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := unwrap(hc)
		st := &stream{w: w, ctl: http.NewResponseController(w), id: id, teamOf: s.teams(), kinds: in.Kinds}
		sub := s.b.Hub.subscribe()
		defer s.b.Hub.unsubscribe(sub)
		st.run(r.Context(), sub, s.stopping)
	}}, nil
}

// stream is one listener.
type stream struct {
	w      http.ResponseWriter
	ctl    *http.ResponseController
	id     Identity
	teamOf func(call.SeatID) string
	kinds  []string
	sent   uint64
}

func (st *stream) run(ctx context.Context, sub *subscriber, stopping <-chan struct{}) {
	st.w.Header().Set("Content-Type", "text/event-stream")
	_ = st.ctl.SetReadDeadline(time.Time{}) // the request is read; a stream has no end
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	err := st.write(": listening\n\n")
	for err == nil {
		select {
		case e := <-sub.ch:
			err = st.event(e)
		case <-beat.C:
			err = st.write(": still here\n\n")
		case <-sub.cut:
			_ = st.write("event: cut\ndata: \"you were too slow; connect again and read the present state\"\n\n")
			return
		case <-stopping:
			return
		case <-ctx.Done():
			return
		}
	}
}

// event sends one event, if the listener may see it.
func (st *stream) event(e Event) error {
	if len(st.kinds) > 0 && !slices.Contains(st.kinds, e.Kind.String()) {
		return nil
	}
	data := e.Data
	if e.Kind == EventCall {
		if !st.id.overCall(seeCalls, e.Seats, st.teamOf) {
			return nil
		}
		ev := e.Envelope.Event
		if !st.id.overCall(seeNumbers, e.Seats, st.teamOf) {
			ev = maskEvent(ev)
		}
		data = callEvent{
			Call: e.Envelope.Call, Seq: e.Envelope.Seq, At: call.StampOf(e.Envelope.At),
			Kind: ev.Kind(), Text: Sentence(ev), Data: ev,
		}
	}
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	st.sent++
	return st.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", st.sent, e.Kind, b))
}

func (st *stream) write(text string) error {
	_ = st.ctl.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has one
	if _, err := st.w.Write([]byte(text)); err != nil {
		return err
	}
	return st.ctl.Flush()
}
