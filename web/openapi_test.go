package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/internal/golden"
)

type document struct {
	OpenAPI    string `json:"openapi"`
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]schema
		SecuritySchemes map[string]any `json:"securitySchemes"`
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Parameters  []struct{ Name, In string }
	RequestBody *struct {
		Content map[string]any
	}
	Responses map[string]struct {
		Description string
		Content     map[string]struct {
			Schema  schema
			Example json.RawMessage
		}
	}
	Security []map[string][]string
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Enum       []any
	Properties map[string]schema
	Items      *schema
}

func theDocument(t *testing.T) (document, string) {
	w := newWorld(t)
	rec := w.get("", openAPIPath)
	require.Equal(t, 200, rec.Code)
	require.Equal(t, "application/openapi+json", rec.Header().Get("Content-Type"))
	return decode[document](t, rec), rec.Body.String()
}

// The table of operations as a client finds it: a change here is a change of the contract.
func TestOperations(t *testing.T) {
	doc, _ := theDocument(t)
	require.Equal(t, "3.1.0", doc.OpenAPI)
	var lines []string
	for path, methods := range doc.Paths {
		for method, op := range methods {
			door := "open"
			for i, s := range op.Security {
				door = strings.Repeat(door+"|", min(i, 1)) + strings.Join(slices.Sorted(maps.Keys(s)), "+")
			}
			var params []string
			for _, p := range op.Parameters {
				params = append(params, p.In+":"+p.Name)
			}
			lines = append(lines, fmt.Sprintf("%s %s %s (%s) %v %v", path, strings.ToUpper(method), op.OperationID, door, params, slices.Sorted(maps.Keys(op.Responses))))
		}
	}
	slices.Sort(lines)
	golden.Check(t, "testdata/operations.golden", strings.Join(lines, "\n")+"\n")
}

func TestEveryOperationIsDescribed(t *testing.T) {
	doc, text := theDocument(t)
	seen := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			at := method + " " + path
			require.NotEmpty(t, op.Summary, at)
			require.False(t, seen[op.OperationID], "two operations are %s", op.OperationID)
			seen[op.OperationID] = true
			for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				require.Contains(t, op.Parameters, struct{ Name, In string }{name[1], "path"}, at)
			}
			for status, r := range op.Responses {
				require.NotEmpty(t, r.Description, "%s %s", at, status)
				for kind, c := range r.Content {
					if status >= "400" && strings.HasPrefix(path, prefix) {
						require.Equal(t, problemType, kind, "%s %s", at, status)
						require.Equal(t, "#/components/schemas/Problem", c.Schema.Ref)
					}
				}
			}
			if len(op.Security) > 0 {
				require.Contains(t, op.Responses, "401", at)
			}
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllStringSubmatch(text, -1) {
		require.Contains(t, doc.Components.Schemas, ref[1])
	}
	require.NotContains(t, text, "ErrorModel")
	require.NotContains(t, text, "$schema")
}

// Every security scheme an operation names is defined, and what is open is open on purpose.
func TestWhatIsOpen(t *testing.T) {
	doc, _ := theDocument(t)
	var open []string
	for _, methods := range doc.Paths {
		for _, op := range methods {
			if len(op.Security) == 0 {
				open = append(open, op.OperationID)
			}
			for _, s := range op.Security {
				for name := range s {
					require.Contains(t, doc.Components.SecuritySchemes, name)
				}
			}
		}
	}
	slices.Sort(open)
	require.Equal(t, []string{"health", "metrics", "open-session", "open-visit", "readiness", "sip"}, open)
}

// The record in the document has the names of the contract and of the type.
func TestRecordIsDescribed(t *testing.T) {
	doc, _ := theDocument(t)
	record := doc.Components.Schemas["Record"].Properties
	for _, name := range strings.Fields(`id trunk caller called caller_class queue agent started_at answered_at connected_at ended_at
		wait_seconds ring_seconds talk_seconds hold_seconds wrap_up_seconds outcome lost_cause ended_by disposition notes survey
		segments recordings node site_revision`) {
		require.Contains(t, record, name)
	}
	require.Equal(t, []any{"string", "null"}, record["ended_at"].Type)
	require.Contains(t, record["outcome"].Enum, nil)
	require.Contains(t, record["outcome"].Enum, "served_in_ivr")
	require.Len(t, record["outcome"].Enum, len(call.Outcomes())+1)
	require.Equal(t, "array", record["segments"].Type)
	require.Contains(t, doc.Components.Schemas["CallDetail"].Properties, "timeline")
	states := doc.Components.Schemas["Seat"].Properties["state"].Enum
	require.Len(t, states, len(call.SeatStates()))
	for _, s := range call.SeatStates() {
		require.Contains(t, states, s.String())
	}
}

// Each example is what its operation answers: it reads into the type, and no field of it is unknown there.
func TestExamplesAreTrue(t *testing.T) {
	read := func(text string, into any) {
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(into), "%s", text)
	}
	read(sessionExample, &new(sessionOut).Body)
	read(callsExample, &new(list[call.Record]).Body)
	read(callExample, &new(callOut).Body)
	read(queuesExample, &new(list[Queue]).Body)
	read(seatsExample, &new(list[Seat]).Body)
	read(seatExample, &Seat{})
	read(trunksExample, &new(list[Trunk]).Body)
	read(plansExample, &new(list[Plan]).Body)
	read(planExample, &Plan{})
	read(siteExample, &SiteDocuments{})
	read(revisionExample, &SiteRevision{})
	read(callbacksExample, &new(list[Callback]).Body)
	read(callbackExample, &Callback{})
	read(surveyCallExample, &SurveyCall{})
	read(surveyCallsExample, &new(list[SurveyCall]).Body)
	read(mailboxesExample, &new(list[Mailbox]).Body)
	read(messagesExample, &new(list[Message]).Body)
	read(flowsExample, &new(list[FlowSummary]).Body)
	read(promptsExample, &new(list[Prompt]).Body)
	read(announcementsExample, &new(list[Announcement]).Body)
	read(lostCallsExample, &new(list[LostCall]).Body)
	doc, _ := theDocument(t)
	for _, id := range []string{"open-session", "list-calls", "get-call", "list-queues", "list-seats", "set-seat", "list-trunks", "list-staffing", "list-plans", "force-step"} {
		require.NotEmpty(t, exampleOf(doc, id), id)
	}
}

func exampleOf(doc document, id string) string {
	for _, methods := range doc.Paths {
		for _, op := range methods {
			if op.OperationID == id {
				return string(op.Responses["200"].Content["application/json"].Example)
			}
		}
	}
	return ""
}
