package say

import "strconv"

// english says a number up to largest.
func english(n int64) []string {
	if n == 0 {
		return []string{"number_0"}
	}
	var parts []string
	for _, g := range []struct {
		worth int64
		name  string
	}{{1_000_000_000, "number_billion"}, {1_000_000, "number_million"}, {1_000, thousand.name}, {1, ""}} {
		group := n / g.worth % 1000
		if group == 0 {
			continue
		}
		parts = append(parts, threeDigits(group)...)
		if g.name != "" {
			parts = append(parts, g.name)
		}
	}
	return parts
}

func threeDigits(n int64) []string {
	var parts []string
	if h := n / 100; h > 0 {
		parts = append(parts, "number_"+strconv.FormatInt(h, 10), hundred.name)
	}
	if n %= 100; n > 0 {
		parts = append(parts, twoDigits(n, "number_")...)
	}
	return parts
}

// twoDigits says 1 to 99; its last part begins with kind: number_ or ordinal_.
func twoDigits(n int64, kind string) []string {
	if n <= 20 || n%10 == 0 {
		return []string{kind + strconv.FormatInt(n, 10)}
	}
	return []string{"number_" + strconv.FormatInt(n-n%10, 10), kind + strconv.FormatInt(n%10, 10)}
}
