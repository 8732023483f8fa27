package app

import (
	"context"
	"runtime/debug"
	heap "runtime/metrics"
	"sync"
	"time"
)

// thrift collects garbage in quiet times. The runtime waits until as much has been allocated as is alive; a
// node whose calls go on for minutes then hardly allocates, and would hold for minutes what their setting up
// has left: as much again as they need. Where calls come and go the runtime is always quicker.
type thrift struct {
	quit context.CancelFunc
	wg   sync.WaitGroup
	last uint64 // cycles at the last look
}

// thriftEvery is how long nothing has to have been collected. A collection of 100 MB takes some
// 60 ms of CPU: in the worst case this takes a hundredth of a core.
const thriftEvery = 5 * time.Second

func (t *thrift) start() {
	ctx, cancel := context.WithCancel(context.Background())
	t.quit = cancel
	t.wg.Go(func() { t.run(ctx) })
}

func (t *thrift) stop() {
	if t.quit != nil {
		t.quit()
	}
	t.wg.Wait()
}

func (t *thrift) run(ctx context.Context) {
	clock := time.NewTicker(thriftEvery)
	defer clock.Stop()
	for {
		select {
		case <-clock.C:
		case <-ctx.Done():
			return
		}
		if t.worth(readHeap()) {
			debug.FreeOSMemory()
		}
	}
}

// heapFacts is what the runtime tells of its heap.
type heapFacts struct {
	cycles uint64 // collections so far
	live   uint64 // bytes that the last one found alive
	held   uint64 // bytes of objects, dead ones among them
	free   uint64 // bytes that hold none, and yet are ours
}

func readHeap() heapFacts {
	s := []heap.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	heap.Read(s)
	return heapFacts{cycles: s[0].Value.Uint64(), live: s[1].Value.Uint64(), held: s[2].Value.Uint64(), free: s[3].Value.Uint64()}
}

// worth tells whether to collect: nothing was since the last look, and a tenth of what is alive could be given back.
func (t *thrift) worth(h heapFacts) bool {
	quiet := h.cycles == t.last
	t.last = h.cycles
	return quiet && h.held+h.free > h.live+h.live/10
}
