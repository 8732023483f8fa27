package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
)

// hashOf is the SHA-256 over what documents say: order of lists counts; order of
// keys, comments, quotes and layout do not. Secrets from outside count by their name.
func hashOf(docs []*value) string {
	h := &hasher{Hash: sha256.New()}
	for _, d := range docs {
		d.hash(h)
	}
	h.flush()
	return hex.EncodeToString(h.Sum(nil))
}

// hasher gathers small writes, of which a site has millions.
type hasher struct {
	hash.Hash
	buffer []byte
	sorted []pair
}

const hasherBuffer = 64 << 10

func (h *hasher) flush() {
	h.Write(h.buffer)
	h.buffer = h.buffer[:0]
}

func (h *hasher) text(s string) {
	h.count(len(s))
	h.buffer = append(h.buffer, s...)
}

func (h *hasher) count(n int) {
	if len(h.buffer) > hasherBuffer {
		h.flush()
	}
	h.buffer = binary.BigEndian.AppendUint32(h.buffer, uint32(n))
}

// withPrompts is a site's hash together with the sounds it brings; without any it is the documents'.
func withPrompts(documents string, files []PromptFile) string {
	if len(files) == 0 {
		return documents
	}
	h := sha256.New()
	hashText(h, documents)
	for _, p := range files {
		hashText(h, p.Path)
		hashText(h, p.Sum)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (v *value) hash(h *hasher) {
	h.count(1 + len(v.text))
	h.buffer = append(append(h.buffer, '0'+byte(v.kind)), v.text...)
	h.count(len(v.list))
	for _, item := range v.list {
		item.hash(h)
	}
	h.count(len(v.pairs))
	first := len(h.sorted)
	h.sorted = append(h.sorted, v.pairs...)
	slices.SortFunc(h.sorted[first:], func(a, b pair) int { return strings.Compare(a.key.text, b.key.text) }) // no key is there twice
	for i := range v.pairs {
		p := h.sorted[first+i]
		h.text(p.key.text)
		p.value.hash(h)
	}
	h.sorted = h.sorted[:first]
}

func hashText(h hash.Hash, s string) {
	hashCount(h, len(s))
	h.Write([]byte(s))
}

func hashCount(h hash.Hash, n int) {
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
}
