#!/usr/bin/env python3
"""Writes fuzz/corpus/tar: small archives, one of each thing a tar can say."""

import io
import os
import sys
import tarfile

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "tar")
BLOCK = 512


def header(name, size=0, flag="0", link="", prefix="", magic=b"ustar\x0000", changes=()):
    block = bytearray(BLOCK)

    def put(at, value):
        block[at:at + len(value)] = value

    put(0, name.encode()[:100])
    put(100, b"0000644\0")
    put(124, size if isinstance(size, bytes) else b"%011o\0" % size)
    put(136, b"14371234567\0")
    put(156, flag.encode())
    put(157, link.encode()[:100])
    put(257, magic)
    put(345, prefix.encode()[:155])
    for at, value in changes:
        put(at, value)
    put(148, b" " * 8)
    put(148, b"%06o\0" % sum(block))
    return bytes(block)


def padded(data):
    return data + b"\0" * (-len(data) % BLOCK)


def entry(name, data=b"", **more):
    return header(name, len(data), **more) + padded(data)


def record(key, value):
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key.encode(), value.encode())


def pax(*records, flag="x"):
    return entry("pax", b"".join(record(*one) for one in records), flag=flag)


def sparse_pax(*records):
    return pax(*[("GNU.sparse." + key, value) for key, value in records])


def by_python(form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, kind, link in (("d", tarfile.DIRTYPE, ""), ("d/" + "n" * 90, b"0", ""),
                                 ("l", tarfile.SYMTYPE, "t" * 99), ("h", tarfile.LNKTYPE, "l")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            archive.addfile(member)
    return out.getvalue()[:8192]


END = bytes(2 * BLOCK)
GNU = b"ustar  \0"
PAIR = b"00000000002\x0000000000003\0"
CASES = {
    "empty-archive": END,
    "file": entry("a", b"hello") + END,
    "types": b"".join(header("t" + flag, flag=flag, link="x") for flag in "1234567Z") + END,
    "prefix": entry("file", prefix="some/folder") + END,
    "v7-folder": header("a/", flag="\0", magic=b"") + END,
    "base-256": header("a", size=b"\x80" + bytes(10) + b"\x01") + padded(b"x") + END,
    "size-negative": header("a", size=b"\xff" * 12) + END,
    "link-size-negative": header("h", size=b"\xff" * 12, flag="1", link="a") + END,
    "size-huge": header("a", size=b"\x80\0\0\0\x7f" + b"\xff" * 7),
    "size-not-octal": header("a", size=b"00000000009\0") + END,
    "folder-with-size": header("d", size=512, flag="5") + entry("a") + END,
    "zero-block-inside": entry("a") + bytes(BLOCK) + entry("b") + END,
    "garbage-inside": entry("a") + b"\xa5" * BLOCK + END,
    "no-end": entry("a", b"x"),
    "pax-path": pax(("path", "p" * 200), ("size", "3")) + entry("a", b"abc") + END,
    "pax-global": pax(("path", "g"), flag="g") + entry("a") + END,
    "pax-no-newline": entry("x", b"10 path=ab", flag="x") + entry("a") + END,
    "pax-length-too-long": entry("x", b"99 path=b\n", flag="x") + entry("a") + END,
    "pax-length-overflow": entry("x", b"18446744073709551626 path=b\n", flag="x") + END,
    "pax-no-equals": entry("x", b"10 path_b\n", flag="x") + entry("a") + END,
    "pax-size-large": pax(("size", "1" + "0" * 25)) + entry("a") + END,
    "pax-without-entry": pax(("path", "b")) + END,
    "gnu-long": entry("L", b"n" * 150 + b"\0", flag="L", magic=GNU)
                + entry("K", b"t" * 150 + b"\0", flag="K", magic=GNU)
                + header("a", flag="2", link="b", magic=GNU) + END,
    "go-prefix": entry("f", prefix="a/b", magic=GNU) + END,
    "sparse-old": header("s", 3, flag="S", magic=GNU,
                         changes=((386, PAIR), (483, b"00000000011\0"))) + padded(b"abc") + END,
    "sparse-old-extended": header("s", 3, flag="S", magic=GNU,
                                  changes=((482, b"\1"), (483, b"00000000011\0")))
                           + padded(PAIR) + padded(b"abc") + END,
    "sparse-0.0": sparse_pax(("size", "9"), ("numblocks", "1"), ("offset", "2"),
                             ("numbytes", "3")) + entry("s", b"abc") + END,
    "sparse-0.1": sparse_pax(("major", "0"), ("minor", "1"), ("name", "n"), ("size", "9"),
                             ("numblocks", "2"), ("map", "2,3,6,1")) + entry("s", b"abcd") + END,
    "sparse-1.0": sparse_pax(("major", "1"), ("minor", "0"), ("name", "n"), ("realsize", "9"))
                  + entry("s", padded(b"1\n2\n3\n") + b"abc") + END,
    "sparse-huge": sparse_pax(("size", str(1 << 62)), ("map", f"{1 << 61},3"))
                   + entry("s", b"abc") + END,
    "sparse-overlap": sparse_pax(("size", "9"), ("map", "2,3,3,1")) + entry("s", b"abcd") + END,
    "python-gnu": by_python(tarfile.GNU_FORMAT),
    "python-pax": by_python(tarfile.PAX_FORMAT),
}

os.makedirs(OUT, exist_ok=True)
for case, content in CASES.items():
    with open(os.path.join(OUT, case + ".tar"), "wb") as file:
        file.write(content)
print(f"{len(CASES)} archives in {OUT}", file=sys.stderr)
