package digest_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	icholy "github.com/icholy/digest"
	"github.com/stretchr/testify/require"

	"hotline/sip/digest"
)

var (
	start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	alice = digest.Login{Method: "REGISTER", URI: "sip:hotline.local", User: "1001", Password: "correct horse"}
	all   = []digest.Algorithm{digest.SHA512t256, digest.SHA256, digest.MD5}
)

func accounts(user string) (string, bool) {
	switch user {
	case "1001":
		return "correct horse", true
	case `we"ird\, 1`:
		return `p:a"s\s`, true
	default:
		return "", false
	}
}

func server(t testing.TB, change ...func(*digest.Options)) *digest.Server {
	opts := digest.Options{Realm: "hotline.local", Algorithms: all, Key: []byte("a key for tests, 32 bytes long..")}
	for _, c := range change {
		c(&opts)
	}
	s, err := digest.New(opts)
	require.NoError(t, err)
	return s
}

// request wraps Authorization values in alice's REGISTER.
func request(authorization ...string) digest.Request {
	return digest.Request{Method: "REGISTER", URI: "sip:hotline.local", Authorization: authorization}
}

func answer(t testing.TB, challenges []string, l digest.Login) string {
	value, err := digest.Answer(challenges, l)
	require.NoError(t, err)
	return value
}

func TestEveryAlgorithm(t *testing.T) {
	for _, a := range all {
		s := server(t, func(o *digest.Options) { o.Algorithms = []digest.Algorithm{a} })
		challenges := s.Challenge(start, false)
		require.Len(t, challenges, 1)
		require.Contains(t, challenges[0], "algorithm="+a.String()+",")
		value := answer(t, challenges, alice)
		require.Equal(t, digest.Verdict{Result: digest.OK, User: "1001"}, s.Verify(start, request(value), accounts))
	}
}

// TestPublishedVectors: RFC 7616 3.9.1 has the same request under MD5 and
// SHA-256; RFC 2617 3.5 under MD5.
func TestPublishedVectors(t *testing.T) {
	login := digest.Login{Method: "GET", URI: "/dir/index.html", User: "Mufasa", Password: "Circle of Life", CNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}
	for _, c := range []struct{ algorithm, response string }{
		{"MD5", "8ca523f5e9506fed4657c9700eebdbec"},
		{"SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
	} {
		challenge := fmt.Sprintf(`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=%s, `+
			`nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`, c.algorithm)
		require.Contains(t, answer(t, []string{challenge}, login), `response="`+c.response+`"`)
	}
	old := login
	old.Password, old.CNonce = "Circle Of Life", "0a4f113b"
	challenge := `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`
	value := answer(t, []string{challenge}, old)
	require.Contains(t, value, `response="6629fae49393a05397450978507c4ef1"`)
	require.NotContains(t, value, "algorithm")
}

// TestIndependentClient: a client nobody here wrote registers with every algorithm.
func TestIndependentClient(t *testing.T) {
	for _, a := range all {
		s := server(t, func(o *digest.Options) { o.Algorithms = []digest.Algorithm{a} })
		for _, user := range []string{"1001", `we"ird\, 1`} {
			password, _ := accounts(user)
			challenge, err := icholy.FindChallenge(http.Header{"Www-Authenticate": s.Challenge(start, false)})
			require.NoError(t, err)
			for count := 1; count <= 3; count++ {
				c, err := icholy.Digest(challenge, icholy.Options{Method: "REGISTER", URI: "sip:hotline.local", Username: user, Password: password, Count: count})
				require.NoError(t, err)
				v := s.Verify(start, request(c.String()), accounts)
				require.Equal(t, digest.OK, v.Result, "%s %s: %s", a, user, v.Words)
				require.Equal(t, user, v.User)
			}
		}
	}
}

// TestIndependentServer: our client's answer is what another implementation computes.
func TestIndependentServer(t *testing.T) {
	for _, qop := range []string{``, `qop="auth",`, `qop="auth-int, AUTH",`} {
		for _, a := range []string{"", "MD5", "SHA-256", "SHA-512-256"} {
			algorithm := ""
			if a != "" {
				algorithm = "algorithm=" + a + ","
			}
			challenge := `Digest realm="carrier, east", nonce="n\"1",` + qop + algorithm + `opaque="o"`
			parsed, err := icholy.ParseCredentials(answer(t, []string{challenge}, alice))
			require.NoError(t, err)
			want := &icholy.Challenge{Realm: "carrier, east", Nonce: `n"1`, Algorithm: a, Opaque: "o"}
			if qop != "" {
				want.QOP = []string{"auth"}
			}
			c, err := icholy.Digest(want, icholy.Options{Method: alice.Method, URI: alice.URI, Username: alice.User, Password: alice.Password, Count: 1, Cnonce: parsed.Cnonce})
			require.NoError(t, err)
			require.Equal(t, c.Response, parsed.Response)
			require.Equal(t, "o", parsed.Opaque)
		}
	}
}

func TestStrongestIsAnswered(t *testing.T) {
	s := server(t)
	challenges := s.Challenge(start, false)
	require.Len(t, challenges, 3)
	for i, name := range []string{"SHA-512-256", "SHA-256", "MD5"} { // the order of the options is the order on the wire
		require.Contains(t, challenges[i], "algorithm="+name+",")
	}
	require.Contains(t, answer(t, []string{challenges[2], challenges[0], challenges[1]}, alice), "SHA-512-256")
	require.Contains(t, answer(t, []string{challenges[2], "Bearer x", `Digest algorithm=SHA-3, nonce="x"`, challenges[1]}, alice), "SHA-256")
	for _, none := range [][]string{nil, {"Bearer x"}, {`Digest realm="r"`}, {`Digest nonce="n", qop="auth-int"`}, {`Digest nonce="n`}} {
		_, err := digest.Answer(none, alice)
		require.ErrorIs(t, err, digest.ErrNoChallenge)
	}
}

func TestVerdicts(t *testing.T) {
	s := server(t)
	good := func() string { return answer(t, s.Challenge(start, false), alice) }
	with := func(change func(*digest.Login)) string {
		l := alice
		change(&l)
		return answer(t, s.Challenge(start, false), l)
	}
	replace := func(from, to string) string { return strings.Replace(good(), from, to, 1) }
	for _, c := range []struct {
		name   string
		values []string
		want   digest.Result
	}{
		{"none", nil, digest.NoCredentials},
		{"another scheme", []string{"Bearer abc"}, digest.NoCredentials},
		{"another realm", []string{replace(`realm="hotline.local"`, `realm="elsewhere"`)}, digest.NoCredentials},
		{"another algorithm", []string{replace("algorithm=SHA-512-256", "algorithm=MD5-sess")}, digest.NoCredentials},
		{"ours is the second", []string{"Bearer abc", replace(`realm="hotline.local"`, `realm="elsewhere"`), good()}, digest.OK},
		{"response in capitals", []string{upperResponse(good())}, digest.OK},
		{"wrong password", []string{with(func(l *digest.Login) { l.Password = "guess" })}, digest.Denied},
		{"unknown user", []string{with(func(l *digest.Login) { l.User = "9999" })}, digest.Denied},
		{"unknown user, empty password", []string{with(func(l *digest.Login) { l.User, l.Password = "9999", "" })}, digest.Denied},
		{"another method", []string{with(func(l *digest.Login) { l.Method = "INVITE" })}, digest.Denied},
		{"algorithm lied about", []string{replace("algorithm=SHA-512-256", "algorithm=MD5")}, digest.Denied},
		{"cut response", []string{good()[:len(good())-10] + `"`}, digest.Denied},
		{"another request's uri", []string{with(func(l *digest.Login) { l.URI = "sip:1002@hotline.local" })}, digest.Malformed},
		{"no uri", []string{replace(`uri="sip:hotline.local"`, `uri=""`)}, digest.Malformed},
		{"no qop", []string{replace("qop=auth, ", "")}, digest.Malformed},
		{"qop auth-int", []string{replace("qop=auth", "qop=auth-int")}, digest.Malformed},
		{"no user", []string{replace(`username="1001"`, `username=""`)}, digest.Malformed},
		{"nc zero", []string{replace("nc=00000001", "nc=00000000")}, digest.Malformed},
		{"nc no number", []string{replace("nc=00000001", "nc=zzzzzzzz")}, digest.Malformed},
		{"nc too long", []string{replace("nc=00000001", "nc=000000001")}, digest.Malformed},
		{"another opaque", []string{replace(`opaque="`, `opaque="0`)}, digest.Malformed},
		{"user twice", []string{good() + `, username="1002"`}, digest.Malformed},
		{"open quote", []string{good() + `, x="`}, digest.Malformed},
		{"too long", []string{good() + `, x="` + strings.Repeat("a", 5000) + `"`}, digest.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := s.Verify(start, request(c.values...), accounts)
			require.Equal(t, c.want.String(), v.Result.String(), v.Words)
			require.NotContains(t, v.Words, "correct horse")
			if c.want != digest.OK {
				require.NotEmpty(t, v.Words)
			}
		})
	}
}

func upperResponse(value string) string {
	head, response, _ := strings.Cut(value, "response=")
	return head + "response=" + strings.ToUpper(response)
}

// TestUnknownLooksLikeWrong: nothing in the verdict tells the two apart.
func TestUnknownLooksLikeWrong(t *testing.T) {
	s := server(t)
	verdict := func(user string) digest.Verdict {
		l := alice
		l.User, l.Password = user, "guess"
		v := s.Verify(start, request(answer(t, s.Challenge(start, false), l)), accounts)
		v.User = ""
		return v
	}
	require.Equal(t, verdict("1001"), verdict("9999"))
}

func TestNonceAge(t *testing.T) {
	s := server(t)
	for _, c := range []struct {
		after time.Duration
		want  digest.Result
	}{
		{0, digest.OK},
		{5 * time.Minute, digest.OK},
		{5*time.Minute + time.Millisecond, digest.Stale},
		{24 * time.Hour, digest.Stale},
		{-6 * time.Minute, digest.Stale}, // the clock was set back
	} {
		value := answer(t, s.Challenge(start, false), alice)
		require.Equal(t, c.want, s.Verify(start.Add(c.after), request(value), accounts).Result, c.after)
	}
	old := answer(t, s.Challenge(start, false), digest.Login{Method: "REGISTER", URI: alice.URI, User: "1001", Password: "guess"})
	require.Equal(t, digest.Denied, s.Verify(start.Add(time.Hour), request(old), accounts).Result, "stale is told to those who know the password only")
	require.Contains(t, s.Challenge(start, true)[0], "stale=true")
	require.NotContains(t, s.Challenge(start, false)[0], "stale")
}

// TestRestart: a phone goes on with a nonce of before the restart and is asked again without a new password prompt.
func TestRestart(t *testing.T) {
	before := server(t, func(o *digest.Options) { o.Key = nil })
	after := server(t, func(o *digest.Options) { o.Key = nil })
	value := answer(t, before.Challenge(start, false), alice)
	require.Equal(t, digest.Stale, after.Verify(start, request(value), accounts).Result)
	require.Equal(t, digest.OK, after.Verify(start, request(answer(t, after.Challenge(start, true), alice)), accounts).Result)
}

func TestReplay(t *testing.T) {
	s := server(t)
	challenges := s.Challenge(start, false)
	verify := func(count uint32) digest.Result {
		l := alice
		l.Count = count
		return s.Verify(start, request(answer(t, challenges, l)), accounts).Result
	}
	for _, c := range []struct {
		count uint32
		want  digest.Result
	}{
		{1, digest.OK},
		{1, digest.Replayed},
		{2, digest.OK},
		{5, digest.OK},
		{3, digest.OK}, // two REGISTERs may cross on the way
		{3, digest.Replayed},
		{5, digest.Replayed},
		{100, digest.OK},
		{37, digest.OK},       // 63 back: the edge of the window
		{36, digest.Replayed}, // 64 back: no longer known
		{1 << 31, digest.OK},
		{100, digest.Replayed},
		{1<<31 - 1, digest.OK},
	} {
		require.Equal(t, c.want, verify(c.count), "count %d", c.count)
	}
}

// TestNoncesDiffer: two phones challenged in the same millisecond don't share a count.
func TestNoncesDiffer(t *testing.T) {
	s := server(t)
	one, two := answer(t, s.Challenge(start, false), alice), answer(t, s.Challenge(start, false), alice)
	require.Equal(t, digest.OK, s.Verify(start, request(one), accounts).Result)
	require.Equal(t, digest.OK, s.Verify(start, request(two), accounts).Result)
}

// TestTableIsBounded: whatever is forgotten counts as stale, never as new.
func TestTableIsBounded(t *testing.T) {
	s := server(t, func(o *digest.Options) { o.MaxNonces = 8 })
	var used []string
	for range 100 {
		value := answer(t, s.Challenge(start, false), alice)
		require.Equal(t, digest.OK, s.Verify(start, request(value), accounts).Result)
		used = append(used, value)
	}
	results := map[digest.Result]int{}
	for _, value := range used {
		results[s.Verify(start, request(value), accounts).Result]++
	}
	require.Zero(t, results[digest.OK])
	require.LessOrEqual(t, results[digest.Replayed], 8)
	require.Equal(t, 100, results[digest.Replayed]+results[digest.Stale])
}

// TestLongRun: over hours, with generations turning, no proof is taken twice and no good one is refused.
func TestLongRun(t *testing.T) {
	s := server(t)
	now := start
	for range 200 {
		now = now.Add(97 * time.Second)
		challenges := s.Challenge(now, false)
		first := answer(t, challenges, alice)
		require.Equal(t, digest.OK, s.Verify(now, request(first), accounts).Result)
		later := now.Add(4 * time.Minute)
		require.NotEqual(t, digest.OK, s.Verify(later, request(first), accounts).Result)
		second := alice
		second.Count = 2
		require.Equal(t, digest.OK, s.Verify(later, request(answer(t, challenges, second)), accounts).Result)
	}
}

// TestConcurrent: of many who show the same proof at once, one gets in.
func TestConcurrent(t *testing.T) {
	s := server(t)
	value := answer(t, s.Challenge(start, false), alice)
	results := make([]digest.Result, 16)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i] = s.Verify(start, request(value), accounts).Result })
	}
	wg.Wait()
	won := 0
	for _, r := range results {
		if r == digest.OK {
			won++
			continue
		}
		require.Equal(t, digest.Replayed, r)
	}
	require.Equal(t, 1, won)
}

func TestTargets(t *testing.T) {
	s := server(t)
	for _, c := range []struct {
		hashed, request string
		want            digest.Result
	}{
		{"sip:hotline.local", "sip:hotline.local", digest.OK},
		{"sip:hotline.local", "sip:hotline.local;transport=tcp", digest.OK},
		{"sip:hotline.local", "sip:hotline.local:5060", digest.OK},
		{"SIP:Hotline.Local", "sip:hotline.local", digest.OK},
		{"sip:9000@hotline.local", "sip:9000@hotline.local;user=phone", digest.OK},
		{"sip:[2001:db8::1]:5060", "sip:[2001:DB8::1]", digest.OK},
		{"sip:9000@hotline.local", "sip:9001@hotline.local", digest.Malformed},
		{"sip:hotline.local", "sip:9000@hotline.local", digest.Malformed},
		{"sip:elsewhere", "sip:hotline.local", digest.Malformed},
		{"sip:[2001:db8::1", "sip:[2001:db8::1", digest.OK}, // the same text
		{"sip:[2001:db8::1", "sip:[2001:db8::2", digest.Malformed},
		{"tel:9000", "tel:9001", digest.Malformed},
		{"nonsense", "sip:hotline.local", digest.Malformed},
	} {
		l := alice
		l.URI = c.hashed
		value := answer(t, s.Challenge(start, false), l)
		v := s.Verify(start, digest.Request{Method: "REGISTER", URI: c.request, Authorization: []string{value}}, accounts)
		require.Equal(t, c.want, v.Result, "%v %s", c, v.Words)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []digest.Options{
		{},
		{Realm: "r", Lifetime: -time.Second},
		{Realm: "r", MaxNonces: -1},
		{Realm: "r", Algorithms: []digest.Algorithm{9}},
	} {
		_, err := digest.New(o)
		require.Error(t, err)
	}
	s, err := digest.New(digest.Options{Realm: `a "b"`})
	require.NoError(t, err)
	require.Len(t, s.Challenge(start, false), 1)
	require.Contains(t, s.Challenge(start, false)[0], `realm="a \"b\""`)
	require.Contains(t, s.Challenge(start, false)[0], "algorithm=MD5")
}

func TestAlgorithmNames(t *testing.T) {
	for _, a := range all {
		text, err := a.MarshalText()
		require.NoError(t, err)
		var back digest.Algorithm
		require.NoError(t, back.UnmarshalText([]byte(strings.ToLower(string(text)))))
		require.Equal(t, a, back)
	}
	_, err := digest.Algorithm(9).MarshalText()
	require.Error(t, err)
	var a digest.Algorithm
	require.ErrorContains(t, a.UnmarshalText([]byte("SHA-1")), "SHA-256")
	require.Equal(t, "invalid(9)", digest.Algorithm(9).String())
	require.Equal(t, "invalid(9)", digest.Result(9).String())
}

// Who asks learns nothing from the work his question takes: as many look-ups, as many and as large
// allocations, for every algorithm.
func TestSameWorkForUnknownUsers(t *testing.T) {
	for _, algorithm := range []digest.Algorithm{digest.MD5, digest.SHA256} {
		s, err := digest.New(digest.Options{Realm: "hotline.local", Algorithms: []digest.Algorithm{algorithm}})
		require.NoError(t, err)
		asked := 0
		work := func(user string) (allocations float64, bytes int64) {
			auth, err := digest.Answer(s.Challenge(time.Now(), false), digest.Login{Method: "REGISTER", URI: "sip:h", User: user, Password: "guess", Count: 1})
			require.NoError(t, err)
			once := func() {
				v := s.Verify(time.Now(), digest.Request{Method: "REGISTER", URI: "sip:h", Authorization: []string{auth}}, func(name string) (string, bool) {
					asked++
					return "pw-12345", name == "1001"
				})
				require.Equal(t, digest.Denied, v.Result)
			}
			allocations = testing.AllocsPerRun(200, once)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range 1000 {
				once()
			}
			runtime.ReadMemStats(&after)
			return allocations, int64(after.TotalAlloc-before.TotalAlloc) / 1000
		}
		asked = 0
		known, knownBytes := work("1001")
		first := asked
		unknown, unknownBytes := work("7777")
		require.Positive(t, first)
		require.InDelta(t, known, unknown, 0.5)
		require.InDelta(t, knownBytes, unknownBytes, 32)
	}
}
