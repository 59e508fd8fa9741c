-- service.db, or the database of the service on PostgreSQL: see store/graph.h.

-- Names and texts come from clients and images and may be any bytes: BYTEA, compared and sorted
-- byte by byte on both engines. Equal texts are found by a key, the SHA-256 of their lengths and
-- bytes: an index of PostgreSQL takes no entry above 2.7 kB.

-- One row. Every transaction that changes what an answer could show takes its numbers from here,
-- first of all: writers wait for each other at this row, so numbers ascend with the time of the
-- commit, and nothing can lock in a circle.
CREATE TABLE counter (
    id INTEGER PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (id, value) VALUES (1, 1);
-- Layers are numbered by themselves, from 1 on: clients see the numbers as indexes.
INSERT INTO counter (id, value) VALUES (2, 0);

-- A parent's number is always the lower one.
CREATE TABLE layer (
    id INTEGER PRIMARY KEY,
    parent BIGINT NOT NULL,       -- 0: none
    depth BIGINT NOT NULL,        -- 1: no parent
    key BYTEA NOT NULL UNIQUE,    -- of the name
    name BYTEA NOT NULL,
    api BIGINT NOT NULL,          -- 1: of 2015, 2: of 2016
    os BYTEA NOT NULL,            -- as the API says
    namespace BYTEA NOT NULL,     -- as advisories say
    format BYTEA NOT NULL,
    engine BIGINT NOT NULL,       -- version of what analysed it
    blob BYTEA NOT NULL,          -- digest: one byte for the algorithm, the hash
    has_packages BIGINT NOT NULL, -- 1: it has a package database of its own
    created_s BIGINT NOT NULL
);
CREATE INDEX layer_parent ON layer (parent);

-- Package versions, each once.
CREATE TABLE package (
    id INTEGER PRIMARY KEY,
    key BYTEA NOT NULL UNIQUE,    -- of all that follows
    ecosystem BIGINT NOT NULL,    -- as in model/package.h
    name BYTEA NOT NULL,
    version BYTEA NOT NULL,
    arch BYTEA NOT NULL,
    source BYTEA NOT NULL,
    source_version BYTEA NOT NULL,
    module BYTEA NOT NULL,
    name_hash BIGINT NOT NULL,    -- the first eight bytes of the name's key
    source_hash BIGINT NOT NULL
);
CREATE INDEX package_name ON package (name_hash);
CREATE INDEX package_source ON package (source_hash);

-- What a layer adds to its parent's list and takes from it.
CREATE TABLE layer_package (
    layer BIGINT NOT NULL,
    action BIGINT NOT NULL,       -- 1: installed, 2: removed
    package BIGINT NOT NULL,
    scope BIGINT NOT NULL,        -- the first eight bytes of the key of the layer's namespace
    PRIMARY KEY (layer, action, package)
) WITHOUT ROWID;
CREATE INDEX layer_package_installed ON layer_package (package, scope, (-layer)) WHERE action = 1;

-- A row is one state of a vulnerability and never changes, but for `current`: notifications name
-- the states before and after.
CREATE TABLE vulnerability (
    id INTEGER PRIMARY KEY,
    current BIGINT NOT NULL,      -- 1: this is how it is; 0: how it was, or a feed's
    key BYTEA NOT NULL,           -- of api, os, name
    os_key BYTEA NOT NULL,        -- of api, os
    api BIGINT NOT NULL,          -- 0: a feed's, in a notification
    os BYTEA NOT NULL,
    name BYTEA NOT NULL,
    link BYTEA NOT NULL,
    description BYTEA NOT NULL,
    severity BYTEA NOT NULL,
    metadata BYTEA NOT NULL,      -- JSON as sent
    changed_s BIGINT NOT NULL
);
CREATE UNIQUE INDEX vulnerability_current ON vulnerability (key) WHERE current = 1;
CREATE INDEX vulnerability_os ON vulnerability (os_key, id) WHERE current = 1;

CREATE TABLE vulnerability_fix (
    vulnerability BIGINT NOT NULL,
    position BIGINT NOT NULL,
    current BIGINT NOT NULL,      -- the vulnerability's
    about BYTEA NOT NULL,         -- key of os, name
    os BYTEA NOT NULL,
    name BYTEA NOT NULL,
    version BYTEA NOT NULL,       -- empty: all versions
    format BYTEA NOT NULL,
    PRIMARY KEY (vulnerability, position)
);
CREATE INDEX vulnerability_fix_about ON vulnerability_fix (about, vulnerability)
    WHERE current = 1;

-- Namespaces of the API of 2016.
CREATE TABLE namespace (
    key BYTEA PRIMARY KEY,        -- of os
    os BYTEA NOT NULL,
    format BYTEA NOT NULL
);

CREATE TABLE notification (
    id INTEGER PRIMARY KEY,
    name BYTEA NOT NULL UNIQUE,   -- a UUID in text
    created_s BIGINT NOT NULL,
    notified_s BIGINT NOT NULL,   -- 0: not yet; so below
    deleted_s BIGINT NOT NULL,
    retry_s BIGINT NOT NULL,      -- not to be sent before
    attempts BIGINT NOT NULL,     -- since it was last sent
    owner BYTEA NOT NULL,         -- who sends it
    lease_s BIGINT NOT NULL,      -- until when
    fence BIGINT NOT NULL,        -- grows with each taking
    old_vulnerability BIGINT NOT NULL, -- 0: none
    new_vulnerability BIGINT NOT NULL
);
CREATE INDEX notification_due ON notification (notified_s, id) WHERE deleted_s = 0;

CREATE TABLE lease (
    name BYTEA PRIMARY KEY,
    owner BYTEA NOT NULL,         -- empty: given back
    fence BIGINT NOT NULL,        -- grows with each change of owner
    until_s BIGINT NOT NULL
);

CREATE TABLE value (
    key BYTEA PRIMARY KEY,
    value BYTEA NOT NULL
);

-- The feeds' parts (store/part.h), in chunks.
CREATE TABLE part (
    id INTEGER PRIMARY KEY,
    feed BYTEA NOT NULL UNIQUE,
    content BYTEA NOT NULL,       -- digest of the part
    date_s BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL
);
CREATE TABLE part_chunk (
    part BIGINT NOT NULL,
    position BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (part, position)
);
