package web

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

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
	Type   string              `json:"type,omitempty"`
	Title  string              `json:"title"`
	Status int                 `json:"status"`
	Detail string              `json:"detail,omitempty"`
	Code   string              `json:"code"`
	Errors []*huma.ErrorDetail `json:"errors,omitempty"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problem makes the document of an error. The words of a fault of ours stay in the log.
func problem(err error) *Problem {
	code := call.CodeOf(err)
	p := &Problem{Status: statuses[code], Title: http.StatusText(statuses[code]), Detail: err.Error(), Code: code.String()}
	if code == call.CodeInternal {
		p.Detail = "something went wrong here; the node's log says what"
	}
	return p
}
