package sdp

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"hotline/call"
)

// contentType is the media type of a session description (RFC 8866 section 8.1).
const contentType = "application/sdp"

// maxParts bounds the parts of a multipart body that are looked at.
const maxParts = 16

// Body finds the session description in a message body: the body itself, or
// the first application/sdp part of a multipart one (RFC 5621), as gateways
// send it beside ISUP. It is nil without an error when there is no
// description. The error wraps ErrType or ErrBad.
func Body(ctype string, body []byte) ([]byte, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	kind, params, err := mime.ParseMediaType(ctype)
	if err != nil && kind == "" {
		return nil, call.Errorf(call.CodeInvalid, "%w: %q", ErrType, clip(ctype))
	}
	switch {
	case kind == contentType:
		return bounded(body)
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "":
		return part(body, params["boundary"])
	default:
		return nil, call.Errorf(call.CodeInvalid, "%w: %q", ErrType, clip(kind))
	}
}

// bounded refuses a description longer than any is; what stands beside it in a
// multipart body may be as long as a message.
func bounded(text []byte) ([]byte, error) {
	if len(text) > MaxSize {
		return nil, bad("a description of %d bytes, at most %d are read", len(text), MaxSize)
	}
	return text, nil
}

// part finds the description among the parts.
func part(body []byte, boundary string) ([]byte, error) {
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := range maxParts {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) && n > 0 {
			return nil, nil
		}
		if err != nil {
			return nil, bad("its multipart body: %v", err)
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil || kind != contentType {
			continue
		}
		text, err := io.ReadAll(p) // no longer than the body, which is bounded
		if err != nil {
			return nil, bad("its multipart body: %v", err)
		}
		return bounded(text)
	}
	return nil, bad("more than %d parts in its body", maxParts)
}
