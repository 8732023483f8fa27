package config

import (
	"fmt"
	"slices"

	"hotline/call"
)

// Siprec is a session recording server outside (RFC 7866) and the conversations it is to record.
type Siprec struct {
	Name    string
	Targets []string // SIP URIs, tried in this order
	Queues  []string // whose conversations; empty: all, and those of no queue
	Trunks  []string // of calls by these; empty: by any
	Share   int      // of these conversations, in percent, by lot
	Numbers bool     // the caller's number is in the metadata
	Auth    Login    // for a recorder that asks; no user: none
	SRTP    call.Encryption
}

// Takes tells whether a conversation is one of those it is to record, but for the lot.
func (s *Siprec) Takes(queue, trunk string) bool {
	of := func(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }
	return of(s.Queues, queue) && of(s.Trunks, trunk)
}

// mostSiprec is how many recorders a site may name.
const mostSiprec = 8

func (b *builder) readSiprec() {
	for i, v := range b.sections[sectionSiprec] {
		f := b.fields(v, "a recorder of siprec")
		name := f.name()
		s := Siprec{
			Name: name.Value, Targets: b.recorderTargets(f), Queues: b.refs(sectionQueues, f.words("queues")), Trunks: b.refs(sectionTrunks, f.words("trunks")),
			Share: f.percent("share", 100), Numbers: f.boolean("numbers", true), Auth: Login{User: f.word("user").Value, Password: f.secret("password")},
			SRTP: encryption(f),
		}
		if first, clash := b.declared[sectionForks][name.Value]; clash && name.Value != "" {
			b.wrong(name.Pos, fmt.Sprintf("recorder %s has the name of an engine of forks", name.Value), "a name of its own; the engine is in "+place(first))
		}
		if (f.got["user"] == nil) != (f.got["password"] == nil) {
			b.wrong(f.at, "one of user and password is there without the other", "both, or none")
		}
		if i == mostSiprec {
			b.wrong(v.at, "there are too many recorders", fmt.Sprintf("at most %d", mostSiprec))
		}
		b.site.Siprec = append(b.site.Siprec, s)
		f.close()
	}
}

// recorderTargets reads where a recorder is.
func (b *builder) recorderTargets(f *fields) (out []string) {
	words := f.words("targets")
	if f.got["targets"] == nil {
		f.must("targets")
	}
	for i, w := range words {
		uri := b.sipAddress(w, "target")
		switch {
		case uri == "":
		case slices.Contains(out, uri):
			b.wrong(w.Pos, fmt.Sprintf("target %q is there twice", clip(uri)), "each once")
		case i == mostTargets:
			b.wrong(w.Pos, fmt.Sprintf("targets has %d entries", len(words)), fmt.Sprintf("from 1 to %d", mostTargets))
		default:
			out = append(out, uri)
		}
	}
	return out
}
