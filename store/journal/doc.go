// Package journal is an append-only log of frames in segment files: what is
// written is there after a crash of the process, and after a crash of the
// machine once it has been synced. It knows nothing of calls.
//
// A segment begins with a header and a snapshot of whatever its owner needs to
// start from, so that the newest segment alone is enough to go on, and older
// ones are deleted as soon as their readers are done with them.
package journal
