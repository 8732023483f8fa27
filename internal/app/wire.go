package app

import (
	"context"
	"strings"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
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
