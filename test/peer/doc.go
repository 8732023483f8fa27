// Package peer is a small SIP and RTP endpoint for our own tests, where SIPp
// and baresip can't do it: registering with SHA-256, late offers, sound from
// the wrong address, answers at the wrong moment. It is text in and text out
// and knows as little as it can: a test says what is sent, and waits for what
// it expects. Everything it starts ends with the test.
//
// It retransmits nothing and keeps no transaction state: on loopback a lost
// packet is a failed test, and a repeated one is what a test may want to see.
package peer
