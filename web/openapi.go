package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

const apiText = "The API of a Hotline node. Times are RFC 3339 with milliseconds, durations are seconds in fields named *_seconds. " +
	"Errors are RFC 9457 problem documents with a code for machines. Lists are {\"items\": […], \"next\": \"cursor\"}; give next as cursor to go on."

// apiConfig is huma without its own document routes, docs page and $schema links.
func (s *Server) apiConfig() huma.Config {
	c := huma.DefaultConfig("Hotline", s.o.Version)
	c.Info.Description = apiText
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: "/"}}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Transformers = []huma.Transformer{s.asProblem}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "The token of POST /api/v1/session."},
		"ticket": {Type: "apiKey", In: "query", Name: "ticket", Description: "Of POST /api/v1/events/ticket; opens one stream."},
	}
	types := c.Components.Schemas
	types.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
	types.RegisterTypeAlias(reflect.TypeFor[call.Stamp](), reflect.TypeFor[stampSchema]())
	types.RegisterTypeAlias(reflect.TypeFor[instant](), reflect.TypeFor[instantSchema]())
	return c
}

// stampSchema describes call.Stamp.
type stampSchema struct{}

// Schema is a time, or null for "never" and "not yet".
func (stampSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true, Examples: []any{"2026-11-02T08:00:00.000Z"}}
}

// instantSchema describes instant.
type instantSchema struct{}

// Schema has no format: huma would refuse the dates that instant takes.
func (instantSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString}
}

// plainRoute serves and describes a route outside the API.
func (s *Server) plainRoute(mux *http.ServeMux, path, id, summary string, h http.HandlerFunc) {
	mux.HandleFunc("GET "+path, h)
	s.operations["GET "+path] = id
	s.access[id] = openDoor
	text := map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}
	op := &huma.Operation{
		Method: http.MethodGet, Path: path, OperationID: id, Summary: summary,
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: text}},
	}
	if id == "readiness" {
		op.Responses["503"] = &huma.Response{Description: "no calls for this node now", Content: text}
	}
	if id == opSIP {
		op.Responses = map[string]*huma.Response{
			"101": {Description: "the connection is a WebSocket now; each of its messages is one of SIP"},
			"400": {Description: "not for the subprotocol sip", Content: text},
			"403": {Description: "a page of that origin may not", Content: text},
			"426": {Description: "no WebSocket was asked for", Content: text},
			"503": {Description: "no more connections now, or from there", Content: text},
		}
	}
	s.api.OpenAPI().AddOperation(op)
}

// describe is the OpenAPI document, made once every route is known.
func (s *Server) describe() []byte {
	doc := s.api.OpenAPI()
	schemas := doc.Components.Schemas.Map()
	describeEnums(schemas)
	for name, schema := range schemas {
		if !strings.HasSuffix(name, "Request") {
			schema.AdditionalProperties = nil // answers may grow fields; requests are checked
		}
		for _, p := range schema.Properties {
			if p.Type == huma.TypeArray {
				p.Nullable = false // an empty list is []
			}
		}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete} {
			if op != nil {
				s.describeFailures(op)
			}
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("the OpenAPI document does not encode: %v", err)) // it is made of constants: a test sees it
	}
	return text
}

// describeFailures adds what any request with a body, or any at all, may get.
func (s *Server) describeFailures(op *huma.Operation) {
	if !strings.HasPrefix(op.Path, prefix) {
		return
	}
	failed := op.Responses["500"]
	if op.RequestBody != nil {
		for _, status := range []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType} {
			op.Responses[statusText(status)] = &huma.Response{Description: http.StatusText(status), Content: failed.Content}
		}
	}
	if r := op.Responses["429"]; r != nil {
		r.Headers = map[string]*huma.Param{"Retry-After": {Schema: &huma.Schema{Type: huma.TypeInteger}, Description: "seconds"}}
	}
	for _, r := range op.Responses {
		if r.Description == "" {
			r.Description = http.StatusText(http.StatusOK)
		}
	}
}

// describeEnums names the values of the record's enums, which the domain's types keep.
func describeEnums(schemas map[string]*huma.Schema) {
	record := []string{"Record", "CallDetail"}
	for _, name := range record {
		p := schemas[name].Properties
		enum[call.Outcome](p["outcome"], true)
		enum[call.LostCause](p["lost_cause"], true)
		enum[call.Party](p["ended_by"], true)
		enum[call.Cause](p["cause"], true)
		enum[call.CallerClass](p["caller_class"], false)
	}
	p := schemas["Segment"].Properties
	enum[call.SegmentKind](p["kind"], false)
	enum[call.OfferResult](p["result"], false)
	enum[call.DialResult](p["dial_result"], false)
	enum[call.Party](p["by"], false)
}

func enum[E interface {
	~uint8
	String() string
}](s *huma.Schema, nullable bool,
) {
	s.Type, s.Nullable = huma.TypeString, nullable
	for e := E(0); !strings.HasPrefix(e.String(), "invalid("); e++ {
		if name := e.String(); name != "" {
			s.Enum = append(s.Enum, name)
		}
	}
	if nullable {
		s.Enum = append(s.Enum, nil)
	}
}

func statusText(status int) string { return strconv.Itoa(status) }

func rawJSON(text string) json.RawMessage { return json.RawMessage(text) }
