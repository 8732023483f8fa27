package digest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/sip/digest"
)

func BenchmarkChallengeAnswerVerify(b *testing.B) {
	for _, a := range all {
		b.Run(a.String(), func(b *testing.B) {
			s := server(b, func(o *digest.Options) { o.Algorithms = []digest.Algorithm{a} })
			b.ReportAllocs()
			for b.Loop() {
				value := answer(b, s.Challenge(start, false), alice)
				require.Equal(b, digest.OK, s.Verify(start, request(value), accounts).Result)
			}
		})
	}
}
