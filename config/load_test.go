package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/call"
)

func TestTheContractsNodeFileLoads(t *testing.T) {
	n, err := LoadNode("testdata/contract/hotline.yaml")
	require.NoError(t, err)
	require.Equal(t, "hotline-1", n.Name)
	require.Equal(t, "testdata/contract/data", n.Data)
	require.Equal(t, "testdata/contract/site", n.Site)
	require.Equal(t, "hotline.local", n.SIP.Domain)
	require.Equal(t, []Listen{{UDP, "127.0.0.1", 5060}, {TCP, "127.0.0.1", 5060}}, n.SIP.Listen)
	require.Equal(t, []DigestAlgorithm{DigestMD5}, n.SIP.Digest)
	require.Equal(t, uint16(20000), n.Media.First)
	require.Equal(t, uint16(29999), n.Media.Last)
	require.Equal(t, time.Minute, n.Media.RTPTimeout)
	require.False(t, n.Media.Advertise.IsValid())
	require.Equal(t, "127.0.0.1:8080", n.HTTP.Listen)
	require.Equal(t, Log{LogInfo, LogConsole}, n.Log)
	require.Empty(t, n.NotYet)
}

func contractSite(t *testing.T) *Site {
	n, err := LoadNode("testdata/contract/hotline.yaml")
	require.NoError(t, err)
	s, err := n.LoadSite(SiteOptions{})
	require.NoError(t, err)
	return s
}

func TestTheContractsSiteLoads(t *testing.T) {
	s := contractSite(t)
	require.Equal(t, "Asia/Shanghai", s.Zone.String())
	require.Len(t, s.Groups, 16)
	require.Len(t, s.Agents, 21)
	require.Len(t, s.Rules.Agents, 21)
	require.Len(t, s.Phones, 2)
	require.Len(t, s.Rules.Plans, 4)
	require.Equal(t, 40, s.PhysicalSeats)
	require.Equal(t, []call.Number{{Number: "10000", Trunk: "gateway", Flow: "main"}}, s.Numbers)
	require.Equal(t, call.CallerVIP, s.Callers[0].Class)
	require.NotNil(t, s.Graph)
	require.NotEmpty(t, s.NotYet)
}

func TestAQueueTakesItsOwnThenTheDefaultsBlock(t *testing.T) {
	s := contractSite(t)
	general, valueAdded := s.Rules.Queues[0], s.Rules.Queues[2]
	require.Equal(t, 85, general.TargetPercent)
	require.Equal(t, 100, general.MaxWaiting, "from the defaults block")
	require.Equal(t, 5, valueAdded.Priority, "from the format's own defaults")
	require.Equal(t, []acd.Overflow{
		{When: acd.WhenNoSeats, To: acd.Target{Kind: acd.ToFlow, Name: "voicemail"}},
		{When: acd.WhenFull, To: acd.Target{Kind: acd.ToFlow, Name: "busy"}},
		{When: acd.WhenWaited, After: 10 * time.Minute, To: acd.Target{Kind: acd.ToCallback}, Ask: true},
		{When: acd.WhenWaited, After: time.Minute, To: acd.Target{Kind: acd.ToCallback}, Ask: true},
	}, general.Overflow, "the last is what offer_after means")
	require.Len(t, s.Queues[0].Overflow, 3)
	require.Equal(t, s.Calendars["service"], valueAdded.Hours)
	require.Equal(t, 10*time.Second, s.Rules.Queues[1].WrapUp)
}
