"""Kind 33: SQLite databases with damaged pages, strange schemas, and a log beside them."""

import struct

from . import tar
from .images import Layer, docker
from .rpm import BINARY, RPMS, header, image, layer_of, sound, sqlite

PARTIAL = ["partial"]
ODD = ["ok", "partial"]


def controls(c):
    for page in (512, 1024, 4096, 65536):
        c.add(f"control-sqlite-{page}.tar", image("sqlite", sqlite(sound(), page)), "ok", packages=RPMS)


def kind_33(c):
    whole = sqlite(sound())
    pages = len(whole) // 4096
    many = [header(f"many-{i}", more=[(1035, BINARY, 3_000, b"x" * 3_000)]) for i in range(300)]
    large = sqlite([*sound(), *many], 1024)

    def add(name, content, expect, *more, **rest):
        c.add(f"sqlite-{name}.tar", image("sqlite", content, *more), expect, **rest)

    rng = c.random("sqlite")
    for share in (1, 2, 10, 50, 100):
        for form in ("zero", "random", "ff"):
            damaged = bytearray(large)
            count = len(large) // 1024
            for page in rng.sample(range(1, count), max(1, (count - 1) * share // 100)):
                filler = {"zero": bytes(1024), "ff": b"\xff" * 1024, "random": rng.randbytes(1024)}[form]
                damaged[page * 1024 : page * 1024 + 1024] = filler
            add(f"pages-{form}-{share}", bytes(damaged), ODD, parameters={"damaged %": share})
    for page in range(pages):
        for form, filler in (("zero", bytes(4096)), ("ff", b"\xff" * 4096), ("random", rng.randbytes(4096))):
            if page == 0 and form == "random":
                continue
            damaged = whole[: page * 4096] + filler + whole[page * 4096 + 4096 :]
            add(f"page-{page}-{form}", damaged, ODD, parameters={"page": page})
    for at in (1, 15, 16, 50, 99, 100, 107, 511, 512, 4095, 4096, 4097, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
        add(f"cut-{at}", whole[:at], PARTIAL if at < len(whole) - 1 else ODD, parameters={"at": at})
    for name, size in {"0": 0, "1": 1, "3": 3, "256": 256, "513": 513, "32768": 32768, "65535": 65535}.items():
        damaged = bytearray(whole)
        struct.pack_into(">H", damaged, 16, size)
        add(f"page-size-{name}", bytes(damaged), PARTIAL)
    for name, (at, value) in {
        "reserved-255": (20, 255),
        "file-format": (18, 9),
        "wal-mode": (18, 2),
        "encoding-0": (59, 0),
        "encoding-utf16": (59, 2),
        "root-type": (100, 5),
        "root-type-0": (100, 0),
        "cells-high": (103, 255),
    }.items():
        damaged = bytearray(whole)
        damaged[at] = value
        add(f"{name}", bytes(damaged), ODD)
    add("header-only", whole[:100], PARTIAL)
    add("empty", b"", PARTIAL)
    add("zeros", bytes(8192), PARTIAL)
    add("magic-only", b"SQLite format 3\0", PARTIAL)
    pages_stated = bytearray(whole)
    struct.pack_into(">I", pages_stated, 28, 0xFFFFFFFF)
    add("pages-stated", bytes(pages_stated), ODD)
    for i in range(40):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(100, len(damaged))] = rng.randrange(256)
        add(f"damaged-{i}", bytes(damaged), ODD)
    # every pointer in the tree to page 1, or to itself
    for page in range(1, len(large) // 1024):
        if large[page * 1024] == 5 and page < 200:
            for target in (1, page + 1):
                damaged = bytearray(large)
                struct.pack_into(">I", damaged, page * 1024 + 8, target)
                add(f"right-child-{page}-to-{target}", bytes(damaged), PARTIAL)
            break
    schemas = {
        "no-table": "CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob BLOB);",
        "no-column": "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, data BLOB); INSERT INTO Packages VALUES (1, x'00');",
        "no-rows": "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB);",
        "text": "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (1, 'text'), (2, 7), (3, NULL), (4, 1.5), (5, x'');",
        "without-rowid": "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB) WITHOUT ROWID; INSERT INTO Packages VALUES (1, x'00');",
        "view-endless": "CREATE VIEW Packages AS WITH RECURSIVE c(hnum) AS (SELECT 1 UNION ALL SELECT hnum + 1 FROM c) SELECT hnum, randomblob(100) AS blob FROM c;",
        "view-heavy": "CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(1000000000) AS blob;",
        "view-join": "CREATE TABLE t (x); INSERT INTO t VALUES (1),(2),(3),(4),(5),(6),(7),(8); CREATE VIEW Packages AS SELECT a.x AS hnum, x'00' AS blob FROM t a, t b, t c, t d, t e, t f, t g, t h;",
        "virtual": "CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob);",
        "triggers": "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); CREATE TRIGGER t AFTER INSERT ON Packages BEGIN SELECT load_extension('escape/owned'); END;",
        "generated": "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB AS (zeroblob(1000000000)));",
        "case": "CREATE TABLE PACKAGES (HNUM INTEGER PRIMARY KEY, BLOB BLOB);",
        "many-tables": "".join(f"CREATE TABLE t{i} (x);" for i in range(2_000)) + "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB);",
        "many-columns": "CREATE TABLE Packages (" + ",".join(f"c{i}" for i in range(1_000)) + ", blob BLOB);",
        "comment": "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY /* blob */, \"blob\" BLOB -- blob\n);",
    }
    full = {"no-rows", "case", "many-tables", "many-columns", "comment", "triggers"}
    for name, script in schemas.items():
        add(f"schema-{name}", sqlite([], before=script), ODD if name in full else PARTIAL, mb=48)
    add("trigger-beside", sqlite(sound(), script="CREATE TRIGGER t AFTER INSERT ON Packages BEGIN DELETE FROM Packages; END;"), "ok", packages=RPMS)
    more = [*sound(), header("blob", more=[(1035, BINARY, 50_000_000, bytes(50_000_000))])]
    add("blob-50-mib", sqlite(more), "ok", packages=RPMS, mb=24)
    c.add("sqlite-blob-50-mib-plain.tar", docker(Layer(layer_of("sqlite", sqlite(more)))), "ok", packages=RPMS, mb=24)
    zero = sqlite([*sound(), bytes(260 << 20)], 65536)
    c.add("sqlite-blob-260-mib.tar", image("sqlite", zero), "partial", packages=RPMS, mb=24, seconds=20)
    hot = b"\x37\x7f\x06\x82" + struct.pack(">7I", 3007000, 4096, 0, 1, 2, 0, 0)
    add("wal-empty", whole, "ok", tar.file("var/lib/rpm/rpmdb.sqlite-wal", b""), packages=RPMS)
    add("wal-header", whole, ODD, tar.file("var/lib/rpm/rpmdb.sqlite-wal", hot), packages=RPMS)
    add("wal-garbage", whole, ODD, tar.file("var/lib/rpm/rpmdb.sqlite-wal", rng.randbytes(40_000)), packages=RPMS)
    add("wal-cut", whole, ODD, tar.file("var/lib/rpm/rpmdb.sqlite-wal", hot[:20]), packages=RPMS)
    add("wal-frames", whole, ODD, tar.file("var/lib/rpm/rpmdb.sqlite-wal", hot + bytes(24 + 4096) * 100), packages=RPMS)
    add("journal", whole, ODD, tar.file("var/lib/rpm/rpmdb.sqlite-journal", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(1000)), packages=RPMS)
