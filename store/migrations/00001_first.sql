-- +goose Up

-- How far the journal has been read into this database.
CREATE TABLE journal_position (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    journal TEXT    NOT NULL,
    segment INTEGER NOT NULL,
    position INTEGER NOT NULL,
    epoch   INTEGER NOT NULL
);

-- One row a call that has ended. Times are Unix milliseconds.
CREATE TABLE calls (
    id         TEXT    NOT NULL PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    caller     TEXT    NOT NULL,
    called     TEXT    NOT NULL,
    outcome    TEXT    NOT NULL,
    node       TEXT    NOT NULL,
    last_seq   INTEGER NOT NULL,
    record     TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX calls_by_time ON calls (started_at, id);

-- What calls are looked up by; a call has a row for each queue and agent it saw.
CREATE TABLE call_keys (
    kind       TEXT    NOT NULL, -- caller, called, queue, agent
    value      TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    call       TEXT    NOT NULL,
    PRIMARY KEY (kind, value, started_at, call)
) WITHOUT ROWID;

-- The events of a call in pieces, in order: a JSON array of envelopes each.
CREATE TABLE call_events (
    call      TEXT    NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    events    TEXT    NOT NULL,
    PRIMARY KEY (call, first_seq)
) WITHOUT ROWID;

-- The same, a row an event, for whoever looks with SQL.
CREATE VIEW events AS
SELECT p.call                        AS call,
       e.value ->> 'seq'             AS seq,
       e.value ->> 'at'              AS at,
       e.value ->> 'kind'            AS kind,
       e.value -> 'data'             AS data
FROM call_events p, json_each(p.events) e;

CREATE TABLE recordings (
    id      TEXT    NOT NULL PRIMARY KEY,
    call    TEXT    NOT NULL,
    started INTEGER NOT NULL,
    facts   TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX recordings_by_call ON recordings (call);

CREATE TABLE voicemails (
    recording TEXT    NOT NULL PRIMARY KEY,
    mailbox   TEXT    NOT NULL,
    call      TEXT    NOT NULL,
    caller    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    seconds   REAL    NOT NULL
) WITHOUT ROWID;
CREATE INDEX voicemails_by_mailbox ON voicemails (mailbox, at);

CREATE TABLE seat_log (
    id        INTEGER PRIMARY KEY,
    agent     TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    entry     TEXT    NOT NULL
);
CREATE INDEX seat_log_by_agent ON seat_log (agent, id);

CREATE TABLE audit_log (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    entry  TEXT    NOT NULL
);

-- +goose Down
DROP TABLE audit_log;
DROP TABLE seat_log;
DROP TABLE voicemails;
DROP TABLE recordings;
DROP VIEW events;
DROP TABLE call_events;
DROP TABLE call_keys;
DROP TABLE calls;
DROP TABLE journal_position;
