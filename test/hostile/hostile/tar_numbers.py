"""Kinds 24 to 26: sizes, checksums, sparse maps and pax records."""

from . import tar
from .images import DEBS, OS_RELEASE, STATUS_PATH, base, docker, stanza, status

EITHER = ["clear-error", "partial"]
ANY = ["ok", "clear-error", "partial"]
RELEASE = tar.file("etc/os-release", OS_RELEASE)


def controls(c):
    entry = tar.header(STATUS_PATH, tar.base256(len(status()))) + tar.padded(status().encode())
    c.add("control-base256.tar", docker(tar.archive(RELEASE, entry)), "ok", packages=DEBS)
    sized = tar.pax({"size": str(len(status()))}) + tar.header(STATUS_PATH, 0) + tar.padded(status().encode())
    c.add("control-pax-size.tar", docker(tar.archive(RELEASE, sized)), "ok", packages=DEBS)


def kind_24(c):
    """Sizes and checksums that are wrong, and what lies between entries."""
    sizes = {
        "negative": tar.base256(-1),
        "minimal": tar.base256(-(1 << 63)),
        "2-63-1": tar.base256((1 << 63) - 1),
        "2-63": tar.base256(1 << 63),
        "2-64": tar.base256(1 << 64),
        "2-87": tar.base256((1 << 87) - 1),
        "max-octal": b"777777777777",
        "not-octal": b"00000000009\0",
        "text": b"hello world\0",
        "minus": b"-0000000001\0",
        "plus": b"+0000000001\0",
        "hex": b"0x000000200\0",
        "nul-first": b"\x00000000512\0",
        "ff": b"\xff" * 12,
        "high-bit": b"\x80" + b"\xff" * 11,
    }
    for where, name in (("unwanted", "usr/x"), ("database", STATUS_PATH), ("release", "etc/os-release")):
        for size, field in sizes.items():
            entry = tar.header(name, field)
            expect = ANY if size in ("nul-first", "minus", "plus") else EITHER
            c.add(f"size-{size}-{where}.tar", docker(base(entry)), expect, parameters={"size": size})
    outer = [tar.header("0/layer.tar", tar.base256((1 << 63) - 1)) + tar.padded(base())]
    c.add("size-2-63-1-layer.tar", docker(base(), layer_entries=outer), "clear-error")
    outer = [tar.header("0/layer.tar", tar.base256(-5)) + tar.padded(base())]
    c.add("size-negative-layer.tar", docker(base(), layer_entries=outer), "clear-error")
    outer = [tar.header("0/layer.tar", tar.base256(1 << 40)) + tar.padded(base())]
    c.add("size-2-40-layer.tar", docker(base(), layer_entries=outer), "clear-error")
    blanks = tar.header(STATUS_PATH, b"%11o " % len(status())) + tar.padded(status().encode())
    c.add("size-blanks.tar", docker(tar.archive(RELEASE, blanks)), "ok", packages=DEBS)
    for type, name in ((b"5", "folder"), (b"2", "link"), (b"1", "hard link"), (b"6", "pipe")):
        entry = tar.header("usr/" + name.replace(" ", ""), 1024, type, b"usr/y")
        c.add(f"size-of-{name.replace(' ', '-')}.tar", docker(base(entry)), "ok", packages=DEBS)
    sums = {
        "wrong": b"000000\0 ",
        "blank": b"        ",
        "nul": bytes(8),
        "text": b"checksum",
        "negative": b"\xff" * 8,
    }
    for name, field in sums.items():
        c.add(f"checksum-{name}.tar", docker(base(tar.header("usr/x", 0, checksum=field))), EITHER)
        c.add(f"checksum-{name}-first.tar", docker(tar.header("usr/x", 0, checksum=field) + base()), "clear-error")
    signed = bytearray(tar.header(b"usr/caf\xe9", 0))
    total = sum(b - 256 if b > 127 else b for b in signed[:148]) + 8 * 32 + sum(signed[156:])
    signed[148:156] = b"%06o\0 " % total
    c.add("checksum-signed.tar", docker(base(bytes(signed))), ["ok", *EITHER], packages=[])
    noise = c.random("between").randbytes(512)
    c.add("garbage-between.tar", docker(base(noise, tar.file("usr/x", b"x"))), EITHER)
    c.add("garbage-between-archive.tar", docker(base(), first=[noise]), "clear-error")
    c.add("zero-block-inside.tar", docker(base(bytes(512), tar.file(STATUS_PATH, status(DEBS[:1])))), EITHER)
    c.add("end-inside.tar", docker(base(tar.END, tar.file("usr/x", b"x"))), ["ok", *EITHER], packages=[])
    c.add("garbage-behind-end.tar", docker(base(end=tar.END + noise)), ["ok", *EITHER], packages=[])
    c.add("zeros-behind-end.tar", docker(base(end=bytes(1 << 20))), "ok", packages=DEBS)
    c.add("hidden-behind-end.tar", docker(base(end=tar.END + tar.file(STATUS_PATH, status([("deb", "hidden", "1")])))), ["ok", *EITHER], packages=[], absent=[["deb", "hidden", "1"]])
    rng = c.random("headers")
    for i in range(30):
        damaged = bytearray(base())
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        c.add(f"damaged-{i}.tar", docker(bytes(damaged)), ANY)
    for i in range(30):
        damaged = bytearray(docker(base()))
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        c.add(f"damaged-archive-{i}.tar", bytes(damaged), ANY)


def old_sparse(name, data, pairs, real, extended=b""):
    """Old GNU format: four pairs in the header, the rest in blocks behind it."""
    fields = {}
    at = 386
    for offset, length in pairs[:4]:
        fields[f"at_{at}"] = (offset if isinstance(offset, bytes) else tar.octal(offset, 12))
        fields[f"at_{at + 12}"] = (length if isinstance(length, bytes) else tar.octal(length, 12))
        at += 24
    fields["at_482"] = b"\1" if extended else b"\0"
    fields["at_483"] = real if isinstance(real, bytes) else tar.octal(real, 12)
    return tar.header(name, len(data), b"S", magic=tar.GNU, **fields) + extended + tar.padded(data)


def extension(pairs, more=False):
    block = b"".join(tar.octal(offset, 12) + tar.octal(length, 12) for offset, length in pairs)
    return block.ljust(504, b"\0") + (b"\1" if more else b"\0") + bytes(7)


def pax_0_0(name, data, pairs, real):
    records = [("GNU.sparse.size", str(real)), ("GNU.sparse.numblocks", str(len(pairs)))]
    for offset, length in pairs:
        records += [("GNU.sparse.offset", str(offset)), ("GNU.sparse.numbytes", str(length))]
    return tar.pax(records) + tar.header(name, len(data)) + tar.padded(data)


def pax_0_1(name, data, pairs, real, count=None):
    records = {
        "GNU.sparse.size": str(real),
        "GNU.sparse.numblocks": str(len(pairs) if count is None else count),
        "GNU.sparse.name": name,
        "GNU.sparse.map": ",".join(f"{offset},{length}" for offset, length in pairs),
    }
    return tar.pax(records) + tar.header("GNUSparseFile.1/x", len(data)) + tar.padded(data)


def pax_1_0(name, data, pairs, real, text=None):
    text = f"{len(pairs)}\n" + "".join(f"{offset}\n{length}\n" for offset, length in pairs) if text is None else text
    body = tar.padded(text.encode()) + data
    records = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(real),
    }
    return tar.pax(records) + tar.header("GNUSparseFile.1/x", len(body)) + tar.padded(body)


FORMS = {"old": old_sparse, "0.0": pax_0_0, "0.1": pax_0_1, "1.0": pax_1_0}


def kind_25(c):
    """Sparse files in four formats: sound, and with maps that cannot be."""
    data = status().encode()
    size = len(data)
    for form, make in FORMS.items():
        def add(name, pairs, real, expect, content=data, path=STATUS_PATH, **more):
            entry = make(path, content, pairs, real)
            layer = base(entry) if path != STATUS_PATH else tar.archive(RELEASE, tar.file("usr/before", b"x"), entry)
            c.add(f"sparse-{form}-{name}.tar", docker(layer), expect, parameters={"format": form}, **more)

        add("sound", [(0, size)], size, "ok", packages=DEBS)
        half = size // 2
        add("two", [(0, half), (half, size - half)], size, "ok", packages=DEBS)
        add("hole-behind", [(0, size)], size + 4096, ["ok", "partial"], packages=[])
        add("empty-map", [], 0, ["ok", "partial"], content=b"")
        add("overlapping", [(0, size), (10, size)], size + 20, EITHER, content=data * 2)
        add("descending", [(size, size), (0, size)], 2 * size, EITHER, content=data * 2)
        add("past-real-size", [(0, size)], size - 10, EITHER)
        add("2-62", [(0, size)], 1 << 32 if form == "old" else 1 << 62, EITHER)
        add("hole-1-tib-unwanted", [(0, size)], (1 << 32) if form == "old" else 1 << 40, "ok", path="usr/x")
        add("more-data-than-map", [(0, 10)], size, ["ok", *EITHER])
        add("less-data-than-map", [(0, size * 2)], size * 2, EITHER)
        if form != "old":
            add("negative", [(-1, size)], size, EITHER)
            add("overflow", [((1 << 63) - 1, size)], size, EITHER)
            add("negative-size", [(0, size)], -1, EITHER)
    c.add("sparse-1.0-count.tar", docker(tar.archive(RELEASE, pax_1_0(STATUS_PATH, data, [], size, "99999999999\n0\n1\n"))), EITHER)
    c.add("sparse-1.0-endless.tar", docker(tar.archive(RELEASE, pax_1_0(STATUS_PATH, data, [], size, "9" * 5000))), EITHER)
    c.add("sparse-1.0-text.tar", docker(tar.archive(RELEASE, pax_1_0(STATUS_PATH, data, [], size, "two\n0\n1\n"))), EITHER)
    pairs = [(2 * i, 1) for i in range(200_000)]
    c.add("sparse-1.0-map-2-mib.tar", docker(tar.archive(RELEASE, pax_1_0("usr/x", b"x" * len(pairs), pairs, 400_000))), EITHER)
    blocks = b"".join(extension([(2 * i, 0)] * 21, True) for i in range(4_000)) + extension([])
    c.add("sparse-old-endless.tar", docker(tar.archive(RELEASE, old_sparse("usr/x", b"", [(0, 0)] * 4, 100_000, blocks))), EITHER + ["ok"])
    c.add("sparse-old-cut.tar", docker(tar.archive(RELEASE, end=b"") + old_sparse("usr/x", b"", [(0, 0)] * 4, 100, extension([(0, 0)], True))), EITHER)
    outer = [old_sparse("0/layer.tar", base(), [(0, len(base()))], len(base()))]
    c.add("sparse-layer.tar", docker(base(), layer_entries=outer), ["ok", "clear-error"])


def kind_26(c):
    """pax headers whose records are wrong, and floods of them."""
    records = {
        "length-long": b"99 path=x\n",
        "length-zero": b"0 path=x\n",
        "length-one": b"1 path=x\n",
        "length-negative": b"-10 path=x\n",
        "length-overflow": b"18446744073709551617 path=x\n",
        "length-missing": b" path=x\n",
        "length-text": b"ten path=x\n",
        "length-leading-zero": b"0000000000000018 path=x\n",
        "no-equals": b"9 pathx\n",
        "no-newline": b"10 path=xy",
        "no-blank": b"10path=xy\n",
        "empty-key": b"5 =x\n",
        "garbage-behind": tar.record("path", "usr/x") + b"garbage",
        "zeros-behind": tar.record("path", "usr/x") + bytes(100),
        "empty": b"",
        "size-10-25": tar.record("size", "1" + "0" * 25),
        "size-2-63": tar.record("size", str(1 << 63)),
        "size-negative": tar.record("size", "-1"),
        "size-float": tar.record("size", "1.5"),
        "size-text": tar.record("size", "ten"),
        "size-twice": tar.record("size", "1000000") + tar.record("size", "1"),
        "mtime": tar.record("mtime", "1e999"),
        "mtime-long": tar.record("mtime", "9" * 1000 + "." + "9" * 1000),
        "unknown": tar.record("SCHILY.xattr.security.capability", b"\0\1\2\xff"),
        "charset": tar.record("hdrcharset", "BINARY") + tar.record("path", b"usr/\xff"),
        "path-latin1": tar.record("path", b"usr/\xff\xfe"),
        "many": b"".join(tar.record(f"k{i}", "v") for i in range(10_000)),
    }
    good = {"unknown", "many", "charset", "path-latin1", "empty", "mtime", "mtime-long"}
    for name, body in records.items():
        expect = "ok" if name in good else ANY
        entry = tar.pax(body) + tar.header("usr/x", 1) + tar.padded(b"x")
        c.add(f"pax-{name}.tar", docker(base(entry)), expect, packages=DEBS if name in good else [])
        entry = tar.pax(body, b"g") + tar.header("usr/x", 1) + tar.padded(b"x")
        c.add(f"pax-global-{name}.tar", docker(base(entry)), ANY)
    path = tar.pax({"path": "usr/elsewhere"}, b"g")
    c.add("pax-global-path.tar", docker(tar.archive(path, RELEASE, tar.file(STATUS_PATH, status()))), ["ok", "partial"], packages=DEBS)
    size = tar.pax({"size": "5"}, b"g")
    c.add("pax-global-size.tar", docker(tar.archive(size, RELEASE, tar.file(STATUS_PATH, status()))), ANY)
    over = tar.header("PaxHeaders/x", (1 << 20) + 1, b"x")
    body = tar.record("comment", b"x" * ((1 << 20) - 20))
    c.add("pax-over-1-mib.tar", docker(base(over + tar.padded(bytes((1 << 20) + 1)), tar.file("usr/x"))), EITHER)
    c.add("pax-1-mib.tar", docker(base(tar.pax(body), tar.file("usr/x"))), "ok", packages=DEBS)
    c.add("pax-name-1-gib.tar", docker(base(tar.header("PaxHeaders/x", 1 << 30, b"x"))), EITHER, mb=32)
    c.add("gnu-name-1-gib.tar", docker(base(tar.header("././@LongLink", 1 << 30, b"L", magic=tar.GNU))), EITHER, mb=32)
    c.add("pax-alone.tar", docker(base(tar.pax({"path": "usr/x"}))), ANY)
    c.add("gnu-alone.tar", docker(base(tar.gnu_long("usr/x"))), ANY)
    long = tar.gnu_long("n" * 200)
    c.add("gnu-flood.tar", docker(base(long * 50_000, tar.file("usr/x"))), "ok", packages=DEBS, mb=32)
    c.add("pax-flood.tar", docker(base(tar.pax({"path": "usr/x" * 20}) * 50_000, tar.file("usr/x"))), "ok", packages=DEBS, mb=32)
    c.add("gnu-empty.tar", docker(base(tar.header("././@LongLink", 0, b"L", magic=tar.GNU), tar.file("usr/x"))), ANY)
    both = tar.gnu_long(STATUS_PATH) + tar.pax({"path": "usr/other"}) + tar.header("x", len(status())) + tar.padded(status().encode())
    c.add("pax-and-gnu.tar", docker(tar.archive(RELEASE, both)), ["ok", "partial"])
    renamed = tar.pax({"path": STATUS_PATH}) + tar.header("usr/x", len(status())) + tar.padded(status().encode())
    c.add("pax-names-database.tar", docker(tar.archive(RELEASE, renamed)), "ok", packages=DEBS)
    away = tar.pax({"path": "usr/x"}) + tar.header(STATUS_PATH, 400) + tar.padded(stanza("hidden", "1").encode().ljust(400, b"\n"))
    c.add("pax-names-other.tar", docker(base(away)), "ok", packages=DEBS, absent=[["deb", "hidden", "1"]])
