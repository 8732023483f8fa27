package sip

import (
	"strconv"

	"hotline/call"
)

// reasonOf is the usual reason phrase of a status (RFC 3261 section 21).
func reasonOf(status int) string {
	if words, ok := phrase(status); ok {
		return words
	}
	switch status / 100 {
	case 1:
		return "Progress"
	case 2:
		return "OK"
	case 3:
		return "Redirected"
	case 4:
		return "Request Failed"
	case 5:
		return "Server Failed"
	default:
		return "Refused"
	}
}

func phrase(status int) (string, bool) {
	switch status {
	case 100:
		return "Trying", true
	case 180:
		return "Ringing", true
	case 183:
		return "Session Progress", true
	case 200:
		return "OK", true
	case 202:
		return "Accepted", true
	case 400:
		return "Bad Request", true
	case 401:
		return "Unauthorized", true
	case 403:
		return "Forbidden", true
	case 404:
		return "Not Found", true
	case 407:
		return "Proxy Authentication Required", true
	case 410:
		return "Gone", true
	case 484:
		return "Address Incomplete", true
	case 405:
		return "Method Not Allowed", true
	case 408:
		return "Request Timeout", true
	case 415:
		return "Unsupported Media Type", true
	case 416:
		return "Unsupported URI Scheme", true
	case 420:
		return "Bad Extension", true
	case 422:
		return "Session Interval Too Small", true
	case 423:
		return "Interval Too Brief", true
	case 480:
		return "Temporarily Unavailable", true
	case 481:
		return "Call/Transaction Does Not Exist", true
	case 482:
		return "Loop Detected", true
	case 483:
		return "Too Many Hops", true
	case 486:
		return "Busy Here", true
	case 487:
		return "Request Terminated", true
	case 488:
		return "Not Acceptable Here", true
	case 491:
		return "Request Pending", true
	case 500:
		return "Server Internal Error", true
	case 503:
		return "Service Unavailable", true
	case 505:
		return "Version Not Supported", true
	case 513:
		return "Message Too Large", true
	case 603:
		return "Decline", true
	}
	return "", false
}

// refusalStatus is the final response to an INVITE that is not taken, by its cause.
func refusalStatus(c call.Cause) int {
	switch c {
	case call.CauseBlocked:
		return 603
	case call.CauseUnknownNumber:
		return 404
	case call.CauseForbidden:
		return 403
	case call.CauseBusy:
		return 486
	case call.CauseNoAnswer:
		return 480
	case call.CauseDeclined:
		return 603
	case call.CauseNoSuchCall:
		return 481
	case call.CauseTransferred: // whoever called has handed on whom it called, before the answer
		return 487
	case call.CauseNoCodec:
		return 488
	case call.CauseBadRequest:
		return 400
	case call.CauseCapacity, call.CauseDraining, call.CauseStoreDown, call.CauseNoPorts,
		call.CauseShutdown, call.CauseOverload:
		return 503
	case call.CauseInternal, call.CauseCrash:
		return 500
	default:
		return 480
	}
}

// reasonHeader is the Reason header of a BYE, CANCEL or final response
// (RFC 3326); "" for an ordinary hang-up, which needs no explanation.
func reasonHeader(c call.Cause) string {
	switch c {
	case call.CauseNormal, call.CauseFlowEnd, call.CauseCallerGone, call.CauseOfferEnded, call.CauseTransferred:
		return ""
	case call.CauseAnsweredElsewhere:
		return `Reason: SIP;cause=200;text="Call completed elsewhere"`
	case call.CauseMediaTimeout:
		return `Reason: SIP;cause=408;text="No media"`
	case call.CauseNoAck:
		return `Reason: SIP;cause=408;text="No ACK"`
	case call.CauseShutdown, call.CauseDraining:
		return `Reason: SIP;cause=503;text="Node stopping"`
	default:
		return `Reason: SIP;cause=` + strconv.Itoa(refusalStatus(c))
	}
}

// phoneResult says what a phone's final answer does to its seat, by the table in
// docs/architecture.md. Status 0 is no response at all, or no way to send.
func phoneResult(status int) (result call.OfferResult, alarm bool) {
	switch {
	case status >= 300 && status < 400, status == 486, status == 600, status == 603:
		return call.OfferDeclined, false
	case status == 415, status == 488:
		return call.OfferUnreachable, true
	default:
		return call.OfferUnreachable, false
	}
}

// phoneWords explains a phone's failure to a person.
func phoneWords(status int) string {
	switch {
	case status == 0:
		return "the phone does not answer at all"
	case status >= 300 && status < 400:
		return "the phone diverts; diversion is not allowed here"
	case status == 401, status == 407:
		return "the phone asks for a password itself; its set-up is wrong"
	case status == 415, status == 488:
		return "the phone has no codec of ours; its set-up is wrong"
	default:
		return "the phone answered " + strconv.Itoa(status) + " " + reasonOf(status)
	}
}

// dialResult says what a final answer means for a number dialled, and whether the
// answer is the number's own. Status 0 is no response at all, or no way to send.
func dialResult(status int) call.DialResult {
	switch status {
	case 486, 600:
		return call.DialBusy
	case 408, 480, 487:
		return call.DialNoAnswer
	case 603, 607, 608:
		return call.DialDeclined
	case 404, 410, 484, 604:
		return call.DialWrongNumber
	default:
		return call.DialFailed
	}
}

// givesWay tells the answers that are a target's own trouble, not the number's:
// silence, 408 and the server failures that another server need not share.
func givesWay(status int) bool {
	switch status {
	case 0, 408, 500, 502, 503, 504:
		return true
	}
	return false
}

func dialFailure(status int, words string) call.LegFailed {
	return call.LegFailed{Status: status, Result: call.OfferUnreachable, Words: words, Dial: dialResult(status)}
}

// dialWords explains a number's failure to a person.
func dialWords(status int) string {
	switch {
	case status == 0:
		return "the trunk does not answer at all"
	case status >= 300 && status < 400:
		return "the trunk diverts, which is not followed"
	case status == 401, status == 407:
		return "the trunk does not take our user and password"
	case status == 415, status == 488:
		return "the trunk has no codec of ours"
	default:
		return "the trunk answered " + strconv.Itoa(status) + " " + reasonOf(status)
	}
}
