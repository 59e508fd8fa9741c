-- layers.db: what was learnt about layers and local files. A cache: any row may go at any time.

-- The facts lie apart, so that "used just now" does not rewrite them.
CREATE TABLE layer (
    id INTEGER PRIMARY KEY,
    blob BYTEA NOT NULL,          -- digest of the stored bytes: one byte for the algorithm, the hash
    revision BIGINT NOT NULL,     -- of the detectors
    diff_id BYTEA NOT NULL,       -- of the uncompressed tar, in the same form
    size_bytes BIGINT NOT NULL,   -- of the facts
    used_s BIGINT NOT NULL,       -- to about a day
    UNIQUE (blob, revision)
);

CREATE TABLE layer_facts (
    layer INTEGER PRIMARY KEY,
    checksum BYTEA NOT NULL,      -- SHA-256 over digests, revision and facts
    facts BYTEA NOT NULL
);

-- One row a part of a file, not one a state of it: a file that changed replaces its own row.
CREATE TABLE file_digest (
    dev BIGINT NOT NULL,
    ino BIGINT NOT NULL,
    start BIGINT NOT NULL,
    length BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    mtime_ns BIGINT NOT NULL,
    ctime_ns BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    kept_s BIGINT NOT NULL,
    PRIMARY KEY (dev, ino, start, length)
);

-- Running totals, so that keeping the cache bounded does not count it each time.
CREATE TABLE usage (
    what TEXT PRIMARY KEY,        -- 'layers', 'files'
    items BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL
);
INSERT INTO usage VALUES ('layers', 0, 0), ('files', 0, 0);
