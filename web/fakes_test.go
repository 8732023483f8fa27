package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// rooms are the other rooms: plain, and true to their promises.
type rooms struct {
	mu       sync.Mutex
	calls    map[call.ID][]call.Envelope
	seats    []Seat
	queues   []Queue
	trunks   []Trunk
	facts    map[call.RecordingID]call.RecordingFacts
	sound    []byte
	users    map[string]Identity
	words    map[string]string // passwords
	ready    error
	broken   error // what every look-up of calls answers, if set
	audit    []AuditEntry
	disposed []call.DispositionSet
	paused   []string
	erased   []string
	holds    map[call.RecordingID]*Hold
	forced   []acd.PlanForce
	ended    []call.ID
	deeds    []string // in live calls
	queries  int
	visitors string // the number they may call
	closed   int    // sounds closed
}

// number is the customer's: it must never be seen by roles that may not.
const number = "13800138000"

func newRooms() *rooms {
	r := &rooms{
		calls: map[call.ID][]call.Envelope{}, facts: map[call.RecordingID]call.RecordingFacts{},
		sound: bytes.Repeat([]byte("RIFFdata"), 128), users: map[string]Identity{}, words: map[string]string{},
		queues: []Queue{{Name: "general", Seats: map[string]int{"ready": 1}, PlanSteps: []string{}}},
		trunks: []Trunk{{Name: "gw", State: "up"}},
	}
	for _, s := range []Seat{{Agent: "1001", Team: "a"}, {Agent: "1002", Team: "b"}, {Agent: "1900", Team: "a"}} {
		s.State, s.Since, s.Queues = call.SeatOffline, call.StampOf(noon), []string{"general"}
		r.seats = append(r.seats, s)
	}
	r.user(Identity{User: "1001", Agent: "1001", Team: "a", Roles: []Role{RoleAgent}})
	r.user(Identity{User: "1002", Agent: "1002", Team: "b", Roles: []Role{RoleAgent}})
	r.user(Identity{User: "lead", Agent: "1900", Team: "a", Leads: []string{"a"}, Roles: []Role{RoleAgent, RoleTeamLead}})
	for _, role := range []Role{RoleSupervisor, RoleQA, RoleTrainer, RoleEditor, RoleAnalyst, RoleOperator, RoleAdmin} {
		r.user(Identity{User: role.String(), Roles: []Role{role}})
	}
	r.answered("mine", noon, "1001", "R1")
	r.answered("theirs", noon.Add(time.Minute), "1002", "R2")
	r.enter("lost", noon.Add(2*time.Minute), call.Queued{Queue: "general", Entry: noon, Reason: "menu"},
		call.Ended{By: call.PartyCaller, Words: "BYE of " + number})
	r.enter("ringing", noon.Add(3*time.Minute), call.Queued{Queue: "general", Entry: noon, Reason: "menu"},
		call.Offered{Offer: "O", Seat: "1001", Queue: "general", Leg: "L", Deadline: noon, Reason: "idle"})
	return r
}

func (r *rooms) user(id Identity) {
	r.users[id.User] = id
	r.words[id.User] = "pw-" + id.User
}

// enter makes a call of events a second apart.
func (r *rooms) enter(id call.ID, at time.Time, events ...call.Event) {
	entered := call.Entered{Trunk: "gw", Caller: call.Caller{Number: number, Name: "王五"}, Called: "10000", Flow: "main", Revision: 1, Leg: "L1", SIPCallID: "x@y"}
	for i, ev := range append([]call.Event{entered, call.Accepted{}}, events...) {
		r.calls[id] = append(r.calls[id], call.Envelope{Node: "n", Epoch: 1, Call: id, Seq: uint64(i + 1), At: at.Add(time.Duration(i) * time.Second), Event: ev})
	}
}

func (r *rooms) answered(id call.ID, at time.Time, seat call.SeatID, rec call.RecordingID) {
	f := call.RecordingFacts{
		ID: rec, Call: id, Started: at, Length: 2500 * time.Millisecond, Bytes: 40_000, Format: "wav/pcma", Path: string(rec) + ".wav", Complete: true,
		Left: call.TrackFacts{Packets: 125, Corrections: []call.TrackCorrection{{At: time.Second, Samples: -120}}, Losses: []call.TrackLoss{{At: 2 * time.Second, Length: 40 * time.Millisecond, Packets: 2}}},
	}
	r.facts[rec] = f
	offer := call.OfferID("O" + id)
	r.enter(id, at,
		call.Queued{Queue: "general", Entry: at, Priority: 5, Position: 1, Reason: "menu, caller " + number},
		call.Offered{Offer: offer, Seat: seat, Phone: string(seat), Queue: "general", Leg: "L2", Deadline: at.Add(15 * time.Second), Reason: "idle"},
		call.OfferEnded{Offer: offer, Seat: seat, Queue: "general", Result: call.OfferAnswered, Reason: "picked up"},
		call.RecordingBegan{Recording: rec}, call.Connected{Seat: seat, Leg: "L2"},
		call.SeatLeft{Seat: seat, Leg: "L2", By: call.PartyCaller}, call.RecordingEnded{Recording: rec, Facts: f},
		call.Ended{By: call.PartyCaller, Words: "BYE"},
		call.DispositionSet{Seat: seat, Code: "bill", Notes: "owes " + number})
}

func (r *rooms) record(id call.ID) call.Record {
	f := call.NewFolder(call.DefaultShortAbandon)
	for _, e := range r.calls[id] {
		if err := f.Apply(e); err != nil {
			panic(err)
		}
	}
	return f.Record()
}

// Calls lists as the store does: newest first, the cursor is the last one's place.
func (r *rooms) Calls(ctx context.Context, f CallFilter) ([]call.Record, string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries++
	if r.broken != nil {
		return nil, "", r.broken
	}
	if f.Cursor != "" && r.calls[call.ID(f.Cursor)] == nil {
		return nil, "", call.Errorf(call.CodeInvalid, "cursor %q is not one that a page gave", f.Cursor)
	}
	var all []call.Record
	for id := range r.calls {
		if one := r.record(id); wanted(&one, f) {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b call.Record) int {
		return 2*b.StartedAt.Compare(a.StartedAt.Time) + strings.Compare(string(b.ID), string(a.ID))
	})
	if f.Cursor != "" {
		at := slices.IndexFunc(all, func(one call.Record) bool { return string(one.ID) == f.Cursor })
		all = all[at+1:]
	}
	if len(all) <= f.Limit {
		return all, "", ctx.Err()
	}
	return all[:f.Limit], string(all[f.Limit-1].ID), ctx.Err()
}

func wanted(r *call.Record, f CallFilter) bool {
	return (f.From.IsZero() || !r.StartedAt.Before(f.From)) && (f.To.IsZero() || r.StartedAt.Before(f.To)) &&
		(f.Caller == "" || f.Caller == r.Caller) && (f.Called == "" || f.Called == r.Called) &&
		(f.Queue == "" || slices.Contains(r.Queues(), f.Queue)) && (f.Agent == "" || slices.Contains(r.Seats(), f.Agent)) &&
		(f.Outcome == "" || f.Outcome == r.Outcome.String())
}

func (r *rooms) Call(_ context.Context, id call.ID) (call.Record, []call.Envelope, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return call.Record{}, nil, r.broken
	}
	if r.calls[id] == nil {
		return call.Record{}, nil, call.Errorf(call.CodeNotFound, "there is no call %q", id)
	}
	return r.record(id), r.calls[id], nil
}

func (r *rooms) Queues() []Queue {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.queues)
}

func (r *rooms) Seats() []Seat {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seats)
}

func (r *rooms) SetSeat(_ context.Context, in acd.SeatStateSet) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.seats {
		if r.seats[i].Agent == in.Seat {
			r.seats[i].State, r.seats[i].Reason, r.seats[i].Minutes = in.State, in.Reason, in.Minutes
			return nil
		}
	}
	return call.Errorf(call.CodeNotFound, "there is no agent %s", in.Seat)
}

func (r *rooms) Why(_ context.Context, queue string, id call.ID) (*acd.QueueWhy, error) {
	if queue != "general" {
		return nil, call.Errorf(call.CodeNotFound, "there is no queue %s", queue)
	}
	return &acd.QueueWhy{
		Queue: queue, Call: id, Strategy: acd.RoundRobin, Calls: []acd.CallWhy{{Call: "mine", Place: 1, Words: "waiting 3 s"}},
		Seats: []acd.SeatWhy{{Seat: "1001", May: true, State: call.SeatTalking, Words: "is in a call"}},
	}, nil
}

func (r *rooms) DecideBreak(_ context.Context, in acd.BreakDecided) error {
	if !in.Approve {
		return call.Errorf(call.CodeConflict, "nothing was asked for")
	}
	return r.SetSeat(context.Background(), acd.SeatStateSet{Seat: in.Seat, State: call.SeatBreak, Reason: in.By})
}

func (r *rooms) SetWrapUp(_ context.Context, in acd.WrapUpSet) error {
	return r.SetSeat(context.Background(), acd.SeatStateSet{Seat: in.Seat, State: call.SeatWrapUp, Minutes: in.Minutes})
}

func (r *rooms) Dispose(_ context.Context, _ call.ID, by call.SeatID, code, notes string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.disposed = append(r.disposed, call.DispositionSet{Seat: by, Code: code, Notes: notes})
	return nil
}

func (r *rooms) Record(_ context.Context, id call.ID, paused bool, words string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.record(id); !one.Live() {
		return call.Errorf(call.CodeConflict, "call %s has ended", id)
	}
	r.paused = append(r.paused, fmt.Sprintf("%s %v %s", id, paused, words))
	return nil
}

func (r *rooms) Fork(_ context.Context, id call.ID, engine string, on bool, words string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.record(id); !one.Live() {
		return call.Errorf(call.CodeConflict, "call %s has ended", id)
	}
	if engine != "asr" {
		return call.Errorf(call.CodeNotFound, "the site names no engine %q", engine)
	}
	r.paused = append(r.paused, fmt.Sprintf("%s fork %v %s", id, on, words))
	return nil
}

func (r *rooms) Hangup(_ context.Context, id call.ID, _ string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.record(id); !one.Live() {
		return call.Errorf(call.CodeConflict, "call %s has ended", id)
	}
	r.ended = append(r.ended, id)
	return nil
}

func (r *rooms) Recording(_ context.Context, id call.RecordingID) (call.RecordingFacts, error) {
	if f, ok := r.facts[id]; ok {
		return f, nil
	}
	return call.RecordingFacts{}, call.Errorf(call.CodeNotFound, "there is no recording %q", id)
}

func (r *rooms) Peaks(_ context.Context, f call.RecordingFacts, points int) (Peaks, error) {
	if f.ID != "R1" {
		return Peaks{}, call.Errorf(call.CodeNotFound, "there is no picture of %s yet", f.ID)
	}
	return Peaks{StepSeconds: 0.05, Left: make([]int, min(points, 3)), Right: make([]int, min(points, 3))}, nil
}

func (r *rooms) Verify(_ context.Context, f call.RecordingFacts) ([]Damage, error) {
	if f.ID == "R1" {
		return []Damage{}, nil
	}
	return []Damage{{Chunk: 3, Offset: 4096, Bytes: 100, Words: "chunk 3: it was changed"}}, nil
}

func (r *rooms) HoldRecording(_ context.Context, id call.RecordingID, h *Hold) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holds == nil {
		r.holds = map[call.RecordingID]*Hold{}
	}
	r.holds[id] = h
	return nil
}

func (r *rooms) Held(id call.RecordingID) *Hold {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.holds[id]
}

func (r *rooms) Erase(_ context.Context, f call.RecordingFacts, by, reason string) error {
	if h := r.Held(f.ID); h != nil {
		return call.Errorf(call.CodeConflict, "recording %s is under legal hold", f.ID)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.erased = append(r.erased, fmt.Sprintf("%s by %s: %s", f.ID, by, reason))
	return nil
}

func (r *rooms) MissingRecordings(context.Context, time.Time, time.Time) ([]MissingRecording, error) {
	return []MissingRecording{{Call: "mine", Queue: "general", Seat: "1001", What: "there is no recording"}}, nil
}

type sound struct {
	*bytes.Reader
	r *rooms
}

func (s sound) Close() error {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.closed++
	return nil
}

func (r *rooms) Audio(context.Context, call.RecordingFacts) (io.ReadSeekCloser, error) {
	if r.sound == nil {
		return nil, call.Errorf(call.CodeNotFound, "open /secret/path: no such file")
	}
	s := sound{bytes.NewReader(r.sound), r}
	if bytes.HasPrefix(r.sound, []byte("OggS")) {
		return opusSound{s}, nil
	}
	return s, nil
}

// opusSound is a recording kept as Opus.
type opusSound struct{ sound }

func (opusSound) MediaType() string { return "audio/ogg" }

func (r *rooms) Phones() []Phone {
	return []Phone{{Phone: "8001", State: "up", Contacts: []PhoneContact{{
		ID: "c1", Contact: "sip:8001@192.0.2.31:5060", Address: "192.0.2.31:5060", Transport: "udp", Path: []string{"<sip:192.0.2.1;lr>"},
		Words: "udp to 192.0.2.31:5060: refused; [2001:db8::1]:5060 too",
	}}}}
}

func (r *rooms) DropContact(_ context.Context, phone, id string) error {
	if phone != "8001" || id != "c1" {
		return call.Errorf(call.CodeNotFound, "phone %s has no contact %s", phone, id)
	}
	return nil
}

// Dialling knows agent 1001, who has had enough.
func (r *rooms) Dialling() []Dialled {
	return []Dialled{{Kind: "agent", Name: "1001", Calls: 14, TalkSeconds: 3600, Stopped: "agent 1001 has had its 60 minutes of today"}}
}

func (r *rooms) LiftDialling(kind, name string) error {
	if kind != "agent" || name != "1001" {
		return call.Errorf(call.CodeNotFound, "%s %s has dialled nothing outside today", kind, name)
	}
	return nil
}

// Guard has one ban, of 203.0.113.66; 198.51.100.1 is a trunk's.
func (r *rooms) Guard() GuardView {
	return GuardView{Bans: []Ban{{Source: "203.0.113.66/32", Since: call.StampOf(noon), Until: call.StampOf(noon.Add(time.Hour)), Times: 1, Reason: "password"}}}
}

func (r *rooms) Ban(_ context.Context, a netip.Addr, length time.Duration, reason, by string) (Ban, error) {
	if a.String() == "198.51.100.1" {
		return Ban{}, call.Errorf(call.CodeConflict, "%s is a trunk's source", a)
	}
	return Ban{Source: a.String() + "/32", Since: call.StampOf(noon), Until: call.StampOf(noon.Add(length)), Times: 1, Reason: reason, By: by}, nil
}

func (r *rooms) Lift(_ context.Context, a netip.Addr) (Ban, error) {
	if a.String() != "203.0.113.66" {
		return Ban{}, call.Errorf(call.CodeNotFound, "%s is not banned", a)
	}
	return r.Guard().Bans[0], nil
}

// invite is what is kept of the call "mine".
const invite = "INVITE sip:10000@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: \"王五\" <sip:" + number + "@gw>;tag=1\r\n" +
	"To: <sip:10000@hotline.local>\r\nCall-ID: x@y\r\nCSeq: 1 INVITE\r\nP-Asserted-Identity: 王五 <tel:" + number + ">\r\nX-Customer: owes\r\n" +
	"Content-Type: application/sdp\r\nContent-Length: 68\r\n\r\nv=0\r\no=王五 1 1 IN IP4 192.0.2.1\r\ns=owes\r\nm=audio 4000 RTP/AVP 8\r\n"

func (r *rooms) SIP(_ context.Context, id call.ID) (SIPTrace, error) {
	if id != "mine" {
		return SIPTrace{}, call.Errorf(call.CodeNotFound, "nothing is kept of call %s", id)
	}
	return SIPTrace{Call: id, Messages: []SIPMessage{{
		At: call.StampOf(noon), Time: noon, Transport: "udp", From: netip.MustParseAddrPort("192.0.2.1:5060"),
		To: netip.MustParseAddrPort("192.0.2.10:5060"), SIPCallID: "x@y", Text: invite,
	}}}, nil
}

func (r *rooms) Trunks() []Trunk { return slices.Clone(r.trunks) }

func (r *rooms) Account(user string) (Identity, Password, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := r.users[user]
	if !ok {
		return Identity{}, Password{}, false
	}
	return id, PasswordOf(r.words[user]), true
}

func (r *rooms) Ready() error { return r.ready }

func (r *rooms) Audit(_ context.Context, e AuditEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.audit = append(r.audit, e)
}

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a server among its rooms.
type world struct {
	t      testing.TB
	rooms  *rooms
	server *Server
	clock  *clock
	reg    *prometheus.Registry
	tokens map[string]string
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, rooms: newRooms(), clock: &clock{at: noon}, reg: prometheus.NewRegistry(), tokens: map[string]string{}}
	w.server = w.serve(Options{Listen: "127.0.0.1:0", Version: "test", Now: w.clock.now, SIP: http.NotFoundHandler()})
	return w
}

func (w *world) serve(o Options) *Server {
	r := w.rooms
	return New(o, Backends{
		Bulletins: r, Library: &shelf{}, Flows: r, Mailboxes: r,
		Calls: r, Floor: r, Control: r, Recordings: r, Trunks: r, Phones: r, Callbacks: r, Surveys: r, Accounts: r, Health: r, Audit: r, Site: r, Visitors: r, Guard: r, Wire: r, Dialling: r, Hub: NewHub(),
	}, zap.NewNop(), w.reg, w.reg)
}

const source = "192.0.2.7"

// request is one, as a user who is logged in, or as nobody.
func (w *world) request(user, method, path, body string) *http.Request {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	r.RemoteAddr = source + ":40000"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if user != "" {
		r.Header.Set("Authorization", "Bearer "+w.token(user))
	}
	return r
}

func (w *world) send(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.server.http.Handler.ServeHTTP(rec, r)
	return rec
}

func (w *world) do(user, method, path, body string) *httptest.ResponseRecorder {
	return w.send(w.request(user, method, path, body))
}

func (w *world) get(user, path string) *httptest.ResponseRecorder {
	return w.do(user, http.MethodGet, path, "")
}

func (w *world) logIn(user, password string) *httptest.ResponseRecorder {
	b, err := json.Marshal(map[string]string{"user": user, "password": password})
	require.NoError(w.t, err)
	return w.do("", http.MethodPost, "/api/v1/session", string(b))
}

// token logs a user in once.
func (w *world) token(user string) string {
	if w.tokens[user] == "" {
		rec := w.logIn(user, w.rooms.words[user])
		require.Equal(w.t, http.StatusOK, rec.Code, "%s", rec.Body)
		w.tokens[user] = decode[struct{ Token string }](w.t, rec).Token
	}
	return w.tokens[user]
}

func decode[T any](t testing.TB, rec *httptest.ResponseRecorder) (out T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &out), "%s", rec.Body)
	return out
}

// refused demands a problem document.
func refused(t testing.TB, rec *httptest.ResponseRecorder, status int, code, words string) {
	t.Helper()
	require.Equal(t, status, rec.Code, "%s", rec.Body)
	require.Equal(t, problemType, rec.Header().Get("Content-Type"))
	p := decode[Problem](t, rec)
	require.Equal(t, status, p.Status)
	require.Equal(t, http.StatusText(status), p.Title)
	require.Equal(t, code, p.Code)
	require.Contains(t, p.Detail, words)
}

// audited finds the entries of an action.
func (w *world) audited(action string) (found []AuditEntry) {
	w.rooms.mu.Lock()
	defer w.rooms.mu.Unlock()
	for _, e := range w.rooms.audit {
		if e.Action == action {
			found = append(found, e)
		}
	}
	return found
}

func (r *rooms) VisitorNumber() (string, bool) { return r.visitors, r.visitors != "" }

func (r *rooms) SIPDomain() string { return "hotline.local" }

var errDisk = errors.New("disk /var/secret is on fire")

func itoa(n int) string { return strconv.Itoa(n) }

func (r *rooms) Staffing() []Staffing {
	s := acd.Staffing{
		Over: 15 * time.Minute, Arrived: 105, Handled: 100, Handle: 3 * time.Minute, Left: 5, Patience: 5 * time.Minute,
		Within: 20 * time.Second, Percent: 80, AtWork: 20,
	}
	return []Staffing{NewStaffing("queue", "general", s, []call.SeatID{"1003"}), NewStaffing("plan", "day", acd.Staffing{AtWork: 1, Arrived: 1}, nil)}
}

// Callbacks: one that 1001 is on, one that nobody is.
func (r *rooms) Callbacks() []Callback {
	return []Callback{{ID: "B1", Number: number, Queue: "general", Seat: "1001"}, {ID: "B2", Number: number, Queue: "general"}}
}

func (r *rooms) AddCallback(_ context.Context, in NewCallback, by string) (Callback, error) {
	if in.Queue != "general" {
		return Callback{}, call.Errorf(call.CodeNotFound, "there is no queue %s", in.Queue)
	}
	return Callback{ID: "B3", Number: in.Number, Queue: in.Queue, By: by}, nil
}

func (r *rooms) DropCallback(_ context.Context, id call.CallbackID, _ string) error {
	if id != "B1" {
		return call.Errorf(call.CodeNotFound, "there is no such callback")
	}
	return nil
}

func (r *rooms) SurveyCalls() []SurveyCall {
	return []SurveyCall{{ID: "V1", Survey: "visit", Number: number, Answers: []call.SurveyAnswer{{Question: "mark", Answer: "9"}}}}
}

func (r *rooms) AddSurveyCall(_ context.Context, in NewSurveyCall, by string) (SurveyCall, error) {
	if in.Survey != "visit" {
		return SurveyCall{}, call.Errorf(call.CodeNotFound, "there is no survey %s", in.Survey)
	}
	return SurveyCall{ID: "V3", Survey: in.Survey, Number: in.Number, By: by}, nil
}

func (r *rooms) DropSurveyCall(_ context.Context, id, _ string) error {
	if id == "V2" {
		return call.Errorf(call.CodeConflict, "the customer is being rung")
	}
	return nil
}

func (r *rooms) OptOuts() []OptOut { return []OptOut{{Number: number, By: "customer"}} }

func (r *rooms) OptOut(string, string) error { return nil }

func (r *rooms) OptIn(n string) error {
	if n != number {
		return call.Errorf(call.CodeNotFound, "%s is not on the list", n)
	}
	return nil
}

func (r *rooms) LostCalls() []LostCall { return []LostCall{{Number: number, Queue: "general"}} }

func (r *rooms) TakeLost(_ context.Context, n string, seat call.SeatID, by string) (Callback, error) {
	if n != number {
		return Callback{}, call.Errorf(call.CodeNotFound, "%s is not on the list", n)
	}
	return Callback{ID: "B4", Number: n, Seat: seat, By: by}, nil
}

func (r *rooms) DropLost(_ context.Context, n string) error {
	if n != number {
		return call.Errorf(call.CodeNotFound, "%s is not on the list", n)
	}
	return nil
}

// Mailboxes: a queue's whose calls 1001 takes, 1001's own in the team that lead leads, and 1002's in another.
func (r *rooms) Mailboxes(context.Context) []Mailbox {
	return []Mailbox{
		{Name: "general", Kind: "queue", New: 1, Messages: 1}, {Name: "1001", Kind: "agent", Agent: "1001", Team: "a"}, {Name: "1002", Kind: "agent", Agent: "1002", Team: "b"},
	}
}

func (r *rooms) Mailbox(ctx context.Context, name string) (Mailbox, error) {
	for _, box := range r.Mailboxes(ctx) {
		if box.Name == name {
			return box, nil
		}
	}
	return Mailbox{}, call.Errorf(call.CodeNotFound, "there is no mailbox %s", name)
}

func (r *rooms) Messages(context.Context, string) []Message {
	return []Message{{ID: "R1", Number: number}}
}

func (r *rooms) Message(_ context.Context, _ string, id call.RecordingID) (Message, error) {
	if id != "R1" {
		return Message{}, call.Errorf(call.CodeNotFound, "there is no such message")
	}
	return Message{ID: id, Number: number}, nil
}

func (r *rooms) Heard(ctx context.Context, box string, id call.RecordingID, by string) (Message, error) {
	m, err := r.Message(ctx, box, id)
	m.HeardBy = by
	return m, err
}

func (r *rooms) DropMessage(ctx context.Context, box string, id call.RecordingID) error {
	_, err := r.Message(ctx, box, id)
	return err
}

func (r *rooms) CallBackMessage(_ context.Context, _ string, _ call.RecordingID, queue, by string) (Callback, error) {
	return Callback{ID: "B5", Number: number, Queue: queue, By: by}, nil
}

func (r *rooms) Flows(context.Context) []FlowSummary { return []FlowSummary{{Name: "main"}} }

func (r *rooms) Flow(_ context.Context, name string) (Flow, error) {
	if name != "main" {
		return Flow{}, call.Errorf(call.CodeNotFound, "there is no flow %s", name)
	}
	return Flow{Name: name}, nil
}

func (r *rooms) Announcements(context.Context) []Announcement { return nil }

func (r *rooms) Announce(_ context.Context, a Announcement) (Announcement, error) {
	if a.Prompt != "many_calls" {
		return a, call.Errorf(call.CodeNotFound, "there is no prompt %s", a.Prompt)
	}
	return a, nil
}

func (r *rooms) Unannounce(_ context.Context, name string) error {
	if name != "outage" {
		return call.Errorf(call.CodeNotFound, "no announcement %s is on", name)
	}
	return nil
}

func (r *rooms) Plans() []Plan {
	return []Plan{{Name: "day", Queues: []string{"general"}, Steps: []PlanStep{{Name: "qa", Hold: "auto", Do: []string{"add qa"}, Seats: []call.SeatID{}}}}}
}

func (r *rooms) ForceStep(_ context.Context, in acd.PlanForce) error {
	if in.Plan != "day" || in.Step != "qa" {
		return call.Errorf(call.CodeNotFound, "there is no step %s of plan %s", in.Step, in.Plan)
	}
	r.forced = append(r.forced, in)
	return nil
}

func (r *rooms) Site(_ context.Context, numbers bool) (SiteDocuments, error) {
	text := "callers: []"
	if numbers {
		text = "callers: [{number: \"" + number + "\"}]"
	}
	return SiteDocuments{Revision: 3, Hash: "h", Files: []SiteFile{{Name: "a.yaml", Text: text}}}, nil
}

func (r *rooms) PutSite(_ context.Context, c SiteChange) (SiteRevision, error) {
	switch {
	case c.Revision != 3:
		return SiteRevision{}, call.Errorf(call.CodeConflict, "revision 3 is in force")
	case c.Files[0].Text != "right":
		return SiteRevision{}, Mistakes{{"a.yaml", 1, 1, "no YAML"}, {"b.yaml", 2, 7, "no queue"}}
	}
	return SiteRevision{Number: 4, By: c.By, At: call.StampOf(noon), Changed: []string{"a.yaml"}}, nil
}

func (r *rooms) Revisions(context.Context) []SiteRevision { return []SiteRevision{{Number: 3}} }
