package call

import (
	"math"
	"strconv"
	"strings"
	"time"
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
	PickDate                   // a moment, as people and machines write it: ReadMoment
)

var pickTypes = []string{"text", "number", "whole", "truth", "date"}

func (t PickType) String() string { return enumText(pickTypes, t) }

// MarshalText gives the type's name.
func (t PickType) MarshalText() ([]byte, error) { return enumMarshal("type", pickTypes, t) }

// UnmarshalText reads a type's name.
func (t *PickType) UnmarshalText(b []byte) (err error) {
	*t, err = enumParse[PickType]("type", pickTypes, b)
	return err
}

// PickTypes are the types' names, by value.
func PickTypes() []string { return pickTypes }

// momentLayouts are those that people, spreadsheets and services write; a month and a day may have one digit.
var momentLayouts = []string{"2006-1-2", "2006/1/2", "2006-1-2 15:04", "2006/1/2 15:04", "2006-1-2 15:04:05", "2006/1/2 15:04:05", time.RFC3339}

// ReadMoment reads a day, whose first moment it is, or a moment; one without a zone is in the given one.
func ReadMoment(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range momentLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
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
	case PickDate:
		_, is := ReadMoment(text, time.UTC)
		return is
	default:
		return true
	}
}
