package sip

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"hotline/call"
	"hotline/sip/guard"
	"hotline/sip/hep"
	"hotline/sip/locate"
	"hotline/sip/trace"
	"hotline/sip/transport"
)

// Transport is how a SIP message travels (RFC 3261 section 18, RFC 7118).
type Transport = transport.Transport

// The transports.
const (
	UDP = transport.UDP
	TCP = transport.TCP
	TLS = transport.TLS
	WS  = transport.WS
	WSS = transport.WSS
)

// Listen is one socket to listen on. Port 0 takes any free port (tests).
type Listen struct {
	Transport Transport
	Addr      netip.AddrPort
}

// Options is what a node's signalling needs to know, apart from its site. Zero
// values take the defaults named here.
type Options struct {
	Domain string   // realm and domain of the phones' addresses
	Listen []Listen // at least one
	// Advertise is the host that Via and Contact show; "" is the listener's address. An
	// IPv4 address is shown to far ends of IPv4 only; Advertise6 is for those of IPv6.
	Advertise  string
	Advertise6 string
	Digest     []string // challenge algorithms, preferred first: SHA-256, MD5; MD5 when empty
	UserAgent  string   // Server and User-Agent header; "" sends none

	// TLS serves the TLS listeners, and gives the certificate for connections of ours; nil without any.
	TLS *tls.Config
	// Roots verify the far ends we connect to by TLS; nil is the machine's.
	Roots func() *x509.CertPool
	// Origins are the web origins (host patterns) whose pages may open a WebSocket, beside the one the page
	// came from; "*" is any.
	Origins []string
	// DNS finds the servers of names (RFC 3263); zero asks as the machine does.
	DNS locate.Options

	// Bearers know the tokens that the pages of this node show; nil: there are none.
	Bearers Bearers

	// DigestKey keys the nonces, so that they outlive a restart; nil makes one.
	DigestKey []byte

	Timers Timers
	Limits Limits
	// Guard is who may send how much, and who is banned for what; Changed in it is not used, the Vault is told.
	Guard guard.Options
	// Scanners are pieces of User-Agent, in lower case, of programs that look for servers to misuse; nil is
	// the list of those known (KnownScanners).
	Scanners []string
	// Trace bounds what is kept of calls' messages; HEP says where copies of all messages go.
	Trace trace.Options
	HEP   hep.Options

	// MakesOpus tells that this node encodes Opus, so that it takes calls that offer nothing else.
	MakesOpus bool

	// Workers is the number of goroutines that own calls; 4 when zero.
	Workers int
}

// Timers are the protocol's times. Zero values take the defaults.
type Timers struct {
	T1         time.Duration // round trip estimate, 500ms (RFC 3261 17.1.1.1)
	T2         time.Duration // longest retransmission interval, 4s
	T4         time.Duration // longest life of a message in the network, 5s
	C          time.Duration // how long an INVITE that is passed on may ring, 181s (RFC 3261 16.6 step 11)
	NoResponse time.Duration // a phone that answers an INVITE with nothing at all is unreachable, 4s
	Health     time.Duration // between two OPTIONS to a phone or trunk, 30s; negative sends none
	MinExpires time.Duration // shortest registration taken, 60s
	MaxExpires time.Duration // longest registration granted, 1h
	Expires    time.Duration // granted to a phone that asks for no time, MaxExpires
	Flow       time.Duration // how often a phone keeps a connection alive by which alone it is rung (RFC 5626), 2m
	IdleTCP    time.Duration // a connection on which nothing came for so long is closed, 10m
	Handshake  time.Duration // of TLS and WebSocket, 10s
	Ping       time.Duration // between two pings of a WebSocket, 30s
	Session    time.Duration // session interval asked for, and granted at most (RFC 4028), 30m; negative: no session timers
	MinSession time.Duration // shortest one granted, 90s, which is also the least
}

// Limits bound what others can make this node hold. Zero values take the defaults.
type Limits struct {
	Transactions int // concurrent transactions, 200,000; a quarter of it for all who are no peers
	Legs         int // concurrent legs, 20,000
	Relays       int // requests on their way from phone to phone, 10,000
	Bindings     int // live contacts of one phone, 10
	Connections  int // connections, 4,096; a quarter of it per source that is no peer, three quarters for all of these
}

// Site is what sip needs of a site revision. It is not changed after SetSite.
type Site struct {
	Trunks   []Trunk
	Accounts []Account
	Passage  Passage

	users map[string]*Account // of Accounts, made by SetSite
	forms map[int]bool        // of their names; see form
}

// Account is a phone that may register and call: a desk or an agent with a password (话机).
type Account struct {
	User     string
	Password string
	Codecs   []call.Codec // allowed, preferred first; PCMA and PCMU when empty
	Devices  int          // contacts it may have at a time; 0: Limits.Bindings
	SRTP     call.Encryption
	// Unreliable tells that it can do 100rel in name only: provisional responses to it are reliable where it requires so.
	Unreliable bool
}

// spoken are the codecs of the account's calls.
func (a *Account) spoken() []call.Codec {
	if len(a.Codecs) > 0 {
		return a.Codecs
	}
	return []call.Codec{call.CodecPCMA, call.CodecPCMU}
}

func (t Timers) withDefaults() Timers {
	def(&t.T1, 500*time.Millisecond)
	def(&t.T2, 4*time.Second)
	def(&t.T4, 5*time.Second)
	def(&t.C, timerC)
	def(&t.NoResponse, 4*time.Second)
	def(&t.Health, 30*time.Second)
	def(&t.MinExpires, time.Minute)
	def(&t.MaxExpires, time.Hour)
	def(&t.Expires, t.MaxExpires)
	def(&t.Flow, 2*time.Minute)
	def(&t.IdleTCP, 10*time.Minute)
	def(&t.Handshake, 10*time.Second)
	def(&t.Ping, 30*time.Second)
	def(&t.Session, 30*time.Minute)
	t.MinSession = max(t.MinSession, minSE)
	if t.Session > 0 {
		t.Session = max(t.Session, t.MinSession)
	}
	return t
}

func (l Limits) withDefaults() Limits {
	def(&l.Transactions, 200_000)
	def(&l.Legs, 20_000)
	def(&l.Relays, 10_000)
	def(&l.Bindings, 10)
	def(&l.Connections, 4_096)
	return l
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// withDefaults completes the options or tells what is wrong with them (CodeInvalid).
func (o Options) withDefaults() (Options, error) {
	if o.Domain == "" {
		return o, call.Errorf(call.CodeInvalid, "sip.domain is empty; it is the realm of the phones")
	}
	if len(o.Listen) == 0 {
		return o, call.Errorf(call.CodeInvalid, "sip.listen is empty; give at least one address such as udp://0.0.0.0:5060")
	}
	for _, l := range o.Listen {
		switch {
		case !l.Addr.IsValid():
			return o, call.Errorf(call.CodeInvalid, "sip.listen has an address that is none")
		case l.Transport == TLS && o.TLS == nil:
			return o, call.Errorf(call.CodeInvalid, "sip.listen has %s, and sip.tls names no certificate", l)
		case l.Transport.Socket():
			return o, call.Errorf(call.CodeInvalid, "sip.listen has %s; WebSockets come to the HTTP listener", l)
		}
	}
	if len(o.Digest) == 0 {
		o.Digest = []string{"MD5"}
	}
	if o.Scanners == nil {
		o.Scanners = KnownScanners()
	}
	def(&o.Workers, 4)
	o.Timers = o.Timers.withDefaults()
	o.Limits = o.Limits.withDefaults()
	return o, nil
}

// account finds a phone's account.
func (s *Site) account(user string) *Account { return s.users[user] }

// index makes account quick: it is asked for at every REGISTER and every call.
func (s *Site) index() {
	s.users = make(map[string]*Account, len(s.Accounts))
	s.forms = map[int]bool{}
	for i := range s.Accounts {
		s.users[s.Accounts[i].User] = &s.Accounts[i]
		s.forms[form(s.Accounts[i].User)] = true
	}
}

// form is what names of one kind have in common: how many digits they have; 0 for those with anything else in them.
func form(user string) int {
	if strings.Trim(user, "0123456789") != "" {
		return 0
	}
	return len(user)
}

// couldBeAccount tells that a name is of the form that some account has, whether there is one of that name or not.
func (s *Site) couldBeAccount(user string) bool {
	return s.users[user] != nil || s.forms[form(user)] && !strings.EqualFold(user, "anonymous")
}

// scan64 is the time after which RFC 3261 gives up waiting for the far end.
func (t Timers) scan64() time.Duration { return 64 * t.T1 }

func (l Listen) String() string { return fmt.Sprintf("%s://%s", l.Transport, l.Addr) }
