package say

import (
	"time"

	"hotline/call"
)

// Ahead tells a waiting caller how many are before him: 您前面还有两位客户在等待 · there are two callers
// ahead of you. With none he is next.
func Ahead(lang string, callers int) []string {
	switch {
	case callers <= 0:
		return []string{"you_are_next"}
	case callers == 1:
		return []string{"position_one"}
	case lang == English:
		return append(append([]string{"position_before"}, Number(lang, int64(callers))...), "position_after")
	}
	people := unit{"position_after", 4} // 位客户在等待
	return append(append([]string{"position_before"}, chinese(min(int64(callers), largest), people)...), people.name)
}

// Wait tells how long a caller has to expect, rounded by call.ExpectedWait: 预计等待大约三分钟 · the expected wait
// is about three minutes; less than one minute; more than thirty.
func Wait(lang string, wait time.Duration) []string {
	rounded, over := call.ExpectedWait(wait)
	minutes := int64(rounded / time.Minute)
	switch minutes {
	case 0:
		return []string{"wait_under_minute"}
	case 1:
		return []string{"wait_one_minute"}
	}
	parts := []string{"wait_before", "about"}
	if over {
		parts = []string{"wait_over"}
	}
	if lang == English {
		return append(append(parts, english(minutes)...), "wait_after")
	}
	end := unit{"wait_after", 1} // 分钟
	return append(append(parts, chinese(minutes, end)...), end.name)
}
