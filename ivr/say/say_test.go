package say

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/ivr/prompts"
)

// spoken is what parts say in a language, by the tables the sounds are rendered
// from; of Chinese the characters, or with tones what is said.
type spoken map[string]string

func spokenIn(t testing.TB, lang string, column int) spoken {
	s := spoken{}
	for _, table := range []string{"", "_parts"} {
		b, err := os.ReadFile("../prompts/texts/" + lang + table + ".tsv")
		require.NoError(t, err)
		for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			if c := strings.Split(line, "\t"); !strings.HasPrefix(line, "#") {
				s[c[0]] = c[column]
			}
		}
	}
	return s
}

func (s spoken) say(t testing.TB, between string, parts []string) string {
	words := make([]string, len(parts))
	for i, p := range parts {
		require.Contains(t, s, p)
		words[i] = s[p]
	}
	return strings.Join(words, between)
}

func TestNumbers(t *testing.T) {
	zh, en := spokenIn(t, Chinese, 1), spokenIn(t, English, 1)
	for n, want := range map[int64][2]string{
		0: {"零", "zero"}, 1: {"一", "one"}, 2: {"二", "two"}, 10: {"十", "ten"}, 12: {"十二", "twelve"},
		20: {"二十", "twenty"}, 22: {"二十二", "twenty two"}, 99: {"九十九", "ninety nine"},
		100: {"一百", "one hundred"}, 101: {"一百零一", "one hundred one"}, 110: {"一百一十", "one hundred ten"},
		111: {"一百一十一", "one hundred eleven"}, 200: {"两百", "two hundred"}, 222: {"两百二十二", "two hundred twenty two"},
		1000: {"一千", "one thousand"}, 1002: {"一千零二", "one thousand two"}, 1010: {"一千零一十", "one thousand ten"},
		1200: {"一千二百", "one thousand two hundred"}, 2000: {"两千", "two thousand"}, 2020: {"两千零二十", "two thousand twenty"},
		10_000: {"一万", "ten thousand"}, 12_000: {"一万两千", "twelve thousand"}, 20_000: {"两万", "twenty thousand"},
		100_000: {"十万", "one hundred thousand"}, 100_010: {"十万零一十", "one hundred thousand ten"},
		120_000: {"十二万", "one hundred twenty thousand"}, 10_000_000: {"一千万", "ten million"},
		100_000_000: {"一亿", "one hundred million"}, 200_020_000: {"两亿零二万", "two hundred million twenty thousand"},
		100_000_001: {"一亿零一", "one hundred million one"}, 100_010_001: {"一亿零一万零一", "one hundred million ten thousand one"},
		1_000_000_000: {"十亿", "one billion"}, largest: {"九千九百九十九亿九千九百九十九万九千九百九十九", "nine hundred ninety nine billion nine hundred ninety nine million nine hundred ninety nine thousand nine hundred ninety nine"},
		-5: {"负五", "minus five"}, -(largest + 2): {"负幺零零零零零零零零零零零幺", "minus one zero zero zero zero zero zero zero zero zero zero zero one"},
	} {
		require.Equal(t, want[0], zh.say(t, "", Number(Chinese, n)), "%d", n)
		require.Equal(t, want[1], en.say(t, " ", Number(English, n)), "%d", n)
	}
	require.NotEmpty(t, Number(Chinese, math.MinInt64))
	require.Equal(t, "digit_1 digit_3 digit_8", strings.Join(Digits("1-3 8"), " "))
}

func TestCounts(t *testing.T) {
	zh, en := spokenIn(t, Chinese, 1), spokenIn(t, English, 1)
	for n, want := range map[int64][2]string{
		0: {"零位", "zero people"}, 1: {"一位", "one person"}, 2: {"两位", "two people"}, 12: {"十二位", "twelve people"},
		102: {"一百零二位", "one hundred two people"}, 200: {"两百位", "two hundred people"},
	} {
		require.Equal(t, want[0], zh.say(t, "", Count(Chinese, n, Persons)))
		require.Equal(t, want[1], en.say(t, " ", Count(English, n, Persons)))
	}
	require.Equal(t, "两个", zh.say(t, "", Count(Chinese, 2, Items)))
	require.Equal(t, "两次", zh.say(t, "", Count(Chinese, 2, Times)))
	require.Equal(t, Number(Chinese, 2), Count(Chinese, 2, Measure(9)))
}

// Tones change with what follows; the tables say them as they are spoken.
func TestTones(t *testing.T) {
	tones := spokenIn(t, Chinese, 2)
	for want, parts := range map[string][]string{
		"yi1":                                 Number(Chinese, 1),
		"yi2 wei4":                            Count(Chinese, 1, Persons),
		"liang3 wei4":                         Count(Chinese, 2, Persons),
		"shi2yi1 wei4":                        Count(Chinese, 11, Persons),
		"yi4 bai3":                            Number(Chinese, 100),
		"yi4 bai3 yi1 shi2yi1":                Number(Chinese, 111),
		"liang2 bai3":                         Number(Chinese, 200),
		"wu2 bai3 wu3shi2 wu3":                Number(Chinese, 555),
		"jiu2 bai3 ling2 jiu3":                Number(Chinese, 909),
		"liang3 qian1":                        Number(Chinese, 2000),
		"yi2 wan4":                            Number(Chinese, 10_000),
		"liang3 wan4 yi4 qian1":               Number(Chinese, 21_000),
		"yi4 yuan2 liang2 jiao3":              Money(Chinese, 120),
		"xia4wu3 liang2 dian3 ling2 wu3 fen1": Clock(Chinese, time.Date(2026, 1, 1, 14, 5, 0, 0, time.UTC)),
		"yi4 xiao3shi2 wu3 fen1zhong1":        Length(Chinese, 65*time.Minute),
		"er4 yue4":                            Date(Chinese, time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC))[5:7],
	} {
		require.Equal(t, want, tones.say(t, " ", parts))
	}
}

func TestMoney(t *testing.T) {
	zh, en := spokenIn(t, Chinese, 1), spokenIn(t, English, 1)
	for amount, want := range map[int64][2]string{
		0: {"零元", "zero yuan"}, 5: {"五分", "five fen"}, 20: {"两角", "twenty fen"}, 25: {"两角五分", "twenty five fen"},
		100: {"一元", "one yuan"}, 200: {"两元", "two yuan"}, 1205: {"十二元零五分", "twelve yuan and five fen"},
		1250: {"十二元五角", "twelve yuan and fifty fen"}, 123_45: {"一百二十三元四角五分", "one hundred twenty three yuan and forty five fen"},
		-250: {"负两元五角", "minus two yuan and fifty fen"}, 1_000_000_00: {"一百万元", "one million yuan"},
	} {
		require.Equal(t, want[0], zh.say(t, "", Money(Chinese, amount)), "%d", amount)
		require.Equal(t, want[1], en.say(t, " ", Money(English, amount)), "%d", amount)
	}
}

func TestDatesAndTimes(t *testing.T) {
	zh, en := spokenIn(t, Chinese, 1), spokenIn(t, English, 1)
	for text, want := range map[string][4]string{
		"2026-11-29 14:30": {"二零二六年十一月二十九日", "November twenty ninth twenty twenty six", "下午两点三十分", "two thirty p m"},
		"2005-01-01 00:00": {"二零零五年一月一日", "January first two thousand five", "凌晨零点整", "twelve o'clock a m"},
		"1999-02-20 12:05": {"一九九九年二月二十日", "February twentieth nineteen ninety nine", "中午十二点零五分", "twelve oh five p m"},
		"2010-10-30 09:59": {"二零一零年十月三十日", "October thirtieth twenty ten", "上午九点五十九分", "nine fifty nine a m"},
		"0900-05-12 20:12": {"九零零年五月十二日", "May twelfth nine hundred", "晚上八点十二分", "eight twelve p m"},
	} {
		at, err := time.Parse("2006-01-02 15:04", text)
		require.NoError(t, err)
		require.Equal(t, want[0], zh.say(t, "", Date(Chinese, at)))
		require.Equal(t, want[1], en.say(t, " ", Date(English, at)))
		require.Equal(t, want[2], zh.say(t, "", Clock(Chinese, at)))
		require.Equal(t, want[3], en.say(t, " ", Clock(English, at)))
	}
}

func TestLengths(t *testing.T) {
	zh, en := spokenIn(t, Chinese, 1), spokenIn(t, English, 1)
	for d, want := range map[time.Duration][2]string{
		0: {"零秒", "zero seconds"}, 2 * time.Second: {"两秒", "two seconds"}, 3 * time.Minute: {"三分钟", "three minutes"},
		time.Hour + time.Second: {"一小时", "one hour"}, 2*time.Hour + 3*time.Minute: {"两小时三分钟", "two hours three minutes"},
		50*time.Hour + time.Minute: {"两天两小时", "two days two hours"}, -90 * time.Second: {"一分钟三十秒", "one minute thirty seconds"},
		59*time.Minute + 59*time.Second + 700*time.Millisecond: {"一小时", "one hour"},
	} {
		require.Equal(t, want[0], zh.say(t, "", Length(Chinese, d)), "%s", d)
		require.Equal(t, want[1], en.say(t, " ", Length(English, d)), "%s", d)
	}
}

func TestPlaceAndWait(t *testing.T) {
	zh, en := spokenIn(t, Chinese, 1), spokenIn(t, English, 1)
	for n, want := range map[int][2]string{
		0: {"您是下一位，请稍候。", "You are next. One moment please."}, 1: {"您前面还有一位客户在等待。", "There is one caller ahead of you."},
		2: {"您前面还有两位客户在等待。", "There are two callers ahead of you."}, 120: {"您前面还有一百二十位客户在等待。", "There are one hundred twenty callers ahead of you."},
	} {
		require.Equal(t, want[0], zh.say(t, "", Ahead(Chinese, n)))
		require.Equal(t, want[1], en.say(t, " ", Ahead(English, n)))
	}
	for d, want := range map[time.Duration][2]string{
		30 * time.Second: {"预计等待不到一分钟。", "The expected wait is less than one minute."},
		time.Minute:      {"预计等待大约一分钟。", "The expected wait is about one minute."},
		90 * time.Second: {"预计等待大约两分钟。", "The expected wait is about two minutes."},
		11 * time.Minute: {"预计等待大约十五分钟。", "The expected wait is about fifteen minutes."},
		time.Hour:        {"预计等待超过三十分钟。", "The expected wait is more than thirty minutes."},
	} {
		require.Equal(t, want[0], zh.say(t, "", Wait(Chinese, d)))
		require.Equal(t, want[1], en.say(t, " ", Wait(English, d)))
	}
}

func TestAgentNumber(t *testing.T) {
	require.Equal(t, []string{"agent_number_before", "digit_1", "digit_0", "digit_0", "digit_1", "agent_number_after"}, AgentNumber("1001"))
	require.Equal(t, []string{"agent_number_before", "digit_7", "agent_number_after"}, AgentNumber("A-7"))
	require.Nil(t, AgentNumber("外线"))
}

// FuzzSay: whatever the value, its parts exist in the language and are not too many.
func FuzzSay(f *testing.F) {
	for _, n := range []int64{0, 1, 2, 10, 205, 110_011, 20_000_002, largest, -largest, math.MaxInt64, math.MinInt64} {
		f.Add(n)
	}
	words := map[string]spoken{Chinese: spokenIn(f, Chinese, 1), English: spokenIn(f, English, 1)}
	names := map[string]bool{}
	for _, n := range prompts.New(nil).Names() {
		names[n] = true
	}
	f.Fuzz(func(t *testing.T, n int64) {
		at := time.Unix(n%400_000_000_000, 0).UTC()
		for lang, w := range words {
			for _, parts := range [][]string{
				Number(lang, n), Count(lang, n, Measure(uint8(n)%3)), Money(lang, n), Date(lang, at), Clock(lang, at), Length(lang, time.Duration(n)),
				Ahead(lang, int(n)), Wait(lang, time.Duration(n)), AgentNumber("1"),
			} {
				require.NotEmpty(t, parts)
				require.LessOrEqual(t, len(parts), MostParts)
				for _, p := range parts {
					require.Contains(t, w, p, "%s has no %s", lang, p)
					require.True(t, names[p])
				}
			}
		}
	})
}
