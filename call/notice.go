package call

import "time"

// Notice is the kind of something said to a waiting caller in between the music.
// Of several that are due the first in this order is said first.
type Notice uint8

// The kinds.
const (
	NoticeUrgent   Notice = iota // what an emergency plan has everybody hear
	NoticeNext                   // the caller is next
	NoticePlace                  // how many are ahead, and how long it will take
	NoticeWords                  // what the queue says besides
	NoticeCallback               // whether he would rather be called back
)

var notices = []string{"urgent", "next", "place", "words", "callback"}

// NoticeCount is how many kinds there are.
const NoticeCount = int(NoticeCallback) + 1

func (n Notice) String() string { return enumText(notices, n) }

// MarshalText gives the kind's name.
func (n Notice) MarshalText() ([]byte, error) { return enumMarshal("notice", notices, n) }

// UnmarshalText reads a kind's name.
func (n *Notice) UnmarshalText(b []byte) (err error) {
	*n, err = enumParse[Notice]("notice", notices, b)
	return err
}

// LongestExpected is the longest wait that is told; a longer one is told as "more than" it.
const LongestExpected = 30 * time.Minute

// ExpectedWait rounds an estimated wait to what people expect to be told: 0 for less
// than a minute, then whole minutes up to 10, then steps of 5 up to LongestExpected, always
// upwards, since a call taken earlier than told annoys nobody. over tells that it is longer still.
func ExpectedWait(d time.Duration) (rounded time.Duration, over bool) {
	up := func(step time.Duration) time.Duration { return (d + step - 1) / step * step }
	switch {
	case d < time.Minute:
		return 0, false
	case d <= 10*time.Minute:
		return up(time.Minute), false
	case d <= LongestExpected:
		return up(5 * time.Minute), false
	}
	return LongestExpected, true
}
