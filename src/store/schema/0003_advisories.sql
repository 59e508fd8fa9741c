-- A feed's file as shelves (shelf.h): long lists in small packed blocks, of which a table has one a
-- row, found by number. Less than a fifth of what a row for each row took, and as fast. The tables
-- of the steps before go: files are never altered, so that only their schema is.
DROP TABLE affected;
DROP TABLE extent;
DROP TABLE advisory;
DROP TABLE rating;
DROP TABLE package;
DROP TABLE namespace;

CREATE TABLE namespace (
    id INTEGER PRIMARY KEY,
    name BYTEA NOT NULL
);

-- Texts that many have in common (words.h).
CREATE TABLE word (
    id INTEGER PRIMARY KEY,
    name BYTEA NOT NULL
);

-- Of each shelf: number and key of the first entry of every block.
CREATE TABLE fence (
    shelf TEXT PRIMARY KEY,
    blocks BIGINT NOT NULL,
    fence BYTEA NOT NULL
);

-- Advisories by id, without rows and description (heads.h).
CREATE TABLE advisory (
    id INTEGER PRIMARY KEY,
    block BYTEA NOT NULL
);

-- Which advisories are about a vulnerability that has another id than they.
CREATE TABLE alias (
    id INTEGER PRIMARY KEY,
    block BYTEA NOT NULL
);

-- Names of packages, and their rows (rows.h).
CREATE TABLE package (
    id INTEGER PRIMARY KEY,
    block BYTEA NOT NULL
);

CREATE TABLE affected (
    id INTEGER PRIMARY KEY,
    block BYTEA NOT NULL
);

-- Descriptions (texts.h), and the dictionary that they are compressed with.
CREATE TABLE description (
    id INTEGER PRIMARY KEY,
    block BYTEA NOT NULL
);

CREATE TABLE dictionary (
    id INTEGER PRIMARY KEY,
    bytes BYTEA NOT NULL
);
