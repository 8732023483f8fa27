package config

import "fmt"

// Transport is how SIP travels.
type Transport uint8

// The transports a node file may listen on; WebSocket is served by http at /sip.
const (
	UDP Transport = iota
	TCP
	TransportTLS
)

var transports = []string{"udp", "tcp", "tls"}

func (t Transport) String() string { return enumName(transports, t) }

// DigestAlgorithm is a hash of the SIP digest (RFC 8760).
type DigestAlgorithm uint8

// The algorithms.
const (
	DigestMD5 DigestAlgorithm = iota
	DigestSHA256
)

var digestAlgorithms = []string{"MD5", "SHA-256"}

func (d DigestAlgorithm) String() string { return enumName(digestAlgorithms, d) }

// DatabaseKind is what keeps call records.
type DatabaseKind uint8

// The databases.
const (
	SQLite DatabaseKind = iota
	PostgreSQL
)

// RecordingsKind is what keeps recordings.
type RecordingsKind uint8

// The places.
const (
	RecordingFiles RecordingsKind = iota
	RecordingS3
)

// LogLevel is the least severe level that is logged.
type LogLevel uint8

// The levels.
const (
	LogDebug LogLevel = iota
	LogInfo
	LogWarn
	LogError
)

var logLevels = []string{"debug", "info", "warn", "error"}

func (l LogLevel) String() string { return enumName(logLevels, l) }

// LogFormat is how a log line looks.
type LogFormat uint8

// The formats.
const (
	LogConsole LogFormat = iota
	LogJSON
)

var logFormats = []string{"console", "json"}

func (f LogFormat) String() string { return enumName(logFormats, f) }

// Role is what a person who logs in may do.
type Role uint8

// The roles of the API.
const (
	RoleAgent      Role = iota
	RoleTeamLead        // the own team
	RoleSupervisor      // the floor
	RoleQA
	RoleTrainer
	RoleEditor // bulletins
	RoleAnalyst
	RoleOperator // runs it, sees no customer data
	RoleAdmin    // may do whatever any role may
)

var roles = []string{"agent", "team_lead", "supervisor", "qa", "trainer", "editor", "analyst", "operator", "admin"}

func (r Role) String() string { return enumName(roles, r) }

// MarshalText gives the role's name as in the site and the API.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// RecordMode is whether a queue's conversations are recorded.
type RecordMode uint8

// The modes.
const (
	RecordAlways   RecordMode = iota
	RecordNever               // not even when asked
	RecordOnDemand            // when the agent or a supervisor asks
	RecordPercent             // a share of the calls
)

var recordModes = []string{"always", "never", "on_demand", "percent"}

func (m RecordMode) String() string { return enumName(recordModes, m) }

// MarshalText gives the mode's name.
func (m RecordMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// TicketWhen is when a queue opens a ticket by itself.
type TicketWhen uint8

// The moments.
const (
	TicketAtDisposition TicketWhen = iota
	TicketAtEnd
)

var ticketWhens = []string{"disposition", "end"}

func (w TicketWhen) String() string { return enumName(ticketWhens, w) }

// names lists the names of an enum's values as the files write them, in order.
func names[E fmt.Stringer](values ...E) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = v.String()
	}
	return all
}

// enumName gives the name of an enum value as the files write it.
func enumName[E ~uint8](names []string, e E) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("invalid(%d)", uint8(e))
}
