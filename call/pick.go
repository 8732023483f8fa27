package call

import (
	"math"
	"strconv"
	"strings"
)

// FlowPick is a value of a service's answer that a flow wants.
type FlowPick struct {
	Name    string // the variable
	Path    string // in the answer: names and places with dots between; empty: the answer itself
	Type    PickType
	Default *string // where there is nothing; nil: that is a fault, or, if it is Optional, no value at all
	// Optional: what is asked for need not be there.
	Optional bool
}

// PickType is what a value must be.
type PickType uint8

// The types of values.
const (
	PickText   PickType = iota // any scalar
	PickNumber                 // a number, also one written as text
	PickWhole                  // one without a fraction
	PickTruth                  // true or false
)

var pickTypes = []string{"text", "number", "whole", "truth"}

func (t PickType) String() string { return enumText(pickTypes, t) }

// MarshalText gives the type's name.
func (t PickType) MarshalText() ([]byte, error) { return enumMarshal("type", pickTypes, t) }

// UnmarshalText reads a type's name.
func (t *PickType) UnmarshalText(b []byte) (err error) {
	*t, err = enumParse[PickType]("type", pickTypes, b)
	return err
}

// Fits reports whether a text is of the type.
func (t PickType) Fits(text string) bool {
	switch t {
	case PickNumber:
		f, err := strconv.ParseFloat(text, 64)
		return err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && !strings.ContainsAny(text, "xX_pP")
	case PickWhole:
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	case PickTruth:
		return text == "true" || text == "false"
	default:
		return true
	}
}
