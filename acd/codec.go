package acd

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// InputEnvelope is an input as it is recorded and sent between owners.
// Receivers ignore epochs below the highest they have seen, and repeats of a sequence number.
type InputEnvelope struct {
	Site  string
	Epoch uint64 // of the sender
	Seq   uint64 // of the sender, from 1
	At    time.Time
	Input Input
}

// EffectEnvelope is an effect on its way to the owner of a call.
type EffectEnvelope struct {
	Site   string
	Epoch  uint64 // of the engine's owner
	Seq    uint64 // of the engine, from 1
	At     time.Time
	Effect Effect
}

// wire is how both envelopes look in JSON.
type wire struct {
	Site  string          `json:"site,omitempty"`
	Epoch uint64          `json:"epoch,omitempty"`
	Seq   uint64          `json:"seq"`
	At    time.Time       `json:"at"`
	Kind  string          `json:"kind"`
	Data  json.RawMessage `json:"data,omitempty"`
}

// MarshalJSON encodes the input under its kind.
func (v InputEnvelope) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil) }

// AppendJSON adds what MarshalJSON gives to dst. A tape is written in this way:
// the encoder goes over the text once, not three times.
func (v InputEnvelope) AppendJSON(dst []byte) ([]byte, error) {
	if v.Input == nil {
		return dst, fmt.Errorf("an input envelope without an input")
	}
	return appendWire(dst, wire{Site: v.Site, Epoch: v.Epoch, Seq: v.Seq, At: v.At, Kind: v.Input.Kind()}, v.Input)
}

// appendWire encodes an envelope as json.Marshal would, without going over data again.
func appendWire(dst []byte, w wire, data any) ([]byte, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return dst, fmt.Errorf("%s: %w", w.Kind, err)
	}
	dst = append(dst, '{')
	if w.Site != "" {
		site, err := json.Marshal(w.Site)
		if err != nil {
			return dst, err
		}
		dst = append(append(append(dst, `"site":`...), site...), ',')
	}
	if w.Epoch != 0 {
		dst = append(strconv.AppendUint(append(dst, `"epoch":`...), w.Epoch, 10), ',')
	}
	dst = strconv.AppendUint(append(dst, `"seq":`...), w.Seq, 10)
	if dst, err = w.At.AppendText(append(dst, `,"at":"`...)); err != nil {
		return dst, fmt.Errorf("%s: %w", w.Kind, err)
	}
	dst = append(append(dst, `","kind":"`...), w.Kind...) // kinds are plain words
	return append(append(append(dst, `","data":`...), text...), '}'), nil
}

// UnmarshalJSON decodes an input by its kind.
func (v *InputEnvelope) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	in, err := decodeInput(w.Kind, w.Data)
	if err != nil {
		return err
	}
	*v = InputEnvelope{w.Site, w.Epoch, w.Seq, w.At, in}
	return nil
}

// MarshalJSON encodes the effect under its kind.
func (v EffectEnvelope) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil) }

// AppendJSON adds what MarshalJSON gives to dst.
func (v EffectEnvelope) AppendJSON(dst []byte) ([]byte, error) {
	if v.Effect == nil {
		return dst, fmt.Errorf("an effect envelope without an effect")
	}
	return appendWire(dst, wire{Site: v.Site, Epoch: v.Epoch, Seq: v.Seq, At: v.At, Kind: v.Effect.Kind()}, v.Effect)
}

// UnmarshalJSON decodes an effect by its kind.
func (v *EffectEnvelope) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	ef, err := decodeEffect(w.Kind, w.Data)
	if err != nil {
		return err
	}
	*v = EffectEnvelope{w.Site, w.Epoch, w.Seq, w.At, ef}
	return nil
}

func decodeInput(kind string, data []byte) (Input, error) {
	switch kind {
	case Began{}.Kind():
		return decode[Began, Input](data)
	case RulesChanged{}.Kind():
		return decode[RulesChanged, Input](data)
	case CallQueued{}.Kind():
		return decode[CallQueued, Input](data)
	case CallLeft{}.Kind():
		return decode[CallLeft, Input](data)
	case QueueLeft{}.Kind():
		return decode[QueueLeft, Input](data)
	case OfferAnswered{}.Kind():
		return decode[OfferAnswered, Input](data)
	case OfferRefused{}.Kind():
		return decode[OfferRefused, Input](data)
	case OfferUnreachable{}.Kind():
		return decode[OfferUnreachable, Input](data)
	case CallConnected{}.Kind():
		return decode[CallConnected, Input](data)
	case SeatHeld{}.Kind():
		return decode[SeatHeld, Input](data)
	case SeatResumed{}.Kind():
		return decode[SeatResumed, Input](data)
	case SeatLegEnded{}.Kind():
		return decode[SeatLegEnded, Input](data)
	case SeatEngaged{}.Kind():
		return decode[SeatEngaged, Input](data)
	case SeatReleased{}.Kind():
		return decode[SeatReleased, Input](data)
	case PickUp{}.Kind():
		return decode[PickUp, Input](data)
	case DispositionSet{}.Kind():
		return decode[DispositionSet, Input](data)
	case SeatStateSet{}.Kind():
		return decode[SeatStateSet, Input](data)
	case BreakDecided{}.Kind():
		return decode[BreakDecided, Input](data)
	case WrapUpSet{}.Kind():
		return decode[WrapUpSet, Input](data)
	case PhoneUp{}.Kind():
		return decode[PhoneUp, Input](data)
	case PhoneDown{}.Kind():
		return decode[PhoneDown, Input](data)
	case PlaceAsked{}.Kind():
		return decode[PlaceAsked, Input](data)
	case CallbackQueued{}.Kind():
		return decode[CallbackQueued, Input](data)
	case CallbackDialled{}.Kind():
		return decode[CallbackDialled, Input](data)
	case CallbackDropped{}.Kind():
		return decode[CallbackDropped, Input](data)
	case CallbacksPaused{}.Kind():
		return decode[CallbacksPaused, Input](data)
	case PlanForce{}.Kind():
		return decode[PlanForce, Input](data)
	case Tick{}.Kind():
		return Tick{}, nil
	}
	return nil, fmt.Errorf("input kind %q is unknown", kind)
}

func decodeEffect(kind string, data []byte) (Effect, error) {
	switch kind {
	case Queued{}.Kind():
		return decode[Queued, Effect](data)
	case Offer{}.Kind():
		return decode[Offer, Effect](data)
	case OfferOver{}.Kind():
		return decode[OfferOver, Effect](data)
	case Connect{}.Kind():
		return decode[Connect, Effect](data)
	case ReleaseLeg{}.Kind():
		return decode[ReleaseLeg, Effect](data)
	case Overflowed{}.Kind():
		return decode[Overflowed, Effect](data)
	case WrapUp{}.Kind():
		return decode[WrapUp, Effect](data)
	case WrapUpOver{}.Kind():
		return decode[WrapUpOver, Effect](data)
	case WrapUpMoved{}.Kind():
		return decode[WrapUpMoved, Effect](data)
	case BreakAsked{}.Kind():
		return decode[BreakAsked, Effect](data)
	case PlaceTold{}.Kind():
		return decode[PlaceTold, Effect](data)
	case CallNext{}.Kind():
		return decode[CallNext, Effect](data)
	case CallbackMoved{}.Kind():
		return decode[CallbackMoved, Effect](data)
	case CallbackOffered{}.Kind():
		return decode[CallbackOffered, Effect](data)
	case Forgotten{}.Kind():
		return decode[Forgotten, Effect](data)
	case SeatChanged{}.Kind():
		return decode[SeatChanged, Effect](data)
	case Rejected{}.Kind():
		return decode[Rejected, Effect](data)
	case PlanStepOn{}.Kind():
		return decode[PlanStepOn, Effect](data)
	case PlanStepOff{}.Kind():
		return decode[PlanStepOff, Effect](data)
	case PlanPage{}.Kind():
		return decode[PlanPage, Effect](data)
	case PlayUrgent{}.Kind():
		return decode[PlayUrgent, Effect](data)
	case SeatLent{}.Kind():
		return decode[SeatLent, Effect](data)
	case SeatReturned{}.Kind():
		return decode[SeatReturned, Effect](data)
	}
	return nil, fmt.Errorf("effect kind %q is unknown", kind)
}

// decode reads a T and gives it as the interface I it implements.
func decode[T interface{ Kind() string }, I interface{ Kind() string }](data []byte) (I, error) {
	var t T
	var none I
	if err := json.Unmarshal(data, &t); err != nil {
		return none, fmt.Errorf("%s: %w", t.Kind(), err)
	}
	return any(t).(I), nil
}
