package web

import (
	"fmt"
	"time"

	"hotline/call"
)

// Sentence says an event in plain words, as a floor manager reads a timeline.
func Sentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.Entered, call.Refused, call.Accepted, call.Ended:
		return edgeSentence(ev)
	case call.FlowBegan, call.NodeEntered, call.MenuEnded, call.SurveyAnswered, call.VoicemailLeft,
		call.LanguageChosen, call.WebhookTold, call.TicketOpened:
		return flowSentence(ev)
	case call.Queued, call.LeftQueue, call.Told, call.Offered, call.Ringing, call.OfferEnded:
		return queueSentence(ev)
	case call.SoundMeasured:
		return soundSentence(ev)
	case call.RecordingBegan, call.RecordingSkipped, call.RecordingPaused, call.RecordingResumed,
		call.RecordingEnded, call.RecordingAnalysed, call.RecordingErased,
		call.ForkBegan, call.ForkEnded, call.SiprecTaken, call.SiprecLost:
		return recordingSentence(ev)
	case call.Dialled, call.DialEnded, call.OutsideLeft:
		return outsideSentence(ev)
	case call.CallbackOffered, call.CallbackTaken, call.CustomerDialled, call.CustomerRinging, call.CustomerAnswered:
		return callbackSentence(ev)
	case call.Connected, call.Held, call.Resumed, call.SeatLeft, call.WrapUpBegan, call.WrapUpEnded, call.DispositionSet:
		return seatSentence(ev)
	}
	return peopleSentence(ev)
}

// because appends a reason, if there is one.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func edgeSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.Entered:
		if ev.Callback != "" {
			return fmt.Sprintf("a try of callback %s: %s (%s) is to be called", ev.Callback, ev.Caller.Number, ev.Caller.Class)
		}
		if ev.Direction != call.Inbound {
			return fmt.Sprintf("%s call: %s at phone %s calls %s", ev.Direction, ev.Caller.Number, ev.Phone, ev.Called)
		}
		words := fmt.Sprintf("%s (%s) called %s on trunk %s", ev.Caller.Number, ev.Caller.Class, ev.Called, ev.Trunk)
		if p := ev.PASSporT; p != nil && p.Attest != "" {
			words += ", attested " + p.Attest + " by the carrier"
		}
		if h := ev.Handover; h != nil {
			words += fmt.Sprintf(", handed over by another site, where it is call %s and has waited since %s with priority %d",
				h.ID, h.Entry.UTC().Format(time.TimeOnly+"Z"), h.Priority)
		}
		return words
	case call.Refused:
		return fmt.Sprintf("refused (%s)", ev.Cause) + because(ev.Words)
	case call.Accepted:
		return "the caller's line was answered"
	case call.Ended:
		return fmt.Sprintf("the call ended, by the %s (%s)", ev.By, ev.Cause) + because(ev.Words)
	}
	return ev.Kind()
}

func callbackSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.CallbackOffered:
		return "the caller was asked whether to be called back" + because(ev.Reason)
	case call.CallbackTaken:
		return fmt.Sprintf("the caller is to be called back at %s and keeps the place in %s", ev.Number, ev.Queue)
	case call.CustomerDialled:
		shown := ""
		if ev.Shown != "" {
			shown = ", shown " + ev.Shown
		}
		return fmt.Sprintf("customer %s is dialled%s", ev.Number, shown)
	case call.CustomerRinging:
		return "the customer's phone rings"
	case call.CustomerAnswered:
		return fmt.Sprintf("dialling the customer: %s", ev.Result) + because(ev.Words)
	}
	return ev.Kind()
}

func flowSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.FlowBegan:
		return "flow " + ev.Flow + " began"
	case call.NodeEntered:
		goes := "flow %s goes to %s %s"
		switch {
		case ev.Verifying:
			goes = "is verified: flow %s, %s %s"
		case ev.Waiting:
			goes = "hears while waiting: flow %s, %s %s"
		}
		return fmt.Sprintf(goes, ev.Flow, ev.Type, ev.Node) + because(ev.Why)
	case call.MenuEnded:
		if ev.Intent != "" {
			return fmt.Sprintf("said %s in menu %s", ev.Intent, ev.Node)
		}
		if ev.Digits == "" {
			return "no valid key in menu " + ev.Node
		}
		return fmt.Sprintf("pressed %s in menu %s", ev.Digits, ev.Node)
	case call.SurveyAnswered:
		return fmt.Sprintf("rated %s (key %s)", ev.Name, ev.Digit)
	case call.LanguageChosen:
		return "hears everything in language " + ev.Language + " from here on"
	case call.WebhookTold:
		return fmt.Sprintf("event %s goes to webhook %s", ev.Event, ev.To)
	case call.TicketOpened:
		return fmt.Sprintf("ticket %s (%s) was opened", ev.Ticket, ev.Type)
	case call.VoicemailLeft:
		return fmt.Sprintf("left a message of %s for %s", ev.Length.Round(time.Second), ev.Mailbox)
	}
	return ev.Kind()
}

func queueSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.Queued:
		return fmt.Sprintf("waits in queue %s, place %d, priority %d", ev.Queue, ev.Position, ev.Priority) + because(ev.Reason)
	case call.LeftQueue:
		to := ""
		if ev.To != "" {
			to = " for " + ev.To
		}
		return fmt.Sprintf("left queue %s%s by rule %s", ev.Queue, to, ev.Rule) + because(ev.Reason)
	case call.Told:
		return fmt.Sprintf("hears in between the music, notice %s: %s", ev.Notice, ev.Prompts) + because(ev.Why)
	case call.Offered:
		return fmt.Sprintf("offered to %s at phone %s", ev.Seat, ev.Phone) + because(ev.Reason)
	case call.Ringing:
		return fmt.Sprintf("the phone of %s rings", ev.Seat)
	case call.OfferEnded:
		return fmt.Sprintf("offer to %s ended, %s", ev.Seat, ev.Result) + because(ev.Reason)
	}
	return ev.Kind()
}

func seatSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.Connected:
		return fmt.Sprintf("the caller and %s can talk", ev.Seat)
	case call.Held:
		return fmt.Sprintf("put on hold by the %s (%s)", ev.By, ev.Seat)
	case call.Resumed:
		return fmt.Sprintf("taken off hold by the %s (%s)", ev.By, ev.Seat)
	case call.SeatLeft:
		return fmt.Sprintf("the part of %s ended, by the %s (%s)", ev.Seat, ev.By, ev.Cause) + because(ev.Reason)
	case call.WrapUpBegan:
		return fmt.Sprintf("%s does wrap-up until %s", ev.Seat, ev.Deadline.UTC().Format(time.TimeOnly+"Z"))
	case call.WrapUpEnded:
		return fmt.Sprintf("wrap-up of %s ended", ev.Seat) + because(ev.Reason)
	case call.DispositionSet:
		return fmt.Sprintf("%s filed the call under %s", ev.Seat, ev.Code)
	}
	return ev.Kind()
}

func outsideSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.Dialled:
		if ev.Site != "" {
			return fmt.Sprintf("site %s is called at %s", ev.Site, ev.Number) + because(ev.Reason)
		}
		return fmt.Sprintf("%s is called", ev.Number) + because(ev.Reason)
	case call.DialEnded:
		way := ""
		if ev.Trunk != "" {
			way = " on trunk " + ev.Trunk
		}
		return fmt.Sprintf("call to %s%s: %s", ev.Number, way, ev.Result) + because(ev.Reason)
	case call.OutsideLeft:
		return fmt.Sprintf("the part of %s ended, by the %s (%s)", ev.Number, ev.By, ev.Cause) + because(ev.Reason)
	}
	return ev.Kind()
}

func recordingSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.RecordingBegan:
		if ev.Mailbox != "" {
			return "records a message for " + ev.Mailbox
		}
		return "recording began" + because(ev.Reason)
	case call.RecordingSkipped:
		return fmt.Sprintf("the part of %s is not recorded", ev.Seat) + because(ev.Reason)
	case call.RecordingPaused:
		return "recording paused: it holds silence from here" + because(ev.Reason)
	case call.RecordingResumed:
		return "recording goes on" + because(ev.Reason)
	case call.RecordingAnalysed:
		return fmt.Sprintf("recording analysed: caller talks %.0f %%, seats %.0f %%, both %.0f %%, nobody %.0f %%",
			100*ev.Sound.Left, 100*ev.Sound.Right, 100*ev.Sound.Overtalk, 100*ev.Sound.Silence)
	case call.ForkBegan:
		return "engine " + ev.Engine + " hears the call" + because(ev.Reason)
	case call.ForkEnded:
		return "engine " + ev.Engine + " hears the call no longer" + because(ev.Reason)
	case call.SiprecTaken:
		return "recorder " + ev.Recorder + " records the conversation, as session " + ev.Session
	case call.SiprecLost:
		return "recorder " + ev.Recorder + " does not record the conversation: " + ev.Words
	case call.RecordingErased:
		return "recording erased by " + ev.By + because(ev.Reason)
	case call.RecordingEnded:
		if ev.Failed != "" {
			return "recording ended incomplete: " + ev.Failed
		}
		return fmt.Sprintf("recording ended, %s", ev.Facts.Length.Round(10*time.Millisecond))
	}
	return ev.Kind()
}

func soundSentence(ev call.SoundMeasured) string {
	who := ev.Party.String()
	switch {
	case ev.Seat != "":
		who += " " + string(ev.Seat)
	case ev.Phone != "":
		who += " at phone " + ev.Phone
	case ev.Number != "":
		who += " " + ev.Number
	}
	return fmt.Sprintf("the sound of the %s (%s): heard %s; sent %s", who, ev.Codec, wayWords(ev.Received), wayWords(ev.Sent))
}

func wayWords(w call.SoundWay) string {
	words := fmt.Sprintf("%d packets, %d lost", w.Packets, w.Lost)
	if w.MOS > 0 {
		words += fmt.Sprintf(", jitter %.0f ms, MOS %.2f", 1000*w.JitterSeconds, w.MOS)
	}
	return words
}
