package media

import (
	"errors"
	"net/netip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// newTestRing makes a ring on the test's own thread. Where the kernel has none (old, or a
// container's filter) there is nothing to test: the engine goes by epoll then.
func newTestRing(t *testing.T) *ringWire {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	k, err := newKernel()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Close(k.epoll)) })
	w, err := newRingWire(k)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.end()) })
	return w
}

// end is a socket of the test, with its address.
type end struct {
	fd int
	sockaddr
}

func newEnd(t testing.TB, port uint16) end {
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
	fd, err := bindSocket(at)
	require.NoError(t, err)
	return end{fd, newSockaddr(at)}
}

// look gives the slots that have something.
func (w *ringWire) look() []int32 {
	slots := make([]int32, 16)
	return slots[:w.ready(slots)]
}

// read takes what a socket has, as words.
func (w *ringWire) read(fd int) (got []string) {
	var from sockaddr
	b := make([]byte, scratchSize)
	for one, ok := w.receive(fd, b, &from); ok; one, ok = w.receive(fd, b, &from) {
		got = append(got, string(one))
	}
	return got
}

// away is how many buffers the kernel does not have.
func (w *ringWire) away() (n int) {
	for _, f := range w.flows {
		if f != nil {
			n += f.count
		}
	}
	return n + len(w.lent)
}

func TestRingWireCarries(t *testing.T) {
	w := newTestRing(t)
	a, b := newEnd(t, 21300), newEnd(t, 21302)
	require.NoError(t, w.watch(a.fd, 7))
	require.Error(t, w.watch(a.fd, 7))
	require.Zero(t, w.flush())
	require.Empty(t, w.look())

	for _, s := range []string{"one", "two", "three"} {
		require.True(t, w.send(b.fd, &a.sockaddr, []byte(s)))
	}
	require.Empty(t, w.look()[:0])
	require.Zero(t, w.flush())
	require.Equal(t, []int32{7}, w.look())
	var from sockaddr
	buf := make([]byte, scratchSize)
	got, ok := w.receive(a.fd, buf, &from)
	require.True(t, ok)
	require.Equal(t, "one", string(got))
	require.True(t, from.same(&b.sockaddr))
	require.Equal(t, []int32{7}, w.look(), "told of as long as it has some")
	require.Equal(t, []string{"two", "three"}, w.read(a.fd))
	require.Empty(t, w.look())

	// A socket that nobody watches is read by the kernel's own call, one at a time or many.
	w.send(a.fd, &b.sockaddr, []byte("four"))
	w.send(a.fd, &b.sockaddr, make([]byte, scratchSize+50))
	require.Zero(t, w.flush())
	in := newBatch()
	require.Equal(t, 2, w.receiveMany(b.fd, in))
	require.Equal(t, "four", string(in.get(0)))
	require.True(t, in.from[0].same(&a.sockaddr))
	require.Empty(t, in.get(1), "too long for a telephone's")
	require.Zero(t, w.receiveMany(b.fd, in))

	// What the kernel refuses is told of by flush.
	nowhere := sockaddr{raw: a.raw, size: a.size}.withPort(0)
	require.True(t, w.send(b.fd, &nowhere, []byte("x")))
	require.EqualValues(t, 1, w.flush())
	require.Zero(t, w.flush())

	// Longer ones than a telephone's are told of, and come out empty.
	w.send(b.fd, &a.sockaddr, make([]byte, scratchSize+1))
	require.Zero(t, w.flush())
	require.Equal(t, []int32{7}, w.look())
	got, ok = w.receive(a.fd, buf, &from)
	require.True(t, ok)
	require.Empty(t, got)
	closeEnds(t, w, a, b)
}

func closeEnds(t *testing.T, w *ringWire, ends ...end) {
	for _, e := range ends {
		if f := w.flowOf(e.fd); f != nil && !f.gone {
			require.NoError(t, w.unwatch(e.fd))
		}
		w.forget(e.fd)
		require.NoError(t, unix.Close(e.fd))
	}
	w.flush()
	require.Zero(t, w.away())
}

// A socket that is no longer watched keeps what it had, and its port is free as soon as it is closed.
func TestRingWireLetsGo(t *testing.T) {
	w := newTestRing(t)
	b := newEnd(t, 21306)
	for range 3 * inflowMost / floodMost { // no buffer gets lost on the way
		a := newEnd(t, 21304)
		require.NoError(t, w.watch(a.fd, 1))
		require.Zero(t, w.flush())
		for range 3 {
			w.send(b.fd, &a.sockaddr, []byte("x"))
		}
		w.flush()
		require.Len(t, w.look(), 1)
		w.send(b.fd, &a.sockaddr, []byte("y"))
		w.flush()
		require.NoError(t, w.unwatch(a.fd))
		require.Error(t, w.unwatch(a.fd))
		require.Equal(t, []string{"x", "x", "x", "y"}, w.read(a.fd))
		w.send(b.fd, &a.sockaddr, []byte("z"))
		w.flush()
		require.NoError(t, w.watch(a.fd, 2), "watched again")
		w.flush()
		require.Equal(t, []int32{2}, w.look())
		closeEnds(t, w, a)
	}
	require.Empty(t, w.look())
	closeEnds(t, w, b)
}

// A flooded port takes nobody else's buffers, and is heard again when the flood is over.
func TestRingWireUnderFlood(t *testing.T) {
	w := newTestRing(t)
	flooded, calm, other := newEnd(t, 21308), newEnd(t, 21310), newEnd(t, 21312)
	require.NoError(t, w.watch(flooded.fd, 1))
	require.NoError(t, w.watch(calm.fd, 2))
	w.flush()
	for round := range 50 {
		for range 200 {
			w.kernel.send(other.fd, &flooded.sockaddr, []byte("flood"))
		}
		w.kernel.send(other.fd, &calm.sockaddr, []byte("calm"))
		slots := w.look()
		require.Contains(t, slots, int32(1), "round %d", round)
		require.Contains(t, slots, int32(2))
		require.Equal(t, []string{"calm"}, w.read(calm.fd))
		var from sockaddr
		for range liveReads {
			w.receive(flooded.fd, make([]byte, scratchSize), &from)
		}
		require.LessOrEqual(t, w.away(), floodMost+liveReads+1)
		w.flush()
	}
	for w.look(); len(w.read(flooded.fd)) > 0; w.look() {
		w.flush()
	}
	w.look() // the end of the request that was taken back
	w.flush()
	w.send(other.fd, &flooded.sockaddr, []byte("heard"))
	w.flush()
	require.Contains(t, w.look(), int32(1))
	require.Equal(t, []string{"heard"}, w.read(flooded.fd))
	closeEnds(t, w, flooded, calm, other)
}

// More datagrams than there are buffers: what finds none stays in its socket and comes later.
func TestRingWireWithoutBuffers(t *testing.T) {
	w := newTestRing(t)
	require.EqualValues(t, inflowFirst, w.many)
	const ends, each = inflowMost/8 + 8, 8
	other := newEnd(t, 21998)
	var all []end
	for i := range ends {
		e := newEnd(t, 21400+uint16(2*i))
		all = append(all, e)
		require.NoError(t, w.watch(e.fd, int32(i)))
		if i%64 == 0 {
			w.flush()
		}
	}
	w.flush()
	for _, e := range all {
		for range each {
			require.True(t, w.kernel.send(other.fd, &e.sockaddr, []byte("x")))
		}
	}
	got := 0
	slots := make([]int32, readyMost)
	for range 64 {
		for _, slot := range slots[:w.ready(slots)] {
			got += len(w.read(all[slot].fd))
		}
		w.flush()
	}
	require.Equal(t, ends*each, got)
	require.EqualValues(t, inflowMost, w.many, "it was offered more as it needed them")
	closeEnds(t, w, append(all, other)...)
}

// A socket that much is sent by is kept at hand by the kernel, and yet its port is free as soon as it is closed, and
// its number another socket's.
func TestRingWireKeepsFiles(t *testing.T) {
	w := newTestRing(t)
	to := newEnd(t, 21308)
	require.NoError(t, w.watch(to.fd, 1))
	var from sockaddr
	b := make([]byte, 8)
	for round := range uint16(4) {
		port := 21310 + round%2*2
		a := newEnd(t, port)
		for range 2 * keepAfter {
			require.True(t, w.send(a.fd, &to.sockaddr, []byte("x")))
			require.Zero(t, w.flush())
			require.Len(t, w.look(), 1)
			got, _ := w.receive(to.fd, b, &from)
			require.Equal(t, "x", string(got))
			require.True(t, from.same(&a.sockaddr), "by the socket of now")
		}
		require.EqualValues(t, keepAfter, w.sent[a.fd])
		w.forget(a.fd)
		require.NoError(t, unix.Close(a.fd))
		again := newEnd(t, port) // or it fails here
		require.NoError(t, unix.Close(again.fd))
	}
	closeEnds(t, w, to)
}

// What has come is sent on from where it lies: its buffer goes back when it has left.
func TestRingWireSendsOnInPlace(t *testing.T) {
	w := newTestRing(t)
	a, b := newEnd(t, 21314), newEnd(t, 21316)
	require.NoError(t, w.watch(a.fd, 1))
	require.NoError(t, w.watch(b.fd, 2))
	var from sockaddr
	room := make([]byte, scratchSize)
	for range 2 * inflowMost / 8 {
		for _, word := range []string{"one", "two", "three", "four"} {
			require.True(t, w.send(b.fd, &a.sockaddr, []byte(word)))
		}
		require.Zero(t, w.flush())
		w.look()
		for range 4 {
			got, ok := w.receive(a.fd, room, &from)
			require.True(t, ok)
			require.True(t, w.within(got))
			got[0] -= 'a' - 'A'
			require.True(t, w.send(a.fd, &from, got))
		}
		require.Equal(t, 4, w.away())
		require.Zero(t, w.flush())
		require.Zero(t, w.away())
		w.look()
		require.Equal(t, []string{"One", "Two", "Three", "Four"}, w.read(b.fd))
		require.Zero(t, w.flush())
	}
	require.False(t, w.within(room))
	closeEnds(t, w, a, b)
}
