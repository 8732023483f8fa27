package live

import "time"

// fires is a timer's channel; of none, one that never fires.
func fires(t *time.Timer) <-chan time.Time {
	if t == nil {
		return nil
	}
	return t.C
}

// disarm stops a timer, if there is one, and forgets it.
func disarm(t **time.Timer) {
	if *t != nil {
		(*t).Stop()
		*t = nil
	}
}
