package driver

import (
	"time"

	"hotline/acd"
)

// Ask lets a question read the engine on its goroutine, after everything that
// was sent before, at the present time. The question must be short, change nothing
// and keep nothing of the engine; one is answered at a time, so that however many are asked,
// decisions wait for one at most. It fails as Send does.
func (d *Driver) Ask(question func(now time.Time, e *acd.Engine)) error {
	d.asking.Lock()
	defer d.asking.Unlock()
	answered := make(chan struct{})
	err := d.post(letter{at: d.now(), ask: func() {
		defer close(answered)
		question(d.now(), d.engine)
	}})
	if err == nil {
		<-answered
	}
	return err
}
