"""Tar, byte by byte: headers whose every field can be wrong."""

BLOCK = 512
END = bytes(2 * BLOCK)

# where a header's fields are, and how long
FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "checksum": (148, 8),
    "type": (156, 1),
    "link": (157, 100),
    "magic": (257, 8),
    "prefix": (345, 155),
}
USTAR = b"ustar\x0000"
GNU = b"ustar  \x00"


def raw(text):
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)


def octal(number, width):
    return b"%0*o\0" % (width - 1, number)


def base256(number, width=12):
    """GNU's binary numbers; negative ones too."""
    return bytes([0x80 if number >= 0 else 0xFF]) + (number % (1 << (8 * (width - 1)))).to_bytes(width - 1, "big")


def seal(block):
    """Puts the right checksum into a header."""
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def header(name, size=0, type=b"0", link=b"", magic=USTAR, mode=0o644, checksum=None, **fields):
    """`fields`: bytes that stand in a field as they are, such as size=…, or gnu_… offsets by
    number: at_386=b"…"."""
    block = bytearray(BLOCK)
    values = {
        "name": raw(name)[:100],
        "mode": octal(mode, 8),
        "uid": octal(0, 8),
        "gid": octal(0, 8),
        "size": octal(size, 12) if isinstance(size, int) else size,
        "mtime": octal(0, 12),
        "type": type,
        "link": raw(link)[:100],
        "magic": magic,
    }
    others = {int(key[3:]): value for key, value in fields.items() if key.startswith("at_")}
    values.update({key: value for key, value in fields.items() if not key.startswith("at_")})
    for key, value in values.items():
        at, width = FIELDS[key]
        assert len(value) <= width, (key, value)
        block[at : at + len(value)] = value
    for at, value in others.items():
        block[at : at + len(value)] = value
    sealed = seal(block)
    if checksum is not None:
        return sealed[:148] + checksum.ljust(8, b" ")[:8] + sealed[156:]
    return sealed


def padded(data):
    return bytes(data) + bytes(-len(data) % BLOCK)


def record(key, value):
    """One pax record; its length counts itself."""
    rest = b" " + raw(key) + b"=" + raw(value) + b"\n"
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest


def pax(records, type=b"x", name="PaxHeaders/x"):
    """A pax header; `records`: a dict, pairs, or the bytes themselves."""
    if isinstance(records, dict):
        records = records.items()
    body = records if isinstance(records, bytes) else b"".join(record(k, v) for k, v in records)
    return header(name, len(body), type) + padded(body)


def gnu_long(text, type=b"L"):
    body = raw(text) + b"\0"
    return header("././@LongLink", len(body), type, magic=GNU) + padded(body)


def file(name, data=b"", **more):
    """A file of any name: those that do not fit get a pax header."""
    data = raw(data)
    long = pax({"path": name}) if len(raw(name)) > 100 else b""
    return long + header(name, len(data), **more) + padded(data)


def folder(name):
    return header(name.rstrip("/") + "/", 0, b"5", mode=0o755)


def symlink(name, target):
    records = {}
    if len(raw(name)) > 100:
        records["path"] = name
    if len(raw(target)) > 100:
        records["linkpath"] = target
    return (pax(records) if records else b"") + header(name, 0, b"2", target)


def hardlink(name, target):
    return header(name, 0, b"1", target)


def archive(*entries, end=END):
    return b"".join(entries) + end
