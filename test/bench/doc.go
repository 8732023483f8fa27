// Package bench measures what a call costs: the real binary under SIPp, its
// CPU from /proc/PID/stat, its memory from /proc/PID/status. The cases and the
// figures of other systems are those of docs/benchmarks.md, which
// `make bench` writes. A short form runs with the tests and proves only that
// every figure can be taken.
package bench
