package acd

// Figure is what a plan's test looks at.
type Figure uint8

// The figures.
const (
	Waiting       Figure = iota // live callers in the plan's queues, not yet answered
	LongestWait                 // of these, since their entry
	SeatsReady                  // seats that may take calls of the plan's queues at once
	EstimatedWait               // the longest that a plain call to one of the queues has to expect now
	ServiceLevel                // SL-4 of the queues together over a window, in percent, each call by its queue's own target
)

// figureCount is how many there are.
const figureCount = int(ServiceLevel) + 1

var figures = []string{"waiting", "longest_wait", "seats_ready", "estimated_wait", "service_level"}

// Compare is how a figure is compared.
type Compare uint8

// The comparisons.
const (
	Above   Compare = iota // >
	AtLeast                // >=
	Below                  // <
	AtMost                 // <=
	Equal                  // ==
)

var compares = []string{">", ">=", "<", "<=", "=="}

// PlanDo is what a step of a plan does.
type PlanDo uint8

// The actions.
const (
	Add           PlanDo = iota // lends seats of a group to the plan's queues, under the queues' own skills
	Page                        // has people called in
	StopCallbacks               // no callbacks are worked while the step is in force
	CancelBreaks                // who is on break goes on serving
	Announce                    // who waits, and who comes to wait, hears an urgent prompt once
	Divert                      // whoever has waited so long in the plan's queues goes elsewhere
	Raise                       // the queues' calls have another priority
)

var planDos = []string{"add", "page", "stop_callbacks", "cancel_breaks", "announce", "overflow", "priority"}

// Hold is a supervisor's hand on a step.
type Hold uint8

// The holds.
const (
	Auto    Hold = iota // as the plan says
	HoldOn              // in force
	HoldOff             // not in force
)

var holds = []string{"auto", "on", "off"}

func (f Figure) String() string  { return name(figures, f) }
func (c Compare) String() string { return name(compares, c) }
func (d PlanDo) String() string  { return name(planDos, d) }
func (h Hold) String() string    { return name(holds, h) }

// MarshalText gives the name used in the site.
func (f Figure) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText gives the sign used in the site.
func (c Compare) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText gives the name used in the site.
func (d PlanDo) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText gives the name used in the API.
func (h Hold) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads the name used in the site.
func (f *Figure) UnmarshalText(b []byte) (err error) {
	*f, err = parse[Figure]("figure", figures, b)
	return err
}

// UnmarshalText reads the sign used in the site.
func (c *Compare) UnmarshalText(b []byte) (err error) {
	*c, err = parse[Compare]("comparison", compares, b)
	return err
}

// UnmarshalText reads the name used in the site.
func (d *PlanDo) UnmarshalText(b []byte) (err error) {
	*d, err = parse[PlanDo]("action", planDos, b)
	return err
}

// UnmarshalText reads the name used in the API.
func (h *Hold) UnmarshalText(b []byte) (err error) {
	*h, err = parse[Hold]("hold", holds, b)
	return err
}
