//go:build !race

package media

// poolAllocs is what a packet may allocate.
const poolAllocs = 0
