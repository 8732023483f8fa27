package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"hotline/call"
)

// problemType is the media type of RFC 9457, section 3.
const problemType = "application/problem+json"

// statuses is the one table from error codes to HTTP.
var statuses = map[call.Code]int{
	call.CodeInternal:     http.StatusInternalServerError,
	call.CodeInvalid:      http.StatusUnprocessableEntity,
	call.CodeUnauthorized: http.StatusUnauthorized,
	call.CodeForbidden:    http.StatusForbidden,
	call.CodeNotFound:     http.StatusNotFound,
	call.CodeConflict:     http.StatusConflict,
	call.CodeCapacity:     http.StatusTooManyRequests,
	call.CodeUnavailable:  http.StatusServiceUnavailable,
}

// Problem is an RFC 9457 problem document; code is for machines, detail for people.
type Problem struct {
	Type   string         `json:"type,omitempty" doc:"absent: about:blank, the title is the status's"`
	Title  string         `json:"title" doc:"the status in words" example:"Not Found"`
	Status int            `json:"status" doc:"the HTTP status" example:"404"`
	Detail string         `json:"detail,omitempty" doc:"what is wrong and what would be right" example:"there is no call \"01KA6ZB5M0\""`
	Code   string         `json:"code" doc:"for machines" enum:"internal,invalid,unauthorized,forbidden,not_found,conflict,capacity,unavailable"`
	Errors []ProblemError `json:"errors,omitempty" doc:"each mistake of an invalid request"`
}

// ProblemError is one mistake. What was sent is not given back: it may be a secret.
type ProblemError struct {
	Location string `json:"location,omitempty" doc:"where, as query.limit or body.state"`
	Message  string `json:"message"`
	File     string `json:"file,omitempty" doc:"of a mistake in a site: the document"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty" doc:"in characters"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's.
func (p *Problem) ContentType(string) string { return problemType }

// internalWords stand for a fault of ours, whose own words stay in the log.
const internalWords = "something went wrong here; the node's log says what"

// problem makes the document of an error.
func problem(err error) *Problem {
	code := call.CodeOf(err)
	p := problemOf(statuses[code], code, err.Error())
	if code == call.CodeInternal {
		p.Detail = internalWords
	}
	return p
}

func problemOf(status int, code call.Code, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: detail, Code: code.String()}
}

// asProblem is huma's hook on every answer: the errors it makes itself, before a
// handler is reached, leave as our problems. Its package variable for that would
// be shared by every API of the process.
func (s *Server) asProblem(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	if m.Status >= http.StatusInternalServerError {
		s.log.Error("a request failed", zap.String("why", m.Detail))
		return problemOf(m.Status, call.CodeInternal, internalWords), nil
	}
	p := problemOf(m.Status, call.CodeInvalid, m.Detail)
	var words, messages []string
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, ProblemError{Location: e.Location, Message: e.Message})
		words = append(words, e.Location+": "+e.Message)
		messages = append(messages, e.Message)
	}
	switch m.Status {
	case http.StatusUnsupportedMediaType:
		p.Errors, p.Detail = nil, "send the body as JSON, with -H 'Content-Type: application/json'"
	case http.StatusBadRequest:
		p.Errors, p.Detail = nil, strings.Join(append([]string{"the body must be JSON"}, messages...), ": ")
	default:
		if len(words) > 0 {
			p.Detail = strings.Join(words, "; ")
		}
	}
	return p, nil
}

// forbidden is the answer to who may not.
func forbidden(what string) *Problem {
	return problem(call.Errorf(call.CodeForbidden, "your roles do not let you %s", what))
}

// fail turns a backend's error into a problem; what is a fault of ours goes to the log.
func (s *Server) fail(err error) error {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if ms, ok := errors.AsType[Mistakes](err); ok {
		return ms.problem()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return problem(call.Errorf(call.CodeUnavailable, "the request was given up"))
	case errors.Is(err, context.DeadlineExceeded):
		s.log.Warn("a request took too long", zap.Error(err))
		return problem(call.Errorf(call.CodeUnavailable, "this takes longer than %s; ask for less", workTimeout))
	case call.CodeOf(err) == call.CodeInternal:
		s.log.Error("a request failed", zap.Error(err))
	}
	return problem(err)
}

// writeProblem answers outside huma.
func (s *Server) writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		s.log.Debug("a problem could not be sent", zap.Error(err))
	}
}
