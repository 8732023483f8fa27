// Package libopus codes and decodes Opus by the C library of that name, in builds with the tag
// "opus" (docs/decisions/0342); in any other it says that it can't.
package libopus
