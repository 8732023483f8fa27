package sip

// options answers OPTIONS (RFC 3261 section 11): what we take, or 503 to a trunk
// while no new calls are taken, so that it sends them elsewhere.
func (w *worker) options(tx *serverTx, r *request) {
	lines := append(able(), "Accept: "+sdpType+", application/dtmf-relay, application/dtmf", "Accept-Encoding: identity")
	status := 200
	if w.srv.draining.Load() && w.srv.site.Load().trunkOf(r.hop) != nil {
		status = 503
		lines = append(lines, retryAfterLines(status, 0)...)
	}
	tx.reply(reply{status: status, extra: lines})
}
