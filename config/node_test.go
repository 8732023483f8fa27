package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/recording/seal"
)

// nodeText is a right node file; tests replace one line of it.
const nodeText = `node: {name: n}
sip: {domain: hotline.local, listen: [udp://127.0.0.1:5060]}
media: {listen: 127.0.0.1, ports: 20000-20001}
http: {listen: 127.0.0.1:8080}
site: site
`

func TestNodeMistakesAreToldWhereTheyAre(t *testing.T) {
	for _, c := range []struct {
		line  int
		text  string
		words string
	}{
		{1, `node: {‸naem: n}`, `did you mean "name"?`},
		{1, `node: {name: ‸"a b"}`, "is no name"},
		{1, `‸node:`, "node has no value"},
		{1, `node: ‸n`, "node is a text, a mapping"},
		{1, `node: {name: n, max_calls: ‸-1}`, "from 0"},
		{1, `node: {name: n, tape: {keep: ‸1}}`, "no duration"},
		{1, `node: {name: n, tape: {max: ‸1GB}}`, "as 500KiB, 10MiB or 1GiB"},
		{1, `node: {name: n, tape: {max: ‸99999999999GiB}}`, "no size"},
		{1, `node: {name: n, tape: {max: ‸1MiB}}`, "at least 16MiB"},
		{1, `node: {name: n, tape: {‸days: 2}}`, `no key "days"`},
		{1, `node: {name: n, tape: ‸24h}`, "a mapping"},
		{1, `‸nod: {name: n}`, `did you mean "node"?`},
		{2, `sip: ‸{listen: [udp://127.0.0.1:5060]}`, "sip has no domain"},
		{2, `sip: ‸{domain: d}`, "sip has no listen"},
		{2, `sip: {domain: ‸"a b", listen: [udp://127.0.0.1:5060]}`, "no host name"},
		{2, `sip: {domain: d, listen: [‸udp:127.0.0.1:5060]}`, "no transport://host:port"},
		{2, `sip: {domain: d, listen: [‸sctp://127.0.0.1:5060]}`, `transport "sctp" is unknown`},
		{2, `sip: {domain: d, listen: [‸udp://127.0.0.1:99999]}`, "no host and port"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060, ‸udp://127.0.0.1:5060]}`, "is there twice"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], digest: [MD5, ‸SHA256]}`, `did you mean "SHA-256"?`},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], digest: [MD5, ‸MD5]}`, "is there twice"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], digest: ‸[]}`, "empty list"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], session_expires: ‸60s}`, "at least min_se, 1m30s, or 0s for no session timers"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], min_se: ‸30s}`, "at least "},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], session_expires: ‸5m, min_se: 10m}`, "at least min_se, 10m"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], register: {min: ‸5s}}`, "at least 10s"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], register: ‸{min: 10m, max: 5m}}`, "max at least as long as min"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], register: {max: 10m, default: ‸1h}}`, "from min, 1m, to max, 10m"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], register: {devices: ‸0}}`, "from 1 to 50"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], advertise: ‸"1.2.3.4:5060"}`, "without port"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], tls: ‸{cert: c.pem}}`, "tls has no key"},
		{2, `sip: {domain: d, listen: ‸[tls://127.0.0.1:5061]}`, "has no certificate"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], advertise: [192.0.2.1, ‸192.0.2.2]}`, "second address of its family"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], advertise: [‸sip.example.org, 192.0.2.2]}`, "no address"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], dns: [‸ns.example.org]}`, "is no address"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], guard: {rate: ‸0}}`, "from 1 to"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], guard: {‸rates: 5}}`, `did you mean "rate"?`},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], guard: {ban: 1h, longest: ‸5m}}`, "at least as long as ban"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], guard: {ban: ‸1h30}}`, "no duration"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], guard: {scanners: [‸ua]}}`, "at least 3 characters"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], acl: {allow: [‸192.0.2.0/33]}}`, "neither an address nor a range"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], acl: {deny: [192.0.2.1, ‸192.0.2.1/24]}}`, "as 192.0.2.0/24"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], acl: {‸block: x}}`, `no key "block"`},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], trace: {max: ‸1KiB}}`, "at least 1MiB"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], trace: {keep: ‸-1s}}`, "at least"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], hep: {to: ‸homer}}`, "as homer.example.org:9060"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], hep: ‸{id: 7}}`, "hep has no to"},
		{2, `sip: {domain: d, listen: [udp://127.0.0.1:5060], hep: {to: "h:9060", id: ‸0}}`, "from 1 to"},
		{4, `http: {listen: "127.0.0.1:8080", trusted_proxies: [‸proxy]}`, "neither an address nor a range"},
		{3, `media: {listen: [127.0.0.1, ‸127.0.0.2], ports: 20000-20001}`, "second address of its family"},
		{3, `media: {listen: [‸x], ports: 20000-20001}`, "no address"},
		{3, `media: {listen: ‸[], ports: 20000-20001}`, "empty list"},
		{3, `media: {listen: 127.0.0.1, advertise: ‸[127.0.0.1, "::1"], ports: 20000-20001}`, "listen has none"},
		{3, `media: {listen: ‸localhost, ports: 20000-20001}`, "no address"},
		{3, `media: {listen: 127.0.0.1, ports: ‸20001-20002}`, "begin at 20001"},
		{3, `media: {listen: 127.0.0.1, ports: ‸20000-20002}`, "end at 20002"},
		{3, `media: {listen: 127.0.0.1, ports: ‸20000-20000}`, "hold no even port"},
		{3, `media: {listen: 127.0.0.1, ports: ‸80-99}`, "at 1024 or above"},
		{3, `media: {listen: 127.0.0.1, ports: ‸20000-99999}`, "is no range"},
		{3, `media: {listen: 127.0.0.1, ports: 20000-20001, rtp_timeout: ‸60}`, "is no duration"},
		{3, `media: ‸{listen: 127.0.0.1}`, "media has no ports"},
		{4, `http: {listen: ‸8080}`, "no host:port"},
		{4, `http: {listen: "127.0.0.1:8080", tls: {cert: c, key: k, ‸client_ca: x}}`, "no key \"client_ca\""},
		{5, `‸sitte: site`, `did you mean "site"?`},
		{5, "site: site\nstorage: {database: ‸mysql}", "sqlite or postgres"},
		{5, "site: site\nstorage: {database: ‸\"postgres://u:${PW}@db/x\"}", "stands for the whole value"},
		{3, `media: {listen: 127.0.0.1, ports: ‸5060-5099}`, "hold the port of udp://127.0.0.1:5060"},
		{5, "site: site\nstorage: {recordings: ‸s3://}", "file or s3"},
		{5, "site: site\nstorage: {recordings: ‸s3://bucket}", "has no credentials"},
		{5, "site: site\nstorage: {recordings: s3://bucket, s3: {endpoint: ‸ftp://x, access_key: a, secret_key: b}}", "no address of a store"},
		{5, "site: site\nstorage: {s3: ‸{access_key: a, secret_key: b}}", "they are files"},
		{5, "site: site\nstorage: {recording_keys: ‸2026 AAAA}", "neither a variable nor a file"},
		{5, "site: site\nstorage: {recording_keys: ‸file:/etc/hostname}", "no name and a key"},
		{5, "site: site\nstorage: {recordings_max: ‸1KiB}", "at least 64MiB"},
		{5, "site: site\nstorage: {analysis_cpu: ‸20}", "from 1% to 100%"},
		{5, "site: site\nstorage: {archive: ‸mp3}", "one of opus, wav"},
		{5, "site: site\nlog: {level: ‸trace}", `level "trace" is unknown`},
		{5, "site: site\nlog: {format: ‸jsn}", `did you mean "json"?`},
	} {
		lines := strings.Split(nodeText, "\n")
		lines[c.line-1] = c.text
		text, places := unmark("n.yaml", strings.Join(lines, "\n"))
		_, err := readNode("n.yaml", []byte(text), nil)
		var problems Problems
		require.ErrorAs(t, err, &problems, c.text)
		require.Contains(t, err.Error(), places[0]+": ", c.text)
		require.Contains(t, err.Error(), c.words, c.text)
	}
}

func TestANodeFileSaysEverything(t *testing.T) {
	n, err := readNode("n.yaml", []byte(`node: {name: n, data: /var/lib/hotline, max_calls: 500}
sip:
  domain: example.org
  listen: ["udp://[::1]:5060", tls://sip.example.org:5061]
  advertise: 203.0.113.7
  digest: [SHA-256, MD5]
  tls: {cert: c.pem, key: k.pem, client_ca: ca.pem, server_ca: sa.pem}
  dns: [192.0.2.53, "[2001:db8::53]:5353"]
  origins: [console.example.org]
media: {listen: ["::1", 127.0.0.1], advertise: [203.0.113.7, "2001:db8::7"], ports: 30000-30009, rtp_timeout: 90s}
http: {listen: ":8080", tls: {cert: c.pem, key: k.pem}}
storage:
  database: "${DSN}"
  recordings: s3://bucket/prefix/
  s3: {endpoint: "http://10.0.0.7:9000", region: r1, access_key: id, secret_key: "${SECRET}"}
  recording_keys: "${KEYS}"
  recordings_max: 10GiB
  analysis_cpu: 5%
site: /etc/hotline/site
log: {level: warn, format: json}
`), func(name string) (string, bool) {
		v, ok := map[string]string{
			"DSN": "postgres://u:secret@db/hotline", "SECRET": "hidden",
			"KEYS": seal.NewKey("2026") + ";" + seal.NewKey("2025"),
		}[name]
		return v, ok
	})
	require.NoError(t, err)
	require.Equal(t, S3{
		Endpoint: "10.0.0.7:9000", Plain: true, Region: "r1", Bucket: "bucket", Prefix: "prefix", AccessKey: "id", SecretKey: n.Storage.S3.SecretKey,
	}, n.Storage.S3)
	require.Equal(t, "hidden", n.Storage.S3.SecretKey.Reveal())
	require.NotContains(t, fmt.Sprintf("%+v", n), "hidden")
	require.Equal(t, "2026", n.Storage.RecordingKeys.Current())
	require.EqualValues(t, 10<<30, n.Storage.RecordingsMax)
	require.InDelta(t, 0.05, n.Storage.AnalysisCPU, 1e-9)
	require.Equal(t, 500, n.MaxCalls)
	require.Equal(t, "udp://[::1]:5060", n.SIP.Listen[0].String())
	require.Equal(t, Listen{TransportTLS, "sip.example.org", 5061}, n.SIP.Listen[1])
	require.Equal(t, []DigestAlgorithm{DigestSHA256, DigestMD5}, n.SIP.Digest)
	require.Equal(t, "sa.pem", n.SIP.TLS.ServerCA)
	require.Equal(t, "n.yaml:7:8: a, b", n.SIP.TLS.Wrong("a", "b").String())
	require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53"), netip.MustParseAddrPort("[2001:db8::53]:5353")}, n.SIP.DNS)
	require.Equal(t, []string{"console.example.org"}, n.SIP.Origins)
	require.Equal(t, "127.0.0.1 ::1 203.0.113.7 2001:db8::7", fmt.Sprint(n.Media.Listen, n.Media.Listen6, n.Media.Advertise, n.Media.Advertise6))
	require.Equal(t, 90*time.Second, n.Media.RTPTimeout)
	require.Equal(t, PostgreSQL, n.Storage.Database)
	require.Equal(t, "postgres://u:secret@db/hotline", n.Storage.DSN.Reveal())
	require.Equal(t, Log{LogWarn, LogJSON}, n.Log)
	require.Len(t, n.NotYet, 1, "postgres is told")
	for _, note := range n.NotYet {
		require.NotContains(t, note, "secret")
	}
}

func TestSecretsAreMaskedWhereverTheyArePrinted(t *testing.T) {
	s := NewSecret("hunter2")
	encoded, err := json.Marshal(map[string]any{"password": s})
	require.NoError(t, err)
	for _, shown := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, s), string(encoded), fmt.Sprintf("%+v", Phone{Password: s}),
		fmt.Sprintf("%+v %#v", struct{ hidden Secret }{s}, &struct{ hidden *Secret }{&s}),
	} {
		require.NotContains(t, shown, "hunter2")
		require.NotContains(t, shown, fmt.Sprintf("%x", "hunter2"))
	}
	require.Equal(t, "hunter2", s.Reveal())
	require.True(t, Secret{}.Empty())
	require.Empty(t, Secret{}.String())
}

func TestNoMistakeRepeatsAPassword(t *testing.T) {
	for _, text := range []string{
		`agents: [{id: "1", password: hunter2, group: nowhere, password: hunter2}]`,
		`agents: [{id: "1", password hunter2}]`,
		`agents: [{id: "1", password: [hunter2]}]`,
		"agents:\n- id: \"1\"\n  password: hunter2\n : x",
		"agents: [{id: \"1\", password: 'hunter2}]",
		"agents: [{id: \"1\", password: \"${hunter2 }\"}]",
		"phones: [{ext: \"1\", password: {hunter2 is: it}}]",
	} {
		_, err := loadText(text)
		require.Error(t, err, text)
		require.NotContains(t, err.Error(), "hunter2", text)
	}
}

func TestASecretMayComeFromOutside(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("in the file\n"), 0o600))
	s, err := loadText("phones: [{ext: a, password: \"${SET}\"}, {ext: b, password: \"file:" + file + "\"}, {ext: c, password: plain}]")
	require.NoError(t, err)
	require.Equal(t, "pw", s.Phones[0].Password.Reveal())
	require.Equal(t, "from-SET", s.Phones[1].Password.Reveal())
	require.Equal(t, "in the file", s.Phones[2].Password.Reveal())
	require.Equal(t, "plain", s.Phones[3].Password.Reveal())

	_, err = loadText(`phones: [{ext: a, password: "file:secret"}]`)
	require.ErrorContains(t, err, "from the root")
	_, err = loadText(`phones: [{ext: a, password: "file:/dev/zero"}]`)
	require.ErrorContains(t, err, "is no small file")
}

func TestPathsCountFromTheNodeFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "n.yaml")
	require.NoError(t, os.WriteFile(file, []byte(nodeText), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "site"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site", "x.yaml"), []byte(base), 0o600))
	n, s, err := Load(file, SiteOptions{})
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "site"), n.Site)
	require.Equal(t, filepath.Join(dir, "data"), n.Data)
	require.Len(t, s.Groups, 2)
}

func TestMistakesOfNodeAndSiteAreToldTogether(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "n.yaml")
	require.NoError(t, os.WriteFile(file, []byte(nodeText+"colour: red\n"), 0o600))
	_, _, err := Load(file, SiteOptions{})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "colour", "the node's mistakes are told although the site is not there")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "site"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site", "x.yaml"), []byte("grups: []"), 0o600))
	_, _, err = Load(file, SiteOptions{})
	var problems Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 2)

	_, err = LoadNode(filepath.Join(dir, "nowhere.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.False(t, errors.As(err, &problems))
}

func TestAFileWithNothingOrTooMuchInIt(t *testing.T) {
	for _, text := range []string{"", "# nothing", "---\n", nodeText + "---\n" + nodeText} {
		_, err := readNode("n.yaml", []byte(text), nil)
		require.ErrorContains(t, err, "n.yaml:1:1: ", text)
	}
	_, err := LoadSite(fstest.MapFS{"README": {}}, ".", SiteOptions{Shown: "site"})
	require.ErrorContains(t, err, "site:1:1: the site folder holds no *.yaml file")
	_, problems := parse("big.yaml", make([]byte, maxFileBytes+1))
	require.Contains(t, problems.Error(), "big.yaml:1:1: ")
	for _, deep := range []string{
		strings.Repeat("[", 100_000), strings.Repeat("{a: ", 100_000), strings.Repeat("- ", 100_000), strings.Repeat("? ", 10_000),
		strings.Repeat("a:\n", 3) + strings.Repeat(" ", 500) + "a: b",
	} {
		_, problems := parse("deep.yaml", []byte(deep))
		require.NotEmpty(t, problems)
	}
}

func TestWhatOfTheNodeFileIsTakenWhileItRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hotline.yaml")
	write := func(text string) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	text := strings.Replace(nodeText, "sip: {", "sip: {hep: {to: \"h:1\", password: p}, ", 1)
	text = strings.ReplaceAll(text, "‸", "")
	write(text)
	n, err := loadNode(file)
	require.NoError(t, err)
	same, err := n.Again()
	require.NoError(t, err)
	require.True(t, n.Reloadable(same))
	write(strings.Replace(text, "sip: {", "sip: {guard: {rate: 7}, acl: {deny: [192.0.2.0/24]}, ", 1))
	other, err := n.Again()
	require.NoError(t, err)
	require.True(t, n.Reloadable(other))
	require.Equal(t, 7, other.SIP.Guard.Rate)
	write(strings.Replace(text, "password: p", "password: q", 1))
	other, err = n.Again()
	require.NoError(t, err)
	require.False(t, n.Reloadable(other))
	write(strings.Replace(text, "sip: {", "sip: {guard: {rate: none}, ", 1))
	_, err = n.Again()
	require.ErrorContains(t, err, "rate")
	shown, _, err := Load("", SiteOptions{})
	require.NoError(t, err)
	again, err := shown.Again()
	require.NoError(t, err)
	require.True(t, shown.Reloadable(again))
}
