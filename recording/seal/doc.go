// Package seal keeps bytes encrypted in a file that is only ever appended to, and
// read from any place: an envelope (a data key of its own, wrapped by a key of the
// Keys), then chunks of AES-256-GCM, each of which proves its place. A changed byte
// is found and named. See docs/recording.md, "Encrypted".
package seal
