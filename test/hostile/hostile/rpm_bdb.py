"""Kind 35: Berkeley DB hash files whose pages lead anywhere."""

import struct

from .rpm import HASH, HASH_UNSORTED, INVALID, OVERFLOW, RPMS, Bdb, header, image, sound

ODD = ["ok", "partial"]
TOP = 0xFFFFFFFF
LARGE = ["rpm", "large", "1.0-2.el9"]


def with_large(**more):
    """Eight sound packages, and one whose header fills several overflow pages (from page 2 on)."""
    return Bdb([header("large", more=[(1035, 7, 15_000, b"x" * 15_000)]), *sound()], **more)


def controls(c):
    for page in (512, 4096, 65536):
        for order, word in (("<", "little"), (">", "big")):
            content = Bdb(sound(), page, order).file()
            c.add(f"control-bdb-{page}-{word}.tar", image("bdb", content), "ok", packages=RPMS)
    c.add("control-bdb-large.tar", image("bdb", with_large().file()), "ok", packages=[LARGE, *RPMS])


def kind_35(c):
    def add(name, content, expect="partial", **more):
        c.add(f"bdb-{name}.tar", image("bdb", content), expect, **more)

    for order, word in (("<", "little"), (">", "big")):
        for size in (0, 1, 3, 100, 256, 511, 4095, 1 << 17, 1 << 31, TOP):
            made = with_large(order=order)
            made.stated_page = size
            add(f"page-size-{size}-{word}", made.file(), "partial", parameters={"page size": size})
        following = {"itself": 2, "cycle": None, "zero": 0, "wild": 10_000, "max": TOP, "meta": 0x80000000, "items": 1}
        for name, target in following.items():
            made = with_large(order=order)
            if name == "cycle":
                struct.pack_into(order + "I", made.pages[3], 16, 2)  # the third page leads to the first
            else:
                struct.pack_into(order + "I", made.pages[1], 16, target)
            # in a circle that ends with the right number of bytes nothing is wrong to see
            add(f"overflow-{name}-{word}", made.file(), ODD if name == "cycle" else "partial", packages=RPMS)
        for name, length in {"0": 0, "1": 1, "more": 5_000, "max": 65_535}.items():
            made = with_large(order=order)
            struct.pack_into(order + "H", made.pages[1], 22, length)
            add(f"overflow-length-{name}-{word}", made.file(), "partial", packages=RPMS)
        made = with_large(order=order)
        for page in made.pages[1:]:
            struct.pack_into(order + "2I", page, 8, 2, 2)
        add(f"overflow-all-same-{word}", made.file(), "partial")
        for entries in (1, 3, 1_000, 65_535):
            made = with_large(order=order)
            struct.pack_into(order + "H", made.pages[0], 20, entries)
            add(f"entries-{entries}-{word}", made.file(), "partial", parameters={"entries": entries})
        for last in (0, 1, 5, 1_000, 1 << 31, TOP):
            made = with_large(order=order)
            made.last = last
            add(f"last-page-{last}-{word}", made.file(), "partial", parameters={"last page": last})
        made = with_large(order=order)
        made.fields = {72: TOP, 76: TOP, 80: TOP}
        add(f"buckets-max-{word}", made.file(), "partial", packages=RPMS)
        made = with_large(order=order)
        made.fields = {96 + 4 * i: TOP for i in range(32)}
        add(f"spares-max-{word}", made.file(), "partial", packages=RPMS)
        for version in (0, 6, 10, TOP):
            made = with_large(order=order)
            made.fields = {16: version}
            add(f"version-{version}-{word}", made.file())
    for type in range(256):
        made = with_large()
        made.pages[0][25] = type
        expect = "ok" if type in (HASH, HASH_UNSORTED) else ODD if type in (INVALID, OVERFLOW) else "partial"
        add(f"type-{type}", made.file(), expect, packages=RPMS if expect == "ok" else [])
    for type in (0, 1, 2, 13, 255):
        made = with_large()
        made.pages[1][25] = type
        add(f"overflow-type-{type}", made.file(), ODD if type in (2, 13) else "partial", packages=RPMS)
    items = with_large().pages[0]
    for item in (0, 1, 2, 4, 5, 255):
        made = with_large()
        at = struct.unpack_from("<H", items, 26 + 2 * 3)[0]
        made.pages[0][at] = item
        add(f"item-type-{item}", made.file(), ODD, packages=[])
    for name, values in {"zero": 0, "one": 1, "end": 4096, "max": 65535}.items():
        for index in (0, 3, 4):
            made = with_large()
            struct.pack_into("<H", made.pages[0], 26 + 2 * index, values)
            add(f"item-offset-{name}-{index}", made.file(), "partial")
    for name, (page, size) in {"page-0": (0, 100), "page-max": (TOP, 100), "size-max": (2, TOP), "size-0": (2, 0), "size-less": (2, 100)}.items():
        made = with_large()
        at = struct.unpack_from("<H", items, 26 + 2 * 3)[0]
        struct.pack_into("<2I", made.pages[0], at + 4, page, size)
        add(f"item-{name}", made.file(), "partial", packages=RPMS)
    # all items name the same long chain
    long = header("same", more=[(1035, 7, 100_000, bytes(100_000))])
    made = Bdb([long] + [b"x" * 8] * 150)
    for index in range(150):
        at = struct.unpack_from("<H", made.pages[0], 26 + 2 * (2 * index + 5))[0]
        struct.pack_into("<2I", made.pages[0], at + 4, 2, len(long))
    add("items-same-chain", made.file(), ODD)
    for name, at in {"next-itself": 16, "previous": 12}.items():
        made = with_large()
        struct.pack_into("<I", made.pages[0], at, 1)
        add(f"items-{name}", made.file(), ODD, packages=RPMS)
    made = with_large()
    struct.pack_into("<I", made.pages[0], 8, 7)
    add("items-page-number", made.file(), "partial")
    whole = with_large().file()
    for at in (1, 15, 16, 71, 72, 100, 511, 512, 4095, 4096, 4097, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
        add(f"cut-{at}", whole[:at], "partial", parameters={"at": at})
    for flag, (at, value) in {"encrypted": (24, 1), "checksums": (26, 1), "partitioned": (36, 2), "btree": (25, 9)}.items():
        damaged = bytearray(whole)
        damaged[at] = value
        add(flag, bytes(damaged), ODD if flag == "partitioned" else "partial")
    btree = bytearray(whole)
    struct.pack_into("<I", btree, 12, 0x053162)
    add("magic-btree", bytes(btree), "partial")
    rng = c.random("bdb")
    for i in range(40):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        add(f"damaged-{i}", bytes(damaged), ODD)
    add("zeros", bytes(16384))
    add("random", rng.randbytes(20_000))
