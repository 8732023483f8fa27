package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/media"
	"hotline/sip"
	"hotline/sip/hep"
	"hotline/sip/trace"
	"hotline/web"
)

// wire joins the trace of signalling to the API.
type wire struct{ sip *sip.Server }

// SIP gives a call's messages, secrets hidden.
func (w wire) SIP(_ context.Context, id call.ID) (web.SIPTrace, error) {
	all, lost, ok := w.sip.Trace(id)
	if !ok {
		return web.SIPTrace{}, call.Errorf(call.CodeNotFound, "no SIP messages of this call are kept; they go some time after its end (sip.trace), and with a restart")
	}
	t := web.SIPTrace{Call: id, Lost: lost, Messages: make([]web.SIPMessage, 0, len(all))}
	for _, m := range all {
		row := web.SIPMessage{
			At: call.StampOf(m.At), Time: m.At, Sent: m.Sent, Transport: strings.ToLower(m.Proto.String()),
			From: m.Far, To: m.Local, SIPCallID: m.CallID, Text: m.Text,
		}
		if m.Sent {
			row.From, row.To = m.Local, m.Far
		}
		t.Messages = append(t.Messages, row)
	}
	return t, nil
}

// sipOptions translates the node file's signalling part.
func sipOptions(c config.SIP) (sip.Options, error) {
	o := sip.Options{Domain: c.Domain, Advertise: c.Advertise, Advertise6: c.Advertise6, UserAgent: "Hotline", Origins: c.Origins}
	o.Trace, o.HEP = traceOptions(c)
	o.Guard, o.Scanners = guardOptions(c), c.Guard.Scanners
	o.MakesOpus = media.MakesOpus
	o.Timers.Session, o.Timers.MinSession = c.SessionExpires, c.MinSE
	o.Timers.MinExpires, o.Timers.MaxExpires, o.Timers.Expires = c.Register.Min, c.Register.Max, c.Register.Default
	o.Limits.Bindings = c.Register.Devices
	if c.SessionExpires == 0 {
		o.Timers.Session = -1
	}
	for _, server := range c.DNS {
		o.DNS.Servers = append(o.DNS.Servers, server.String())
	}
	for _, d := range c.Digest {
		o.Digest = append(o.Digest, d.String())
	}
	for _, l := range c.Listen {
		ip, err := resolve(l.Host)
		if err != nil {
			return o, fmt.Errorf("sip.listen %s: %w", l, err)
		}
		t := sip.UDP
		switch l.Transport {
		case config.UDP:
		case config.TCP:
			t = sip.TCP
		case config.TransportTLS:
			t = sip.TLS
		}
		o.Listen = append(o.Listen, sip.Listen{Transport: t, Addr: netip.AddrPortFrom(ip, l.Port)})
	}
	return o, nil
}

func resolve(host string) (netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(context.Background(), "ip", host)
	if err != nil {
		return netip.Addr{}, err
	}
	return ips[0].Unmap(), nil
}

// traceOptions translates what the node file says of traces and copies.
func traceOptions(c config.SIP) (trace.Options, hep.Options) {
	t := trace.Options{Max: c.Trace.Max, Keep: c.Trace.Keep}
	if t.Max == 0 || t.Keep == 0 {
		t.Max = -1
	}
	return t, hep.Options{To: c.HEP.To, ID: c.HEP.ID, Password: c.HEP.Password.Reveal()}
}

// attested is what goes on of the caller's attested identity: all of it, unless another number than the
// caller's is shown, which it would not speak of.
func attested(id config.Identity, o live.Outcall) *call.PASSporT {
	if id.Show == config.ShowCalled && o.Called != "" || id.Show == config.ShowNumber || o.Shown.Private {
		return nil
	}
	return o.PASSporT
}
