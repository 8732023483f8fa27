-- +goose Up

-- Whose rules a recording is kept by (a queue or a mailbox), and whether it is erased.
ALTER TABLE recordings ADD COLUMN keeper TEXT NOT NULL DEFAULT '';
ALTER TABLE recordings ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
UPDATE recordings SET keeper = COALESCE((SELECT mailbox FROM voicemails v WHERE v.recording = recordings.id),
    (SELECT k.value FROM call_keys k WHERE k.call = recordings.call AND k.kind = 'queue' LIMIT 1), '');
CREATE INDEX recordings_to_erase ON recordings (keeper, started) WHERE erased = 0;

-- +goose Down
DROP INDEX recordings_to_erase;
ALTER TABLE recordings DROP COLUMN keeper;
ALTER TABLE recordings DROP COLUMN erased;
