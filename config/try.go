package config

import (
	"fmt"
	"time"

	"hotline/call"
)

// VisitorTrunk is the trunk that the records of visitors' calls name: there is no SIP peer behind it.
const VisitorTrunk = "web"

// Try lets visitors call a number from the page /try of this node's HTTP listener.
type Try struct {
	Number  call.Number   // which; its Trunk is VisitorTrunk. Number.Number empty: nobody may
	Area    string        // of the trunk the number belongs to
	Calls   int           // at a time
	Longest time.Duration // one may last
}

// On reports whether visitors may call.
func (t Try) On() bool { return t.Number.Number != "" }

// readTry reads try: {number, trunk, calls, longest}.
func (b *builder) readTry(v *value) {
	if v == nil {
		return
	}
	f := b.fields(v, "try")
	defer f.close()
	t := Try{Calls: f.integer("calls", 4, 1, 1000), Longest: f.duration("longest", 10*time.Minute, time.Second)}
	w, on := f.mustWord("number"), f.word("trunk")
	trunk := b.ref(sectionTrunks, on)
	if at, taken := b.declared[sectionTrunks][VisitorTrunk]; taken {
		b.wrong(at, fmt.Sprintf("trunk %s has the name that visitors' calls are filed under", VisitorTrunk), "another name, while there is try")
	}
	if w.Value == "" || on.Value != "" && trunk == "" {
		return
	}
	found := b.numbersCalled(w.Value, trunk)
	switch {
	case len(found) == 0:
		b.wrong(w.Pos, fmt.Sprintf("number %q is not among the numbers", clip(w.Value)), "one of numbers")
		return
	case len(found) > 1:
		b.wrong(w.Pos, fmt.Sprintf("number %q is there on %d trunks", clip(w.Value), len(found)), "trunk: "+found[0].Trunk+" beside it")
		return
	}
	t.Number = found[0]
	for _, one := range b.site.Trunks {
		if one.Name == t.Number.Trunk {
			t.Area = one.Area
		}
	}
	t.Number.Trunk = VisitorTrunk
	b.site.Try = t
}

// numbersCalled are the numbers with a name, of one trunk or of all.
func (b *builder) numbersCalled(name, trunk string) (found []call.Number) {
	for _, n := range b.site.Numbers {
		area := ""
		for _, t := range b.site.Trunks {
			if t.Name == n.Trunk {
				area = t.Area
			}
		}
		if (trunk == "" || n.Trunk == trunk) && n.Number == call.NormalizeNumber(name, area) {
			found = append(found, n)
		}
	}
	return found
}
