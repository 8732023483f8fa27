package web

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"hotline/call"
)

// Step is one line of a call's timeline.
type Step struct {
	Seq  uint64         `json:"seq" doc:"within the call, from 1"`
	At   call.Stamp     `json:"at"`
	Kind string         `json:"kind"`
	Text string         `json:"text" doc:"what happened, in plain words, with the reason of each routing decision"`
	Data map[string]any `json:"data" doc:"the event's own fields"`
}

func stepOf(e call.Envelope, masked bool) Step {
	ev := e.Event
	if masked {
		ev = maskEvent(ev)
	}
	return Step{Seq: e.Seq, At: call.StampOf(e.At), Kind: ev.Kind(), Text: Sentence(ev), Data: fieldsOf(reflect.ValueOf(ev))}
}

// recordingPath is the one field of an event that stays here: where a file lies.
const recordingPath = "Path"

// fieldsOf is a struct in the API's manner: names as the journal has them, but
// times are cut to milliseconds, and durations are seconds in fields named *_seconds.
func fieldsOf(v reflect.Value) map[string]any {
	fields := map[string]any{}
	if v.Kind() != reflect.Struct {
		return fields
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" || field.Name == recordingPath || strings.Contains(options, "omitempty") && v.Field(i).IsZero() {
			continue
		}
		if name == "" {
			name = field.Name
		}
		if d, ok := v.Field(i).Interface().(time.Duration); ok {
			fields[name+"_seconds"] = d.Seconds()
			continue
		}
		fields[name] = valueOf(v.Field(i))
	}
	return fields
}

func valueOf(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case time.Time:
		return call.StampOf(x)
	case encoding.TextMarshaler, json.Marshaler: // the domain's enums
		return x
	}
	switch v.Kind() {
	case reflect.Struct:
		return fieldsOf(v)
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = valueOf(v.Index(i))
		}
		return list
	default:
		return v.Interface()
	}
}
