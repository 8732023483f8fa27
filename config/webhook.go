package config

import (
	"net/url"
	"strings"
)

// mostWebhooks is how many a site may name; each has a connection and a queue of its own.
const mostWebhooks = 64

// shortestKey is how long a webhook's secret must be at least. Shorter ones are guessed.
const shortestKey = 16

// webhook reads {url: "https://…", secret: "${NAME}"}. No message repeats either.
func (b *builder) webhook(v *value) Webhook {
	if v == nil {
		return Webhook{}
	}
	f := b.fields(v, "a webhook")
	defer f.close()
	return b.hook(f)
}

// hook reads the two keys of a webhook.
func (b *builder) hook(f *fields) Webhook {
	w := Webhook{URL: f.secret("url"), Secret: f.secret("secret")}
	for _, key := range []string{"url", "secret"} {
		if f.got[key] == nil {
			f.must(key)
		}
	}
	if text := w.URL.Reveal(); text != "" && !isHookURL(text) {
		b.wrong(f.got["url"].at, "url is no address a webhook can be sent to", "as https://duty.example.com/hotline, ${NAME} or file:/path; http or https, without user and fragment")
	}
	if text := w.Secret.Reveal(); text != "" && len(text) < shortestKey {
		b.wrong(f.got["secret"].at, "secret is too short for a signature", "at least 16 characters, better ${NAME} or file:/path with 32 random ones")
	}
	return w
}

func isHookURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.Fragment == "" &&
		!strings.ContainsAny(text, " \t\r\n")
}
