package deptest

import "strings"

// room is what the rules say of a folder and those below it that have no line of their own.
type room struct {
	folder    string
	pure      bool     // rule 1
	imports   []string // rooms it may import; a name ending in /... stands for everything below as well
	libraries []string // for a pure room: the small data libraries it may use
	onRule    int      // the rule that its imports follow; 0 stands for 4
}

// rooms is the house. The longest folder that fits a package is its room.
func rooms() []room {
	return []room{
		{folder: "call", pure: true, onRule: 1},
		{folder: "call/live", imports: []string{"call"}, onRule: 2},

		{folder: "acd", pure: true, imports: []string{"call", "acd/erlang"}, onRule: 1},
		{folder: "acd/erlang", pure: true, onRule: 1},
		{folder: "acd/driver", imports: []string{"call", "acd"}},
		{folder: "acd/tape/deck", imports: []string{"acd"}},
		{folder: "acd/simulate", pure: true, imports: []string{"call", "acd", "acd/erlang", "report"}, onRule: 1},

		{folder: "ivr", pure: true, imports: []string{"call", "ivr/say"}, libraries: []string{"github.com/expr-lang/expr"}, onRule: 1},
		{folder: "ivr/prompts", imports: []string{"call"}},
		{folder: "ivr/say", pure: true, imports: []string{"call"}, onRule: 1},

		{folder: "report", pure: true, imports: []string{"call", "acd/erlang"}, onRule: 1},

		{folder: "sip", imports: []string{"call"}, onRule: 2},
		{folder: "media", imports: []string{"call"}, onRule: 2},
		{folder: "recording", imports: []string{"call", "media"}, onRule: 2},
		{folder: "store", imports: []string{"call"}, onRule: 2},
		{folder: "web/webhook", imports: []string{"call"}},
		{folder: "web", imports: []string{"call", "acd", "ivr", "report"}, onRule: 2},

		{folder: "config", imports: []string{"call", "acd", "ivr", "ivr/prompts", "sip", "media", "recording", "store", "report", "web"}, onRule: 3},
		{folder: "deploy"}, // only what its own files ask of a node's metrics
		{folder: "internal/app", imports: []string{"..."}, onRule: 3},
		{folder: "internal/deptest", onRule: 3},
		{folder: "internal/certs", imports: []string{"call"}}, // certificates, for the two rooms that listen by TLS
		{folder: "internal/golden"},                           // for tests
		{folder: "cmd", imports: []string{"internal/app", "config"}, onRule: 2},
	}
}

// roomOf finds the room a folder belongs to.
func roomOf(dir string) (room, bool) {
	var best room
	for _, r := range rooms() {
		if within(dir, r.folder) && len(r.folder) > len(best.folder) {
			best = r
		}
	}
	return best, best.folder != ""
}

// may reports whether a package of the room may import another of ours. Within
// a room everything goes, except that a pure room does not reach into parts of
// its folder that are rooms of their own. What is imported must be named, or be
// below a named room and not a room of its own.
func (r room) may(dir, other string) bool {
	to, known := roomOf(other)
	if !known {
		return false
	}
	if to.folder == r.folder && dir != other {
		return true
	}
	for _, name := range r.imports {
		if name == "..." && !strings.HasPrefix(other, "cmd") && other != "internal/deptest" || name == to.folder {
			return true
		}
	}
	return false
}

func (r room) rule() int {
	if r.onRule == 0 {
		return 4
	}
	return r.onRule
}

// pureStandard lists what a pure package may import of the standard library:
// data and text, nothing that waits, reads, writes, locks or rolls dice.
func pureStandard(name string) bool {
	switch name {
	case "bytes", "cmp", "crypto/subtle", "encoding", "errors", "fmt", "iter", "maps", "math", "math/big", "math/bits",
		"net/netip", "net/url", "regexp", "slices", "sort", "strconv", "strings", "time", "time/tzdata",
		"unicode", "unicode/utf8", "unicode/utf16":
		return true
	}
	for _, tree := range []string{"encoding", "container", "hash"} {
		if within(name, tree) {
			return true
		}
	}
	return false
}

// impure lists what is forbidden in packages that are otherwise allowed.
func impure(pkg, name string) bool {
	switch pkg {
	case "time":
		switch name {
		case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Local":
			return true
		}
	case "fmt":
		switch name {
		case "Print", "Printf", "Println", "Scan", "Scanf", "Scanln":
			return true
		}
	case "hash/maphash":
		return true // seeded at random: never twice the same
	}
	return false
}
