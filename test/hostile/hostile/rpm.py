"""rpm's package headers, and databases in three formats around them, byte by byte."""

import sqlite3
import struct
import zlib

from . import images, tar

STRING, BINARY, INT32, ARRAY, I18N = 6, 7, 4, 8, 9
NAMES = [f"sound-{letter}" for letter in "abcdefgh"]
RPMS = [["rpm", name, "1.0-2.el9"] for name in NAMES]
PATHS = {
    "sqlite": "var/lib/rpm/rpmdb.sqlite",
    "ndb": "usr/lib/sysimage/rpm/Packages.db",
    "bdb": "var/lib/rpm/Packages",
}


def header(name="sound", version="1.0", release="2.el9", more=(), tags=None, data_length=None, count=None, skip=()):
    """A header; `more`: (tag, type, count, bytes), `skip`: tags to leave out."""
    texts = {1000: name, 1001: version, 1002: release, 1022: "x86_64", 1044: f"{tar.raw(name)[:40].decode('latin-1')}-1.0-2.el9.src.rpm"}
    entries, data = [], bytearray()
    for tag, text in texts.items():
        if tag not in skip:
            entries.append((tag, STRING, len(data), 1))
            data += tar.raw(text) + b"\0"
    for tag, type, items, content in more:
        if type == INT32:
            data += bytes(-len(data) % 4)
        entries.append((tag, type, len(data), items))
        data += content
    index = b"".join(struct.pack(">4I", *entry) for entry in (tags(entries) if tags else entries))
    stated = len(entries) if count is None else count
    return struct.pack(">2I", stated, len(data) if data_length is None else data_length) + index + bytes(data)


def sound():
    return [header(name) for name in NAMES]


def layer_of(kind, database, *more):
    return tar.archive(tar.file("etc/os-release", images.ALMA_RELEASE), tar.file(PATHS[kind], database), *more)


def image(kind, database, *more):
    return images.docker(layer_of(kind, database, *more))


# -- SQLite -----------------------------------------------------------------------------------------


def sqlite(headers, page=4096, script="", before=""):
    """rpm's tables, made by SQLite itself; the same rows give the same bytes."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute(f"PRAGMA page_size={page}")
    if before:
        db.executescript(before)
    else:
        db.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        db.execute("CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
        db.execute("BEGIN")
        db.executemany("INSERT INTO Packages (blob) VALUES (?)", ((blob,) for blob in headers))
        db.execute("COMMIT")
    if script:
        db.executescript(script)
    content = db.serialize()
    db.close()
    return content


# -- ndb --------------------------------------------------------------------------------------------


def ndb_blob(number, content, length=None, magic=b"BlbS", checksum=None, end=b"BlbE"):
    head = magic + struct.pack("<3I", number, 1, len(content) if length is None else length)
    body = head + content
    body += bytes(-(len(body) + 12) % 16)
    adler = zlib.adler32(body) if checksum is None else checksum
    return body + struct.pack("<2I", adler, len(content) if length is None else length) + end


def ndb(contents, pages=1, stated=None, version=0, magic=b"RpmP", slots=None, blobs=None):
    """`slots`: a function that changes the list of (number, block, blocks)."""
    blobs = blobs or [ndb_blob(i + 1, content) for i, content in enumerate(contents)]
    at = pages * 256
    rows, body = [], b""
    for i, blob in enumerate(blobs):
        rows.append((i + 1, at + len(body) // 16, len(blob) // 16))
        body += blob
    if slots:
        rows = slots(rows) or rows
    head = magic + struct.pack("<7I", version, 1, pages if stated is None else stated, len(blobs) + 1, 0, 0, 0)
    table = head + b"".join(b"Slot" + struct.pack("<3I", *row) for row in rows)
    free = (pages * 4096 - len(table)) // 16
    return table + (b"Slot" + bytes(12)) * free + body


# -- Berkeley DB ------------------------------------------------------------------------------------

INVALID, HASH_UNSORTED, OVERFLOW, META, HASH = 0, 2, 7, 8, 13


class Bdb:
    """A hash file with one bucket: page 0 the metadata, page 1 the items, then overflow pages.
    Change `pages` or the metadata, then take `file()`."""

    def __init__(self, contents, page=4096, order="<"):
        self.page, self.order = page, order
        self.stated_page = page
        self.last = None
        self.fields = {}
        self.pages = []
        items, overflow = [], []
        number = 2
        for i, content in enumerate([None, *contents]):
            items.append(b"\1" + struct.pack(order + "I", i))
            if content is None:
                items.append(b"\1" + struct.pack(order + "I", len(contents)))
                continue
            room = page - 26
            chunks = [content[k : k + room] for k in range(0, len(content), room)] or [b""]
            items.append(b"\3\0\0\0" + struct.pack(order + "2I", number, len(content)))
            for k, chunk in enumerate(chunks):
                following = 0 if k == len(chunks) - 1 else number + 1
                previous = 0 if k == 0 else number - 1
                overflow.append(self.made_page(number, OVERFLOW, chunk, following, previous, 1, len(chunk)))
                number += 1
        self.pages = [self.items_page(1, items), *overflow]

    def made_page(self, number, type, content, following=0, previous=0, entries=0, offset=0):
        head = bytes(8) + struct.pack(self.order + "3I2H2B", number, previous, following, entries, offset, 0, type)
        return bytearray((head + content).ljust(self.page, b"\0"))

    def items_page(self, number, items, type=HASH):
        page = self.made_page(number, type, b"")
        end = self.page
        for i, item in enumerate(items):
            end -= len(item)
            page[end : end + len(item)] = item
            struct.pack_into(self.order + "H", page, 26 + 2 * i, end)
        struct.pack_into(self.order + "2H", page, 20, len(items), end)
        return page

    def file(self):
        """Metadata: `fields` is {offset: number}."""
        meta = bytearray(self.page)
        values = {
            8: 0,
            12: 0x061561,
            16: 9,
            20: self.stated_page,
            32: len(self.pages) if self.last is None else self.last,
            72: 0,
            76: 1,
            80: 0,
            88: 9,
            92: 0x5E688DD1,
            96: 1,
        }
        meta[25] = META
        for i in range(1, 32):
            values[96 + 4 * i] = 1
        values.update(self.fields)
        for offset, value in values.items():
            struct.pack_into(self.order + "I", meta, offset, value & 0xFFFFFFFF)
        return bytes(meta) + b"".join(bytes(page) for page in self.pages)
