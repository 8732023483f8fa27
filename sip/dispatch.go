package sip

import (
	"hash/fnv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/zap"

	"hotline/sip/guard"
)

// request is one request as it came in.
type request struct {
	*sip.Request
	raw      rawMessage
	text     string
	hop      hop
	received time.Time
	key      txKey
	callID   string
	fromTag  string
	toTag    string
	fault    *reply // what is wrong with it, when it parsed but can't be served
	unserved *reply // what it wants and this node can't do, which matters where the request ends here
}

// response is one response as it came in.
type response struct {
	*sip.Response
	raw      rawMessage
	text     string
	hop      hop
	received time.Time
}

// mergeKey tells that two INVITEs are one that was forked on its way (RFC 3261 8.2.2.2).
type mergeKey struct {
	callID, fromTag string
	cseq            uint32
}

func (r *request) method() string { return r.key.method }

func (r *request) seq() uint32 { return r.CSeq().SeqNo }

func (r *request) mergeKey() mergeKey { return mergeKey{r.callID, r.fromTag, r.seq()} }

// receive takes one whole message from the wire to its worker. It runs on the
// socket's reader, so messages of one source keep their order.
func (s *Server) receive(h hop, data []byte) {
	text := string(data)
	msg, err := s.parser.ParseSIP(data)
	if err != nil || msg == nil {
		s.malformed(h, data, "can't be parsed")
		return
	}
	switch m := msg.(type) {
	case *sip.Request:
		r, why := s.readRequest(h, m, text)
		if r == nil {
			s.malformed(h, data, why)
			return
		}
		if s.guard.scanning(r) {
			return
		}
		if c := h.conn; c != nil && len(c.proved) > 0 {
			s.reuse(c, r)
		}
		s.workerFor(r).box.putWire(item{req: r})
	case *sip.Response:
		raw := readRaw(text)
		if !whole(m) {
			s.refused("malformed")
			return
		}
		r := &response{Response: m, raw: raw, text: text, hop: h, received: time.Now()}
		s.workers[s.shard(raw.get("call-id"))].box.putWire(item{res: r})
	}
}

// reuse lets requests of ours go back by the connection a request came by, if its Via
// asks for that (RFC 5923).
func (s *Server) reuse(c *conn, r *request) {
	via := r.raw.get("via")
	via = via[:endOfValue(via, ',')]
	if _, ok := paramOf(via, "alias"); ok {
		host, port := sentBy(via)
		s.conns.reuse(c, strings.ToLower(host), port)
	}
}

// whole tells that a response has what every handler of responses relies on (RFC 3261 8.1.1, 8.2.6.2).
func whole(m *sip.Response) bool {
	return m.CallID() != nil && m.CSeq() != nil && m.Via() != nil && m.From() != nil && m.To() != nil &&
		m.StatusCode >= 100 && m.StatusCode <= 699
}

// survive keeps one message from the wire from ending every call of the node:
// a panic while it is handled is a fault of ours, told with its stack and
// counted, and costs that message only.
func (s *Server) survive() {
	if p := recover(); p != nil {
		s.refused("fault")
		s.log.Error("a SIP message was dropped, handling it failed", zap.Any("panic", p), zap.Stack("stack"))
	}
}

// take receives a message from a socket's reader.
func (s *Server) take(h hop, data []byte) {
	defer s.survive()
	s.receive(h, data)
}

// workerFor chooses a request's owner: by Call-ID, but one for all REGISTERs.
func (s *Server) workerFor(r *request) *worker {
	if r.Method == "REGISTER" {
		return s.workers[0]
	}
	return s.workers[s.shard(r.callID)]
}

// shard maps a Call-ID to a worker's index.
func (s *Server) shard(callID string) int {
	h := fnv.New32a()
	h.Write([]byte(callID))
	return int(h.Sum32() % uint32(len(s.workers)))
}

// readRequest takes from a parsed request what every handler needs. nil means
// it lacks what even a response needs; why says what.
func (s *Server) readRequest(h hop, m *sip.Request, text string) (r *request, why string) {
	r = &request{Request: m, raw: readRaw(text), text: text, hop: h, received: time.Now()}
	// The method as it came: sipgo writes it in capitals, but methods are case-sensitive (RFC 3261 7.1).
	method, _, _ := strings.Cut(r.raw.start, " ")
	m.Method = sip.RequestMethod(method)
	via, cseq := m.Via(), m.CSeq()
	switch {
	case via == nil || via.Host == "" && r.raw.get("via") == "":
		return nil, "no Via"
	case cseq == nil:
		return nil, "no CSeq"
	case m.CallID() == nil || r.raw.get("call-id") == "":
		return nil, "no Call-ID"
	case m.From() == nil || m.To() == nil:
		return nil, "no From or To"
	}
	r.callID = r.raw.get("call-id")
	r.fromTag, _ = param(m.From().Params, "tag")
	r.toTag, _ = param(m.To().Params, "tag")
	r.key = keyOf(r, via)
	r.fault, r.unserved = inspect(r), beyond(r)
	return r, ""
}

// keyOf makes a request's transaction key. An ACK has its INVITE's.
func keyOf(r *request, via *sip.ViaHeader) txKey {
	method := string(r.Method)
	branch, _ := param(via.Params, "branch")
	if !strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) {
		branch = strings.Join([]string{r.callID, r.fromTag, r.raw.get("cseq"), r.raw.get("via"), r.Recipient.String()}, "\x00")
		branch = strings.ReplaceAll(strings.ReplaceAll(branch, " ACK", ""), " INVITE", "")
	}
	k := txKey{branch: branch, sentBy: hostPort(via.Host, uint16(via.Port)), method: method}
	if method == "ACK" {
		k.method = "INVITE"
	}
	return k
}

// malformed answers what can't be parsed with 400, as far as the pieces allow,
// and never more than once for a message: there is no transaction.
func (s *Server) malformed(h hop, data []byte, why string) {
	s.refused("malformed")
	s.guard.offend(h, guard.Malformed)
	s.log.Debug("malformed message", zap.Stringer("from", h.addr), zap.String("why", why), zap.Int("bytes", len(data)))
	raw := readRaw(string(data))
	method, rest, _ := strings.Cut(raw.start, " ")
	if strings.HasPrefix(strings.ToUpper(method), "SIP/") || method == "" || method == "ACK" || !raw.has("via") {
		return // a response, or nothing that could be answered
	}
	status := malformedStatus(rest)
	e := echoOf(&raw, h)
	e.toTag, e.plain = s.newTag(), !s.guard.known(h.addr.Addr())
	s.met.answered(method, status)
	if err := replyHop(raw.get("via"), h).send(e.write(s, reply{status: status})); err != nil {
		s.sendFailed(h, err)
	}
}

// malformedStatus chooses the answer to a request that can't be parsed, by what
// follows the method in its start line.
func malformedStatus(rest string) int {
	uri, version, _ := strings.Cut(rest, " ")
	switch scheme, _, ok := strings.Cut(uri, ":"); {
	case strings.HasPrefix(version, "SIP/") && strings.TrimSpace(version) != "SIP/2.0":
		return 505
	case ok && version == "SIP/2.0" && scheme != "sip" && scheme != "sips" && !strings.HasPrefix(scheme, "<"):
		return 416
	}
	return 400
}
