package web

import (
	"reflect"
	"slices"
	"strings"

	"hotline/call"
)

// hiddenText stands for words of an agent about a customer.
const hiddenText = "***"

// numberDigits is how many digits in a row, within words, are taken for a
// customer's number. Agent numbers, phones and short service numbers are shorter.
const numberDigits = 7

// maskNumber hides the middle of a customer's number: 138****1234. At least
// four digits are hidden; short numbers are hidden whole.
func maskNumber(n string) string {
	runes := []rune(n)
	if len(runes) < 8 {
		return strings.Repeat("*", len(runes))
	}
	head := min(3, len(runes)-8)
	return string(runes[:head]) + strings.Repeat("*", len(runes)-head-4) + string(runes[len(runes)-4:])
}

// maskWords hides what may be a customer's number within words.
func maskWords(words string) string {
	var out strings.Builder
	for len(words) > 0 {
		n := 0
		for n < len(words) && words[n] >= '0' && words[n] <= '9' {
			n++
		}
		if n >= numberDigits {
			out.WriteString(maskNumber(words[:n]))
		} else {
			n = max(n, 1)
			out.WriteString(words[:n])
		}
		words = words[n:]
	}
	return out.String()
}

// maskRecord hides the customer's data in a record.
func maskRecord(r call.Record) call.Record {
	switch r.Direction {
	case call.Inbound:
		r.Caller = maskNumber(r.Caller)
	case call.Outbound:
		r.Called = maskNumber(r.Called)
	case call.Internal: // both are ours
	}
	if r.Notes != "" {
		r.Notes = hiddenText
	}
	r.Segments = slices.Clone(r.Segments)
	for i := range r.Segments {
		r.Segments[i].Number = maskNumber(r.Segments[i].Number)
	}
	r.Quality = slices.Clone(r.Quality)
	for i := range r.Quality {
		r.Quality[i].Number = maskNumber(r.Quality[i].Number)
	}
	return r
}

// maskEvent hides the customer's data in an event: its copy has the fields that
// are known to hold them hidden, and every text searched for numbers, so that a
// kind of event nobody thought of here leaks no number either.
func maskEvent(ev call.Event) call.Event {
	if reflect.TypeOf(ev).Kind() != reflect.Struct {
		return ev // a kind of its own making; the events are structs
	}
	masked := reflect.New(reflect.TypeOf(ev)).Elem()
	masked.Set(reflect.ValueOf(ev))
	maskStruct(masked)
	if e, ok := ev.(call.Entered); ok && e.Direction == call.Outbound {
		masked.FieldByName("Called").SetString(maskNumber(e.Called)) // the customer's
	}
	hidden, _ := masked.Interface().(call.Event) // it is of ev's type
	return hidden
}

func maskStruct(v reflect.Value) {
	for i := range v.NumField() {
		field, f := v.Type().Field(i), v.Field(i)
		switch {
		case !field.IsExported():
		case f.Kind() == reflect.Struct:
			maskStruct(f)
		case field.Type == reflect.TypeFor[map[string]string](): // a ticket's fields: anything about the customer
			hidden := map[string]string{}
			for _, key := range f.MapKeys() {
				hidden[key.String()] = hiddenText
			}
			f.Set(reflect.ValueOf(hidden))
		case field.Type == reflect.TypeFor[*call.PASSporT]():
			if p, ok := f.Interface().(*call.PASSporT); ok && p != nil {
				f.Set(reflect.ValueOf(maskPASSporT(*p)))
			}
		case field.Type == reflect.TypeFor[string](): // ids are types of their own
			f.SetString(maskField(v.Type(), field.Name, f.String()))
		}
	}
}

// maskPASSporT leaves what says nothing of who calls: the token itself names the number.
func maskPASSporT(p call.PASSporT) *call.PASSporT {
	return &call.PASSporT{Raw: hiddenText, Attest: p.Attest, OrigID: p.OrigID, Orig: maskNumber(p.Orig), Issued: p.Issued}
}

// maskField is the one table of which text of an event holds what.
func maskField(of reflect.Type, name, text string) string {
	switch name {
	case "Number": // of a Caller
		return maskNumber(text)
	case "Name":
		if of == reflect.TypeFor[call.Caller]() {
			return ""
		}
	case "Notes":
		if text != "" {
			return hiddenText
		}
	case "Digits": // one key is a choice, more may be a card's number or a PIN
		if len(text) > 1 {
			return strings.Repeat("*", len(text))
		}
	case "Called", "SIPCallID": // the site's number, and a name that a gateway gave
		return text
	}
	return maskWords(text)
}
