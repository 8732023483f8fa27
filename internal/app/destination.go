package app

import (
	"strings"

	"hotline/call"
)

// destination tells what a number leads to that a phone, a transfer or the API asks for. One name space
// has agents, desk phones and the numbers of queues; a queue may be asked for by its name as well.
func (r *revision) destination(dialled string) call.Destination {
	to := call.Destination{Dialled: dialled}
	if strings.HasPrefix(dialled, "*") {
		to.Kind = call.ToCode
		return to
	}
	if _, ok := r.agents[call.SeatID(dialled)]; ok {
		to.Kind, to.Agent = call.ToAgent, call.SeatID(dialled)
		return to
	}
	if r.phones[dialled] {
		to.Kind, to.Phone = call.ToPhone, dialled
		return to
	}
	if _, ok := r.queues[dialled]; ok {
		to.Kind, to.Queue = call.ToQueue, dialled
		return to
	}
	if queue, ok := r.exts[dialled]; ok {
		to.Kind, to.Queue = call.ToQueue, queue
		return to
	}
	if number := call.NormalizeNumber(dialled, ""); isTelephone(number) {
		to.Kind, to.Number = call.ToNumber, number
	}
	return to
}

// isTelephone tells that a normalised number is one that a carrier could take.
func isTelephone(number string) bool {
	return len(number) >= 3 && len(number) <= 20 && strings.Trim(number, "0123456789") == ""
}
