package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// recordings reads what is recorded of a queue's conversations and how long that is kept.
func (b *builder) recordings(f *fields, q *Queue, def Queue) {
	q.Record = b.recordPolicy(f.word("record"), def.Record)
	q.RecordOutside = f.boolean("record_outside", def.RecordOutside)
	if w := f.word("record_notice"); w.Value != "" {
		q.RecordNotice = b.prompt(w)
	}
	if w := f.word("record_key"); w.Value != "" {
		q.RecordKey = w.Value
		if len(w.Value) > 6 || strings.Trim(w.Value, "0123456789*#") != "" {
			b.wrong(w.Pos, fmt.Sprintf("record_key %q can't be pressed", clip(w.Value)), `one to six keys, as "*1"`)
		}
	}
	q.KeepRecordings = b.keepDays(f, "keep_recordings", def.KeepRecordings)
	q.Fork = b.fork(f, def.Fork)
}

// The bounds of how long recordings are kept: long enough for the daily check to see
// them; longer than any law asks for.
const (
	fewestDays = 2
	mostDays   = 36525
)

// keepDays reads a number of days, as 180d; 0 is for ever.
func (b *builder) keepDays(f *fields, key string, def time.Duration) time.Duration {
	w := f.word(key)
	if w.Value == "" {
		return def
	}
	text, ok := strings.CutSuffix(w.Value, "d")
	n, err := strconv.Atoi(text)
	if n == 0 && err == nil {
		return 0
	}
	if !ok || err != nil || n < fewestDays || n > mostDays {
		b.wrong(w.Pos, fmt.Sprintf("%s %q is no number of days", key, clip(w.Value)), fmt.Sprintf("as 180d, at least %dd; 0 for ever", fewestDays))
		return def
	}
	return time.Duration(n) * 24 * time.Hour
}

// recordPolicy reads always (all), never, on_demand or NN%.
func (b *builder) recordPolicy(w word, def RecordPolicy) RecordPolicy {
	switch w.Value {
	case "":
		return def
	case "always", "all":
		return RecordPolicy{Mode: RecordAlways}
	case "never":
		return RecordPolicy{Mode: RecordNever}
	case "on_demand":
		return RecordPolicy{Mode: RecordOnDemand}
	}
	share, percent := strings.CutSuffix(w.Value, "%")
	n, err := strconv.Atoi(share)
	if !percent || err != nil || n < 1 || n > 100 {
		b.wrong(w.Pos, fmt.Sprintf("record %q is unknown", clip(w.Value)), "always, never, on_demand or a share from 1% to 100%")
		return def
	}
	return RecordPolicy{Mode: RecordPercent, Percent: n}
}
