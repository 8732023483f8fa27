package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"hotline/call"
	"hotline/ivr"
)

// testsFolder is where a site keeps tests of its flows.
const testsFolder = "tests"

// FlowTests reads the tests of a site's flows, tests/*.yaml in its folder; there may be none. The
// error is Problems when they are at fault.
func FlowTests(fsys fs.FS, dir, shown string, zone *time.Location) ([]ivr.Rehearsal, error) {
	folder := path.Join(dir, testsFolder)
	names, err := documentNames(fsys, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("flow tests: %w", err)
	}
	var all []ivr.Rehearsal
	var problems Problems
	for _, name := range names {
		content, err := fs.ReadFile(fsys, path.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("flow tests: %w", err)
		}
		tests, err := ReadFlowTests(path.Join(shown, testsFolder, name), content, zone)
		var found Problems
		if err != nil && !errors.As(err, &found) {
			return nil, err
		}
		problems = append(problems, found...)
		all = append(all, tests...)
	}
	if len(problems) > 0 {
		return nil, problems.tidy()
	}
	return all, nil
}

// ReadFlowTests reads one file of tests; times in it are of the zone.
func ReadFlowTests(file string, content []byte, zone *time.Location) ([]ivr.Rehearsal, error) {
	docs, problems := parse(file, content)
	r := newReader(nil)
	r.problems = problems
	t := &testReader{r, zone}
	var all []ivr.Rehearsal
	for _, doc := range docs {
		f := r.fields(doc, "a file of tests")
		for _, v := range f.list("tests") {
			all = append(all, t.test(v))
		}
		f.close()
	}
	if len(all) == 0 && len(r.problems) == 0 {
		r.wrong(pos{File: file, Line: 1, Column: 1}, "there are no tests", "tests: [{name, flow, do, path, says, ends}]")
	}
	return all, r.err()
}

// testReader reads tests.
type testReader struct {
	*reader
	zone *time.Location
}

func (t *testReader) test(v *value) ivr.Rehearsal {
	f := t.fields(v, "a test")
	defer f.close()
	out := ivr.Rehearsal{
		Name: f.mustWord("name"), Flow: f.mustWord("flow"), Called: f.text("called", "10000"), Language: f.text("language", ""),
		Do: f.words("do"), Path: f.words("path"), Says: f.words("says"), Ends: f.word("ends"),
	}
	if out.Name.Value == "" {
		out.Name.Pos = v.at
	}
	for _, w := range f.words("urgent") {
		out.Urgent = append(out.Urgent, w.Value)
	}
	if w := f.word("at"); w.Value != "" {
		at, err := time.ParseInLocation("2006-01-02 15:04", w.Value, t.zone)
		if err != nil {
			t.wrong(w.Pos, fmt.Sprintf("at %q is no moment", clip(w.Value)), "as 2026-11-02 10:00")
		}
		out.Moment = at
	}
	out.Caller.Number = "13800000000"
	if c := f.get("caller"); c != nil {
		k := t.fields(c, "a caller")
		out.Caller = call.Caller{Number: k.text("number", "13800000000"), Level: k.text("level", ""), Name: k.text("name", "")}
		out.Caller.Class = oneOf(k, "class", callerClasses, call.CallerNormal)
		out.Calls = k.integer("calls", 0, 0, 1000)
		k.close()
	}
	out.Mute = f.boolean("mute", false)
	if v := f.get("place"); v != nil {
		k := t.fields(v, "a place")
		out.Place = &ivr.Place{Queue: k.mustWord("queue"), Ahead: k.integer("ahead", 0, 0, 1_000_000), Wait: k.duration("wait", 0, 0)}
		k.close()
	}
	for _, a := range f.list("answers") {
		out.Answers = append(out.Answers, t.answer(a))
	}
	return out
}

// answer reads what a service answers: {service: crm, status: 200, body: {…}} or {service: crm, fault: words}; a speech
// service {speech: asr, body: {…}}.
func (t *testReader) answer(v *value) ivr.StubAnswer {
	f := t.fields(v, "an answer")
	defer f.close()
	out := ivr.StubAnswer{Path: f.text("path", ""), Fault: f.text("fault", "")}
	if out.Service = f.word("speech"); out.Service.IsSet() {
		out.Speech = true
	} else {
		out.Service = f.mustWord("service")
	}
	out.Status = f.integer("status", 200, 100, 599)
	switch {
	case out.Fault != "":
		out.Status = 0
	case f.get("body") != nil:
		body, err := json.Marshal(jsonOf(f.got["body"]))
		if err != nil {
			t.wrong(f.got["body"].at, "the body does not encode", "plain values")
		}
		out.Body = body
	}
	return out
}

// jsonOf is a YAML value as JSON has it.
func jsonOf(v *value) any {
	switch v.kind {
	case kindMap:
		out := map[string]any{}
		for _, p := range v.pairs {
			out[p.key.text] = jsonOf(p.value)
		}
		return out
	case kindList:
		out := []any{}
		for _, item := range v.list {
			out = append(out, jsonOf(item))
		}
		return out
	case kindScalar:
		return scalarJSON(v)
	default:
		return nil
	}
}

func scalarJSON(v *value) any {
	if v.quoted {
		return v.text
	}
	if _, err := strconv.ParseFloat(v.text, 64); err == nil && json.Valid([]byte(v.text)) {
		return json.Number(v.text)
	}
	switch strings.ToLower(v.text) {
	case "true", "false":
		return v.text == "true"
	}
	return v.text
}
