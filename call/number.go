package call

import "strings"

// NormalizeNumber gives a telephone number the one form under which it is
// looked up and stored, whatever form a trunk sends it in:
//
//	mobile         13800000001    from +8613800000001, 008613800000001, 8613800000001, 013800000001
//	fixed line     02162345678    from +862162345678, 0086 21 6234 5678, and from 62345678 with area 021
//	short, 400     10000, 4001234567, with or without +86
//	international  001415555…     from +1415555…
//
// area is the area code of the trunk's place, with or without its 0; empty where
// it is unknown: local numbers then stay as they are. What is no telephone
// number (a SIP user name, "anonymous") is returned as it is.
// The function is idempotent.
func NormalizeNumber(s, area string) string {
	number := strings.TrimSpace(s)
	digits, international, ok := dialable(number)
	if !ok {
		return number
	}
	national, chinese := nationalPart(digits, international)
	if !chinese {
		return national
	}
	return chineseForm(national, strings.TrimLeft(area, "0"))
}

// dialable takes out what people put between digits and tells whether only a number remains.
func dialable(s string) (digits string, plus, ok bool) {
	s = strings.TrimPrefix(s, "tel:")
	s, _, _ = strings.Cut(s, ";") // parameters of a tel URI (RFC 3966)
	plus = strings.HasPrefix(s, "+")
	var b strings.Builder
	for _, c := range strings.TrimPrefix(s, "+") {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case strings.ContainsRune(" -.()", c):
		default:
			return "", false, false
		}
	}
	return b.String(), plus, b.Len() > 0
}

// nationalPart takes the country code off; chinese is false for other countries' numbers.
func nationalPart(digits string, plus bool) (national string, chinese bool) {
	if plus {
		digits = "00" + strings.TrimLeft(digits, "0")
	}
	national, chinese = strings.CutPrefix(digits, "0086")
	if !chinese && strings.HasPrefix(digits, "00") {
		return digits, false
	}
	// Without a sign in front, 86 is the country code when a whole number follows.
	if rest, ok := strings.CutPrefix(national, "86"); ok && isWhole(rest) {
		return rest, true
	}
	return national, true
}

// isWhole tells a national number that needs no area code before it.
func isWhole(n string) bool {
	if len(n) < 10 {
		return false
	}
	return n[0] == '0' || isMobile(n) || isTrunkless(n) || isService(n) || (len(n) == 13 && n[0] == '1')
}

// isService tells a 400 or 800 number.
func isService(n string) bool {
	return len(n) == 10 && (strings.HasPrefix(n, "400") || strings.HasPrefix(n, "800"))
}

// chineseForm puts a national number into its dialled form.
func chineseForm(n, area string) string {
	bare := strings.TrimLeft(n, "0")
	switch {
	case bare == "":
		return n
	case isMobile(bare):
		return bare
	case bare != n:
		return "0" + bare
	case isTrunkless(n):
		return "0" + n
	case area != "" && isLocal(n):
		return "0" + area + n
	default:
		return n
	}
}

// isMobile: eleven digits, 13… to 19….
func isMobile(n string) bool {
	return len(n) == 11 && n[0] == '1' && n[1] >= '3'
}

// isTrunkless tells a fixed line's area code and number that lack the leading 0:
// Beijing's 10 and eight digits, or a code 2x or [3-9]xx and seven or eight digits.
func isTrunkless(n string) bool {
	switch {
	case n == "", isService(n):
		return false
	case strings.HasPrefix(n, "10"):
		return len(n) == 10
	case n[0] >= '2':
		return len(n) == 10 || len(n) == 11
	default:
		return false
	}
}

// isLocal tells a subscriber's number within its area.
func isLocal(n string) bool {
	return (len(n) == 7 || len(n) == 8) && n[0] >= '2' && n[0] <= '8'
}
