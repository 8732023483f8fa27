package web

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

// Wire shows what was said on the wire.
type Wire interface {
	// SIP gives a call's messages, secrets hidden; call.CodeNotFound if none are kept.
	SIP(context.Context, call.ID) (SIPTrace, error)
}

// SIPTrace is what is kept of a call's SIP messages, of all its legs.
type SIPTrace struct {
	Call     call.ID      `json:"call"`
	Messages []SIPMessage `json:"messages" doc:"in the order in which they passed"`
	Lost     int          `json:"lost" doc:"messages that were let go, of the middle of long dialogs"`
	Ladder   string       `json:"ladder" doc:"the same for reading: a line for each message"`
	Mermaid  string       `json:"mermaid" doc:"the same as a mermaid sequence diagram"`
}

// SIPMessage is one message. Credentials, keys and digits are stars; for who sees no callers' numbers these are, too.
type SIPMessage struct {
	At        call.Stamp     `json:"at"`
	Time      time.Time      `json:"-"` // to the microsecond, for pcap
	Sent      bool           `json:"sent" doc:"by this node"`
	Transport string         `json:"transport" enum:"udp,tcp,tls,ws,wss"`
	From      netip.AddrPort `json:"from"`
	To        netip.AddrPort `json:"to"`
	Summary   string         `json:"summary" example:"180 Ringing (INVITE)"`
	SIPCallID string         `json:"sip_call_id"`
	Text      string         `json:"text"`
}

type sipOut struct{ Body SIPTrace }

// callSIP is a call's SIP ladder.
func (s *Server) callSIP(ctx context.Context, in *callIn) (*sipOut, error) {
	t, err := s.traceFor(ctx, in.ID, "call.sip")
	if err != nil {
		return nil, err
	}
	t.Ladder, t.Mermaid = ladder(t.Messages), mermaid(t.Messages)
	return &sipOut{Body: t}, nil
}

// traceFor finds what the identity may see of a call's messages.
func (s *Server) traceFor(ctx context.Context, callID, action string) (SIPTrace, error) {
	id := who(ctx)
	if id.may(seeWire) == nobody {
		return SIPTrace{}, forbidden("see what was said on the wire")
	}
	r, _, err := s.callFor(ctx, callID, seeCalls, "see this call")
	if err != nil {
		return SIPTrace{}, err
	}
	t, err := s.b.Wire.SIP(ctx, call.ID(callID))
	if err != nil {
		return SIPTrace{}, s.fail(err)
	}
	masked := !id.overCall(seeNumbers, concerned(&r), s.teams())
	for i := range t.Messages {
		m := &t.Messages[i]
		if masked {
			m.Text, m.SIPCallID = maskSIP(m.Text), maskWords(m.SIPCallID)
		}
		m.Summary = summary(m.Text)
	}
	s.audit(ctx, action, callID, "")
	return t, nil
}

// summary is a message in a few words.
func summary(text string) string {
	start, _, _ := strings.Cut(text, "\n")
	start = strings.TrimSpace(start)
	if rest, ok := strings.CutPrefix(start, "SIP/2.0 "); ok {
		if _, method, ok := strings.Cut(headerOf(text, "cseq"), " "); ok {
			return rest + " (" + method + ")"
		}
		return rest
	}
	out := strings.TrimSuffix(start, " SIP/2.0")
	if _, body, ok := strings.Cut(text, "\r\n\r\n"); ok && strings.HasPrefix(body, "v=0") {
		out += " +SDP"
	}
	return out
}

// headerOf is the first field of a name; "" when there is none.
func headerOf(text, name string) string {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// ladder writes messages as lines: when, who, which way, what.
func ladder(all []SIPMessage) string {
	var b strings.Builder
	width := 0
	for i := range all {
		width = max(width, len(all[i].far().String()))
	}
	for i := range all {
		m := &all[i]
		arrow := "───►"
		if m.Sent {
			arrow = "◄───"
		}
		fmt.Fprintf(&b, "%s  %-*s  %s  hotline  %-4s %s\n", m.Time.UTC().Format("15:04:05.000000"), width, m.far(), arrow, m.Transport, m.Summary)
	}
	return b.String()
}

func (m *SIPMessage) far() netip.AddrPort {
	if m.Sent {
		return m.To
	}
	return m.From
}

// mermaid writes messages as a sequence diagram.
func mermaid(all []SIPMessage) string {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	names := map[netip.AddrPort]string{}
	for i := range all {
		far := all[i].far()
		if names[far] == "" {
			names[far] = "p" + strconv.Itoa(len(names)+1)
			fmt.Fprintf(&b, "  participant %s as %s\n", names[far], far)
			if len(names) == 1 {
				b.WriteString("  participant hotline\n")
			}
		}
	}
	for i := range all {
		m := &all[i]
		from, to := names[m.far()], "hotline"
		if m.Sent {
			from, to = to, from
		}
		fmt.Fprintf(&b, "  %s->>%s: %s\n", from, to, strings.NewReplacer(";", "#59;", "#", "#35;").Replace(m.Summary))
	}
	return b.String()
}

// callPCAP is the same as a capture file, with IP and UDP headers made for it.
func (s *Server) callPCAP(ctx context.Context, in *callIn) (*huma.StreamResponse, error) {
	t, err := s.traceFor(ctx, in.ID, "call.pcap")
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := unwrap(hc)
		w.Header().Set("Content-Type", pcapType)
		w.Header().Set("Content-Disposition", `attachment; filename="`+fileName(in.ID)+`.pcap"`)
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(pcapOf(t.Messages)) // a client that has gone needs no answer
	}}, nil
}

// fileName keeps what a header or a file system would stumble over out of a name.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' {
			return r
		}
		return '_'
	}, s)
}
