//go:build race

package media

// poolAllocs is what a packet may allocate: the race detector has sync.Pool forget a
// quarter of what it is given, and the library's counter mode takes its block from one.
const poolAllocs = 2
