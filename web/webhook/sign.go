package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// The headers of a request. The signature covers the time, so that a request
// caught on the way can't be sent again later, and the body.
const (
	HeaderEvent     = "Hotline-Event"     // the kind
	HeaderID        = "Hotline-Id"        // the same at every try
	HeaderTimestamp = "Hotline-Timestamp" // seconds since 1970, of this try
	HeaderSignature = "Hotline-Signature" // sha256=HEX of HMAC-SHA256(secret, timestamp + "." + body)
)

// freshFor is how old a request may be to be believed.
const freshFor = 5 * time.Minute

// signaturePrefix names the algorithm.
const signaturePrefix = "sha256="

func sign(h http.Header, m Message, secret string, now time.Time) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Hotline")
	h.Set(HeaderEvent, m.Event)
	h.Set(HeaderID, m.ID)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderSignature, signaturePrefix+hex.EncodeToString(mac(secret, stamp, m.Body)))
}

func mac(secret, stamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(stamp + "."))
	h.Write(body)
	return h.Sum(nil)
}

// Verify is what a receiver does: it tells whether a request with these headers
// and body was signed with the secret within the last five minutes. CodeForbidden if not.
func Verify(h http.Header, body []byte, secret string, now time.Time) error {
	stamp := h.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return call.Errorf(call.CodeForbidden, "%s is no time", HeaderTimestamp)
	}
	if age := now.Sub(time.Unix(seconds, 0)).Abs(); age > freshFor {
		return call.Errorf(call.CodeForbidden, "the request is %s old", age.Round(time.Second))
	}
	text, ok := strings.CutPrefix(h.Get(HeaderSignature), signaturePrefix)
	sum, err := hex.DecodeString(text)
	if !ok || err != nil || !hmac.Equal(sum, mac(secret, stamp, body)) {
		return call.Errorf(call.CodeForbidden, "%s does not fit", HeaderSignature)
	}
	return nil
}
