package call

import "slices"

// Cause is why a call or a leg ended, once for records, logs and the wire.
// The sip room maps it to a status and a Reason header, in one table.
type Cause uint8

// The causes.
const (
	CauseNormal            Cause = iota // someone hung up
	CauseFlowEnd                        // the flow came to its end
	CauseBlocked                        // the caller is on the block list
	CauseUnknownNumber                  // no flow answers this number
	CauseNoCodec                        // no codec in common
	CauseBadRequest                     // the INVITE could not be understood
	CauseCapacity                       // a trunk's or the node's call limit
	CauseDraining                       // the node takes no new calls
	CauseStoreDown                      // the journal can't be written
	CauseNoPorts                        // no media port is free
	CauseNoAck                          // the 200 was never acknowledged
	CauseMediaTimeout                   // a bridged leg went silent
	CausePeerGone                       // the far end answered 481/408 inside the dialog, or its transport died
	CauseCallerGone                     // a seat leg: the caller has left
	CauseOfferEnded                     // a seat leg: its offer no longer stands
	CauseAnsweredElsewhere              // a seat leg: another contact of the phone was quicker
	CauseSupervisor                     // cut by the API
	CauseShutdown                       // the node was told to stop
	CauseCrash                          // the node died with the call in progress
	CauseOverload                       // the call's own mailbox ran over
	CauseInternal                       // a fault of ours
	CauseForbidden                      // a phone of ours may not call there
	CauseBusy                           // whoever was called is in a call
	CauseNoAnswer                       // whoever was called did not answer, or can't be reached
	CauseDeclined                       // whoever was called would not
	CauseTransferred                    // a seat's part: the call goes on without it
	CauseNoSuchCall                     // a phone wanted to come into a call that is not there, or not any more
)

var causes = []string{
	"normal", "flow_end", "blocked", "unknown_number", "no_codec", "bad_request", "capacity", "draining",
	"store_down", "no_ports", "no_ack", "media_timeout", "peer_gone", "caller_gone", "offer_ended",
	"answered_elsewhere", "supervisor", "shutdown", "crash", "overload", "internal",
	"forbidden", "busy", "no_answer", "declined", "transferred", "no_such_call",
}

// Causes are the names of all causes.
func Causes() []string { return slices.Clone(causes) }

func (c Cause) String() string { return enumText(causes, c) }

// MarshalText gives the cause's name in records and logs.
func (c Cause) MarshalText() ([]byte, error) { return enumMarshal("cause", causes, c) }

// UnmarshalText reads a cause's name.
func (c *Cause) UnmarshalText(b []byte) (err error) {
	*c, err = enumParse[Cause]("cause", causes, b)
	return err
}

// Party is who did something in a call.
type Party uint8

// The parties.
const (
	PartySystem Party = iota
	PartyCaller
	PartyAgent
)

var parties = []string{"system", "caller", "agent"}

func (p Party) String() string { return enumText(parties, p) }

// MarshalText gives the party's name as in the record's ended_by.
func (p Party) MarshalText() ([]byte, error) { return enumMarshal("party", parties, p) }

// UnmarshalText reads a party's name.
func (p *Party) UnmarshalText(b []byte) (err error) {
	*p, err = enumParse[Party]("party", parties, b)
	return err
}
