"""Kind 34: ndb databases whose slots and blobs lead anywhere."""

from .rpm import RPMS, header, image, ndb, ndb_blob, sound

ODD = ["ok", "partial"]
TOP = 0xFFFFFFFF


def controls(c):
    c.add("control-ndb.tar", image("ndb", ndb(sound())), "ok", packages=RPMS)
    c.add("control-ndb-pages.tar", image("ndb", ndb(sound(), pages=3)), "ok", packages=RPMS)


def kind_34(c):
    def add(name, content, expect="partial", **more):
        c.add(f"ndb-{name}.tar", image("ndb", content), expect, **more)

    whole = ndb(sound())
    for stated in (0, 2, 255, 0x00100000, 0x01000000, 0x10000000, 0x7FFFFFFF, TOP):
        add(f"slot-pages-{stated}", ndb(sound(), stated=stated), "partial", parameters={"slot pages": stated})
    add("version-1", ndb(sound(), version=1))
    add("version-max", ndb(sound(), version=TOP))
    add("magic", ndb(sound(), magic=b"RpmX"))
    for at in (0, 1, 4, 16, 31, 32, 47, 48, 100, 4095, 4096, 4097, 4112, len(whole) // 2, len(whole) - 16, len(whole) - 1):
        add(f"cut-{at}", whole[:at], "partial", parameters={"at": at})

    def slot(index, **fields):
        def slots(rows):
            names = ("number", "block", "blocks")
            rows[index] = tuple(fields.get(name, value) for name, value in zip(names, rows[index]))

        return slots

    wild = {
        "block-max": {"block": TOP},
        "block-0": {"block": 0},
        "block-slots": {"block": 2},
        "block-wraps": {"block": 0x10000000},
        "blocks-max": {"blocks": TOP},
        "blocks-0": {"blocks": 0},
        "blocks-1": {"blocks": 1},
        "number-0": {"number": 0},
        "number-max": {"number": TOP},
        "number-other": {"number": 7},
    }
    others = [RPMS[0], RPMS[1], *RPMS[3:]]
    for name, fields in wild.items():
        expect = ODD if name == "block-0" else "partial"
        add(f"slot-{name}", ndb(sound(), slots=slot(2, **fields)), expect, packages=others)
    add("slot-same-200", ndb(sound(), slots=lambda rows: [rows[0]] * 200), ODD, packages=RPMS[:1])
    big = header("big", more=[(1035, 7, 2_000_000, bytes(2_000_000))])
    add("slot-same-200-large", ndb([big], slots=lambda rows: [rows[0]] * 200), ODD)
    add("slot-same-other-numbers", ndb(sound(), slots=lambda rows: [(i + 1, *rows[0][1:]) for i in range(200)]))
    add("slots-reversed", ndb(sound(), slots=lambda rows: rows[::-1]), "ok", packages=RPMS)
    add("slots-none", ndb([]), ODD)
    add("slots-zeros", whole[:32] + bytes(4064) + whole[4096:])
    add("slots-ff", whole[:32] + b"\xff" * 4064 + whole[4096:])

    def blobs(index, **fields):
        return [ndb_blob(i + 1, content, **(fields if i == index else {})) for i, content in enumerate(sound())]

    for name, fields in {
        "length-wraps": {"length": TOP - 15},
        "length-max": {"length": TOP},
        "length-0": {"length": 0},
        "length-more": {"length": 10_000},
        "magic": {"magic": b"XXXX"},
        "end": {"end": b"XXXX"},
    }.items():
        add(f"blob-{name}", ndb(None, blobs=blobs(2, **fields)), "partial", packages=others)
    add("blob-checksum", ndb(None, blobs=blobs(2, checksum=7)), ODD, packages=RPMS)
    rng = c.random("ndb")
    for i in range(40):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        add(f"damaged-{i}", bytes(damaged), ODD)
    add("zeros", bytes(8192))
    add("random", rng.randbytes(10_000))
    add("behind", whole + rng.randbytes(10_000), ODD, packages=RPMS)
