package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Paths of the API.
const (
	prefix      = "/api/v1"
	sitePath    = "/site"
	openAPIPath = prefix + "/openapi.json"
)

// Operations that the code names.
const (
	opEvents = "events"
	opSIP    = "sip"
	opAudio  = "get-audio"
	opPCAP   = "get-call-pcap"
	opVerify = "verify-recording"
)

// routes registers every operation.
func (s *Server) routes() {
	register(s, http.MethodPost, "/session", "open-session", "Log in", s.logIn, let(openDoor), failsWith(429), answersLike(sessionExample))
	register(s, http.MethodDelete, "/session", "close-session", "Log out", s.logOut, silent)
	register(s, http.MethodPost, "/session/phone", "open-phone", "A token by which a page's softphone registers as the agent, over the WebSocket", s.phonePass, failsWith(409), answersLike(softphoneExample))
	register(s, http.MethodPost, "/try", "open-visit", "A token by which a page may call the site's number for visitors, once", s.visitorPass, let(openDoor), failsWith(404, 429), answersLike(visitExample))
	register(s, http.MethodGet, "/calls", "list-calls", "Call records, newest first", s.listCalls, failsWith(422), answersLike(callsExample))
	register(s, http.MethodGet, "/calls/{id}", "get-call", "A call record with its timeline", s.getCall, failsWith(404), answersLike(callExample))
	register(s, http.MethodGet, "/calls/{id}/sip", "get-call-sip", "A call's SIP messages, of all legs, secrets hidden", s.callSIP, failsWith(404), answersLike(sipExample))
	register(s, http.MethodGet, "/calls/{id}/pcap", opPCAP, "The same as a capture file for Wireshark, with IP and UDP headers made for it", s.callPCAP, failsWith(404), streams(pcapType, 200))
	register(s, http.MethodPut, "/calls/{id}/disposition", "file-disposition", "File a disposition; it ends wrap-up", s.dispose, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/calls/{id}/hangup", "hang-up", "End a live call; an agent ends the own part, and the caller goes on in his flow", s.hangUp, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/calls/{id}/recording", "pause-recording", "Pause a live call's recording, let it go on, or begin one on demand", s.record, silent, failsWith(404, 409))
	register(s, http.MethodPut, "/calls/{id}/forks/{engine}", "fork-call", "Have an engine of the site hear a live call from now on; again is once", s.forkCall, silent, failsWith(404, 409))
	register(s, http.MethodDelete, "/calls/{id}/forks/{engine}", "unfork-call", "Have it hear the call no longer", s.unforkCall, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/calls", "dial", "Click to dial: ring the agent's phone, then whom he wants", s.dial, failsWith(404, 409), answersLike(dialExample))
	register(s, http.MethodPost, "/calls/{id}/pickup", "pick-up-call", "Take a call that rings at a colleague's, or waits", s.pickUp, silent, failsWith(404, 409), describedAs(pickUpText))
	register(s, http.MethodPost, "/calls/{id}/hold", "hold-call", "Put the caller on hold: he hears music, the agent nothing", s.holdCall, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/calls/{id}/resume", "resume-call", "Take the caller off hold", s.resumeCall, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/calls/{id}/transfer", "transfer-call", "Hand the caller on, or ask somebody first", s.transferCall, silent, failsWith(404, 409), describedAs(transferText))
	register(s, http.MethodPost, "/calls/{id}/survey", "send-to-survey", "End the agent's part and send the caller to the rating", s.sendToSurvey, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/calls/{id}/verify", "verify-caller", "Send the caller to key in a password or an ID; he comes back with yes or no", s.verifyCaller, silent, failsWith(404, 409, 422), describedAs(verifyText))
	register(s, http.MethodDelete, "/calls/{id}/verify", "verify-caller-no-more", "Take the caller back before he has come to an end", s.verifyNoMore, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/calls/{id}/help", "ask-for-help", "Ask for the supervisor", s.askForHelp, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/calls/{id}/supervise", "supervise-call", "Monitor, whisper, barge, intercept or release; again with another mode changes it without a ring", s.superviseCall, silent, failsWith(404, 409))
	register(s, http.MethodDelete, "/calls/{id}/supervise", "unsupervise-call", "Leave the call", s.unsuperviseCall, silent, failsWith(404, 409))
	register(s, http.MethodPost, "/seats/{agent}/supervise", "follow-seat", "Follow an agent from call to call", s.followSeat, silent, failsWith(404, 409), describedAs(followText))
	register(s, http.MethodDelete, "/seats/{agent}/supervise", "unfollow-seat", "Follow him no more", s.unfollowSeat, silent, failsWith(404))
	register(s, http.MethodGet, "/queues", "list-queues", "Live queues", s.listQueues, answersLike(queuesExample))
	register(s, http.MethodGet, "/queues/{name}/why", "explain-queue", "Why who still waits, and why which seat does not take the call", s.why, failsWith(404), answersLike(whyExample))
	register(s, http.MethodGet, "/seats", "list-seats", "Live seats", s.listSeats, answersLike(seatsExample))
	register(s, http.MethodGet, "/seats/{agent}", "get-seat", "One live seat", s.getSeat, failsWith(404), answersLike(seatExample))
	register(s, http.MethodPost, "/seats/{agent}/state", "set-seat", "Ask for a seat's state", s.setSeat, failsWith(404, 409), answersLike(seatExample))
	register(s, http.MethodPost, "/seats/{agent}/break", "decide-break", "Approve or refuse the break an agent has asked for", s.decideBreak, failsWith(404, 409), answersLike(seatExample))
	register(s, http.MethodPost, "/seats/{agent}/wrap_up", "set-wrap-up", "Extend a seat's wrap-up, or end it", s.setWrapUp, failsWith(404, 409), answersLike(seatExample))
	register(s, http.MethodGet, "/guard", "show-guard", "Who is banned from sending SIP, and the guard's bounds", s.showGuard, answersLike(guardExample))
	register(s, http.MethodPost, "/guard/bans", "ban", "Ban a source by hand; its connections are closed. A trunk's source can't be banned (409)", s.ban, failsWith(409, 422), answersLike(banExample))
	register(s, http.MethodDelete, "/guard/bans/{address}", "lift-ban", "Lift a ban", s.lift, silent, failsWith(404, 422))
	register(s, http.MethodGet, "/dialling", "list-dialling", "Who has dialled outside numbers today, how much of it, and who is stopped", s.listDialling, answersLike(diallingExample))
	register(s, http.MethodDelete, "/dialling/{kind}/{name}", "lift-dialling", "Let the limits of today of an agent, phone or trunk begin anew", s.liftDialling, silent, failsWith(404, 422))
	register(s, http.MethodGet, "/staffing", "list-staffing", "How many seats the present load needs, and who could be called in", s.listStaffing, answersLike(staffingExample))
	register(s, http.MethodGet, "/plans", "list-plans", "Emergency plans, their steps and why they stand so", s.listPlans, answersLike(plansExample))
	register(s, http.MethodPost, "/plans/{name}/steps/{step}", "force-step", "Force a plan's step on or off, or give it back to the plan", s.forceStep, failsWith(404), answersLike(planExample))
	register(s, http.MethodGet, "/callbacks", "list-callbacks", "Callbacks, newest first; those that are over for a week", s.listCallbacks, answersLike(callbacksExample))
	register(s, http.MethodPost, "/callbacks", "add-callback", "Ask for a callback", s.addCallback, failsWith(404, 409, 422), answersLike(callbackExample))
	register(s, http.MethodDelete, "/callbacks/{id}", "drop-callback", "Cancel a callback, as long as the customer has not answered", s.dropCallback, silent, failsWith(404))
	register(s, http.MethodGet, "/lost-calls", "list-lost-calls", "Customers who got no seat and have not got through since, the oldest first", s.listLost, answersLike(lostCallsExample))
	register(s, http.MethodPost, "/lost-calls/{number}/take", "take-lost-call", "Have an agent ring a customer back", s.takeLost, failsWith(404, 409), answersLike(callbackExample))
	register(s, http.MethodDelete, "/lost-calls/{number}", "drop-lost-call", "Take a customer off the list", s.dropLost, silent, failsWith(404))
	register(s, http.MethodGet, "/mailboxes", "list-mailboxes", "Mailboxes one may open, with how many messages", s.listMailboxes, answersLike(mailboxesExample))
	register(s, http.MethodGet, "/mailboxes/{name}/messages", "list-messages", "A mailbox's messages, newest first", s.listMessages, failsWith(404), answersLike(messagesExample))
	register(s, http.MethodPut, "/mailboxes/{name}/messages/{id}", "mark-message", "Mark a message heard, or new again", s.markMessage, failsWith(404))
	register(s, http.MethodDelete, "/mailboxes/{name}/messages/{id}", "drop-message", "Take a message out of its mailbox", s.dropMessage, silent, failsWith(404))
	register(s, http.MethodGet, "/survey-calls", "list-survey-calls", "Customers to be rung for call-back surveys, newest first; those that are over for a week", s.listSurveyCalls, answersLike(surveyCallsExample))
	register(s, http.MethodPost, "/survey-calls", "add-survey-call", "Have a customer rung for a survey", s.addSurveyCall, failsWith(404, 409, 422), answersLike(surveyCallExample))
	register(s, http.MethodDelete, "/survey-calls/{id}", "drop-survey-call", "Take a survey call back that is planned", s.dropSurveyCall, silent, failsWith(404, 409))
	register(s, http.MethodGet, "/survey-opt-outs", "list-survey-opt-outs", "Who wants no surveys", s.listOptOuts)
	register(s, http.MethodPut, "/survey-opt-outs/{number}", "put-survey-opt-out", "Write down who wants no surveys", s.putOptOut, silent, failsWith(422))
	register(s, http.MethodDelete, "/survey-opt-outs/{number}", "drop-survey-opt-out", "Take a customer off that list", s.dropOptOut, silent, failsWith(404))
	register(s, http.MethodPost, "/mailboxes/{name}/messages/{id}/callback", "call-back-message", "Make a callback of a message", s.callBackMessage, failsWith(404, 409, 422), answersLike(callbackExample))
	register(s, http.MethodGet, "/mailboxes/{name}/messages/{id}/audio", "get-message-audio", "Its sound; hearing it marks it heard", s.messageAudio, failsWith(404, 416), streams("audio/wav", 200, 206), streams(oggType, 200, 206))
	register(s, http.MethodGet, "/flows", "list-flows", "Flows, with the callers in each", s.listFlows, answersLike(flowsExample))
	register(s, http.MethodGet, "/flows/{name}", "get-flow", "A flow: nodes, edges, live counts and its picture", s.getFlow, failsWith(404))
	register(s, http.MethodGet, promptsPath, "list-prompts", "The prompt library: what ships, and what the site has in its place", s.listPrompts, answersLike(promptsExample))
	register(s, http.MethodGet, promptsPath+"/{language}/{name}", "get-prompt", "One sound with its versions", s.getPrompt, failsWith(404))
	register(s, http.MethodGet, promptsPath+"/{language}/{name}/audio", "get-prompt-audio", "It as callers hear it: mono, 8000 Hz, A-law", s.promptAudio, failsWith(404, 416), streams("audio/wav", 200, 206))
	register(s, http.MethodPut, promptsPath+"/{language}/{name}", "put-prompt", "Make a sound file the prompt: checked, written as a whole, loaded; calls finish what they play", s.putPrompt, takes(promptBytes), failsWith(409), answersLike(promptExample))
	register(s, http.MethodPost, promptsPath+"/{language}/{name}/restore", "restore-prompt", "Make an older version the prompt again", s.restorePrompt, failsWith(404, 409), answersLike(promptExample))
	register(s, http.MethodDelete, promptsPath+"/{language}/{name}", "drop-prompt", "Take the site's own sound away; what ships counts again, its versions stay", s.dropPrompt, silent, failsWith(404, 409))
	register(s, http.MethodGet, "/announcements", "list-announcements", "Urgent announcements that are on", s.listAnnouncements, answersLike(announcementsExample))
	register(s, http.MethodPut, "/announcements/{name}", "announce", "Switch an urgent announcement on: before the menu for its numbers, at once for who waits in its queues", s.announce, failsWith(404, 409, 422), answersLike(announcementExample))
	register(s, http.MethodDelete, "/announcements/{name}", "unannounce", "Switch it off", s.unannounce, silent, failsWith(404))
	register(s, http.MethodGet, "/recordings/missing", "list-missing-recordings", "Calls that should have been recorded and were not, or not whole", s.missing, failsWith(422))
	register(s, http.MethodDelete, "/recordings/{id}", "erase-recording", "Erase its sound, key and picture; a tombstone stays in the audit log", s.erase, silent, failsWith(404, 409, 422))
	register(s, http.MethodGet, "/recordings/{id}/peaks", "get-peaks", "Its wave picture", s.getPeaks, failsWith(404, 422))
	register(s, http.MethodPost, "/recordings/{id}/verify", opVerify, "Read it whole and tell every place that was changed", s.verify, failsWith(404))
	register(s, http.MethodPut, "/recordings/{id}/hold", "hold-recording", "Keep it from being erased (legal hold)", s.hold, silent, failsWith(404, 409))
	register(s, http.MethodDelete, "/recordings/{id}/hold", "release-recording", "Let a held recording go", s.release, silent, failsWith(404))
	register(s, http.MethodGet, "/recordings/{id}", "get-recording", "Facts of a recording", s.getRecording, failsWith(404))
	register(s, http.MethodGet, "/recordings/{id}/audio", opAudio, "Its sound, caller left, seat right: WAV, or Ogg if it is kept as Opus", s.getAudio, failsWith(404, 416), streams("audio/wav", 200, 206), streams(oggType, 200, 206))
	register(s, http.MethodGet, "/trunks", "list-trunks", "Trunks", s.listTrunks, answersLike(trunksExample))
	register(s, http.MethodGet, "/phones", "list-phones", "SIP accounts: what is registered, whether it answers, who is signed in", s.listPhones, answersLike(phonesExample))
	register(s, http.MethodDelete, "/phones/{phone}/contacts/{id}", "drop-contact", "Take a phone's contact away, until it registers again", s.dropContact, silent, failsWith(404))
	register(s, http.MethodGet, sitePath, "get-site", "The site's documents, passwords masked", s.getSite, answersLike(siteExample))
	register(s, http.MethodPut, sitePath, "put-site", "Make the site another one: checked, written as a whole, loaded", s.putSite, takes(siteBytes), failsWith(409), answersLike(revisionExample))
	register(s, http.MethodGet, sitePath+"/revisions", "list-revisions", "The site's revisions, latest first", s.listRevisions, answersLike(revisionsExample))
	register(s, http.MethodGet, "/events", opEvents, "Live events (server-sent)", s.events, let(byTicket), failsWith(422, 429), streams("text/event-stream", 200), describedAs(eventsText))
	register(s, http.MethodPost, "/events/ticket", "make-ticket", "A ticket for a browser's EventSource: opens one stream, once, within 30 s", s.makeTicket)
}

// eventsText describes the stream, which no schema can.
const eventsText = "Each event has a name and JSON data. `call`: call, seq, at, kind, text, data, of calls the listener may see. " +
	"`seat`, `queue`, `trunk`: a row of the list of that name, as it changed. `site`: a new revision. " +
	"`plan`: what an emergency plan did: a step on or off, a page, a seat lent or let go. `callback`: a row of the callbacks, as its state changed. " +
	"`ban`: a ban made or lifted, for who may see the guard. `dialling`: an alarm on what phones dial outside. " +
	"`end`: code and words, the last event when the node ends the stream. A comment comes every 15 s. Nothing is sent again: " +
	"listen first, then read the present state."

// option changes an operation, and how it is registered.
type option func(*route)

// route is an operation while it is being described.
type route struct {
	huma.Operation
	access access
	stream bool
}

func let(a access) option { return func(r *route) { r.access = a } }

func failsWith(statuses ...int) option {
	return func(r *route) { r.Errors = append(r.Errors, statuses...) }
}

// silent answers 204.
func silent(r *route) { r.DefaultStatus = http.StatusNoContent }

// takes allows a body of so many bytes.
func takes(bytes int64) option { return func(r *route) { r.MaxBodyBytes = bytes } }

func describedAs(text string) option { return func(r *route) { r.Description = text } }

// answersLike gives an example of the answer, as JSON.
func answersLike(example string) option {
	return func(r *route) {
		r.Responses["200"] = &huma.Response{Content: map[string]*huma.MediaType{"application/json": {Example: rawJSON(example)}}}
	}
}

// streams says that the answer is no JSON, and takes as long as it takes.
func streams(kind string, statuses ...int) option {
	return func(r *route) {
		r.stream = true
		for _, status := range statuses {
			if r.Responses[statusText(status)] == nil {
				r.Responses[statusText(status)] = &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{}}
			}
			r.Responses[statusText(status)].Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
	}
}

func register[I, O any](s *Server, method, path, id, summary string, h func(context.Context, *I) (*O, error), opts ...option) {
	r := route{Operation: huma.Operation{
		Method: method, Path: prefix + path, OperationID: id, Summary: summary,
		MaxBodyBytes: bodyBytes, BodyReadTimeout: readTimeout,
		Errors: []int{http.StatusUnauthorized}, Responses: map[string]*huma.Response{},
	}}
	for _, opt := range opts {
		opt(&r)
	}
	switch r.access {
	case byToken:
		r.Security = []map[string][]string{{"bearer": {}}}
	case byTicket:
		r.Security = []map[string][]string{{"bearer": {}}, {"ticket": {}}}
	case openDoor:
	}
	if r.access != openDoor && id != "close-session" && id != "make-ticket" {
		r.Errors = append(r.Errors, http.StatusForbidden)
	}
	if !r.stream {
		r.Middlewares = append(r.Middlewares, bounded)
		r.Errors = append(r.Errors, http.StatusServiceUnavailable)
	}
	s.access[id] = r.access
	s.operations[method+" "+r.Path] = id
	huma.Register(s.api, r.Operation, h)
}

// list is how every list is answered.
type list[T any] struct {
	Body struct {
		Items []T    `json:"items"`
		Next  string `json:"next" doc:"cursor of the next page; empty on the last"`
	}
}

func listOf[T any](items []T, next string) *list[T] {
	l := &list[T]{}
	l.Body.Items, l.Body.Next = items, next
	if items == nil {
		l.Body.Items = []T{}
	}
	return l
}

// audit notes who did what.
func (s *Server) audit(ctx context.Context, action, object, detail string) {
	v := visitOf(ctx)
	s.b.Audit.Audit(ctx, AuditEntry{At: s.now(), User: v.id.User, From: v.source, Action: action, Object: object, Detail: detail})
}
