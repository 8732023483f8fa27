package call

import "fmt"

// enumText gives the wire name of an enum value; names[0] is the zero value's.
func enumText[E ~uint8](names []string, e E) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("invalid(%d)", uint8(e))
}

// enumMarshal refuses values that have no name, so that a wrong state is never stored.
func enumMarshal[E ~uint8](what string, names []string, e E) ([]byte, error) {
	if int(e) >= len(names) {
		return nil, fmt.Errorf("%s: value %d has no name", what, uint8(e))
	}
	return []byte(names[e]), nil
}

// enumParse finds the value of a wire name and names the allowed ones when there is none.
func enumParse[E ~uint8](what string, names []string, text []byte) (E, error) {
	for i, n := range names {
		if n == string(text) {
			return E(i), nil
		}
	}
	return 0, fmt.Errorf("%s %q is unknown; one of %q", what, text, names)
}
