package config

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"hotline/media"
)

// LoadNode reads a node file from the disk. Its relative paths count from its
// own folder. The error is Problems when the file is at fault.
func LoadNode(file string) (*Node, error) {
	n, err := loadNode(file)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// LoadNodeFS reads a node file from a file system, as Example. Its site folder
// lies in the same file system; its data folder counts from the working directory.
func LoadNodeFS(fsys fs.FS, file string) (*Node, error) {
	n, err := loadNodeFS(fsys, file)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// loadNode is LoadNode, but for a file with mistakes it also gives what could be read.
func loadNode(file string) (*Node, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("node file: %w", err)
	}
	return placedNode(file, content)
}

// ReadNode reads a node file's content as if it lay where file says.
func ReadNode(file string, content []byte) (*Node, error) {
	n, err := placedNode(file, content)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// placedNode reads a node file; its paths count from its folder.
func placedNode(file string, content []byte) (*Node, error) {
	n, err := readNode(file, content, nil)
	if n == nil {
		return nil, err
	}
	dir := filepath.Dir(file)
	for _, p := range []*string{&n.Data, &n.Site, &n.SIP.TLS.Cert, &n.SIP.TLS.Key, &n.SIP.TLS.ClientCA, &n.SIP.TLS.ServerCA, &n.HTTP.TLS.Cert, &n.HTTP.TLS.Key} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	return n, err
}

// loadNodeFS is LoadNodeFS, but for a file with mistakes it also gives what could be read.
func loadNodeFS(fsys fs.FS, file string) (*Node, error) {
	content, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("node file: %w", err)
	}
	n, err := readNode(file, content, nil)
	if n == nil {
		return nil, err
	}
	n.fsys = fsys
	if n.Site != "" {
		n.Site = path.Join(path.Dir(file), n.Site)
	}
	return n, err
}

// readNode reads a node file's content; file is shown in problems. The node is nil
// only when nothing of it could be read.
func readNode(file string, content []byte, getenv func(string) (string, bool)) (*Node, error) {
	docs, problems := parse(file, content)
	r := newReader(getenv)
	r.problems = problems
	if len(docs) != 1 {
		if len(problems) == 0 {
			r.wrong(pos{File: file, Line: 1, Column: 1}, fmt.Sprintf("the node file has %d documents", len(docs)), "one, as in the shipped example")
		}
		return nil, r.err()
	}
	n := &Node{File: file}
	n.read(r.fields(docs[0], "the node file"))
	return n, r.err()
}

// read fills the node from the file's top level.
func (n *Node) read(f *fields) {
	n.readNode(f.section("node", true))
	n.readSIP(f.section("sip", true))
	n.readMedia(f.section("media", true))
	n.readHTTP(f.section("http", true))
	n.readStorage(f.section("storage", false))
	n.Site = f.mustWord("site").Value
	n.readLog(f.section("log", false))
	n.Speech = readSpeech(f.section("speech", false))
	f.close()
	n.portsApart(f)
}

// portsApart reports a SIP listener within the RTP range: one of the two could not have it.
func (n *Node) portsApart(f *fields) {
	for _, l := range n.SIP.Listen {
		if l.Transport == UDP && l.Port >= n.Media.First && l.Port <= n.Media.Last && l.Port != 0 {
			at := f.got["media"].scalarAt("ports").at
			f.r.wrong(at, fmt.Sprintf("ports hold the port of %s", l), "a range apart from the listeners")
		}
	}
}

// section opens a mapping within a mapping; an absent one reads as empty.
func (f *fields) section(key string, needed bool) *fields {
	v := f.get(key)
	if v == nil {
		if needed && f.got[key] == nil && f.kind == kindMap {
			f.r.wrong(f.at, fmt.Sprintf("%s has no %s", f.what, key), "the key is needed")
		}
		return &fields{r: f.r, what: key, at: f.at}
	}
	return f.r.fields(v, key)
}

func (n *Node) readNode(f *fields) {
	n.Name = f.name().Value
	n.Data = f.text("data", "./data")
	n.MaxCalls = f.integer("max_calls", 0, 0, 1_000_000)
	n.Tape = f.section("tape", false).tape()
	f.close()
}

// The tape that a node keeps unless it is told otherwise.
const (
	tapeKeep  = 24 * time.Hour
	tapeMax   = 1 << 30
	tapeLeast = 16 << 20
)

func (f *fields) tape() Tape {
	t := Tape{Keep: f.duration("keep", tapeKeep, 0), Max: f.size("max", tapeMax, tapeLeast)}
	f.close()
	return t
}

func (n *Node) readSIP(f *fields) {
	n.SIP.Domain = f.hostname("domain")
	seen := map[Listen]bool{}
	for _, w := range f.words("listen") {
		l, ok := f.r.listen(w)
		if ok && seen[l] {
			f.r.wrong(w.Pos, fmt.Sprintf("%s is there twice", l), "each listener once")
		}
		if ok {
			n.SIP.Listen = append(n.SIP.Listen, l)
		}
		seen[l] = true
	}
	if f.kind == kindMap && f.got["listen"] == nil {
		f.r.wrong(f.at, "sip has no listen", "as [udp://127.0.0.1:5060, tcp://127.0.0.1:5060]")
	}
	n.readAdvertise(f)
	n.SIP.Digest = f.digest("digest")
	n.SIP.TLS = f.tls("tls", true)
	n.readSession(f)
	n.SIP.Register = f.section("register", false).register()
	for _, l := range n.SIP.Listen {
		if l.Transport == TransportTLS && f.got["tls"] == nil {
			f.r.wrong(f.got["listen"].at, fmt.Sprintf("%s has no certificate", l), "sip.tls: {cert: FILE, key: FILE}")
		}
	}
	n.SIP.DNS = f.servers("dns")
	for _, w := range f.words("origins") {
		n.SIP.Origins = append(n.SIP.Origins, w.Value)
	}
	n.readGuard(f)
	f.close()
}

// leastSE is the shortest session interval there may be (RFC 4028 section 4).
const leastSE = 90 * time.Second

// readSession reads the session timers.
func (n *Node) readSession(f *fields) {
	n.SIP.SessionExpires = f.duration("session_expires", 30*time.Minute, 0)
	n.SIP.MinSE = f.duration("min_se", leastSE, leastSE)
	if v := f.get("session_expires"); v != nil && n.SIP.SessionExpires > 0 && n.SIP.SessionExpires < n.SIP.MinSE {
		f.r.wrong(v.at, fmt.Sprintf("session_expires is %s", short(n.SIP.SessionExpires)),
			fmt.Sprintf("at least min_se, %s, or 0s for no session timers", short(n.SIP.MinSE)))
	}
}

// readAdvertise takes one host, or an address of each family.
func (n *Node) readAdvertise(f *fields) {
	v := f.get("advertise")
	if v == nil || v.kind != kindList {
		n.SIP.Advertise = f.host("advertise")
		return
	}
	for _, w := range f.words("advertise") {
		a, err := netip.ParseAddr(w.Value)
		switch {
		case err != nil:
			f.r.wrong(w.Pos, fmt.Sprintf("advertise %q is no address", clip(w.Value)), "one host, or an address of IPv4 and one of IPv6")
		case a.Is4() && n.SIP.Advertise == "":
			n.SIP.Advertise = w.Value
		case a.Is6() && n.SIP.Advertise6 == "":
			n.SIP.Advertise6 = w.Value
		default:
			f.r.wrong(w.Pos, fmt.Sprintf("advertise %s is the second address of its family", a), "one of IPv4 and one of IPv6")
		}
	}
}

// servers gives name servers; their port may be left out.
func (f *fields) servers(key string) (out []netip.AddrPort) {
	for _, w := range f.words(key) {
		if a, err := netip.ParseAddr(w.Value); err == nil {
			out = append(out, netip.AddrPortFrom(a, 53))
			continue
		}
		ap, err := netip.ParseAddrPort(w.Value)
		if err != nil || ap.Port() == 0 {
			f.r.wrong(w.Pos, fmt.Sprintf("name server %q is no address", clip(w.Value)), "as 192.0.2.53 or [2001:db8::53]:5353")
			continue
		}
		out = append(out, ap)
	}
	return out
}

// hostname gives a domain name that has to be there.
func (f *fields) hostname(key string) string {
	w := f.mustWord(key)
	if w.Value != "" && !isHost(w.Value) {
		f.r.wrong(w.Pos, fmt.Sprintf("%s %q is no host name", key, clip(w.Value)), "as hotline.local")
	}
	return w.Value
}

// host gives an optional host name or address; an empty text is none.
func (f *fields) host(key string) string {
	v := f.get(key)
	s, ok := f.r.scalar(v, key)
	if ok && s != "" && !isHost(s) {
		f.r.wrong(v.at, fmt.Sprintf("%s %q is no host", key, clip(s)), "a host name or an address, without port")
	}
	return s
}

// isHost reports whether s is an address or a name as DNS has them.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// listen reads transport://host:port.
func (r *reader) listen(w word) (Listen, bool) {
	const right = "as udp://127.0.0.1:5060; udp, tcp or tls"
	scheme, rest, ok := strings.Cut(w.Value, "://")
	host, port, err := net.SplitHostPort(rest)
	if !ok || err != nil {
		r.wrong(w.Pos, fmt.Sprintf("listener %q is no transport://host:port", clip(w.Value)), right)
		return Listen{}, false
	}
	p, err := strconv.ParseUint(port, 10, 16)
	if err != nil || (host != "" && !isHost(host)) {
		r.wrong(w.Pos, fmt.Sprintf("listener %q has no host and port", clip(w.Value)), right)
		return Listen{}, false
	}
	for i, t := range transports {
		if t == scheme {
			return Listen{Transport(i), host, uint16(p)}, true
		}
	}
	r.wrong(w.Pos, fmt.Sprintf("transport %q is unknown", clip(scheme)), right)
	return Listen{}, false
}

// digest gives the challenge algorithms; MD5 alone where none are said, as old phones know no other.
func (f *fields) digest(key string) []DigestAlgorithm {
	if f.got[key] == nil {
		f.asked = append(f.asked, key)
		return []DigestAlgorithm{DigestMD5}
	}
	var out []DigestAlgorithm
	seen := map[string]bool{}
	for _, w := range f.words(key) {
		if seen[w.Value] {
			f.r.wrong(w.Pos, fmt.Sprintf("digest %s is there twice", clip(w.Value)), "each algorithm once, preferred first")
		}
		seen[w.Value] = true
		out = append(out, nameOf(f.r, w, "digest", digestAlgorithms, DigestMD5))
	}
	if v := f.got[key]; v.kind == kindList && len(v.list) == 0 {
		f.r.wrong(v.at, "digest is an empty list", "as [MD5] or [SHA-256, MD5]")
	}
	return out
}

// tls gives the files of a certificate: both or neither.
func (f *fields) tls(key string, clients bool) TLS {
	v := f.get(key)
	if v == nil {
		return TLS{}
	}
	t := f.r.fields(v, key)
	out := TLS{Cert: t.mustWord("cert").Value, Key: t.mustWord("key").Value, at: v.at}
	if clients {
		out.ClientCA = t.text("client_ca", "")
		out.ServerCA = t.text("server_ca", "")
	}
	t.close()
	return out
}

func (n *Node) readMedia(f *fields) {
	n.Media.Listen, n.Media.Listen6 = f.addresses("listen", true)
	n.Media.Advertise, n.Media.Advertise6 = f.addresses("advertise", false)
	if n.Media.Advertise6.IsValid() && !n.Media.Listen6.IsValid() {
		f.r.wrong(f.got["advertise"].at, "advertise has a second address and listen has none", "one for each address listened on")
	}
	n.Media.First, n.Media.Last = f.ports("ports")
	n.Media.RTPTimeout = f.duration("rtp_timeout", time.Minute, time.Second)
	n.Media.IO = oneOf(f, "io", []string{media.IOAuto.String(), media.IOURing.String(), media.IOEpoll.String()}, media.IOAuto)
	f.close()
}

// addresses gives an IP address, or of a list one of IPv4 and one of IPv6.
func (f *fields) addresses(key string, needed bool) (first, six netip.Addr) {
	v := f.got[key]
	if v == nil || v.kind != kindList {
		return f.address(key, needed), netip.Addr{}
	}
	for _, w := range f.words(key) {
		a, err := netip.ParseAddr(w.Value)
		switch {
		case err != nil:
			f.r.wrong(w.Pos, fmt.Sprintf("%s %q is no address", key, clip(w.Value)), "an IP address, as 127.0.0.1")
		case a.Is4() && !first.IsValid():
			first = a
		case a.Is6() && !six.IsValid():
			six = a
		default:
			f.r.wrong(w.Pos, fmt.Sprintf("%s %s is the second address of its family", key, a), "one of IPv4 and one of IPv6")
		}
	}
	if !first.IsValid() {
		if !six.IsValid() && len(v.list) == 0 {
			f.r.wrong(v.at, key+" is an empty list", "as [0.0.0.0, \"::\"]")
		}
		return six, netip.Addr{}
	}
	return first, six
}

// address gives an IP address.
func (f *fields) address(key string, needed bool) netip.Addr {
	v := f.get(key)
	if needed {
		f.must(key)
	}
	s, ok := f.r.scalar(v, key)
	if !ok || (s == "" && !needed) {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		f.r.wrong(v.at, fmt.Sprintf("%s %q is no address", key, clip(s)), "an IP address, as 127.0.0.1")
	}
	return a
}

// ports gives first-last of the RTP range: at least one even port and the odd one above it.
func (f *fields) ports(key string) (first, last uint16) {
	const right = "as 20000-29999, the first one even"
	w := f.mustWord(key)
	if w.Value == "" {
		return 0, 0
	}
	from, to, ok := strings.Cut(w.Value, "-")
	a, err1 := strconv.ParseUint(strings.TrimSpace(from), 10, 16)
	b, err2 := strconv.ParseUint(strings.TrimSpace(to), 10, 16)
	switch {
	case !ok || err1 != nil || err2 != nil:
		f.r.wrong(w.Pos, fmt.Sprintf("ports %q is no range", clip(w.Value)), right)
	case a < 1024:
		f.r.wrong(w.Pos, fmt.Sprintf("ports begin at %d", a), "at 1024 or above")
	case a%2 == 1:
		f.r.wrong(w.Pos, fmt.Sprintf("ports begin at %d", a), "at an even port: RTP is on it, RTCP on the odd one above")
	case b < a+1:
		f.r.wrong(w.Pos, fmt.Sprintf("ports %q hold no even port with the odd one above", clip(w.Value)), right)
	case b%2 == 0:
		f.r.wrong(w.Pos, fmt.Sprintf("ports end at %d", b), "at an odd port: a leg takes an even one and the odd one above")
	default:
		return uint16(a), uint16(b)
	}
	return 0, 0
}

func (n *Node) readHTTP(f *fields) {
	w := f.mustWord("listen")
	n.HTTP.Listen = w.Value
	if w.Value != "" {
		host, port, err := net.SplitHostPort(w.Value)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || (host != "" && !isHost(host)) {
			f.r.wrong(w.Pos, fmt.Sprintf("listen %q is no host:port", clip(w.Value)), "as 127.0.0.1:8080")
		}
	}
	n.HTTP.TLS = f.tls("tls", false)
	n.HTTP.TrustedProxies = f.prefixes("trusted_proxies")
	f.close()
}

func (n *Node) readLog(f *fields) {
	n.Log.Level = oneOf(f, "level", logLevels, LogInfo)
	n.Log.Format = oneOf(f, "format", logFormats, LogConsole)
	f.close()
}
