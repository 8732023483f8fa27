package registrar_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/sip/registrar"
)

// BenchmarkRefresh: one phone of 10,000 refreshes, as they do all day.
func BenchmarkRefresh(b *testing.B) {
	r := registrar.New(registrar.Options{})
	phone := func(n int, cseq uint32) registrar.Request {
		req := register(cseq, contact(1))
		req.Account = fmt.Sprint(n)
		return req
	}
	for n := range 10000 {
		_, _, err := r.Register(start, phone(n, 1))
		require.NoError(b, err)
	}
	now, cseq, n := start, uint32(1), 0
	b.ReportAllocs()
	for b.Loop() {
		if n%10000 == 0 {
			cseq++
			now = now.Add(time.Millisecond)
		}
		if _, _, err := r.Register(now, phone(n%10000, cseq)); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
