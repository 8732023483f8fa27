package media

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"hotline/call"
)

// fakePorts are ports whose sockets are numbers; taken ones can't be bound.
func fakePorts(r PortRange, taken map[uint16]error) (*ports, map[int]bool) {
	p := newPorts(netip.MustParseAddr("127.0.0.1"), r)
	open, fd := map[int]bool{}, 0
	p.bind = func(a netip.AddrPort) (int, error) {
		if err := taken[a.Port()]; err != nil {
			return -1, err
		}
		fd++
		open[fd] = true
		return fd, nil
	}
	p.shut = func(fd int) error { delete(open, fd); return nil }
	return p, open
}

func TestPortsRestAsLongAsPossible(t *testing.T) {
	p, open := fakePorts(PortRange{20001, 20008}, nil) // 20002, 20004, 20006
	first, err := p.lease()
	require.NoError(t, err)
	require.EqualValues(t, 20002, first.port)
	require.NoError(t, p.release(first))
	for _, want := range []uint16{20004, 20006, 20002} {
		got, err := p.lease()
		require.NoError(t, err)
		require.Equal(t, want, got.port)
	}
	_, err = p.lease()
	require.Equal(t, call.CodeCapacity, call.CodeOf(err))
	require.Len(t, open, 6)
}

func TestPortsOthersHoldArePassedOver(t *testing.T) {
	p, open := fakePorts(PortRange{20000, 20005}, map[uint16]error{20001: unix.EADDRINUSE, 20002: unix.EADDRINUSE})
	got, err := p.lease()
	require.NoError(t, err)
	require.EqualValues(t, 20004, got.port)
	_, err = p.lease()
	require.Equal(t, call.CodeCapacity, call.CodeOf(err))
	require.ErrorIs(t, err, unix.EADDRINUSE)
	require.Len(t, open, 2, "a pair of which one half was free is given back")
	require.Equal(t, 2, p.idle())
}

func TestNoDescriptorsLeftEndsTheSearch(t *testing.T) {
	tries := 0
	p, _ := fakePorts(PortRange{20000, 29999}, nil)
	p.bind = func(netip.AddrPort) (int, error) { tries++; return -1, unix.EMFILE }
	_, err := p.lease()
	require.Equal(t, call.CodeCapacity, call.CodeOf(err))
	require.Equal(t, 1, tries)
}

func TestReleaseTellsWhatFailed(t *testing.T) {
	p, _ := fakePorts(PortRange{20000, 20001}, nil)
	got, err := p.lease()
	require.NoError(t, err)
	wrong := errors.New("wrong")
	p.shut = func(int) error { return wrong }
	require.ErrorIs(t, p.release(got), wrong)
	require.Equal(t, 1, p.idle(), "the pair is free all the same")
}

func TestPortsNeverLeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, open := fakePorts(PortRange{20000, 20019}, map[uint16]error{20004: unix.EADDRINUSE})
		held := map[uint16]pair{}
		t.Repeat(map[string]func(*rapid.T){
			"lease": func(t *rapid.T) {
				got, err := p.lease()
				if err != nil {
					require.Len(t, held, 9)
					return
				}
				require.NotContains(t, held, got.port)
				held[got.port] = got
			},
			"release": func(t *rapid.T) {
				for port, was := range held {
					require.NoError(t, p.release(was))
					delete(held, port)
					break
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, 10-len(held), p.idle())
				require.Len(t, open, 2*len(held))
			},
		})
	})
}
