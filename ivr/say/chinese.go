package say

import "strconv"

// unit is a part that follows a number and that the number is said before: 百, 万, 元, 位.
type unit struct {
	name string
	tone int // of its first syllable in Chinese, 1–4
}

// english is the unit's name with this number; with one it is the singular.
func (u unit) english(n int64) string {
	if n == 1 || n == -1 {
		return u.name
	}
	return u.name + "_many"
}

// nothing is what a number stands before that stands for itself.
var nothing = unit{}

var (
	hundred        = unit{"number_hundred", 3}
	thousand       = unit{"number_thousand", 1}
	tenThousand    = unit{"number_ten_thousand", 4}
	hundredMillion = unit{"number_hundred_million", 4}
)

// chinese says a number up to largest before a unit. 二 is 两 before a measure word
// and in 两百, 两千, 两万, 两亿; 一 and the third tones change with the tone that follows.
func chinese(n int64, u unit) []string {
	if n < 10 {
		return []string{digit(n, u, u != nothing)}
	}
	var parts []string
	for _, g := range []struct {
		worth int64
		unit  unit
	}{{100_000_000, hundredMillion}, {10_000, tenThousand}, {1, nothing}} {
		group := n / g.worth % 10_000
		if group == 0 {
			continue
		}
		leads := len(parts) == 0
		if !leads && group < 1000 {
			parts = append(parts, "number_0")
		}
		parts = append(parts, fourDigits(group, g.unit, leads)...)
		if g.unit != nothing {
			parts = append(parts, g.unit.name)
		}
	}
	return parts
}

// fourDigits says 1 to 9999 before the unit of its group. leads: nothing of the number comes before it.
func fourDigits(n int64, u unit, leads bool) []string {
	if n < 10 {
		return []string{digit(n, u, leads && u != nothing)}
	}
	if n < 20 && leads {
		return []string{"number_" + strconv.FormatInt(n, 10)} // 十二, not 一十二
	}
	var parts []string
	if t := n / 1000; t > 0 {
		parts = append(parts, digit(t, thousand, true), thousand.name)
	}
	if h := n / 100 % 10; h > 0 {
		parts = append(parts, digit(h, hundred, leads && len(parts) == 0), hundred.name)
	} else if n > 1000 && n%100 > 0 {
		parts = append(parts, "number_0") // 一千零二十
	}
	tens, ones := n/10%10, n%10
	switch {
	case tens == 1:
		return append(parts, "number_1", "number_"+strconv.FormatInt(10+ones, 10)) // 一百一十二
	case tens > 0:
		parts = append(parts, "number_"+strconv.FormatInt(10*tens, 10))
	case ones > 0 && n > 100 && n/100%10 > 0:
		parts = append(parts, "number_0") // 一百零二
	}
	if ones > 0 {
		parts = append(parts, digit(ones, nothing, false))
	}
	return parts
}

// digit says 0 to 9 directly before a unit. measured: 二 is 两 here.
func digit(n int64, u unit, measured bool) string {
	name := "number_" + strconv.FormatInt(n, 10)
	if n == 2 && measured {
		name = "number_2_measure"
	}
	switch {
	case u.tone == 0:
	case n == 1 && u.tone == 4:
		name += "_rising" // 一位: yí wèi
	case n == 1:
		name += "_falling" // 一百: yì bǎi
	case u.tone == 3 && (n == 5 || n == 9 || n == 2 && measured):
		name += "_rising" // 五百: wú bǎi, 两点: liáng diǎn
	}
	return name
}
