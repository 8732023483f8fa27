package config

import (
	"net/url"
	"strings"
	"time"
)

// Service is a system that flows may ask over HTTP (data dip). Only services a site names are ever asked.
type Service struct {
	Name      string
	URL       string            // http or https; what a flow's path is added to
	Headers   map[string]Secret // sent with every request
	Timeout   time.Duration     // of one try
	Retries   int               // after the first try; GET and PUT only
	MaxAnswer int64             // bytes
	AtOnce    int               // requests under way; more are faults at once
	Breaker   Breaker
}

// Breaker leaves a service alone that does not answer: flows take their bad-case edge at once.
type Breaker struct {
	Failures int           // in a row
	Pause    time.Duration // then one request tries whether it is back
}

// Hook is a webhook that flows may tell something.
type Hook struct {
	Name string
	Webhook
}

// The limits of a service.
const (
	mostServices  = 64
	serviceTime   = 3 * time.Second
	longestAsk    = 20 * time.Second
	answerDefault = 64 << 10
	answerMost    = 1 << 20
	mostHeaders   = 32
)

func (b *builder) readServices() {
	for i, v := range b.sections[sectionServices] {
		f := b.fields(v, "a service")
		s := Service{
			Name: f.name().Value, URL: b.serviceURL(f.mustWord("url")), Headers: b.headers(f.get("headers")),
			Timeout: f.duration("timeout", serviceTime, 50*time.Millisecond), Retries: f.integer("retries", 1, 0, 3),
			MaxAnswer: f.size("max_answer", answerDefault, 1), AtOnce: f.integer("at_once", 64, 1, 1000),
			Breaker: b.breaker(f),
		}
		if s.Timeout > longestAsk {
			b.wrong(f.got["timeout"].at, "timeout is "+short(s.Timeout), "at most "+short(longestAsk)+": a caller waits")
		}
		if s.MaxAnswer > answerMost {
			b.wrong(f.got["max_answer"].at, "max_answer is too much", "at most 1MiB")
		}
		if i == mostServices {
			b.wrong(v.at, "there are too many services", "at most 64")
		}
		b.site.Services = append(b.site.Services, s)
		f.close()
	}
}

// breaker reads {failures: 5, pause: 30s}.
func (b *builder) breaker(f *fields) Breaker {
	k := f.get("breaker")
	if k == nil {
		return Breaker{Failures: 5, Pause: 30 * time.Second}
	}
	r := b.fields(k, "a breaker")
	defer r.close()
	return Breaker{Failures: r.integer("failures", 5, 1, 1000), Pause: r.duration("pause", 30*time.Second, time.Second)}
}

// serviceURL checks where a service is: a fixed host, so that nothing a caller presses leads elsewhere.
func (b *builder) serviceURL(w word) string {
	if w.Value == "" {
		return ""
	}
	u, err := url.Parse(w.Value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(w.Value, " \t{}") {
		b.wrong(w.Pos, "url is no address of a service", "as https://crm.example.com/api, without user, query and fragment; what is secret goes into headers")
		return ""
	}
	return strings.TrimSuffix(w.Value, "/")
}

// headers reads {Authorization: "${CRM_TOKEN}"}. Their values are secrets, whatever they are.
func (b *builder) headers(v *value) map[string]Secret {
	pairs := b.pairs(v, "headers", `{Authorization: "${CRM_TOKEN}"}`)
	if len(pairs) > mostHeaders {
		b.wrong(v.at, "there are too many headers", "at most 32")
	}
	if len(pairs) == 0 {
		return nil
	}
	f := b.fields(v, "headers")
	out := map[string]Secret{}
	for _, p := range pairs {
		if !isHeader(p.key.text) {
			b.wrong(p.key.at, "a name of headers is none", "letters, digits and -, as X-Api-Key; not Host or Content-Length")
			continue
		}
		out[p.key.text] = f.secret(p.key.text)
		if strings.ContainsAny(out[p.key.text].Reveal(), "\r\n") {
			b.wrong(p.value.at, "the value of a header has more than one line", "one line")
		}
	}
	return out
}

func isHeader(name string) bool {
	switch strings.ToLower(name) {
	case "host", "upgrade", "content-length", "transfer-encoding", "connection", "content-type", "":
		return false
	}
	return len(name) <= 64 && !strings.HasPrefix(strings.ToLower(name), "sec-websocket-") && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func (b *builder) readHooks() {
	for i, v := range b.sections[sectionWebhooks] {
		if v.kind != kindMap {
			b.wrong(v.at, "a webhook is "+kinds[v.kind], `{name: orders, url: "https://…", secret: "${NAME}"}`)
			continue
		}
		f := b.fields(v, "a webhook")
		h := Hook{Name: f.name().Value, Webhook: b.hook(f)}
		if i == mostWebhooks {
			b.wrong(v.at, "there are too many webhooks", "at most 64")
		}
		b.site.Webhooks = append(b.site.Webhooks, h)
		f.close()
	}
}
