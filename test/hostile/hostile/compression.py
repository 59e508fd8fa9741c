"""Kinds 14 to 18: compressed layers, broken, enormous, or of other formats."""

import bz2
import hashlib
import lzma
import struct
import zlib

from . import images, tar
from .images import DEBS, Layer, base, docker, raw_deflate, sha256, squeeze, zipped

MIB = 1 << 20


def controls(c):
    c.add("control-gzip.tar", docker(zipped(base())), "ok", packages=DEBS)
    c.add("control-zstd.tar", docker(zstd_layer(base())), "ok", packages=DEBS)


# -- gzip ------------------------------------------------------------------------------------------

GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


def member(data, head=GZIP_HEAD, crc=None, length=None):
    crc = zlib.crc32(data) if crc is None else crc
    length = len(data) if length is None else length
    return head + raw_deflate(data) + struct.pack("<II", crc & 0xFFFFFFFF, length & 0xFFFFFFFF)


def zeros_members(gib):
    """Members of zeros; all the same bytes."""
    return [squeeze(bytes(64 * MIB), 9)] * (gib * 16)


def one_stream(before, gib, after):
    """One member: `before`, zeros, `after`. Flushed blocks of zeros are the same bytes each."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    chunk = bytes(16 * MIB)
    head = squeezer.compress(before) + squeezer.flush(zlib.Z_FULL_FLUSH)
    block = squeezer.compress(chunk) + squeezer.flush(zlib.Z_FULL_FLUSH)
    tail = squeezer.compress(after) + squeezer.flush()
    count = gib * 64
    crc = zlib.crc32(before)
    for _ in range(count):
        crc = zlib.crc32(chunk, crc)
    crc = zlib.crc32(after, crc)
    size = len(before) + gib * (1 << 30) + len(after)
    return GZIP_HEAD + head + block * count + tail + struct.pack("<II", crc, size & 0xFFFFFFFF)


def digest_with_zeros(before, gib, after):
    digest = hashlib.sha256(before)
    chunk = bytes(16 * MIB)
    for _ in range(gib * 64):
        digest.update(chunk)
    digest.update(after)
    return "sha256:" + digest.hexdigest()


def kind_14(c):
    """gzip bombs: in a file that nobody wants, in a database, in os-release."""
    gib = c.options.bomb_gib
    size = gib << 30
    large = tar.base256(size)
    more = base(end=b"")
    seconds = 5 + 3 * gib
    before = more + tar.header("var/zeros", large)
    digest = digest_with_zeros(before, gib, tar.END)
    stored = b"".join([squeeze(before), *zeros_members(gib), squeeze(tar.END)])
    common = {"packages": DEBS, "seconds": seconds, "parameters": {"GiB": gib}, "mb": 24}
    c.add("bomb-unwanted-members.tar", docker(Layer(stored, digest)), "ok", **common)
    c.add("bomb-unwanted-stream.tar", docker(Layer(one_stream(before, gib, tar.END), digest)), "ok", **common)
    # the archive as a whole: gzip around a plain layer of zeros
    layer = more + tar.header("var/zeros", large)
    outer = docker(Layer(b"", digest), layer_entries=[tar.header("0/layer.tar", tar.base256(len(layer) + size + 1024)) + layer], end=b"")
    whole = b"".join([squeeze(outer), *zeros_members(gib), squeeze(tar.END + tar.END)])
    c.add("bomb-archive.tar.gz", whole, "ok", **common)
    before = more + tar.header("var/lib/dpkg/status", large)
    digest = digest_with_zeros(before, gib, tar.END)
    stored = b"".join([squeeze(before), *zeros_members(gib), squeeze(tar.END)])
    c.add("bomb-database.tar", docker(Layer(stored, digest)), "partial", **{**common, "packages": []})
    apk = tar.file("etc/os-release", images.ALPINE_RELEASE) + tar.header("lib/apk/db/installed", large)
    digest = digest_with_zeros(apk, gib, tar.END)
    stored = b"".join([squeeze(apk), *zeros_members(gib), squeeze(tar.END)])
    c.add("bomb-apk.tar", docker(Layer(stored, digest)), "partial", **{**common, "packages": []})
    release = tar.file("var/lib/dpkg/status", images.status()) + tar.header("etc/os-release", large)
    digest = digest_with_zeros(release, gib, tar.END)
    stored = b"".join([squeeze(release), *zeros_members(gib), squeeze(tar.END)])
    c.add("bomb-os-release.tar", docker(Layer(stored, digest)), "partial", **common)
    # behind the end blocks: is it read at all, and does it change the digest
    digest = digest_with_zeros(base(), gib, b"")
    stored = b"".join([squeeze(base()), *zeros_members(gib)])
    c.add("bomb-behind-end.tar", docker(Layer(stored, digest)), ["ok", "partial"], **common)
    # a database under the limit, and one past it
    for name, mib, expect in (("under", 127, "ok"), ("over", 129, "partial")):
        filler = b"Package: filler\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n\n"
        text = images.status().encode()
        text += filler * ((mib * MIB - len(text)) // len(filler))
        layer = zipped(base(database=text), 1)
        c.add(f"database-{name}.tar", docker(layer), expect, packages=DEBS if expect == "ok" else [], parameters={"MiB": mib}, seconds=20)


def kind_15(c):
    """gzip with a defect of each kind."""
    plain = base()
    digest = "sha256:" + sha256(plain)
    good = squeeze(plain)
    bad = ["clear-error", "partial"]

    def add(name, stored, expect, **more):
        c.add(f"gzip-{name}.tar", docker(Layer(stored, digest)), expect, **more)

    for at in (1, 5, 9, 10, 18, len(good) // 2, len(good) - 9, len(good) - 8, len(good) - 4, len(good) - 1):
        add(f"cut-{at}", good[:at], bad, parameters={"at": at})
    add("crc", good[:-8] + b"\0\0\0\0" + good[-4:], bad)
    add("length", good[:-4] + b"\xff\xff\xff\xff", bad)
    rng = c.random("gzip flips")
    for i in range(20):
        at = rng.randrange(10, len(good))
        flipped = bytearray(good)
        flipped[at] ^= 1 << rng.randrange(8)
        add(f"flip-{i}", bytes(flipped), bad, parameters={"at": at})
    add("method", good[:2] + b"\x07" + good[3:], bad)
    add("reserved-flags", good[:3] + b"\xe0" + good[4:], bad)
    add("encrypted-flag", good[:3] + b"\x20" + good[4:], bad)
    raw = raw_deflate(plain)
    foot = good[-8:]
    add("name", GZIP_HEAD[:3] + b"\x08" + GZIP_HEAD[4:] + b"layer.tar\0" + raw + foot, "ok", packages=DEBS)
    add("name-10-mib", GZIP_HEAD[:3] + b"\x08" + GZIP_HEAD[4:] + b"n" * (10 * MIB) + b"\0" + raw + foot, ["ok", *bad])
    add("name-endless", GZIP_HEAD[:3] + b"\x08" + GZIP_HEAD[4:] + b"n" * (10 * MIB), bad)
    add("comment-endless", GZIP_HEAD[:3] + b"\x10" + GZIP_HEAD[4:] + b"c" * MIB, bad)
    add("extra-cut", GZIP_HEAD[:3] + b"\x04" + GZIP_HEAD[4:] + b"\xff\xff" + b"x" * 100, bad)
    add("extra", GZIP_HEAD[:3] + b"\x04" + GZIP_HEAD[4:] + b"\xff\xff" + b"x" * 65535 + raw + foot, "ok", packages=DEBS)
    add("header-crc-wrong", GZIP_HEAD[:3] + b"\x02" + GZIP_HEAD[4:] + b"\0\0" + raw + foot, ["ok", *bad])
    add("reserved-block", GZIP_HEAD + b"\x07" + bytes(100), bad)
    # a match further back than anything written: fixed codes, length 3, distance 32768
    add("far-distance", GZIP_HEAD + bytes([0x4B, 0x04, 0xF2, 0xFF, 0xFF, 0x00]) + bytes(40), bad)
    add("stored-length", GZIP_HEAD + b"\x01\x05\x00\x00\x00hello" + foot, bad)
    add("garbage-behind", good + b"garbage behind it" * 10, "ok", packages=DEBS)
    add("zeros-behind", good + bytes(1 << 16), "ok", packages=DEBS)
    add("half-member-behind", good + good[:30], ["ok", *bad])
    add("empty-members-before", squeeze(b"") * 100_000 + good, "ok", packages=DEBS)
    add("empty-members-behind", good + squeeze(b"") * 100_000, "ok", packages=DEBS)
    add("empty-stored-blocks", GZIP_HEAD + b"\x00\x00\x00\xff\xff" * 1_000_000 + raw + foot, "ok", packages=DEBS)
    add("alone", b"\x1f\x8b", bad)
    add("nothing-inside", squeeze(b""), bad)
    add("zeros-inside", squeeze(bytes(1 << 20)), bad)
    whole = docker(plain)
    squeezed = squeeze(whole)
    c.add("gzip-outer-crc.tar.gz", squeezed[:-8] + b"\0\0\0\0" + squeezed[-4:], bad)
    c.add("gzip-outer-garbage.tar.gz", squeezed + b"garbage", ["ok", "clear-error"], packages=DEBS)
    c.add("gzip-outer-members.tar.gz", b"".join(squeeze(whole[i : i + 1000]) for i in range(0, len(whole), 1000)), "ok", packages=DEBS)


def kind_16(c):
    """gzip in members, split anywhere."""
    plain = base()
    digest = "sha256:" + sha256(plain)
    rng = c.random("members")
    splits = sorted({1, 2, 511, 512, 513, 1024, len(plain) - 1, *(rng.randrange(1, len(plain)) for _ in range(20))})
    for at in splits:
        stored = squeeze(plain[:at]) + squeeze(plain[at:])
        c.add(f"members-{at}.tar", docker(Layer(stored, digest)), "ok", packages=DEBS, parameters={"split": at})
    every = b"".join(squeeze(plain[i : i + 1]) for i in range(len(plain)))
    c.add("members-single-bytes.tar", docker(Layer(every, digest)), "ok", packages=DEBS)
    mixed = squeeze(plain[:700]) + zstd_frame(plain[700:])
    c.add("members-gzip-then-zstd.tar", docker(Layer(mixed, digest)), ["clear-error", "partial"])


# -- zstd, written by hand: raw and repeated blocks (RFC 8878) --------------------------------------

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BLOCK_MAX = 128 * 1024


def zstd_block(type, size, content, last=False):
    return struct.pack("<I", size << 3 | type << 1 | last)[:3] + content


def zstd_frame(data, head=None, blocks=(), size=None):
    """Raw blocks of `data` behind `blocks`; window 128 KiB, or `head`."""
    head = b"\0\x38" if head is None else head
    parts = [ZSTD_MAGIC, head, *blocks]
    chunks = [data[i : i + BLOCK_MAX] for i in range(0, len(data), BLOCK_MAX)] or [b""]
    for i, chunk in enumerate(chunks):
        parts.append(zstd_block(0, len(chunk) if size is None else size, chunk, i == len(chunks) - 1))
    return b"".join(parts)


def zstd_layer(plain):
    return Layer(zstd_frame(plain), "sha256:" + sha256(plain), "tar+zstd")


def kind_17(c):
    """zstd with a defect of each kind."""
    plain = base()
    digest = "sha256:" + sha256(plain)
    bad = ["clear-error", "partial"]
    gib = c.options.bomb_gib

    def add(name, stored, expect, layer_digest=digest, **more):
        c.add(f"zstd-{name}.tar", docker(Layer(stored, layer_digest, "tar+zstd")), expect, **more)

    before = base(end=b"") + tar.header("var/zeros", tar.base256(gib << 30))
    zeros = zstd_block(1, BLOCK_MAX, b"\0") * (gib << 13)
    stored = zstd_frame(before) + ZSTD_MAGIC + b"\0\x38" + zeros + zstd_block(0, 1024, tar.END, True)
    add("bomb", stored, "ok", digest_with_zeros(before, gib, tar.END), packages=DEBS, seconds=5 + 3 * gib, mb=24)
    before = base(end=b"") + tar.header("var/lib/dpkg/status", tar.base256(gib << 30))
    stored = zstd_frame(before) + ZSTD_MAGIC + b"\0\x38" + zeros + zstd_block(0, 1024, tar.END, True)
    add("bomb-database", stored, "partial", digest_with_zeros(before, gib, tar.END), seconds=5 + 3 * gib, mb=24)
    for exponent in (17, 20, 23, 27):
        expect = "ok"
        add(f"window-{exponent}", zstd_frame(plain, bytes([0, (exponent - 10) << 3])), expect, packages=DEBS, mb=160, parameters={"window": f"2^{exponent}"})
    for exponent in (28, 31, 41):
        add(f"window-{exponent}", zstd_frame(plain, bytes([0, (exponent - 10) << 3])), bad, mb=160, parameters={"window": f"2^{exponent}"})
    # a content size in the header: single segment, 8 bytes
    for name, size, expect in (
        ("right", len(plain), "ok"),
        ("less", len(plain) - 1, bad),
        ("more", len(plain) + 1, bad),
        ("2-40", 1 << 40, bad),
        ("2-64", (1 << 64) - 1, bad),
    ):
        add(f"size-{name}", zstd_frame(plain, b"\xe0" + struct.pack("<Q", size)), expect, packages=DEBS if expect == "ok" else [], parameters={"size": size})
    skip = b"\x50\x2a\x4d\x18"
    add("skippable", skip + struct.pack("<I", 1000) + bytes(1000) + zstd_frame(plain), "ok", packages=DEBS)
    add("skippable-4-gib", skip + struct.pack("<I", 0xFFFFFFFF) + zstd_frame(plain), bad)
    add("skippable-100000", (skip + bytes(4)) * 100_000 + zstd_frame(plain), "ok", packages=DEBS)
    add("skippable-alone", skip + struct.pack("<I", 10) + bytes(10), bad)
    frames = b"".join(zstd_frame(plain[i : i + 1]) for i in range(len(plain)))
    add("many-frames", frames, "ok", packages=DEBS)
    add("empty-frames", zstd_frame(b"") * 100_000 + zstd_frame(plain), "ok", packages=DEBS)
    good = zstd_frame(plain)
    for at in (1, 4, 5, 8, 100, len(good) // 2, len(good) - 1):
        add(f"cut-{at}", good[:at], bad, parameters={"at": at})
    add("reserved-block", zstd_frame(plain, blocks=[zstd_block(3, 10, bytes(10))]), bad)
    add("block-size", zstd_frame(plain, blocks=[zstd_block(1, (1 << 21) - 1, b"\0")]), bad)
    add("reserved-bit", zstd_frame(plain, b"\x08\x38"), bad)
    add("dictionary", zstd_frame(plain, b"\x03\x38" + struct.pack("<I", 7)), bad)
    add("checksum", zstd_frame(plain, b"\x04\x38") + b"\0\0\0\0", bad)
    add("garbage-behind", good + b"garbage", ["ok", "clear-error"], packages=DEBS)
    rng = c.random("zstd")
    for i in range(10):
        add(f"random-block-{i}", zstd_frame(plain, blocks=[zstd_block(2, 500, rng.randbytes(500))]), bad)
    add("nothing-inside", zstd_frame(b""), bad)


def kind_18(c):
    """Layers in formats that layers do not have, and compressed twice."""
    plain = base()
    digest = "sha256:" + sha256(plain)
    either = ["ok", "clear-error"]
    c.add("layer-bzip2.tar", docker(Layer(bz2.compress(plain), digest)), either, packages=DEBS, says="bzip2")
    c.add("layer-xz.tar", docker(Layer(lzma.compress(plain), digest)), either, packages=DEBS, says="xz")
    c.add("layer-lzma.tar", docker(Layer(lzma.compress(plain, lzma.FORMAT_ALONE), digest)), "clear-error")
    lz4 = b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", len(plain) | 1 << 31) + plain + bytes(4)
    c.add("layer-lz4.tar", docker(Layer(lz4, digest)), "clear-error", says="lz4")
    c.add("layer-gzip-twice.tar", docker(Layer(squeeze(squeeze(plain)), digest)), "clear-error", says="gzip")
    c.add("layer-zstd-in-gzip.tar", docker(Layer(squeeze(zstd_frame(plain)), digest)), "clear-error", says="zstd")
    c.add("layer-compress.tar", docker(Layer(b"\x1f\x9d\x90" + c.random("z").randbytes(1000), digest)), "clear-error")
    c.add("archive-bzip2.tar.bz2", bz2.compress(docker(plain)), either, packages=DEBS, says="bzip2")
    c.add("archive-xz.tar.xz", lzma.compress(docker(plain)), either, packages=DEBS, says="xz")
    c.add("archive-zstd.tar.zst", zstd_frame(docker(plain)), "ok", packages=DEBS)
    c.add("archive-gzip-twice.tar.gz.gz", squeeze(squeeze(docker(plain))), "clear-error", says="gzip")
    bomb = bz2.compress(bytes(64 * MIB)) * 4
    c.add("bomb-bzip2.tar.bz2", bomb, "clear-error", seconds=20)
