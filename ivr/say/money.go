package say

var (
	yuan = unit{"money_yuan", 2}
	jiao = unit{"money_jiao", 3}
	fen  = unit{"money_fen", 1}
)

// Money says an amount in fen (分): 十二元零五分 · twelve yuan and five fen.
func Money(lang string, amount int64) []string {
	whole, part := amount/100, amount%100
	if amount < 0 {
		whole, part = abs(whole), -part
	}
	var parts []string
	if amount < 0 {
		parts = append(parts, "minus")
	}
	if whole > 0 || part == 0 {
		if lang == English || whole > largest {
			parts = append(append(parts, Number(lang, whole)...), yuan.name)
		} else {
			parts = append(append(parts, chinese(whole, yuan)...), yuan.name)
		}
	}
	if part == 0 {
		return parts
	}
	if lang == English {
		if whole > 0 {
			parts = append(parts, "and")
		}
		return append(append(parts, english(part)...), fen.name)
	}
	if tens := part / 10; tens > 0 {
		parts = append(parts, digit(tens, jiao, true), jiao.name)
	} else if whole > 0 {
		parts = append(parts, "number_0")
	}
	if ones := part % 10; ones > 0 {
		parts = append(parts, digit(ones, fen, true), fen.name)
	}
	return parts
}
