// Package config reads the node file and the site folder: strictly, as a whole,
// and with every mistake named by file, line and column. It ships the example
// that a node without a node file runs.
package config

import (
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"time"

	"hotline/media"
	"hotline/recording/seal"
)

// Node is a node file: what one machine needs to know. Everything else is in the Site.
type Node struct {
	File string // as it was asked for; shown in problems
	Name string // of this node, on every call it holds
	Data string // folder of journal, database and recordings

	Tape    Tape
	SIP     SIP
	Media   Media
	HTTP    HTTP
	Storage Storage
	Log     Log
	Speech  Speech

	Site     string // folder of the site's documents, relative to the working directory
	MaxCalls int    // the whole node's limit; 0: none but the media ports

	// NotYet are plain words on what the file asks for that this version accepts but does not act upon.
	NotYet []string

	fsys fs.FS // where Site lies when the node came from a file system of its own; nil: the disk
}

// Tape is what a node keeps of the inputs and decisions of routing, for a replay.
type Tape struct {
	Keep time.Duration // older files are erased; 0: nothing is taped
	Max  int64         // bytes of all files together
}

// SIP is the signalling part of a node file.
type SIP struct {
	Domain     string // realm of the agents' softphones
	Listen     []Listen
	Advertise  string            // public host or address, when behind NAT; empty: as bound
	Advertise6 string            // address for far ends of IPv6; empty: Advertise if that is a name, else as bound
	Digest     []DigestAlgorithm // challenges offered, preferred first
	TLS        TLS
	DNS        []netip.AddrPort // name servers to ask; empty: the machine's
	Origins    []string         // web origins that may open a WebSocket, beside the page's own host
	// SessionExpires is the interval of session timers (RFC 4028); 0: none. MinSE is the shortest granted.
	SessionExpires time.Duration
	MinSE          time.Duration
	Register       Registrations
	Guard          Guard
	ACL            ACL
	Trace          Trace
	HEP            HEP
}

// Listen is one SIP listener.
type Listen struct {
	Transport Transport
	Host      string // a name or an address; an IPv6 address has no brackets
	Port      uint16
}

// Addr is host:port as net.Listen takes it.
func (l Listen) Addr() string { return net.JoinHostPort(l.Host, strconv.Itoa(int(l.Port))) }

// String is the listener as the node file writes it.
func (l Listen) String() string { return l.Transport.String() + "://" + l.Addr() }

// TLS are the files of a listener's certificate; empty where there is none.
type TLS struct {
	Cert     string
	Key      string
	ClientCA string // signs the certificates that far ends may show, and trunks with a tls_name must (SIP only)
	ServerCA string // signs those of the servers we connect to; empty: the machine's roots (SIP only)

	at pos
}

// Set reports whether there is a certificate.
func (t TLS) Set() bool { return t.Cert != "" }

// Wrong is the problem of a file that it names.
func (t TLS) Wrong(words, right string) Problem {
	return Problem{File: t.at.File, Line: t.at.Line, Column: t.at.Column, Wrong: words, Right: right}
}

// Media is the sound part of a node file.
type Media struct {
	Listen     netip.Addr
	Advertise  netip.Addr // invalid: Listen
	Listen6    netip.Addr // for legs of IPv6, where Listen is of IPv4; invalid: there are none
	Advertise6 netip.Addr // invalid: Listen6
	First      uint16     // first even RTP port
	Last       uint16     // last odd RTCP port
	RTPTimeout time.Duration
	IO         media.IO // how sockets are read and written
}

// HTTP is the web part of a node file.
type HTTP struct {
	Listen string // host:port
	TLS    TLS
	// TrustedProxies are reverse proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
}

// Storage is where records and recordings go.
type Storage struct {
	Database   DatabaseKind
	DSN        Secret // of PostgreSQL; empty for SQLite
	Recordings RecordingsKind
	S3         S3 // where the bucket is; of RecordingS3
	// RecordingKeys encrypt recordings; nil: they are plain.
	RecordingKeys *seal.KeyFile
	// RecordingsMax bounds the recordings folder; 0: none but the disk.
	RecordingsMax int64
	// Opus has ended recordings kept as Opus in Ogg, which takes a build with the tag opus.
	Opus        bool
	AnalysisCPU float64 // the share of a core that looking through recordings may take
}

// Speech is what renders texts of flows (text-to-speech).
type Speech struct {
	Command []string          // a program and its arguments; nil: none
	URL     string            // a service; empty: none
	Headers map[string]Secret // for the service
	Voices  map[string]string // the engine's voice by language, where a text names none
	Timeout time.Duration     // of one text
	AtOnce  int               // texts at a time
	Cache   int64             // bytes of what is kept of rendered texts
	// Of texts with values, which are rendered in calls.
	CallsAtOnce int
	CallsCache  int64
}

// On reports whether texts can be rendered.
func (s Speech) On() bool { return len(s.Command) > 0 || s.URL != "" }

// Log is how the node logs.
type Log struct {
	Level  LogLevel
	Format LogFormat
}
