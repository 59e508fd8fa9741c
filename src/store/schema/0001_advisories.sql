-- One feed's advisories in a file of their own (FEED-N.db), written once, then never changed.
-- Numbers follow the order of the texts they stand for, so that the same advisories give the same
-- file. Texts are kept once.

CREATE TABLE namespace (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE package (
    name TEXT PRIMARY KEY,
    id INTEGER NOT NULL
) WITHOUT ROWID;

-- What advisories say of severity: a few thousand different ones.
CREATE TABLE rating (
    id INTEGER PRIMARY KEY,
    severity INTEGER NOT NULL,
    source TEXT,
    cvss TEXT
);

CREATE TABLE advisory (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    rating INTEGER NOT NULL,
    published_s BIGINT,
    modified_s BIGINT,
    withdrawn_s BIGINT,
    -- The vulnerabilities it is about, CVE ids first, packed (ids.h). In one column, because they
    -- are read with the advisory and never without it.
    ids BYTEA
);

-- State and versions, which many rows have in common.
CREATE TABLE extent (
    id INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    introduced TEXT,
    fixed TEXT,
    last_affected TEXT,
    arch TEXT,
    module TEXT,
    word TEXT
);

-- Clustered by what is asked for: all rows of one package lie side by side.
CREATE TABLE affected (
    namespace INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    package INTEGER NOT NULL,
    advisory INTEGER NOT NULL,
    extent INTEGER NOT NULL,
    PRIMARY KEY (namespace, scope, package, advisory, extent)
) WITHOUT ROWID;
