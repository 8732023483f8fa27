package ivr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"hotline/call"
)

// PickFrom takes what a flow wants out of a service's JSON answer. The error says, without
// any value in it, what is not as the flow expects: it goes into the call's timeline.
func PickFrom(body []byte, picks []call.FlowPick) (map[string]string, error) {
	values := make(map[string]string, len(picks))
	if len(picks) == 0 {
		return values, nil
	}
	var answer any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // an amount stays as it is written
	if err := d.Decode(&answer); err != nil || d.More() {
		return nil, fmt.Errorf("the answer is no JSON")
	}
	for _, p := range picks {
		text, found, err := picked(answer, p)
		switch {
		case err != nil:
			return nil, err
		case !found && p.Default == nil && p.Optional:
			continue
		case !found && p.Default == nil:
			return nil, fmt.Errorf("the answer has no %s", p.Path)
		case !found:
			text = *p.Default
		}
		values[p.Name] = text
	}
	return values, nil
}

// picked finds one value. null is as good as nothing.
func picked(at any, p call.FlowPick) (text string, found bool, err error) {
	for _, key := range keysIn(p.Path) {
		switch v := at.(type) {
		case map[string]any:
			at = v[key]
		case []any:
			i := placeIn(key, len(v))
			if i < 0 {
				return "", false, nil
			}
			at = v[i]
		default:
			return "", false, nil
		}
	}
	switch v := at.(type) {
	case nil:
		return "", false, nil
	case string:
		text = v
	case bool:
		text = strconv.FormatBool(v)
	case json.Number:
		text = v.String()
	default:
		return "", false, fmt.Errorf("%s of the answer is no single value", p.Path)
	}
	if len(text) > longestText {
		return "", false, fmt.Errorf("%s of the answer is longer than %d bytes", p.Path, longestText)
	}
	if !p.Type.Fits(text) {
		return "", false, fmt.Errorf("%s of the answer is no %s", p.Path, p.Type)
	}
	return text, true, nil
}

func keysIn(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, ".")
}

// placeIn reads a place in a list; -1: there is none.
func placeIn(key string, length int) int {
	if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < length {
		return i
	}
	return -1
}
