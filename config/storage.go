package config

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"hotline/media/libopus"
	"hotline/recording/seal"
)

// S3 is the bucket of an S3-compatible store.
type S3 struct {
	Endpoint  string // host or host:port
	Plain     bool   // http
	Region    string // empty: asked for
	Bucket    string
	Prefix    string
	AccessKey string
	SecretKey Secret
}

// The bounds of what a recordings folder may hold, and the share of a core that
// looking through recordings takes.
const (
	leastFolder = 64 << 20
	usualCPU    = 20
)

func (n *Node) readStorage(f *fields) {
	f.readDatabase(&n.Storage)
	f.readRecordings(&n.Storage)
	f.readS3(&n.Storage)
	n.Storage.RecordingKeys = f.recordingKeys()
	n.Storage.RecordingsMax = f.size("recordings_max", 0, leastFolder)
	n.Storage.Opus = f.archiveFormat()
	n.Storage.AnalysisCPU = float64(f.percent("analysis_cpu", usualCPU)) / 100
	f.close()
	if n.Storage.Database != SQLite {
		n.NotYet = append(n.NotYet, "storage.database: PostgreSQL is not used, call records go to SQLite under node.data")
	}
}

// archiveFormats are what ended recordings may be kept as, by value.
var archiveFormats = []string{"wav", "opus"}

// archiveFormat reads whether recordings are kept as Opus; a build that can't code it says so.
func (f *fields) archiveFormat() bool {
	at := f.get("archive")
	opus := oneOf(f, "archive", archiveFormats, uint8(0)) == 1
	if opus && !libopus.Built {
		f.r.wrong(at.at, "archive is opus, and this build codes none", "wav, or a build with the tag opus, as the container is")
		return false
	}
	return opus
}

func (f *fields) readDatabase(s *Storage) {
	v := f.get("database")
	text, ok := f.r.scalar(v, "database")
	if !ok || text == "sqlite" {
		return
	}
	if text, ok = f.r.expand(v.at, "database", text); !ok || text == "sqlite" {
		return
	}
	if strings.Contains(text, "${") {
		f.r.wrong(v.at, "database has a variable within its address", "${NAME} stands for the whole value")
		return
	}
	if !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		f.r.wrong(v.at, "database is neither sqlite nor a postgres address", "sqlite or postgres://user:password@host:5432/name")
		return
	}
	s.Database, s.DSN = PostgreSQL, NewSecret(text)
}

// readRecordings reads file, or s3://bucket/prefix, which may carry key:secret@.
func (f *fields) readRecordings(s *Storage) {
	v := f.get("recordings")
	text, ok := f.r.scalar(v, "recordings")
	if !ok || text == "file" {
		return
	}
	if text, ok = f.r.expand(v.at, "recordings", text); !ok || text == "file" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		f.r.wrong(v.at, "recordings is neither file nor a bucket", "file or s3://bucket/prefix")
		return
	}
	s.Recordings = RecordingS3
	s.S3.Bucket, s.S3.Prefix = u.Host, strings.Trim(u.Path, "/")
	if u.User != nil {
		secret, _ := u.User.Password()
		s.S3.AccessKey, s.S3.SecretKey = u.User.Username(), NewSecret(secret)
	}
}

// usualEndpoint is where a bucket is when nothing else is said.
const usualEndpoint = "s3.amazonaws.com"

// readS3 reads where the bucket is and who we are there.
func (f *fields) readS3(s *Storage) {
	s.S3.Endpoint = usualEndpoint
	v := f.get("s3")
	if v == nil {
		f.needCredentials(s, f.got["recordings"])
		return
	}
	g := f.r.fields(v, "storage.s3")
	endpoint := g.word("endpoint")
	if endpoint.Value != "" {
		g.readEndpoint(endpoint, &s.S3)
	}
	s.S3.Region = g.text("region", "")
	if w := g.secret("access_key"); !w.Empty() {
		s.S3.AccessKey = w.Reveal()
	}
	if w := g.secret("secret_key"); !w.Empty() {
		s.S3.SecretKey = w
	}
	g.close()
	if s.Recordings != RecordingS3 {
		f.r.wrong(v.at, "storage.s3 is for recordings in a bucket, and they are files", "recordings: s3://bucket/prefix")
		return
	}
	f.needCredentials(s, v)
}

func (f *fields) needCredentials(s *Storage, v *value) {
	if s.Recordings == RecordingS3 && (s.S3.AccessKey == "" || s.S3.SecretKey.Empty()) {
		f.r.wrong(v.at, "the bucket has no credentials", "storage.s3: {endpoint, access_key, secret_key}, each as ${NAME} or file:/path")
	}
}

// readEndpoint reads https://host:port, or http:// for a wire that is our own.
func (f *fields) readEndpoint(w word, s *S3) {
	u, err := url.Parse(w.Value)
	ok := err == nil && (u.Scheme == "https" || u.Scheme == "http") && strings.Trim(u.Path, "/") == "" && u.User == nil && isHost(u.Hostname())
	if ok && u.Port() != "" {
		_, err = strconv.ParseUint(u.Port(), 10, 16)
		ok = err == nil
	}
	if !ok {
		f.r.wrong(w.Pos, fmt.Sprintf("endpoint %q is no address of a store", clip(w.Value)), "as https://s3.example.com or http://127.0.0.1:9000")
		return
	}
	s.Endpoint, s.Plain = u.Host, u.Scheme == "http"
	if _, _, err := net.SplitHostPort(u.Host); err != nil && strings.Contains(u.Host, ":") && u.Host[0] != '[' {
		s.Endpoint = "[" + u.Host + "]"
	}
}

// recordingKeys reads the keys recordings are encrypted by: of the environment, where
// ; ends a line as well, or of a file. They never stand in the node file.
func (f *fields) recordingKeys() *seal.KeyFile {
	const key = "recording_keys"
	v := f.get(key)
	text, ok := f.r.scalar(v, key)
	if !ok {
		return nil
	}
	if !strings.HasPrefix(text, "${") && !strings.HasPrefix(text, "file:") {
		f.r.wrong(v.at, key+" is neither a variable nor a file", "${NAME} or file:/path; `hotline recordings newkey` makes a key")
		return nil
	}
	found, ok := f.r.expand(v.at, key, text)
	if !ok {
		return nil
	}
	if strings.HasPrefix(text, "${") {
		found = strings.ReplaceAll(found, ";", "\n")
	}
	keys, err := seal.ParseKeys(found)
	if err != nil {
		f.r.wrong(v.at, key+": "+err.Error(), "lines of a name and 32 bytes in base64, the current key first")
		return nil
	}
	return keys
}

// percent gives a share from 1% to 100%, else def.
func (f *fields) percent(key string, def int) int {
	w := f.word(key)
	if w.Value == "" {
		return def
	}
	text, ok := strings.CutSuffix(w.Value, "%")
	n, err := strconv.Atoi(text)
	if !ok || err != nil || n < 1 || n > 100 {
		f.r.wrong(w.Pos, fmt.Sprintf("%s %q is no share", key, clip(w.Value)), "from 1% to 100%")
		return def
	}
	return n
}
