// Package say turns values into the names of recorded parts that, played one
// after another, say them in Mandarin or English: numbers, counts, money, dates,
// times, lengths, a place in a queue and an expected wait. It is pure; the sounds are
// in ivr/prompts, and a site replaces any of them.
//
// A language is Chinese or English; any other is taken for Chinese.
package say

import "strconv"

// The languages, as ivr/prompts names them.
const (
	Chinese = "zh"
	English = "en"
)

// MostParts bounds what any value but a string of digits becomes.
const MostParts = 32

// largest is the greatest number said as one; beyond, its digits are said.
const largest = 999_999_999_999

// Number says a whole number: 一千零二 · one thousand two. Beyond twelve digits they are said one by one.
func Number(lang string, n int64) []string {
	if n > largest || n < -largest {
		return signed(n, Digits(strconv.FormatInt(n, 10)))
	}
	if lang == English {
		return signed(n, english(abs(n)))
	}
	return signed(n, chinese(abs(n), nothing))
}

// signed puts the sign before the parts of the absolute value.
func signed(n int64, parts []string) []string {
	if n < 0 {
		return append([]string{"minus"}, parts...)
	}
	return parts
}

// abs is for numbers within ±largest, and only the sign of the others counts.
func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// Digits says a string digit by digit, as telephone numbers are (一 is 幺); what is no digit is left out.
func Digits(s string) []string {
	var names []string
	for _, r := range s {
		if r >= '0' && r <= '9' {
			names = append(names, "digit_"+string(r))
		}
	}
	return names
}

// AgentNumber announces an agent number (工号播报): 工号 幺 零 零 幺 为您服务. One without a digit gives nil.
// Both languages say it in this order.
func AgentNumber(number string) []string {
	digits := Digits(number)
	if len(digits) == 0 {
		return nil
	}
	return append(append([]string{"agent_number_before"}, digits...), "agent_number_after")
}

// Measure is what is counted; it decides the measure word (量词) in Chinese and the noun in English.
type Measure uint8

// What can be counted.
const (
	Persons Measure = iota // 位
	Items                  // 个
	Times                  // 次
)

var measures = []unit{
	Persons: {"measure_person", 4}, Items: {"measure_item", 4}, Times: {"measure_time", 4},
}

// Count says how many of something: 两位 · two people.
func Count(lang string, n int64, m Measure) []string {
	if int(m) >= len(measures) {
		return Number(lang, n)
	}
	return counted(lang, n, measures[m])
}

// counted is a number and the unit it counts.
func counted(lang string, n int64, u unit) []string {
	if n > largest || n < -largest {
		return append(Number(lang, n), u.name)
	}
	if lang == English {
		return signed(n, append(english(abs(n)), u.english(n)))
	}
	return signed(n, append(chinese(abs(n), u), u.name))
}
