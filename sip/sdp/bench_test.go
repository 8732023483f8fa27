package sdp_test

import (
	"testing"

	"hotline/call"
	"hotline/sip/sdp"
)

func BenchmarkNegotiate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := sdp.Negotiate(asteriskOffer, local, ident, sdp.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOfferAccept(b *testing.B) {
	answer := crlf(phoneAnswer)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sdp.Accept(sdp.Offer(local, ident, call.SendRecv), answer); err != nil {
			b.Fatal(err)
		}
	}
}
