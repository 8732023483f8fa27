// Package oggopus writes the sound of recordings as Opus in Ogg (RFC 7845, RFC 3533)
// and checks such files. The container is plain Go; coding needs libopus, and so the
// build tag "opus" (docs/decisions/0342).
package oggopus
