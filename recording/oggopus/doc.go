// Package oggopus writes the sound of recordings as Opus in Ogg (RFC 7845, RFC 3533)
// and checks such files. It is plain Go; the packets are coded by media/libopus (docs/decisions/0342).
package oggopus
