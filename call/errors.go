package call

import (
	"errors"
	"fmt"
)

// Code is what a machine may act on in an error. The sip and web rooms each
// map it to a status in one table.
type Code uint8

// The codes.
const (
	CodeInternal     Code = iota // a fault of ours
	CodeInvalid                  // the input is wrong; the words say what would be right
	CodeUnauthorized             // who are you
	CodeForbidden                // you may not
	CodeNotFound                 // there is no such thing
	CodeConflict                 // not in this state
	CodeCapacity                 // a limit is reached; later may do
	CodeUnavailable              // something we need is away
)

var codes = []string{"internal", "invalid", "unauthorized", "forbidden", "not_found", "conflict", "capacity", "unavailable"}

func (c Code) String() string { return enumText(codes, c) }

// Error is a machine code and words for a person. Wrap it with %w on the way up.
type Error struct {
	Code  Code
	Words string
	Err   error
}

// Errorf makes an Error; a %w in the format is kept as its cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Words: err.Error(), Err: errors.Unwrap(err)}
}

func (e *Error) Error() string { return e.Words }

// Unwrap gives the cause, if one was wrapped.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf finds the code of an error that wraps an Error; anything else is internal.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
