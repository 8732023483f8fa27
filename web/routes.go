package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// prefix is in front of every route of the API.
const prefix = "/api/v1"

// routes registers every operation.
func (s *Server) routes() {
	register(s, http.MethodPost, "/session", "open-session", "Log in", s.logIn, needsNoSession, failsWith(401, 429))
	register(s, http.MethodDelete, "/session", "close-session", "Log out", s.logOut, answers(204))
	register(s, http.MethodGet, "/calls", "list-calls", "Call records, newest first", s.listCalls)
	register(s, http.MethodGet, "/calls/{id}", "get-call", "A call record with its timeline", s.getCall, failsWith(404))
	register(s, http.MethodPut, "/calls/{id}/disposition", "file-disposition", "File a disposition; it ends wrap-up", s.dispose, answers(204), failsWith(404))
	register(s, http.MethodPost, "/calls/{id}/hangup", "hang-up", "End a live call", s.hangUp, answers(204), failsWith(404))
	register(s, http.MethodGet, "/queues", "list-queues", "Live queues", s.listQueues)
	register(s, http.MethodGet, "/seats", "list-seats", "Live seats", s.listSeats)
	register(s, http.MethodPost, "/seats/{agent}/state", "set-seat", "Ask for a seat's state", s.setSeat, failsWith(404, 409))
	register(s, http.MethodGet, "/recordings/{id}", "get-recording", "Facts of a recording", s.getRecording, failsWith(404))
	register(s, http.MethodGet, "/recordings/{id}/audio", "get-audio", "Its sound: WAV, caller left, seat right; ranges supported", s.getAudio, failsWith(404))
	register(s, http.MethodGet, "/trunks", "list-trunks", "Trunks", s.listTrunks)
	register(s, http.MethodGet, "/events", "events", "Live events (server-sent)", s.events)
}

type option func(*huma.Operation)

func needsNoSession(o *huma.Operation) {
	o.Security = nil
	o.Metadata = map[string]any{openOperation: true}
}

func failsWith(statuses ...int) option {
	return func(o *huma.Operation) { o.Errors = append(o.Errors, statuses...) }
}

func answers(status int) option {
	return func(o *huma.Operation) { o.DefaultStatus = status }
}

func register[I, O any](s *Server, method, path, id, summary string, h func(context.Context, *I) (*O, error), opts ...option) {
	op := huma.Operation{
		Method: method, Path: prefix + path, OperationID: id, Summary: summary,
		Security: []map[string][]string{{"bearer": {}}}, MaxBodyBytes: bodyBytes, BodyReadTimeout: readTimeout,
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden},
	}
	for _, opt := range opts {
		opt(&op)
	}
	huma.Register(s.api, op, h)
}

// list is how every list is answered.
type list[T any] struct {
	Body struct {
		Items []T    `json:"items"`
		Next  string `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
	}
}

func listOf[T any](items []T, next string) *list[T] {
	l := &list[T]{}
	l.Body.Items, l.Body.Next = items, next
	if items == nil {
		l.Body.Items = []T{}
	}
	return l
}

// audit notes who did what.
func (s *Server) audit(ctx context.Context, action, object, detail string) {
	s.b.Audit.Audit(ctx, AuditEntry{At: time.Now(), User: who(ctx).User, Action: action, Object: object, Detail: detail})
}
