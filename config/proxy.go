package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Registrations is how long phones may be registered, and by how many contacts.
type Registrations struct {
	Min     time.Duration // shorter ones are refused (423)
	Max     time.Duration // longer ones are cut to it
	Default time.Duration // where the phone asks for no time
	Devices int           // contacts of one account, where the site says nothing of its own
}

// The registration that a node grants unless it is told otherwise, and the bounds of what it may be told.
const (
	registerMin   = time.Minute
	registerMax   = time.Hour
	registerLeast = 10 * time.Second
	devices       = 10
	devicesMost   = 50
)

func (f *fields) register() Registrations {
	r := Registrations{
		Min: f.duration("min", registerMin, registerLeast), Max: f.duration("max", registerMax, registerLeast),
		Devices: f.integer("devices", devices, 1, devicesMost),
	}
	if r.Max < r.Min {
		f.r.wrong(f.at, fmt.Sprintf("max is %s and min %s", short(r.Max), short(r.Min)), "max at least as long as min")
	}
	r.Default = f.duration("default", r.Max, registerLeast)
	if v := f.get("default"); v != nil && (r.Default < r.Min || r.Default > r.Max) {
		f.r.wrong(v.at, fmt.Sprintf("default is %s", short(r.Default)), fmt.Sprintf("from min, %s, to max, %s", short(r.Min), short(r.Max)))
	}
	f.close()
	return r
}

// devices gives how many contacts an account may have; 0: as the node says.
func (f *fields) devices() int { return f.integer("devices", 0, 1, devicesMost) }

// Proxy is what passes from phone to phone without being a call of ours (docs/sip-proxy.md).
type Proxy struct {
	Methods []string // outside calls, in capitals
	Calls   bool     // calls between phones where nobody is signed in go past us: not recorded, not counted
}

// proxyMethods are what may pass, and what does where nothing is said.
var (
	proxyMethods = []string{"MESSAGE", "OPTIONS", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO"}
	proxyDefault = []string{"MESSAGE", "OPTIONS", "SUBSCRIBE", "NOTIFY"}
)

// readProxy reads the site's word on what passes.
func (b *builder) readProxy() {
	b.site.Proxy.Methods = proxyDefault
	v := b.once["proxy"]
	if v == nil {
		return
	}
	f := b.fields(v, "proxy")
	b.site.Proxy.Calls = f.boolean("calls", false)
	if list := f.get("methods"); list != nil {
		b.site.Proxy.Methods = nil
		for _, w := range f.words("methods") {
			switch method := strings.ToUpper(w.Value); {
			case !contains(proxyMethods, method):
				b.wrong(w.Pos, fmt.Sprintf("method %q can't pass", clip(w.Value)), instead(method, proxyMethods)+"; calls pass by calls: true")
			case slices.Contains(b.site.Proxy.Methods, method):
				b.wrong(w.Pos, fmt.Sprintf("method %s is there twice", method), "each once")
			default:
				b.site.Proxy.Methods = append(b.site.Proxy.Methods, method)
			}
		}
	}
	f.close()
}

// The length of a PIN: shorter ones are guessed, longer ones are not remembered.
const (
	pinLeast = 4
	pinMost  = 12
)

// pin gives the digits by which an agent signs in from any phone.
func (f *fields) pin() Secret {
	s := f.secret("pin")
	if text := s.Reveal(); text != "" && (!isDigits(text) || len(text) < pinLeast || len(text) > pinMost) {
		f.r.wrong(f.got["pin"].at, "pin can't be dialled", fmt.Sprintf("%d to %d digits", pinLeast, pinMost))
		return Secret{}
	}
	return s
}
