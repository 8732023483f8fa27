package peer

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// mediaAddr reads the address of the first audio line, apart from the engine's own reader.
func mediaAddr(sdp string) (netip.AddrPort, error) {
	var session, media, port string
	inAudio := false
	for line := range strings.SplitSeq(sdp, "\n") {
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "m="):
			if inAudio = port == "" && strings.HasPrefix(line, "m=audio ") && len(f) > 1; inAudio {
				port = f[1]
			}
		case strings.HasPrefix(line, "c=") && len(f) == 3 && inAudio:
			media = f[2]
		case strings.HasPrefix(line, "c=") && len(f) == 3 && port == "":
			session = f[2]
		}
	}
	if media == "" {
		media = session
	}
	host, err := netip.ParseAddr(media)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("no audio address in %q: %w", sdp, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("no audio port in %q: %w", sdp, err)
	}
	return netip.AddrPortFrom(host, uint16(n)), nil
}
