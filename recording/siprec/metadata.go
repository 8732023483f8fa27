package siprec

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"time"

	"hotline/call"
)

// The labels of the two streams, as in the description.
const (
	labelCaller = "1"
	labelSeats  = "2"
)

// About is what a recorder is told of a call.
type About struct {
	Call   call.ID
	Trunk  string
	Queue  string
	Domain string // of the addresses that people are named by
}

// Party is somebody whose voice is recorded.
type Party struct {
	Leg  call.LegID
	User string // agent, phone or number; empty: he is not named
}

// cast is who has had a part in a conversation so far.
type cast struct {
	parts []part
}

// part is one party's.
type part struct {
	Party
	caller   bool
	from, to time.Time // to: zero while it lasts
}

// set says who is in it from now on, and reports whether that is a change.
func (c *cast) set(caller Party, seats []Party, now time.Time) (changed bool) {
	here := map[call.LegID]bool{caller.Leg: true}
	for _, s := range seats {
		here[s.Leg] = true
	}
	for i := range c.parts {
		if p := &c.parts[i]; p.to.IsZero() && !here[p.Leg] {
			p.to, changed = now, true
		} else if p.to.IsZero() {
			delete(here, p.Leg)
		}
	}
	for i, p := range append([]Party{caller}, seats...) {
		if here[p.Leg] {
			c.parts, changed = append(c.parts, part{Party: p, caller: i == 0, from: now}), true
			delete(here, p.Leg)
		}
	}
	if over := len(c.parts) - mostParts; over > 0 {
		c.forget(over)
	}
	return changed
}

// mostParts bounds a document: the oldest who have gone are left out of it.
const mostParts = 64

func (c *cast) forget(n int) {
	kept := c.parts[:0]
	for _, p := range c.parts {
		if n > 0 && !p.to.IsZero() {
			n--
			continue
		}
		kept = append(kept, p)
	}
	c.parts = kept
}

// The document, RFC 7865 section 6 and its schema in section 8.
type (
	document struct {
		XMLName      xml.Name         `xml:"urn:ietf:params:xml:ns:recording:1 recording"`
		Mode         string           `xml:"datamode"`
		Session      xmlSession       `xml:"session"`
		Participants []xmlParticipant `xml:"participant"`
		Streams      []xmlStream      `xml:"stream"`
		Recorded     xmlAssociation   `xml:"sessionrecordingassoc"`
		Present      []xmlAssociation `xml:"participantsessionassoc"`
		Speaking     []xmlSpeaking    `xml:"participantstreamassoc"`
	}
	xmlSession struct {
		ID    string   `xml:"session_id,attr"`
		Start string   `xml:"start-time"`
		About xmlAbout `xml:"urn:hotline:recording:1 call"`
	}
	xmlAbout struct {
		ID    string `xml:"id,attr"`
		Trunk string `xml:"trunk,attr,omitempty"`
		Queue string `xml:"queue,attr,omitempty"`
	}
	xmlParticipant struct {
		ID   string  `xml:"participant_id,attr"`
		Name xmlName `xml:"nameID"`
	}
	xmlName struct {
		AOR string `xml:"aor,attr"`
	}
	xmlStream struct {
		ID      string `xml:"stream_id,attr"`
		Session string `xml:"session_id,attr"`
		Label   string `xml:"label"`
	}
	xmlAssociation struct {
		Participant string `xml:"participant_id,attr,omitempty"`
		Session     string `xml:"session_id,attr"`
		From        string `xml:"associate-time"`
		To          string `xml:"disassociate-time,omitempty"`
	}
	xmlSpeaking struct {
		Participant string   `xml:"participant_id,attr"`
		Send        []string `xml:"send"`
		Recv        []string `xml:"recv"`
	}
)

// id makes one of the document's ids (RFC 7865 6.10: 16 bytes in base64) out of what it stands for, so that it stays the same
// in every document of a session.
func id(session, of string) string {
	sum := sha256.Sum256([]byte(session + "/" + of))
	return base64.StdEncoding.EncodeToString(sum[:16])
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// metadata is the whole document of a session.
func (c *cast) metadata(session string, about About, began time.Time) []byte {
	whole, one, two := id(session, "session"), id(session, labelCaller), id(session, labelSeats)
	d := document{
		Mode:     "complete",
		Session:  xmlSession{ID: whole, Start: stamp(began), About: xmlAbout{string(about.Call), about.Trunk, about.Queue}},
		Streams:  []xmlStream{{one, whole, labelCaller}, {two, whole, labelSeats}},
		Recorded: xmlAssociation{Session: whole, From: stamp(began)},
	}
	for _, p := range c.parts {
		who := id(session, "leg "+string(p.Leg))
		d.Participants = append(d.Participants, xmlParticipant{who, xmlName{about.aor(p.User)}})
		d.Present = append(d.Present, xmlAssociation{who, whole, stamp(p.from), stamp(p.to)})
		if !p.to.IsZero() {
			continue
		}
		says, hears := two, one
		if p.caller {
			says, hears = one, two
		}
		d.Speaking = append(d.Speaking, xmlSpeaking{who, []string{says}, []string{hears}})
	}
	b := bytes.NewBufferString(xml.Header)
	_ = xml.NewEncoder(b).Encode(d) // plain strings into memory: it can't fail
	return b.Bytes()
}

// aor is the address somebody is named by.
func (a About) aor(user string) string {
	if user == "" {
		return "sip:anonymous@anonymous.invalid"
	}
	return "sip:" + user + "@" + a.Domain
}
