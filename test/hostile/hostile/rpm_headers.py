"""Kind 32: package headers with a defect, among good ones, in each kind of database."""

from .rpm import ARRAY, BINARY, I18N, INT32, RPMS, STRING, Bdb, header, image, ndb, sound, sqlite
from .text_databases import NASTY, surrogates

MAKE = {"sqlite": sqlite, "ndb": ndb, "bdb": lambda headers: Bdb(headers).file()}


def controls(c):
    for kind, make in MAKE.items():
        c.add(f"control-rpm-{kind}.tar", image(kind, make(sound())), "ok", packages=RPMS)
        large = [header("large", more=[(1035, BINARY, 100_000, b"x" * 100_000)]), *sound()]
        c.add(f"control-rpm-{kind}-large.tar", image(kind, make(large)), "ok", packages=[*RPMS, ["rpm", "large", "1.0-2.el9"]])


def change(which, **fields):
    """Changes the index entry of a tag: type, offset, count."""

    def tags(entries):
        places = {"tag": 0, "type": 1, "offset": 2, "count": 3}
        out = []
        for entry in entries:
            entry = list(entry)
            if entry[0] == which:
                for name, value in fields.items():
                    entry[places[name]] = value
            out.append(entry)
        return out

    return tags


def kind_32(c):
    top = 0xFFFFFFFF
    good = header("odd")
    tags = len(good) and 5
    bad = {
        "count-max": header("odd", count=top),
        "count-zero": header("odd", count=0),
        "count-more": header("odd", count=tags + 1),
        "count-less": header("odd", count=tags - 1),
        "count-wraps": header("odd", count=0x10000000),
        "data-max": header("odd", data_length=top),
        "data-zero": header("odd", data_length=0),
        "data-more": header("odd", data_length=10_000),
        "data-less": header("odd", data_length=10),
        "offset-max": header("odd", tags=change(1000, offset=top)),
        "offset-high-bit": header("odd", tags=change(1000, offset=0x80000000)),
        "offset-end": header("odd", tags=change(1000, offset=10_000)),
        "items-max": header("odd", tags=change(1000, count=top)),
        "items-zero": header("odd", tags=change(1000, count=0)),
        "type-0": header("odd", tags=change(1000, type=0)),
        "type-10": header("odd", tags=change(1000, type=10)),
        "type-max": header("odd", tags=change(1000, type=top)),
        "name-number": header("odd", tags=change(1000, type=INT32)),
        "name-array": header("odd", tags=change(1000, type=ARRAY, count=5)),
        "version-binary": header("odd", tags=change(1001, type=BINARY)),
        "no-name": header("odd", skip=[1000]),
        "no-version": header("odd", skip=[1001]),
        "no-release": header("odd", skip=[1002]),
        "empty-name": header(""),
        "empty": b"",
        "one-byte": b"\0",
        "eight-bytes": bytes(8),
        "zeros": bytes(1_000),
        "ff": b"\xff" * 1_000,
        "text": b"this is no header\n" * 20,
        "magic": b"\x8e\xad\xe8\x01\0\0\0\0" + good,
        "epoch-text": header("odd", more=[(1003, STRING, 1, b"one\0")]),
        "name-64-kib": header("n" * 70_000),
        "name-mib": header("n" * 5_000_000),
        "tags-65536": header("odd", more=[(5000 + i, STRING, 1, b"\0") for i in range(65_536)]),
    }
    for at in range(0, len(good), 9):
        bad[f"cut-{at}"] = good[:at]
    unterminated = header("odd", more=[(1011, STRING, 1, b"vendor without an end")])
    fine = {
        "tags-60000": header("odd", more=[(5000 + i, STRING, 1, b"\0") for i in range(60_000)]),
        "tags-same": header("odd", more=[(1117, ARRAY, 1, b"x\0")] * 10_000),
        "dir-indexes-out": header("odd", more=[(1118, ARRAY, 1, b"/\0"), (1117, ARRAY, 2, b"a\0b\0"), (1116, INT32, 2, b"\xff" * 8)]),
        "dir-indexes-short": header("odd", more=[(1118, ARRAY, 1, b"/\0"), (1117, ARRAY, 2, b"a\0b\0"), (1116, INT32, 1, bytes(4))]),
        "basenames-million": header("odd", more=[(1117, ARRAY, 1_000_000, b"\0" * 1_000_000)]),
        "array-unterminated": header("odd", more=[(1117, ARRAY, 10, b"a\0b")]),
        "i18n": header("odd", more=[(1014, I18N, 1, b"MIT\0")]),
        "epoch-max": header("odd", more=[(1003, INT32, 1, b"\xff" * 4)]),
        "vendor-unterminated": unterminated,
        "vendor-mib": header("odd", more=[(1011, STRING, 1, b"v" * (1 << 20) + b"\0")]),
        "name-nul-inside": header("odd\0hidden"),
        "overlapping": header("odd", tags=change(1022, offset=0)),
        "key": header("gpg-pubkey", "1", "2"),
        "twice": header("sound-a"),
    }
    rng = c.random("rpm headers")
    for i in range(20):
        damaged = bytearray(good)
        for _ in range(3):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        fine[f"damaged-{i}"] = bytes(damaged)
    for i in range(10):
        bad[f"random-{i}"] = rng.randbytes(rng.randrange(16, 5_000))
    for i, name in enumerate(NASTY):
        if len(name) < 60_000:
            fine[f"nasty-{i}"] = header(surrogates(name), surrogates(name), surrogates(name))
            fine[f"nasty-vendor-{i}"] = header("odd", more=[(tag, STRING, 1, surrogates(name) + b"\0") for tag in (1011, 1014, 5096)])
    for kind, make in MAKE.items():
        for group, expect in ((bad, "partial"), (fine, ["ok", "partial"])):
            for name, content in group.items():
                if kind == "bdb" and not content:
                    continue
                headers = [*sound()[:4], content, *sound()[4:]]
                c.add(f"header-{kind}-{name}.tar", image(kind, make(headers)), expect, packages=RPMS, parameters={"database": kind}, mb=64)
        everything = [content for content in bad.values() if content] + sound()
        if kind != "bdb":
            c.add(f"header-{kind}-all.tar", image(kind, make(everything)), "partial", packages=RPMS, mb=64)
