// Package recording writes what was said in a call into a file: two channels,
// the caller left and the seats right, laid out by RTP time.
//
// The sound room copies each packet it receives into a ring; a small pool of
// workers empties the rings a few times a second, places every packet by its
// RTP timestamp, and appends what can no longer change to a WAV file whose
// header is right at any moment, so that a crash leaves a playable file.
// See docs/recording.md.
package recording
