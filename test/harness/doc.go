// Package harness starts what the end-to-end tests and benchmarks need: the
// real binary with a site of the test's own, SIPp as the gateway, baresip as
// the agents' phones, and a listener on the loopback wire. Everything lives in
// a fresh folder, on free ports of 127.0.0.0/8, and is ended by its own process.
package harness
