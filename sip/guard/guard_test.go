package guard

import (
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// made gives the n-th of as many sources as one likes.
func made(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

// A flood of sources made up fills no memory, gives no more than all strangers may have, and does not
// keep a new one from a bucket of its own.
func TestTablesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Rate: 1, Burst: 5, Most: 100, All: 1000})
		passed := 0
		for i := range 100_000 {
			if g.Admit(made(i), 1) == Pass {
				passed++
			}
		}
		require.Len(t, g.strangers.all, 100)
		require.Len(t, g.strangers.known, 100)
		require.Equal(t, 2000, passed, "what all strangers together have at once")
		require.Equal(t, Crowded, g.Admit(addr("192.0.2.1"), 1))
		time.Sleep(time.Second)
		for range 5 {
			require.Equal(t, Pass, g.Admit(addr("192.0.2.2"), 1), "a newcomer has a bucket of its own in the middle of it")
			g.Admit(made(int(time.Now().UnixNano()%100_000)), 1)
		}
		require.Equal(t, Fast, g.Admit(addr("192.0.2.2"), 1))
		for i, s := range g.strangers.all {
			require.Equal(t, i, s.at)
			require.Same(t, s, g.strangers.known[s.key])
		}
	})
}

// Other bounds count from the next message; what was used up and who is banned stay.
func TestConfigureLeavesWhatIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Rate: 1, Burst: 5, Offences: 2, Most: 7})
		used, bad := addr("192.0.2.1"), addr("192.0.2.66")
		for range 5 {
			g.Admit(used, 1)
		}
		for range 3 {
			g.Offend(bad, Password)
		}
		require.Equal(t, Banned, g.Admit(bad, 1))
		g.Configure(Options{Rate: 100, Burst: 200, Deny: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}})
		require.Equal(t, Banned, g.Admit(bad, 1))
		require.Equal(t, Fast, g.Admit(used, 1), "its bucket is as empty as it was")
		time.Sleep(time.Second)
		for range 100 {
			require.Equal(t, Pass, g.Admit(used, 1))
		}
		require.Equal(t, Denied, g.Admit(addr("198.51.100.7"), 1))
		require.Equal(t, 7, g.Bounds().Most, "how much is remembered is fixed")
		for range 200 {
			require.Equal(t, Pass, g.Admit(addr("192.0.2.2"), 1), "a newcomer has the new burst")
		}
	})
}

// Who has offended is not washed out of the table by a flood of others.
func TestOffendersAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Most: 64, Offences: 5})
		bad := addr("192.0.2.66")
		for range 4 {
			g.Offend(bad, Password)
		}
		for i := range 10_000 {
			g.Admit(made(i), 1)
		}
		g.Offend(bad, Password)
		require.Len(t, g.Bans(), 1)
	})
}

func TestASubnetOfIPv6IsOneSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Rate: 1, Burst: 5, Offences: 3})
		six := addr("2001:db8::1")
		for range 5 {
			require.Equal(t, Pass, g.Admit(six, 1))
			six = six.Next()
		}
		require.Equal(t, Fast, g.Admit(six, 1), "a /64 is one source")
		require.Equal(t, Pass, g.Admit(addr("2001:db8:0:1::1"), 1))
		for range 3 {
			six = six.Next()
			g.Offend(six, Stranger)
		}
		require.Equal(t, Banned, g.Admit(addr("2001:db8::ffff"), 1))
		require.Equal(t, "2001:db8::/64", g.Bans()[0].Source.String())
		require.Equal(t, netip.MustParsePrefix("192.0.2.1/32"), Key(addr("::ffff:192.0.2.1")))
	})
}

// Bans grow, end, and are forgotten.
func TestBansGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []Ban
		g := New(Options{
			Offences: 3, Within: time.Minute, First: time.Minute, Longest: 4 * time.Minute,
			Changed: func(b Ban, gone bool) {
				if !gone {
					heard = append(heard, b)
				}
			},
		})
		who := addr("192.0.2.66")
		for i, length := range []time.Duration{1, 2, 4, 4} {
			for range 3 {
				require.Equal(t, Pass, g.Admit(who, 1))
				g.Offend(who, Malformed)
			}
			require.Equal(t, Banned, g.Admit(who, 1))
			require.Len(t, heard, i+1)
			b := heard[i]
			require.Equal(t, length*time.Minute, b.Until.Sub(b.Since))
			require.Equal(t, i+1, b.Times)
			require.Equal(t, "malformed", b.Reason)
			time.Sleep(length*time.Minute - time.Second)
			require.Equal(t, Banned, g.Admit(who, 1))
			require.EqualValues(t, 2, g.Bans()[0].Dropped)
			time.Sleep(time.Second)
			require.Equal(t, Pass, g.Admit(who, 1))
			require.Empty(t, g.Bans())
		}
	})
}

// One offence in a while comes to nothing, a plain flood neither.
func TestWhoIsNotBanned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Offences: 3, Within: time.Minute})
		phone, trunk := addr("192.0.2.1"), addr("198.51.100.7")
		for range 100 {
			g.Offend(phone, Password)
			time.Sleep(21 * time.Second)
		}
		for range 100_000 {
			g.Admit(phone, 1)
		}
		g.SetRanges([]netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")})
		floor := addr("203.0.113.5") // a NAT with a phone that is registered
		g.Hold(floor)
		for range 1000 {
			g.Offend(trunk, Malformed)
			g.Offend(floor, Scanner)
		}
		require.Empty(t, g.Bans())
		require.Zero(t, g.State().Bans)
		g.Release(floor)
		g.Offend(floor, Scanner)
		require.Len(t, g.Bans(), 1, "a scanner is banned at once")

		off := New(Options{Offences: -1})
		for range 1000 {
			off.Offend(phone, Scanner)
		}
		require.Empty(t, off.Bans())
	})
}

func TestPeersAreLimitedFarAbove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Peer: 100})
		trunk := addr("198.51.100.7")
		g.Hold(trunk)
		for range 200 {
			require.Equal(t, Pass, g.Admit(trunk, 1))
		}
		require.Equal(t, PeerFast, g.Admit(trunk, 1))
		time.Sleep(time.Second)
		require.Equal(t, Pass, g.Admit(trunk, 100))
		require.Equal(t, PeerFast, g.Admit(trunk, 1))
	})
}

func TestBansByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Bans: 8})
		g.SetRanges([]netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")})
		_, err := g.Ban(addr("198.51.100.9"), time.Hour, "", "op")
		require.ErrorContains(t, err, "take it out of the trunk's from")
		_, err = g.Ban(addr("192.0.2.1"), 0, "", "op")
		require.Error(t, err)
		floor := addr("203.0.113.5")
		g.Hold(floor)
		b, err := g.Ban(floor, time.Hour, "calls Cuba", "op")
		require.NoError(t, err)
		require.Equal(t, "op", b.By)
		require.Equal(t, Banned, g.Admit(floor, 1), "registered phones or not")
		require.True(t, g.Shut(floor))
		lifted, ok := g.Lift(floor)
		require.True(t, ok)
		require.EqualValues(t, 2, lifted.Dropped)
		_, ok = g.Lift(floor)
		require.False(t, ok)
		require.Equal(t, Pass, g.Admit(floor, 1))
		for i := range 4 {
			_, err = g.Ban(made(i), time.Hour, "", "op")
			require.NoError(t, err)
		}
		_, err = g.Ban(made(5), time.Hour, "", "op")
		require.Error(t, err, "half of the room is for the guard's own")
	})
}

// A source that becomes a trunk's is listened to.
func TestATrunkLiftsItsBan(t *testing.T) {
	g := New(Options{Offences: 1})
	g.Offend(addr("198.51.100.9"), Stranger)
	require.Equal(t, Banned, g.Admit(addr("198.51.100.9"), 1))
	g.SetRanges([]netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")})
	require.Equal(t, Pass, g.Admit(addr("198.51.100.9"), 1))
	g.SetRanges(nil)
	require.Equal(t, Pass, g.Admit(addr("198.51.100.9"), 1))
}

// Bans outlive a restart; with too many of them those that end first go.
func TestBansComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := map[netip.Prefix]Ban{}
		o := Options{Offences: 1, First: time.Minute, Longest: time.Hour, Bans: 10, Changed: func(b Ban, gone bool) {
			if kept[b.Source] = b; gone {
				delete(kept, b.Source)
			}
		}}
		g := New(o)
		for i := range 15 {
			g.Offend(made(i), Password)
			time.Sleep(time.Second)
		}
		require.Len(t, kept, 10)
		require.Len(t, g.Bans(), 10)
		require.Equal(t, made(14), g.Bans()[0].Source.Addr(), "latest first")
		time.Sleep(54 * time.Second)
		var stored []Ban
		for _, b := range kept {
			stored = append(stored, b)
		}
		again := New(o)
		again.Restore(stored)
		require.Len(t, again.Bans(), 5, "these are still in force")
		again.Offend(made(5), Password)
		require.Equal(t, 2, again.Bans()[0].Times, "the others are remembered")
		time.Sleep(2 * time.Hour)
		New(o).Restore(stored)
		require.Empty(t, kept, "and forgotten in the end")
	})
}

func TestLists(t *testing.T) {
	list := func(s ...string) (out []netip.Prefix) {
		for _, p := range s {
			out = append(out, netip.MustParsePrefix(p))
		}
		return out
	}
	g := New(Options{Allow: list("192.0.2.0/24", "2001:db8::/32"), Deny: list("192.0.2.66/32")})
	trunk := addr("198.51.100.7")
	g.SetRanges(list("198.51.100.0/24", "192.0.2.66/32"))
	for a, want := range map[netip.Addr]Verdict{
		addr("192.0.2.1"): Pass, addr("192.0.2.66"): Denied, addr("203.0.113.1"): Denied, trunk: Pass,
		addr("2001:db8::7"): Pass, addr("2001:db9::7"): Denied,
	} {
		require.Equal(t, want, g.Admit(a, 1), a)
	}
}

// Behind a NAT with phones of ours somebody guesses.
func TestGuessesOfAPeerAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{})
		floor := addr("203.0.113.5")
		g.Hold(floor)
		n := 0
		for ; g.MayGuess(floor); n++ {
			g.Charge(floor)
		}
		require.Equal(t, guessMost, n)
		time.Sleep(500 * time.Millisecond)
		require.True(t, g.MayGuess(floor))
		g.Charge(floor)
		require.False(t, g.MayGuess(floor))
		require.Equal(t, Pass, g.Admit(floor, 1), "its other messages are taken")
		require.True(t, g.MayGuess(addr("192.0.2.1")))
	})
}

// What a full guard holds, for the bound in docs/sip-guard.md.
func TestFullGuardIsSmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	g := New(Options{Offences: 2})
	for i := range 60_000 {
		g.Admit(made(i), 1)
		g.Offend(made(i/2), Password)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d KiB held with %+v", held>>10, g.State())
	require.Less(t, held, int64(8<<20))
	require.Equal(t, 4096, g.State().Bans)
	require.LessOrEqual(t, g.State().Strangers, 8192)
}

func BenchmarkAdmit(b *testing.B) {
	g := New(Options{Peer: 1 << 30})
	g.SetRanges([]netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")})
	for i := range 100 {
		if _, err := g.Ban(made(i), time.Hour, "", "op"); err != nil {
			b.Fatal(err)
		}
	}
	for name, a := range map[string]netip.Addr{"peer": addr("198.51.100.7"), "stranger": addr("192.0.2.1"), "banned": made(1)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Admit(a, 1)
			}
		})
	}
}
