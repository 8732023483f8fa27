package web

import (
	"bytes"
	"encoding/json"
	"time"

	"go.uber.org/zap"
)

// watchEvery is how often queues and trunks are looked at for live events. Their
// figures change with every call: what a wallboard can show is a second.
const watchEvery = time.Second

// watch publishes queues and trunks that changed, while somebody listens. It
// ends with the server.
func (s *Server) watch() {
	beat := time.NewTicker(watchEvery)
	defer beat.Stop()
	last := map[string][]byte{}
	for {
		select {
		case <-s.stopping:
			return
		case <-beat.C:
			if s.b.Hub.Listening() {
				s.look(last)
			} else {
				clear(last) // the next listener hears all anew
			}
		}
	}
}

// look publishes what differs from the last look.
func (s *Server) look(last map[string][]byte) {
	for _, q := range s.b.Floor.Queues() {
		s.changed(last, EventQueue, q.Name, q)
	}
	for _, t := range s.b.Trunks.Trunks() {
		s.changed(last, EventTrunk, t.Name, t)
	}
}

func (s *Server) changed(last map[string][]byte, kind EventKind, name string, row any) {
	text, err := json.Marshal(row)
	if err != nil {
		s.log.Error("a live view does not encode", zap.Stringer("kind", kind), zap.String("name", name), zap.Error(err))
		return
	}
	key := kind.String() + " " + name
	if bytes.Equal(last[key], text) {
		return
	}
	last[key] = text
	s.b.Hub.Publish(Event{Kind: kind, Data: json.RawMessage(text)})
}
