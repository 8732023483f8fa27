package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"sort"
)

// hashOf is the SHA-256 over what documents say: order of lists counts; order of
// keys, comments, quotes and layout do not. Secrets from outside count by their name.
func hashOf(docs []*value) string {
	h := sha256.New()
	for _, d := range docs {
		d.hash(h)
	}
	return hex.EncodeToString(h.Sum(nil))
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

func (v *value) hash(h hash.Hash) {
	hashText(h, string(rune('0'+v.kind))+v.text)
	hashCount(h, len(v.list))
	for _, item := range v.list {
		item.hash(h)
	}
	pairs := append([]pair(nil), v.pairs...)
	sort.SliceStable(pairs, func(i, j int) bool { return pairs[i].key.text < pairs[j].key.text })
	hashCount(h, len(pairs))
	for _, p := range pairs {
		hashText(h, p.key.text)
		p.value.hash(h)
	}
}

func hashText(h hash.Hash, s string) {
	hashCount(h, len(s))
	h.Write([]byte(s))
}

func hashCount(h hash.Hash, n int) {
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
}
