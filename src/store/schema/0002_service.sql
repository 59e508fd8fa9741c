-- A change of advisories and the notifications that follow from it become visible in one step
-- (graph_changes.c). Until then its rows have the change's number in `staged`; 0: visible.

-- At most one row: the change that is being made.
CREATE TABLE staging (
    id INTEGER PRIMARY KEY,       -- the change's number
    next BIGINT NOT NULL,         -- the first of its numbers that is still free
    numbers_end BIGINT NOT NULL   -- behind the last one
);

ALTER TABLE notification ADD COLUMN staged BIGINT NOT NULL DEFAULT 0;
DROP INDEX notification_due;
CREATE INDEX notification_due ON notification (notified_s, id) WHERE deleted_s = 0 AND staged = 0;
CREATE INDEX notification_staged ON notification (staged) WHERE staged <> 0;

-- As before, with `staged`; nobody wrote it up to now.
DROP TABLE part;
CREATE TABLE part (
    id INTEGER PRIMARY KEY,
    feed BYTEA NOT NULL,
    staged BIGINT NOT NULL,
    content BYTEA NOT NULL,       -- digest of the part
    date_s BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    UNIQUE (feed, staged)
);
